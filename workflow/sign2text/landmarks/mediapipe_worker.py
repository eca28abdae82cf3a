"""A worker that runs MediaPipe Holistic in the environment of envs/landmarks-requirements.txt.

MediaPipe needs older packages than the workflow, so this program runs under another Python. It
imports nothing of sign2text. `worker.py` starts it and speaks to it over two pipes: frames arrive
on stdin, landmarks leave on stdout. Messages are raw bytes: a kind of one byte, the length of the
rest as uint32 (little-endian), and the rest.

| kind | from | rest |
|---|---|---|
| R | worker | version of MediaPipe as text, empty if it is missing; the first message |
| C | workflow | height and width of the next clip's frames, two uint32 |
| F | workflow | a frame, uint8 [H, W, 3] RGB |
| L | worker | landmarks of that frame, float32 [POINTS, 3]; a missing part is NaN |
| X | worker | an error's text, instead of landmarks; the worker waits for the next clip |
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Any, BinaryIO

VERSION = "0.10.21"
"""MediaPipe's version; later wheels contain no Holistic models."""
MODEL_COMPLEXITY = 1
"""The only pose model in the wheel."""
PARTS = (("left_hand", 21), ("right_hand", 21), ("pose", 33), ("face", 478))
"""Results of Holistic and their points, in the order of a message; the face has refined irises."""
POINTS = sum(count for _, count in PARTS)
READY, CLIP, FRAME, LANDMARKS, FAILED = b"R", b"C", b"F", b"L", b"X"
HEAD, SIZE = struct.Struct("<cI"), struct.Struct("<II")
MOST_BYTES = 2**30
"""Bytes of a message; a frame in 8K has a tenth of that."""


def write_message(pipe: BinaryIO, kind: bytes, rest: bytes | memoryview = b"") -> None:
    """Write a message and flush the pipe."""
    pipe.write(HEAD.pack(kind, len(rest)))
    pipe.write(rest)
    pipe.flush()


def read_message(pipe: BinaryIO) -> tuple[bytes, bytes]:
    """Read a message's kind and its rest; EOFError if the pipe ends or carries anything else."""
    kind, length = HEAD.unpack(_read(pipe, HEAD.size))
    if kind not in (READY, CLIP, FRAME, LANDMARKS, FAILED) or length > MOST_BYTES:
        raise EOFError(f"not a message: {kind!r}, {length} bytes")
    return kind, _read(pipe, length)


def _read(pipe: BinaryIO, length: int) -> bytes:
    found = pipe.read(length)
    if len(found) < length:
        raise EOFError(f"{len(found)} of {length} bytes")
    return found


def installed_version() -> str:
    """Return the installed version of MediaPipe, empty if there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mediapipe")
    except PackageNotFoundError:
        return ""


def serve(frames: BinaryIO, landmarks: BinaryIO) -> None:
    """Answer each frame with its landmarks until the pipe of frames ends.

    Each clip has a new Holistic object: it tracks from frame to frame, so an old one would carry
    the last clip's pose into the next.
    """
    import numpy as np
    from mediapipe.python.solutions.holistic import Holistic

    holistic, shape = None, (0, 0)
    while True:
        try:
            kind, rest = read_message(frames)
        except EOFError:
            return
        if kind == CLIP:
            shape = SIZE.unpack(rest)
            if holistic is not None:
                holistic.close()
            holistic = Holistic(model_complexity=MODEL_COMPLEXITY, refine_face_landmarks=True)
            continue
        try:
            found = holistic.process(np.frombuffer(rest, np.uint8).reshape(*shape, 3))
        except (ValueError, RuntimeError) as error:
            write_message(landmarks, FAILED, str(error).encode())
            continue
        write_message(landmarks, LANDMARKS, points_of(found).tobytes())


def points_of(found: Any) -> Any:
    """Return Holistic's result as float32 [POINTS, 3].

    x and z are shares of the picture's width, y of its height.
    """
    import numpy as np

    parts = []
    for name, count in PARTS:
        part = getattr(found, f"{name}_landmarks")
        points = np.full((count, 3), np.nan, np.float32)
        if part is not None:
            points[:] = [(point.x, point.y, point.z) for point in part.landmark]
        parts.append(points)
    return np.concatenate(parts)


def main() -> None:
    """Say the version, then serve; MediaPipe's own messages go to stderr."""
    landmarks = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    version = installed_version()
    write_message(landmarks, READY, version.encode())
    if version == VERSION:
        serve(sys.stdin.buffer, landmarks)


if __name__ == "__main__":
    main()
