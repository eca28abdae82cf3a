"""A clip outside every corpus, prepared like the clips of the frame store that a model has seen."""

from __future__ import annotations

from pathlib import Path

import torch

from sign2text.data.frame_store import FrameFormat, decode_frames
from sign2text.data.sampling import crop_offset, sample_indices
from sign2text.data.video import read_frames


def read_new_clip(
    clip: Path, frame_format: FrameFormat, rate: float, crop: tuple[int, int]
) -> torch.Tensor:
    """Sample and crop the frames of a video or a folder of frames, as in evaluation.

    They are compressed as in the frame store, so a clip of the corpus gives the same frames here.

    Args:
        rate: share of the frames that is used.
        crop: height and width.

    Returns:
        uint8 [N, h, w, 3] RGB.

    Raises:
        InputError: the clip cannot be read.
    """
    images = [frame_format.encode(frame) for frame in read_frames(clip)]
    frames = decode_frames(images[index] for index in sample_indices(len(images), rate))
    height, width = crop
    top, left = crop_offset(frames.shape[1:3], crop)
    return torch.from_numpy(frames[:, top : top + height, left : left + width])
