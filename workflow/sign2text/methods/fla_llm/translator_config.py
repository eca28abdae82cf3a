"""Sizes of FLa-LLM's models, and how their frames are prepared: their config.json."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import AutoConfig, MBartConfig
from transformers.configuration_utils import PreTrainedConfig

from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.language_model import read_config


class SignTranslatorConfig(PreTrainedConfig):
    """Sizes of the model, and how frames must be prepared for it.

    `frame_size` (height, width), `frame_quality`, `frame_codec`, `frame_rate` (frames a second;
    None where it differed or is unknown), `crop_size` and `sampling_rate` are what the model was
    trained with; `translate` prepares new clips the same way.
    `augmentation` is what training changed in frames beside the crop (data/augmentation.py).
    """

    model_type = "sign_translator"
    sub_configs: ClassVar = {"frames": FrameEncoderConfig, "language_model": AutoConfig}

    frames: dict | FrameEncoderConfig | None = None
    language_model: dict | PreTrainedConfig | None = None
    """Keeps its type: an MBartConfig, an MT5Config, ..."""
    light: bool = True
    """True: a `LightTranslator`; false: an `LLMTranslator`."""
    own_head: bool = False
    """Of an LLMTranslator: its output head has weights of its own (mT5). Light-T's always has."""
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
