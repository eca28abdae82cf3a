"""Run a frame encoder that stays frozen once over every frame of a split, and store the features.

Every epoch samples different frames, so all frames are encoded, each with a central crop. Visual
initialising and feature extraction then read these features instead of images.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import Read, stored_frames
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
PLANNED = True
READS = (
    stored_frames("sample_frames"),
    Read("frame_encoder", "pretrain_frame_encoder", "model.safetensors"),
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    crop_height: Annotated[int, Field(ge=16, description="height of the central crop")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the central crop")] = 224


def run(
    *, frames: Path, frame_encoder: Path, output: Path, config: Config, threads: int = 0
) -> None:
    """Write features of every frame in the frame store `frames` to the feature store `output`."""
    from functools import partial

    import torch

    from sign2text.data.clips import FrameClips
    from sign2text.data.feature_store import write_features
    from sign2text.data.frame_store import FrameStore
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.files import sha256_of
    from sign2text.ground.work_limit import over_batches, progress
    from sign2text.models.frame_encoder import load_frame_encoder

    use_threads(threads)
    device, store = best_device(), FrameStore(frames)
    crop = (config.crop_height, config.crop_width)
    clips = FrameClips(store, store.ids, None, rate=1.0, crop=crop, seed=None)
    encoder = load_frame_encoder(frame_encoder.parent).to(device).eval()
    features = torch.empty(sum(clips.lengths), encoder.config.width)
    parts = features.split(clips.lengths)

    def encode(clip: int) -> None:
        with torch.inference_mode():
            parts[clip].copy_(encoder(clips[clip, 0]["steps"].to(device)))

    for _ in over_batches(
        encode,
        range(len(clips)),
        lambda clip: clips.lengths[clip : clip + 1],
        work="encoding",
        model=encoder,
        over=partial(progress, unit="clip"),
    ):
        pass
    write_features(
        output,
        store.ids,
        clips.lengths,
        [features],
        feature="every_frame",
        crop=list(crop),
        model_sha256=sha256_of(frame_encoder),
    )
    log.info("%d clips, %d frames", len(clips), sum(clips.lengths))


if __name__ == "__main__":
    command_line(run)
