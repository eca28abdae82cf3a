"""Format of a provenance file, checked value by value: the file may come from anybody."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, Strict, StringConstraints, ValidationError

from sign2text.ground.settings import shown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LARGEST = 16 * 2**20
"""Bytes of a provenance; one with a thousand files has a fiftieth of that."""
MOST_FILES = 10_000
"""Inputs or outputs of a job."""
MOST_VALUES = 200_000
"""Numbers, texts, lists and mappings in total."""
LONGEST_TIME = 1e10
"""Seconds: 300 years."""
DEEPEST = 30
"""Nesting levels of settings."""
LARGEST_NUMBER = 2**63
_LONGEST_PATH = 1000
_CONTROLS = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _inside(path: str) -> str:
    """Check that `path` is a valid path below the workflow's folder, and return it."""
    if _CONTROLS.search(path) or {"", ".", ".."} & set(path.split("/")):
        raise ValueError("expected a path inside the workflow's folder, relative to it")
    if len(path.encode()) > _LONGEST_PATH or any(len(p.encode()) > 255 for p in path.split("/")):
        raise ValueError("expected a path that a file can have, and found a longer one")
    return path


def _time(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _plain(values: Any) -> Any:
    """Check that JSON values have only finite numbers and little nesting, and return them."""
    waiting = [(values, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, Mapping | list):
            if depth >= DEEPEST:
                raise ValueError(f"expected values nested at most {DEEPEST} deep")
            inner = value.values() if isinstance(value, Mapping) else value
            waiting += [(each, depth + 1) for each in inner]
        elif isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:  # NaN too
            raise ValueError("expected finite numbers of at most 64 bits")
    return values


Text = Annotated[str, Strict(), StringConstraints(max_length=1000)]
Name = Annotated[Text, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
InsidePath = Annotated[str, Strict(), AfterValidator(_inside)]
Sha256 = Annotated[str, Strict(), StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[Text, AfterValidator(_time)]
Whole = Annotated[int, Strict(), Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST_NUMBER)]
Seconds = Annotated[float, Strict(), Field(ge=0, le=LONGEST_TIME, allow_inf_nan=False)]
CpuSeconds = Annotated[float, Strict(), Field(ge=0, le=10_000 * LONGEST_TIME, allow_inf_nan=False)]
"""Seconds summed over many processors."""
Settings = Annotated[dict[str, Any], AfterValidator(_plain)]


@functools.cache
def adapter(kind: type) -> TypeAdapter:
    """Return the validator of values read from JSON for `kind`, a dataclass of the types above."""
    import pydantic

    return pydantic.TypeAdapter(kind)


def first_problem(error: ValidationError) -> str:
    """Describe the first problem: key, found value, expected value."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(map(str, problem["loc"]))
    expected = problem["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{where}: found {shown(problem['input'])}, {expected}"
