"""The model pretrained on pseudo-glosses: spatial backbone, sign encoder and prototypes.

The translator starts from its backbone and sign encoder (Sign2GPT, section 4.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from sign2text.data.augmentation import Augmentation
from sign2text.data.clips import Clips, EncodedClips, Targets
from sign2text.data.strided_clips import StridedClips
from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.prototype_config import PrototypeConfig
from sign2text.methods.sign2gpt.prototypes import PrototypeHead, Scores
from sign2text.methods.sign2gpt.sign_encoder import SignEncoder
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig
from sign2text.methods.sign2gpt.spatial_backbone import SpatialBackbone
from sign2text.models.feature_encoder import FeatureEncoder
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.prepared_frames import PreparedFramesConfig

if TYPE_CHECKING:
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.frame_store import FrameStore

SIGN_FEATURES = "sign_features"
"""Name of the stored features Z."""


class PrototypeModelConfig(PreparedFramesConfig):
    """Sizes of backbone, sign encoder and prototypes, and how frames are sampled."""

    model_type = "sign2gpt_prototypes"
    sub_configs: ClassVar = {"frames": FrameEncoderConfig}

    frames: dict | FrameEncoderConfig | None = None
    lora_blocks: list[int] | tuple[int, ...] = (9, 10, 11)
    lora_rank: int = 4
    lora_alpha: float = 4.0
    lora_dropout: float = 0.1
    train_frame_encoder: bool = False
    sign_encoder: dict | None = None
    """A `SignEncoderConfig`."""
    prototypes: dict | None = None
    """A `PrototypeConfig`."""
    pseudo_glosses: list[str] | tuple[str, ...] = ()
    """Pseudo-glosses with a prototype, by number; empty if the model was not pretrained."""
    vector_width: int = 300
    frame_stride: int = 2
    frame_play: int = 4
    most_frames: int = 256

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.frames, FrameEncoderConfig):
            self.frames = FrameEncoderConfig(**(self.frames or {}))
        super().__post_init__(**kwargs)


@dataclass
class PrototypeOutputs:
    """The model's outputs for a batch of clips."""

    features: torch.Tensor
    """Z [sum(N), width], clips concatenated."""
    steps: torch.Tensor
    """Steps N of each clip, int64 [B]."""
    scores: torch.Tensor
    """Scores of the pseudo-glosses, [B, V]."""
    evidence: tuple[torch.Tensor, ...]
    """Evidence E of each clip, [N, V]."""


class PrototypeModel(FeatureEncoder):
    """Backbone and sign encoder, which compute stored features, and prototypes if pretrained."""

    config_class = PrototypeModelConfig
    main_input_name = "frames"
    features = (SIGN_FEATURES,)

    def __init__(self, config: PrototypeModelConfig) -> None:
        super().__init__(config)
        sizes = SignEncoderConfig(**(config.sign_encoder or {}))
        self.backbone = SpatialBackbone(
            FrameEncoder(config.frames),
            width=sizes.width,
            lora_blocks=config.lora_blocks,
            rank=config.lora_rank,
            alpha=config.lora_alpha,
            dropout=config.lora_dropout,
            trained=config.train_frame_encoder,
        )
        self.encoder = SignEncoder(sizes)
        self.head: PrototypeHead | None = None
        if count := len(config.pseudo_glosses):
            settings = PrototypeConfig(**(config.prototypes or {}))
            self.head = PrototypeHead(
                torch.zeros(count, config.vector_width),
                torch.zeros(count, dtype=torch.bool),
                width=sizes.width,
                dropout=settings.dropout,
                temperature=settings.temperature,
                learn_temperatures=settings.learn_temperatures,
            )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the weights that the layers have initialised themselves."""

    def parts(self) -> dict[str, nn.Module]:
        """Return the parts whose norms are logged in training."""
        found = {"spatial": self.backbone, "sign_encoder": self.encoder}
        return found if self.head is None else found | {"prototypes": self.head}

    def open_clips(
        self,
        frames: FrameStore,
        ids: Sequence[str],
        targets: Targets,
        seed: int | None,
        encoded: FeatureStore | None = None,
    ) -> Clips:
        """Open clips of a frame store; a seed turns on training mode (augmentation).

        Args:
            encoded: features of every frame, read instead of frames.

        Raises:
            InputError: the features do not fit the frames or the model.
        """
        config = self.config
        clips = StridedClips(
            frames,
            ids,
            targets,
            stride=config.frame_stride,
            play=config.frame_play,
            most=config.most_frames,
            crop=tuple(config.crop_size),
            seed=seed,
            augmentation=Augmentation(**(config.augmentation or {})),
        )
        clips.steps_of = self.encoder.steps_of
        if encoded is None:
            return clips
        width, expected = encoded.views[0].shape[1], config.frames.width
        if config.lora_blocks or config.train_frame_encoder or width != expected:
            raise InputError(
                f"{encoded.path}: holds features of {width} values of a frame encoder that stays "
                f"as it is; expected {expected} values, and a model without increments "
                "(lora_blocks: []) whose frame encoder is frozen. Give frames."
            )
        found = EncodedClips(clips, encoded)
        found.steps_of = self.encoder.steps_of
        return found

    def clips_to_encode(
        self,
        frames: FrameStore,
        seed: int | None,
        encoded: FeatureStore | None = None,
        manifest: Path | None = None,
    ) -> Clips:
        return self.open_clips(frames, frames.ids, None, seed, encoded)

    def steps(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return the steps N of clips of `lengths` [B] sampled frames."""
        for _ in range(self.encoder.config.halvings):
            lengths = (lengths + 1) // 2
        return lengths

    def sign_features(
        self,
        lengths: torch.Tensor,
        frames: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return Z [sum(N), width] and the steps N [B] of clips of `lengths` [B] sampled frames.

        Args:
            frames: uint8 [sum(T), h, w, 3] RGB, clips concatenated.
            frame_features: the frame encoder's features of these frames [sum(T), C], instead of
                `frames`.
        """
        found = self.backbone.encode(frames) if frame_features is None else frame_features
        return self.encoder(self.backbone.project(found), lengths)

    def extract(self, feature: str, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the features `sign_features`, Z [sum(N), width]."""
        return self.sign_features(lengths, **inputs)[0]

    def forward(
        self,
        lengths: torch.Tensor,
        frames: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
    ) -> PrototypeOutputs:
        """Score the pseudo-glosses of clips; the arguments are the same as for `sign_features`."""
        features, steps = self.sign_features(lengths, frames, frame_features)
        found: Scores = self.head(features, steps)
        return PrototypeOutputs(features, steps, found.scores, found.evidence)
