"""The command `sign2text`: translate clips, import annotations, plan, show and share results."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sign2text.commands.complaint import complain
from sign2text.commands.import_annotations import add_command as add_import
from sign2text.commands.landmarks import add_command as add_landmarks
from sign2text.commands.lineage import add_commands as add_lineage
from sign2text.commands.lineage import add_configfile
from sign2text.commands.sharing import add_commands as add_sharing
from sign2text.commands.translate_clips import add_command as add_translate
from sign2text.ground.errors import InputError
from sign2text.ground.targets import workflow_path
from sign2text.ground.terminal import (
    VisibleStream,
    print_json,
    warnings_shown,
)
from sign2text.jobs.command_line import FAILED, WRONG_INPUT
from sign2text.jobs.number_options import MOST_THREADS, whole_number

MOST_STEPS = 100_000
"""Steps of a plan's trainings; they take hours on any machine."""
MOST_TOKENS = 2**20
"""Tokens of a language model's vocabulary; the largest published ones have a quarter of that."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run the command; exit with code 2 for invalid input."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        with contextlib.redirect_stdout(VisibleStream(sys.stdout)), warnings_shown("sign2text"):
            # Only for parsing: a command's progress bars send control characters to stderr.
            with contextlib.redirect_stderr(VisibleStream(sys.stderr)):
                options = make_parser().parse_args(arguments)
            options.command(options)
            sys.stdout.flush()
    except BrokenPipeError:  # for example `sign2text show FILE | head -3`
        _drop_output()
        sys.exit(128 + signal.SIGPIPE)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except InputError as error:
        complain(error)
        sys.exit(WRONG_INPUT)
    except (OSError, MemoryError) as error:
        complain(error)
        _drop_output()
        sys.exit(FAILED)


def _drop_output() -> None:
    """Prevent an error at exit when stdout has unwritten output and no reader."""
    try:
        VisibleStream(sys.stdout).flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands and their options."""
    parser = argparse.ArgumentParser(prog="sign2text", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_translate(commands)
    add_show(commands)
    add_plan(commands)
    add_import(commands)
    add_landmarks(commands)
    add_lineage(commands)
    add_sharing(commands)
    return parser


def add_show(commands: argparse._SubParsersAction) -> None:
    """Add the command that prints scores."""
    show = commands.add_parser("show", help="print scores and some translations")
    show.add_argument("scores", nargs="+", type=Path, metavar="BLEU_FILE")
    show.add_argument(
        "--before",
        nargs="+",
        type=Path,
        metavar="BLEU_FILE",
        help="scores of the same pairs before fine-tuning: print Spearman's rank correlation",
    )
    show.add_argument(
        "--metric", default="bleu4", help="metric of the rank correlation (default bleu4)"
    )
    show.set_defaults(command=run_show)


def add_plan(commands: argparse._SubParsersAction) -> None:
    """Add the command that estimates a target's cost."""
    plan = commands.add_parser(
        "plan", help="say what a target would take here, from a few steps of each stage"
    )
    plan.add_argument(
        "target",
        type=workflow_path,
        metavar="TARGET",
        help="of config.yaml, such as results/phoenix/fla_llm.bleu",
    )
    plan.add_argument(
        "--steps",
        type=whole_number(1, MOST_STEPS),
        default=20,
        help="steps of each training (default 20)",
    )
    plan.add_argument(
        "--warm-up",
        type=whole_number(0, MOST_STEPS),
        default=3,
        help="steps before, not counted (default 3)",
    )
    plan.add_argument(
        "--stages", nargs="+", default=[], metavar="STAGE", help="only these (default all)"
    )
    plan.add_argument(
        "--vocabulary",
        type=whole_number(1, MOST_TOKENS),
        help="tokens of the language model (default: those of the tokenizer where it is made; "
        "else 2454 of a published one, all pieces of a trained one)",
    )
    plan.add_argument(
        "--threads",
        type=whole_number(0, MOST_THREADS),
        default=0,
        help="CPU threads (default 0: torch's choice)",
    )
    add_configfile(plan)
    plan.add_argument("--json", action="store_true", help="print JSON instead of a table")
    plan.set_defaults(command=run_plan)


def run_show(options: argparse.Namespace) -> None:
    """Print a table of the score files and the first one's translations; report invalid files.

    With `--before`, print the rank correlation of the two groups of files instead. Exits with code
    2 if a file is invalid.
    """
    from sign2text.comparing.rank_correlation import correlate
    from sign2text.scoring.score_reader import read_score_file
    from sign2text.scoring.show import format_scores

    results, failed = [], False
    for path in options.scores:
        try:
            results.append((path, read_score_file(path, ["scores"])))
        except (InputError, OSError) as error:
            failed = True
            complain(error)
    if options.before and not failed:
        before = [(path, read_score_file(path, ["scores"])) for path in options.before]
        print(correlate(before, results, options.metric).text)
    elif results:
        print(format_scores(results))
    if failed:
        sys.exit(WRONG_INPUT)


def run_plan(options: argparse.Namespace) -> None:
    """Print a target's estimated cost; exit with code 1 if a stage could not be measured."""
    from sign2text.planning import run, table
    from sign2text.planning.measured import Failed
    from sign2text.planning.request import read_request

    request = read_request(
        options.target,
        options.configfile,
        vocabulary=options.vocabulary,
        only=tuple(options.stages),
        steps=options.steps,
        warm_up=options.warm_up,
        threads=options.threads,
    )
    results = run.run_plan(request)
    if options.json:
        print_json(table.plan_json(request, results), indent=1)
    else:
        print(table.format_plan(request, results))
    if any(isinstance(each, Failed) for each in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
