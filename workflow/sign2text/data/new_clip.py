"""Prepare a clip from outside the corpora like those in the frame store of a model's training."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from sign2text.data.frame_store import FrameFormat, decode_frames
from sign2text.data.frames_at_rate import clip_rate, count_at_rate, read_at_rate
from sign2text.data.sampling import crop_offset, sample_indices, sampled_length
from sign2text.ground.errors import InputError

log = logging.getLogger(__name__)


def read_new_clip(
    clip: Path,
    frame_format: FrameFormat,
    rate: float,
    crop: tuple[int, int],
    most_steps: int | None = None,
) -> torch.Tensor:
    """Sample and crop the frames of a video or a folder of frames, as in evaluation.

    Frames are compressed as in the frame store, so a clip of the corpus gives the same frames here.
    A video with another frame rate than the store's is resampled, and the log says so. A folder of
    images has no rate and is assumed to have the store's.

    Args:
        rate: share of the frames to use.
        crop: (height, width) in pixels.
        most_steps: maximum number of sampled frames that the model takes; None for no limit. A
            longer clip is refused by its header, before it is decoded.

    Returns:
        uint8 [N, h, w, 3] RGB.

    Raises:
        InputError: the clip cannot be read, or is too long.
    """
    found = None if frame_format.fps is None else clip_rate(clip)
    if most_steps is not None:
        count = count_at_rate(clip, frame_format.fps, found)
        check_steps(clip, sampled_length(count, rate), most_steps)
    if found is not None and not found.fits(frame_format.fps):
        log.warning(
            "%s: %s found, resampled to %g, at which the model was trained",
            *(clip, found, frame_format.fps),
        )
    images: list[bytes] = []
    for frame, times in read_at_rate(clip, frame_format.fps, found):
        images += [frame_format.encode(frame)] * times
    frames = decode_frames(images[index] for index in sample_indices(len(images), rate))
    height, width = crop
    top, left = crop_offset(frames.shape[1:3], crop)
    return torch.from_numpy(frames[:, top : top + height, left : left + width])


def check_steps(clip: Path, steps: int, most: int | None) -> None:
    """Raise InputError if a clip has more sampled frames than a model takes, if it has a limit.

    >>> check_steps(Path("a.mp4"), 256, 256)
    """
    if most is not None and steps > most:
        raise InputError(
            f"{clip}: {steps} sampled frames found, at most {most} expected, the positions of the "
            "model. Cut the clip into sentences."
        )
