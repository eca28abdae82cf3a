"""The tables of a comparison over seeds, and the sentences to put first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sign2text.comparing.comparison_tables import Cell, Table, differing
from sign2text.comparing.over_seeds import mean_text
from sign2text.comparing.seed_interval import OVER
from sign2text.scoring.metrics import METRICS
from sign2text.scoring.statement import shown_seed

KEY = "over_seeds"
TITLE = "Over seeds"
FIRST_RUNS = "The first run of each, clip by clip"


def has_seeds(result: Mapping[str, Any]) -> bool:
    """Return whether a member of the comparison has several runs."""
    return KEY in result


def leading(result: Mapping[str, Any]) -> list[str]:
    """Return a sentence to paste for each experiment, over seeds if there are several."""
    over_seeds = result[KEY]["statements"] if has_seeds(result) else {}
    return [over_seeds.get(name, text) for name, text in result["statements"].items()]


def of_first_runs(result: Mapping[str, Any]) -> list[str]:
    """Return the sentences on single runs that sentences over seeds replace."""
    led = leading(result)
    return [text for text in result["statements"].values() if text not in led]


def reading(result: Mapping[str, Any]) -> list[str]:
    """Explain the intervals over seeds, a sentence for each kind."""
    found = {
        metric["over"] for each in result[KEY]["differences"].values() for metric in each.values()
    }
    return [f"Intervals over {over}: {text}." for over, text in OVER.items() if over in found]


def seed_tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """Make the tables of means over seeds, of differences of means, and of the runs."""
    members = result[KEY]["members"]
    yield Table(
        "Mean and standard deviation over seeds",
        ["metric", *(f"{name}, {_counted(each)}" for name, each in members.items())],
        [
            [Cell(title), *(Cell(mean_text(each, metric)) for each in members.values())]
            for metric, title in METRICS.items()
        ],
    )
    differences = result[KEY]["differences"]
    yield Table(
        f"Difference of means from {result['baseline']}",
        ["metric", *differences],
        [
            [Cell(title), *(differing(found[metric]) for found in differences.values())]
            for metric, title in METRICS.items()
        ],
    )
    yield Table(
        "The runs",
        ["run", "seed", *METRICS.values()],
        [
            [
                Cell(name, "first run" if name == first and len(member["runs"]) > 1 else ""),
                Cell(shown_seed(run["seed"])),
                *(Cell(f"{run['scores'][metric]:.2f}") for metric in METRICS),
            ]
            for first, member in members.items()
            for name, run in member["runs"].items()
        ],
    )


def further_runs(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return all runs other than each member's first, by name."""
    members = result[KEY]["members"] if has_seeds(result) else {}
    return {
        name: run
        for first, member in members.items()
        for name, run in member["runs"].items()
        if name != first
    }


def _counted(member: Mapping[str, Any]) -> str:
    count = len(member["runs"])
    return f"{count} run{'s' * (count != 1)}"
