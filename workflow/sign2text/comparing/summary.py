"""All tables of a paper with our numbers, and our verdict on each published direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from sign2text.comparing.paper_table import Table, table_name
from sign2text.comparing.seed_interval import OVER
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.table_text import LABELS
from sign2text.comparing.verdicts import AGREES, DISAGREES, NOT_RUN, VERDICTS, Judged, lack
from sign2text.papers.directions import ARGUMENT, BLEU4, LOWER_IS_BETTER, Direction
from sign2text.papers.sources import Paper

_VERBS = {AGREES: ("agrees", "agree"), DISAGREES: ("disagrees", "disagree")}
"""Verdicts that are verbs, in singular and plural."""


@dataclass(frozen=True)
class Summary:
    """A paper's tables with our numbers, and its directions judged."""

    paper: Paper
    data_set: str
    judged: Sequence[Judged]
    tables: Mapping[str, Table]
    resamples: int
    seed: int

    @property
    def title(self) -> str:
        return f"All tables of {self.paper.method}, with ours on {self.data_set}"

    @property
    def metrics(self) -> list[str]:
        """Metrics of the directions."""
        return list(dict.fromkeys(each.direction.metric for each in self.judged))

    @property
    def statements(self) -> list[str]:
        """Number of directions with each verdict, in sentences to paste."""
        if not self.judged:
            return [f"No directions of {self.paper.method} are written down."]
        argued = [each for each in self.judged if each.direction.kind == ARGUMENT]
        of = f"direction{'s' * (len(self.judged) != 1)} of {self.paper.method}"
        found = [f"{len(self.judged)} published {of}, ours: {_counted(self.judged)}."]
        for metric in self.metrics if self.metrics != [BLEU4] else ():
            part = [each for each in self.judged if each.direction.metric == metric]
            be = "is" if len(part) == 1 else "are"
            found.append(f"{len(part)} of them {be} by {LABELS[metric]}, ours: {_counted(part)}.")
        if argued:
            carry = "carries" if len(argued) == 1 else "carry"
            found.append(f"{len(argued)} of them {carry} its argument, ours: {_counted(argued)}.")
        return found

    @property
    def notes(self) -> list[str]:
        """Notes to read before the verdicts."""
        if not self.judged:
            return []
        level = notes_on(self.tables[self.judged[0].direction.table.name])[0]
        return [
            level,
            "The published differences are of one training each and have no interval: a small one "
            "may itself be chance.",
            *self._controls(),
            *self._lacking(),
        ]

    @property
    def reading(self) -> list[str]:
        """Explanation of the verdicts."""
        meaning = "; ".join(f"{name}: {text}" for name, text in VERDICTS.items())
        names = " or ".join(LABELS[metric] for metric in self.metrics)
        overs = [each for each in OVER if any(judged.over == each for judged in self.judged)]
        found = [
            f"A verdict depends on the 95 % interval of our difference in {names}, the row that is "
            f"better as published minus the other one, and on nothing else. {meaning}.",
            *(
                f"A lower {LABELS[metric]} is better. Its differences have the opposite sign, so "
                "that one above 0 is as published for every metric. A direction of which a run has "
                f"no {LABELS[metric]} is not run."
                for metric in self.metrics
                if metric in LOWER_IS_BETTER
            ),
            *(f"Intervals over {over}: {OVER[over]}." for over in overs),
            "In each table the pairs that carry the argument come first, then those of the paper's "
            "own setting, the best row, then those between two other rows.",
        ]
        ours = sum(each.verdict != NOT_RUN for each in self.judged)
        if ours > 1:
            found.append(
                f"With {ours} intervals, one or another leaves out 0 by chance: of 20 differences "
                "between equal systems, one does."
            )
        return found

    def by_table(self) -> Iterator[tuple[str, list[Judged]]]:
        """Group the directions by ablation table and metric, each under its heading."""
        for name, metric in product(self.tables, self.metrics):
            part = [
                each
                for each in self.judged
                if (each.direction.table.name, each.direction.metric) == (name, metric)
            ]
            if part:
                yield _heading(part[0].direction), part

    def fresh_notes(self) -> Iterator[tuple[Table, list[str]]]:
        """Return each table with its notes, without notes that are already given."""
        said = set(self.notes)
        for table in self.tables.values():
            fresh = [note for note in notes_on(table) if note not in said]
            said.update(fresh)
            yield table, fresh

    def _lacking(self) -> Iterator[str]:
        """Say why some runs are not judged, each reason once."""
        reasons = (
            lack(self.tables[each.direction.table.name].row(key), each.direction.metric)
            for each in self.judged
            for key in (each.direction.better, each.direction.worse)
        )
        yield from filter(None, dict.fromkeys(reasons))

    def _controls(self) -> Iterator[str]:
        judged = (each for each in self.judged if each.verdict != NOT_RUN)
        runs = {run.path: run for each in judged for run in each.runs if run.result["control"]}
        for run in runs.values():
            yield (
                f"{run.experiment} is a control ({run.result['control']}) and takes part with the "
                "first of its runs; the tables have means over all of them."
            )


def _heading(direction: Direction) -> str:
    """Return the table's number and question, and the metric unless it is BLEU-4 alone."""
    ablation, metric = direction.ablation, direction.metric
    by = ""
    if ablation.metrics != (BLEU4,):
        lower = ", lower is better" if metric in LOWER_IS_BETTER else ""
        by = f" by {LABELS[metric]}{lower}"
    name = table_name(direction.table.number)
    return f"{name[0].upper()}{name[1:]}{by}: {ablation.question}"


def _counted(judged: Sequence[Judged]) -> str:
    """Count the directions with each verdict; verdicts without any are omitted."""
    counts = Counter(each.verdict for each in judged)
    return ", ".join(
        f"{counts[name]} {_VERBS.get(name, (name, name))[counts[name] != 1]}"
        for name in VERDICTS
        if counts[name]
    )
