"""How the landmarks of a corpus are obtained: settings, and the clips from each source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from sign2text.ground.settings import stage_config
from sign2text.landmarks.extracted import Clip, Extracted, MediaPipe, Missed

RENDERED = {"extractor": "rendered", "version": "1", "settings": {}}
"""Description of landmarks that the avatar knows of itself."""
MOST_SHARDS = 999


@stage_config
class Extraction:
    """Settings of extract_landmarks, which extract_landmark_shards has too."""

    source: Annotated[
        Literal["mediapipe", "pose_files", "rendered"],
        Field(
            description="mediapipe: from the videos, as published; pose_files: from files that "
            "others extracted; rendered: the true ones of the avatar; the latter two ours"
        ),
    ] = "mediapipe"
    mediapipe: Annotated[MediaPipe, Field(description="how MediaPipe sees the videos")] = Field(
        default_factory=MediaPipe
    )
    poses: Annotated[
        str,
        Field(
            pattern=r"^\w[\w .-]*(/\w[\w .-]*)*$",
            description="folder in resources/<data set>/ with <clip id>.pose for each clip, or "
            "<video>.pose for all clips of a video; of use for pose_files; ours",
        ),
    ] = "poses"
    made_by: Annotated[
        str,
        Field(
            max_length=100,
            description="extractor and version that these files were made with, as the model's "
            "record keeps it; ours",
        ),
    ] = "unknown"
    shards: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_SHARDS,
            description="jobs and files into which train is divided; dev and test are one each; "
            "ours",
        ),
    ] = 1
    on_bad_clip: Annotated[
        Literal["fail", "skip"],
        Field(
            description="a clip without landmarks ends the run, or is left out; that of "
            "make_manifest unless it is set here"
        ),
    ] = "fail"


def shard_count(split: str, config: Extraction) -> int:
    """Return into how many shards a split is divided."""
    return config.shards if split == "train" else 1


def shard_bounds(clips: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first clip of a shard, and the clip after its last one.

    >>> [shard_bounds(10, shard, 3) for shard in range(3)]
    [(0, 3), (3, 6), (6, 10)]
    """
    return clips * shard // shards, clips * (shard + 1) // shards


def describe(config: Extraction) -> dict[str, Any]:
    """Describe the extractor, as stores and models record it."""
    if config.source == "rendered":
        return RENDERED
    if config.source == "pose_files":
        return {"extractor": "pose_files", "version": config.made_by, "settings": {}}
    from sign2text.landmarks.mediapipe_frames import about

    return about(config.mediapipe)


def extract(
    clips: Sequence[Clip], config: Extraction, files: Path | None, workers: int
) -> Iterator[Extracted | Missed]:
    """Yield the landmarks of each clip, in order.

    Args:
        files: rendered: the split's landmarks; pose_files: the folder of .pose files.
        workers: processes of MediaPipe.

    Raises:
        InputError: the source as a whole cannot be used. A clip that cannot is Missed.
    """
    if config.source == "rendered":
        from sign2text.landmarks.rendered_clips import rendered_clips

        return rendered_clips(clips, files)
    if config.source == "pose_files":
        from sign2text.landmarks.pose_clips import pose_clips

        return pose_clips(clips, files)
    from sign2text.landmarks.mediapipe_frames import extract_clips

    return extract_clips(clips, settings=config.mediapipe, workers=workers)
