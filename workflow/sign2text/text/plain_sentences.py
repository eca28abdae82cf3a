"""Sentences for a decoder that learns to predict each next token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset

from sign2text.data.clips import pad_targets
from sign2text.text.tokenizer import encode_targets

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


class PlainSentences(Dataset):
    """Sentences by (row, epoch); a decoder reads the start token and the previous tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        self.targets = encode_targets(tokenizer, sentences)
        self.lengths = [*map(len, self.targets)]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        return {"target": self.targets[item[0]]}

    def collate(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Collate the tokens [B, L] that a decoder reads, and the next tokens as labels [B, L]."""
        tokenizer = self.tokenizer
        targets = [item["target"] for item in items]
        padded = pad_targets(targets, tokenizer.pad_token_id, tokenizer.start_token_id)
        # Padding comes after a sentence, so a decoder needs no mask.
        return {"input_ids": padded["decoder_input_ids"], "labels": padded["labels"]}
