"""Read the frames of a clip that is a folder of numbered images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_length import check_length
from sign2text.ground.errors import InputError
from sign2text.untrusted.pictures import check_whole, read_picture

if TYPE_CHECKING:
    import numpy as np

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_NUMBER = re.compile(r"\d+(?=\D*$)")


def list_images(folder: Path) -> list[Path]:
    """Return the images of a folder in the order of their numbers, those without one by name.

    Raises InputError where there are none, or more than a clip may have.
    """

    def order(path: Path) -> tuple[int, str]:
        number = _NUMBER.search(path.stem)
        return (int(number[0]) if number else -1, path.name)

    found = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]
    paths = sorted((p for p in found if not p.name.startswith(".")), key=order)
    if not paths:
        raise InputError(
            f"{folder}: the folder holds no frame; expected images named in order of time "
            f"({', '.join(IMAGE_SUFFIXES)}). Unpack the clip again."
        )
    check_length(folder, len(paths))
    return paths


def count_images(folder: Path) -> int:
    """Number of images of a folder; of each only the end is read.

    Raises InputError where an image is empty, cut or without a number, or the numbering has a gap.
    """
    paths = list_images(folder)
    numbers = [_NUMBER.search(path.stem) for path in paths]
    if None in numbers:
        name = paths[numbers.index(None)].name
        raise InputError(f"{folder}: {name} has no number; expected names such as 000001.png.")
    expected = min(1, int(numbers[0][0]))  # some count from 0, some from 1
    for number, path in zip(numbers, paths, strict=True):
        if int(number[0]) != expected:
            problem = "stands twice" if int(number[0]) < expected else "is missing"
            raise InputError(
                f"{folder}: frame {min(expected, int(number[0]))} {problem}, {path.name} found; "
                "expected numbers without a gap, from 0 or 1. Unpack the clip again."
            )
        expected += 1
    for path in paths:
        check_whole(path)
    return len(paths)


def read_images(folder: Path) -> Iterator[np.ndarray]:
    """Yield the images of a folder in the order of their numbers, uint8 [H, W, 3] RGB."""
    for path in list_images(folder):
        yield read_picture(path)
