"""T5's task on text: write the spans of tokens that are hidden in a sentence.

Source: T5 (arXiv 1910.10683, figure 2 and sections 3.1.4 and 3.3.4): 15 % of the tokens are hidden
in spans of 3 on average, each replaced by a sentinel of its own; the target has each sentinel with
its span. ByT5 hides spans of 20 bytes (arXiv 2105.13626, section 3.1). T5 joins texts to 512
tokens; here a sentence is one item, in which a span may begin or end (ours).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sign2text.data.sampling import clip_rng
from sign2text.ground.errors import InputError
from sign2text.text.denoising import RestoredSentences
from sign2text.text.t5_tokenizer import sentinel_tokens
from sign2text.text.tokenizer import token_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def hidden_spans(
    length: int, share: float, mean: float, most: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Draw the spans of a sentence to hide, as (first, end) in their order; none touch.

    Args:
        length: tokens of the sentence.
        share: share of the tokens to hide, rounded; at least one token is hidden.
        mean: mean tokens of a span, to which the number of spans is rounded.
        most: most spans.
    """
    hidden = min(length, max(1, round(share * length)))
    spans = min(max(1, round(hidden / mean)), hidden, length - hidden + 1, most)
    sizes = _parts(hidden, spans, rng)
    gaps = _parts(length - hidden + 2, spans + 1, rng)
    gaps[0] -= 1  # the first and the last gap may be empty
    ends = np.cumsum(gaps[:-1] + sizes)
    return [(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]


def _parts(total: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Divide `total` into `count` parts of at least 1, each division alike probable."""
    cuts = np.sort(rng.choice(total - 1, count - 1, replace=False)) + 1
    return np.diff([0, *cuts, total])


class CorruptedSentences(RestoredSentences):
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
        """Encode the sentences; see `hidden_spans` about `share` and `mean`.

        Raises:
            InputError: the tokenizer has no sentinels.
        """
        vocabulary = tokenizer.get_vocab()
        known = itertools.takewhile(vocabulary.__contains__, sentinel_tokens(len(vocabulary)))
        self.sentinels = [vocabulary[token] for token in known]
        if len(self.sentinels) < 2:
            raise InputError(
                f"the tokenizer has {len(self.sentinels)} sentinels such as <extra_id_0>, expected "
                "T5's, which stand for hidden spans. Give train_tokenizer the architecture t5 or "
                "byt5, or set pretrain_language_model.pretrained to false."
            )
        encoded = token_ids(tokenizer, sentences)
        super().__init__(tokenizer, sentences, [*map(len, encoded)], seed)
        self.encoded, self.share, self.mean = encoded, share, mean

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        row, epoch = item
        tokens = self.encoded[row]
        rng = clip_rng(self.seed, epoch, self.sentences[row])
        source, target, start = [], [], 0
        spans = hidden_spans(len(tokens), self.share, self.mean, len(self.sentinels) - 1, rng)
        for sentinel, (first, end) in zip(self.sentinels, spans, strict=False):
            source += [*tokens[start:first], sentinel]
            target += [sentinel, *tokens[first:end]]
            start = end
        target += [self.sentinels[len(spans)], self.tokenizer.eos_token_id]
        return {"source": [*source, *tokens[start:], *self.ending], "target": target}
