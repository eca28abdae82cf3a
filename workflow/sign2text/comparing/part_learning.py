"""Which part of a model learns how much: numbers from the norms that a training wrote down.

A part is anything that the history has norms of (`norm_<part>`, `grad_norm_<part>`); its method
says what it is called. docs/training.md, "Which part learns how much".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.config.methods import Norms, find_object

if TYPE_CHECKING:
    import pandas as pd

Point = tuple[float, float]
"""Epoch and value."""
TRAINED, FROZEN, UNTRAINED, NO_NORMS = "trained", "frozen", "nothing trained", "no norms"
_NORM, _GRADIENT = "norm_", "grad_norm_"


@dataclass(frozen=True, eq=False)
class Training:
    """A stage's training, and which experiments of a comparison use it."""

    stage: str
    owner: str
    """The experiment in whose folder it is."""
    experiments: tuple[str, ...]
    norms: Norms
    """Of its method."""
    settings: Mapping[str, Any]
    """The settings that a reader of norms must know."""
    epochs: float
    """0 where nothing was trained."""
    learning: pd.DataFrame
    """As `learning_of` gives it."""
    values: Mapping[str, int]
    """How many values of each part are trained; empty where that is not known."""

    @property
    def place(self) -> str:
        """Its folder in that of the data set."""
        return f"{self.owner}/{self.stage}"

    @cached_property
    def trained(self) -> list[str]:
        """The parts that have norms."""
        found = set(self.learning["part"])
        return [part for part in self.parts if part in found]

    @cached_property
    def parts(self) -> list[str]:
        """The parts that its method gives this stage, then further ones that have norms."""
        return known_parts(self.norms, self.stage, self.learning["part"])

    @property
    def steps(self) -> int:
        """Logged steps."""
        return max((len(self.points(part, "norm")) for part in self.trained), default=0)

    def name(self, part: str) -> str:
        """The part's name in this stage, in words."""
        return part_name(self.norms, self.stage, part)

    def head(self, part: str) -> str:
        """The part over the columns of all trainings."""
        return self.norms.parts[part].head if part in self.norms.parts else part

    def state(self, part: str) -> str:
        """One of TRAINED, FROZEN, UNTRAINED and NO_NORMS."""
        if not self.trained:
            return NO_NORMS if self.epochs else UNTRAINED
        return TRAINED if part in self.trained else FROZEN

    def points(self, part: str, measure: str) -> list[Point]:
        """The values of `measure`, a column of `learning_of`, where there is one."""
        rows = self.learning[self.learning["part"] == part].dropna(subset=measure)
        return [*zip(rows["epoch"].tolist(), rows[measure].tolist(), strict=True)]

    def measured(self, part: str, measure: str) -> pd.Series:
        """The values of `measure` alone."""
        return self.learning.loc[self.learning["part"] == part, measure].dropna()

    def share(self, part: str) -> float | None:
        """The part's share of the squared norm of all gradients, a mean over the logged steps."""
        shares = self.measured(part, "share")
        return None if shares.empty else float(shares.mean())

    def change(self, part: str) -> float | None:
        """Relative change of the norm at the last logged step: the least that the part moved.

        The distance between two points is at least the difference of their norms.
        """
        moved = self.measured(part, "moved")
        return None if moved.empty else float(moved.iloc[-1])

    def share_of_values(self, part: str) -> float | None:
        """Share of the trained values that are the part's."""
        total = sum(self.values.get(each, 0) for each in self.trained)
        return self.values[part] / total if total and part in self.values else None


def known_parts(norms: Norms, stage: str, found: Iterable[str]) -> list[str]:
    """The parts that a method gives a stage, then further ones that were found in its history."""
    named = (name for name, part in norms.parts.items() if stage in part.names)
    return list(dict.fromkeys([*named, *found]))


def part_name(norms: Norms, stage: str, part: str) -> str:
    """A part's name in a stage's model, in words; as in the history where it has none."""
    return norms.parts[part].names.get(stage, part) if part in norms.parts else part


def parts_of(history: pd.DataFrame) -> list[str]:
    """The parts that a history has columns of, in their order."""
    columns = (column for column in history.columns if column.startswith(_NORM))
    return [column.removeprefix(_NORM) for column in columns]


def learning_of(history: pd.DataFrame) -> pd.DataFrame:
    """Norms of a history, a row a logged step and trained part; a frozen part has none.

    Columns: `part`; `epoch`; `gradient`, L2 norm of its gradients before clipping; `norm`, of its
    trained parameters; `share`, 0 to 1, of the squared norm of all gradients; `moved`, relative
    change of the parameters' norm since the first logged step. NaN where there is no number; shares
    are of the steps at which all parts have a gradient.
    """
    import numpy as np
    import pandas as pd

    norms = history[[f"{_NORM}{part}" for part in parts_of(history)]]
    norms = norms[norms.notna().any(axis=1)].dropna(axis=1, how="all")
    norms.columns = [column.removeprefix(_NORM) for column in norms.columns]
    gradients = history.loc[norms.index].reindex(columns=[f"{_GRADIENT}{p}" for p in norms.columns])
    gradients.columns = norms.columns
    squares = gradients**2
    total = squares.sum(axis=1, skipna=False)
    shares = squares.div(total.where(np.isfinite(total) & (total > 0)), axis=0)
    measured = {"gradient": gradients, "norm": norms, "share": shares}
    epochs = history.loc[norms.index, "epoch"]
    parts = [
        pd.DataFrame({"epoch": epochs, **{name: table[part] for name, table in measured.items()}})
        .replace([np.inf, -np.inf], np.nan)
        .assign(part=part, moved=lambda rows: _moved(rows["norm"]))
        for part in norms.columns
    ]
    columns = ["part", "epoch", *measured, "moved"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _moved(norms: pd.Series) -> pd.Series:
    """Relative change since the first norm that is a number; NaN where that is 0."""
    known = norms.dropna()
    start = known.iloc[0] if len(known) and known.iloc[0] else float("nan")
    return norms / start - 1


def values_of(norms: Norms, model: Path, settings: Mapping[str, Any]) -> dict[str, int]:
    """How many values of each part a training trained, as its method counts; {} where unknown.

    Raises InputError where the model's file is cut.
    """
    if norms.values is None or not model.exists():
        return {}
    return find_object(norms.values)(model, settings)
