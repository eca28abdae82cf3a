"""Verdicts on published directions: do ours agree? Differences and their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sign2text.comparing.paper_table import Row, Table
from sign2text.comparing.score_runs import Measured, ScoreRun, measure
from sign2text.papers.directions import METRIC, Direction

if TYPE_CHECKING:
    import numpy as np

    from sign2text.comparing.compared import Compared
    from sign2text.papers.sources import Scoring

AGREES, DISAGREES, EQUAL, NOT_RUN = "agrees", "disagrees", "cannot be told apart", "not run"
VERDICTS = {
    AGREES: "the interval of our difference is above 0",
    DISAGREES: "it is below 0",
    EQUAL: "it holds 0",
    NOT_RUN: "no experiment is listed for one of the rows, or for both",
}


@dataclass(frozen=True, eq=False)
class Side:
    """BLEU-4 of ours beside one row of a direction."""

    runs: tuple[ScoreRun, ...]
    whole: np.ndarray
    """Of all clips, a value a run, [K]."""
    sets: np.ndarray
    """Of the resampled test sets, [K, sets]."""

    @property
    def score(self) -> Measured:
        """The one run's, or mean and standard deviation over seeds."""
        return measure([round(float(each), 4) for each in self.whole])

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % over clips, of a single run."""
        from sign2text.scoring.bootstrap import interval

        return _rounded(interval(self.sets[0])) if len(self.runs) == 1 else None


@dataclass(frozen=True, eq=False)
class Judged:
    """A published direction with ours beside; numbers of ours are rounded to 4 digits."""

    direction: Direction
    better: Side | None
    worse: Side | None
    difference: float | None = None
    """Of ours: the row that is better as published minus the other one."""
    interval: tuple[float, float] | None = None
    over: str = ""
    """Kind of the interval (seed_interval.OVER)."""

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`; the interval of our difference alone decides."""
        if self.interval is None:
            return NOT_RUN
        low, high = self.interval
        return AGREES if low > 0 else DISAGREES if high < 0 else EQUAL

    @property
    def runs(self) -> list[ScoreRun]:
        return [run for side in (self.better, self.worse) if side for run in side.runs]


class Resampled:
    """BLEU-4 of each run, on all clips and on the same resampled test sets.

    Args:
        compared: the runs, all of the same clips in the same order.
        resamples, seed: of the test sets; with those of the stage compare the same ones.
    """

    def __init__(self, compared: Sequence[Compared], *, resamples: int, seed: int) -> None:
        self.compared = {each.path.as_posix(): each for each in compared}
        self.resamples, self.seed = resamples, seed
        self._found: dict[tuple[str, str], tuple[float, np.ndarray]] = {}
        self._counts: np.ndarray | None = None

    def bleu4(self, run: ScoreRun, scoring: Scoring) -> tuple[float, np.ndarray]:
        """Under a paper's convention: of all clips, and [test sets].

        Raises InputError where the score file does not belong to its sentences.
        """
        import numpy as np

        from sign2text.comparing.compared import check_score
        from sign2text.scoring.bleu import BleuStatistics, bleu_from
        from sign2text.scoring.bootstrap import draws, resampled_sums
        from sign2text.scoring.conventions import CONVENTIONS

        name = run.convention(scoring)
        if (run.path, name) not in self._found:
            texts = self.compared[run.path]
            references = [[text] for text in texts.references]
            rows = BleuStatistics(texts.hypotheses, references, CONVENTIONS[name]).rows
            if self._counts is None:
                self._counts = draws(len(rows), self.resamples, self.seed)
            whole = bleu_from(rows.sum(axis=0))[-1]
            check_score(texts, whole, run.numbers(scoring)[METRIC])
            resampled = [bleu_from(sums)[-1] for sums in resampled_sums(self._counts, rows)]
            self._found[run.path, name] = whole, np.array(resampled)
        return self._found[run.path, name]

    def side(self, row: Row) -> Side:
        """BLEU-4 of the runs beside a row, under the convention of its paper."""
        import numpy as np

        found = [self.bleu4(run, row.scoring) for run in row.runs]
        whole, sets = (np.array(each) for each in zip(*found, strict=True))
        return Side(row.runs, whole, sets)


def judge(
    directions: Sequence[Direction], tables: Mapping[str, Table], resampled: Resampled
) -> list[Judged]:
    """Each direction with ours beside.

    Args:
        tables: the published tables with ours beside (`set_beside`), by name.
        resampled: of all runs that stand in them.

    Raises:
        InputError: a score file does not belong to its sentences.
    """

    def side(table: Table, key: str) -> Side | None:
        row = table.row(key)
        return resampled.side(row) if row.runs else None

    found = []
    for each in directions:
        table = tables[each.table.name]
        better, worse = side(table, each.better), side(table, each.worse)
        found.append(_judged(each, better, worse, resampled.seed))
    return found


def _judged(direction: Direction, better: Side | None, worse: Side | None, seed: int) -> Judged:
    from sign2text.comparing.seed_interval import interval_of_difference, over

    if better is None or worse is None:
        return Judged(direction, better, worse)
    return Judged(
        direction,
        better,
        worse,
        round(float(better.whole.mean() - worse.whole.mean()), 4),
        _rounded(
            interval_of_difference(better.whole, worse.whole, better.sets, worse.sets, seed=seed)
        ),
        over(len(better.whole), len(worse.whole)),
    )


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    return round(low, 4), round(high, 4)
