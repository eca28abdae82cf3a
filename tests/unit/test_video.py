import av
import cv2
import numpy as np
import pytest

from sign2text.data.video import read_frames
from sign2text.errors import InputError


def write_video(path, levels):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": "10"})
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
    for number in (2, 10, 1):
        image = np.zeros((8, 8, 3), np.uint8)
        image[..., 2] = 20 * number  # red, in OpenCV's order
        cv2.imwrite(str(tmp_path / f"images{number:04d}.png"), image)
    frames = list(read_frames(tmp_path))
    assert [int(frame[0, 0, 0]) for frame in frames] == [20, 40, 200]
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
