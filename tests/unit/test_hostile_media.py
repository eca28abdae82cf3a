"""Pictures and videos that were made to do harm are refused by their headers."""

import os
import shutil
import struct
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from attacks import refusal, tree
from hostile_videos import changed, write_video

from sign2text.data.video import count_frames, frame_rate, read_frames
from sign2text.ground.errors import InputError
from sign2text.untrusted.pictures import decode_picture


def read_all(path: Path | str) -> list[np.ndarray]:
    return list(read_frames(path))


def picture(suffix: str, side: int = 32, *options: int) -> bytes:
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return cv2.imencode(suffix, image, options)[1].tobytes()


def png(width: int, height: int) -> bytes:
    """A PNG of that size in its header, and of few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    data = picture(".jpg")
    return data[:2] + before + changed(data, data.index(b"\xff\xc0") + 5, ">HH", height, width)[2:]


THUMBNAIL = b"\xff\xe1" + struct.pack(">H", len(picture(".jpg")) + 2) + picture(".jpg")
LOSSY = picture(".webp", 32, cv2.IMWRITE_WEBP_QUALITY, 50)
HUGE = {
    "square": png(60_000, 60_000),
    "just under OpenCV's limit": png(32_000, 32_000),
    "just over ours": png(8192, 8193),
    "a line": png(60_000, 1),
    "a column": png(1, 2**31 - 1),
    "zero": png(0, 5),
    "jpeg": jpeg(60_000, 60_000),
    "jpeg with a thumbnail": jpeg(60_000, 60_000, THUMBNAIL),
    "jpeg with bytes between": jpeg(30_000, 30_000, b"\0\0\xff\0\xff\x01\xff\xff\xd0"),
    "jpeg without lines": jpeg(100, 0),
    "lossy webp": changed(LOSSY, 26, "<HH", 16_383, 16_383),
    "lossless webp": changed(picture(".webp"), 21, "<I", 2**28 - 1),
    "bmp": changed(picture(".bmp"), 18, "<ii", 30_000, 30_000),
    "bmp from the top": changed(picture(".bmp"), 18, "<ii", 30_000, -30_000),
}  # fmt: skip


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("name", ["1.png", "1.jpg"])
def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path, kind, name):
    (tmp_path / name).write_bytes(HUGE[kind])
    message = refusal(lambda: read_all(tmp_path))
    assert f"/{name}: not a readable image" in message
    assert "pixels found, 1 to 16384 a side and at most 67108864 in all expected" in message


@pytest.mark.parametrize(
    "data",
    [
        b"P6\n60000 60000\n255\n",
        b"II*\0" + struct.pack("<I", 8) + bytes(500),
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n",
        b"v/1\x01" + bytes(500),
        b"GIF89a\x60\xea\x60\xea" + bytes(500),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(500),
        b"RIFF\x64\0\0\0WEBPVP9 " + bytes(100),
        b"BM",
        picture(".webp")[:20],
        b"\x89PNG\r\n\x1a\n" + bytes(50) + b"IEND\xaeB`\x82",
        b"\xff\xd8\xff\xd9",
    ],
)
def test_a_picture_of_a_format_that_is_not_read_is_refused(tmp_path, data):
    (tmp_path / "1.png").write_bytes(data)
    assert "1.png: not a readable image (" in refusal(lambda: read_all(tmp_path))


def test_a_jpeg_of_thousands_of_scans_is_refused(tmp_path):
    data = picture(".jpg", 2000, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last = data[data.rfind(b"\xff\xda") : -2]
    few = last[:40]
    (tmp_path / "1.jpg").write_bytes(data[:-2] + 3000 * few + data[-2:])
    assert "scans found, at most 268 scans expected" in refusal(lambda: read_all(tmp_path))


@pytest.mark.parametrize("length", [2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("part", [b"IDAT", b"tEXt", b"iCCP", b"acTL"])
def test_a_png_that_states_parts_longer_than_itself_is_refused(tmp_path, part, length):
    data = png(40, 30)
    more = changed(chunk(part, bytes(8)), 0, ">I", length)
    (tmp_path / "1.png").write_bytes(data[:33] + more + data[33:])
    assert f"part at byte 33 states {length} bytes" in refusal(lambda: read_all(tmp_path))


def test_a_second_header_in_a_png_changes_nothing(tmp_path):
    """An animation's frame, or another header, states another size than the first one."""
    big, small = png(30_000, 30_000), png(40, 30)
    header = big[8:33]
    frame = struct.pack(">IIIIIHHBB", 0, 30_000, 30_000, 0, 0, 1, 1, 0, 0)
    control = (
        struct.pack(">I", 26) + b"fcTL" + frame + struct.pack(">I", zlib.crc32(b"fcTL" + frame))
    )
    animated = struct.pack(">II", 1, 0)
    animation = struct.pack(">I", 8) + b"acTL" + animated
    animation += struct.pack(">I", zlib.crc32(b"acTL" + animated))
    for more in (header, animation + control):
        (tmp_path / "1.png").write_bytes(small[:33] + more + small[33:])
        try:
            shapes = [frame.shape for frame in read_all(tmp_path)]
        except InputError as error:
            assert "1.png: not a readable image" in str(error)
        else:
            assert shapes == [(30, 40, 3)]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "sparse"])
def test_what_is_no_image_file_is_refused_and_not_waited_for(tmp_path, kind):
    path = tmp_path / "1.png"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 2**40)
    for read in (read_all, count_frames):
        message = refusal(lambda read=read: read(tmp_path))
        assert "1.png: " in message and ("cannot be read" in message or "bytes found" in message)


def of_shape(suffix: str, kind: type, *shape: int) -> bytes:
    image = np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape, kind)
    return cv2.imencode(suffix, image)[1].tobytes()


HONEST = {
    "png": picture(".png"),
    "16 bits": of_shape(".png", np.uint16, 32, 32, 3),
    "alpha": of_shape(".png", np.uint8, 32, 32, 4),
    "grey png": of_shape(".png", np.uint8, 8, 8),
    "grey jpeg": of_shape(".jpg", np.uint8, 8, 8),
    "jpeg": picture(".jpg"),
    "progressive": picture(".jpg", 64, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "thumbnail": picture(".jpg")[:2] + THUMBNAIL + picture(".jpg")[2:],
    "webp": LOSSY,
    "lossless webp": picture(".webp"),
    "bmp": picture(".bmp"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HONEST)
def test_honest_pictures_are_read_as_opencv_reads_them(tmp_path, kind):
    (tmp_path / "1.png").write_bytes(HONEST[kind])
    expected = cv2.cvtColor(cv2.imread(str(tmp_path / "1.png")), cv2.COLOR_BGR2RGB)
    assert np.array_equal(read_all(tmp_path)[0], expected)
    assert np.array_equal(decode_picture(HONEST[kind]), expected)


# Videos that lead elsewhere


HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nprivate/secret.ts\n#EXT-X-ENDLIST\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
DASH = (
    b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    b"<AdaptationSet><Representation><BaseURL>private/secret.ts</BaseURL></Representation>"
    b"</AdaptationSet></Period></MPD>\n"
)
LEADING = {
    "hls": HLS,
    "hls after a mark": b"\xef\xbb\xbf" + HLS,
    "hls after a tag": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + HLS,
    "hls with bytes after it": HLS + bytes(range(256)) * 9,
    "ffconcat": b"ffconcat version 1.0\nfile private/secret.ts\n",
    "sdp": SDP,
    "sdp after bytes": b"\0\0\1\xba\n" + SDP[4:],
    "dash": DASH,
    "dash after bytes": b"\xff\xfe\xfd" + DASH,
    "imf": b'<?xml version="1.0"?><CompositionPlaylist xmlns="x"></CompositionPlaylist>',
    "subtitles": b"WEBVTT\n\n00:00.000 --> 00:01.000\nprivate/secret.ts\n",
    "lavfi": b"movie=private/secret.ts\n",
    "list": b"private/secret.ts\n",
    "avisynth": b'AVISource("private/secret.ts")\n',
}


@pytest.mark.parametrize("kind", LEADING)
@pytest.mark.parametrize("name", ["clip.mp4", "clip.m3u8", "clip.ts", "clip.mpd", "clip%03d.png"])
def test_a_playlist_is_refused_and_nothing_it_names_is_opened(tmp_path, kind, name):
    (tmp_path / "private").mkdir()
    os.mkfifo(tmp_path / "private/secret.ts")  # who opens it waits until the test fails
    (tmp_path / name).write_bytes(LEADING[kind])
    for read in (read_all, count_frames, frame_rate):
        message = refusal(lambda read=read: read(tmp_path / name))
        assert f"{name}: not a readable video" in message


def test_a_playlist_of_a_real_video_is_refused(tmp_path):
    (tmp_path / "private").mkdir()
    write_video(tmp_path / "private/secret.ts")
    (tmp_path / "clip.m3u8").write_bytes(HLS)
    before = tree(tmp_path)
    message = refusal(lambda: read_all(tmp_path / "clip.m3u8"))
    assert "playlist or script that begins with '#EXTM3U" in message and "mp4, mov" in message
    assert tree(tmp_path) == before


@pytest.mark.parametrize("codec", ["apng", "rawvideo"])
def test_a_container_that_is_not_listed_is_refused(tmp_path, codec):
    path = tmp_path / "clip.mp4"
    if codec == "apng":
        path.write_bytes(picture(".png"))
    else:
        write_video(path, codec="rawvideo", form="yuv4mpegpipe")
    assert "expected a video file: mp4, mov" in refusal(lambda: read_all(path))


@pytest.mark.parametrize(
    "name",
    [
        *("12:30.mp4", "concat:a.mp4", "data:x.mp4", "file:a.mp4", "http:a.mp4", "pipe:0.mp4"),
        *("clip%03d.png.mp4", "a*b?.mp4", "-x.mp4", "subfile,,start,0,end,9,,:x.mp4", "a|b.mp4"),
        os.fsdecode(b"caf\xe9.mp4"),
    ],
)
def test_names_are_names_of_files_and_nothing_else(tmp_path, monkeypatch, name):
    write_video(tmp_path / "x.mkv", 10)
    shutil.copy(tmp_path / "x.mkv", tmp_path / name)
    expected = np.stack(read_all(tmp_path / "x.mkv"))
    monkeypatch.chdir(tmp_path)
    for path in (name, tmp_path / name):
        assert count_frames(path) == 10
        assert np.array_equal(np.stack(read_all(path)), expected)


CONTAINERS = {
    "a.mp4": {}, "a.mov": {}, "a.m4v": {"form": "mp4"}, "a.3gp": {}, "a.mkv": {}, "a.flv": {},
    "a.webm": {"codec": "libvpx-vp9"}, "a.avi": {"codec": "mpeg4"},
    "a.mpg": {"codec": "mpeg2video"}, "a.wmv": {"codec": "wmv2"},
    "a.gif": {"codec": "gif"}, "a.mxf": {"codec": "mpeg2video"},
    "a.nut": {"form": "nut"}, "fragments.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "fast.mp4": {"movflags": "faststart"},
}  # fmt: skip
COUNTED = {"a.ts": {}, "a.m2v": {"codec": "mpeg2video"}, "a.h264": {"form": "h264"},
           "a.hevc": {"codec": "libx265"}, "a.ivf": {"codec": "libvpx-vp9"},
           "a.mjpeg": {"codec": "mjpeg", "form": "mjpeg"}}  # fmt: skip


@pytest.mark.parametrize("name", [*CONTAINERS, *COUNTED])
def test_the_listed_containers_are_read(tmp_path, name):
    write_video(tmp_path / name, **CONTAINERS.get(name, COUNTED.get(name)))
    assert count_frames(tmp_path / name) == 30
    assert frame_rate(tmp_path / name) == 25
    if name in CONTAINERS:
        assert np.stack(read_all(tmp_path / name)).shape == (30, 48, 64, 3)


def test_a_note_that_is_not_utf_8_does_no_harm(tmp_path):
    with av.open(str(tmp_path / "a.avi"), "w") as file:
        file.metadata["title"] = "Wetter"
        stream = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        file.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        file.mux(stream.encode(None))
    data = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").write_bytes(data.replace(b"Wetter", b"W\xe4tter"))
    assert count_frames(tmp_path / "a.avi") == 1
