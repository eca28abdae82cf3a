"""The recogniser of glosses: S3D and its head (MMTLB, section 3.1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import nn
from transformers import set_seed

from sign2text.data.augmentation import Augmentation
from sign2text.data.batches import pad_flat
from sign2text.data.clip_glosses import read_glosses
from sign2text.data.clips import Targets
from sign2text.data.frame_store import FrameStore
from sign2text.data.stretched_clips import StretchedClips
from sign2text.data.stretching import Stretching
from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.methods.mmtlb.action_classifier import load_pretrained_s3d
from sign2text.methods.mmtlb.recognition_head import GlossOutputs, RecognitionHead
from sign2text.methods.mmtlb.s3d import S3D
from sign2text.methods.mmtlb.s3d_config import S3DConfig
from sign2text.models.feature_encoder import FeatureEncoder
from sign2text.models.prepared_frames import frame_values
from sign2text.text.gloss_vocabulary import GlossVocabulary, steps_needed
from sign2text.training.settings import Training

if TYPE_CHECKING:
    from sign2text.data.feature_store import FeatureStore

NO_STRETCHING = {"shortest": 1, "longest": 1}

log = logging.getLogger(__name__)


class RecogniserConfig(S3DConfig):
    """Sizes of S3D and head, and the glosses to recognise."""

    model_type = "mmtlb_recogniser"

    head_width: int = 512
    """Width of a gloss representation."""
    dropout: float = 0.1
    glosses: list[str] | tuple[str, ...] = ()
    """Types of the training split; class 0 is the blank, type t is class t + 1."""
    stretching: dict | None = None
    """Stretching of training clips in time (data/stretching.py)."""


@dataclass
class RecogniserOutputs:
    """Outputs of the recogniser for a batch of clips."""

    gloss_logits: torch.Tensor
    """[B, max(T), classes], zero after a clip's end."""
    gloss_lengths: torch.Tensor
    """Steps T of each clip, int64 [B]."""
    representations: torch.Tensor
    """Gloss representations [sum(T), width] of the concatenated clips."""
    features: torch.Tensor
    """S3D's features [sum(T), channels]."""


class Recogniser(FeatureEncoder):
    """S3D, which computes the stored features, and the recognition head."""

    config_class = RecogniserConfig
    main_input_name = "frames"
    features = ("s3d",)

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__(config)
        self.glosses = GlossVocabulary(config.glosses)
        self.s3d = S3D(blocks=config.blocks, width=config.width, momentum=config.norm_momentum)
        self.head = RecognitionHead(
            self.s3d.channels, len(self.glosses), width=config.head_width, dropout=config.dropout
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the layers' initial weights."""

    @property
    def frames_a_step(self) -> int:
        """Frames per step of S3D: 4, or 8 with five blocks."""
        return 4 if self.config.blocks == 4 else 8

    def parts(self) -> dict[str, nn.Module]:
        """Return the parts for which training records norms."""
        return {"visual": self.s3d, "head": self.head}

    def open_frames(
        self,
        frames: Path | FrameStore,
        ids: Sequence[str],
        targets: Targets,
        seed: int | None,
        least: Sequence[int] | None = None,
    ) -> StretchedClips:
        """Open clips of a frame store, with a seed as in training, otherwise as in evaluation.

        Args:
            least: fewest frames to which each clip may be shortened.
        """
        config = self.config
        clips = StretchedClips(
            FrameStore(frames) if isinstance(frames, Path) else frames,
            ids,
            targets,
            crop=tuple(config.crop_size),
            seed=seed,
            augmentation=Augmentation(**(config.augmentation or {})),
            stretching=Stretching(**(config.stretching or NO_STRETCHING)),
            least=least,
        )
        clips.steps_of = self.s3d.steps_of
        return clips

    def clips_to_encode(
        self,
        frames: FrameStore,
        seed: int | None,
        encoded: FeatureStore | None = None,
        manifest: Path | None = None,
    ) -> StretchedClips:
        least = None
        if seed is not None and manifest is not None:  # as in training
            least = self.least_frames(read_glosses(manifest, frames.ids))
        return self.open_frames(frames, frames.ids, None, seed, least)

    def least_frames(self, lines: Sequence[str]) -> list[int]:
        """Return the frames that clips with these gloss lines need for the recogniser's loss."""
        needed = (steps_needed(self.glosses.classes(line)) for line in lines)
        return [self.frames_a_step * steps for steps in needed]

    def steps(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return the steps T of clips of `lengths` [B] frames."""
        return torch.tensor(
            [self.s3d.steps_of(each) for each in lengths.tolist()],
            dtype=torch.int64,
            device=lengths.device,
        )

    def extract(self, feature: str, lengths: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Compute the features `s3d`, [sum(T), channels], of clips of `lengths` [B] frames."""
        return self.s3d(frames, lengths)[0]

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> RecogniserOutputs:
        """Recognise concatenated clips.

        Args:
            frames: uint8 [sum(N), h, w, 3] RGB.
            lengths: int64 [B], frames of each clip.
        """
        features, steps = self.s3d(frames, lengths)
        representations, logits = self.head(features, steps)
        padded, _ = pad_flat(logits, steps)
        return RecogniserOutputs(padded, steps, representations, features)

    def gloss_log_probs(self, inputs: Mapping[str, torch.Tensor]) -> list[np.ndarray]:
        """Compute log-probabilities of the classes at each step: float64 [T, classes] per clip.

        Args:
            inputs: `lengths`, and `frames` as for `forward`, or S3D's `features` [sum(T),
                channels] of clips of that many steps.
        """
        features, steps = inputs.get("features"), inputs["lengths"]
        if features is None:
            features, steps = self.s3d(inputs["frames"], steps)
        return log_probabilities(self.head(features, steps), steps)


def check_features(store: FeatureStore, model: Recogniser) -> None:
    """Raise InputError unless the store's features have the kind and width of `model`'s S3D."""
    stored, width = store.about["feature"], store.views[0].shape[1]
    if stored not in model.features or width != model.s3d.channels:
        raise InputError(
            f"{store.path}: holds features '{stored}' of {width} values, expected "
            f"'{model.features[0]}' of {model.s3d.channels}. They are of another model: run "
            "extract_features again, with this recogniser."
        )


def log_probabilities(outputs: GlossOutputs, steps: torch.Tensor) -> list[np.ndarray]:
    """Compute log-probabilities of the classes: float64 [T, classes] per clip of T `steps` [B]."""
    found = outputs.logits.double().log_softmax(-1).cpu()
    return [each.numpy() for each in found.split(steps.tolist())]


class Config(Protocol):
    """Settings of a stage that affect the recogniser."""

    blocks: int
    width: float
    norm_momentum: float
    head_width: int
    dropout: float
    freeze_block1: bool
    crop_height: int
    crop_width: int
    augmentation: Augmentation
    stretching: Stretching
    training: Training
    seed: int


def build_recogniser(
    pretrained: Path | None, frames: Path, glosses: GlossVocabulary, config: Config
) -> Recogniser:
    """Build the recogniser to train, for the frame format of the store `frames`.

    Args:
        pretrained: the output folder of pretrain_s3d, if S3D starts from it; the head always starts
            at random.
        glosses: the training split's glosses.
        config: settings; the seed draws the weights.

    Raises:
        InputError: the folder or the store is missing, truncated or of another kind, or the
            pretrained S3D has other blocks or another width.
    """
    set_seed(config.seed)
    crop = (config.crop_height, config.crop_width)
    model = Recogniser(
        RecogniserConfig(
            blocks=config.blocks,
            width=config.width,
            norm_momentum=config.norm_momentum,
            head_width=config.head_width,
            dropout=config.dropout,
            glosses=glosses.types,
            augmentation=to_json_values(config.augmentation),
            stretching=to_json_values(config.stretching),
            **frame_values(FrameStore(frames).format, crop),
        )
    )
    if pretrained is not None:
        load_pretrained_s3d(pretrained, model.s3d, config.width)
    if config.freeze_block1:
        model.s3d.freeze_block1()
    model.s3d.checkpointing = config.training.checkpointing
    log.info(
        "S3D %s, block 1 %s; %d glosses, %.2f M parameters",
        "at random" if pretrained is None else f"from {pretrained}",
        "frozen" if config.freeze_block1 else "trained",
        len(glosses.types),
        model.num_parameters() / 1e6,
    )
    return model
