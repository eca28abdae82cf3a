"""FLa-LLM's model: visual encoder, adapter and an encoder-decoder that writes the sentence.

One class serves both of the paper's stages: with Light-T as the language model it is what visual
initialising trains, with mBART or mT5 it is what fine-tuning trains and what translates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import torch
from transformers import CONFIG_MAPPING, AutoConfig, MBartConfig, PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from sign2text.data.batches import pad_flat
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json
from sign2text.methods.fla_llm.hidden_states import HiddenStates
from sign2text.methods.fla_llm.light_t import LightT
from sign2text.methods.fla_llm.visual_encoder import SignEncoder, SignFeatures
from sign2text.models.adapter import Adapter
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.language_model import (
    decoding_tokens,
    make_language_model,
    positions_of,
    without_cache,
)
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.untrusted.model_folder import check_folder


class SignTranslatorConfig(PreTrainedConfig):
    """Sizes of the model, and how frames must be prepared for it.

    `frame_size` (height, width), `frame_quality`, `frame_codec`, `crop_size` and `sampling_rate`
    are what the model was trained with; `translate` prepares new clips the same way.
    `augmentation` is what training changed in frames beside the crop (data/augmentation.py).
    """

    model_type = "sign_translator"
    sub_configs: ClassVar = {"frames": FrameEncoderConfig, "language_model": AutoConfig}

    frames: dict | FrameEncoderConfig | None = None
    language_model: dict | PreTrainedConfig | None = None
    """Keeps its type: an MBartConfig, an MT5Config, ..."""
    light: bool = True
    """Whether the language model is Light-T, or a language model in its own right."""
    own_head: bool = False
    """Whether such a model's output head has weights of its own (mT5). Light-T's always has."""
    temporal_kernel: int = 3
    feature: str = "sign_wise"
    """What of the visual encoder the adapter reads: a field of `SignFeatures`."""
    light_t: dict | MBartConfig | None = None
    """With the feature hidden_states, the Light-T whose encoder makes them."""
    trained_visual: str = "nothing"
    """What of the visual encoder was trained together with the language model: nothing,
    temporal_module or all. Features that were stored before do not hold what was trained later."""
    frame_size: list[int] | tuple[int, ...] = (256, 256)
    frame_quality: int = 90
    frame_codec: str = "jpeg"
    crop_size: list[int] | tuple[int, ...] = (224, 224)
    sampling_rate: float = 0.25
    augmentation: dict | None = None
    is_encoder_decoder: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.frames, FrameEncoderConfig):
            self.frames = FrameEncoderConfig(**(self.frames or {}))
        if not isinstance(self.language_model, PreTrainedConfig):
            values = {"model_type": "mbart"} | (self.language_model or {})
            self.language_model = CONFIG_MAPPING[values.pop("model_type")](**values)
        if isinstance(self.light_t, dict):
            self.light_t = MBartConfig(**self.light_t)
        super().__post_init__(**kwargs)


class SignTranslator(PreTrainedModel):
    """Sign video (sampled frames) or stored features to text."""

    config_class = SignTranslatorConfig
    main_input_name = "frames"
    _supports_sdpa = True

    def __init__(self, config: SignTranslatorConfig) -> None:
        super().__init__(config)
        self.encoder = SignEncoder(config.frames, config.temporal_kernel, config.light_t)
        width = config.light_t.d_model if config.light_t else config.frames.width
        self.adapter = Adapter(width, config.language_model.hidden_size)
        if config.light:
            self.language_model = LightT(config.language_model)
            self.language_model.generation_config = decoding_tokens(config.language_model)
        else:
            self.language_model = make_language_model(config.language_model, config.own_head)
        self.frozen: list[torch.nn.Module] = []
        self.post_init()

    def _init_weights(self, module: torch.nn.Module) -> None:
        """Nothing: encoder and language model initialise themselves, the rest has torch's way."""

    @property
    def start_token(self) -> int:
        """The token that decoding starts from: mBART's code of the language, T5's padding."""
        return self.config.language_model.decoder_start_token_id

    @property
    def positions(self) -> int | None:
        """The most steps of a clip, or tokens of a sentence; None where they do not run out."""
        return positions_of(self.config.language_model)

    def parts(self) -> dict[str, torch.nn.Module]:
        """What the paper compares, by the names of training/history.py, and the adapter between."""
        return {
            "visual": self.encoder,
            "language": self.language_model,
            "adapter": self.adapter,
        }

    def use_checkpointing(self) -> None:
        """In training keep less for the backward pass, and compute it a second time there.

        Of the language model each layer's input is kept, of the ResNet each block's.
        """
        self.language_model.activation_checkpointing_enable()
        self.encoder.frames.checkpointing = True

    def freeze_encoder(self) -> None:
        """Freeze the whole visual encoder: weights, and BatchNorm's running statistics.

        Frozen, it stays in evaluation mode whatever `train` says; freezing the weights alone would
        let the statistics drift.
        """
        self._freeze(self.encoder)

    def freeze_frame_encoder(self) -> None:
        """Freeze the frame encoder in the same way; the temporal module goes on learning."""
        self._freeze(self.encoder.frames)

    def _freeze(self, module: torch.nn.Module) -> None:
        self.frozen.append(module.requires_grad_(False).eval())

    def add_hidden_states(self) -> None:
        """Let the visual encoder of visual_init's model go on to the hidden states of its Light-T.

        The parts are shared, so such a model is to be read from, not saved.
        """
        self.encoder.hidden = HiddenStates(self.adapter, self.language_model.model.encoder)

    def train(self, mode: bool = True) -> SignTranslator:
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

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
        """What the adapter reads, [sum(N), C], of clips of `lengths` [B] sampled frames.

        Exactly one is given of `frames` (see `encode_frames`), `frame_features` (what the frame
        encoder makes of them, [sum(N), C]) and `features` (the result itself, as stored).
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

    def encode(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[BaseModelOutput, torch.Tensor]:
        """Adapter and the language model's encoder.

        Args:
            features: [sum(N), C], clips one behind the other.
            lengths: int64 [B].

        Returns:
            the encoder's output, [B, N, width], and its mask, bool [B, N].

        Raises:
            InputError: a clip has more steps than the language model has positions.
        """
        longest = int(lengths.max())
        if self.positions is not None and longest > self.positions:
            raise InputError(
                f"a clip has {longest} sampled frames, the language model takes {self.positions}. "
                "Cut the clip, or train with a lower sampling_rate or more positions."
            )
        inputs, mask = pad_flat(self.adapter(features), lengths)
        encoder = self.language_model.get_encoder()
        settings = without_cache(encoder)
        return encoder(inputs_embeds=inputs, attention_mask=mask.long(), **settings), mask

    def forward(
        self,
        lengths: torch.Tensor,
        decoder_input_ids: torch.Tensor,
        frames: torch.Tensor | None = None,
        frame_features: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
    ) -> Seq2SeqLMOutput:
        """Logits [B, L, V] for the tokens behind `decoder_input_ids` [B, L].

        The clips are given in one of the ways that `to_features` takes.
        """
        features = self.to_features(lengths, frames, frame_features, features)
        encoded, mask = self.encode(features, lengths)
        return self.language_model(
            encoder_outputs=encoded,
            attention_mask=mask.long(),
            decoder_input_ids=decoder_input_ids,
            use_cache=False,
        )

    @torch.no_grad()
    def generate(
        self,
        features: torch.Tensor,
        lengths: torch.Tensor,
        *,
        max_new_tokens: int,
        num_beams: int,
        length_penalty: float = 1.0,
        **settings: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Beam search from stored features; greedy search with one beam.

        `settings` go to transformers' `generate` too. Sentences end with the language model's last
        position where it has one and that comes before `max_new_tokens`.

        Returns:
            token ids, int64 [B * num_return_sequences, L], and the sequences' scores (length-
            normalised log-probability), float [B * num_return_sequences].
        """
        encoded, mask = self.encode(features, lengths)
        if self.positions is not None:  # the start token takes one too
            max_new_tokens = min(max_new_tokens, self.positions - 1)
        output = self.language_model.generate(
            encoder_outputs=encoded,
            attention_mask=mask.long(),
            decoder_start_token_id=self.start_token,
            max_new_tokens=max_new_tokens,
            # Said here, since the Trainer leaves models behind whose configuration says no.
            use_cache=True,
            return_dict_in_generate=True,
            output_scores=True,
            num_beams=num_beams,
            length_penalty=length_penalty,
            **settings,
        )
        if num_beams > 1:
            return output.sequences, output.sequences_scores
        # With one beam the library gives no score: its way of counting, done here.
        steps = self.language_model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        written = output.sequences[:, 1:].ne(self.config.language_model.pad_token_id)
        total = steps.masked_fill(~written, 0).sum(1)
        return output.sequences, total / written.sum(1) ** length_penalty


def load_translator(folder: Path) -> SignTranslator:
    """Load a model that visual_init or finetune_llm wrote, every weight accounted for.

    Raises:
        InputError: the folder holds no such model, or one of another kind, or weights are missing
            or left over.
    """
    from transformers.utils.logging import disable_progress_bar

    config = folder / "config.json"
    for path in (config, folder / "model.safetensors"):
        if not path.is_file():
            raise InputError(
                f"{path}: missing. Expected the folder that a training stage wrote, such "
                "as results/avatar/fla_llm/finetune_llm."
            )
    check_folder(folder)
    found = read_json(config).get("model_type")
    if found != SignTranslatorConfig.model_type:
        raise InputError(
            f"{config}: model_type is '{found}', expected '{SignTranslatorConfig.model_type}'. "
            "This is a model of another method or stage; give the folder of FLa-LLM's finetune_llm."
        )
    disable_progress_bar()  # loading takes a moment, not a wait
    advice = "The weights do not fit config.json; run the stage that wrote them again."
    values = load_config(folder, SignTranslatorConfig, advice)
    model, report = load_model(SignTranslator, folder, values, advice=advice)
    check_loaded(report, folder / "model.safetensors", advice)
    return model.eval()
