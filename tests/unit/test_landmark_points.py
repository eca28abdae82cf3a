"""The order of the landmarks is that of the avatar and of the published .pose files."""

import numpy as np

from sign2text.avatar import landmarks as avatar
from sign2text.avatar.body import SIZE
from sign2text.landmarks import points, pose_writer, rendered_clips


def test_the_avatar_has_the_same_points() -> None:
    assert points.COUNT == avatar.COUNT == 85
    assert points.WIDTH == 255
    for name in ("LEFT_HAND", "RIGHT_HAND", "POSE", "FACE"):
        assert getattr(points, name) == getattr(avatar, name)
    assert tuple(avatar.FACE_MESH) == points.FACE_INDICES
    assert tuple(name.lower() for name in pose_writer.POSE_POINTS) == avatar.POSE_NAMES
    assert rendered_clips.SIZE == SIZE


def test_parts_divide_the_points() -> None:
    numbers = np.arange(points.COUNT)
    assert np.concatenate([numbers[part] for part in points.PARTS.values()]).tolist() == [
        *range(85)
    ]
    assert len(set(points.FACE_INDICES)) == 37
    assert numbers[points.LEFT_SHOULDER] == 42
    assert numbers[points.RIGHT_SHOULDER] == 43
