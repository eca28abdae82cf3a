"""Score files as the tables read them: numbers of one run, and of several training seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.papers.published_numbers import SCORED_SPLIT
from sign2text.papers.sources import Scoring
from sign2text.scoring.score_reader import make_again, read_score_file
from sign2text.scoring.statement import score_name, shown_seed

KEYS = (
    "data_set", "experiment", "seed", "settings", "settings_without_seed", "split", "time",
    "convention", "conventions", "scores", "left_out", "in_train",
)  # fmt: skip
"""Keys that a table needs from a score file; docs/scores.md explains them."""
_OF_A_GROUP = ("wer", "bleurt")
"""Scores that do not depend on the convention."""


@dataclass(frozen=True)
class Measured:
    """A number from one of our runs, or the mean and standard deviation (n - 1) over seeds."""

    mean: float
    deviation: float | None = None


@dataclass(frozen=True)
class ScoreRun:
    """A score file, `results/<data set>/<experiment>.bleu` (docs/scores.md)."""

    path: str
    result: Mapping[str, Any]

    @property
    def experiment(self) -> str:
        return score_name(self.result) or Path(self.path).stem

    @property
    def clips(self) -> int:
        return self.result["scores"]["all"]["clips"]

    @property
    def seed(self) -> str:
        """The training seed; each stage's seed if they differ."""
        seed = self.result["seed"]
        return "unknown" if seed is None else shown_seed(seed)

    @property
    def leaked(self) -> int:
        """Number of test clips with a sentence that is also in the training text."""
        return self.result["in_train"]["clips"]

    @property
    def left_out(self) -> str:
        """Clips left out of the splits' tables, by split; `0` if there are none."""
        parts = [f"{split} {n:,}" for split, n in self.result["left_out"].items() if n]
        return ", ".join(parts) or "0"

    def convention(self, scoring: Scoring) -> str:
        """Return the convention of `scoring`, or the run's own if its language lacks that one."""
        known = scoring.convention in (self.result["convention"], *self.result["conventions"])
        return scoring.convention if known else self.result["convention"]

    def numbers(self, scoring: Scoring) -> dict[str, float]:
        """Return the scores of all test clips under a paper's convention, by published column.

        Raises InputError if the file lacks one of them.
        """
        with self._complete(scoring):
            return self._numbers(scoring)

    @contextmanager
    def _complete(self, scoring: Scoring) -> Iterator[None]:
        """Turn a missing key of a convention into an InputError."""
        try:
            yield
        except KeyError as error:
            raise InputError(
                f"{self.path}: has no {error} of all test clips under the convention "
                f"{self.convention(scoring)}. {make_again(Path(self.path))}"
            ) from None

    def _numbers(self, scoring: Scoring) -> dict[str, float]:
        whole = self.result["scores"]["all"]
        name = self.convention(scoring)
        part = dict(self.result["conventions"].get(name, {}))
        if name == self.result["convention"]:
            part |= whole
        rouge = "rouge_l_beta_pr" if scoring.rouge_beta == "p/r" else "rouge_l"
        found = {f"bleu{order}": part[f"bleu{order}"] for order in range(1, 5)}
        found["rouge_l"] = part[rouge]
        return found | {column: whole[column] for column in _OF_A_GROUP if column in whole}

    def interval(self, scoring: Scoring) -> tuple[float, float] | None:
        """Return BLEU-4's 95 % interval, which exists only under the run's own convention."""
        found = self.result["scores"]["all"].get("bleu4_interval")
        if found is None or self.convention(scoring) != self.result["convention"]:
            return None
        return tuple(found)

    def signature(self, scoring: Scoring) -> str:
        """Return sacrebleu's signature of BLEU; raise InputError if the file lacks it."""
        name = self.convention(scoring)
        part = self.result["conventions"].get(name) or self.result["scores"]["all"]
        with self._complete(scoring):
            return part["signature"]["bleu"]

    @property
    def not_in_train(self) -> float | None:
        """BLEU-4 without the leaked clips, under the run's own convention."""
        return self.result["scores"].get("not_in_train", {}).get("bleu4")


def read_run(path: Path) -> ScoreRun:
    """Read a score file. Raises InputError if it is missing or not written by the stage score."""
    return as_run(path, read_score_file(path, KEYS))


def as_run(path: Path, result: Mapping[str, Any]) -> ScoreRun:
    """Make a run from the contents of a score file that has all KEYS.

    Raises InputError if it lacks scores, or is of another split than the published numbers.
    """
    if result["split"] != SCORED_SPLIT:
        raise InputError(
            f'{path}: found scores of split "{result["split"]}", expected those of {SCORED_SPLIT}. '
            f"{make_again(path)}"
        )
    run = ScoreRun(path.as_posix(), result)
    scoring = Scoring(result["convention"], "p/r", "")
    try:
        _ = run.clips
    except KeyError as error:
        raise InputError(f"{path}: has no {error} of all test clips. {make_again(path)}") from None
    _ = run.numbers(scoring), run.signature(scoring)
    return run


def mean_of(runs: Sequence[ScoreRun], scoring: Scoring) -> dict[str, Measured]:
    """Return the numbers of one run, or mean and standard deviation over several seeds."""
    each = [run.numbers(scoring) for run in runs]
    shared = [column for column in each[0] if all(column in numbers for numbers in each)]
    return {column: measure([numbers[column] for numbers in each]) for column in shared}


def measure(values: Sequence[float]) -> Measured:
    """Return one value as is, several as their mean and standard deviation (n - 1)."""
    if len(values) == 1:
        return Measured(values[0])
    return Measured(statistics.fmean(values), statistics.stdev(values))


def check_seeds(runs: Sequence[ScoreRun], where: str) -> None:
    """Raise InputError unless all runs are different seeds of one experiment."""
    first = runs[0]
    for run in runs[1:]:
        for key, meaning in (
            ("settings_without_seed", "settings beside the seed"),
            ("convention", "scoring convention"),
            ("code", "code"),
            ("control", "control"),
            ("language", "language"),
            ("left_out", "clips left out"),
            ("in_train", "number of leaked sentences"),
        ):
            ours, theirs = first.result.get(key), run.result.get(key)
            if ours != theirs or (ours is None and key == "settings_without_seed"):
                raise InputError(
                    f"{where}: {first.path} and {run.path} have not the same {meaning} (found "
                    f"{ours} and {theirs}), so their mean says nothing; list further seeds of one "
                    "experiment only, or score again those with other settings"
                )
        if run.clips != first.clips:
            raise InputError(
                f"{where}: {first.path} has scores of {first.clips} test clips, {run.path} of "
                f"{run.clips}; score them on the same corpus"
            )
    seeds: dict[str, str] = {}
    for run in runs if len(runs) > 1 else ():
        if run.seed in seeds:
            raise InputError(
                f"{where}: {seeds[run.seed]} and {run.path} both have the seed {run.seed}; list "
                "each seed once"
            )
        seeds[run.seed] = run.path
