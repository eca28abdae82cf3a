"""What is done to lines of glosses before their word error rate is taken, by corpus."""

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
    """Rules of a corpus, applied to hypothesis and reference alike."""

    name: str
    """In score files, `gloss_cleaning`."""
    clean: Callable[[str], str]
    """From a line of glosses with blanks between them to one that is scored."""


def clean_phoenix(line: str) -> str:
    """Clean a line of PHOENIX's glosses, by the rules under which its word error rates are printed.

    In this order, which matters:

    1. Marks such as `__ON__` are dropped.
    2. `loc-` and then `cl-` before a gloss, `-PLUSPLUS` after it, and then `RAUM` or `-RAUM` after
       capitals are dropped; the gloss RAUM itself stays.
    3. `WIE AUSSEHEN` is one gloss, `WIE-AUSSEHEN`.
    4. Spelled letters (`SCH` and `NN` are letters too) are one gloss: `E R Z` is `E+R+Z`.
    5. Of neighbours that are equal, one is left.

    On PHOENIX-2014T's own references only the last one changes anything: the marks are
    PHOENIX-2014's, and those of hypotheses.

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
"""By adapter. CSL-Daily is scored as written, and so is the avatar (ours)."""


def rules_of(adapter: str) -> GlossRules:
    """The rules of a data set's adapter; those that change nothing where it has none."""
    return RULES.get(adapter, NONE)


def _stripped(gloss: str) -> str:
    kept = gloss.removeprefix("loc-").removeprefix("cl-").removesuffix("-PLUSPLUS")
    return _ROOM.sub("", kept)


def _is_spelled(gloss: str) -> bool:
    return _SPELLED.fullmatch(gloss) is not None
