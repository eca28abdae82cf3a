"""Cleaning of gloss lines before the word error rate is computed, by corpus."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

_MARK = re.compile(r"__[^_\s]*__")
_ROOM = re.compile(r"(?<=[A-Z])-?RAUM$")
_LOOK = re.compile(r"(?<!\S)WIE AUSSEHEN(?!\S)")
_SPELLED = re.compile(r"(?:[A-Z]|SCH|NN)(?:\+(?:[A-Z]|SCH|NN))*")


@dataclass(frozen=True)
class GlossRules:
    """A corpus's cleaning rules, applied to hypothesis and reference alike."""

    name: str
    """Name in score files, under `gloss_cleaning`."""
    clean: Callable[[str], str]
    """Function from a line of glosses, separated by spaces, to the line that is scored."""


def clean_phoenix(line: str) -> str:
    """Clean a line of PHOENIX's glosses, by the rules behind its published word error rates.

    The order of the steps matters:

    1. Drop marks such as `__ON__`.
    2. Drop `loc-` and then `cl-` before a gloss, `-PLUSPLUS` after it, and then `RAUM` or `-RAUM`
       after capitals. The gloss RAUM itself stays.
    3. Join `WIE AUSSEHEN` into one gloss, `WIE-AUSSEHEN`.
    4. Join spelled letters (including `SCH` and `NN`) into one gloss: `E R Z` becomes `E+R+Z`.
    5. Replace consecutive equal glosses by one.

    On PHOENIX-2014T's references only the last step has an effect: the marks occur in
    PHOENIX-2014 and in hypotheses.

    >>> clean_phoenix("__ON__ loc-NORD cl-KOMMEN-PLUSPLUS NORD NORD E R Z WIE AUSSEHEN")
    'NORD KOMMEN NORD E+R+Z WIE-AUSSEHEN'
    """
    glosses = [_stripped(gloss) for gloss in _MARK.sub("", line).split()]
    text = _LOOK.sub("WIE-AUSSEHEN", " ".join(filter(None, glosses)))
    joined: list[str] = []
    for is_spelled, run in itertools.groupby(text.split(), _is_spelled):
        glosses = [*run]
        joined += ["+".join(glosses)] if is_spelled else glosses
    return " ".join(gloss for gloss, _ in itertools.groupby(joined))


NONE = GlossRules("none", lambda line: " ".join(line.split()))
RULES = {"phoenix": GlossRules("phoenix", clean_phoenix)}
"""Rules by adapter. CSL-Daily is scored as written, and so is the avatar (our choice)."""


def rules_of(adapter: str) -> GlossRules:
    """Return the rules of a data set's adapter, or NONE if it has no rules."""
    return RULES.get(adapter, NONE)


def _stripped(gloss: str) -> str:
    kept = gloss.removeprefix("loc-").removeprefix("cl-").removesuffix("-PLUSPLUS")
    return _ROOM.sub("", kept)


def _is_spelled(gloss: str) -> bool:
    return _SPELLED.fullmatch(gloss) is not None
