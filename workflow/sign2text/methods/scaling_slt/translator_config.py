"""Configuration of the translator of landmarks: its language model and all that new clips need."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import AutoConfig
from transformers.configuration_utils import PreTrainedConfig

from sign2text.models.language_model import read_config


class LandmarkTranslatorConfig(PreTrainedConfig):
    """Language model, preparation of landmarks, and the languages of prompts."""

    model_type = "scaling_slt_translator"
    sub_configs: ClassVar = {"language_model": AutoConfig}

    language_model: dict | PreTrainedConfig | None = None
    own_head: bool = False
    """True if the language model's output head is not tied to the word embeddings."""
    landmarks: dict[str, Any] | None = None
    """Settings of the landmarks' normalising (landmarks/normalising.py); None: their defaults."""
    extractor: dict[str, Any] | None = None
    """Description of the landmarks' extractor in the training's store; empty if it read text
    alone."""
    time_step: float = 0.25
    """Seconds that a time token covers."""
    time_tokens: int = 0
    """Number of time tokens, the last ones of the tokenizer."""
    prompt_tokens: int = 1024
    """Most tokens of a prompt."""
    sign_language: str = ""
    """Code of the sign language of the training's clips."""
    language: str = ""
    """Code of the language that is written unless another is chosen."""
    languages: list[str] | None = None
    """Codes of all languages that the model learned to write."""
    is_encoder_decoder: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        self.language_model = read_config(self.language_model)
        self.languages = self.languages or [self.language]
        super().__post_init__(**kwargs)
