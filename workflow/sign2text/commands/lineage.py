"""The commands `sign2text explain` and `sign2text verify`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.targets import workflow_path
from sign2text.ground.terminal import print_json

if TYPE_CHECKING:
    from sign2text.config.project import Project

TARGET = "a score file or any other file of the workflow, such as results/avatar/fla_llm.bleu"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add both commands to the parser of `sign2text`."""
    explain = commands.add_parser(
        "explain", help="print what a file was made from: every job with settings, time and size"
    )
    add_target(explain)
    explain.add_argument("--json", action="store_true", help="print JSON instead of a tree")
    explain.set_defaults(command=run_explain)

    verify = commands.add_parser(
        "verify", help="read a file and all it was made from again and compare their hashes"
    )
    add_target(verify)
    verify.set_defaults(command=run_verify)


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of all commands about a chain."""
    parser.add_argument("target", type=workflow_path, metavar="TARGET", help=TARGET)
    add_configfile(parser)


def add_configfile(parser: argparse.ArgumentParser) -> None:
    """Add the option for an additional configuration."""
    parser.add_argument(
        "--configfile",
        type=Path,
        default=Path("config.yaml"),
        help="read over config.yaml, as `snakemake --configfile` does",
    )


def read_project(configfile: Path) -> Project:
    """Read and check config.yaml, with `configfile` merged over it."""
    from sign2text.config.keys import read_configuration
    from sign2text.config.project import Project

    return Project(read_configuration(configfile))


def run_explain(options: argparse.Namespace) -> None:
    """Print the chain of the target."""
    from sign2text.lineage.chain import trace
    from sign2text.lineage.explain import chain_json, format_chain
    from sign2text.lineage.up_to_date import find_problems

    project = read_project(options.configfile)
    chain = trace(options.target, project)
    problems = find_problems(chain, project)
    if options.json:
        print_json(chain_json(chain, problems), indent=1)
    else:
        print(format_chain(chain, problems))


def run_verify(options: argparse.Namespace) -> None:
    """Print missing and changed files; exit with code 1 if there are any."""
    from functools import partial

    from tqdm import tqdm

    from sign2text.lineage.chain import trace
    from sign2text.lineage.explain import bytes_text
    from sign2text.lineage.verify import verify
    from sign2text.lineage.withheld import is_withheld

    project = read_project(options.configfile)
    chain = trace(options.target, project)
    report = verify(
        chain,
        withheld=partial(is_withheld, project),
        watch=partial(tqdm, unit="file", leave=False, disable=None),
    )
    for finding in report.findings:
        print(finding)
    said = f"{report.files} files of {len(chain.made)} jobs read, {bytes_text(report.bytes)}"
    if report.withheld:
        said += f"; {report.withheld} are not here, since they are not published"
    print(f"{options.target}: {said}; {len(report.findings) or 'nothing'} to mend.")
    if report.findings:
        sys.exit(1)
