"""One embedding per gloss, initialised from a language model's word embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

UNKNOWN = -1
"""Row of a gloss that the training split lacks; also the padding of sub-units."""


class GlossTable(nn.Module):
    """Embeddings [E + G, width] of the E ending tokens of an input, then of the G training glosses.

    An input of mBART ends with `</s>` and the code of the sign language. Both have a row here,
    initialised from `</s>` and the code of the sentences' language (public code).
    """

    def __init__(self, endings: int, glosses: Sequence[str], width: int) -> None:
        super().__init__()
        self.endings = endings
        self.rows = {gloss: row for row, gloss in enumerate(glosses, endings)}
        self.weight = nn.Parameter(torch.zeros(endings + len(glosses), width))

    @torch.no_grad()
    def start_from(
        self, language_model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
    ) -> None:
        """Set each row to the mean of its sub-units' word embeddings (public code)."""
        words = language_model.get_input_embeddings().weight
        units = [[token] for token in tokenizer("")["input_ids"]]
        units += sub_units(tokenizer, list(self.rows))
        for row, ids in enumerate(units):
            self.weight[row] = words[ids].mean(0)

    def forward(self, glosses: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """Embed the output of `encode_glosses`.

        Args:
            glosses: int64 [N, 1 + S], a gloss's row, or UNKNOWN and its sub-units.
            words: the language model's word embeddings [V, width].

        Returns:
            [N, width]; for unknown glosses the mean of their sub-units (ours).
        """
        row, units = glosses[:, 0], glosses[:, 1:]
        known = functional.embedding(row.clamp(min=0), self.weight)
        if not units.shape[1]:
            return known
        there = units.ne(UNKNOWN)[:, :, None]
        total = (functional.embedding(units.clamp(min=0), words) * there).sum(1)
        means = total / there.sum(1).clamp(min=1)
        return torch.where(row.eq(UNKNOWN)[:, None], means, known)

    def ended(
        self, embeddings: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the ending's embeddings to each clip.

        Args:
            embeddings: [sum(N), width] of concatenated clips.
            lengths: N of each clip, int64 [B].

        Returns:
            embeddings [sum(N) + B * E, width], and the lengths N + E.
        """
        ending = self.weight[: self.endings].to(embeddings.dtype)
        clips = embeddings.split(lengths.tolist())
        return torch.cat([part for clip in clips for part in (clip, ending)]), (
            lengths + self.endings
        )


def sub_units(tokenizer: PreTrainedTokenizerFast, glosses: Sequence[str]) -> list[list[int]]:
    """Return token ids of each gloss in lower case, at least one (public code)."""
    if not glosses:
        return []
    lower = [gloss.lower() for gloss in glosses]
    found = tokenizer(lower, add_special_tokens=False)["input_ids"]
    # A tokenizer's normalisation may leave nothing of a gloss.
    nothing = tokenizer.unk_token_id
    return [ids or [tokenizer.eos_token_id if nothing is None else nothing] for ids in found]


def encode_glosses(
    table: GlossTable, tokenizer: PreTrainedTokenizerFast | None, lines: Sequence[str]
) -> list[torch.Tensor]:
    """Encode lines of glosses, [N, 1 + S] each, as `GlossTable.forward` reads them.

    Args:
        tokenizer: the language model's; only glosses that the table lacks need it.
        lines: glosses separated by whitespace.

    Returns:
        int64 [N, 1 + S] for each line, where S is the most sub-units of a gloss that the table
        lacks, 0 if it lacks none.
    """
    lacked = sorted({gloss for line in lines for gloss in line.split() if gloss not in table.rows})
    units = dict(zip(lacked, sub_units(tokenizer, lacked), strict=True))
    width = 1 + max(map(len, units.values()), default=0)
    encoded = []
    for line in lines:
        glosses = line.split()
        rows = torch.full((len(glosses), width), UNKNOWN)
        for place, gloss in enumerate(glosses):
            if gloss in table.rows:
                rows[place, 0] = table.rows[gloss]
            else:
                rows[place, 1 : 1 + len(units[gloss])] = torch.tensor(units[gloss])
        encoded.append(rows)
    return encoded
