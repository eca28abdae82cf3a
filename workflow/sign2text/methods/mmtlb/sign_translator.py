"""Sign2Text: S3D, head, V-L mapper and translation network in one model (MMTLB, section 3.3).

The model also writes the glosses of a clip. S3D is trained with the rest, as in the paper, or it
stays frozen and the model reads its stored features, as in the public code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn
from transformers import AutoConfig, PreTrainedTokenizerFast

from sign2text.data.batches import pad_flat
from sign2text.data.clips import Clips, FeatureClips, Targets, join_steps
from sign2text.data.feature_store import FeatureStore
from sign2text.data.new_clip import read_new_clip
from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.recogniser import (
    Recogniser,
    RecogniserConfig,
    check_features,
    log_probabilities,
)
from sign2text.methods.mmtlb.recognition_head import GlossOutputs
from sign2text.methods.mmtlb.recognition_search import recognise
from sign2text.methods.mmtlb.translation_network import (
    TranslationNetwork,
    TranslationNetworkConfig,
)
from sign2text.models.adapter import Adapter
from sign2text.models.translator import Given, Glosses, Hypothesis


class SignGlossTranslatorConfig(TranslationNetworkConfig):
    """Configuration of the recogniser, the mapper's input and the translation network."""

    model_type = "mmtlb_translator"
    sub_configs: ClassVar = {"recogniser": RecogniserConfig, "language_model": AutoConfig}

    recogniser: dict | RecogniserConfig | None = None
    mapper_input: str = "gloss_representations"
    """gloss_representations, gloss_logits, gloss_probabilities or s3d_features (table 6)."""
    through_s3d: bool = True
    """True if S3D was trained with the rest, so that features stored earlier do not fit."""

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.recogniser, RecogniserConfig):
            self.recogniser = RecogniserConfig(**(self.recogniser or {}))
        super().__post_init__(**kwargs)


@dataclass
class SignGlossOutputs:
    """Outputs of the model for a batch of clips, for both losses."""

    logits: torch.Tensor
    """Logits of the sentence's tokens, [B, L, V]."""
    gloss_logits: torch.Tensor
    """[B, max(T), classes], zero after a clip's end."""
    gloss_lengths: torch.Tensor
    """Steps T of each clip, int64 [B]."""


class SignGlossTranslator(TranslationNetwork):
    """Sign video or stored features of S3D to glosses and a sentence."""

    config_class = SignGlossTranslatorConfig
    main_input_name = "frames"
    reads = ("features", "frames")
    writes_glosses = True

    def __init__(self, config: SignGlossTranslatorConfig) -> None:
        super().__init__(config)
        self.recogniser = Recogniser(config.recogniser)
        self.mapper = self.make_mapper()
        self.frozen: list[nn.Module] = []
        self.post_init()

    def make_mapper(self) -> nn.Module:
        """Make the V-L mapper, from the width of its input to the language model's width.

        For gloss probabilities it is one linear layer without a bias, which `start_mapper`
        initialises from the glosses' embeddings (public code). Otherwise it is two layers with ReLU
        between them.
        """
        width, classes = self.words.shape[1], len(self.recogniser.glosses)
        if self.config.mapper_input == "gloss_probabilities":
            return nn.Linear(classes, width, bias=False)
        sizes = {
            "gloss_representations": self.config.recogniser.head_width,
            "gloss_logits": classes,
            "s3d_features": self.recogniser.s3d.channels,
        }
        return Adapter(sizes[self.config.mapper_input], width)

    @torch.no_grad()
    def start_mapper(self) -> None:
        """Copy the glosses' embeddings into the mapper of gloss probabilities, and zero for blank.

        Other mappers keep their random weights.
        """
        if self.config.mapper_input != "gloss_probabilities":
            return
        table = self.gloss_table
        self.mapper.weight.zero_()
        for place, gloss in enumerate(self.recogniser.glosses.types, 1):
            if gloss in table.rows:
                self.mapper.weight[:, place] = table.weight[table.rows[gloss]]

    @property
    def frame_rate(self) -> float | None:
        return self.config.recogniser.frame_rate

    def steps_of(self, frames: int) -> int:
        return self.recogniser.s3d.steps_of(frames)

    def parts(self) -> dict[str, nn.Module]:
        """Return the parts that learn, with S3D if it is trained."""
        visual = {"visual": self.recogniser.s3d} if self.config.through_s3d else {}
        return visual | {
            "head": self.recogniser.head,
            "mapper": self.mapper,
            "language": self.language_model,
        }

    def freeze_s3d(self) -> None:
        """Freeze S3D, weights and statistics; it stays in evaluation mode."""
        self.frozen.append(self.recogniser.s3d.requires_grad_(False).eval())

    def train(self, mode: bool = True) -> SignGlossTranslator:
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> Clips:
        found = set(given)
        if len(found) != 1 or (self.config.through_s3d and found != {"frames"}):
            expected = f"--{option}frames: S3D was trained with the rest"
            if not self.config.through_s3d:
                expected = f"one of them, the features '{Recogniser.features[0]}' or the frames"
            raise InputError(
                f"--{option}features and --{option}frames: {', '.join(sorted(found)) or 'none'} "
                f"found, expected {expected}."
            )
        if "frames" in given:
            return self.recogniser.open_frames(given["frames"], ids, targets, seed)
        store = FeatureStore(given["features"])
        check_features(store, self.recogniser)
        return FeatureClips(store, ids, targets, seed=seed)

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        config = self.config.recogniser
        # The language model's positions are steps.
        most = self.positions and self.positions * self.recogniser.frames_a_step
        frames = read_new_clip(video, config.frame_format, 1.0, tuple(config.crop_size), most)
        return join_steps("frames", [frames])

    def recognise(
        self,
        lengths: torch.Tensor,
        frames: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
    ) -> tuple[GlossOutputs, torch.Tensor, torch.Tensor]:
        """Run S3D, if frames are given, and the head.

        Give exactly one of frames, uint8 [sum(N), h, w, 3], and features [sum(T), channels].

        Returns:
            the head's outputs, S3D's features [sum(T), channels], and the steps T, int64 [B].
        """
        if (frames is None) == (features is None):
            raise ValueError("give one of frames and features")
        if frames is not None:
            features, lengths = self.recogniser.s3d(frames, lengths)
        return self.recogniser.head(features, lengths), features, lengths

    def map(self, outputs: GlossOutputs, features: torch.Tensor) -> torch.Tensor:
        """Map the outputs of head or S3D at each step to embeddings [sum(T), width]."""
        return self.mapper(
            {
                "gloss_representations": lambda: outputs.representations,
                "gloss_logits": lambda: outputs.logits,
                "gloss_probabilities": lambda: outputs.logits.softmax(-1),
                "s3d_features": lambda: features,
            }[self.config.mapper_input]()
        )

    def to_features(self, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute embeddings [sum(T), width] of the clips' steps, the input of `embed`."""
        outputs, features, _ = self.recognise(lengths, **inputs)
        return self.map(outputs, features)

    def forward(
        self,
        lengths: torch.Tensor,
        decoder_input_ids: torch.Tensor,
        frames: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
    ) -> SignGlossOutputs:
        """Compute logits of the tokens after `decoder_input_ids` [B, L], and of the glosses."""
        outputs, features, steps = self.recognise(lengths, frames, features)
        written = self.write(self.map(outputs, features), steps, decoder_input_ids)
        return SignGlossOutputs(written.logits, pad_flat(outputs.logits, steps)[0], steps)

    def hypotheses(
        self,
        tokenizer: PreTrainedTokenizerFast,
        inputs: Mapping[str, torch.Tensor],
        **settings: Any,
    ) -> list[list[Hypothesis]]:
        return self.translate(tokenizer, inputs, glosses=False, **settings)[0]

    def translate(
        self,
        tokenizer: PreTrainedTokenizerFast,
        inputs: Mapping[str, torch.Tensor],
        *,
        beams: int,
        glosses: bool = True,
        **settings: Any,
    ) -> tuple[list[list[Hypothesis]], list[Glosses] | None]:
        """Find sentences and, if `glosses`, the glosses by a CTC search with as many beams."""
        outputs, features, steps = self.recognise(**inputs)
        embeddings = self.map(outputs, features)
        found = self.search(tokenizer, embeddings, steps, beams=beams, **settings)
        if not glosses:
            return found, None
        return found, [
            recognise(each, self.recogniser.glosses, beams, self.recogniser.frames_a_step)
            for each in log_probabilities(outputs, steps)
        ]

    def gloss_log_probs(self, inputs: Mapping[str, torch.Tensor]) -> list[np.ndarray]:
        """Compute log-probabilities [T, classes] of the glosses at the steps of each clip."""
        outputs, _, steps = self.recognise(**inputs)
        return log_probabilities(outputs, steps)
