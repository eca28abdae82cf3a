"""Inputs of pages over several experiments: comparisons, published tables and trainings.

The rules call these functions, so that their inputs can be tested without Snakemake. Imports are
light. Paths are relative to the workflow's folder.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sign2text.config.listings import compared, rows_of, rows_of_paper
from sign2text.config.methods import find_method, find_methods
from sign2text.config.reads import kept_by
from sign2text.config.target_languages import scored, sentences_place
from sign2text.ground.code_hash import module_hash
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import method_packages
from sign2text.lineage.measured_files import measured_files
from sign2text.lineage.part_trainings import part_trainings
from sign2text.papers.published_numbers import published_tables, tables_of

if TYPE_CHECKING:
    from sign2text.config.methods import Method
    from sign2text.config.project import Project

MeasuredTables = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""Experiments with the files of their measurements, by table and row."""
LAST = "score"
"""The last stage of an experiment; all others are upstream of it."""


class PageInputs:
    """Inputs and options of one data set's pages; all methods raise InputError on unknown names."""

    def __init__(self, project: Project, dataset: str) -> None:
        self.project, self.dataset = project, dataset
        self.folder = f"results/{dataset}"

    def scores(self, experiments: Iterable[str]) -> list[str]:
        """List the score files of experiments, or of <experiment>/<language>."""
        return [f"{self.folder}/{self._checked(name)}.bleu" for name in experiments]

    def sentences(self, experiments: Iterable[str]) -> list[str]:
        """List the files of scored sentences of experiments, or of <experiment>/<language>."""
        return [f"{self.folder}/{sentences_place(self._checked(name))}" for name in experiments]

    def _checked(self, name: str) -> str:
        """Return a score's name; raise InputError if there is no target of its language."""
        experiment, language = scored(name)
        if language is not None:
            self.project.check_language(self.dataset, experiment, language)
        return name

    def upstream(self, experiments: Iterable[str], *, methods: bool = False) -> str:
        """Hash the settings and code behind the experiments' scores.

        With `methods`, also hash the experiments' METHOD, for pages that show its texts.
        """
        before: dict[str, Any] = {}
        for name in experiments:
            experiment, language = scored(name)
            last = self.dataset, experiment, LAST
            whole = self.project.settings_json(*last), self.project.code(*last)
            said = method_hash(self.project.method(experiment)) if methods else ""
            before[name] = whole, self.project.before(*last, language is not None), said
        return _hash(repr(sorted(before.items())))

    # Comparisons

    def members(self, comparison: str) -> list[list[str]]:
        """List the runs of each member of a comparison, the baseline first."""
        return compared(self.project.comparisons, comparison)

    def first_runs(self, comparison: str) -> list[str]:
        """List the first run of each member, which pages show clip by clip."""
        return [runs[0] for runs in self.members(comparison)]

    def all_runs(self, comparison: str) -> list[str]:
        """List all runs, member by member."""
        return [name for runs in self.members(comparison) for name in runs]

    def runs_option(self, comparison: str) -> str:
        """Return the option with each member's number of runs, if any has several."""
        counts = [len(runs) for runs in self.members(comparison)]
        return f"--runs {' '.join(map(str, counts))}" if max(counts) > 1 else ""

    def manifest(self, comparison: str) -> str:
        """Return the manifest of the clips on which a comparison's baseline was scored.

        Rules use it as an input in place of the videos: it names them and changes with the corpus.
        """
        baseline, _ = scored(self.first_runs(comparison)[0])
        stage = kept_by(self.project.settings(self.dataset, baseline))
        return f"{self.project.folder(self.dataset, baseline, stage)}/test.tsv"

    # Trainings

    def histories(self, experiment: str) -> list[str]:
        """List the histories of the trainings behind an experiment's score, in its method's order.

        Pretrainings on other data sets come first, the earliest of them before all others.
        """
        method = self.project.method(experiment)
        signature = self.project.signature(self.dataset, experiment, LAST)
        trainings = find_method(method, f"experiments.{experiment}.method").trainings
        found = [
            (of, stage)
            for of in reversed(dict.fromkeys(of for of, _ in signature))
            for stage in trainings
            if (of, stage) in signature
        ]
        if not found:
            raise InputError(
                f"experiments.{experiment}: none of the trainings of its method {method} is behind "
                f"its score, so there is nothing to draw. Name them all in the method's METHOD."
            )
        return [
            f"results/{of}/{self.project.owner(of, experiment, stage)}/{stage}/history.tsv"
            for of, stage in found
        ]

    def trainings(self, comparison: str) -> dict[str, dict[str, Any]]:
        """Return the trainings with norms of a comparison's experiments, by experiment."""
        names = [scored(name)[0] for name in self.first_runs(comparison)]
        return part_trainings(self.project, self.dataset, list(dict.fromkeys(names)))

    def trained(self, comparison: str, name: str) -> list[str]:
        """Return the path of the file `name` of each of these trainings, each once."""
        listed = self.trainings(comparison).values()
        places = dict.fromkeys(place for said in listed for place in said["trainings"])
        return [f"{self.folder}/{place}/{name}" for place in places]

    # Published tables

    def rows(self, table: str) -> dict[str, list[str]]:
        """Return the experiments for a published table, by row."""
        return rows_of(self.project.tables, table)

    def scored_rows(self, table: str) -> dict[str, list[str]]:
        """Return the experiments for a published table by row; {} if the table has no scores."""
        rows = self.rows(table)
        return rows if published_tables()[table].is_scored else {}

    def row_files(self, table: str) -> dict[str, list[str]]:
        """Return the score files for a published table, by row."""
        return {row: self.scores(names) for row, names in self.scored_rows(table).items()}

    def paper_rows(self, paper: str) -> dict[str, dict[str, list[str]]]:
        """Return the experiments for the tables of a paper that have scores, by table and row."""
        listed = rows_of_paper(self.project.tables, paper)
        return {name: rows for name, rows in listed.items() if published_tables()[name].is_scored}

    def measured(self, table: str) -> dict[str, list[dict[str, Any]]]:
        """Return the experiments with their files, by row; {} if the table has no measurements.

        Raises InputError for an experiment whose settings leave out a file.
        """
        rows, columns = self.rows(table), published_tables()[table].measured
        where = f"tables.{table}.rows"
        return {
            row: [
                measured_files(self.project, self.dataset, each, columns, f"{where}.{row}")
                for each, _ in map(scored, names)
            ]
            for row, names in rows.items()
            if columns
        }

    def paper_measured(self, paper: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return what `measured` does for a paper's tables that have measurements, by table."""
        found = {name: self.measured(name) for name in rows_of_paper(self.project.tables, paper)}
        return {name: rows for name, rows in found.items() if rows}

    def table_upstream(self, scored: Iterable[str], measured: MeasuredTables) -> str:
        """Hash the settings and code behind the scores and the measurements of tables."""
        methods = sorted({each["method"] for each in _each_measured(measured)})
        if not methods:
            return self.upstream(scored)
        return _hash(repr([self.upstream(scored), measured, [*map(method_hash, methods)]]))

    def timed_option(self, tables: Sequence[str], experiments: Iterable[str]) -> str:
        """Return the options that name the timed stages, for tables with hours.

        The stage reads times from benchmark files or provenance, which are not inputs. Only
        experiments of the paper's own method have its timed stage.
        """
        published = [published_tables()[name] for name in tables]
        with_hours = [table for table in published if "hours" in table.columns]
        if not with_hours:
            return ""
        timed = _timed(table.paper for table in with_hours)
        places = {}
        for name in experiments:
            experiment, _ = scored(name)
            stage = timed.get(self.project.method(experiment))
            if stage is not None and self.project.has_stage(experiment, stage):
                owner = self.project.owner(self.dataset, experiment, stage)
                places[f"{self.folder}/{name}.bleu"] = f"{owner}/{stage}"
        return f"--logs logs/{self.dataset} --timed {shlex.quote(compact_json(places, sort=True))}"

    def paper_pages(self, paper: str) -> list[str]:
        """List the page of a paper's tables, and those of its figures that config.yaml compares."""
        method = find_methods().get(paper)
        figures = method.figures if method else {}
        return [
            f"{self.folder}/tables/{paper}.html",
            *(
                f"{self.folder}/comparisons/{name}/{page}.html"
                for name, page in figures.items()
                if name in self.project.comparisons
            ),
        ]


def _each_measured(tables: MeasuredTables) -> Iterator[Mapping[str, Any]]:
    return (each for rows in tables.values() for several in rows.values() for each in several)


def measured_paths(tables: MeasuredTables) -> list[str]:
    """List the files of all measurements, each once."""
    found = (path for each in _each_measured(tables) for path in each["files"].values())
    return list(dict.fromkeys(found))


def measured_option(measured: Mapping[str, Any]) -> str:
    """Return the option with measurements; empty without any."""
    return f"--measured {shlex.quote(compact_json(measured, sort=True))}" if measured else ""


def each_once(rows: Mapping[str, Iterable[str]]) -> list[str]:
    """List the experiments of all rows, each once."""
    return list(dict.fromkeys(name for names in rows.values() for name in names))


def each_once_of_tables(tables: Mapping[str, Mapping[str, Iterable[str]]]) -> list[str]:
    """List the experiments of all rows of several tables, each once."""
    return list(dict.fromkeys(name for rows in tables.values() for name in each_once(rows)))


def table_hash(table: str) -> str:
    """Hash a published table's numbers and the texts of its paper's method."""
    published = published_tables()[table]
    return _hash(f"{published.hash} {method_hash(published.paper)}")


def paper_hash(paper: str) -> str:
    """Hash the published numbers of all tables of a paper and the texts of its method."""
    hashes = [table.hash for table in tables_of(paper).values()]
    return _hash(" ".join([*hashes, method_hash(paper)]))


def method_hash(name: str) -> str:
    """Hash the parts of a method that pages use: METHOD, and the functions that count for it."""
    method = find_methods().get(name)
    if method is None:
        return ""
    modules = [f"{method_packages()[name]}.method", *_counting(method)]
    return _hash(" ".join(map(module_hash, modules)))


def _counting(method: Method) -> list[str]:
    references = [method.norms.values, method.counts and method.counts.function]
    for each in method.measurements:
        references += [each.function, each.statistics]
    return [each.partition(":")[0] for each in references if each]


def _timed(papers: Iterable[str]) -> dict[str, str | None]:
    """Return the timed stage of each paper's method; None if it has none."""
    methods = find_methods()
    return {name: methods[name].timed for name in papers if name in methods}


def compact_json(values: Any, *, sort: bool = False) -> str:
    """Format JSON without whitespace, for the command line."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False, sort_keys=sort)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
