"""Landmarks for tests: points, stores and .pose files."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sign2text.ground.store_index import index_path
from sign2text.landmarks.points import COUNT
from sign2text.landmarks.pose_writer import HAND_POINTS, POSE_POINTS
from sign2text.landmarks.store import LandmarkStore
from sign2text.landmarks.store_writer import LandmarkStoreWriter

ABOUT = {"extractor": "made", "version": "1", "settings": {}}
POSE = tuple(f"POSE_{number}" for number in range(33))


def some_points(frames: int, seed: int = 0, width: float = 200.0) -> np.ndarray:
    """Points in whole 64ths of a pixel, which a store keeps exactly; none is missing."""
    random = np.random.default_rng(seed)
    return (np.rint(random.uniform(0, width, (frames, COUNT, 3)) * 64) / 64).astype(np.float32)


def write_store(
    shard: Path,
    clips: Mapping[str, np.ndarray],
    *,
    fps: float = 25.0,
    size: tuple[int, int] = (210, 260),
    settings: Mapping[str, Any] | None = None,
) -> LandmarkStore:
    about = ABOUT | {"settings": dict(settings or {})}
    writer = LandmarkStoreWriter(shard, list(clips), about=about)
    for clip, points in clips.items():
        writer.add(clip, points, fps, size)
    writer.finish()
    return LandmarkStore(index_path(shard))


def text(value: str) -> bytes:
    return struct.pack("<H", len(value)) + value.encode()


def holistic(faces: int = 468, *, world: bool = False) -> list[tuple[str, tuple[str, ...]]]:
    """Components of MediaPipe Holistic with 33 points of the pose, as the library writes them."""
    pose = list(POSE)
    for number, name in zip((11, 12, 13, 14, 23, 24), POSE_POINTS, strict=True):
        pose[number] = name
    found = [
        ("POSE_LANDMARKS", tuple(pose)),
        ("FACE_LANDMARKS", tuple(map(str, range(faces)))),
        ("LEFT_HAND_LANDMARKS", HAND_POINTS),
        ("RIGHT_HAND_LANDMARKS", HAND_POINTS),
    ]
    return [*found, ("POSE_WORLD_LANDMARKS", tuple(pose))] if world else found


def pose_bytes(
    components: Sequence[tuple[str, tuple[str, ...]]],
    values: np.ndarray,
    confidence: np.ndarray,
    *,
    version: float = 0.2,
    fps: float = 25,
    form: str = "XYZC",
    said: int | None = None,
) -> bytes:
    """The bytes of a .pose file.

    Args:
        values: [T, people, points, axes]; `confidence` [T, people, points].
        said: number of frames in the header, if not the true one.
    """
    head = struct.pack("<f4H", version, 210, 260, 210, len(components))
    for name, points in components:
        head += text(name) + text(form) + struct.pack("<3H", len(points), 1, 1)
        head += b"".join(map(text, points)) + struct.pack("<2H", 0, 1) + struct.pack("<3H", 9, 9, 9)
    frames, people = confidence.shape[:2]
    said = frames if said is None else said
    data = values.astype("<f4"), confidence.astype("<f4")
    if version == 0:
        body = struct.pack("<2H", int(fps), said)
        for frame in range(frames):
            body += struct.pack("<H", people)
            for person in range(people):
                body += struct.pack("<h", person)
                own = np.concatenate(
                    [data[0][frame, person], data[1][frame, person, :, None]], axis=1
                )
                body += own.astype("<f4").tobytes()
        return head + body
    if version == 0.1:
        head += struct.pack("<3H", int(fps), said, people)
    else:
        head += struct.pack("<fIH", fps, said, people)
    return head + data[0].tobytes() + data[1].tobytes()
