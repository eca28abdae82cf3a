"""Lists in config.yaml that span experiments: comparisons, tables, targets of the report."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from sign2text.config.inheritance import inherited
from sign2text.config.keys import Workflow, check_name
from sign2text.config.methods import Method
from sign2text.config.target_languages import scored
from sign2text.ground.errors import InputError
from sign2text.ground.settings import unknown_name
from sign2text.papers.published_numbers import (
    SCORED_SPLIT,
    PublishedTable,
    published_tables,
    tables_of,
)
from sign2text.papers.sources import PAPERS


def check_listings(listed: Workflow, methods: Mapping[str, Method]) -> Iterator[str]:
    """Report problems in the keys `comparisons`, `tables` and `report`, one line each."""
    for name, members in listed.comparisons.items():
        path = f"comparisons.{name}"
        yield from check_name(path, name)
        experiments = [each for runs in members for each in runs]
        if len(members) < 2:
            found = ", ".join(experiments) or "none"
            seeds = " (seeds of one experiment)" if len(experiments) > 1 else ""
            yield (
                f"{path}: found {found}{seeds}, expected at least two experiments to compare; add "
                "one"
            )
        elif not all(members):
            yield f"{path}: found a list of no experiment; name one, or take the list out"
        yield from _check_experiments(path, experiments, listed.experiments)
    tables = published_tables()
    for name, table in listed.tables.items():
        if name not in tables:
            yield unknown_name(f"tables.{name}", name, tables)
            continue
        for row, experiments in table.rows.items():
            path = f"tables.{name}.rows.{row}"
            yield from _check_row(path, row, tables[name])
            if not experiments:
                yield f"{path}: found no experiment; name one, or take the row out"
            yield from _check_experiments(path, experiments, listed.experiments)
            known = [each for each in experiments if scored(each)[0] in listed.experiments]
            of = {each: inherited(listed.experiments, scored(each)[0], "method") for each in known}
            yield from _check_measured(path, tables[name].measured, of, methods)
    for target in _twice(listed.report):
        yield f"report: {target} is listed twice; take one out"


def _check_row(path: str, row: str, table: PublishedTable) -> Iterator[str]:
    known = {table.key(each): each for each in table.rows}
    if row not in known:
        yield unknown_name(path, row, table.comparable)
    elif row not in table.comparable:
        yield (
            f'{path}: its published numbers are of split "{known[row].split or "none"}", and ours '
            f"are of {SCORED_SPLIT}; take the row out"
        )


def _check_measured(
    path: str, columns: Collection[str], of: Mapping[str, str], methods: Mapping[str, Method]
) -> Iterator[str]:
    """Report experiments whose method, `of`, does not measure the columns of a table."""
    for experiment, method in of.items():
        if columns and not methods[method].measurement(columns):
            able = [name for name, each in methods.items() if each.measurement(columns)]
            yield (
                f"{path}: found {experiment}, whose method {method} does not measure "
                f"{', '.join(columns)}; expected an experiment of {' or '.join(able) or 'none'}. "
                "Take it out"
            )


def _check_experiments(
    path: str, experiments: Collection[str], known: Collection[str]
) -> Iterator[str]:
    for name in dict.fromkeys(experiments):
        if scored(name)[0] not in known:
            yield unknown_name(path, name, known)
    for name in _twice(experiments):
        yield f"{path}: {name} is listed twice; take one out"


def _twice(names: Collection[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def rows_of(tables: Mapping[str, Mapping[str, tuple[str, ...]]], name: str) -> dict[str, list[str]]:
    """Return the experiments by row of the published table `name`; raise InputError if unknown."""
    if name not in published_tables():
        accepted = [*published_tables(), *PAPERS]
        raise InputError(unknown_name(f"tables.{name}", name, accepted))
    return {row: list(experiments) for row, experiments in tables.get(name, {}).items()}


def rows_of_paper(
    tables: Mapping[str, Mapping[str, tuple[str, ...]]], paper: str
) -> dict[str, dict[str, list[str]]]:
    """Return the experiments by table and row, for tables of `paper` that have experiments."""
    found = {name: rows_of(tables, name) for name in tables_of(paper)}
    return {name: rows for name, rows in found.items() if rows}


def compared(comparisons: Mapping[str, tuple[tuple[str, ...], ...]], name: str) -> list[list[str]]:
    """Return the members of comparison `name`, baseline first: lists of runs that differ in seed.

    Raises InputError if the comparison is unknown.
    """
    if name not in comparisons:
        raise InputError(unknown_name(f"comparisons.{name}", name, comparisons))
    return [list(runs) for runs in comparisons[name]]
