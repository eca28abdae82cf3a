"""A folder of images is a clip for every command, or for none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from sign2text.data.clip_check import measure
from sign2text.data.frame_format import FrameFormat
from sign2text.data.new_clip import read_new_clip
from sign2text.data.video import count_frames, read_frames
from sign2text.ground.errors import InputError


def write(folder: Path, *names: str, size: tuple[int, int] = (12, 10)) -> Path:
    """Write images with their place in `names` in their pixels; other files get one byte."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        ending = Path(name).suffix.lower()
        if ending in (".png", ".jpg", ".jpeg", ".webp", ".bmp"):
            image = np.full((*size, 3), 8 * place, np.uint8)
            (folder / name).write_bytes(cv2.imencode(ending, image)[1].tobytes())
        else:
            (folder / name).write_bytes(b"x")
    return folder


def places(folder: Path) -> list[int]:
    return [round(frame.mean() / 8) for frame in read_frames(folder)]


def numbered(pattern: str, count: int, start: int = 1) -> list[str]:
    return [pattern.format(number) for number in range(start, start + count)]


def times(count: int, rate: float, pattern: str = "frame_{:.2f}s.jpg", start: int = 0) -> list[str]:
    return [pattern.format(number / rate) for number in range(start, start + count)]


REFUSED = {
    "a gap": (["0001.png", "0002.png", "0004.png"], "frame 3 is missing, 0004.png found"),
    "a first number above 1": (["0007.png", "0008.png"], "frame 1 is missing, 0007.png found"),
    "two formats": (
        [*numbered("{:04}.png", 3), *numbered("{:04}.jpg", 3)],
        "frame 1 stands twice, 0001.png found",
    ),
    "two cameras": (["a_1.png", "a_2.png", "b_1.png", "b_2.png"], "frame 1 stands twice"),
    "times": (times(8, 25), "frame_0.28s.jpg is named by a time, expected whole numbers"),
    "times over a second": (times(30, 25), r"frame_\d.\d\ds.jpg is named by a time"),
    "times in tenths": (times(10, 10, "{:.1f}.png", 1), r"\d.\d.png is named by a time"),
    "times with a comma": (["0,00.jpg", "0,04.jpg"], "0,04.jpg is named by a time"),
    "no numbers": (["a.png", "b.png"], "a.png has no number; expected names such as 000001.png"),
    "a cover": (["1.png", "2.png", "cover.png"], "cover.png has no number"),
    "videos and a thumbnail": (
        ["a.mp4", "b.MOV", "thumb1.jpg"],
        r"a folder of videos .*\(a.mp4, 2",
    ),
    "videos with thumbnails": (["1.mkv", "2.mkv", "1.jpg", "2.jpg"], "a folder of videos found"),
    "videos alone": (["a.mp4", "b.webm"], "a folder of videos found .*Name the videos themselves"),
    "no image": (["notes.txt", ".hidden1.png"], "the folder holds no frame; expected images"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_clip_is_refused_by_both_readers_and_in_a_corpus(
    tmp_path: Path, case: str
) -> None:
    names, message = REFUSED[case]
    folder = write(tmp_path / "clip", *names)
    readers = (
        count_frames,
        lambda clip: list(read_frames(clip)),
        lambda clip: read_new_clip(clip, FrameFormat((8, 8), 90), 0.25, (8, 8), 100),
        lambda clip: read_new_clip(clip, FrameFormat((8, 8), 90), 0.25, (8, 8)),
    )
    for reader in readers:
        with pytest.raises(InputError, match=message):
            reader(folder)
    found = in_corpus(folder)
    assert found.frames == 0 and str(folder) in found.reason


def in_corpus(folder: Path):
    """Return make_manifest's measurements of a clip."""
    import pandas as pd

    row = {"video": folder.as_posix(), "fps": 25.0, "text": "es regnet"}
    (found,) = measure(pd.DataFrame([row]), folder.parent)
    return found


READ = {
    "from 0": numbered("{:06}.jpg", 4, 0),
    "from 1": numbered("images{:04}.png", 4),
    "10 after 9": numbered("{}.png", 12),
    "formats that follow each other": ["1.png", "2.jpg", "3.jpeg"],
    "a version before the number": numbered("shot_v2.{:04}.png", 3),
    "a date before the number": numbered("2024.01.05.{:02}.png", 3),
    "a unit behind the number": numbered("frame{:03}px.PNG", 3),
    "a second and its frames": ["0.00.png", "0.01.png", "0.02.png"],
    "names that are no ASCII": numbered("Bild-ä-{:03}.png", 3),
    "the video beside its frames": [*numbered("{:03}.png", 3), "whole.mp4"],
    "notes and hidden files": [*numbered("{:03}.png", 2), "Thumbs.db", "README", "._1.png"],
}


@pytest.mark.parametrize("case", READ)
def test_numbered_images_are_read_in_order(tmp_path: Path, case: str) -> None:
    names = READ[case]
    images = [each for each in names if Path(each).suffix.lower() in (".png", ".jpg", ".jpeg")]
    images = [each for each in images if not each.startswith(".")]
    folder = write(tmp_path / "clip", *names)
    assert places(folder) == list(range(len(images)))
    assert count_frames(folder) == in_corpus(folder).frames == len(images)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp"])
def test_images_of_two_sizes_are_no_clip(tmp_path: Path, ending: str) -> None:
    folder = write(tmp_path / "clip", "1.png", "2.png")
    image = cv2.imencode(ending, np.zeros((10, 12, 3), np.uint8))[1].tobytes()
    (folder / "3.png").write_bytes(image)
    for reader in (count_frames, lambda clip: list(read_frames(clip))):
        with pytest.raises(InputError, match=r"3\.png: 12 x 10 pixels found, 10 x 12 expected as"):
            reader(folder)
    assert "12 x 10 pixels found" in in_corpus(folder).reason


def test_the_size_of_a_jpeg_behind_a_thumbnail_is_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "clip", "1.jpg", "2.jpg")
    data = (folder / "2.jpg").read_bytes()
    small = cv2.imencode(".jpg", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    comment = small + bytes(5000)
    header = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    (folder / "2.jpg").write_bytes(data[:2] + header + data[2:])
    assert count_frames(folder) == 2
    assert places(folder) == [0, 1]


def test_an_image_that_is_turned_by_its_exif_is_of_another_size(tmp_path: Path) -> None:
    folder = write(tmp_path / "clip", "1.jpg", "2.jpg")
    data = (folder / "2.jpg").read_bytes()
    tag = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"  # orientation, a quarter turn
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + tag + bytes(4)
    (folder / "2.jpg").write_bytes(
        data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]
    )
    with pytest.raises(InputError, match=r"2\.jpg: 12 x 10 pixels found, 10 x 12 expected"):
        list(read_frames(folder))


def test_a_folder_of_folders_names_one(tmp_path: Path) -> None:
    write(tmp_path / "clip" / "1", "1.png", "2.png")
    with pytest.raises(InputError, match=r"no frame, found the folder 1; .*Name the folder that"):
        count_frames(tmp_path / "clip")
