import math
import re
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sign2text.data.video import count_frames, frame_rate, read_frames, split_fragment
from sign2text.ground.errors import InputError


def write_video(path, levels, rate=25, **options):
    with av.open(str(path), "w", options=options) as file:
        stream = file.add_stream("libx264", rate=rate, options={"crf": "10", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in levels:
            frame = np.full((48, 64, 3), level, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


def test_a_video_gives_all_frames_in_order(tmp_path):
    levels = list(range(10, 250, 3))
    write_video(tmp_path / "clip.mp4", levels)
    frames = np.stack(list(read_frames(tmp_path / "clip.mp4")))
    assert frames.shape == (80, 48, 64, 3)
    assert np.abs(frames.mean((1, 2, 3)) - levels).max() < 3


def test_a_folder_of_images_gives_all_frames_in_order_and_in_rgb(tmp_path):
    for number in (2, 3, 1):
        image = np.zeros((8, 8, 3), np.uint8)
        image[..., 2] = 20 * number  # red, in OpenCV's order
        cv2.imwrite(str(tmp_path / f"images{number:04d}.png"), image)
    frames = list(read_frames(tmp_path))
    assert [int(frame[0, 0, 0]) for frame in frames] == [20, 40, 60]
    assert frames[0][0, 0].tolist() == [20, 0, 0]


def test_a_missing_clip_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.mp4: no such video file or folder"):
        list(read_frames(tmp_path / "nowhere.mp4"))


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="the folder holds no frame"):
        list(read_frames(tmp_path))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5])
def test_a_cut_video_is_an_error(tmp_path, share):
    write_video(tmp_path / "clip.mp4", range(10, 200))
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"clip\.mp4: not a readable video"):
        list(read_frames(tmp_path / "clip.mp4"))


# Without `empty_moov` the file names no stream at all, with it one of no frames.
@pytest.mark.parametrize("options", [{}, {"movflags": "empty_moov"}])
def test_a_whole_container_without_a_frame_is_an_error(tmp_path, options):
    path = tmp_path / "empty.mp4"
    with av.open(str(path), "w", options=options) as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        file.start_encoding()
    with av.open(str(path)) as file:
        assert [each.frames for each in file.streams.video] == [0] * len(options)
    with pytest.raises(InputError, match=r"empty\.mp4: not a readable video"):
        list(read_frames(path))


def test_a_damaged_image_is_named(tmp_path):
    (tmp_path / "images0001.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"images0001\.png: not a readable image"):
        list(read_frames(tmp_path))


def levels_of(frames) -> list[int]:
    """The grey levels of frames that write_video wrote, rounded to its steps of 3."""
    return [round(float(frame.mean()) / 3) * 3 for frame in frames]


# Media fragments


def test_a_fragment_is_split_off():
    path, times = split_fragment("a/b.mp4#t=12.30,15.61")
    assert (path.as_posix(), times) == ("a/b.mp4", (12.3, 15.61))
    assert split_fragment("a/b.mp4")[1] is None
    path, times = split_fragment("--x#1.mp4#t=0,2")
    assert (path.as_posix(), times) == ("--x#1.mp4", (0.0, 2.0))


@pytest.mark.parametrize(
    ("written", "times"),
    [
        ("1,2", (1.0, 2.0)),
        ("00:01,00:02.5", (1.0, 2.5)),
        ("1:05.04,12:00", (65.04, 720.0)),
        ("01:00:00.04,1:00:01", (3600.04, 3601.0)),
        ("59:59,01:00:00", (3599.0, 3600.0)),
        ("npt:10,20", (10.0, 20.0)),
        ("npt:0:10,20.5", (10.0, 20.5)),
        ("10,", (10.0, math.inf)),
        (",2.5", (0.0, 2.5)),
    ],
)
def test_the_forms_of_a_fragment(written, times):
    assert split_fragment(f"a b.mp4#t={written}") == (Path("a b.mp4"), times)


@pytest.mark.parametrize(
    "fragment",
    [
        *("5", ",", "npt:,", "a,b", "-1,2", "1,2,3", "", "1;2", "1, 2", "0,5-1,5", "npt:5"),
        *("00:60,2", "1:60:00,2", "1:2:3:4,5", ":1,2", "1:,2", "1.,2", "1e1,20", "smpte:1,2"),
        *("clock:1,2", "1s,2s", "1,2&x=0", 5000 * "9" + ",1", "1,nan", "0,inf"),
    ],
)
def test_a_fragment_that_is_no_two_times_is_refused(fragment):
    with pytest.raises(InputError, match=f"found '#t={re.escape(fragment)}', expected start and"):
        split_fragment(f"a.mp4#t={fragment}")


@pytest.mark.parametrize(
    ("times", "span"),
    [
        ("0,0.04", (0, 1)),
        ("0.28,0.4", (7, 10)),  # 0.28 * 25 is 7.000000000000001 in floating point
        ("0.281,0.401", (8, 11)),
        ("1.96,2.16", (49, 54)),  # over a key frame
        ("2.9,99", (73, 80)),  # to the end
        ("0,3.2", (0, 80)),
    ],
)
def test_a_fragment_gives_the_frames_whose_time_lies_in_it(tmp_path, times, span):
    levels = list(range(9, 249, 3))
    write_video(tmp_path / "clip.mp4", levels)
    fragment = f"{tmp_path}/clip.mp4#t={times}"
    assert levels_of(read_frames(fragment)) == levels[slice(*span)]
    assert count_frames(fragment) == span[1] - span[0]


def test_the_frame_rate_of_a_fragment_is_the_containers(tmp_path):
    rate = Fraction(30000, 1001)
    write_video(tmp_path / "clip.mp4", range(9, 249, 3), rate=rate)
    # Frame 30 is shown at 1.001 s: at 30 frames a second it would lie outside.
    fragment = f"{tmp_path}/clip.mp4#t=0,1.001"
    assert count_frames(fragment) == 30
    assert count_frames(f"{tmp_path}/clip.mp4#t=0,1.002") == 31
    assert frame_rate(fragment) == pytest.approx(29.97003)


@pytest.mark.parametrize("times", ["3.2,4", "100,101", "1,1", "2,1", "0.01,0.02"])
def test_a_fragment_without_a_frame_is_an_error(tmp_path, times):
    write_video(tmp_path / "clip.mp4", range(9, 249, 3))
    fragment = f"{tmp_path}/clip.mp4#t={times}"
    for function in (count_frames, lambda video: list(read_frames(video))):
        with pytest.raises(InputError, match=r"no frame lies from .* has 80 frames, 3\.20 s"):
            function(fragment)


def trim(source, target, frames: int) -> None:
    """Copy a video without encoding it anew, so that its first frames are stored and not shown."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copied = new.add_stream_from_template(stream)
        step = int(1 / (stream.average_rate * stream.time_base))
        for packet in old.demux(stream):
            if packet.dts is not None:
                packet.pts -= frames * step
                packet.dts -= frames * step
                packet.stream = copied
                new.mux(packet)


def test_frames_that_a_trimmed_video_stores_and_does_not_show_are_no_frames(tmp_path):
    levels = list(range(9, 249, 3))
    write_video(tmp_path / "whole.mp4", levels)
    trim(tmp_path / "whole.mp4", tmp_path / "clip.mp4", 20)
    assert count_frames(tmp_path / "clip.mp4") == 60
    assert levels_of(read_frames(tmp_path / "clip.mp4")) == levels[20:]
    fragment = f"{tmp_path}/clip.mp4#t=2,2.4"
    assert count_frames(fragment) == 10
    assert levels_of(read_frames(fragment)) == levels[70:]


# count_frames


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm"])
def test_frames_are_counted_as_they_are_read(tmp_path, name):
    path = tmp_path / name
    if name.endswith("webm"):
        write_vp9(path)
    else:
        write_video(path, range(10, 100))
    assert count_frames(path) == len(list(read_frames(path)))
    assert frame_rate(path) == 25


def write_vp9(path):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libvpx-vp9", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(20):
            frame = np.full((48, 64, 3), level, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode(None))


# With `faststart` the header comes first and is whole when the file is cut.
@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_cut_video_is_not_counted(tmp_path, share, options):
    write_video(tmp_path / "clip.mp4", range(10, 200), **options)
    assert count_frames(tmp_path / "clip.mp4") == 190
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"clip\.mp4: not a readable video.*cut"):
        count_frames(tmp_path / "clip.mp4")


def test_a_file_without_a_picture_is_not_counted(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as file:
        stream = file.add_stream("aac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), "f4"), "fltp", "mono")
        silence.sample_rate = 8000
        file.mux(stream.encode(silence))
        file.mux(stream.encode(None))
    with pytest.raises(InputError, match=r"sound\.mp4: .*holds no picture"):
        count_frames(tmp_path / "sound.mp4")


def test_a_missing_clip_is_not_counted(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.mp4: no such video file or folder"):
        count_frames(tmp_path / "nowhere.mp4")
    with pytest.raises(InputError, match=r"nowhere\.mp4: no such video file or folder"):
        count_frames(f"{tmp_path}/nowhere.mp4#t=0,1")


def write_images(folder, names):
    for name in names:
        image = cv2.imencode(".jpg" if name.endswith("jpg") else ".png", np.zeros((8, 8, 3)))[1]
        (folder / name).write_bytes(image.tobytes())


@pytest.mark.parametrize(
    "names",
    [
        ["images0001.png", "images0002.png", "images0003.png"],
        ["000000.jpg", "000001.jpg", "000002.jpg"],
        ["8.png", "9.png", "10.png", *(f"{n}.png" for n in range(1, 8))],
    ],
)
def test_numbered_images_are_counted(tmp_path, names):
    write_images(tmp_path, [*names, "Thumbs.db", ".hidden.png"])
    assert count_frames(tmp_path) == len(names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "the folder holds no frame"),
        (["notes.txt"], "the folder holds no frame"),
        (["images0001.png", "images0003.png"], "frame 2 is missing, images0003.png found"),
        (["000002.jpg", "000003.jpg"], "frame 1 is missing, 000002.jpg found"),
        (["1.png", "2.png", "2.jpg"], "frame 2 stands twice"),
        (["1.png", "cover.png"], "cover.png has no number"),
    ],
)
def test_a_folder_that_is_not_whole_is_not_counted(tmp_path, names, message):
    write_images(tmp_path, names)
    with pytest.raises(InputError, match=message):
        count_frames(tmp_path)


def test_an_image_of_no_bytes_is_named(tmp_path):
    write_images(tmp_path, ["images0001.png", "images0003.png"])
    (tmp_path / "images0002.png").touch()
    with pytest.raises(InputError, match=r"images0002\.png: the image has no bytes"):
        count_frames(tmp_path)


def noise(suffix: str) -> bytes:
    """An image whose bytes are mostly pixels."""
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return cv2.imencode(suffix, image)[1].tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("left", [0.3, 0.9, -1])
@pytest.mark.parametrize("filled", [b"", bytes(5000)])  # a full-sized file that was not all written
def test_a_cut_image_is_neither_counted_nor_read(tmp_path, suffix, left, filled):
    data = noise(suffix)
    (tmp_path / f"1{suffix}").write_bytes(data)
    assert count_frames(tmp_path) == len(list(read_frames(tmp_path))) == 1
    end = int(left * len(data)) if left > 0 else left
    (tmp_path / f"2{suffix}").write_bytes(data[:end] + filled)
    for function in (count_frames, lambda video: list(read_frames(video))):
        with pytest.raises(InputError, match=rf"/2\{suffix}: the image was cut: its end is not"):
            function(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("behind", [b"\0" * 7, b"\n", b"\xff" * 2000, b"written by a camera" * 9])
def test_an_image_with_something_behind_it_is_whole(tmp_path, suffix, behind):
    (tmp_path / f"1{suffix}").write_bytes(noise(suffix) + behind)
    assert count_frames(tmp_path) == len(list(read_frames(tmp_path))) == 1


def test_the_end_of_a_thumbnail_is_not_the_images(tmp_path):
    thumbnail, data = noise(".jpg"), noise(".jpg")
    # As a comment in the header, which decoders pass over.
    comment = b"\xff\xfe" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    (tmp_path / "1.jpg").write_bytes(data[:2] + comment + data[2:])
    assert count_frames(tmp_path) == 1
    (tmp_path / "1.jpg").write_bytes((data[:2] + comment + data[2:])[:-100])
    with pytest.raises(InputError, match="the image was cut"):
        count_frames(tmp_path)


def test_an_image_of_another_format_is_left_to_the_decoder(tmp_path):
    (tmp_path / "1.png").write_bytes(noise(".webp"))
    assert count_frames(tmp_path) == 1
    (tmp_path / "1.png").write_bytes(bytes(500))
    with pytest.raises(InputError, match=r"1\.png: not a readable image"):
        count_frames(tmp_path)


def test_an_image_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "1.png").symlink_to("gone.png")
    for function in (count_frames, lambda video: list(read_frames(video))):
        with pytest.raises(InputError, match=r"1\.png: cannot be read \(No such file or direct"):
            function(tmp_path)


def test_a_folder_does_not_say_its_frame_rate(tmp_path):
    write_images(tmp_path, ["1.png"])
    with pytest.raises(InputError, match="does not say its frame rate"):
        frame_rate(tmp_path)


def test_images_are_read_in_the_order_of_their_numbers(tmp_path):
    for number in range(1, 12):  # by name, 10 comes before 9
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), 10 * number, np.uint8))
    levels = [int(frame[0, 0, 0]) for frame in read_frames(tmp_path)]
    assert levels == list(range(10, 120, 10))
