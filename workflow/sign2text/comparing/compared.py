"""The experiments of a comparison: reading and checking their score files and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.errors import InputError
from sign2text.scoring.metrics import FURTHER_METRICS, METRICS
from sign2text.scoring.score_reader import make_again, read_score_file, read_sentences
from sign2text.scoring.sentence_table import GLOSSES
from sign2text.scoring.statement import score_name

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.scoring.gloss_cleaning import GlossRules

KEYS = (
    "data_set", "experiment", "method", "seed", "settings", "settings_without_seed", "code",
    "split", "time", "control", "runs", "clips", "left_out", "in_train", "convention", "scores",
)  # fmt: skip
"""Keys that a score file needs to be compared; docs/scores.md explains them."""
SAME = {
    "data_set": "Compare experiments of one data set; the target names it: results/<data set>/...",
    "split": "Score the same split for both.",
    "clips": "Make both score files again, of the same manifest.",
    "convention": "Set the same `convention` for the stage score at the data set, and score again.",
}
"""Keys that must be equal in all score files, and advice for when one differs."""


@dataclass(frozen=True)
class Compared:
    """One experiment: its name, its score file, and its sentences by clip id."""

    name: str
    path: Path
    result: dict[str, Any]
    sentences: pd.DataFrame

    @property
    def hypotheses(self) -> list[str]:
        return self.sentences["hypothesis"].tolist()

    @property
    def references(self) -> list[str]:
        return self.sentences["reference"].tolist()

    def glosses(self, rules: GlossRules) -> list[tuple[str, str]]:
        """Pair predicted with reference glosses, cleaned, of clips with reference glosses.

        Raises InputError if there are none.
        """
        found = []
        if all(name in self.sentences for name in GLOSSES):
            true, written = (self.sentences[name].map(rules.clean) for name in GLOSSES)
            found = [pair for pair in zip(written, true, strict=True) if pair[1]]
        if not found:
            raise InputError(
                f"{self.path}: has a WER of glosses, but the sentences beside it have no glosses; "
                f"the two files are of different runs. {make_again(self.path)}"
            )
        return found


def read_compared(
    scores: Sequence[Path],
    sentences: Sequence[Path],
    *,
    least: int = 2,
    wanted: Sequence[str] = (),
) -> list[Compared]:
    """Read the experiments of a comparison, the baseline first.

    All have the baseline's clips, in its order.

    Args:
        least: minimum number of experiments.
        wanted: further keys that the score files must have.

    Raises:
        InputError: a file is incomplete or in an older format, or the experiments cannot be
            compared because data set, split, convention, clips or references differ.
    """
    if len(scores) < least or len(scores) != len(sentences):
        raise InputError(
            f"--scores names {len(scores)} files and --sentences {len(sentences)}; expected "
            f"{least} or more experiments, and one file of each kind for each"
        )
    found = [_read(path, table, wanted) for path, table in zip(scores, sentences, strict=True)]
    if not found:
        return []
    base, *others = found
    for number, other in enumerate(others, start=1):
        if other.name in [each.name for each in found[:number]]:
            raise InputError(
                f"{other.path}: experiment {other.name} is there twice, expected different ones. "
                "Take one out of what config.yaml lists."
            )
        _check_results(base, other)
        _check_sentences(base, other, sentences[0], sentences[number])
    _check_glosses(found, sentences)
    order = base.sentences.index
    return [
        Compared(each.name, each.path, each.result, each.sentences.loc[order]) for each in found
    ]


def check_score(
    experiment: Compared, found: float, expected: float | None = None, metric: str = "bleu4"
) -> None:
    """Refuse a score file that disagrees with `found`, the metric computed from its sentences.

    `expected` is the file's score; by default, its score under the main convention. A control is
    not checked: its score file has means over all runs, but the sentences of the first run alone.
    """
    if expected is None:
        expected = experiment.result["scores"]["all"][metric]
    if experiment.result["control"] is None and abs(expected - found) > 0.001:
        name = {**METRICS, **FURTHER_METRICS}[metric]
        raise InputError(
            f"{experiment.path}: {name} of all clips is {expected}, but its table of sentences "
            f"has {found:.4f}; the two files are of different runs. "
            f"{make_again(experiment.path)}"
        )


def _read(path: Path, table: Path, wanted: Sequence[str]) -> Compared:
    result = read_score_file(path, (*KEYS, "scores.all.bleu4", *wanted))
    sentences = read_sentences(table, path)
    if len(sentences) != result["clips"]:
        raise InputError(
            f"{table}: holds {len(sentences)} clips, expected the {result['clips']} of {path}. "
            f"{make_again(path)}"
        )
    return Compared(score_name(result) or path.stem, path, result, sentences)


def _check_results(base: Compared, other: Compared) -> None:
    for key, advice in SAME.items():
        if other.result[key] != base.result[key]:
            raise InputError(
                f"{other.path}: {key} is {other.result[key]!r}, expected {base.result[key]!r} as "
                f"in the baseline {base.path}; scores of the two cannot be compared. {advice}"
            )


def _check_sentences(base: Compared, other: Compared, base_path: Path, path: Path) -> None:
    for clip in base.sentences.index.difference(other.sentences.index, sort=False)[:1]:
        [stranger] = other.sentences.index.difference(base.sentences.index, sort=False)[:1]
        raise InputError(
            f"{path}: has no clip '{clip}' of the baseline's {base_path}, but a clip "
            f"'{stranger}' that is not there; expected the same clips. Both must come from one "
            f"manifest: {make_again(base.path, other.path)}"
        )
    for column in ("reference", "signer"):
        _check_column(column, base, other, base_path, path)


def _check_glosses(found: Sequence[Compared], paths: Sequence[Path]) -> None:
    """Refuse experiments with different reference glosses; some may have no glosses."""
    column, pairs = GLOSSES[0], zip(found, paths, strict=True)
    having = [(each, path) for each, path in pairs if column in each.sentences]
    for other, path in having[1:]:
        base, base_path = having[0]
        _check_column(column, base, other, base_path, path)


def _check_column(
    column: str, base: Compared, other: Compared, base_path: Path, path: Path
) -> None:
    here = other.sentences.loc[base.sentences.index, column]
    differs = here != base.sentences[column]
    if differs.any():
        clip = differs.idxmax()
        raise InputError(
            f"{path}, clip '{clip}': {column} is {here[clip]!r}, expected "
            f"{base.sentences.at[clip, column]!r} as in the baseline's {base_path}. Both must "
            f"come from one manifest: {make_again(base.path, other.path)}"
        )
