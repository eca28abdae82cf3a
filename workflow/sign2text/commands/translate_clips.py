"""The command `sign2text translate`: its options, and what it prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sign2text.commands.complaint import complain
from sign2text.ground.errors import InputError
from sign2text.ground.settings import MOST_BEAMS, MOST_NEW_TOKENS
from sign2text.ground.terminal import print_json
from sign2text.jobs.command_line import WRONG_INPUT
from sign2text.jobs.number_options import whole_number


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the command that translates clips."""
    translate = commands.add_parser(
        "translate", help="translate clips of signing, or glosses, to sentences"
    )
    translate.add_argument(
        "clips",
        nargs="+",
        type=Path,
        metavar="CLIP",
        help="a video file or a folder of frames; for a model that translates glosses a text file "
        "in UTF-8, whose lines are translated one by one",
    )
    translate.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="an experiment's results, such as results/avatar/fla_llm, or the folder of one of its "
        "stages whose model translates",
    )
    beams, tokens = whole_number(1, MOST_BEAMS), whole_number(1, MOST_NEW_TOKENS)
    translate.add_argument(
        "--glosses",
        action="store_true",
        help="print the glosses too, of a model that recognises some; --json has them with times",
    )
    translate.add_argument("--beams", type=beams, default=5, help="beam width (default 5)")
    translate.add_argument(
        "--hypotheses", type=beams, default=1, help="how many a clip, best first (default 1)"
    )
    translate.add_argument(
        "--max-new-tokens", type=tokens, default=150, help="longest sentence (default 150)"
    )
    translate.add_argument(
        "--language",
        metavar="CODE",
        help="language of the sentences, such as en, of a model that writes several (default: its "
        "data set's)",
    )
    translate.add_argument(
        "--any-extractor",
        action="store_true",
        help="of a model that reads landmarks: accept another version of their extractor than that "
        "of training",
    )
    translate.add_argument(
        "--json", action="store_true", help="one JSON object a clip, or a line of glosses"
    )
    translate.set_defaults(command=run_translate)


def run_translate(options: argparse.Namespace) -> None:
    """Print the translations; skip and report clips that cannot be read."""
    from sign2text.commands.translate import ClipTranslator

    if options.hypotheses > options.beams:
        raise InputError(
            f"--hypotheses: {options.hypotheses} found, at most {options.beams} expected, the "
            "number of beams. Raise --beams too."
        )
    translator = ClipTranslator(
        options.model, options.language, any_extractor=options.any_extractor
    )
    if options.glosses and not translator.writes_glosses:
        raise InputError(
            f"--glosses: given, but the model in {options.model} recognises none; expected one "
            "that does, such as results/avatar/mmtlb. Leave it out."
        )
    translate = translator.translate_lines if translator.reads_text else translator.translate_clip
    failed = []
    for clip in options.clips:
        try:
            found = translate(
                clip,
                beams=options.beams,
                hypotheses=options.hypotheses,
                max_new_tokens=options.max_new_tokens,
            )
        except (InputError, OSError) as error:
            failed.append(clip)
            complain(error)
            continue
        if translator.reads_text:
            _print_lines(clip, found, options)
        elif options.json:
            seen = found.glosses and [each._asdict() for each in found.glosses]
            about = {} if found.glosses is None else {"glosses": seen}
            print_json({"clip": str(clip), "hypotheses": _named(found.hypotheses)} | about)
        else:
            for text, score in found.hypotheses:
                mark = f"{score:8.3f}  " if options.hypotheses > 1 else ""
                print(f"{clip}: {mark}{text}", flush=True)
            if options.glosses:
                glosses = " ".join(each.gloss for each in found.glosses)
                print(f"{clip}, glosses: {glosses}", flush=True)
    if failed:
        sys.exit(WRONG_INPUT)


def _print_lines(
    path: Path, lines: Sequence[tuple[str, list[tuple[str, float]]]], options: argparse.Namespace
) -> None:
    """Print the translations of a file's lines; with one each, output and input lines match."""
    for number, (source, found) in enumerate(lines, 1):
        if options.json:
            about = {"file": str(path), "line": number, "source": source}
            print_json(about | {"hypotheses": _named(found)})
        elif options.hypotheses == 1:
            print(found[0][0] if found else "")
        else:
            for text, score in found:
                print(f"{path}, line {number}: {score:8.3f}  {text}")


def _named(hypotheses: Sequence[tuple[str, float]]) -> list[dict[str, str | float]]:
    return [{"text": text, "score": score} for text, score in hypotheses]
