"""The frame encoder that visual initialising starts from: ImageNet's ResNet18, or a small one.

The paper starts from ImageNet weights (section 4.1). Where none can be fetched, a small ResNet is
pretrained here on what a rendered corpus knows of each training frame: where the body's, hands' and
face's landmarks are. That is knowledge of pictures, as ImageNet's is; no gloss and no sentence.
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
from sign2text.ground.settings import Probability, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.training.settings import Training, moved

if TYPE_CHECKING:
    from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
    from sign2text.training.history import Row

SCOPE = "common"
TRAINS = True
READS = (
    stored_frames("sample_frames", "train_", "train"),
    stored_frames("sample_frames", "dev_", "dev"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    # A rendered corpus knows its landmarks; the list of its files stands for them.
    ReadPlace("landmarks", rendered_list, given=landmarks_folder),
    ReadPlace("published", manifest_of("pretrain_frame_encoder")),
)

log = logging.getLogger(__name__)


@stage_config
class Pretraining(Training):
    """The pretraining on landmarks; all of it is ours."""

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
class Config:
    RENAMED: ClassVar = moved(("epochs", "batch_size", "learning_rate", "warmup", "workers"))

    start: Annotated[
        Literal["published", "landmarks", "random"],
        Field(description="published weights (section 4.1), pretraining here, or nothing learned"),
    ] = "published"
    published: Annotated[
        str, Field(description="published weights: a hub name or a folder (the name is ours)")
    ] = "microsoft/resnet-18"
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch of it; null: the commit in published.py (ours)"),
    ] = None
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
    def _check_published(self) -> Config:
        check_published(self)
        return self


def check_settings(of: Callable[[str], Any]) -> Iterator[str]:
    """Say where the crop is larger than the stored frames that it is cut from."""
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
    """Write the encoder's config.json, model.safetensors and history.tsv into `output`, a folder.

    Of an encoder that was not trained here the history has only its header.

    Args:
        landmarks: folder with train.safetensors and dev.safetensors, one tensor [T, 85, 3] a clip.
        published: what fetch_model wrote of the published encoder.
    """
    from transformers import set_seed

    from sign2text.config.published_models import asked_for, open_model
    from sign2text.ground.device import use_threads
    from sign2text.ground.errors import InputError
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.models.frame_encoder import FrameEncoder
    from sign2text.training.model_folder import write_model

    use_threads(threads)
    set_seed(config.seed)
    rows: list[Row] = []
    if config.start == "published":
        name, revision = asked_for(config)
        encoder = published_encoder(open_model(published, name, revision, weights=True))
        where = f"{name} at {revision}" if revision else name
        log.info("%d tensors from %s", len(encoder.resnet.state_dict()), where)
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


def published_encoder(folder: Path) -> FrameEncoder:
    """The ResNet in `folder`, every weight accounted for, without the layer that names classes.

    Raises:
        InputError: the weights are not those of the ResNet that config.json describes.
    """
    from transformers import ResNetConfig, ResNetModel

    from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
    from sign2text.models.loading import check_loaded, load_config, load_model
    from sign2text.untrusted.model_folder import check_folder

    check_folder(folder)
    advice = (
        "Expected a ResNet of transformers, alone or as image classifier, and weights that fit its "
        "config.json: fetch it again, or choose another model."
    )
    resnet, report = load_model(
        ResNetModel,
        folder,
        load_config(folder, ResNetConfig, advice),
        advice=advice,
        maker="fetch_model",
        ignore_mismatched_sizes=True,  # they are refused below, with their names
    )
    left = {name for name in report["unexpected_keys"] if not name.startswith("classifier.")}
    check_loaded({**report, "unexpected_keys": left}, folder, advice)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=resnet.config))
    encoder.resnet.load_state_dict(resnet.state_dict())
    return encoder


def small_encoder(config: Config) -> FrameEncoderConfig:
    """The configuration of the small frame encoder."""
    from transformers import ResNetConfig

    from sign2text.models.frame_encoder import FrameEncoderConfig

    resnet = ResNetConfig(
        embedding_size=config.stem,
        hidden_sizes=config.widths,
        depths=config.depths,
        layer_type="basic",
        downsample_in_first_stage=config.halve_first,
    )
    return FrameEncoderConfig(resnet=resnet, grid=config.grid, projection=config.projection)


def learn_landmarks(
    splits: dict[str, tuple[Path, Path, Path]], state: Path, config: Config
) -> tuple[FrameEncoder, list[Row]]:
    """Train a small encoder to say where the landmarks are.

    Returns it without the last layer, and the rows of the training's history.
    """
    from sign2text.avatar.landmark_frames import LandmarkFrames, collate_landmarks
    from sign2text.data.frame_store import FrameStore
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.store_index import index_path
    from sign2text.losses.coordinate_distance import CoordinateDistance
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
