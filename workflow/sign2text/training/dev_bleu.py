"""BLEU-4 of the dev split during training, decoded by beam search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.ground.work_limit import Over
from sign2text.models.beam_search import beam_search
from sign2text.scoring.conventions import Convention, main_convention
from sign2text.training.dev_decoding import DevDecoding
from sign2text.training.selection import Selection

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.data.clips import Clips
    from sign2text.models.translator import Translator


def bleu_selection(
    tokenizer: PreTrainedTokenizerFast, clips: Clips, references: Sequence[str], config: DevDecoding
) -> Selection | None:
    """Select weights by BLEU-4 of dev's `clips`, the headline score; None keeps the last ones."""
    if not config.dev_bleu_every:
        return None
    measure = DevBleu(
        tokenizer,
        clips,
        references,
        main_convention(config.adapter, config.language),
        beams=config.dev_beams,
        max_new_tokens=config.dev_max_new_tokens,
    )
    return Selection(measure, config.dev_bleu_every)


class DevBleu:
    """Decodes the whole split and scores it as one corpus, as test splits are scored."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        clips: Clips,
        references: Sequence[str],
        convention: Convention,
        *,
        beams: int,
        max_new_tokens: int,
    ) -> None:
        """Take clips opened as in evaluation, with one reference sentence for each."""
        self.tokenizer, self.clips = tokenizer, clips
        self.references, self.convention = list(references), convention
        self.beams, self.max_new_tokens = beams, max_new_tokens

    def __call__(self, model: Translator, over: Over = map) -> float:
        """Compute BLEU-4, 0 to 100, of a model in evaluation mode."""
        hypotheses, _ = beam_search(
            model,
            self.tokenizer,
            self.clips,
            beams=self.beams,
            max_new_tokens=self.max_new_tokens,
            over=over,
        )
        return corpus_bleu4(hypotheses, self.references, self.convention)


def corpus_bleu4(
    hypotheses: Sequence[str], references: Sequence[str], convention: Convention
) -> float:
    """Compute corpus BLEU-4 with one reference per clip, 0 to 100, as `score` reports it.

    It uses only the convention from `sign2text.scoring`, so that changes of other metrics cause no
    retraining.
    """
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize=convention.tokenizer, force=True)
    made, true = ([*map(convention.normalise, each)] for each in (hypotheses, references))
    return metric.corpus_score(made, [true]).score
