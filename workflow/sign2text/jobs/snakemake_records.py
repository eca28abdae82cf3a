"""Snakemake's records of outputs: they travel with artefacts, or the jobs would be due again.

A record is a JSON file in .snakemake/metadata. Its name is the output's path in URL-safe base64,
split into folders if it is too long for a file name (snakemake/persistence/file.py).
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
"""Marks of running jobs. If the folder is missing, Snakemake takes FOLDER for an old version's."""
LOCKS = Path(".snakemake/locks")
LONGEST_NAME = 255
"""Bytes in a file name on all common file systems."""
LARGEST = 16 * 2**20
"""Bytes of a record; a record with a thousand inputs has a hundredth of that."""
LATEST = 2**33
"""Seconds since 1970, in the year 2242; file systems do not store much later times."""
_ABSOLUTE = re.compile(r"(?<![\w.:/-])(?:~|/)[\w.@+-]*/[^\s\"'\\]*")


def record_path(output: str) -> Path:
    """Return the path of Snakemake's record of `output`, relative to the workflow's folder.

    >>> record_path("results/a.bleu").as_posix()
    '.snakemake/metadata/cmVzdWx0cy9hLmJsZXU='
    """
    return FOLDER / _named(output)


def output_of(record: str) -> str | None:
    """Return the output with the record at the path `record`, or None if there is none.

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
    """Return the path of Snakemake's mark for an incomplete `output`."""
    return INCOMPLETE / _named(output)


def _named(output: str) -> Path:
    name, step = urlsafe_b64encode(output.encode()).decode(), LONGEST_NAME - 1
    pieces = [name[start : start + step] for start in range(0, len(name), step)]
    return Path(*(f"@{piece}" for piece in pieces[:-1]), pieces[-1])


def read_record(output: str) -> dict[str, Any]:
    """Read Snakemake's record of `output`.

    Raises:
        InputError: it is missing or invalid.
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
    """Return when `output` was last written (its modification time), in seconds since 1970."""
    ended = read_record(output).get("endtime")
    # Neither bool nor NaN passes.
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
"""Types of Snakemake's values (class MetadataRecord in snakemake/persistence); all may be null."""


def check_record(output: str) -> None:
    """Check a record from an untrusted source, since Snakemake does not.

    Raises:
        InputError: it is missing or invalid, or a value has another type.
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
    """List texts in a JSON file that look like absolute paths, without duplicates.

    >>> absolute_paths('{"shellcmd": "python -m x --model /data/mbart/a", "at": "https://x.org/a"}')
    ['/data/mbart/a']
    """
    return sorted(set(_ABSOLUTE.findall(text)))


def check_unlocked() -> None:
    """Raise InputError if another snakemake is running in this folder."""
    if any(LOCKS.glob("*.lock")):
        raise InputError(
            f"{LOCKS}: a snakemake is at work in this folder. Wait until it has ended; if it was "
            "killed, give: snakemake --unlock"
        )
