"""Verdicts: do our runs agree with the published directions? Differences and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.paper_table import Row, Table
from sign2text.comparing.resampled import Resampled, Side
from sign2text.comparing.score_runs import ScoreRun
from sign2text.comparing.table_text import LABELS
from sign2text.papers.directions import Direction, sign

AGREES, DISAGREES, EQUAL, NOT_RUN = "agrees", "disagrees", "cannot be told apart", "not run"
VERDICTS = {
    AGREES: "the interval of our difference is above 0",
    DISAGREES: "it is below 0",
    EQUAL: "it holds 0",
    NOT_RUN: "no experiment is listed for one of the rows, or for both",
}


@dataclass(frozen=True, eq=False)
class Judged:
    """A published direction with our scores; our numbers are rounded to 4 digits."""

    direction: Direction
    better: Side | None
    worse: Side | None
    difference: float | None = None
    """Our score of the published better row minus the other, with the sign of an improvement."""
    interval: tuple[float, float] | None = None
    over: str = ""
    """Kind of the interval (`seed_interval.OVER`)."""
    not_run: str = ""
    """Reason why there is no interval; empty if there is one."""

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`, determined by the interval of our difference alone."""
        if self.interval is None:
            return NOT_RUN
        low, high = self.interval
        return AGREES if low > 0 else DISAGREES if high < 0 else EQUAL

    @property
    def runs(self) -> list[ScoreRun | MeasuredRun]:
        return [run for side in (self.better, self.worse) if side for run in side.runs]


def judge(
    directions: Sequence[Direction], tables: Mapping[str, Table], resampled: Resampled
) -> list[Judged]:
    """Judge each direction by our runs.

    Args:
        tables: the published tables with our runs (`set_beside`), by name.
        resampled: metrics of all runs in the tables.

    Raises:
        InputError: a score file and its sentences are from different runs.
    """
    return [_judge(each, tables[each.table.name], resampled) for each in directions]


def lack(row: Row, metric: str) -> str:
    """Say why a row's runs lack a metric; empty if there are no runs or all have it."""
    if not row.ours or metric in row.numbers:
        return ""
    names = [run.experiment for run in row.runs if metric not in run.numbers(row.scoring)]
    return (
        f"No {LABELS[metric]} of {', '.join(names)}: the method writes no glosses, or the test "
        "clips have none."
    )


def _judge(direction: Direction, table: Table, resampled: Resampled) -> Judged:
    from sign2text.comparing.seed_interval import interval_of_difference, over

    metric, sides, reasons = direction.metric, [], []
    for key in (direction.better, direction.worse):
        row = table.row(key)
        reason = lack(row, metric) if row.ours else f"No experiment is listed for {key}."
        reasons.append(reason)
        sides.append(None if reason else resampled.side(row, metric))
    better, worse = sides
    if better is None or worse is None:
        return Judged(direction, better, worse, not_run=" ".join(filter(None, reasons)))
    whole, other_whole = (sign(metric) * side.whole for side in sides)
    sets, other_sets = (sign(metric) * side.sets for side in sides)
    low, high = interval_of_difference(whole, other_whole, sets, other_sets, seed=resampled.seed)
    return Judged(
        direction,
        better,
        worse,
        round(float(whole.mean() - other_whole.mean()), 4),
        (round(low, 4), round(high, 4)),
        over(len(better.whole), len(worse.whole)),
    )
