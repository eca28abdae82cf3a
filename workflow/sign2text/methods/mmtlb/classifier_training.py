"""Classifier of the stage pretrain_s3d, with its training task and final accuracy."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from transformers import set_seed

from sign2text.config.published_models import asked_for, open_model
from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_store import FrameStore
from sign2text.ground.device import best_device
from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.ground.work_limit import progress
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.methods.mmtlb.action_classifier import (
    ActionClassifier,
    ActionClassifierConfig,
    load_pretrained_s3d,
)
from sign2text.methods.mmtlb.class_accuracy import ClassAccuracy
from sign2text.methods.mmtlb.class_clips import ClassClips, collate_classes
from sign2text.methods.mmtlb.published_s3d import load_published
from sign2text.models.prepared_frames import frame_values
from sign2text.training.selection import Selection
from sign2text.training.settings import Training
from sign2text.training.task import Task

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of the stage that affect the classifier and its training."""

    after: str | None
    published: str | None
    blocks: int
    width: float
    norm_momentum: float
    freeze_block1: bool
    crop_height: int
    crop_width: int
    augmentation: Augmentation
    label_smoothing: float
    training: Training
    seed: int


def build_classifier(
    classes: Sequence[str],
    frames: Path,
    before: Path | None,
    published: Path | None,
    config: Config,
) -> ActionClassifier:
    """Build the classifier for the frame format of the store `frames`, with a random last layer.

    Raises:
        InputError: the weights to start from are missing or belong to another S3D.
    """
    set_seed(config.seed)
    crop = (config.crop_height, config.crop_width)
    model = ActionClassifier(
        ActionClassifierConfig(
            blocks=config.blocks,
            width=config.width,
            norm_momentum=config.norm_momentum,
            classes=list(classes),
            augmentation=to_json_values(config.augmentation),
            **frame_values(FrameStore(frames).format, crop),
        )
    )
    start = "at random"
    if config.after is not None:
        if before is None:
            raise InputError(
                f"--before: missing. Give model.safetensors of pretrain_s3d on {config.after}."
            )
        load_pretrained_s3d(before.parent, model.s3d, config.width)
        start = f"as pretrained on {config.after}"
    elif config.published is not None:
        model.s3d.load_state_dict(published_classifier(published, config).s3d.state_dict())
        start = f"as published: {config.published}"
    if config.freeze_block1:
        model.s3d.freeze_block1()
    model.s3d.checkpointing = config.training.checkpointing
    log.info("S3D %s; %d classes, %.2f M parameters", start, len(classes),
             model.num_parameters() / 1e6)  # fmt: skip
    return model


def published_classifier(published: Path | None, config: Config) -> ActionClassifier:
    """Load the published S3D and, with all five blocks, its classification layer."""
    return load_published(open_model(published, *asked_for(config), weights=True), config.blocks)


def task_of(
    model: ActionClassifier,
    clips: Mapping[str, ClassClips],
    depends_on: Mapping[str, Any],
    config: Config,
) -> Task:
    """Return the training task: cross-entropy of the classes; accuracy on dev selects.

    Args:
        depends_on: the training's fingerprint.
    """
    trained = [each for each in model.parameters() if each.requires_grad]
    return Task(
        model=model,
        losses={"classes": TokenCrossEntropy(config.label_smoothing)},
        groups=[{"params": trained, "lr": config.training.learning_rate}],
        train=clips["train"],
        dev=clips["dev"],
        collate=collate_classes,
        settings=config.training,
        seed=config.seed,
        selection=Selection(ClassAccuracy(clips["dev"]), metric="accuracy", name="accuracy"),
        parts=model.parts(),
        fingerprint=depends_on,
    )


def measure(
    model: ActionClassifier, clips: Mapping[str, ClassClips]
) -> dict[str, dict[str, float]]:
    """Measure the accuracy of the selected weights on dev and test."""
    model = model.to(best_device()).eval()
    found = {}
    for split in ("dev", "test"):
        found[split] = ClassAccuracy(clips[split]).counts(model, progress)
        log.info(
            "%s: %d of %d clips named right, %.1f %%; %.1f %% among the best 5",
            *(split, found[split]["correct"], found[split]["clips"]),
            *(found[split]["top1"], found[split]["top5"]),
        )
    return found
