"""Make the initial frame encoder: a published ResNet or DINOv2, or a small one trained here.

FLa-LLM starts from a ResNet18 with ImageNet weights (section 4.1). Where none can be downloaded, a
small ResNet or vision transformer is pretrained to locate the landmarks of body, hands and face,
which a rendered corpus knows for each training frame. Like ImageNet, this teaches it about images;
it sees no glosses and no sentences.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from sign2text.config.corpora import landmarks_folder, rendered_list
from sign2text.config.published_models import check_published, manifest_of
from sign2text.config.reads import ReadPlace, kept_clips, stored_frames
from sign2text.ground.settings import Probability, check_heads, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.training.settings import Training, moved

if TYPE_CHECKING:
    from sign2text.models.frame_encoder import FrameEncoder
    from sign2text.training.history import Row

SCOPE = "common"
TRAINS = True
READS = (
    stored_frames("sample_frames", "train_", "train"),
    stored_frames("sample_frames", "dev_", "dev"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    # A rendered corpus knows its landmarks; the list of its files represents them.
    ReadPlace("landmarks", rendered_list, given=landmarks_folder),
    ReadPlace("published", manifest_of("pretrain_frame_encoder")),
)

log = logging.getLogger(__name__)


@stage_config
class Pretraining(Training):
    """Settings of pretraining on landmarks; the paper has no such training."""

    epochs: Annotated[
        int | None,
        Field(ge=1, description="epochs over the training frames; null: as many `steps`; ours"),
    ] = 3
    batch_size: Annotated[int, Field(ge=1, description="frames in a batch; ours")] = 24
    learning_rate: Annotated[float, Field(gt=0, description="highest rate; ours")] = 0.002
    warmup: Annotated[
        Probability, Field(description="share of the steps in which the rate rises; ours")
    ] = 0.05
    max_grad_norm: Annotated[
        float, Field(ge=0, description="gradients are clipped to this norm, 0: never; ours")
    ] = 1.0


@stage_config
class SmallTransformer:
    """A small vision transformer of DINOv2's architecture; the sizes are our choice."""

    patch: Annotated[int, Field(ge=1, description="pixels of a patch's side; ours")] = 14
    width: Annotated[int, Field(ge=1, description="width; ours")] = 64
    layers: Annotated[int, Field(ge=1, description="layers; ours")] = 4
    heads: Annotated[int, Field(ge=1, description="attention heads; ours")] = 4

    @model_validator(mode="after")
    def _check_heads(self) -> SmallTransformer:
        check_heads(self.width, self.heads)
        return self


@stage_config
class Config:
    RENAMED: ClassVar = moved(("epochs", "batch_size", "learning_rate", "warmup", "workers"))

    start: Annotated[
        Literal["published", "landmarks", "random"],
        Field(description="published weights (section 4.1), pretraining here, or nothing learned"),
    ] = "published"
    published: Annotated[
        str,
        Field(
            description="published weights: paper is the model of `architecture`, "
            "microsoft/resnet-18 (the name is ours) or facebook/dinov2-small; or a hub name or "
            "folder"
        ),
    ] = "paper"
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch of it; null: the commit in published.py (ours)"),
    ] = None
    architecture: Annotated[
        Literal["resnet", "dinov2"],
        Field(description="a ResNet, or a vision transformer of DINOv2's architecture"),
    ] = "resnet"
    transformer: Annotated[
        SmallTransformer, Field(description="small one of architecture dinov2: its sizes")
    ] = Field(default_factory=SmallTransformer)
    stem: Annotated[int, Field(ge=1, description="small one: channels of the first layer")] = 64
    widths: Annotated[
        list[Annotated[int, Field(ge=1)]],
        Field(min_length=1, description="small one: channels of each stage"),
    ] = Field(default_factory=lambda: [64, 128, 256, 512])
    depths: Annotated[
        list[Annotated[int, Field(ge=1)]],
        Field(min_length=1, description="small one: blocks of each stage"),
    ] = Field(default_factory=lambda: [2, 2, 2, 2])
    halve_first: Annotated[
        bool, Field(description="small one: the first stage halves the picture too")
    ] = False
    grid: Annotated[
        int, Field(ge=1, description="small one: cells a side that maps are averaged over")
    ] = 1
    projection: Annotated[
        int, Field(ge=0, description="small one: values a frame after a linear layer; 0: none")
    ] = 0
    sampling_rate: Annotated[
        float, Field(gt=0, le=1, description="share of frames used in an epoch; ours")
    ] = 0.25
    crop_height: Annotated[int, Field(ge=16, description="height of the crop; ours")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the crop; ours")] = 224
    training: Annotated[
        Pretraining, Field(description="on landmarks: length, batches, optimiser and precision")
    ] = Field(default_factory=Pretraining)
    seed: Annotated[int, Field(ge=0, description="of weights, sampling, crops and order")] = 1

    @model_validator(mode="after")
    def _check_stages(self) -> Config:
        if len(self.widths) != len(self.depths):
            raise ValueError(
                f"widths has {len(self.widths)} entries and depths {len(self.depths)}; one of each "
                "is expected for every stage of the ResNet"
            )
        return self

    @model_validator(mode="after")
    def _check_transformer(self) -> Config:
        # What has no effect has one value: experiments share an encoder.
        if self.architecture == "resnet":
            object.__setattr__(self, "transformer", SmallTransformer())
        else:
            object.__setattr__(self, "grid", 1)
            object.__setattr__(self, "projection", 0)
            self._check_patch()
        return self

    def _check_patch(self) -> None:
        patch = self.transformer.patch
        if self.start != "published" and patch > min(self.crop_height, self.crop_width):
            raise ValueError(
                f"transformer.patch is {patch} with crops of {self.crop_height} x "
                f"{self.crop_width} pixels (height x width), in which no patch has room"
            )

    @model_validator(mode="after")
    def _check_published(self) -> Config:
        check_published(self)
        return self


def check_settings(of: Callable[[str], Any]) -> Iterator[str]:
    """Yield a message where the crop is larger than the stored frames."""
    config, stored = of("pretrain_frame_encoder"), of("sample_frames")
    for side in ("height", "width"):
        crop, limit = getattr(config, f"crop_{side}"), getattr(stored, side)
        if config.start == "landmarks" and crop > limit:
            yield f"crop_{side}: found {crop}, expected at most {limit}, sample_frames.{side}"


def run(
    *,
    train_frames: Path,
    dev_frames: Path,
    train_manifest: Path,
    dev_manifest: Path,
    output: Path,
    config: Config,
    landmarks: Path | None = None,
    published: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the encoder's config.json, model.safetensors and history.tsv into the folder `output`.

    The history of an encoder that was not trained here has only its header.

    Args:
        landmarks: folder with train.safetensors and dev.safetensors, one tensor [T, 85, 3] per
            clip.
        published: manifest of the published encoder, written by fetch_model.
    """
    from transformers import set_seed

    from sign2text.config.published_models import asked_for, open_model
    from sign2text.ground.device import use_threads
    from sign2text.ground.errors import InputError
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.models.frame_encoder import FrameEncoder
    from sign2text.models.frame_encoder_sources import published_encoder, small_encoder
    from sign2text.training.model_folder import write_model

    use_threads(threads)
    set_seed(config.seed)
    rows: list[Row] = []
    if config.start == "published":
        name, revision = asked_for(config)
        folder = open_model(published, name, revision, weights=True)
        encoder, tensors = published_encoder(folder, config.architecture)
        log.info("%d tensors from %s", tensors, f"{name} at {revision}" if revision else name)
    elif config.start == "random":
        encoder = FrameEncoder(small_encoder(config))
    elif landmarks is None:
        raise InputError(
            "pretrain_frame_encoder.start: 'landmarks' found, but this corpus has none; only a "
            "rendered one has. Choose 'published' or 'random'."
        )
    else:
        splits = {
            "train": (train_frames, train_manifest, landmarks / "train.safetensors"),
            "dev": (dev_frames, dev_manifest, landmarks / "dev.safetensors"),
        }
        encoder, rows = learn_landmarks(splits, output / STATE, config)
    write_model(output, encoder, rows)
    log.info("frame encoder: %.2f M parameters, %s", encoder.num_parameters() / 1e6, config.start)


def learn_landmarks(
    splits: dict[str, tuple[Path, Path, Path]], state: Path, config: Config
) -> tuple[FrameEncoder, list[Row]]:
    """Train a small encoder to locate the landmarks.

    Returns it without the last layer, and the rows of the training's history.
    """
    from sign2text.avatar.landmark_frames import LandmarkFrames, collate_landmarks
    from sign2text.data.frame_store import FrameStore
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.store_index import index_path
    from sign2text.losses.coordinate_distance import CoordinateDistance
    from sign2text.models.frame_encoder_sources import small_encoder
    from sign2text.models.landmark_regressor import LandmarkRegressor
    from sign2text.training.state import fingerprint
    from sign2text.training.task import Task
    from sign2text.training.trainer import train

    data = {
        split: LandmarkFrames(
            FrameStore(frames),
            read_manifest(manifest)["id"],
            landmarks,
            rate=config.sampling_rate,
            crop=(config.crop_height, config.crop_width),
            seed=config.seed if split == "train" else None,
        )
        for split, (frames, manifest, landmarks) in splits.items()
    }
    model = LandmarkRegressor(small_encoder(config))
    model.frames.checkpointing = config.training.checkpointing
    inputs = []
    for frames, manifest, landmarks in splits.values():
        inputs += [index_path(frames), manifest, landmarks]
    task = Task(
        model=model,
        losses={"distance": CoordinateDistance()},
        groups=[{"params": list(model.parameters()), "lr": config.training.learning_rate}],
        train=data["train"],
        dev=data["dev"],
        collate=collate_landmarks,
        settings=config.training,
        seed=config.seed,
        fingerprint=fingerprint("pretrain_frame_encoder", config, inputs),
    )
    rows = train(task, state)
    return model.frames, rows


if __name__ == "__main__":
    command_line(run)
