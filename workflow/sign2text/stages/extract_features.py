"""Run a frozen visual encoder once over a split and store its features (FLa-LLM, section 3.3)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.config.methods import Method
from sign2text.config.reads import Read, Settings, stored_frames
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch

    from sign2text.data.clips import Clips
    from sign2text.models.feature_encoder import FeatureEncoder

SCOPE = "some methods"
PLANNED = True


def reads(method: Method) -> tuple[Read, ...]:
    """Return the frames, the encoder's weights, and further inputs that the method names."""
    model = Read("model", method.encoder, "model.safetensors")
    return (stored_frames("sample_frames"), model, *method.encoder_reads)


log = logging.getLogger(__name__)


@stage_config
class Config:
    feature: Annotated[
        str, Field(description="which one of those that the method's encoder computes")
    ] = "sign_wise"
    views: Annotated[
        int,
        Field(
            ge=1,
            description="views of the training split: the first as in evaluation, the others "
            "with frames, crop and augmentation at random as in training; ours",
        ),
    ] = 1
    frame_budget: Annotated[int, Field(ge=1, description="frames in a batch; ours")] = 256
    seed: Annotated[int, Field(ge=0, description="of the further views")] = 1


def check_settings(settings: Settings) -> Iterator[str]:
    """Report a feature that the method's encoder does not compute."""
    found, known = settings("extract_features").feature, settings.method.features
    if found not in known:
        yield f'feature: found "{found}", expected one of {", ".join(known)}'


def run(
    *,
    frames: Path,
    model: Path,
    output: Path,
    config: Config,
    split: str,
    encoded: Path | None = None,
    manifest: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the feature store `output` of `frames`; only `train` gets further views.

    Args:
        encoded: encode_frames' features of every frame, if the frame encoder stayed frozen; views
            then differ in their frames only.
        manifest: the clips' manifest, for encoders that need more than the frames.
    """
    import torch

    from sign2text.data.batches import batches_by_length
    from sign2text.data.feature_store import FeatureStore, write_features
    from sign2text.data.frame_store import FrameStore
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.files import sha256_of
    from sign2text.ground.work_limit import over_batches
    from sign2text.models.feature_encoder import check_feature, load_feature_encoder

    use_threads(threads)
    network = load_feature_encoder(model.parent).to(best_device())
    check_feature(network, config.feature)
    store, every_frame = FrameStore(frames), FeatureStore(encoded) if encoded else None
    opened = [
        network.clips_to_encode(store, config.seed if view else None, every_frame, manifest)
        for view in range(config.views if split == "train" else 1)
    ]
    batches = [
        (view, batch)
        for view, clips in enumerate(opened)
        for batch in batches_by_length(clips.longest, config.frame_budget)
    ]

    def encode(job: tuple[int, Iterable[int]]) -> list[torch.Tensor]:
        view, batch = job
        return encode_batch(network, opened[view], batch, view, config.feature)

    def lengths_of(job: tuple[int, Iterable[int]]) -> list[int]:
        return [opened[job[0]].lengths[clip] for clip in job[1]]

    parts: list[list[torch.Tensor | None]] = [[None] * len(clips) for clips in opened]
    found = over_batches(encode, batches, lengths_of, work="encoding", model=network)
    for (view, batch), rows in zip(batches, found, strict=True):
        for clip, row in zip(batch, rows, strict=True):
            parts[view][clip] = row
    lengths = [[*map(len, rows)] for rows in parts]
    views = [torch.cat(parts.pop(0)) for _ in opened]
    write_features(
        output,
        store.ids,
        lengths[0],
        views,
        lengths_of_views=lengths,
        feature=config.feature,
        model_sha256=sha256_of(model),
    )
    log.info("%d clips, %d steps of %d values, %d views", len(store), *views[0].shape, len(views))


def encode_batch(
    network: FeatureEncoder, clips: Clips, batch: Iterable[int], view: int, feature: str
) -> list[torch.Tensor]:
    """Compute the features [N, C] of each clip of `batch`, in that order, in CPU memory."""
    import torch

    from sign2text.models.trained_model import to_device

    inputs = clips.inputs(batch, view)
    with torch.inference_mode():
        features = network.extract(feature, **to_device(inputs, network.device))
    return list(features.cpu().split(network.steps(inputs["lengths"]).tolist()))


if __name__ == "__main__":
    command_line(run)
