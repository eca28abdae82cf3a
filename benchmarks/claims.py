"""What a benchmark found and what it is to be: one line each, gathered by benchmarks/all.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

GATHERED = "SIGN2TEXT_CLAIMS"
"""Environment variable with the file that claims are added to, a JSON object a line."""


def claim(
    what: str,
    value: float | None,
    unit: str = "x",
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> bool:
    """Note a figure where somebody gathers them; returns whether it is what it is to be.

    Args:
        what: compared with what.
        value: as measured; None: it could not be, which is never good.
        unit: `x` (ratio), `s`, or `%`.
        at_least, at_most: what it is to be; with neither, any value is good.
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
