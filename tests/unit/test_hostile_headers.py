"""Videos whose headers state sizes, rates, lengths or tables that no recording has."""

import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from attacks import refusal
from hostile_videos import TABLES, box, changed, replaced, write_video

from sign2text.data import clip_length, decord_reader, libav_reader
from sign2text.data.small_video import encode_small
from sign2text.data.video import count_frames, frame_rate, read_frames, split_fragment
from sign2text.ground.errors import InputError
from sign2text.untrusted import mp4_samples, video_header, video_packets


def read_all(path: Path | str) -> list[np.ndarray]:
    return list(read_frames(path))


def refused(path: Path) -> str:
    """The message, the same when the clip is counted and when it is read."""
    messages = {refusal(lambda read=read: read(path)) for read in (count_frames, read_all)}
    assert len(messages) == 1
    return messages.pop()


# Sizes


@pytest.mark.parametrize("side", [4097, 16_000, 65_535])
def test_a_gif_of_absurd_size_is_refused(tmp_path, side):
    data = write_video(tmp_path / "a.gif", codec="gif")
    (tmp_path / "a.gif").write_bytes(changed(data, 6, "<HH", side, side))
    assert "at most 16777216 in all expected" in refused(tmp_path / "a.gif")


def test_a_video_whose_pictures_are_larger_than_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(video_header, "MOST_PIXELS", 64 * 48 - 1)
    for name, codec in (("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mpeg4")):
        write_video(tmp_path / name, codec=codec)
        assert "states 64 x 48 pixels" in refused(tmp_path / name)


def test_a_frame_larger_than_the_header_states_is_not_decoded_by_libav(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4")
    monkeypatch.setattr(decord_reader, "_DECORD_PIXELS", 0)
    monkeypatch.setattr(libav_reader, "MOST_PIXELS", 64 * 48 - 1)
    assert "cannot decode any frame of the video" in refusal(lambda: read_all(tmp_path / "a.mp4"))


def test_large_frames_are_read_without_decord_to_the_same_pixels(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4", 80)
    expected = np.stack(read_all(tmp_path / "a.mp4"))
    part = f"{tmp_path}/a.mp4#t=1,2"
    with monkeypatch.context() as patched:
        patched.setattr(decord_reader, "_DECORD_PIXELS", 0)
        assert np.array_equal(np.stack(read_all(tmp_path / "a.mp4")), expected)
        assert np.array_equal(np.stack(read_all(part)), expected[25:50])
    monkeypatch.setattr(decord_reader, "_BYTES_AT_ONCE", 3 * 64 * 48 * 7)
    assert np.array_equal(np.stack(read_all(tmp_path / "a.mp4")), expected)


def test_pictures_that_nothing_decodes_are_refused(tmp_path):
    data = write_video(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(data.replace(b"avc1", b"zzzz"))
    assert "no decoder is known for its pictures" in refused(tmp_path / "a.mp4")


# Rates, lengths, numbers of frames


@pytest.mark.parametrize(
    ("scale", "rate", "found"),
    [
        (1, 10**9, "1e+09 frames a second"),
        (1, 2**32 - 1, "90000 frames a second"),
        (10**9, 1, "3e+10 s"),
        (200, 1, "0.005 frames a second"),
    ],
)
def test_absurd_rates_of_an_avi_are_refused(tmp_path, scale, rate, found):
    data = write_video(tmp_path / "a.avi", codec="mpeg4")
    at = data.index(b"strh") + 28
    (tmp_path / "a.avi").write_bytes(changed(data, at, "<II", scale, rate))
    message = refused(tmp_path / "a.avi")
    assert f"its header states {found}" in message and "expected" in message
    assert found in refusal(lambda: frame_rate(tmp_path / "a.avi"))


@pytest.mark.parametrize("timescale", [0, 1, 2**31 - 1, 2**32 - 1])
def test_absurd_time_scales_of_an_mp4_are_refused(tmp_path, timescale):
    data = write_video(tmp_path / "a.mp4")
    at = box(data, b"moov", b"trak", b"mdia", b"mdhd")[0] + 12
    (tmp_path / "a.mp4").write_bytes(changed(data, at, ">I", timescale))
    assert "frames a second, 0.01 to 1000 expected" in refused(tmp_path / "a.mp4")


def test_a_rate_of_zero_is_refused(tmp_path):
    data = write_video(tmp_path / "a.ivf", codec="libvpx-vp9")
    (tmp_path / "a.ivf").write_bytes(changed(data, 16, "<II", 0, 0))
    assert "a.ivf: not a readable video" in refused(tmp_path / "a.ivf")


@pytest.mark.parametrize("frames", [2**31 - 1, 2**32 - 5])
def test_more_frames_than_bytes_are_refused(tmp_path, frames):
    places = {
        "a.mp4": ("libx264", lambda data: box(data, *TABLES, b"stts")[0] + 8, ">I"),
        "a.ivf": ("libvpx-vp9", lambda data: 24, "<I"),
    }
    for name, (codec, place, form) in places.items():
        data = write_video(tmp_path / name, codec=codec)
        (tmp_path / name).write_bytes(changed(data, place(data), form, frames))
        message = refused(tmp_path / name)
        assert f"{frames} frames in {len(data)} bytes, at most one a byte expected" in message


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_file_of_too_many_frames_is_refused(tmp_path, monkeypatch, name):
    write_video(tmp_path / name)
    monkeypatch.setattr(video_packets, "MOST_FRAMES", 29)
    assert "more than 29 frames found" in refused(tmp_path / name)


def test_a_clip_of_too_many_frames_is_refused_and_a_part_of_it_is_read(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4")
    monkeypatch.setattr(clip_length, "MOST_FRAMES", 29)
    assert "30 frames found, at most 29 expected of a clip" in refused(tmp_path / "a.mp4")
    assert len(read_all(f"{tmp_path}/a.mp4#t=0,1")) == 25


@pytest.mark.parametrize("times", ["0," + 400 * "9", 400 * "9" + ",1"])
def test_times_without_end_are_refused(times):
    with pytest.raises(InputError, match="expected start and end in seconds"):
        split_fragment(f"a.mp4#t={times}")


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 0, -25, 1e-9, 1e9])
def test_a_page_shows_no_clip_at_an_absurd_rate(tmp_path, rate):
    write_video(tmp_path / "a.mp4")
    with pytest.raises(InputError, match=r"a\.mp4: .* frames a second found, 0\.01 to 1000"):
        encode_small(tmp_path / "a.mp4", 30, rate, highest=48, quality=30)


# Tables that grow in memory


def huge_table(data: bytes) -> bytes:
    """All samples of one size, and 50 million of them: 3.5 GB."""
    data = changed(data, box(data, *TABLES, b"stsz")[0] + 4, ">II", 1, 50_000_000)
    data = changed(data, box(data, *TABLES, b"stsc")[0] + 12, ">I", 50_000_000)
    return changed(data, box(data, *TABLES, b"stts")[0] + 8, ">I", 50_000_000)


def long_boxes(data: bytes) -> bytes:
    """As huge_table, in a box whose size is written in 64 bits."""
    names = (*TABLES, b"stsz")
    content = struct.pack(">QIII", 36, 0, 1, 50_000_000) + bytes(8)
    data = replaced(data, names, content)
    return changed(data, box(data, *names)[0] - 8, ">I", 1)


def hidden_in_the_sample_entry(data: bytes) -> bytes:
    """A table where there should be none: libav looks into all boxes that it does not know."""
    begin, end = box(data, *TABLES, b"stsd")
    table = struct.pack(">I4sIII", 20, b"stsz", 0, 1, 50_000_000)
    return replaced(data, (*TABLES, b"stsd"), data[begin:end] + table)


def huge_fragment(data: bytes) -> bytes:
    at = box(data, b"moof", b"traf", b"trun")[0]
    return changed(data, at, ">II", 1, 50_000_000)


def many_edits(data: bytes) -> bytes:
    """Each edit shows all frames once more: 600 kB become 2 GB."""
    edits = struct.pack(">IiI", 80_000, 0, 0x10000)
    content = struct.pack(">II", 0, 40_000) + 40_000 * edits
    return replaced(data, (b"moov", b"trak", b"edts", b"elst"), content)


def compressed(data: bytes) -> bytes:
    """As QuickTime compressed headers, with a huge table in it."""
    begin, end = box(data, b"moov")
    header = huge_table(data)[begin - 8 : end]
    packed = zlib.compress(header)
    inner = struct.pack(">I4s4s", 12, b"dcom", b"zlib")
    inner += struct.pack(">I4sI", 12 + len(packed), b"cmvd", len(header)) + packed
    return replaced(data, (b"moov",), struct.pack(">I4s", 8 + len(inner), b"cmov") + inner)


def voided(data: bytes) -> bytes:
    """The header in a box that a writer has voided: libav looks into it in a second try."""
    data = huge_table(data)
    return changed(data, box(data, b"moov")[0] - 4, ">4s", b"free")


TABLES_THAT_GROW = [
    huge_table, long_boxes, hidden_in_the_sample_entry, huge_fragment, compressed, voided
]  # fmt: skip


@pytest.mark.parametrize("attack", TABLES_THAT_GROW)
def test_a_table_of_more_samples_than_bytes_is_refused(tmp_path, attack):
    fragments = {"movflags": "frag_keyframe+empty_moov"} if attack is huge_fragment else {}
    data = write_video(tmp_path / "a.mp4", **fragments)
    (tmp_path / "a.mp4").write_bytes(attack(data))
    assert re.search(r"states 500000\d0 samples in \d+ bytes", refused(tmp_path / "a.mp4"))


def test_edits_that_repeat_all_frames_are_refused(tmp_path):
    data = many_edits(write_video(tmp_path / "a.mp4", 2000))
    (tmp_path / "a.mp4").write_bytes(data)
    assert "states 40000 edits of 2000 samples" in refused(tmp_path / "a.mp4")


def test_a_compressed_header_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mp4_samples, "_LARGEST_HEADER", 4 * 1000)
    data = write_video(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(compressed(data))
    assert "a compressed header" in refused(tmp_path / "a.mp4")


def test_bytes_that_look_like_a_table_are_none(tmp_path):
    """Offsets and times may have any bytes in them; only boxes count."""
    data = write_video(tmp_path / "a.mp4")
    times = struct.pack(">II", 0, 2) + struct.pack(">II", 15, 512)
    content = times + struct.pack(">II", 15, 512) + b"stsz" + struct.pack(">III", 0, 1, 2**31)
    (tmp_path / "a.mp4").write_bytes(replaced(data, (*TABLES, b"stts"), content))
    assert count_frames(tmp_path / "a.mp4") == 30
