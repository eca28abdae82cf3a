"""A paper's page of all tables, made of score files below results/avatar, and read back."""

import csv
import json
from pathlib import Path
from typing import Any

from sign2text.ground.settings import read_settings
from sign2text.stages import summarise

RESULTS = Path("results/avatar")
DIFFERENCE = ("ours_difference", "ours_difference_low", "ours_difference_high")


class Made:
    """The three files that were made."""

    def __init__(self, path: Path) -> None:
        self.lines = list(csv.DictReader(path.open(encoding="utf-8")))
        self.text = path.with_suffix(".md").read_text(encoding="utf-8")
        self.page = path.with_suffix(".html").read_text(encoding="utf-8")

    def line(self, better: str, worse: str, metric: str = "bleu4") -> dict[str, str]:
        wanted = (better, worse, metric)
        (found,) = (
            line for line in self.lines if (line["better"], line["worse"], line["metric"]) == wanted
        )
        return found

    def verdict(self, better: str, worse: str, metric: str = "bleu4") -> str:
        return self.line(better, worse, metric)["verdict"]


def make_summary(rows: dict[Any, Any], paper: str = "fla_llm", **more: Any) -> Made:
    """Make the page in the working folder; rows by the table's number, of one or several runs."""
    named = {
        f"{paper}_{number}": {
            row: [names] if isinstance(names, str) else names for row, names in part.items()
        }
        for number, part in rows.items()
    }
    output = RESULTS / "tables" / f"{paper}.csv"
    summarise.run(
        paper=paper,
        data_set="avatar",
        results=RESULTS,
        output=output,
        rows=json.dumps(named),
        config=read_settings(summarise.Config, more.pop("settings", {})),
        **more,
    )
    return Made(output)


def numbers(line: dict[str, str], *columns: str) -> list[float]:
    return [float(line[column]) for column in columns]
