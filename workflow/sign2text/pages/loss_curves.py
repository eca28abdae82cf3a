"""Losses of an experiment's trainings in sequence, in a table for `dvc plots`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sign2text.pages.training_page import History

COLUMNS = ("trained", "stage", "epoch", "step", "loss", "dev_loss")
"""`trained`: trainings before this one, plus the completed share of its epochs, 0 to 1."""


def make_curves(trainings: Sequence[History]) -> str:
    """Make the table, tab-separated, without the steps at which no loss was measured."""
    import pandas as pd

    parts = [
        training.history.dropna(how="all", subset=["loss", "dev_loss"]).assign(
            stage=training.name,
            trained=lambda rows, before=before: before + rows["epoch"] / rows["epoch"].max(),
        )
        for before, training in enumerate(trainings)
    ]
    table = pd.concat(parts)[list(COLUMNS)]
    return table.to_csv(sep="\t", index=False, float_format="%.8g", lineterminator="\n")
