"""Read the frames of one clip: a video file or a folder of numbered images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sign2text.errors import InputError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
FRAMES_AT_ONCE = 64  # decoded frames held in memory while a clip is read


def read_frames(path: Path) -> Iterator[np.ndarray]:
    """Yield a clip's frames in order, uint8 [H, W, 3] RGB.

    `path` is a video file, or a folder whose images sort by name in order of time (PHOENIX-2014T
    and CSL-Daily are published that way).

    Raises:
        InputError: nothing is there, it cannot be read, or it holds no frame.
    """
    if path.is_dir():
        yield from _read_images(path)
    elif path.is_file():
        yield from _read_video(path)
    else:
        raise InputError(
            f"{path}: no such video file or folder of frames. Check the path, or the `video` "
            "column of the manifest that names it."
        )


def _read_images(folder: Path) -> Iterator[np.ndarray]:
    import cv2

    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise InputError(
            f"{folder}: the folder holds no frame; expected images named in order of time "
            f"({', '.join(IMAGE_SUFFIXES)}). Unpack the clip again."
        )
    for path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise InputError(f"{path}: not a readable image. Unpack or copy the clip again.")
        yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_video(path: Path) -> Iterator[np.ndarray]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    try:
        # Threads inside one short clip do not help; whoever reads many clips runs many processes.
        reader = decord.VideoReader(str(path), num_threads=1)
        count = len(reader)
    except (RuntimeError, decord.DECORDError) as error:
        raise InputError(
            f"{path}: not a readable video ({_first_line(error)}). The file may have been cut "
            "while it was copied or written; fetch or make it again."
        ) from error
    if count == 0:
        raise InputError(f"{path}: the video has no frames. Fetch or make it again.")
    for start in range(0, count, FRAMES_AT_ONCE):
        wanted = list(range(start, min(start + FRAMES_AT_ONCE, count)))
        try:
            yield from reader.get_batch(wanted).asnumpy()
        except (RuntimeError, decord.DECORDError) as error:
            raise InputError(
                f"{path}: cannot decode frames {wanted[0]} to {wanted[-1]} of {count} "
                f"({_first_line(error)}). The file is damaged; fetch or make it again."
            ) from error


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
