"""Put all tables of a paper on one page, with whether ours agree with what they show.

The paper ranks every two rows of an ablation table. docs/published.md explains how a verdict on our
results is reached, and its limits.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.ground.settings import AdapterName, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.comparing.measured_runs import MeasuredRun
    from sign2text.comparing.paper_table import Table
    from sign2text.comparing.score_runs import ScoreRun
    from sign2text.comparing.summary import Summary
    from sign2text.papers.published_numbers import PublishedTable

SCOPE = "common"
READS = ()

log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        AdapterName,
        Field(
            description="tells whether ours are of the published corpus, and how glosses are "
            "cleaned; the data set's key"
        ),
    ] = "avatar"
    resamples: Annotated[
        int, Field(ge=2, description="resampled test sets behind the intervals; ours")
    ] = 1000
    seed: Annotated[int, Field(ge=1, description="of the resampled test sets; ours")] = 1


def run(
    *,
    paper: str,
    data_set: str,
    results: Path,
    output: Path,
    config: Config,
    rows: str = "{}",
    logs: str = "",
    timed: str = "{}",
    measured: str = "{}",
) -> None:
    """Write the page's numbers to `output` (.csv), and the page as .md and .html next to it.

    Args:
        paper: the paper's key in papers/sources.py.
        data_set: the data set of our results.
        results: the folder with <experiment>.bleu and <experiment>/score/sentences.tsv of each.
        rows: the experiments by table and row as published, as JSON; several names are several
            seeds.
        logs: the data set's folder of logs with the benchmark files; it may be missing.
        timed: the stage that `hours` measures, as `owner/stage`, by score file, as JSON.
        measured: experiments and their files by table and row, as JSON, for columns that methods
            measure (comparing/measured_runs.py).

    Raises:
        InputError: a paper, table or row is unknown; a file is missing, truncated or from another
            data set; experiments differ in clips or conventions; the files of a row are not seeds
            of one experiment; a method does not measure a table's columns.
    """
    from sign2text.comparing.compared import read_compared
    from sign2text.comparing.resampled import Resampled
    from sign2text.comparing.score_runs import KEYS, as_run
    from sign2text.comparing.summary import Summary
    from sign2text.comparing.verdicts import judge
    from sign2text.config.json_options import read_mapping
    from sign2text.config.methods import find_methods
    from sign2text.config.target_languages import sentences_place
    from sign2text.lineage.stage_times import read_hours
    from sign2text.papers.directions import directions
    from sign2text.papers.sources import PAPERS

    published = published_tables_of(paper)
    listed = read_rows(rows, published)
    names = (name for rows in listed.values() for several in rows.values() for name in several)
    scores = {name: results / f"{name}.bleu" for name in names}
    sentences = [results / sentences_place(name) for name in scores]
    compared = read_compared([*scores.values()], sentences, least=0, wanted=KEYS)
    runs = {
        name: as_run(each.path, each.result) for name, each in zip(scores, compared, strict=True)
    }
    hours = read_hours(Path(logs), data_set, read_mapping("--timed", timed))
    others = measured_of(measured, published)
    tables = tables_beside(published, listed, runs, others, data_set, hours, config)
    resampled = Resampled(
        compared, adapter=config.adapter, resamples=config.resamples, seed=config.seed
    )
    method = find_methods().get(paper)
    claims = directions(paper, method.ablations if method else {})
    judged = judge(claims, tables, resampled)
    found = Summary(PAPERS[paper], data_set, judged, tables, config.resamples, config.seed)
    write_pages(found, output)
    for statement in found.statements:
        log.info("%s", statement)


def published_tables_of(paper: str) -> dict[str, PublishedTable]:
    """Return the paper's tables by name; raise InputError if the paper is unknown."""
    from sign2text.ground.errors import InputError
    from sign2text.ground.settings import unknown_name
    from sign2text.papers.published_numbers import tables_of
    from sign2text.papers.sources import PAPERS

    if paper not in PAPERS:
        raise InputError(unknown_name("--paper", paper, PAPERS))
    return tables_of(paper)


def read_rows(text: str, published: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """Parse the value of `--rows`: the experiments by `published` table and row."""
    from sign2text.config.json_options import read_mapping
    from sign2text.ground.errors import InputError
    from sign2text.ground.settings import unknown_name

    wanted = 'experiments by table and row, such as {"<paper>_4": {"<row>": ["<experiment>"]}}'
    given = read_mapping("--rows", text, wanted)
    if not all(
        isinstance(rows, dict)
        and all(names and isinstance(names, list) for names in rows.values())
        and all(isinstance(name, str) for names in rows.values() for name in names)
        for rows in given.values()
    ):
        raise InputError(f"--rows: found {text}, expected {wanted}")
    for name in given:
        if name not in published:
            raise InputError(unknown_name("--rows", name, published))
    return given


def measured_of(
    text: str, published: Mapping[str, PublishedTable]
) -> dict[str, dict[str, list[MeasuredRun]]]:
    """Read the measurements that the value of `--measured` names, by `published` table and row."""
    from sign2text.comparing.measured_runs import check_measured, read_measured_runs
    from sign2text.config.json_options import read_mapping
    from sign2text.ground.errors import InputError
    from sign2text.ground.settings import unknown_name

    option, found = "--measured", {}
    for name, rows in read_mapping(option, text).items():
        if name not in published:
            raise InputError(unknown_name(option, name, published))
        check_measured(rows, f"{option}, {name}")
        found[name] = read_measured_runs(rows, published[name])
    return found


def tables_beside(
    published: Mapping[str, PublishedTable],
    listed: Mapping[str, Mapping[str, Sequence[str]]],
    runs: Mapping[str, ScoreRun],
    measured: Mapping[str, Mapping[str, Sequence[MeasuredRun]]],
    data_set: str,
    hours: Mapping[str, float],
    config: Config,
) -> dict[str, Table]:
    """Join the published tables with our runs.

    Args:
        listed: the experiments by table and row.
        runs: their scores, by experiment.
        measured: other numbers of ours, by table and row.

    Raises:
        InputError: see `set_beside`.
    """
    from sign2text.comparing.paper_table import set_beside
    from sign2text.data.adapters import find_adapter
    from sign2text.papers.published_numbers import SCORED_SPLIT

    clips = find_adapter(config.adapter).PUBLISHED.get(SCORED_SPLIT, {}).get("clips")
    return {
        name: set_beside(
            table,
            {row: [*map(runs.get, names)] for row, names in listed.get(name, {}).items()},
            data_set=data_set,
            adapter=config.adapter,
            clips=clips,
            hours=hours,
            measured=measured.get(name),
        )
        for name, table in published.items()
    }


def write_pages(found: Summary, output: Path) -> None:
    """Write the page's numbers to `output` (.csv), and the page as .md and .html next to it."""
    from sign2text.comparing.summary_text import to_csv, to_markdown
    from sign2text.ground.files import replacing
    from sign2text.pages.summary_page import summary_page

    for suffix, text in (
        (".md", to_markdown(found)),
        (".html", summary_page(found)),
        (".csv", to_csv(found)),
    ):
        with replacing(output.with_suffix(suffix)) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    command_line(run)
