"""Notes on a published table with our numbers, to read before comparing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sign2text.comparing.paper_table import Row, Table
from sign2text.config.methods import Method, find_methods
from sign2text.papers.published_numbers import NOT_STATED, SCORED_SPLIT


def notes_on(table: Table) -> list[str]:
    """Collect all notes, the most important first."""
    with_ours = [row for row in table.rows if row.ours]
    found = []
    if table.published.comparable:
        found += _on_the_corpus(table, with_ours)
    found += _on_splits(table)
    found += _on_missing_rows(table, with_ours)
    found += _on_conventions(table)
    for row in table.rows:
        found += _on_the_runs(row)
    found += _on_measurements(table)
    if method := find_methods().get(table.published.paper):
        found += _on_the_method(table.rows, method)
    return found


def _on_the_corpus(table: Table, with_ours: Sequence[Row]) -> Iterator[str]:
    names, ours = " and ".join(table.published.datasets), table.data_set
    if len(table.published.datasets) > 1 and table.adapter in table.published.datasets:
        yield f"published: {names}; ours: {ours}; the same corpus in the rows of {table.adapter}."
    elif table.published.datasets != (table.adapter,):
        advice = (
            " Of ours, compare rows with each other; their models have the sizes that config.yaml "
            f"gives {ours}."
        )
        yield (
            f"published: {names}; ours: {ours}; not comparable in level."
            f"{advice if with_ours else ''}"
        )
        return
    else:
        yield f"published: {names}; ours: {ours}; the same corpus."
    for run in table.runs:
        if table.clips is not None and run.clips != table.clips:
            yield (
                f"{run.path} has scores of {run.clips:,} test clips, the corpus as published has "
                f"{table.clips:,}: not comparable with the published numbers."
            )


def _on_missing_rows(table: Table, with_ours: Sequence[Row]) -> Iterator[str]:
    if not table.published.comparable:
        yield (
            "No row has scores on the test split or measurements of a method, so experiments "
            "cannot be compared with any."
        )
    elif not with_ours:
        yield (
            f"These rows have no experiment: config.yaml has none under tables."
            f"{table.published.name}.rows."
        )


def _on_splits(table: Table) -> Iterator[str]:
    if any(row.published.split == NOT_STATED for row in table.rows):
        yield (
            "The paper does not say on which split these rows are, and dev fits; ours are of "
            f"{SCORED_SPLIT}. Compare rows with each other."
        )


def _on_measurements(table: Table) -> Iterator[str]:
    """Note what the numbers of ours are that are not scores."""
    runs = [run for row in table.rows for run in row.measured]
    names = ", ".join(table.published.measured)
    for of in dict.fromkeys(run.result["measured_as"] for run in runs):
        yield f"{names[0].upper()}{names[1:].replace('_', '-')} of ours: {of}."


def _on_conventions(table: Table) -> Iterator[str]:
    with_ours = [row for row in table.rows if row.runs]
    if table.published.is_scored and any(row.scoring for row in table.rows):
        for dataset in table.published.datasets:
            scoring = table.paper.scoring[dataset]
            has_rouge = "rouge_l" in table.published.columns
            rouge = f", ROUGE-L with beta {scoring.beta}" if has_rouge else ""
            yield (
                f"Published on {dataset} under the convention {scoring.convention} "
                f"(docs/scores.md){rouge}: {scoring.known_from}."
            )
    if with_ours and all(_has_its_convention(row) for row in with_ours):
        yield "Ours are shown under the same convention."


def _has_its_convention(row: Row) -> bool:
    """Return whether our runs are scored under the convention of the published row."""
    return row.runs[0].convention(row.scoring) == row.scoring.convention


def _on_the_runs(row: Row) -> Iterator[str]:
    """Note where the scored runs of a row are exceptions to the table's general notes."""
    if not row.runs:
        return
    run, name = row.runs[0], row.published.row
    used = run.convention(row.scoring)
    if not _has_its_convention(row):
        yield (
            f"{name}: ours are under {used}, since {row.scoring.convention} is not one "
            "for their language."
        )
    if run.leaked and used != row.own_convention:
        yield f"{name}: BLEU-4 without the sentences of train is under {row.own_convention}."
    if run.result.get("control"):
        yield f"{name}: ours is a control, {run.result['control']}; mean over its runs."


def _count(row: Row) -> str:
    """Write a row's exact counts; the second one is of those that are trained."""
    return f"{row.published.row} {' / '.join(f'{n:,}' for n in row.exact.values())}"


def _on_the_method(rows: Sequence[Row], method: Method) -> Iterator[str]:
    """Note the origin of numbers other than scores: hours of the timed stage, and parameters."""
    if any("hours" in row.numbers for row in rows):
        yield (
            f"Hours of ours: wall time of the newest run of {method.timed}, from the benchmark "
            "files in logs/ of the machine that made this table (the last part of a run that was "
            "stopped and resumed); of runs elsewhere, from their provenance (all parts). A dash: "
            "neither is here."
        )
    if counts := [_count(row) for row in rows if row.exact]:
        yield (
            f"Parameters of ours are those of {method.counts.of}; nothing is trained for them. "
            f"Exactly: {', '.join(counts)}."
        )
