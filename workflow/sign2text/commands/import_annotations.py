"""The command `sign2text import-annotations`."""

from __future__ import annotations

import argparse
import codecs
import math
from pathlib import Path

_LONGEST = 10**6  # seconds of an offset


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser of `sign2text`."""
    parser = commands.add_parser(
        "import-annotations",
        help="turn ELAN documents, ELAN's exports and subtitles into the table of a corpus",
        description="Turn documents of ELAN (.eaf), its exports as tab-delimited text (.txt) and "
        "subtitles (.srt, .vtt) into a table of parts of videos (docs/own_corpus.md).",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="annotation files")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="TABLE",
        help="such as resources/mine/clips.csv; the videos lie below its folder",
    )
    parser.add_argument(
        "--split",
        required=True,
        help="train, dev or test for all files; or a table with the columns name and split, a line "
        "a file",
    )
    parser.add_argument(
        "--tier",
        action="append",
        default=[],
        metavar="NAME",
        help="tier of the sentences, once for each person; without it the tiers are listed",
    )
    parser.add_argument(
        "--gloss-tier",
        action="append",
        default=[],
        metavar="NAME",
        help="tier of the glosses, each belongs to the sentence in whose time its middle lies",
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="PATH",
        help="the video of one file, or a folder of videos (default: what the file names, else the "
        "file's own name)",
    )
    parser.add_argument(
        "--offset",
        type=milliseconds,
        metavar="SECONDS",
        help="added to all times, beside the offset that a document of ELAN has for its video",
    )
    parser.add_argument("--signer", default="", metavar="NAME", help="where the file says none")
    parser.add_argument(
        "--encoding",
        type=_encoding,
        default="utf-8",
        help="of texts without a byte-order mark (default utf-8), such as cp1252",
    )
    parser.add_argument(
        "--append", action="store_true", help="add to the table, if it is there already"
    )
    parser.set_defaults(command=run)


def milliseconds(text: str) -> int:
    """Convert an option's seconds to milliseconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not abs(seconds) <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} found, a number of seconds expected")
    return round(1000 * seconds)


def _encoding(text: str) -> str:
    try:
        b"a".decode(codecs.lookup(text).name)
    except (LookupError, UnicodeError, ValueError):
        raise argparse.ArgumentTypeError(
            f"{text} found, an encoding such as utf-8 or cp1252 expected"
        ) from None
    return text


def run(options: argparse.Namespace) -> None:
    """Write the table, and print the number of clips and the notes for each file."""
    from sign2text.data.imported_annotations.clips_file import write_clips
    from sign2text.data.imported_annotations.import_files import Request, import_files
    from sign2text.ground.errors import InputError

    request = Request(
        split=options.split,
        tiers=options.tier,
        gloss_tiers=options.gloss_tier,
        video=options.video,
        offset=options.offset,
        signer=" ".join(options.signer.split()),
        encoding=options.encoding,
    )
    imported = import_files(options.files, options.output.parent, request)
    for each in imported:
        print(f"{each.path}: {len(each.clips)} clips")
        for note in each.notes:
            print(f"  {note}")
    clips = [clip for each in imported for clip in each.clips]
    if not clips:
        raise InputError(
            f"{options.output}: not written, since the files hold no clip. See the notes above."
        )
    total = write_clips(options.output, clips, append=options.append)
    print(f"{options.output}: {len(clips)} clips written, {total} in all")
