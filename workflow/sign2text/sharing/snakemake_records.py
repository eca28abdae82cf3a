"""What Snakemake keeps of each output: it travels with the artefact, or the job would be due again.

A record is a JSON file in .snakemake/metadata, named by the output's path in URL-safe base64, cut
into folders where that is longer than a file's name may be (snakemake/persistence/file.py).
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from sign2text.errors import InputError

FOLDER = Path(".snakemake/metadata")
INCOMPLETE = Path(".snakemake/incomplete")
"""Of jobs under way. Where it is missing, Snakemake takes FOLDER for that of an old version."""
LOCKS = Path(".snakemake/locks")
LONGEST_NAME = 255
"""Bytes in a file's name, of all file systems that are common."""
_ABSOLUTE = re.compile(r"(?<![\w.:/-])(?:~|/)[\w.@+-]*/[^\s\"'\\]*")


def record_path(output: str) -> Path:
    """Where Snakemake's record of `output` is, relative to the workflow's folder.

    >>> record_path("results/a.bleu").as_posix()
    '.snakemake/metadata/cmVzdWx0cy9hLmJsZXU='
    """
    return FOLDER / _named(output)


def incomplete_path(output: str) -> Path:
    """Where Snakemake marks `output` as that of a job which has not finished."""
    return INCOMPLETE / _named(output)


def _named(output: str) -> Path:
    name, step = urlsafe_b64encode(output.encode()).decode(), LONGEST_NAME - 1
    pieces = [name[start : start + step] for start in range(0, len(name), step)]
    return Path(*(f"@{piece}" for piece in pieces[:-1]), pieces[-1])


def read_record(output: str) -> dict[str, Any]:
    """Snakemake's record of `output`.

    Raises:
        InputError: there is none, or it is not whole.
    """
    path = record_path(output)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict) and record.get("rule"):
            return record
        problem = "is not one of a job's output"
    except FileNotFoundError:
        problem = "is missing"
    except ValueError as error:
        problem = f"is not whole ({error})"
    raise InputError(
        f"{output}: Snakemake's record of it ({path}) {problem}, so nobody who pulls it would know "
        "with what it was made. If `sign2text explain` finds nothing wrong with it, have it "
        f"noted: snakemake --touch --cores 1 -- {output}. Else have it made by the workflow: "
        f"snakemake --cores all --force -- {output}"
    )


def end_of(output: str) -> float:
    """When `output` was last written, in seconds since 1970: its modification time then."""
    ended = read_record(output).get("endtime")
    if not isinstance(ended, int | float):
        raise InputError(f"{record_path(output)}: endtime: found {ended}, expected a number")
    return float(ended)


def absolute_paths(text: str) -> list[str]:
    """What looks like a path of one machine in a JSON file's text, each once.

    >>> absolute_paths('{"shellcmd": "python -m x --model /data/mbart/a", "at": "https://x.org/a"}')
    ['/data/mbart/a']
    """
    return sorted(set(_ABSOLUTE.findall(text)))


def check_unlocked() -> None:
    """Raise InputError while another snakemake works in this folder."""
    if any(LOCKS.glob("*.lock")):
        raise InputError(
            f"{LOCKS}: a snakemake is at work in this folder. Wait until it has ended; if it was "
            "killed, give: snakemake --unlock"
        )
