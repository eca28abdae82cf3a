"""Build the model of pretrain_prototypes and read the pseudo-glosses of its clips."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from transformers import set_seed

from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_store import FrameStore
from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.methods.sign2gpt.prototype_config import PrototypeConfig
from sign2text.methods.sign2gpt.prototype_model import PrototypeModel, PrototypeModelConfig
from sign2text.methods.sign2gpt.pseudo_gloss_targets import targets_of
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig
from sign2text.methods.sign2gpt.spatial_backbone import check_blocks, last_blocks
from sign2text.models.frame_encoder import load_frame_encoder
from sign2text.models.prepared_frames import frame_values
from sign2text.text.pseudo_glosses import read_pseudo_glosses, read_vectors, read_vocabulary
from sign2text.training.settings import Training

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PseudoGlosses:
    """Pseudo-glosses of a vocabulary with their word vectors, and the targets of each clip."""

    words: Sequence[str]
    vectors: torch.Tensor
    """Word vectors, [V, 300]."""
    known: torch.Tensor
    """bool [V], False where a pseudo-gloss has no vector."""
    targets: Mapping[str, list[list[int]]]
    """For each split, the pseudo-glosses of each clip as numbers in the vocabulary."""


class Config(Protocol):
    """The stage's settings that determine the model and its targets."""

    lora_blocks: list[int] | None
    lora_rank: int
    lora_alpha: float
    lora_dropout: float
    train_frame_encoder: bool
    frame_stride: int
    frame_play: int
    most_frames: int
    crop_height: int
    crop_width: int
    augmentation: Augmentation
    sign_encoder: SignEncoderConfig
    prototypes: PrototypeConfig
    training: Training
    seed: int


def read_pseudo_glosses_of(
    tables: Mapping[str, pd.DataFrame],
    lines: Mapping[str, Path | None],
    vocabulary: Path | None,
    vectors: Path | None,
) -> PseudoGlosses:
    """Read the pseudo-glosses of the clips in the manifests `tables`, by split.

    Args:
        lines: the table of pseudo-glosses of each split.
        vocabulary, vectors: all pseudo-glosses and their word vectors.

    Raises:
        InputError: a file is missing, or belongs to other clips or another vocabulary; a split has
            no pseudo-gloss; no pseudo-gloss of the vocabulary has a vector.
    """
    given = {f"{split}-pseudo-glosses": path for split, path in lines.items()}
    for option, path in (given | {"vocabulary": vocabulary, "vectors": vectors}).items():
        if path is None:
            raise InputError(
                f"--{option}: missing. Give what generate_pseudo_glosses and embed_pseudo_glosses "
                "made, or set training.epochs to 0 for no pretraining on pseudo-glosses."
            )
    words = read_vocabulary(vocabulary)
    values, known = read_vectors(vectors, words)
    if not known.any():
        raise InputError(
            f"{vectors}: none of the {len(known)} pseudo-glosses has a vector, expected some. Run "
            "embed_pseudo_glosses with other vectors."
        )
    targets = {
        split: targets_of(
            read_pseudo_glosses(lines[split], table["id"].tolist()), words, lines[split]
        )
        for split, table in tables.items()
    }
    log.info(
        "%d pseudo-glosses, %d of them without a vector; %d of %d training clips have none",
        *(len(words.words), int((~known).sum())),
        *(sum(not each for each in targets["train"]), len(targets["train"])),
    )
    return PseudoGlosses(words.words, values, known, targets)


def build_model(
    frame_encoder: Path, frames: FrameStore, glosses: PseudoGlosses | None, config: Config
) -> PrototypeModel:
    """Build the model to train, for frames in the format of the store `frames`.

    Args:
        frame_encoder: the folder that pretrain_frame_encoder wrote.
        glosses: None for no pretraining; the model then has no prototypes.
        config: settings; the weights are drawn with its seed.

    Raises:
        InputError: the frame encoder is missing or truncated, or lacks blocks of `lora_blocks`.
    """
    pretrained = load_frame_encoder(frame_encoder)
    blocks = last_blocks(pretrained) if config.lora_blocks is None else config.lora_blocks
    check_blocks(pretrained, blocks)
    set_seed(config.seed)
    crop = (config.crop_height, config.crop_width)
    model = PrototypeModel(
        PrototypeModelConfig(
            frames=pretrained.config,
            lora_blocks=blocks,
            lora_rank=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            train_frame_encoder=config.train_frame_encoder,
            sign_encoder=to_json_values(config.sign_encoder),
            prototypes=to_json_values(config.prototypes),
            pseudo_glosses=list(glosses.words) if glosses else [],
            vector_width=glosses.vectors.shape[1] if glosses else 0,
            frame_stride=config.frame_stride,
            frame_play=config.frame_play,
            most_frames=config.most_frames,
            augmentation=to_json_values(config.augmentation),
            **frame_values(frames.format, crop),
        )
    )
    model.backbone.frame_encoder.load_state_dict(pretrained.state_dict())
    model.backbone.frame_encoder.checkpointing = config.training.checkpointing
    if not config.train_frame_encoder:
        model.frozen_parts = {"backbone.frame_encoder": frame_encoder}
    if glosses:
        model.head.vectors.copy_(glosses.vectors)
        model.head.known.copy_(glosses.known)
    for name, part in model.parts().items():
        trained = sum(each.numel() for each in part.parameters() if each.requires_grad)
        log.info("%s: %d parameters, %d of them trained", name,
                 sum(each.numel() for each in part.parameters()), trained)  # fmt: skip
    return model
