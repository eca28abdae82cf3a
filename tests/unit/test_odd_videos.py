"""Oddly assembled, coded or packed videos, compared with libav's decoding in order."""

import av
import numpy as np
import pytest
from numbered_videos import copied, numbers, picture, sequential, write_numbered, x264, x265

from sign2text.data.video import count_frames, frame_times, read_frames
from sign2text.ground.errors import InputError

MPEG2 = {"codec": "mpeg2video", "bf": "2", "g": "12", "b": "2M"}
FIELDS = {"flags": "+ildct+ilme"}
REFRESHED = "intra-refresh=1:keyint=20:min-keyint=20:scenecut=0"
CODED = {
    "interlaced.ts": {"bf": "2", "g": "12", "x264-params": "tff=1"} | FIELDS,
    "interlaced.mp4": {"bf": "2", "g": "12", "x264-params": "tff=1"} | FIELDS,
    "interlaced.mpg": MPEG2 | FIELDS,
    "interlaced.mkv": MPEG2 | FIELDS,
    "refreshed bit by bit.mp4": {"bf": "0", "x264-params": REFRESHED},
    "refreshed bit by bit.ts": {"bf": "0", "x264-params": REFRESHED},
    "mpeg2.mkv": MPEG2,
    "mpeg4.mkv": MPEG2 | {"codec": "mpeg4"},
    "hevc.mkv": {"codec": "libx265"} | x265(),
    "vp9.mp4": {"codec": "libvpx-vp9", "g": "12", "deadline": "realtime", "cpu-used": "8"},
    "wmv2.avi": {"codec": "wmv2", "g": "12", "b": "2M"},
    "huffyuv.avi": {"codec": "ffvhuff"},
    "lossless.mkv": {"codec": "ffv1", "g": "12"},
}  # fmt: skip


def check(path, first: int, count: int) -> None:
    """Compare a video with its numbers, `count` from `first` on, and its parts with both."""
    shown = list(range(first, first + count))
    decoded = sequential(path)
    assert numbers(decoded) == shown
    assert count_frames(path) == count
    whole = list(read_frames(path))
    assert numbers(whole) == shown and np.array_equal(np.stack(whole), np.stack(decoded))
    times = frame_times(path)
    assert len(times) == count and times[0] == 0
    parts = [(0, 1), (1, count // 2), (count // 2, count - 1), (count - 1, count)]
    for start, end in [(start, end) for start, end in parts if start < end]:
        ends = [float((time + times[max(0, n - 1)]) / 2) for n, time in enumerate(times)]
        part = f"{path}#t={ends[start]:.5f},{ends[end]:.5f}" if end < count else None
        part = part or f"{path}#t={ends[start]:.5f},"
        assert numbers(read_frames(part)) == shown[start:end], part
        assert count_frames(part) == end - start


@pytest.mark.parametrize("case", CODED)
def test_codings_that_need_a_second_look(tmp_path, case):
    check(write_numbered(tmp_path / case, 70, **CODED[case]), 0, 70)


@pytest.mark.parametrize("frames", [2, 3])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_videos_of_a_few_frames(tmp_path, name, frames):
    codec = {"codec": "mpeg4"} if name == "a.avi" else x264()
    check(write_numbered(tmp_path / name, frames, **codec), 0, frames)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv", "a.gif"])
def test_a_video_of_one_frame(tmp_path, name):
    path = write_numbered(tmp_path / name, [7], "gif" if name == "a.gif" else "libx264")
    assert count_frames(path) == 1 and numbers(read_frames(path)) == [7]
    assert numbers(read_frames(f"{path}#t=0,1")) == [7]


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_file_cut_at_an_open_group_begins_with_its_key_frame(tmp_path, name, codec):
    """Frames after the key frame in the file but shown before it lack their references."""
    options = x264(open_gop=True) if codec == "libx264" else x265(open_gop=True)
    whole = write_numbered(tmp_path / "whole.mp4", 80, codec, **options)
    with av.open(str(whole)) as file:
        packets = [each for each in file.demux(video=0) if each.size]
    second = [place for place, each in enumerate(packets) if each.is_keyframe][2]
    cut = copied(whole, tmp_path / name, slice(second, None))
    check(cut, 24, 56)


@pytest.mark.parametrize(
    ("name", "sizes"), [("a.ts", (64, 64)), ("a.mpg", (64, 64)), ("a.ts", (96, 64))]
)
def test_two_recordings_in_one_file_whose_times_begin_again(tmp_path, name, sizes):
    options = x264() if name == "a.ts" else MPEG2
    first = write_numbered(tmp_path / f"1{name}", 50, **options)
    second = write_numbered(tmp_path / f"2{name}", range(50, 90), size=sizes, **options)
    path = tmp_path / name
    path.write_bytes(first.read_bytes() + second.read_bytes())
    assert count_frames(path) == 90
    frames = list(read_frames(path))
    assert numbers(frames) == list(range(90))
    assert {frame.shape for frame in frames} == {(64, 64, 3)}
    assert numbers(read_frames(f"{path}#t=1.9,2.1")) == list(range(48, 53))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_a_cover_picture_before_the_video_is_not_the_video(tmp_path, name):
    pictures = write_numbered(tmp_path / "pictures.mp4", 40, **x264())
    path = tmp_path / name
    with av.open(str(path), "w") as new, av.open(str(pictures)) as old:
        cover = new.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 160, 160, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        video = new.add_stream_from_template(old.streams.video[0])
        frame = av.VideoFrame.from_ndarray(picture(0, 160, 160), format="rgb24")
        new.mux([*cover.encode(frame), *cover.encode(None)])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = video
                new.mux(packet)
    assert count_frames(path) == 40
    assert numbers(read_frames(path)) == list(range(40))
    assert numbers(read_frames(f"{path}#t=0.4,0.8")) == list(range(10, 20))


def test_a_fragmented_recording_that_broke_off_gives_the_frames_that_it_has(tmp_path):
    path = write_numbered(
        tmp_path / "a.mp4", 120, muxing={"movflags": "frag_keyframe+empty_moov"}, **x264()
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = numbers(read_frames(path))
    assert 60 < len(found) < 100 and found == list(range(len(found)))
    assert count_frames(path) == len(found)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_colours_that_nothing_converts_are_said_to_be_so(tmp_path, name):
    path = write_numbered(tmp_path / name, 5, **{"x264-params": "colormatrix=YCgCo"})
    with pytest.raises(InputError, match=r"its colours \(yuv420p, matrix 8 .* cannot be made RGB"):
        list(read_frames(path))


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
def test_whole_videos_and_parts_have_the_same_colours(tmp_path, matrix):
    """decord reads whole videos, and libav reads parts."""
    path = write_numbered(tmp_path / "a.mp4", 20, **{"x264-params": f"colormatrix={matrix}"})
    part = list(read_frames(f"{path}#t=0,9"))
    assert np.array_equal(np.stack(list(read_frames(path))), np.stack(part))
