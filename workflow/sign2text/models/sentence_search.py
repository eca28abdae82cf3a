"""Translation of sentences by a translator of clips that has learned machine translation too.

The pivot of a zero-shot pair: clips are translated into a language that the model has seen with
them, and these sentences into the language asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from sign2text.data.clips import Clips
from sign2text.models.beam_search import beam_search
from sign2text.models.translator import Translator

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


class SentenceClips(Clips):
    """Sentences as a translator reads them; `ids` are the sentences."""

    unit = "tokens of a sentence"
    shorter = "Lower decode.max_new_tokens"

    def __init__(self, network: Translator, sentences: Sequence[str], language: str) -> None:
        """Take sentences of a language, none empty.

        Raises:
            InputError: the network translates no sentences, or cannot read one.
        """
        self.network, self.language = network, language
        self.ids, self.targets = list(sentences), None
        self.lengths = [int(self.inputs([n])["lengths"][0]) for n in range(len(self.ids))]

    def __len__(self) -> int:
        return len(self.ids)

    def inputs(self, clips: Iterable[int], epoch: int = 0) -> dict[str, torch.Tensor]:
        chosen = [self.ids[int(number)] for number in clips]
        return self.network.read_sentences(chosen, self.language)


def decode_sentences(
    network: Translator,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    language: str,
    **settings: Any,
) -> tuple[list[str], list[float]]:
    """Translate sentences of `language` into the one that `network.write_in` chose.

    An empty sentence stays empty, with a score of 0.

    Args:
        settings: see `models.beam_search.decode_clips`.

    Returns:
        the best translations, and their length-normalised log-probabilities.

    Raises:
        InputError: the network translates no sentences, or a sentence is too long for it.
    """
    texts, scores = [""] * len(sentences), [0.0] * len(sentences)
    written = [number for number, each in enumerate(sentences) if each.strip()]
    clips = SentenceClips(network, [sentences[number] for number in written], language)
    found = beam_search(network, tokenizer, clips, **settings)
    for number, text, score in zip(written, *found, strict=True):
        texts[number], scores[number] = text, score
    return texts, scores
