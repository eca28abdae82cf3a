"""The translator: spatial backbone, sign encoder and gated decoder in one model (section 4).

Backbone and sign encoder are trained on frames together with the decoder; or they stay frozen and
their stored features Z are read ("Sign(Z)2GPT", table 2).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn
from transformers import XGLMConfig
from transformers.configuration_utils import PreTrainedConfig
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.batches import pad_flat
from sign2text.data.clips import Clips, FeatureClips, Targets, join_steps
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameStore
from sign2text.data.new_clip import read_new_clip
from sign2text.data.sampling import strided_indices
from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.gated_decoder import GatedXGLM
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.methods.sign2gpt.prototype_model import PrototypeModel, PrototypeModelConfig
from sign2text.models.generation import search_sequences
from sign2text.models.translator import Given, Hypothesis, Translator

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


class SignTranslatorConfig(PreTrainedConfig):
    """The encoder without prototypes, the language model, and the sizes of the added parts."""

    model_type = "sign2gpt_translator"
    sub_configs: ClassVar = {"encoder": PrototypeModelConfig, "language_model": XGLMConfig}

    encoder: dict | PrototypeModelConfig | None = None
    language_model: dict | XGLMConfig | None = None
    decoder: dict | None = None
    """A `GatedDecoderConfig`."""
    through_encoder: bool = True
    """True if the encoder was trained too; features stored before that no longer fit it."""

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.encoder, PrototypeModelConfig):
            self.encoder = PrototypeModelConfig(**(self.encoder or {}))
        if not isinstance(self.language_model, XGLMConfig):
            self.language_model = XGLMConfig(**(self.language_model or {}))
        # The library resets how the models of these configurations attend, and a model that is
        # made already would attend without a causal mask.
        self.encoder, self.language_model = map(copy.deepcopy, (self.encoder, self.language_model))
        super().__post_init__(**kwargs)

    @property
    def frame_rate(self) -> float | None:
        """Frames per second of the clips that the encoder was trained on, if known."""
        return self.encoder.frame_rate


class SignTranslator(Translator):
    """Sign video or stored features Z to text."""

    config_class = SignTranslatorConfig
    main_input_name = "frames"
    reads = ("features", "frames")

    def __init__(
        self,
        config: SignTranslatorConfig,
        encoder: PrototypeModel | None = None,
        decoder: GatedXGLM | None = None,
    ) -> None:
        """Start with random weights, or take over the parts that `config` describes."""
        super().__init__(config)
        self.encoder = PrototypeModel(config.encoder) if encoder is None else encoder
        gated = GatedDecoderConfig(**(config.decoder or {}))
        width = self.encoder.encoder.config.width
        if decoder is None:
            decoder = GatedXGLM(config.language_model, gated, width)
        self.decoder = decoder
        if gated.positions.startswith("learnable"):
            self.most_steps = gated.most_steps
        if not config.through_encoder:
            self.encoder.requires_grad_(False)
        self.post_init()

    most_steps: int | None = None

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the weights that the parts have initialised themselves."""

    @property
    def positions(self) -> int | None:
        """Learned positions of sign features; None: clips may have any length."""
        return self.most_steps

    @property
    def start_token(self) -> int:
        """The token that decoding starts from: `</s>` in a published XGLM."""
        return self.config.language_model.decoder_start_token_id

    def steps_of(self, frames: int) -> int:
        return self.encoder.encoder.steps_of(frames)

    def parts(self) -> dict[str, nn.Module]:
        """Return the trained parts; these may include backbone and sign encoder."""
        trained = {"spatial": self.encoder.backbone, "sign_encoder": self.encoder.encoder}
        return (trained if self.config.through_encoder else {}) | {"decoder": self.decoder}

    def train(self, mode: bool = True) -> SignTranslator:
        super().train(mode)
        if not self.config.through_encoder:
            self.encoder.eval()
        return self

    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> Clips:
        through = self.config.through_encoder
        if len(given) != 1 or (through and "frames" not in given):
            expected = f"--{option}frames: the encoder was trained with the rest"
            if not through:
                expected = f"one of them, the features '{PrototypeModel.features[0]}' or the frames"
            raise InputError(
                f"--{option}features and --{option}frames: {', '.join(sorted(given)) or 'none'} "
                f"found, expected {expected}."
            )
        if "frames" in given:
            return self.encoder.open_clips(FrameStore(given["frames"]), ids, targets, seed)
        store = FeatureStore(given["features"])
        self.check_features(store)
        return FeatureClips(store, ids, targets, seed=seed)

    def check_features(self, store: FeatureStore) -> None:
        """Raise InputError unless the store holds features Z of the encoder's width."""
        found, width = store.about["feature"], store.views[0].shape[1]
        name, expected = PrototypeModel.features[0], self.encoder.encoder.config.width
        if (found, width) != (name, expected):
            raise InputError(
                f"{store.path}: holds features '{found}' of {width} values, expected '{name}' of "
                f"{expected}. They are of another model: run extract_features with feature "
                f"{name}, of the model of pretrain_prototypes."
            )

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        config = self.config.encoder
        frames = read_new_clip(video, config.frame_format, 1.0, tuple(config.crop_size))
        chosen = strided_indices(len(frames), config.frame_stride, most=config.most_frames)
        return join_steps("frames", [frames[torch.from_numpy(chosen)]])

    def encode(
        self,
        lengths: torch.Tensor,
        features: torch.Tensor | None = None,
        **inputs: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return Z [sum(N), C] and the steps N [B] of clips; `features` are Z already."""
        if (features is None) == (not inputs):
            raise ValueError("give one of frames and features")
        if features is not None:
            return features, lengths
        return self.encoder.sign_features(lengths, **inputs)

    def to_features(self, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Return Z [sum(N), C] of the clips, with the steps that `encode` returns."""
        return self.encode(lengths, **inputs)[0]

    def forward(
        self,
        lengths: torch.Tensor,
        decoder_input_ids: torch.Tensor,
        frames: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
    ) -> Seq2SeqLMOutput:
        """Compute logits [B, L, V] for the tokens after `decoder_input_ids` [B, L].

        Args:
            frames: uint8 [sum(T), h, w, 3] of clips of `lengths` [B] sampled frames.
            features: Z of clips of `lengths` [B] steps, instead of `frames`.
            frame_features: the frame encoder's features of these frames [sum(T), width], instead of
                `frames`.
        """
        inputs = {"frames": frames, "frame_features": frame_features}
        given = {name: each for name, each in inputs.items() if each is not None}
        padded, mask = pad_flat(*self.encode(lengths, features, **given))
        found = self.decoder(
            input_ids=decoder_input_ids, sign_features=padded, sign_mask=mask, use_cache=False
        )
        return Seq2SeqLMOutput(logits=found.logits)

    def hypotheses(
        self,
        tokenizer: PreTrainedTokenizerFast,
        inputs: Mapping[str, torch.Tensor],
        **settings: Any,
    ) -> list[list[Hypothesis]]:
        return self.search(tokenizer, *self.encode(**inputs), **settings)

    @torch.no_grad()
    def generate(
        self, features: torch.Tensor, lengths: torch.Tensor, *, max_new_tokens: int, **settings: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Search sentences for Z [sum(N), C]; `settings` also go to transformers' `generate`.

        Sentences end at the language model's last position at the latest.
        """
        padded, mask = pad_flat(features, lengths)
        start = torch.full((len(lengths), 1), self.start_token, device=features.device)
        last = self.config.language_model.max_position_embeddings - 1
        return search_sequences(
            self.decoder,
            input_ids=start,
            attention_mask=torch.ones_like(start),
            sign_features=padded,
            sign_mask=mask,
            max_new_tokens=min(max_new_tokens, last),
            **settings,
        )
