"""Pretrain S3D as a classifier of actions or isolated signs (MMTLB, section 3.1 and table 3).

The recogniser of glosses starts from its S3D. What S3D starts from here are its weights of another
data set (Kinetics-400 before WLASL), published weights, or weights at random.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from sign2text.config.published_models import check_published, manifest_of
from sign2text.config.reads import (
    NamedDataSet,
    Read,
    ReadPlace,
    Settings,
    kept_clips,
    stored_frames,
)
from sign2text.data.augmentation import Augmentation
from sign2text.data.stretching import Stretching
from sign2text.ground.settings import BelowOne, Probability, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.mmtlb.training_clips import crops_and_colours
from sign2text.training.settings import OptimizerName, Training

if TYPE_CHECKING:
    from sign2text.training.history import Row

TRAINS = True
OF_CLASSES = True
SHARES_SEEDS = True  # as the paper, which pretrains once
ACCURACY = "accuracy.json"
SPLITS = ("train", "dev", "test")

log = logging.getLogger(__name__)


BEFORE = NamedDataSet("pretrain_s3d", "after")
"""The data set that S3D learned on before."""


def is_trained(settings: Settings) -> bool:
    """Return whether the data set's clips are learned; else published weights are written."""
    return settings("pretrain_s3d").is_trained


READS = (
    *(stored_frames("sample_frames", f"{each}_", each, when=is_trained) for each in SPLITS),
    *(replace(kept_clips(f"{each}_manifest", each), when=is_trained) for each in SPLITS),
    Read("before", "pretrain_s3d", "model.safetensors", when=BEFORE.is_named, dataset=BEFORE),
    ReadPlace("published", manifest_of("pretrain_s3d")),
)


@stage_config
class Pretraining(Training):
    """The pretraining on classes; the paper says nothing of it, so all is ours."""

    epochs: Annotated[
        int | None,
        Field(
            ge=0,
            description="epochs; 0: published weights as they are; null: as many `steps`; ours",
        ),
    ] = 40
    optimizer: Annotated[OptimizerName, Field(description="adam decays by L2; ours")] = "adam"
    betas: Annotated[
        list[BelowOne], Field(min_length=2, max_length=2, description="of adam and adamw; ours")
    ] = Field(default_factory=lambda: [0.9, 0.998])
    weight_decay: Annotated[float, Field(ge=0, description="weight decay; ours")] = 1e-3
    warmup: Annotated[
        Probability, Field(description="share of the steps in which the rate rises; ours")
    ] = 0.05


@stage_config
class Config:
    after: Annotated[
        str | None,
        Field(
            description="data set whose pretrain_s3d S3D starts from, as WLASL comes after "
            "Kinetics-400 (table 3); null: none"
        ),
    ] = None
    published: Annotated[
        str | None,
        Field(
            description="published S3D to start from: paper (trained on Kinetics-400), a name "
            "or a folder; null: none"
        ),
    ] = None
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch of it; null: the commit in published.py (ours)"),
    ] = None
    blocks: Annotated[
        Literal[4, 5], Field(description="blocks of S3D; the recogniser has 4 (section 3.1)")
    ] = 4
    width: Annotated[
        float, Field(gt=0, le=4, description="factor of the channels of each layer; ours")
    ] = 1.0
    norm_momentum: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="a batch's share in BatchNorm's running statistics (as published); 37 % of "
            "the first ones are left after 1,000 batches, so a short training wants more",
        ),
    ] = 1e-3
    freeze_block1: Annotated[bool, Field(description="keep block 1 as it starts; ours")] = False
    window: Annotated[int, Field(ge=4, description="successive frames of a clip at most; ours")] = (
        64
    )
    stretching: Annotated[
        Stretching, Field(description="of training clips in time, as in Sign2Gloss; ours")
    ] = Field(default_factory=Stretching)
    crop_height: Annotated[int, Field(ge=16, description="height of the crop; ours")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the crop; ours")] = 224
    augmentation: Annotated[
        Augmentation,
        Field(description="changes of a clip's frames in training, as in Sign2Gloss; ours"),
    ] = Field(default_factory=crops_and_colours)
    label_smoothing: Annotated[BelowOne, Field(description="of the classes; ours")] = 0.1
    training: Annotated[
        Pretraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=Pretraining)
    seed: Annotated[int, Field(ge=0, description="of weights, sampling, crops and order")] = 1

    @model_validator(mode="after")
    def _check_start(self) -> Config:
        if self.published is not None:
            if self.after is not None:
                raise ValueError(
                    f"after is {self.after} and published {self.published}; one of them at most is "
                    "expected, since S3D starts once. Set the other one to null"
                )
            if self.width != 1:
                raise ValueError(f"width is {self.width:g}; the published S3D has width 1")
            check_published(self)
        elif not self.is_trained:
            raise ValueError(
                "training.epochs is 0 and published null, so nothing would be learned; give "
                "published, or 1 epoch or more"
            )
        return self

    @property
    def architecture(self) -> str:
        """Which of the papers' models `published: paper` is."""
        return "s3d"

    @property
    def is_trained(self) -> bool:
        return self.training.epochs != 0


def check_settings(of: Settings) -> Iterator[str]:
    """Say where the crop is larger than the stored frames."""
    config, stored = of("pretrain_s3d"), of("sample_frames")
    for side in ("height", "width"):
        crop, limit = getattr(config, f"crop_{side}"), getattr(stored, side)
        if config.is_trained and crop > limit:
            yield f"crop_{side}: found {crop}, expected at most {limit}, sample_frames.{side}"


def run(
    *,
    output: Path,
    config: Config,
    train_frames: Path | None = None,
    dev_frames: Path | None = None,
    test_frames: Path | None = None,
    train_manifest: Path | None = None,
    dev_manifest: Path | None = None,
    test_manifest: Path | None = None,
    before: Path | None = None,
    published: Path | None = None,
    threads: int = 0,
) -> None:
    """Write config.json, model.safetensors, history.tsv and accuracy.json into `output`, a folder.

    The weights are those of the epoch with the best accuracy on dev. Without training they are the
    published ones, and nothing of a corpus is read.

    Args:
        before: the weights that pretrain_s3d wrote on the data set before.
        published: what fetch_model wrote of the published S3D.

    Raises:
        InputError: the corpus is not one of classes, a class has one training clip or none, the
            weights are of another S3D, or a file is missing.
    """
    from sign2text.ground.device import use_threads
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import replacing
    from sign2text.ground.processes import is_first
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.mmtlb.class_clips import open_clips, read_classes
    from sign2text.methods.mmtlb.classifier_training import (
        build_classifier,
        measure,
        published_classifier,
        task_of,
    )
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    rows: list[Row] = []
    accuracy: dict[str, dict[str, float]] = {}
    if config.is_trained:
        stored = {"train": train_frames, "dev": dev_frames, "test": test_frames}
        manifests = {"train": train_manifest, "dev": dev_manifest, "test": test_manifest}
        for split in SPLITS:
            for kind, paths in (("frames", stored), ("manifest", manifests)):
                if paths[split] is None:
                    raise InputError(f"--{split}-{kind}: missing, expected where S3D is trained")
        tables = read_classes(manifests)
        classes = sorted(set(tables["train"]["text"]))
        model = build_classifier(classes, train_frames, before, published, config)
        clips = {
            split: open_clips(split, stored[split], tables[split], classes, config)
            for split in SPLITS
        }
        inputs = [*map(index_path, stored.values()), *manifests.values()]
        inputs += [path for path in (before, published) if path is not None]
        depends_on = fingerprint("pretrain_s3d", config, inputs)
        rows = train(task_of(model, clips, depends_on, config), output / STATE)
        accuracy = measure(model, clips) if is_first() else {}
    else:
        model = published_classifier(published, config)
    if is_first():
        output.mkdir(parents=True, exist_ok=True)
        with replacing(output / ACCURACY) as temporary:
            temporary.write_text(json.dumps(accuracy, indent=1) + "\n", encoding="utf-8")
    write_model(output, model, rows)


if __name__ == "__main__":
    command_line(run)
