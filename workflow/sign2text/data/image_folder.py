"""Read the frames of a clip that is a folder of numbered images.

Counting and reading check the same, so that a folder is a clip for every command or for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_length import check_length
from sign2text.data.raw_files import VIDEO_SUFFIXES
from sign2text.ground.errors import InputError
from sign2text.untrusted.pictures import read_picture, size_of

if TYPE_CHECKING:
    import numpy as np

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_NUMBER = re.compile(r"\d+(?=\D*$)")
_FRACTION = re.compile(r"\d[.,]$")  # in front of the number: 0.04 is a time, v2.0004 may be a name


def list_images(folder: Path) -> list[Path]:
    """Return the images of a folder in the order of their numbers; none is opened.

    Raises InputError where there are none, or more than a clip may have; where one has no number,
    or the numbering has a gap, begins above 1, or has a number twice; where the names hold times;
    and for a folder of videos with their thumbnails.
    """
    names = _names(folder)
    images = [name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    _check_kinds(folder, names, images)
    check_length(folder, len(images))
    numbers = {name: _NUMBER.search(Path(name).stem) for name in images}
    if without := [name for name, number in numbers.items() if number is None]:
        raise InputError(
            f"{folder}: {without[0]} has no number; expected names such as 000001.png. Take it "
            "out, or rename the images in order of time."
        )
    images.sort(key=lambda name: (int(numbers[name][0]), name))
    _check_numbers(folder, images, numbers)
    return [folder / name for name in images]


def count_images(folder: Path) -> int:
    """Number of images of a folder; of most images only beginning and end are read.

    Raises InputError as `list_images`, and where an image is empty or cut, or of another size than
    the first one.
    """
    paths = list_images(folder)
    first = size_of(paths[0])
    for path in paths[1:]:
        _check_size(paths[0], first, path, size_of(path))
    return len(paths)


def read_images(folder: Path) -> Iterator[np.ndarray]:
    """Yield the images of a folder in the order of their numbers, uint8 [H, W, 3] RGB.

    Raises InputError as `count_images`.
    """
    paths, first = list_images(folder), None
    for path in paths:
        picture = read_picture(path)
        first = first or picture.shape[:2]
        _check_size(paths[0], first, path, picture.shape[:2])
        yield picture


def _names(folder: Path) -> list[str]:
    """The names in a folder but hidden ones, sorted."""
    try:
        return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error


def _check_kinds(folder: Path, names: Sequence[str], images: Sequence[str]) -> None:
    """Raise InputError where a folder holds no image, or videos and no more images than these."""
    videos = [name for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES]
    if videos and len(videos) >= len(images):
        raise InputError(
            f"{folder}: {len(videos)} videos found, such as {videos[0]}, and {len(images)} images; "
            "expected a video file, or a folder of the images of one clip. Name the videos "
            "themselves, or take them out of the folder."
        )
    if images:
        return
    inner = [name for name in names if (folder / name).is_dir()]
    found = f", found the folder {inner[0]}" if inner else ""
    raise InputError(
        f"{folder}: the folder holds no frame{found}; expected images named in order of time "
        f"({', '.join(IMAGE_SUFFIXES)}). "
        + ("Name the folder that holds them." if inner else "Unpack the clip again.")
    )


def _check_numbers(folder: Path, images: Sequence[str], numbers: dict[str, re.Match[str]]) -> None:
    """Raise InputError unless the numbers of the images follow each other from 0 or 1."""
    before = {name: Path(name).stem[: numbers[name].start()] for name in images}
    are_times = all(map(_FRACTION.search, before.values()))
    problem = None
    expected = min(1, int(numbers[images[0]][0]))
    for name in images:
        number = int(numbers[name][0])
        if number != expected:
            problem = (
                f"frame {min(expected, number)} "
                f"{'stands twice' if number < expected else 'is missing'}, {name} found; expected "
                "numbers without a gap, from 0 or 1. Unpack the clip again."
            )
            break
        expected += 1
    # 0.1 to 1.0 have each number from 0 to 9, in another order.
    if are_times and (problem or len(set(before.values())) > 1):
        problem = (
            f"{images[-1]} is named by a time, expected whole numbers in order of time, such as "
            "000001.png. Rename the images."
        )
    if problem:
        raise InputError(f"{folder}: {problem}")


def _check_size(first: Path, expected: tuple[int, int], path: Path, found: tuple[int, int]) -> None:
    """Raise InputError where an image has another height and width than the first of its folder."""
    if found != expected:
        sizes = [f"{width} x {height}" for height, width in (expected, found)]
        raise InputError(
            f"{path}: {sizes[1]} pixels found, {sizes[0]} expected as of {first.name}: the frames "
            "of a clip have one size. Take it out, or make all of one size."
        )
