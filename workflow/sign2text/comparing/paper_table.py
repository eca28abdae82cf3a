"""A published table with ours beside: rows, numbers, and what is to be known when reading them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sign2text.comparing.score_runs import Measured, ScoreRun, check_seeds, mean_of, measure
from sign2text.ground.errors import InputError
from sign2text.ground.settings import unknown_name
from sign2text.papers.published_numbers import SCORED_SPLIT, PublishedRow, PublishedTable
from sign2text.papers.sources import PAPERS, Paper, Scoring

_LIGHT_T = re.compile(r"light_t\(layers,heads,hidden,ffn\)=\((\d+),(\d+),(\d+),(\d+)\)")
_NUMBERED = re.compile(r"\d+[a-z]?")
TIMED = "visual_init"
"""The stage that the column `hours` is of."""
QUOTED = "recovered"
"""The table of numbers that are not from the paper itself but from others that quote it."""


@dataclass(frozen=True)
class Row:
    """A published row and what stands beside it."""

    published: PublishedRow
    source: str
    scoring: Scoring | None
    """None where the row has no scores."""
    runs: tuple[ScoreRun, ...]
    why_not: str
    """Why nothing of ours stands beside its scores; empty where something does."""
    numbers: Mapping[str, Measured] = field(default_factory=dict)
    exact: Mapping[str, int] = field(default_factory=dict)
    """Whole counts behind rounded `numbers`."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """BLEU-4's 95 % interval, of a single run."""
        return self.runs[0].interval(self.scoring) if len(self.runs) == 1 else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lowest and highest BLEU-4 of a control, which has them in place of an interval."""
        if len(self.runs) != 1 or self.runs[0].convention(self.scoring) != self.own_convention:
            return None
        found = self.runs[0].result["scores"]["all"].get("bleu4_range")
        return None if found is None else tuple(found)

    @property
    def own_convention(self) -> str:
        return self.runs[0].result["convention"]

    @property
    def leaked(self) -> int | None:
        return self.runs[0].leaked if self.runs else None

    @property
    def not_in_train(self) -> Measured | None:
        """BLEU-4 without the test clips whose sentence is in train, where there are such clips."""
        values = [run.not_in_train for run in self.runs]
        return measure(values) if values and None not in values else None


@dataclass(frozen=True)
class Table:
    """A published table with ours beside."""

    published: PublishedTable
    paper: Paper
    data_set: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    """What a reader must know first, the most important first."""

    @property
    def title(self) -> str:
        name = _table_name(self.published.number)
        return f"{name[0].upper()}{name[1:]} of {self.paper.method}, with ours on {self.data_set}"

    @property
    def published_in(self) -> str:
        """Where the published numbers are from, in a few words."""
        name = _table_name(self.published.number)
        return name if self.published.number == QUOTED else f"{self.paper.source}, {name}"

    @property
    def runs(self) -> list[ScoreRun]:
        """Every run that a number of the table is from, once."""
        return list({run.path: run for row in self.rows for run in row.runs}.values())


def set_beside(
    published: PublishedTable,
    runs: Mapping[str, Sequence[ScoreRun]],
    *,
    data_set: str,
    adapter: str,
    clips: int | None = None,
    hours: Mapping[str, float] | None = None,
) -> Table:
    """Put `runs`, by the row's key, beside the rows of a published table.

    Args:
        published: the table.
        runs: score files by row; several are further seeds of one experiment.
        data_set: the one that ours were made on.
        adapter: what reads it; a corpus is the published one where the two have one name.
        clips: test clips of that corpus by its publisher's count, where it is known.
        hours: what the stage `TIMED` took, by the score file's path, where that is known.

    Raises:
        InputError: a row that the table does not have on the test split, scores of another data
            set, or several that are not seeds of one experiment.
    """
    for key, several in runs.items():
        where = f"tables.{published.name}.rows.{key}"
        if key not in published.scored:
            raise InputError(unknown_name(where, key, published.scored))
        for run in several:
            if run.result["data_set"] not in (None, data_set):
                raise InputError(
                    f"{where}: {run.path} has scores on {run.result['data_set']}, expected those "
                    f"on {data_set}; give the file of that data set"
                )
        check_seeds(several, where)
    paper = PAPERS[published.paper]
    rows = tuple(_beside(row, published, paper, runs, hours or {}) for row in published.rows)
    notes = tuple(_notes(published, paper, rows, data_set, adapter, clips))
    return Table(published, paper, data_set, rows, notes)


def _beside(
    row: PublishedRow,
    table: PublishedTable,
    paper: Paper,
    runs: Mapping[str, Sequence[ScoreRun]],
    hours: Mapping[str, float],
) -> Row:
    found = tuple(runs.get(table.key(row), ())) if row.split == SCORED_SPLIT else ()
    scoring = paper.scoring.get(row.dataset)
    numbers: dict[str, Measured] = mean_of(found, scoring) if found else {}
    exact = {}
    if found and row.number("hours") is not None and all(run.path in hours for run in found):
        numbers["hours"] = measure([hours[run.path] for run in found])
    if (size := _LIGHT_T.search(row.setting)) and row.number("params_m") is not None:
        from sign2text.methods.fla_llm.parameter_counts import light_t_parameters

        exact["params_m"] = light_t_parameters(*map(int, size.groups()))
        numbers["params_m"] = Measured(exact["params_m"] / 1e6)
    why_not = "" if found else "not run"
    if row.split != SCORED_SPLIT:
        on = f"on {row.split}" if row.split else "on no split"
        why_not = f"published {on}; ours are of {SCORED_SPLIT}"
    return Row(row, source_of(row), scoring, found, why_not, numbers, exact)


def source_of(row: PublishedRow) -> str:
    """Where a published row was read: paper and table, or who quotes it."""
    paper = PAPERS[row.paper]
    if row.table == QUOTED:
        return f"{row.setting}; about {paper.authors}, {paper.source}"
    return f"{paper.authors}, {paper.source}, {_table_name(row.table)}"


def _table_name(number: str) -> str:
    if _NUMBERED.fullmatch(number):
        return f"table {number}"
    return "quoted numbers" if number == QUOTED else f"numbers on {number}"


def _notes(
    table: PublishedTable,
    paper: Paper,
    rows: Sequence[Row],
    data_set: str,
    adapter: str,
    clips: int | None,
) -> Iterator[str]:
    """What a reader must know before comparing."""
    with_ours = [row for row in rows if row.runs]
    if any(row.published.split == SCORED_SPLIT for row in rows):
        yield from _corpus_notes(table, with_ours, data_set, adapter, clips)
    if not with_ours and table.scored:
        yield (
            f"No experiment stands beside these rows: config.yaml has none under tables."
            f"{table.name}.rows."
        )
    elif not table.scored:
        yield "No row is a score on the test split, so no experiment can stand beside one."
    for dataset in table.datasets if any(row.scoring for row in rows) and table.scored else ():
        scoring = paper.scoring[dataset]
        rouge = f", ROUGE-L with beta {beta_of(scoring)}" if "rouge_l" in table.columns else ""
        yield (
            f"Published on {dataset} under the convention {scoring.convention} (docs/scores.md)"
            f"{rouge}: {scoring.known_from}."
        )
    if with_ours and all(
        row.runs[0].convention(row.scoring) == row.scoring.convention for row in with_ours
    ):
        yield "Ours are shown under the same convention."
    for row in with_ours:
        yield from _run_notes(row)
    if any("hours" in row.numbers for row in rows):
        yield (
            f"Hours of ours: wall time of the newest run of {TIMED}, from the benchmark files in "
            "logs/ of the machine that made this table (of a run that was stopped and gone on "
            "with, the last part); of what was run elsewhere, from the provenance beside what it "
            "made (all parts). A dash: neither is here."
        )
    if counts := [f"{row.published.row} {n:,}" for row in rows for n in row.exact.values()]:
        yield (
            f"Parameters of ours are those of a Light-T of the row's published size, with the "
            f"vocabulary (2,429) and positions (1,024) that the published ones come out with; "
            f"nothing is trained for them. Exactly: {', '.join(counts)}."
        )


def _corpus_notes(
    table: PublishedTable, with_ours: Sequence[Row], data_set: str, adapter: str, clips: int | None
) -> Iterator[str]:
    names = " and ".join(table.datasets)
    if table.datasets != (adapter,):
        advice = (
            " Of ours, compare rows with each other; their models have the sizes that config.yaml "
            f"gives {data_set}."
        )
        yield (
            f"published: {names}; ours: {data_set}; not comparable in level."
            f"{advice if with_ours else ''}"
        )
        return
    yield f"published: {names}; ours: {data_set}; the same corpus."
    for run in {run.path: run for row in with_ours for run in row.runs}.values():
        if clips is not None and run.clips != clips:
            yield (
                f"{run.path} has scores of {run.clips:,} test clips, the corpus as published has "
                f"{clips:,}: not comparable with the published numbers."
            )


def _run_notes(row: Row) -> Iterator[str]:
    """Where the runs beside a row are not what the table's head says."""
    run, name = row.runs[0], row.published.row
    used = run.convention(row.scoring)
    if used != row.scoring.convention:
        yield (
            f"{name}: ours are under {used}, since {row.scoring.convention} is not one "
            "for their language."
        )
    if run.leaked and used != row.own_convention:
        yield f"{name}: BLEU-4 without the sentences of train is under {row.own_convention}."
    if run.result.get("control"):
        yield f"{name}: ours is a control, {run.result['control']}; mean over its runs."


def beta_of(scoring: Scoring) -> str:
    """ROUGE-L's beta in words."""
    return "precision / recall" if scoring.rouge_beta == "p/r" else f"{scoring.rouge_beta:g}"
