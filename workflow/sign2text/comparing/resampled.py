"""Metrics of runs, from their sentences, on all clips and on the same resampled test sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sign2text.comparing.compared import check_score
from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.paper_table import Row
from sign2text.comparing.score_runs import Measured, ScoreRun, measure
from sign2text.ground.errors import InputError
from sign2text.papers.directions import BLEU4
from sign2text.papers.published_numbers import MEASURED

if TYPE_CHECKING:
    import numpy as np

    from sign2text.comparing.compared import Compared
    from sign2text.papers.sources import Scoring


@dataclass(frozen=True, eq=False)
class Side:
    """A metric of our runs for one row of a direction."""

    runs: tuple[ScoreRun, ...] | tuple[MeasuredRun, ...]
    clips: int
    """Number of clips that the metric covers: all, or those with glosses."""
    whole: np.ndarray
    """The metric on these clips, one value per run, [K]."""
    sets: np.ndarray
    """The metric on the resampled test sets, [K, sets]."""

    @property
    def score(self) -> Measured:
        """The score of a single run, or mean and standard deviation over seeds."""
        return measure([round(float(each), 4) for each in self.whole])

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval over clips, of a single run."""
        from sign2text.scoring.bootstrap import interval

        if len(self.runs) != 1:
            return None
        low, high = interval(self.sets[0])
        return round(low, 4), round(high, 4)


class Resampled:
    """A metric of each run, on all clips and on the same resampled test sets.

    The sets are drawn from the clips that a metric covers. WER and BLEU-4 therefore share their
    sets if all clips have glosses.

    Args:
        compared: the runs, all with the same clips in the same order.
        adapter: the data set's adapter, which determines how glosses are cleaned.
        resamples, seed: number and seed of the test sets; the values of the stage compare give
            the same sets as there.
    """

    def __init__(
        self, compared: Sequence[Compared], *, adapter: str, resamples: int, seed: int
    ) -> None:
        self.compared = {each.path.as_posix(): each for each in compared}
        self.adapter, self.resamples, self.seed = adapter, resamples, seed
        self._found: dict[tuple[str, str, str], tuple[int, float, np.ndarray]] = {}
        self._clips: dict[str, tuple[str, list[str]]] = {}
        self._draws: dict[int, np.ndarray] = {}

    def side(self, row: Row, metric: str) -> Side:
        """Compute a metric of a row's runs; BLEU-4 is under the convention of the row's paper.

        Raises:
            InputError: a score file and its sentences are from different runs; or a measurement has
                no statistics of the clips, or those of other clips.
        """
        import numpy as np

        if metric in MEASURED:
            runs, found = row.measured, [self._measured(run, metric) for run in row.measured]
        else:
            runs, found = row.runs, [self._scored(run, metric, row.scoring) for run in row.runs]
        clips, whole, sets = zip(*found, strict=True)
        return Side(runs, clips[0], np.array(whole), np.array(sets))

    def _measured(self, run: MeasuredRun, metric: str) -> tuple[int, float, np.ndarray]:
        """Return what `_scored` does, of a number that the method measures."""
        key = run.path, metric, ""
        if key not in self._found:
            ids, rows, score = run.statistics(metric)
            first, known = self._clips.setdefault(metric, (run.path, ids))
            if ids != known:
                raise InputError(
                    f"{run.path}: {metric} is of {len(ids)} clips, other ones than in {first}; "
                    "expected the same clips in the same order. Make both again, of one manifest."
                )
            self._found[key] = self._on_sets(rows, score)
        return self._found[key]

    def _on_sets(
        self, rows: np.ndarray, score: Callable[[np.ndarray], float]
    ) -> tuple[int, float, np.ndarray]:
        """Return the number of clips, and the score of them and of each resampled set."""
        import numpy as np

        from sign2text.scoring.bootstrap import resampled_sums

        sets = [score(sums) for sums in resampled_sums(self._drawn(len(rows)), rows)]
        return len(rows), score(rows.sum(axis=0)), np.array(sets)

    def _scored(
        self, run: ScoreRun, metric: str, scoring: Scoring
    ) -> tuple[int, float, np.ndarray]:
        """Return the number of clips, and the metric on them and on each resampled set, [sets]."""
        key = run.path, metric, run.convention(scoring)
        if key not in self._found:
            texts = self.compared[run.path]
            rows, score = (
                _bleu4(texts, run.convention(scoring))
                if metric == BLEU4
                else _wer(texts, self.adapter)
            )
            check_score(texts, score(rows.sum(axis=0)), run.numbers(scoring)[metric], metric)
            self._found[key] = self._on_sets(rows, score)
        return self._found[key]

    def _drawn(self, clips: int) -> np.ndarray:
        from sign2text.scoring.bootstrap import draws

        if clips not in self._draws:
            self._draws[clips] = draws(clips, self.resamples, self.seed)
        return self._draws[clips]


def _bleu4(texts: Compared, convention: str) -> tuple[np.ndarray, Callable[[np.ndarray], float]]:
    """Return the statistics of each clip, and the function from their sum to BLEU-4."""
    from sign2text.scoring.bleu import BleuStatistics, bleu_from
    from sign2text.scoring.conventions import CONVENTIONS

    references = [[text] for text in texts.references]
    statistics = BleuStatistics(texts.hypotheses, references, CONVENTIONS[convention])
    return statistics.rows, lambda sums: bleu_from(sums)[-1]


def _wer(texts: Compared, adapter: str) -> tuple[np.ndarray, Callable[[np.ndarray], float]]:
    """Return the statistics of each clip with glosses, and the function from their sum to WER.

    Raises InputError if the sentences have no glosses.
    """
    from sign2text.scoring.gloss_cleaning import rules_of
    from sign2text.scoring.wer import wer, wer_statistics

    written, true = zip(*texts.glosses(rules_of(adapter)), strict=True)
    return wer_statistics(written, true), wer
