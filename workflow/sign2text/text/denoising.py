"""mBART's denoising task: restore a sentence in which spans of words are hidden.

Source: mBART (arXiv 2001.08210, section 2.1): spans of Poisson(3.5) words are replaced by one
mask each until 35 % of the words are hidden. Our sentences are single, so none are reordered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset

from sign2text.data.clips import pad_targets
from sign2text.data.sampling import clip_rng

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def hide_spans(
    words: Sequence[Sequence[int]], mask: int, share: float, mean: float, rng: np.random.Generator
) -> list[int]:
    """Replace spans of words by one `mask` each until `share` of the words is hidden.

    Args:
        words: the token ids of each word of a sentence.
        share: share of the words to hide, rounded up.
        mean: mean of the Poisson distribution of words in a span; a span has at least 1 word.

    Returns:
        the remaining token ids, with the masks.
    """
    hidden = np.zeros(len(words), dtype=bool)
    wanted = int(np.ceil(share * len(words)))
    while hidden.sum() < wanted:
        span = min(max(1, rng.poisson(mean)), wanted - int(hidden.sum()))
        start = rng.choice(np.flatnonzero(~hidden))
        hidden[start : start + span] = True
    left: list[int] = []
    for position, word in enumerate(words):
        if not hidden[position]:
            left.extend(word)
        elif position == 0 or not hidden[position - 1]:
            left.append(mask)
    return left


class RestoredSentences(Dataset):
    """Base of sentences with hidden parts; items have `source` and `target` tokens."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        sentences: Sequence[str],
        tokens: Sequence[int],
        seed: int,
    ) -> None:
        """Take the number of `tokens` of each sentence, without special tokens."""
        self.tokenizer, self.sentences, self.seed = tokenizer, list(sentences), seed
        self.ending = tokenizer("")["input_ids"]  # appended to each source
        self.lengths = [count + len(self.ending) for count in tokens]

    def __len__(self) -> int:
        return len(self.sentences)

    def collate(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Collate padded sources [B, S] with their mask, and targets as in `pad_targets`."""
        pad = self.tokenizer.pad_token_id
        sources = [torch.tensor(item["source"]) for item in items]
        padded = torch.nn.utils.rnn.pad_sequence(sources, batch_first=True, padding_value=pad)
        targets = pad_targets([i["target"] for i in items], pad, self.tokenizer.start_token_id)
        return {"input_ids": padded, "attention_mask": padded.ne(pad).long(), **targets}


class NoisySentences(RestoredSentences):
    """Sentences with hidden spans that change each epoch; items are indexed by (row, epoch)."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        sentences: Sequence[str],
        *,
        share: float,
        mean: float,
        seed: int,
    ) -> None:
        encoded = tokenizer(list(sentences), add_special_tokens=False)
        self.words = [
            _by_word(encoded["input_ids"][row], encoded.word_ids(row))
            for row in range(len(sentences))
        ]
        super().__init__(tokenizer, sentences, [sum(map(len, each)) for each in self.words], seed)
        self.share, self.mean = share, mean

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        row, epoch = item
        words, tokenizer = self.words[row], self.tokenizer
        rng = clip_rng(self.seed, epoch, self.sentences[row])
        noisy = hide_spans(words, tokenizer.mask_token_id, self.share, self.mean, rng)
        target = [*itertools.chain(*words), tokenizer.eos_token_id]
        return {"source": [*noisy, *self.ending], "target": target}


def _by_word(ids: Sequence[int], numbers: Sequence[int | None]) -> list[list[int]]:
    """Group token ids by the number of the word that they belong to."""
    words: list[list[int]] = []
    for position, (token, number) in enumerate(zip(ids, numbers, strict=True)):
        if position == 0 or number != numbers[position - 1]:
            words.append([])
        words[-1].append(token)
    return words
