"""Whole videos and random parts give just the frames that they should, in every container."""

from fractions import Fraction

import numpy as np
import pytest
from numbered_videos import numbers, sequential, write_numbered, x264, x265

from sign2text.data.decord_reader import suits_decord
from sign2text.data.libav_reader import Decoder
from sign2text.data.video import count_frames, frame_times, read_frames, read_timed_frames
from sign2text.untrusted.video_header import read_header

OPEN, CLOSED = {"open_gop": True}, {"open_gop": False}
PLAIN = {"reordered": 0}
MPEG = {"g": "12", "b": "2M", "sc_threshold": "1000000000"}
VPX = {"g": "12", "deadline": "realtime", "cpu-used": "8", "crf": "20", "b": "2M"}
M2TS = {"muxing": {"mpegts_m2ts_mode": "1"}, "form": "mpegts"}
FRAGMENTS = {"muxing": {"movflags": "frag_keyframe+empty_moov"}}
CASES = {
    "h264.mp4": x264(),
    "h264 open.mp4": x264(**OPEN),
    "h264 plain.mp4": x264(**PLAIN),
    "h264 fragments.mp4": x264() | FRAGMENTS,
    "h264.mov": x264(),
    "h264.mkv": x264(),
    "h264 open.mkv": x264(**OPEN),
    "h264.ts": x264(),
    "h264 open.ts": x264(**OPEN),
    "h264 plain.ts": x264(**PLAIN),
    "h264.mts": x264() | M2TS,
    "h264.flv": x264(),
    "h264.avi": x264(),
    "h264.h264": x264(),
    "hevc.mp4": {"codec": "libx265"} | x265(),
    "hevc open.mp4": {"codec": "libx265"} | x265(**OPEN),
    "hevc open.ts": {"codec": "libx265"} | x265(**OPEN),
    "mpeg2 plain.ts": {"codec": "mpeg2video"} | MPEG,
    "mpeg2.ts": {"codec": "mpeg2video", "bf": "2"} | MPEG,
    "mpeg2 closed.ts": {"codec": "mpeg2video", "bf": "2", "flags": "+cgop"} | MPEG,
    "mpeg2.mpg": {"codec": "mpeg2video", "bf": "2"} | MPEG,
    "mpeg2 closed.mpg": {"codec": "mpeg2video", "bf": "2", "flags": "+cgop"} | MPEG,
    "mpeg2.m2v": {"codec": "mpeg2video", "bf": "2", "form": "mpeg2video"} | MPEG,
    "mpeg1.mpg": {"codec": "mpeg1video", "bf": "2"} | MPEG,
    "mpeg4.avi": {"codec": "mpeg4", "bf": "2"} | MPEG,
    "mpeg4 plain.avi": {"codec": "mpeg4"} | MPEG,
    "mpeg4.mp4": {"codec": "mpeg4", "bf": "2"} | MPEG,
    "mjpeg.avi": {"codec": "mjpeg"},
    "mjpeg.mov": {"codec": "mjpeg"},
    "vp8.webm": {"codec": "libvpx"} | VPX,
    "vp8 hidden.webm": {"codec": "libvpx", "g": "12", "auto-alt-ref": "1", "lag-in-frames": "8"},
    "vp9.webm": {"codec": "libvpx-vp9"} | VPX,
    "vp9 hidden.webm": {"codec": "libvpx-vp9", "auto-alt-ref": "1", "lag-in-frames": "8"},
    "vp9.ivf": {"codec": "libvpx-vp9"} | VPX,
    "av1.mp4": {"codec": "libsvtav1", "g": "12", "preset": "12"},
    "av1.webm": {"codec": "libsvtav1", "g": "12", "preset": "12"},
    "wmv1.wmv": {"codec": "wmv1", "g": "12"},
    "wmv2.wmv": {"codec": "wmv2", "g": "12"},
    "flv1.flv": {"codec": "flv", "g": "12"},
    "gif.gif": {"codec": "gif"},
    "prores.mov": {"codec": "prores_ks"},
    "vp8.ogg": {"codec": "libvpx", "form": "ogg"} | VPX,
    "mpeg2.mxf": {"codec": "mpeg2video", "bf": "2"} | MPEG,
    "h264.nut": x264(),
}  # fmt: skip


def check(path, frames: int, parts: int, rate: Fraction) -> None:
    """Compare a video, whole and in parts, with its numbers and with a sequential decode."""
    expected = sequential(path)
    assert numbers(expected) == list(range(frames))
    assert count_frames(path) == frames
    whole = list(read_frames(path))
    assert numbers(whole) == list(range(frames))
    assert np.array_equal(np.stack(whole), np.stack(expected))
    times = frame_times(path)
    assert len(times) == frames and times[0] == 0
    # Matroska rounds to milliseconds, GIF to hundredths of a second.
    rounded = Fraction(1, 100 if path.suffix == ".gif" else 1000)
    assert all(abs(time - number / rate) <= rounded for number, time in enumerate(times))
    rng = np.random.default_rng(frames)
    for _ in range(parts):
        start, end = sorted(rng.choice(frames, 2, replace=False).tolist())
        # Between two frames, so that no rounding matters.
        seconds = [float((number - Fraction(1, 2)) / rate) for number in (start, end)]
        part = f"{path}#t={max(0, seconds[0]):.4f},{seconds[1]:.4f}"
        assert count_frames(part) == end - start
        timed = list(read_timed_frames(part))
        assert numbers(frame for _, frame in timed) == list(range(start, end)), part
        assert tuple(time for time, _ in timed) == times[start:end]
        found = np.stack(list(read_frames(part)))
        assert np.array_equal(found, np.stack(expected[start:end])), part


@pytest.mark.parametrize("case", CASES)
def test_each_frame_is_read_once_and_in_order(tmp_path, case):
    path = write_numbered(tmp_path / case, 40, **CASES[case])
    by_decord = case.startswith("h264") and path.suffix in (".mp4", ".mov")
    assert suits_decord(path, read_header(path)) == by_decord
    check(path, 40, 4, Fraction(25))


# Raw streams and GIF cannot be searched, and libav guesses the same stamp twice in the last one.
SEARCHED = [
    case
    for case in CASES
    if not case.startswith(("gif", "flv1", "mpeg2.m2v", "h264.h264", "mpeg2 closed.mpg"))
]


@pytest.mark.parametrize("case", SEARCHED)
def test_a_late_part_is_decoded_from_a_key_frame_before_it(tmp_path, monkeypatch, case):
    path = write_numbered(tmp_path / case, 150, **CASES[case])
    decoded = []

    def frames(self, *arguments, **options):
        for frame in whole(self, *arguments, **options):
            decoded.append(frame.pts)
            yield frame

    whole = Decoder.frames
    list(read_timed_frames(path))  # what has to be counted is counted
    monkeypatch.setattr(Decoder, "frames", frames)
    assert numbers(read_frames(f"{path}#t=5.3,5.5")) == [133, 134, 135, 136, 137]
    # Three groups of 12 frames, and those held back, where frames have no stamps of their own.
    assert len(decoded) < 75


RATES = [Fraction(25), Fraction(30000, 1001), Fraction(50)]
RAW = ("h264.h264", "mpeg2.m2v")  # their rate is not stored: 25 frames a second are assumed


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "rate"), [(case, rate) for case in CASES for rate in RATES[: 1 if case in RAW else 3]]
)
def test_each_frame_of_a_long_video_is_read_once_and_in_order(tmp_path, case, rate):
    path = write_numbered(tmp_path / case, 200, rate=rate, **CASES[case])
    check(path, 200, 40, rate)
