"""Put ours beside a table of the papers: as CSV, as Markdown and as a page (docs/published.md)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.ground.settings import AdapterName, stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
READS = ()

log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        AdapterName,
        Field(description="tells whether ours are of the published corpus; the data set's key"),
    ] = "avatar"


def run(
    *,
    table: str,
    data_set: str,
    output: Path,
    config: Config,
    rows: str = "{}",
    logs: str = "",
    timed: str = "{}",
    measured: str = "{}",
) -> None:
    """Write the table to `output` (.csv), and as .md and .html next to it.

    Args:
        table: `<paper>_<table>`, as in papers/published.csv.
        data_set: the data set of our results.
        rows: the score files by row as published, as JSON; several files are several seeds.
        logs: the data set's folder of logs with the benchmark files; it may be missing.
        timed: the stage that the column `hours` measures, as `owner/stage`, by score file, as JSON.
        measured: experiments and their files by row, as JSON, for columns that methods measure
            (comparing/measured_runs.py).

    Raises:
        InputError: the table or a row is unknown, a file is missing or from another data set, the
            files of a row are not seeds of one experiment, or a method does not measure the
            table's columns.
    """
    from sign2text.comparing.measured_runs import read_measured, read_measured_runs
    from sign2text.comparing.paper_table import set_beside
    from sign2text.comparing.score_runs import read_run
    from sign2text.comparing.table_text import to_csv, to_markdown
    from sign2text.config.json_options import read_mapping
    from sign2text.data.adapters import find_adapter
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import replacing
    from sign2text.ground.settings import unknown_name
    from sign2text.lineage.stage_times import read_hours
    from sign2text.pages.table_page import table_page
    from sign2text.papers.published_numbers import SCORED_SPLIT, published_tables

    tables = published_tables()
    if table not in tables:
        raise InputError(unknown_name("--table", table, tables))
    runs = {row: [read_run(path) for path in paths] for row, paths in read_rows(rows).items()}
    published = find_adapter(config.adapter).PUBLISHED.get(SCORED_SPLIT, {})
    found = set_beside(
        tables[table],
        runs,
        data_set=data_set,
        adapter=config.adapter,
        clips=published.get("clips"),
        hours=read_hours(Path(logs), data_set, read_mapping("--timed", timed)),
        measured=read_measured_runs(read_measured(measured), tables[table]),
    )
    for suffix, text in (
        (".md", to_markdown(found)),
        (".html", table_page(found)),
        (".csv", to_csv(found)),
    ):
        with replacing(output.with_suffix(suffix)) as temporary:
            temporary.write_text(text, encoding="utf-8")
    beside = sum(bool(row.ours) for row in found.rows)
    log.info("%s: %d rows, %d with ours beside", output, len(found.rows), beside)


def read_rows(text: str) -> dict[str, list[Path]]:
    """Parse the value of `--rows`: the score files by row."""
    from sign2text.config.json_options import read_mapping
    from sign2text.ground.errors import InputError

    wanted = 'an object such as {"<row>": ["results/<data set>/<experiment>.bleu"]}'
    given = read_mapping("--rows", text, wanted)
    if not all(
        isinstance(paths, list) and paths and all(isinstance(path, str) for path in paths)
        for paths in given.values()
    ):
        raise InputError(f"--rows: found {text}, expected {wanted}")
    return {row: [Path(path) for path in paths] for row, paths in given.items()}


if __name__ == "__main__":
    command_line(run)
