"""Truncated, damaged, rotated or oddly recorded videos give the frames that players show."""

import logging
from fractions import Fraction

import av
import decord
import numpy as np
import pytest
from decord._ffi.base import DECORDLimitReachedError
from hostile_videos import box, changed
from numbered_videos import SIDE, copied, numbers, sequential, write_numbered, x264

from sign2text.data.video import (
    count_frames,
    frame_rate,
    frame_times,
    read_frames,
    read_timed_frames,
)
from sign2text.ground.errors import InputError


def read_numbers(video) -> list[int]:
    return numbers(read_frames(video))


# Truncated not at a key frame


@pytest.mark.parametrize("reordered", [0, 2])
@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.ts", "cut.mov"])
def test_what_is_before_the_first_key_frame_is_no_frame(tmp_path, caplog, name, reordered):
    """200 frames, a key frame every 50, truncated after 7: 193 packets, and 150 visible frames."""
    options = x264(reordered=reordered, key=50)
    whole = write_numbered(tmp_path / "whole.mp4", 200, **options)
    cut = copied(whole, tmp_path / name, slice(7, None))
    with caplog.at_level(logging.WARNING):
        assert count_frames(cut) == 150
    hidden = 2 if reordered and name in ("cut.mp4", "cut.mov") else 0  # by an edit, as delay
    assert f"150 of {193 - hidden} frames decode" in caplog.text
    assert read_numbers(cut) == list(range(50, 200))
    assert frame_times(cut) == tuple(Fraction(number, 25) for number in range(150))
    part = f"{cut}#t=1,2"
    assert count_frames(part) == 25
    assert read_numbers(part) == list(range(75, 100))


@pytest.mark.parametrize("read", [count_frames, read_numbers, frame_times])
@pytest.mark.parametrize("name", ["none.mp4", "none.mkv"])
def test_a_video_without_any_key_frame_is_an_error_with_the_reason(tmp_path, name, read):
    whole = write_numbered(tmp_path / "whole.mp4", 60, **x264(key=50))
    cut = copied(whole, tmp_path / name, slice(10, 40))
    with pytest.raises(InputError, match=r"cannot decode any frame of the video"):
        read(cut)


# Damage in the middle


def killed(path, place: int) -> None:
    """Overwrite a packet with zeros."""
    with av.open(str(path)) as file:
        packet = [each for each in file.demux(video=0) if each.size][place]
        begin, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    if path.suffix == ".mkv":  # the block's number and time stay, as the container needs them
        begin, size = data.index(bytes(packet), begin), len(bytes(packet))
    data[begin : begin + size] = bytes(size)
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["dead.mp4", "dead.mkv", "dead.mov"])
def test_a_dead_packet_costs_its_frame_alone_and_is_noted(tmp_path, caplog, name):
    path = write_numbered(tmp_path / name, 200, **x264(reordered=0, key=50))
    killed(path, 120)
    expected = sequential(path)
    assert len(expected) == 199
    with caplog.at_level(logging.WARNING):
        found = list(read_frames(path))
    assert "199 of 200 frames decode" in caplog.text
    assert np.array_equal(np.stack(found), np.stack(expected))
    assert numbers(found)[:120] == list(range(120))
    assert numbers(found)[-50:] == list(range(150, 200))
    assert count_frames(path) == 200  # nothing is decoded for it
    # Parts outside the damage are complete, and a part across it is refused.
    assert read_numbers(f"{path}#t=1,4.8") == list(range(25, 120))
    assert read_numbers(f"{path}#t=6,7") == list(range(150, 175))
    message = r"cannot decode 1 of the 25 frames from 4\.52 s to 5\.48 s"
    with pytest.raises(InputError, match=message):
        read_numbers(f"{path}#t=4.5,5.5")


@pytest.mark.parametrize("places", [[80], [98, 99], [*range(3, 100)]], ids=["1", "last", "most"])
def test_a_packet_without_a_picture_is_given_no_other_one(tmp_path, caplog, places):
    """No step fails, but decord would return another frame for the missing one."""
    path = write_numbered(tmp_path / "a.mp4", 100, **x264(reordered=0, key=50))
    with av.open(str(path)) as file:
        packets = [each for each in file.demux(video=0) if each.size]
        spans = [(packets[place].pos, packets[place].size) for place in places]
    data = bytearray(path.read_bytes())
    for begin, size in spans:
        filler = (size - 4).to_bytes(4, "big") + b"\x0c" + (size - 5) * b"\xff"  # NAL unit type 12
        data[begin : begin + size] = filler
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        found = list(read_frames(path))
    left = 100 - len(places)
    assert len(found) == left and f"{left} of 100 frames decode" in caplog.text
    assert np.array_equal(np.stack(found), np.stack(sequential(path)))
    whole = min(places)
    assert numbers(found)[:whole] == list(range(whole))


@pytest.mark.parametrize("error", [RuntimeError, decord.DECORDError, DECORDLimitReachedError])
def test_where_decord_fails_the_other_reader_goes_on(tmp_path, monkeypatch, error):
    class Failing(decord.VideoReader):
        def get_batch(self, indices):
            if indices[0]:
                raise error("a damaged packet")
            return super().get_batch(indices)

    path = write_numbered(tmp_path / "a.mp4", 100, **x264())
    monkeypatch.setattr(decord, "VideoReader", Failing)
    assert read_numbers(path) == list(range(100))


@pytest.mark.parametrize("name", ["cut.mkv", "cut.ts", "cut.avi"])
def test_a_recording_that_broke_off_gives_the_frames_that_it_has(tmp_path, name):
    codec = {"codec": "mpeg4"} if name.endswith("avi") else x264()
    path = write_numbered(tmp_path / name, 200, **codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = read_numbers(path)
    assert 90 < len(found) < 180 and found[:80] == list(range(80))
    assert abs(count_frames(path) - len(found)) <= 1


def test_a_part_past_what_decodes_is_refused(tmp_path):
    """The container continues, but its packets do not decode."""
    path = write_numbered(tmp_path / "dead.mp4", 100, **x264(reordered=0, key=50))
    for place in range(50, 100):
        killed(path, place)
    assert read_numbers(path) == list(range(50))
    with pytest.raises(InputError, match=r"cannot decode 25 of the 25 frames from 3 s to 3\.96 s"):
        read_numbers(f"{path}#t=3,4")


# Recordings by browsers, and narrow ones


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9", "libx264"])
def test_a_browsers_recording_without_duration_and_cues_is_read(tmp_path, codec):
    form = "matroska" if codec == "libx264" else "webm"
    path = tmp_path / "recorded.webm"
    write_numbered(path, 60, codec, form=form, muxing={"live": "1"}, g="20")
    with av.open(str(path)) as file:
        assert file.duration is None and len(file.streams.video[0].index_entries) < 2
    assert count_frames(path) == 60 and frame_rate(path) == pytest.approx(25, rel=0.01)
    assert read_numbers(path) == list(range(60))
    assert read_numbers(f"{path}#t=1,2") == list(range(25, 50))


@pytest.mark.parametrize("width", [16, 24, 32, 48, 64, 96, 144, 176, 210, 272])
def test_a_video_of_any_width_is_read_to_the_same_pixels(tmp_path, width):
    path = write_numbered(tmp_path / "a.mp4", 30, size=(width, 64), crf="10")
    expected = np.stack(sequential(path))
    assert np.array_equal(np.stack(list(read_frames(path))), expected)
    assert np.array_equal(np.stack(list(read_frames(f"{path}#t=0.4,0.8"))), expected[10:20])
    if width > 16:
        assert numbers(expected) == list(range(30))


# Times


def test_parts_of_a_video_of_variable_rate_are_taken_by_their_stamps(tmp_path):
    """The rate is 25 frames a second, except for the second second, which has 50."""
    stamps = [*range(0, 1000, 40), *range(1000, 2000, 20), *range(2000, 6000, 40)]
    for name in ("a.mp4", "a.mkv", "a.webm"):
        codec = {"codec": "libvpx"} if name.endswith("webm") else x264(reordered=0)
        path = write_numbered(tmp_path / name, len(stamps), stamps=stamps, **codec)
        assert [round(1000 * time) for time in frame_times(path)] == stamps
        for start, end in [(1, 2), (4, 5), (0.5, 1.5)]:
            part = f"{path}#t={start},{end}"
            expected = [n for n, stamp in enumerate(stamps) if start * 1000 <= stamp < end * 1000]
            assert read_numbers(part) == expected
            assert count_frames(part) == len(expected)


@pytest.mark.parametrize("start", [-400, 3000, 3_600_000])
@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_times_are_from_the_first_frame_that_is_shown(tmp_path, name, start):
    stamps = [start + 40 * number for number in range(100)]
    path = write_numbered(tmp_path / name, 100, stamps=stamps, **x264())
    shown = list(range(10 if start < 0 and name == "a.mp4" else 0, 100))  # an edit hides the rest
    assert count_frames(path) == len(shown)
    assert read_numbers(path) == shown
    assert frame_times(path)[:2] == (0, Fraction(1, 25))
    assert read_numbers(f"{path}#t=1,2") == shown[25:50]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_that_begins_before_the_pictures_moves_no_part(tmp_path, name):
    path = tmp_path / name
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=48000)
        video = file.add_stream_from_template(numbered_stream(tmp_path))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 96_000), "f4"), "fltp", "mono")
        silence.sample_rate, silence.pts, silence.time_base = 48000, 0, Fraction(1, 48000)
        file.mux([*sound.encode(silence), *sound.encode(None)])
        with av.open(str(tmp_path / "pictures.mp4")) as source:
            for packet in source.demux(video=0):
                if packet.size:
                    late = int(Fraction(7, 10) / packet.time_base)
                    packet.pts, packet.dts, packet.stream = (
                        packet.pts + late,
                        packet.dts + late,
                        video,
                    )
                    file.mux(packet)
    assert read_numbers(path) == list(range(60))
    assert read_numbers(f"{path}#t=1,2") == list(range(25, 50))


def numbered_stream(folder):
    """Open the stream of a video of 60 frames, `pictures.mp4`."""
    return av.open(str(write_numbered(folder / "pictures.mp4", 60, **x264()))).streams.video[0]


def test_frames_and_their_times_belong_together(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 60, rate=Fraction(30000, 1001), **x264())
    timed = list(read_timed_frames(f"{path}#t=1,1.5"))
    assert numbers(frame for _, frame in timed) == list(range(30, 45))
    assert [time for time, _ in timed] == [Fraction(1001 * n, 30000) for n in range(30, 45)]


def test_a_folder_of_images_has_no_times_and_no_parts(tmp_path):
    for function in (frame_times, lambda video: list(read_timed_frames(video))):
        with pytest.raises(InputError, match="a folder of images does not say when"):
            function(tmp_path)
    for function in (count_frames, read_numbers):
        with pytest.raises(InputError, match="times found after a folder of images"):
            function(f"{tmp_path}#t=1,2")


# Rotated and mirrored images

UPRIGHT = {
    "as stored": ((1, 0, 0, 1), lambda p: p),
    "clockwise": ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
    "upside down": ((-1, 0, 0, -1), lambda p: np.rot90(p, 2)),
    "counterclockwise": ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
    "mirrored": ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
    "mirrored from the top": ((1, 0, 0, -1), lambda p: p[::-1]),
    "transposed": ((0, 1, 1, 0), lambda p: p.swapaxes(0, 1)),
    "transposed, upside down": ((0, -1, -1, 0), lambda p: np.rot90(p.swapaxes(0, 1), 2)),
}


def turned(path, matrix) -> None:
    """Write a display matrix into the header of an mp4's track."""
    data = path.read_bytes()
    place = box(data, b"moov", b"trak", b"tkhd")[0] + 40
    a, b, c, d = (each << 16 for each in matrix)
    path.write_bytes(changed(data, place, ">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))


@pytest.mark.parametrize("kind", UPRIGHT)
@pytest.mark.parametrize("trimmed", [False, True])
def test_all_eight_orientations_are_shown_as_players_show_them(tmp_path, kind, trimmed):
    matrix, expected = UPRIGHT[kind]
    path = write_numbered(tmp_path / "whole.mp4", 40, size=(96, SIDE), **x264(reordered=0))
    stored = np.stack(sequential(path))
    if trimmed:
        path = copied(path, tmp_path / "a.mp4", slice(None), shift=-5 * 512)
        stored = stored[5:]
    turned(path, matrix)
    pictures = [expected(picture) for picture in stored]
    assert np.array_equal(np.stack(list(read_frames(path))), np.stack(pictures))
    part = list(read_frames(f"{path}#t=0.4,0.8"))
    assert np.array_equal(np.stack(part), np.stack(pictures[10:20]))
    timed = [frame for _, frame in read_timed_frames(path)]
    assert np.array_equal(np.stack(timed), np.stack(pictures))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_a_turn_is_found_in_other_containers_too(tmp_path, name):
    path = tmp_path / name
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, SIDE, "yuv420p"
        stream.set_display_rotation(90, hflip=True)
        picture = np.zeros((SIDE, 96, 3), np.uint8)
        picture[:20, :30] = 250  # the upper left corner
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(picture)), *stream.encode(None)]:
            file.mux(packet)
    (found,) = read_frames(path)
    assert found.shape == (96, SIDE, 3)
    corners = [found[:8, :8].mean(), found[:8, -8:].mean(), found[-8:, :8].mean()]
    corners.append(found[-8:, -8:].mean())
    # Rotated counterclockwise, the corner is at the lower left; mirrored, on the right.
    assert [corner > 200 for corner in corners] == [False, False, False, True]
