"""Word error rate of the dev split's glosses, recognised during training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import Over
from sign2text.models.recognition import Recognises, recognise
from sign2text.scoring.gloss_cleaning import GlossRules
from sign2text.scoring.wer import wer, wer_statistics

if TYPE_CHECKING:
    from sign2text.data.clips import Clips
    from sign2text.text.gloss_vocabulary import GlossVocabulary


class DevWer:
    """Recognises the whole split and scores it as one corpus, as test splits are scored.

    Lower is better: `Selection(DevWer(...), metric="wer", name="gloss WER", better="lower")`.
    """

    def __init__(
        self,
        vocabulary: GlossVocabulary,
        clips: Clips,
        references: Sequence[str],
        rules: GlossRules,
        *,
        beams: int = 1,
    ) -> None:
        """Take clips opened as in evaluation, with the true glosses of each as references.

        Args:
            references: gloss lines as in the manifest. Glosses outside the vocabulary are kept and
                count as errors. Clips with an empty line are not scored.
            rules: the corpus's rules for scoring glosses.
            beams: 1 takes the best path.

        Raises:
            InputError: no clip has glosses.
        """
        self.vocabulary, self.clips, self.rules, self.beams = vocabulary, clips, rules, beams
        self.references = [rules.clean(line) for line in references]
        if not any(self.references):
            raise InputError(
                f"dev: {len(self.references)} clips found and none with glosses, expected some: "
                "the recogniser is selected by their word error rate. Fill the column gloss of the "
                "dev split's manifest."
            )

    def __call__(self, model: Recognises, over: Over = map) -> float:
        """Compute the word error rate, in percent, of a model in evaluation mode."""
        found = recognise(model, self.clips, self.vocabulary, beams=self.beams, over=over)
        pairs = [
            (self.rules.clean(line), true)
            for line, true in zip(found, self.references, strict=True)
            if true
        ]
        said, true = zip(*pairs, strict=True)
        return wer(wer_statistics(said, true))
