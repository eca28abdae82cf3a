"""What Snakemake keeps of each output: it travels with the artefact, or the job would be due again.

A record is a JSON file in .snakemake/metadata, named by the output's path in URL-safe base64, cut
into folders where that is longer than a file's name may be (snakemake/persistence/file.py).
"""

from __future__ import annotations

import binascii
import json
import re
import reprlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.ground.files import read_text
from sign2text.ground.memory import enough_memory

FOLDER = Path(".snakemake/metadata")
INCOMPLETE = Path(".snakemake/incomplete")
"""Of jobs under way. Where it is missing, Snakemake takes FOLDER for that of an old version."""
LOCKS = Path(".snakemake/locks")
LONGEST_NAME = 255
"""Bytes in a file's name, of all file systems that are common."""
LARGEST = 16 * 2**20
"""Bytes of a record; one that lists a thousand inputs has a hundredth of it."""
LATEST = 2**33
"""Seconds since 1970, in the year 2242; file systems keep no times much later."""
_ABSOLUTE = re.compile(r"(?<![\w.:/-])(?:~|/)[\w.@+-]*/[^\s\"'\\]*")


def record_path(output: str) -> Path:
    """Where Snakemake's record of `output` is, relative to the workflow's folder.

    >>> record_path("results/a.bleu").as_posix()
    '.snakemake/metadata/cmVzdWx0cy9hLmJsZXU='
    """
    return FOLDER / _named(output)


def output_of(record: str) -> str | None:
    """The output whose record lies at the path `record`; None where no output's does.

    >>> output_of(".snakemake/metadata/cmVzdWx0cy9hLmJsZXU=")
    'results/a.bleu'
    """
    *pieces, last = record.removeprefix(f"{FOLDER.as_posix()}/").split("/")
    name = "".join(piece.removeprefix("@") for piece in pieces) + last
    try:
        output = urlsafe_b64decode(name.encode("ascii")).decode("utf-8")
    except (UnicodeError, binascii.Error):
        return None
    return output if record_path(output).as_posix() == record else None


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
        with enough_memory(path):
            record = json.loads(read_text(path, LARGEST))
        if isinstance(record, dict) and record.get("rule"):
            return record
        problem = "is not one of a job's output"
    except FileNotFoundError:
        problem = "is missing"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
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
    # No bool, no NaN.
    if type(ended) not in (int, float) or not 0 <= ended <= LATEST:
        raise InputError(
            f"{record_path(output)}: endtime: found {reprlib.repr(ended)}, expected a number of "
            f"seconds from 0 to {LATEST}"
        )
    return float(ended)


_OF_RECORDS: dict[str, type | tuple[type, ...]] = {
    "rule": str, "input": list, "log": list, "params": list, "shellcmd": str, "code": str,
    "record_format_version": int, "conda_env": str, "container_img_url": str,
    "software_stack_hash": str, "job_hash": int, "starttime": (int, float),
    "endtime": (int, float), "incomplete": bool, "external_jobid": str, "input_checksums": dict,
}  # fmt: skip
"""Kinds of Snakemake's values (class MetadataRecord in snakemake/persistence); each may be null."""


def check_record(output: str) -> None:
    """Check a record that came from elsewhere: Snakemake itself trusts it.

    Raises:
        InputError: it is missing, not whole, or holds a value of another kind.
    """
    record = read_record(output)
    end_of(output)
    for key, kind in _OF_RECORDS.items():
        found = record.get(key)
        right = found is None or isinstance(found, kind)
        if right and key in ("input", "log"):
            right = all(isinstance(each, str) for each in found or ())
        if not right or (isinstance(found, bool) and kind is not bool):
            raise InputError(
                f"{record_path(output)}: {key}: found {reprlib.repr(found)}, expected what "
                "Snakemake writes"
            )


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
