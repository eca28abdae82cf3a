"""BLEU-4 of the dev split, decoded by beam search while a training is under way."""

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
    """Select weights by BLEU-4 of dev's `clips`, scored as the headline; None: keep the last."""
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
    """Decodes the whole split and scores it at once, as a test split is scored."""

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
        """`clips` are the split's as in evaluation, `references` a true sentence for each."""
        self.tokenizer, self.clips = tokenizer, clips
        self.references, self.convention = list(references), convention
        self.beams, self.max_new_tokens = beams, max_new_tokens

    def __call__(self, model: Translator, over: Over = map) -> float:
        """BLEU-4, 0 to 100, of a model in evaluation mode."""
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
    """BLEU-4 of a corpus with one reference a clip, 0 to 100: the one that `score` reports.

    Of `sign2text.scoring` it needs the convention alone, so a change of other metrics trains
    nothing anew.
    """
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize=convention.tokenizer, force=True)
    made, true = ([*map(convention.normalise, each)] for each in (hypotheses, references))
    return metric.corpus_score(made, [true]).score
