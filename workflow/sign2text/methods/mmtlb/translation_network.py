"""The translation network: a language model that reads a clip's embeddings (section 3.2).

The embeddings come from glosses (Gloss2Text) or from a mapper of a clip's steps. The network
appends `</s>` and the code of the sign language, and scales the result as the language model scales
word embeddings (public code).
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn
from transformers import AutoConfig
from transformers.configuration_utils import PreTrainedConfig

from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.gloss_table import GlossTable
from sign2text.models.embedding_translator import EmbeddingTranslator
from sign2text.models.language_model import make_language_model, read_config


class TranslationNetworkConfig(PreTrainedConfig):
    """Configuration of the language model, and the glosses that have embeddings."""

    sub_configs: ClassVar = {"language_model": AutoConfig}

    language_model: dict | PreTrainedConfig | None = None
    own_head: bool = False
    """True if the language model's output head is not tied to the word embeddings (mT5)."""
    glosses: list[str] | None = None
    """Types of the training split, in the order of their embeddings."""
    endings: int = 2
    """Number of embeddings after each clip; for mBART, </s> and the code of the sign language."""
    is_encoder_decoder: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        self.language_model = read_config(self.language_model)
        super().__post_init__(**kwargs)


class TranslationNetwork(EmbeddingTranslator):
    """Base of translators that give a language model embeddings [sum(N), width]."""

    config_class = TranslationNetworkConfig
    _supports_sdpa = True

    def __init__(self, config: TranslationNetworkConfig) -> None:
        super().__init__(config)
        self.language_model = make_language_model(
            config.language_model, config.own_head, decoders=True
        )
        width = self.words.shape[1]
        self.gloss_table = GlossTable(config.endings, config.glosses or [], width)

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the parts' initial weights."""

    @property
    def words(self) -> torch.Tensor:
        """The language model's word embeddings, [V, width]."""
        return self.language_model.get_input_embeddings().weight

    @property
    def scale(self) -> float:
        """Factor of word embeddings in the language model: sqrt(width) in mBART."""
        return getattr(self.language_model.get_input_embeddings(), "embed_scale", 1.0)

    @property
    def positions(self) -> int | None:
        """Most steps of a clip or tokens of a sentence, less the positions of the ending."""
        positions = super().positions
        return None if positions is None else positions - self.config.endings

    def freeze_embeddings(self) -> None:
        """Freeze the embeddings of words and glosses, and an output head that is tied to them."""
        self.words.requires_grad_(False)
        self.gloss_table.requires_grad_(False)

    def embed(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the ending to embeddings [sum(N), width] of clips, and scale like word embeddings.

        Raises:
            InputError: a clip has more steps than the language model has positions.
        """
        longest = int(lengths.max())
        if self.positions is not None and longest > self.positions:
            raise InputError(
                f"an input has {longest} steps, the language model takes {self.positions}. "
                "Shorten it, or train with more positions."
            )
        ended, lengths = self.gloss_table.ended(features, lengths)
        return ended * self.scale, lengths
