"""The command `sign2text`: translate clips, import annotations, plan, show and share results."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sign2text.commands.import_annotations import add_command as add_import
from sign2text.commands.lineage import add_commands as add_lineage
from sign2text.commands.lineage import add_configfile
from sign2text.commands.sharing import add_commands as add_sharing
from sign2text.ground.errors import InputError
from sign2text.ground.memory import shortage
from sign2text.ground.terminal import VisibleStream, visible
from sign2text.jobs.command_line import FAILED, WRONG_INPUT


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run the command; wrong input ends with its message and code 2."""
    options = make_parser().parse_args(arguments)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        with contextlib.redirect_stdout(VisibleStream(sys.stdout)):
            options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:  # as by `sign2text show FILE | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left, at the exit
        sys.exit(128 + signal.SIGPIPE)
    except InputError as error:
        _complain(error)
        sys.exit(WRONG_INPUT)
    except (OSError, MemoryError) as error:
        told = getattr(error, "strerror", None) or str(error)
        named = f"{error.filename}: {told}" if getattr(error, "filename", None) else told
        _complain(shortage(error, "sign2text") or named)
        sys.exit(FAILED)


def _complain(told: object) -> None:
    print(visible(f"sign2text: {told}"), file=sys.stderr)


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="sign2text", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_translate(commands)
    add_show(commands)
    add_plan(commands)
    add_import(commands)
    add_lineage(commands)
    add_sharing(commands)
    return parser


def add_translate(commands: argparse._SubParsersAction) -> None:
    """The command that translates clips."""
    translate = commands.add_parser("translate", help="translate clips of signing to sentences")
    translate.add_argument(
        "clips", nargs="+", type=Path, metavar="CLIP", help="a video file or a folder of frames"
    )
    translate.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="an experiment's results, such as results/avatar/fla_llm, or the folder of one of its "
        "stages whose model translates",
    )
    translate.add_argument("--beams", type=_at_least(1), default=5, help="beam width (default 5)")
    translate.add_argument(
        "--hypotheses", type=_at_least(1), default=1, help="how many a clip, best first (default 1)"
    )
    translate.add_argument(
        "--max-new-tokens", type=_at_least(1), default=150, help="longest sentence (default 150)"
    )
    translate.add_argument("--json", action="store_true", help="one JSON object a clip and line")
    translate.set_defaults(command=run_translate)


def add_show(commands: argparse._SubParsersAction) -> None:
    """The command that prints scores."""
    show = commands.add_parser("show", help="print scores and some translations")
    show.add_argument("scores", nargs="+", type=Path, metavar="BLEU_FILE")
    show.set_defaults(command=run_show)


def add_plan(commands: argparse._SubParsersAction) -> None:
    """The command that says what a target would take."""
    plan = commands.add_parser(
        "plan", help="say what a target would take here, from a few steps of each stage"
    )
    plan.add_argument(
        "target", metavar="TARGET", help="of config.yaml, such as results/phoenix/fla_llm.bleu"
    )
    plan.add_argument(
        "--steps", type=_at_least(1), default=20, help="steps of each training (default 20)"
    )
    plan.add_argument(
        "--warm-up", type=_at_least(0), default=3, help="steps before, not counted (default 3)"
    )
    plan.add_argument(
        "--stages", nargs="+", default=[], metavar="STAGE", help="only these (default all)"
    )
    plan.add_argument(
        "--vocabulary",
        type=_at_least(1),
        help="tokens of the language model (default: those of the tokenizer where it is made; "
        "else 2454 of a published one, all pieces of a trained one)",
    )
    plan.add_argument(
        "--threads", type=_at_least(0), default=0, help="CPU threads (default 0: torch's choice)"
    )
    add_configfile(plan)
    plan.add_argument("--json", action="store_true", help="print JSON instead of a table")
    plan.set_defaults(command=run_plan)


def _at_least(least: int) -> Callable[[str], int]:
    """Type of an option that takes a whole number."""

    def whole_number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(
                f"{text} found, a whole number of at least {least} expected"
            )
        return value

    return whole_number


def run_translate(options: argparse.Namespace) -> None:
    """Print the translations; a clip that cannot be read does not keep the others from it."""
    from sign2text.commands.translate import ClipTranslator

    if options.hypotheses > options.beams:
        raise InputError(
            f"--hypotheses: {options.hypotheses} found, at most {options.beams} expected, the "
            "number of beams. Raise --beams too."
        )
    translator = ClipTranslator(options.model)
    failed = []
    for clip in options.clips:
        try:
            found = translator.translate(
                clip,
                beams=options.beams,
                hypotheses=options.hypotheses,
                max_new_tokens=options.max_new_tokens,
            )
        except InputError as error:
            failed.append(clip)
            _complain(error)
            continue
        if options.json:
            line = {"clip": str(clip), "hypotheses": [{"text": t, "score": s} for t, s in found]}
            print(json.dumps(line, ensure_ascii=False), flush=True)
        else:
            for text, score in found:
                mark = f"{score:8.3f}  " if options.hypotheses > 1 else ""
                print(f"{clip}: {mark}{text}", flush=True)
    if failed:
        sys.exit(WRONG_INPUT)


def run_show(options: argparse.Namespace) -> None:
    """Print a table of the score files and the first one's translations."""
    from sign2text.scoring.score_reader import read_score_file
    from sign2text.scoring.show import format_scores

    print(format_scores([(path, read_score_file(path, ["scores"])) for path in options.scores]))


def run_plan(options: argparse.Namespace) -> None:
    """Print what a target would take; code 1 where a stage could not be measured."""
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
        print(json.dumps(table.plan_json(request, results), indent=1))
    else:
        print(table.format_plan(request, results))
    if any(isinstance(each, Failed) for each in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
