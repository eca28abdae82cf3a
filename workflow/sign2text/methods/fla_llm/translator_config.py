"""Configuration (config.json) of FLa-LLM's models: sizes and preparation of frames."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import AutoConfig, MBartConfig
from transformers.configuration_utils import PreTrainedConfig

from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.language_model import read_config


class SignTranslatorConfig(PreTrainedConfig):
    """Sizes of the model, and how to prepare frames for it.

    `frame_size` (height, width), `frame_quality`, `frame_codec`, `frame_rate` (frames a second;
    None if it varied or is unknown), `crop_size` and `sampling_rate` are the training's values;
    `translate` prepares new clips the same way.
    `augmentation` lists the training's changes to frames besides the crop (data/augmentation.py).
    """

    model_type = "sign_translator"
    sub_configs: ClassVar = {"frames": FrameEncoderConfig, "language_model": AutoConfig}

    frames: dict | FrameEncoderConfig | None = None
    language_model: dict | PreTrainedConfig | None = None
    """Configuration that keeps its class: MBartConfig, MT5Config, ..."""
    light: bool = True
    """True: a `LightTranslator`; false: an `LLMTranslator`."""
    own_head: bool = False
    """True if an LLMTranslator's output head is not tied (mT5); Light-T's head never is."""
    temporal_kernel: int = 3
    feature: str = "sign_wise"
    """Feature of the visual encoder that the adapter reads: a field of `SignFeatures`."""
    light_t: dict | MBartConfig | None = None
    """Light-T that computes the feature hidden_states; None for other features."""
    trained_visual: str = "nothing"
    """Part of the visual encoder that was trained together with the language model: nothing,
    temporal_module or all. Features stored earlier do not reflect that training."""
    frame_size: list[int] | tuple[int, ...] = (256, 256)
    frame_quality: int = 90
    frame_codec: str = "jpeg"
    frame_rate: float | None = None
    crop_size: list[int] | tuple[int, ...] = (224, 224)
    sampling_rate: float = 0.25
    augmentation: dict | None = None
    is_encoder_decoder: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.frames, FrameEncoderConfig):
            self.frames = FrameEncoderConfig(**(self.frames or {}))
        self.language_model = read_config(self.language_model)
        if isinstance(self.light_t, dict):
            self.light_t = MBartConfig(**self.light_t)
        super().__post_init__(**kwargs)
