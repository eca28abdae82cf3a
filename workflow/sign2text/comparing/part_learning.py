"""How much each part of a model learns, from the norms that a training recorded.

A part is anything with norms in the history (`norm_<part>`, `grad_norm_<part>`). The method names
its parts. See docs/training.md, "Which part learns how much".
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
    """A stage's training, and the experiments of a comparison that use it."""

    stage: str
    owner: str
    """The experiment that the folder belongs to."""
    experiments: tuple[str, ...]
    norms: Norms
    """The norms that its method declares."""
    settings: Mapping[str, Any]
    """The settings that matter to a reader of norms."""
    epochs: float
    """Trained epochs; 0 if nothing was trained."""
    learning: pd.DataFrame
    """The table from `learning_of`."""
    values: Mapping[str, int]
    """Number of trained values of each part; empty if unknown."""

    @property
    def place(self) -> str:
        """Its folder within the data set's folder."""
        return f"{self.owner}/{self.stage}"

    @cached_property
    def trained(self) -> list[str]:
        """The parts with norms."""
        found = set(self.learning["part"])
        return [part for part in self.parts if part in found]

    @cached_property
    def parts(self) -> list[str]:
        """The parts that its method declares for this stage, then other parts with norms."""
        return known_parts(self.norms, self.stage, self.learning["part"])

    @property
    def steps(self) -> int:
        """Number of logged steps."""
        return max((len(self.points(part, "norm")) for part in self.trained), default=0)

    def name(self, part: str) -> str:
        """Return the part's name in this stage, in words."""
        return part_name(self.norms, self.stage, part)

    def head(self, part: str) -> str:
        """Return the part's column heading, the same for all trainings."""
        return self.norms.parts[part].head if part in self.norms.parts else part

    def state(self, part: str) -> str:
        """Return TRAINED, FROZEN, UNTRAINED or NO_NORMS."""
        if not self.trained:
            return NO_NORMS if self.epochs else UNTRAINED
        return TRAINED if part in self.trained else FROZEN

    def points(self, part: str, measure: str) -> list[Point]:
        """Return epochs and values of `measure`, a column of `learning_of`, without gaps."""
        rows = self.learning[self.learning["part"] == part].dropna(subset=measure)
        return [*zip(rows["epoch"].tolist(), rows[measure].tolist(), strict=True)]

    def measured(self, part: str, measure: str) -> pd.Series:
        """Return the values of `measure` without gaps."""
        return self.learning.loc[self.learning["part"] == part, measure].dropna()

    def share(self, part: str) -> float | None:
        """Return the part's share of the squared norm of all gradients, averaged over the steps."""
        shares = self.measured(part, "share")
        return None if shares.empty else float(shares.mean())

    def change(self, part: str) -> float | None:
        """Return the relative change of the norm up to the last logged step.

        This is a lower bound on the part's movement: the distance between two points is at least
        the difference of their norms.
        """
        moved = self.measured(part, "moved")
        return None if moved.empty else float(moved.iloc[-1])

    def share_of_values(self, part: str) -> float | None:
        """Return the part's share of all trained values."""
        total = sum(self.values.get(each, 0) for each in self.trained)
        return self.values[part] / total if total and part in self.values else None


def known_parts(norms: Norms, stage: str, found: Iterable[str]) -> list[str]:
    """List the parts that a method declares for a stage, then other parts found in its history."""
    named = (name for name, part in norms.parts.items() if stage in part.names)
    return list(dict.fromkeys([*named, *found]))


def part_name(norms: Norms, stage: str, part: str) -> str:
    """Return a part's name in a stage's model, in words; its key in the history if it has none."""
    return norms.parts[part].names.get(stage, part) if part in norms.parts else part


def parts_of(history: pd.DataFrame) -> list[str]:
    """List the parts with columns in a history, in their order."""
    columns = (column for column in history.columns if column.startswith(_NORM))
    return [column.removeprefix(_NORM) for column in columns]


def learning_of(history: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the norms of a history: a row per logged step and trained part, none if frozen.

    Columns: `part`; `epoch`; `gradient`, the L2 norm of its gradients before clipping; `norm`, the
    L2 norm of its trained parameters; `share`, 0 to 1, its share of the squared norm of all
    gradients; `moved`, the relative change of `norm` since the first logged step. Missing numbers
    are NaN. There are shares only at steps where all parts have a gradient.
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
    """Compute the relative change since the first known norm; NaN if that norm is 0."""
    known = norms.dropna()
    start = known.iloc[0] if len(known) and known.iloc[0] else float("nan")
    return norms / start - 1


def values_of(norms: Norms, model: Path, settings: Mapping[str, Any]) -> dict[str, int]:
    """Count the trained values of each part with the method's function; {} if unknown.

    Raises InputError if the model's file is incomplete.
    """
    if norms.values is None or not model.exists():
        return {}
    return find_object(norms.values)(model, settings)
