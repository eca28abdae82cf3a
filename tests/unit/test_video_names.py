"""A video file may have any name: none is taken for a protocol, a pattern or an option."""

import os

import pytest
from numbered_videos import numbers, write_numbered, x264

from sign2text.data.video import count_frames, frame_rate, frame_times, read_frames

NAMES = [
    *("12:30.mp4", "file:x.mp4", "data:x.mp4", "data:video/mp4;base64,AAAA".replace("/", "_")),
    *("concat:a.mp4|b.mp4", "http:x.mp4", "pipe:0", "crypto+file:x.mp4", "md5:x", "cache:x.mp4"),
    *("subfile,,start,0,end,9,,:x.mp4", "-i.mp4", "~x.mp4", " x .mp4", "a%03d.mp4", "a*b?[c].mp4"),
    *("a\nb.mp4", "a\"b'c\\d.mp4", "a;b&c.mp4", "a#b.mp4", "x.m3u8", "noending", "日本.mp4"),
    *("\u00e9.mp4", "e\u0301.mp4", os.fsdecode(b"caf\xe9.mp4"), os.fsdecode(b"\xff\xfe.mp4")),
]


@pytest.mark.parametrize("form", ["mp4", "mpegts"])
@pytest.mark.parametrize("name", NAMES)
def test_a_video_of_any_name_is_read_whole_and_in_parts(tmp_path, monkeypatch, name, form):
    written = write_numbered(tmp_path / "written", 20, form=form, **x264())
    written.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for path in (name, f"./{name}", tmp_path / name):
        assert count_frames(path) == 20
        assert frame_rate(path) == 25
        assert numbers(read_frames(path)) == list(range(20))
        assert numbers(read_frames(f"{path}#t=0.2,0.4")) == list(range(5, 10))
        assert len(frame_times(path)) == 20
