"""Clips resampled to another frame rate: the frames chosen, in videos and folders of images."""

import logging

import av
import cv2
import numpy as np
import pytest
from numbered_images import write_images
from numbered_videos import number_of, write_numbered

from sign2text.data.clip_encoding import Clip, Encoded, LeftOut, encode_clip
from sign2text.data.frame_format import FrameFormat
from sign2text.data.frames_at_rate import clip_rate, count_at_rate, read_at_rate
from sign2text.data.new_clip import read_new_clip
from sign2text.data.video import has_even_times
from sign2text.ground.errors import InputError, MemoryShortError

UNEVEN = [0, 100, 200, 600, 650, 700]
"""Times in milliseconds: 10 frames a second, a still image, then 20 a second."""
FORMAT = FrameFormat((32, 32), 95)


def even(count, rate):
    """Return times in milliseconds of `count` frames at an even rate, rounded as in containers."""
    return [round(1000 * number / rate) for number in range(count)]


def write_clip(path, stamps):
    """Write a video of numbered frames that are shown at these milliseconds."""
    write_numbered(path, len(stamps), stamps=stamps, bf="0", crf="20")


def numbers(video, fps, stated=None):
    """Return the numbers of a clip's frames when it is read at `fps` frames a second."""
    rate = clip_rate(str(video), stated)
    shown = read_at_rate(str(video), fps, rate)
    found = [number_of(frame) for frame, times in shown for _ in range(times)]
    assert count_at_rate(str(video), fps, rate) == len(found)
    return found


@pytest.mark.parametrize(
    ("times", "fps", "expected"),
    [
        (even(12, 50), 25, [0, 2, 4, 6, 8, 10]),
        (even(9, 25), 25, [*range(9)]),
        (even(5, 12.5), 25, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
        (even(9, 24), 25, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (even(9, 24), None, [*range(9)]),
        (UNEVEN, 10, [0, 1, 2, 2, 2, 2, 3, 5, 5]),
        (UNEVEN, None, [*range(6)]),
    ],
)
def test_a_video_gives_the_frames_that_are_shown(tmp_path, times, fps, expected):
    write_clip(tmp_path / "a.mp4", times)
    assert numbers(tmp_path / "a.mp4", fps) == expected


def test_a_part_of_a_video_counts_from_its_own_first_frame(tmp_path):
    write_clip(tmp_path / "a.mp4", even(30, 50))
    assert numbers(f"{tmp_path}/a.mp4#t=0.2,0.4", 25) == [10, 12, 14, 16, 18]


def test_rates_that_are_the_same_keep_all_frames(tmp_path):
    times = even(30, 30)
    write_clip(tmp_path / "a.mp4", times)
    assert numbers(tmp_path / "a.mp4", 29.97) == [*range(30)]


def test_a_folder_of_images_has_the_rate_that_is_stated(tmp_path):
    write_images(tmp_path / "a", 6)
    assert numbers(tmp_path / "a", 25, stated=50.0) == [0, 2, 4]
    assert numbers(tmp_path / "a", 25, stated=12.5) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert numbers(tmp_path / "a", 25, stated=25.0) == [*range(6)]
    assert numbers(tmp_path / "a", 25) == [*range(6)], "nothing is known of its rate"


def test_more_frames_than_a_clip_may_have_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sign2text.data.clip_length.MOST_FRAMES", 40)
    write_images(tmp_path / "a", 5)
    with pytest.raises(InputError, match=r"a: \d+ frames found, at most 40 expected of a clip"):
        numbers(tmp_path / "a", 500, stated=10.0)


def test_uneven_times_are_found(tmp_path):
    write_clip(tmp_path / "even.mp4", even(20, 30))
    write_clip(tmp_path / "uneven.mp4", UNEVEN)
    write_images(tmp_path / "images", 3)
    assert has_even_times(tmp_path / "even.mp4") and has_even_times(tmp_path / "images")
    assert not has_even_times(tmp_path / "uneven.mp4")


class Counting(FrameFormat):
    """A format that counts the compressed frames."""

    done = 0

    def encode(self, frame):
        Counting.done += 1
        return super().encode(frame)


def clip(video, frames, *, fps=None, rate=25.0, skips=False, frame_format=FORMAT):
    return Clip("train.tsv, line 2, clip 'a'", str(video), frames, rate, fps, frame_format, skips)


def test_a_frame_that_is_shown_twice_is_compressed_once(tmp_path, monkeypatch):
    write_images(tmp_path / "a", 4)
    monkeypatch.setattr(Counting, "done", 0)
    own = Counting((32, 32), 95)
    images, _ = encode_clip(clip(tmp_path / "a", 4, fps=25, rate=12.5, frame_format=own))
    assert Counting.done == 4
    assert len(images) == 8 and images[0] == images[1] != images[2] == images[3]
    # Frames that resampling drops are not compressed.
    assert len(encode_clip(clip(tmp_path / "a", 4, fps=25, rate=50, frame_format=own)).images) == 2
    assert Counting.done == 6


def test_the_clips_own_frames_are_counted_also_where_it_is_resampled(tmp_path):
    write_images(tmp_path / "a", 4)
    for fps in (None, 25, 50):
        with pytest.raises(InputError, match="has 4 frames, the manifest says 5"):
            encode_clip(clip(tmp_path / "a", 5, fps=fps, rate=50))
        assert isinstance(encode_clip(clip(tmp_path / "a", 4, fps=fps, rate=50)), Encoded)


def damage(folder):
    """Damage an image so that only decoding detects it: its end is intact."""
    data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (32, 32, 3)))[1]
    data = bytearray(data.tobytes())
    data[100:400] = bytes(300)
    (folder / "0002.png").write_bytes(data)


def test_a_clip_that_cannot_be_decoded_is_left_out_with_the_reason_or_ends_the_run(tmp_path):
    write_images(tmp_path / "a", 4)
    damage(tmp_path / "a")
    found = encode_clip(clip(tmp_path / "a", 4, skips=True))
    assert isinstance(found, LeftOut) and "0002.png" in found.reason
    with pytest.raises(
        InputError, match=r"train\.tsv, line 2, clip 'a': .*0002\.png.*on_bad_clip: skip under"
    ):
        encode_clip(clip(tmp_path / "a", 4))


def test_what_is_not_the_clips_fault_ends_the_run_whatever_may_be_left_out(tmp_path, monkeypatch):
    """A missing disk or a lack of memory would affect all later clips too."""
    with pytest.raises(InputError, match=r"clip 'a': .*no such video file") as error:
        encode_clip(clip(tmp_path / "gone.mp4", 4, skips=True))
    assert "on_bad_clip" not in str(error.value)

    def short(*arguments):
        raise MemoryShortError("8 GB wanted")

    write_images(tmp_path / "a", 4)
    monkeypatch.setattr("sign2text.data.frames_at_rate.read_frames", short)
    with pytest.raises(MemoryShortError, match="line 2, clip 'a': 8 GB wanted"):
        encode_clip(clip(tmp_path / "a", 4, skips=True))


def steps(video, fps):
    stored = FrameFormat((32, 32), 95, fps=fps)
    return [number_of(each.numpy()) for each in read_new_clip(video, stored, 0.5, (32, 32))]


def test_a_new_clip_is_resampled_to_the_rate_of_the_models_frames(tmp_path, caplog):
    write_clip(tmp_path / "a.mp4", even(24, 50))
    with caplog.at_level(logging.WARNING):
        assert steps(tmp_path / "a.mp4", 25) == [0, 4, 8, 12, 16, 20]
    (record,) = caplog.records
    assert record.getMessage() == (
        f"{tmp_path}/a.mp4: 50 frames a second found, resampled to 25, at which the model was "
        "trained"
    )


@pytest.mark.parametrize("fps", [None, 50, 49.95])
def test_a_new_clip_of_the_models_rate_is_taken_as_it_is_without_a_word(tmp_path, caplog, fps):
    write_clip(tmp_path / "a.mp4", even(12, 50))
    assert steps(tmp_path / "a.mp4", fps) == [0, 2, 4, 6, 8, 10]
    assert not caplog.records


def test_a_new_folder_of_images_is_taken_to_have_the_models_rate(tmp_path, caplog):
    write_images(tmp_path / "a", 6)
    assert steps(tmp_path / "a", 12.5) == [0, 2, 4]
    assert not caplog.records


def test_a_new_clip_with_uneven_times_is_resampled(tmp_path, caplog):
    write_clip(tmp_path / "a.mp4", UNEVEN)
    assert steps(tmp_path / "a.mp4", 10) == [0, 2, 2, 3, 5]
    assert "at uneven times found, resampled to 10" in caplog.text


def kill_packet(path, number):
    """Overwrite one packet of a video, as a disk's bad sector would."""
    with av.open(str(path)) as file:
        packet = [each for each in file.demux(video=0) if each.size][number]
        start, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[start + 4 : start + size] = b"\xff" * (size - 4)
    path.write_bytes(data)


@pytest.mark.parametrize("fps", [None, 25])
def test_a_video_with_a_dead_packet_is_taken_without_its_frame_and_noted(tmp_path, fps):
    path = write_numbered(tmp_path / "a.mp4", 30, rate=50, bf="0", g="5", crf="20")
    kill_packet(path, 12)
    found = encode_clip(clip(path, 30, fps=fps, rate=50))
    assert found.note == "29 of 30 frames decode, and are taken; the video is damaged"
    assert len(found.images) == (29 if fps is None else 15)
    # A video that declares fewer frames than the manifest was exchanged.
    with pytest.raises(InputError, match="has 29 frames, the manifest says 31"):
        encode_clip(clip(path, 31, fps=fps, rate=50))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "a.mov"])
def test_even_videos_are_even_in_each_container(tmp_path, name):
    codec = {"a.webm": "libvpx-vp9", "a.avi": "mpeg4"}.get(name, "libx264")
    options = {"bf": "2"} if codec == "libx264" else {}
    assert has_even_times(write_numbered(tmp_path / name, 30, codec, rate=30, **options))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.mov"])
def test_a_variable_rate_is_found_in_each_container(tmp_path, name):
    stamps = [33 * n for n in range(15)] + [33 * 15 + 100 * n for n in range(1, 15)]
    path = write_numbered(tmp_path / name, 29, stamps=stamps, bf="2", crf="20")
    assert not has_even_times(path)
    assert not has_even_times(f"{path}#t=0.1,0.3"), "a part has what is known of its file"
