"""Whether the library found every weight of a model that it loaded, and used all that it found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sign2text.errors import InputError

_MOST = 5  # names of weights that a message has


def check_loaded(report: Mapping[str, Any], where: Path, advice: str) -> None:
    """Refuse a model with weights that are missing, left over or of another shape.

    The library draws such weights at random, or drops them, and says so in passing.

    Args:
        report: what `from_pretrained(..., output_loading_info=True)` returns beside the model.
        where: what was read; begins the message.
        advice: why it may be, and what to do; ends the message.

    Raises:
        InputError: names the kind, and the first of the weights.
    """
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if found := report.get(kind):
            names = sorted(map(str, found))[:_MOST]
            raise InputError(f"{where}: {kind.replace('_', ' ')}: {names}. {advice}")
