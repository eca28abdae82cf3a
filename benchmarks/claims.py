"""Claims: a benchmark's figures and their targets, one line each, for benchmarks/all.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

GATHERED = "SIGN2TEXT_CLAIMS"
"""Environment variable with the file to which claims are appended, a JSON object per line."""


def claim(
    what: str,
    value: float | None,
    unit: str = "x",
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> bool:
    """Append a figure to the file of claims, if there is one; return whether it meets its target.

    Args:
        what: the two things compared.
        value: the measured figure; None if it could not be measured, which never meets a target.
        unit: `x` (ratio), `s`, or `%`.
        at_least, at_most: the target; with neither, any value is good.
    """
    good = value is not None
    if good and at_least is not None:
        good = value >= at_least
    if good and at_most is not None:
        good = value <= at_most
    wanted = [
        f"{sign} {limit:g}"
        for sign, limit in ((">=", at_least), ("<=", at_most))
        if limit is not None
    ]
    line = {"what": what, "value": value, "unit": unit, "wanted": " ".join(wanted), "good": good}
    if path := os.environ.get(GATHERED):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return good
