import io

import av
import cv2
import numpy as np
import pytest

from sign2text.data.small_video import encode_small, small_size
from sign2text.ground.errors import InputError

LEVELS = list(range(20, 220, 4))  # 50 frames, each brighter than the one before


def write_video(path, width, height, rate=25):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for level in LEVELS:
            frame = np.full((height, width, 3), level, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode(None))


def write_folder(path, width, height):
    path.mkdir()
    for number, level in enumerate(LEVELS, 1):
        image = np.full((height, width, 3), level, np.uint8)
        cv2.imwrite(str(path / f"images{number:04d}.png"), image)


def decoded(small):
    with av.open(io.BytesIO(small.video)) as file:
        stream = file.streams.video[0]
        about = (stream.codec_context.name, stream.pix_fmt, float(stream.average_rate))
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
    return np.stack(frames), about


@pytest.mark.parametrize("kind", ["file", "folder", "part"])
def test_a_clip_keeps_its_frames_and_its_rate(tmp_path, kind):
    path = tmp_path / "clip"
    if kind == "folder":
        write_folder(path, 210, 260)
    else:
        path = path.with_suffix(".mp4")
        write_video(path, 210, 260)
    video, levels = (f"{path}#t=0.4,1.2", LEVELS[10:30]) if kind == "part" else (path, LEVELS)
    small = encode_small(video, len(levels), 25.0, highest=240, quality=20)
    frames, about = decoded(small)
    assert about == ("h264", "yuv420p", 25.0)
    assert frames.shape == (len(levels), 240, 194, 3)
    assert (small.width, small.height) == (194, 240)
    assert np.abs(frames.mean((1, 2, 3)) - levels).max() < 4
    poster = cv2.imdecode(np.frombuffer(small.poster, np.uint8), cv2.IMREAD_COLOR)
    assert poster.shape == (240, 194, 3)
    assert abs(poster.mean() - levels[len(levels) // 2]) < 4


def test_players_need_not_read_to_the_end_first(tmp_path):
    write_video(tmp_path / "clip.mp4", 160, 120)
    video = encode_small(tmp_path / "clip.mp4", 50, 25.0, highest=240, quality=30).video
    assert 0 < video.index(b"moov") < video.index(b"mdat")


@pytest.mark.parametrize("rate", [12.0, 23.976, 29.97, 30000 / 1001, 59.94])
def test_odd_rates_are_kept(tmp_path, rate):
    write_video(tmp_path / "clip.mp4", 160, 120)
    small = encode_small(tmp_path / "clip.mp4", 50, rate, highest=240, quality=30)
    assert decoded(small)[1][2] == pytest.approx(rate, rel=1e-4)


def test_a_better_quality_is_larger_and_nothing_is_scaled_up(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "clip").mkdir()
    for number in range(8):
        noise = rng.integers(0, 255, (60, 81, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"clip/{number}.png"), noise)
    fine, coarse = (
        encode_small(tmp_path / "clip", 8, 25.0, highest=240, quality=quality)
        for quality in (20, 40)
    )
    assert (fine.width, fine.height) == (80, 60)
    assert len(fine.video) > 2 * len(coarse.video)


def test_the_same_clip_gives_the_same_bytes(tmp_path):
    """The clip moves and has a camera's noise; flat images would be equal by chance."""
    path = tmp_path / "clip"
    path.mkdir()
    rng = np.random.default_rng(0)
    for number in range(60):
        picture = np.full((260, 210, 3), (90, 110, 130), np.uint8)
        hand = (40 + 2 * number, 230 - 2 * number)
        cv2.circle(picture, (105, 70), 34, (200, 170, 150), -1)
        cv2.line(picture, (70, 140), hand, (200, 170, 150), 14)
        noisy = picture + rng.normal(0, 8, picture.shape)
        cv2.imwrite(str(path / f"images{number:04d}.png"), np.clip(noisy, 0, 255).astype(np.uint8))
    assert len({encode_small(path, 60, 25, highest=260, quality=30) for _ in range(8)}) == 1


def test_a_missing_clip_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"gone\.mp4: no such video"):
        encode_small(tmp_path / "gone.mp4", 50, 25.0, highest=240, quality=30)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 720), (426, 240)), ((210, 260), (194, 240)), ((81, 61), (80, 60)), ((1, 1), (2, 2))],
)
def test_sizes_are_even_and_keep_their_shape(size, expected):
    assert small_size(*size, 240) == expected
