"""Clips of a class corpus as training items: a window of frames, and the class."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from sign2text.data.augmentation import Augmentation
from sign2text.data.class_corpus import check_classes, shared_signers
from sign2text.data.clips import join_steps
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.data.stretched_clips import StretchedClips
from sign2text.data.stretching import Stretching
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


class ClassClips(StretchedClips):
    """Successive frames of each clip: a random window in training, otherwise the middle one.

    An item's `target` is the number of the clip's class.
    """

    def __init__(
        self,
        store: FrameStore,
        ids: Sequence[str],
        classes: Sequence[int],
        *,
        window: int,
        **settings: Any,
    ) -> None:
        """Take the settings of `StretchedClips`.

        Args:
            classes: number of each clip's class.
            window: most frames of a clip, before stretching.
        """
        super().__init__(store, ids, classes, **settings)
        self.room = [max(0, frames - window) for frames in self.lengths]
        self.lengths = [min(window, frames) for frames in self.lengths]

    def sample(self, clip: int, rng: np.random.Generator | None) -> np.ndarray:
        room = self.room[clip]
        start = room // 2 if rng is None else int(rng.integers(room + 1))
        return start + super().sample(clip, rng)


def collate_classes(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Collate items: frames of concatenated clips, and `labels`, int64 [B]."""
    labels = torch.tensor([item["target"] for item in items])
    return join_steps("frames", [item["steps"] for item in items]) | {"labels": labels}


class Config(Protocol):
    """Settings of a stage that affect how clips are read."""

    window: int
    stretching: Stretching
    crop_height: int
    crop_width: int
    augmentation: Augmentation
    seed: int


def open_clips(
    split: str, frames: Path, table: pd.DataFrame, classes: Sequence[str], config: Config
) -> ClassClips:
    """Open the clips of a split, each with the number of its class."""
    numbers = {name: number for number, name in enumerate(classes)}
    return ClassClips(
        FrameStore(frames),
        table["id"],
        [numbers[name] for name in table["text"]],
        window=config.window,
        stretching=config.stretching,
        crop=(config.crop_height, config.crop_width),
        seed=config.seed if split == "train" else None,
        augmentation=config.augmentation,
    )


def read_classes(manifests: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """Read the manifest of each split, where `text` is the class of each clip.

    Raises:
        InputError: a text is not a single word, or a class has too few clips.
    """
    tables = {split: read_manifest(path) for split, path in manifests.items()}
    for split, table in tables.items():
        for clip, text in zip(table["id"], table["text"], strict=True):
            if len(text.split()) != 1:
                raise InputError(
                    f"{manifests[split]}, clip '{clip}': text is '{text[:80]}', expected the name "
                    "of a class, one word. S3D is pretrained on a corpus of actions or isolated "
                    "signs: name the data set of one."
                )
    check_classes(tables, str(manifests["train"].parent))
    for split in ("dev", "test"):
        if both := shared_signers(tables["train"], tables[split]):
            log.warning(
                "%d of the signers of %s are in train too (%s): its accuracy is not that on "
                "signers never seen",
                *(len(both), split, ", ".join(both[:5])),
            )
    return tables
