"""Parts of pictures that clips name (`#xywh=`), from the fragment to the frame store."""

import numpy as np
import pytest
from numbered_videos import picture, write_numbered

from sign2text.data.clip_encoding import Clip, encode_clip
from sign2text.data.fragments import Box, split_box, split_fragment
from sign2text.data.frame_format import FrameFormat
from sign2text.data.frame_store import decode_frames
from sign2text.data.video import count_frames, frame_rate, read_frames, read_timed_frames
from sign2text.ground.errors import InputError
from sign2text.stages.sample_frames import source_of


@pytest.mark.parametrize(
    ("video", "rest", "box"),
    [
        ("a.mp4", "a.mp4", None),
        ("a.mp4#xywh=1,2,30,40", "a.mp4", Box(1, 2, 30, 40)),
        ("a.mp4#t=1,2&xywh=pixel:0,0,3,4", "a.mp4#t=1,2", Box(0, 0, 3, 4)),
        ("a#xywh.mp4", "a#xywh.mp4", None),
    ],
)
def test_a_part_of_the_picture(video, rest, box):
    assert split_box(video) == (rest, box)
    assert split_fragment(video) == split_fragment(rest)


@pytest.mark.parametrize("part", ["1,2,3", "1,2,0,4", "1,2,3,-4", "a,b,c,d", "percent:1,2,3,4",
                                  "1,2,3,4&t=1,2", "999999,1,1,1"])  # fmt: skip
def test_what_is_no_part_is_refused(part):
    with pytest.raises(
        InputError, match=f"a.mp4#xywh={part}: found '#xywh=.*', expected left, top"
    ):
        split_fragment(f"a.mp4#xywh={part}")


def test_frames_are_cropped(tmp_path):
    video = write_numbered(tmp_path / "a.mp4", 8, size=(64, 48), g="1")
    whole = np.stack(list(read_frames(video)))
    part = np.stack(list(read_frames(f"{video}#xywh=8,4,30,20")))
    assert (part == whole[:, 4:24, 8:38]).all()
    timed = list(read_timed_frames(f"{video}#t=0.1,0.2&xywh=8,4,30,20"))
    assert [float(time) for time, _ in timed] == [0.12, 0.16]
    assert abs(timed[0][1].astype(int) - part[3]).mean() < 3
    assert count_frames(f"{video}#xywh=8,4,30,20") == 8
    assert frame_rate(f"{video}#t=0.1,0.2&xywh=8,4,30,20") == 25
    # What of the box lies outside is left out; nothing may be left.
    assert next(read_frames(f"{video}#xywh=50,40,100,100")).shape == (8, 14, 3)
    with pytest.raises(InputError, match="no pixel of its 64 x 48 lies in the box 64,0,5,5"):
        list(read_frames(f"{video}#xywh=64,0,5,5"))


def test_a_stored_clip_is_cropped_before_it_is_resized(tmp_path):
    video = write_numbered(tmp_path / "a.mp4", [0, 255], size=(64, 64), g="1")
    stored = FrameFormat((32, 32), 95)
    clip = Clip("x", f"{video}#xywh=0,0,64,32", 2, 25.0, None, stored, False)
    frames = decode_frames(encode_clip(clip).images)
    assert np.abs(frames[1].astype(int) - picture(255)[:32, ::2]).mean() < 4
    whole = encode_clip(clip._replace(video=str(video)))
    assert np.abs(decode_frames(whole.images)[1].astype(int) - frames[1]).mean() > 40


def test_another_box_is_another_source(tmp_path):
    video = write_numbered(tmp_path / "a.mp4", 3)
    whole = source_of(str(video), 3)
    one, other = (source_of(f"{video}#xywh=0,0,{n},5", 3) for n in (5, 6))
    assert one.startswith(whole) and one.endswith(", box 0,0,5,5") and one != other
