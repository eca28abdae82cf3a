"""Gloss2Text: a language model that translates glosses into sentences (section 3.2)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast  # also at run time: the library reads annotations
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.clip_glosses import glosses_to_translate
from sign2text.data.clips import Clips, Targets, join_steps
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.gloss_table import encode_glosses
from sign2text.methods.mmtlb.translation_network import (
    TranslationNetwork,
    TranslationNetworkConfig,
)
from sign2text.models.translator import Given
from sign2text.text.tokenizer import load_tokenizer

SHOWN = 10
"""Unknown glosses that the log names."""

log = logging.getLogger(__name__)


class GlossClips(Clips):
    """Encoded glosses of each clip, int64 [N, 1 + S]."""

    key = "glosses"
    unit = "glosses"
    shorter = "Raise positions"

    def __init__(
        self, ids: Sequence[str], encoded: Sequence[torch.Tensor], targets: Targets
    ) -> None:
        """Take the output of `encode_glosses` as `encoded`."""
        self.ids, self.targets, self.encoded = list(ids), targets, list(encoded)
        self.lengths = [*map(len, encoded)]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        target = None if self.targets is None else self.targets[item[0]]
        return {"steps": self.encoded[item[0]], "target": target}


class GlossTranslatorConfig(TranslationNetworkConfig):
    """Configuration of a translator of glosses."""

    model_type = "gloss_translator"


class GlossTranslator(TranslationNetwork):
    """Translator of glosses; a gloss that training lacks is split into sub-units (ours)."""

    config_class = GlossTranslatorConfig
    main_input_name = "glosses"
    reads = ("text",)
    tokenizer: PreTrainedTokenizerFast | None = None
    """Tokenizer of the language model, which splits unknown glosses into sub-units."""

    def __init__(self, config: GlossTranslatorConfig) -> None:
        super().__init__(config)
        self.post_init()

    def read_folder(self, folder: Path) -> None:
        self.tokenizer = load_tokenizer(folder)

    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> GlossClips:
        """Read glosses from the table that the option `text` names."""
        if "text" not in given:
            raise InputError(
                f"--{option}text: missing; expected the manifest of the split, or a table of its "
                "recognised glosses."
            )
        lines = glosses_to_translate(given["text"], ids)
        self.tell_unknown(lines, str(given["text"]))
        return GlossClips(ids, encode_glosses(self.gloss_table, self.tokenizer, lines), targets)

    def read_text(self, lines: Sequence[str]) -> dict[str, torch.Tensor]:
        """Prepare a batch of lines of glosses, which whitespace separates.

        Raises:
            InputError: a line is empty, or has more glosses than the language model has positions.
        """
        lines = [composed(line) for line in lines]
        for number, line in enumerate(lines, 1):
            count = len(line.split())
            if not count or (self.positions is not None and count > self.positions):
                raise InputError(
                    f"line {number}: {count} glosses found, expected 1 to "
                    f"{self.positions or 'any number'}. Correct it, or take it out."
                )
        self.tell_unknown(lines, f"{len(lines)} lines")
        encoded = encode_glosses(self.gloss_table, self.tokenizer, lines)
        return join_steps(GlossClips.key, encoded)

    def tell_unknown(self, lines: Sequence[str], where: str) -> None:
        """Log the number and names of the glosses in `lines` that training lacks."""
        glosses = [gloss for line in lines for gloss in line.split()]
        unknown = [gloss for gloss in glosses if gloss not in self.gloss_table.rows]
        if unknown:
            types = sorted(set(unknown))
            named = ", ".join(types[:SHOWN]) + (", ..." if len(types) > SHOWN else "")
            log.warning(
                "%s: %d of %d glosses (%d types) are not in training, and are read by their "
                "sub-units: %s",
                *(where, len(unknown), len(glosses), len(types), named),
            )

    def to_features(self, lengths: torch.Tensor, glosses: torch.Tensor) -> torch.Tensor:
        """Embed encoded glosses [sum(N), 1 + S] as [sum(N), width]."""
        return self.gloss_table(glosses, self.words)

    def forward(
        self, lengths: torch.Tensor, glosses: torch.Tensor, decoder_input_ids: torch.Tensor
    ) -> Seq2SeqLMOutput:
        """Compute logits [B, L, V] of the tokens after `decoder_input_ids` [B, L]."""
        return self.write(self.to_features(lengths, glosses), lengths, decoder_input_ids)
