"""All tables of a paper with ours beside, and what ours say of each direction they publish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sign2text.comparing.paper_table import Table
from sign2text.comparing.seed_interval import OVER
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.verdicts import AGREES, DISAGREES, NOT_RUN, VERDICTS, Judged
from sign2text.papers.directions import ARGUMENT
from sign2text.papers.sources import Paper

_VERBS = {AGREES: ("agrees", "agree"), DISAGREES: ("disagrees", "disagree")}
"""Verdicts that are verbs: of one, and of several."""


@dataclass(frozen=True)
class Summary:
    """A paper's tables with ours beside, and its directions judged."""

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
    def statements(self) -> list[str]:
        """How many directions have which verdict, in sentences to paste."""
        if not self.judged:
            return [f"No directions of {self.paper.method} are written down."]
        argued = [each for each in self.judged if each.direction.kind == ARGUMENT]
        of = f"direction{'s' * (len(self.judged) != 1)} of {self.paper.method}"
        found = [f"{len(self.judged)} published {of}, ours: {_counted(self.judged)}."]
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
        ]

    @property
    def reading(self) -> list[str]:
        """How the verdicts are made."""
        meaning = "; ".join(f"{name}: {text}" for name, text in VERDICTS.items())
        overs = [each for each in OVER if any(judged.over == each for judged in self.judged)]
        found = [
            "A verdict depends on the 95 % interval of our difference in BLEU-4, the row that is "
            f"better as published minus the other one, and on nothing else. {meaning}.",
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
        """The directions of each ablation table under its heading."""
        for name, table in self.tables.items():
            part = [each for each in self.judged if each.direction.table.name == name]
            if part:
                question = part[0].direction.ablation.question
                yield f"Table {table.published.number}: {question}", part

    def fresh_notes(self) -> Iterator[tuple[Table, list[str]]]:
        """Each table with its notes, without those that were given further up."""
        said = set(self.notes)
        for table in self.tables.values():
            fresh = [note for note in notes_on(table) if note not in said]
            said.update(fresh)
            yield table, fresh

    def _controls(self) -> Iterator[str]:
        judged = (each for each in self.judged if each.verdict != NOT_RUN)
        runs = {run.path: run for each in judged for run in each.runs if run.result["control"]}
        for run in runs.values():
            yield (
                f"{run.experiment} is a control ({run.result['control']}) and takes part with the "
                "first of its runs; the tables have means over all of them."
            )


def _counted(judged: Sequence[Judged]) -> str:
    """How many have each verdict; those that none has are left out."""
    counts = Counter(each.verdict for each in judged)
    return ", ".join(
        f"{counts[name]} {_VERBS.get(name, (name, name))[counts[name] != 1]}"
        for name in VERDICTS
        if counts[name]
    )
