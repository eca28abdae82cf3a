"""What several test files need: a tokenizer and an untrained model, both tiny."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    from sign2text.text.tokenizer import train_unigram

    return train_unigram(["am montag regnet es", "im norden scheint die sonne"] * 9, 60, "de")


@pytest.fixture
def tiny_translator(tiny_tokenizer: Any) -> Callable[..., Any]:
    """Make an untrained SignTranslator; keywords go to its configuration."""
    from transformers import ResNetConfig, set_seed

    from sign2text.models.frame_encoder import FrameEncoderConfig
    from sign2text.models.light_t import mbart_config
    from sign2text.models.sign_translator import SignTranslator, SignTranslatorConfig

    def make(*, seed: int = 0, dropout: float = 0.0, **settings: Any) -> SignTranslator:
        set_seed(seed)
        resnet = ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic"
        )
        language_model = mbart_config(
            tiny_tokenizer,
            layers=1,
            heads=2,
            width=16,
            feed_forward=32,
            positions=64,
            dropout=dropout,
            attention_dropout=dropout,
        )
        frames = FrameEncoderConfig(resnet=resnet)
        return SignTranslator(
            SignTranslatorConfig(frames=frames, language_model=language_model, **settings)
        )

    return make
