"""FLa-LLM's models: visual encoder, adapter and an encoder-decoder that writes the sentence.

Visual initialising trains a `LightTranslator`, whose encoder-decoder is Light-T (section 3.2).
Fine-tuning keeps its visual encoder and trains an `LLMTranslator` with mBART or mT5 (section 3.3),
which translates.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import MBartForConditionalGeneration, PreTrainedModel
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.clips import EncodedClips, FeatureClips, FrameClips, Targets, join_steps
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.data.new_clip import read_new_clip
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.translator_clips import frame_clips, translator_clips
from sign2text.methods.fla_llm.translator_config import SignTranslatorConfig
from sign2text.methods.fla_llm.visual_encoder import HiddenStates, SignEncoder, SignFeatures
from sign2text.models.adapter import Adapter
from sign2text.models.embedding_translator import EmbeddingTranslator
from sign2text.models.feature_encoder import FeatureEncoder
from sign2text.models.language_model import decoding_tokens, make_language_model
from sign2text.models.translator import Given


class SignTranslator(EmbeddingTranslator):
    """Sign video (sampled frames) or stored features to text; base of the two models below."""

    config_class = SignTranslatorConfig
    main_input_name = "frames"
    reads = ("features", "frames")
    _supports_sdpa = True

    def __init__(self, config: SignTranslatorConfig) -> None:
        super().__init__(config)
        self.encoder = SignEncoder(config.frames, config.temporal_kernel, config.light_t)
        width = config.light_t.d_model if config.light_t else config.frames.width
        self.adapter = Adapter(width, config.language_model.hidden_size)
        self.language_model = self.make_language_model(config)
        self.frozen: list[torch.nn.Module] = []
        self.post_init()

    @classmethod
    def class_for(cls, config: SignTranslatorConfig) -> type[SignTranslator]:
        return LightTranslator if config.light else LLMTranslator

    @abstractmethod
    def make_language_model(self, config: SignTranslatorConfig) -> PreTrainedModel:
        """Make the encoder-decoder that writes the sentence, with random weights."""

    def _init_weights(self, module: torch.nn.Module) -> None:
        """Keep the initial weights: encoder and language model draw theirs, torch the adapter's."""

    def parts(self) -> dict[str, torch.nn.Module]:
        """Return the two parts that the paper compares, and the adapter between them."""
        return {"visual": self.encoder, "language": self.language_model, "adapter": self.adapter}

    def use_checkpointing(self) -> None:
        """Keep only inputs of layers and ResNet blocks in training, and recompute the rest."""
        self.language_model.activation_checkpointing_enable()
        self.encoder.frames.checkpointing = True

    def freeze_encoder(self) -> None:
        """Freeze the whole visual encoder: weights, and BatchNorm's running statistics.

        The encoder stays in evaluation mode even after `train`: freezing the weights alone would
        let the statistics drift.
        """
        self.frozen.append(self.encoder.requires_grad_(False).eval())

    def freeze_frame_encoder(self) -> None:
        """Freeze the frame encoder in the same way; the temporal module keeps learning."""
        self.frozen.append(self.encoder.frames.requires_grad_(False).eval())

    def train(self, mode: bool = True) -> SignTranslator:
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> FrameClips | FeatureClips:
        return translator_clips(self.config, ids, targets, **given, seed=seed, option=option)

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        config = self.config
        stored = FrameFormat(
            tuple(config.frame_size), config.frame_quality, config.frame_codec, config.frame_rate
        )
        crop = tuple(config.crop_size)
        frames = read_new_clip(video, stored, config.sampling_rate, crop, self.positions)
        return join_steps("frames", [frames])

    def encode_frames(self, frames: torch.Tensor, lengths: torch.Tensor) -> SignFeatures:
        """Run the visual encoder; shapes as in `SignEncoder.forward`."""
        return self.encoder(frames, lengths)

    def to_features(
        self,
        lengths: torch.Tensor,
        frames: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute the adapter's input [sum(N), C] for clips of `lengths` [B] sampled frames.

        Give exactly one of `frames` (see `encode_frames`), `frame_features` [sum(N), C] (the frame
        encoder's output) and `features` (the stored result).
        """
        if sum(given is not None for given in (frames, frame_features, features)) != 1:
            raise ValueError("give one of frames, frame_features and features")
        if features is not None:
            return features
        if frames is not None:
            frame_features = self.encoder.frames(frames)
        if self.config.feature == "frame_wise":
            return frame_features
        return getattr(self.encoder.from_frame_wise(frame_features, lengths), self.config.feature)

    def embed(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the adapter.

        Raises:
            InputError: a clip has more steps than the language model has positions.
        """
        longest = int(lengths.max())
        if self.positions is not None and longest > self.positions:
            raise InputError(
                f"a clip has {longest} sampled frames, the language model takes {self.positions}. "
                "Cut the clip, or train with a lower sampling_rate or more positions."
            )
        return self.adapter(features), lengths

    def forward(
        self,
        lengths: torch.Tensor,
        decoder_input_ids: torch.Tensor,
        frames: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
    ) -> Seq2SeqLMOutput:
        """Compute logits [B, L, V] of the tokens after `decoder_input_ids` [B, L].

        Give the clips in one of the forms that `to_features` accepts.
        """
        features = self.to_features(lengths, frames, frame_features, features)
        return self.write(features, lengths, decoder_input_ids)


class LightTranslator(SignTranslator, FeatureEncoder):
    """Visual encoder, VL-Adapter and Light-T (section 3.2); computes the stored features."""

    features = ("frame_wise", "sign_wise", "hidden_states")

    def make_language_model(self, config: SignTranslatorConfig) -> LightT:
        light_t = LightT(config.language_model)
        light_t.generation_config = decoding_tokens(config.language_model)
        return light_t

    def add_hidden_states(self) -> None:
        """Extend the visual encoder to the hidden states of Light-T.

        The parts are shared, so do not save such a model.
        """
        self.encoder.hidden = HiddenStates(self.adapter, self.language_model.model.encoder)

    def clips_to_encode(
        self,
        frames: FrameStore,
        seed: int | None,
        encoded: FeatureStore | None = None,
        manifest: Path | None = None,
    ) -> FrameClips | EncodedClips:
        clips = frame_clips(self.config, frames, frames.ids, None, seed)
        return clips if encoded is None else EncodedClips(clips, encoded)

    def extract(self, feature: str, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute one of `SignFeatures` from `frames` or `frame_features` (see `to_features`)."""
        if feature == "hidden_states" and self.encoder.hidden is None:
            self.add_hidden_states()
        if "frames" in inputs:
            return getattr(self.encoder(inputs["frames"], lengths), feature)
        return getattr(self.encoder.from_frame_wise(inputs["frame_features"], lengths), feature)


class LLMTranslator(SignTranslator):
    """Visual encoder, LLM-Adapter and a language model, mBART or mT5 (section 3.3)."""

    def make_language_model(self, config: SignTranslatorConfig) -> PreTrainedModel:
        return make_language_model(config.language_model, config.own_head)


class LightT(MBartForConditionalGeneration):
    """A small mBART with an output head that is not tied to the word embedding.

    This gives the published parameter counts (table 7): a word embedding shared by encoder and
    decoder, a separate head, a vocabulary of 2429 and 1024 positions.
    """

    _tied_weights_keys = None
