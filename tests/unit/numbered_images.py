"""Folders of images that carry their numbers in their pixels (numbered_videos.py)."""

from pathlib import Path

import cv2
from numbered_videos import picture


def write_images(folder: Path, count: int, size: int = 32) -> Path:
    """Write images 0000.png, 0001.png, ... with the numbers 0, 1, ...; return the folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:04d}.png"), picture(number, size, size))
    return folder
