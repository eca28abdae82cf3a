"""Score files as a published table shows them."""

import csv
import json
from pathlib import Path
from typing import Any

from score_files import score_file

from sign2text.ground.settings import read_settings
from sign2text.stages import tabulate


class Made:
    """The three files that were made of a table."""

    def __init__(self, path: Path) -> None:
        self.lines = list(csv.DictReader(path.open(encoding="utf-8")))
        self.text = path.with_suffix(".md").read_text(encoding="utf-8")
        self.page = path.with_suffix(".html").read_text(encoding="utf-8")

    def line(self, row: str, split: str = "test") -> dict[str, str]:
        (found,) = (
            line
            for line in self.lines
            if line["row"] == row and line["published_split"] in (split, "")
        )
        return found

    def markdown(self, row: str) -> list[str]:
        (found,) = (line for line in self.text.splitlines() if line.startswith(f"| {row} |"))
        return [cell.strip() for cell in found.strip("|").split("|")]


def result(name: str, **changes: Any) -> Path:
    return score_file(Path(f"results/phoenix/{name}.bleu"), **changes)


def tabulate_scores(
    table: str, rows: dict[str, list[Path]], data_set: str = "phoenix", adapter: str = "phoenix"
) -> Made:
    """Run the stage in the current folder."""
    output = Path(f"results/{data_set}/tables/{table}.csv")
    tabulate.run(
        table=table,
        data_set=data_set,
        output=output,
        rows=json.dumps({row: [str(path) for path in paths] for row, paths in rows.items()}),
        config=read_settings(tabulate.Config, {"adapter": adapter}),
    )
    return Made(output)
