"""Read landmarks from .pose files of MediaPipe Holistic, versions 0, 0.1 and 0.2.

Source: the format's specifications, github.com/sign-language-processing/pose, docs/specs. The
library pose-format is not used for reading: it does not compare the counts of a file with its
bytes, keeps all points of all people in memory where 85 are needed, and brings packages along.
"""

from __future__ import annotations

import math
import mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.landmarks.points import AXES as COORDINATES
from sign2text.landmarks.points import COUNT, LEFT_HAND, POSE, RIGHT_HAND
from sign2text.landmarks.pose_header import AXES, Cursor, Header, read_header
from sign2text.landmarks.pose_writer import COMPONENTS
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**33
"""Bytes of a file; an hour at 25 frames a second with 576 points has 830 MB."""
MOST_FPS = 1000.0
SUFFIX = ".pose"
_NUMBER = 4  # bytes of a float
_EXPECTED = "the points of MediaPipe Holistic: pose, face and both hands"


class PoseClip(NamedTuple):
    """The landmarks of a .pose file."""

    points: np.ndarray
    """float32 [T, 85, 3]: x, y in pixels, z in the same scale; NaN where the file has the
    confidence 0 or its layout has no such point."""
    fps: float
    size: tuple[int, int]
    """Width and height of the picture in pixels."""
    version: float
    lacking: tuple[str, ...]
    """Points that the file's layout lacks, such as "FACE_LANDMARKS 468"."""


def read_pose(path: Path) -> PoseClip:
    """Read a file's landmarks: 33/468, 33/478 or fewer points, with or without world points.

    Raises:
        InputError: the file is missing, empty, cut, of another version or layout, or has two
            people.
    """
    check_bounded(path, "a .pose file", LARGEST)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: an empty file found, a .pose file expected. Make it again.")
    with path.open("rb") as file:
        # Closed with its last view: an error's traceback may hold one.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    cursor = Cursor(path, data)
    header = read_header(cursor)
    places, lacking = _places(path, header)
    read = _read_interleaved if header.version == 0 else _read_blocks
    fps, points = read(cursor, header, places)
    if not (math.isfinite(fps) and 0 < fps <= MOST_FPS):
        raise InputError(
            f"{path}: {fps:g} frames a second found, above 0 and at most {MOST_FPS:g} expected. "
            "The file is damaged; make it again."
        )
    return PoseClip(points, fps, header.size, header.version, lacking)


def _places(path: Path, header: Header) -> tuple[dict[int, int], tuple[str, ...]]:
    """Find the 85 points among the file's: place by landmark, and the names of those it lacks.

    Raises:
        InputError: it lacks a hand, the shoulders, or the face.
    """
    there: dict[tuple[str, str], int] = {}
    for place, component, name in header.named():
        there.setdefault((component.name, name), place)
    places, lacking = {}, []
    for each in COMPONENTS:
        for landmark, name in zip(range(each.part.start, each.part.stop), each.points, strict=True):
            if (place := there.get((each.name, name))) is None:
                lacking.append(f"{each.name} {name}")
            else:
                places[landmark] = place
    needed = {*range(*LEFT_HAND.indices(COUNT)), *range(*RIGHT_HAND.indices(COUNT))}
    needed |= {POSE.start, POSE.start + 1}
    if not needed <= places.keys() or not any(landmark >= POSE.stop for landmark in places):
        found = ", ".join(f"{each.name} ({len(each.points)})" for each in header.components)
        raise InputError(
            f"{path}: the components {found[:300]} found, {_EXPECTED}. The file is of another "
            "layout or extractor; extract its video with MediaPipe (source: mediapipe)."
        )
    return places, tuple(lacking)


def _read_blocks(
    cursor: Cursor, header: Header, places: dict[int, int]
) -> tuple[float, np.ndarray]:
    """Read a body of version 0.1 or 0.2: all coordinates, then all confidences."""
    what = "the numbers of frames and people"
    if header.version == 0.1:
        fps, said, people = cursor.numbers("3H", what)
    else:
        fps, said, people = cursor.numbers("fIH", what)
    people = _check_people(cursor.path, people, said)
    width = max(len(each.format) for each in header.components)
    frame = people * header.points * width * _NUMBER
    # Version 0.1 has 16 bits for the number of frames, which longer clips exceed.
    frames = said
    if header.version == 0.1 and cursor.left % frame == 0:
        frames = cursor.left // frame
        frames = frames if frames % 2**16 == said else said
    if cursor.left != frames * frame:
        raise InputError(
            f"{cursor.path}: {cursor.left} bytes found after the header, {frames * frame} expected "
            f"for {frames} frames of {people} people with {header.points} points. The file was "
            "cut or is damaged; fetch or make it again."
        )
    if not frames:
        raise _no_frames(cursor.path)
    data = np.frombuffer(cursor.data, "<f4", offset=cursor.place)
    split = frames * people * header.points * (width - 1)
    values = data[:split].reshape(frames, people, header.points, width - 1)
    confidence = data[split:].reshape(frames, people, header.points)
    person = _only_person(cursor.path, confidence)
    return fps, _chosen(header, places, values[:, person], confidence[:, person])


def _read_interleaved(
    cursor: Cursor, header: Header, places: dict[int, int]
) -> tuple[float, np.ndarray]:
    """Read a body of version 0: each frame with its people, each point with its confidence."""
    fps, frames = cursor.numbers("2H", "the number of frames")
    if not frames:
        raise _no_frames(cursor.path)
    width = max(len(each.format) for each in header.components)
    # A frame has at least the number of its people.
    if 2 * frames > cursor.left:
        cursor.skip(2 * frames, f"{frames} frames")
    found = []
    for number in range(frames):
        (people,) = cursor.numbers("H", f"frame {number}")
        if people > 1:
            raise _two_people(cursor.path, people)
        values = np.zeros((1, header.points, width - 1), np.float32)
        confidence = np.zeros((1, header.points), np.float32)
        if people:
            cursor.skip(2, "the person's number")
            place = 0
            for each in header.components:
                count, own = len(each.points), len(each.format)
                start = cursor.skip(count * own * _NUMBER, f"frame {number}")
                block = np.frombuffer(cursor.data, "<f4", count * own, start).reshape(count, own)
                values[0, place : place + count, : own - 1] = block[:, :-1]
                confidence[0, place : place + count] = block[:, -1]
                place += count
        found.append(_chosen(header, places, values, confidence))
    if cursor.left:
        raise InputError(
            f"{cursor.path}: {cursor.left} bytes found after the last of {frames} frames, none "
            "expected. The file is damaged; fetch or make it again."
        )
    return fps, np.concatenate(found)


def _chosen(
    header: Header, places: dict[int, int], values: np.ndarray, confidence: np.ndarray
) -> np.ndarray:
    """Choose the 85 points of a person, float32 [T, 85, 3].

    Args:
        values: [T, points, axes] of all of the file's points.
        confidence: [T, points].
    """
    points = np.full((len(values), COUNT, COORDINATES), np.nan, np.float32)
    components = {place: component for place, component, _ in header.named()}
    for landmark, place in places.items():
        for axis, letter in enumerate(AXES):
            own = components[place].axis(letter)
            # A file of flat points has no z: all are in one plane.
            points[:, landmark, axis] = 0 if own is None else values[:, place, own]
        missing = ~(confidence[:, place] > 0) | ~np.isfinite(points[:, landmark]).all(-1)
        points[missing, landmark] = np.nan
    return points


def _check_people(path: Path, people: int, frames: int) -> int:
    if not frames:
        raise _no_frames(path)
    if not people:
        raise InputError(
            f"{path}: no person found in its {frames} frames, one expected. Leave the clip out."
        )
    return people


def _only_person(path: Path, confidence: np.ndarray) -> int:
    """Return the number of the person with landmarks; raise InputError if several have some."""
    there = (confidence > 0).any((0, 2)).nonzero()[0]
    if len(there) > 1:
        raise _two_people(path, len(there))
    return int(there[0]) if len(there) else 0


def _two_people(path: Path, people: int) -> InputError:
    return InputError(
        f"{path}: {people} people found, one expected. Keep the signer alone in it, or cut the "
        "video to the signer and extract it again."
    )


def _no_frames(path: Path) -> InputError:
    return InputError(f"{path}: no frame found, one or more expected. Make it again.")
