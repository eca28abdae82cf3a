"""Read the frames of a clip that is a folder of numbered images.

Counting and reading make the same checks, so a folder is a clip for every command or for none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sign2text.data.clip_length import check_length
from sign2text.data.raw_files import VIDEO_SUFFIXES
from sign2text.ground.errors import InputError
from sign2text.ground.files import FOLDER, kind_of
from sign2text.untrusted.pictures import read_picture, size_of

if TYPE_CHECKING:
    import numpy as np

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_NUMBER = re.compile(r"\d+(?=\D*\Z)")
_FRACTION = re.compile(r"\d[.,]\Z")  # before the number: 0.04 is a time, v2.0004 may be a name


class _Image(NamedTuple):
    """An image's number and name; `before` is the part of the name before the number."""

    number: int
    name: str
    before: str


def list_images(folder: Path) -> list[Path]:
    """List the images of a folder in the order of their numbers, without opening them.

    Raises InputError if there are no images, or more than a clip may have; if an image has no
    number, or the numbering has a gap, begins above 1 or has duplicates; if the names hold times;
    and for a folder of videos with their thumbnails.
    """
    names = _names(folder)
    found = [name for name in names if name.lower().endswith(IMAGE_SUFFIXES)]
    _check_kinds(folder, names, found)
    check_length(folder, len(found))
    images = sorted(_numbered(folder, name) for name in found)
    _check_numbers(folder, images)
    return [folder / image.name for image in images]


def count_images(folder: Path) -> int:
    """Count the images of a folder; most images are read only at their beginning and end.

    Raises InputError as `list_images`, and if an image is empty, truncated, or of another size than
    the first one.
    """
    paths = list_images(folder)
    first = size_of(paths[0])
    for path in paths[1:]:
        if (size := size_of(path)) != first:
            raise _of_another_size(paths[0], first, path, size)
    return len(paths)


def read_images(folder: Path) -> Iterator[np.ndarray]:
    """Yield the images of a folder in the order of their numbers, uint8 [H, W, 3] RGB.

    Raises InputError as `count_images`.
    """
    paths, first = list_images(folder), None
    for path in paths:
        picture = read_picture(path)
        first = first or picture.shape[:2]
        if picture.shape[:2] != first:
            raise _of_another_size(paths[0], first, path, picture.shape[:2])
        yield picture


def _names(folder: Path) -> list[str]:
    """List the names in a folder, sorted, without hidden ones."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error


def _numbered(folder: Path, name: str) -> _Image:
    stem = name.rpartition(".")[0]
    if (number := _NUMBER.search(stem)) is None:
        raise InputError(
            f"{folder}: {name} has no number; expected names such as 000001.png. Take it out, or "
            "rename the images in order of time."
        )
    return _Image(int(number[0]), name, stem[: number.start()])


def _check_kinds(folder: Path, names: Sequence[str], images: Sequence[str]) -> None:
    """Raise InputError if a folder holds no image, or at least as many videos as images."""
    videos = [name for name in names if name.lower().endswith(VIDEO_SUFFIXES)]
    if videos and len(videos) >= len(images):
        raise InputError(
            f"{folder}: a folder of videos found ({videos[0]}, {len(videos)} in all, and "
            f"{len(images)} images), expected a video file or a folder with the images of one "
            "clip. Name the videos themselves, or take them out of the folder."
        )
    if images:
        return
    inner = [name for name in names if kind_of(folder / name) == FOLDER]
    found = f", found the folder {inner[0]}" if inner else ""
    raise InputError(
        f"{folder}: the folder holds no frame{found}; expected images named in order of time "
        f"({', '.join(IMAGE_SUFFIXES)}). "
        + ("Name the folder that holds them." if inner else "Unpack the clip again.")
    )


def _check_numbers(folder: Path, images: Sequence[_Image]) -> None:
    """Raise InputError unless the numbers of sorted images run from 0 or 1 without a gap."""
    start = min(1, images[0].number)  # some clips count from 0, some from 1
    wrong = next((at for at, image in enumerate(images, start) if image.number != at), None)
    # Names such as 0.1 to 1.0 have each number from 0 to 9, but in another order.
    by_time = all(_FRACTION.search(image.before) for image in images)
    if by_time and (wrong is not None or len({image.before for image in images}) > 1):
        raise InputError(
            f"{folder}: {images[-1].name} is named by a time, expected whole numbers in order of "
            "time, such as 000001.png. Rename the images."
        )
    if wrong is not None:
        image = images[wrong - start]
        problem = "stands twice" if image.number < wrong else "is missing"
        raise InputError(
            f"{folder}: frame {min(wrong, image.number)} {problem}, {image.name} found; expected "
            "numbers without a gap, from 0 or 1. Unpack the clip again."
        )


def _of_another_size(
    first: Path, expected: tuple[int, int], path: Path, found: tuple[int, int]
) -> InputError:
    sizes = [f"{width} x {height}" for height, width in (found, expected)]
    return InputError(
        f"{path}: {sizes[0]} pixels found, {sizes[1]} expected as of {first.name}: the frames of a "
        "clip have one size. Take it out, or make all of one size."
    )
