"""The line of a page that identifies the experiment that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sign2text.scoring.statement import shown_seed


def identity_line(identity: Mapping[str, Any]) -> str:
    """Make a paragraph of an experiment's identity (sign2text/lineage/identity.py)."""
    facts = {
        "Data set": identity["data_set"],
        "experiment": identity["experiment"],
        "method": identity["method"],
        "seed": shown_seed(identity["seed"]),
        "settings": identity["settings"],
        "code": identity["code"],
    }
    said = ", ".join(f"{name} {escape(str(value))}" for name, value in facts.items())
    return f"<p>{said}.</p>"
