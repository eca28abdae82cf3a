"""The normal form of sentences and glosses: composed characters (NFC), one space between words.

The same sentence may be written with composed characters ("ü", NFC), or with a letter and a mark
("u" and U+0308, NFD, as often in files from a Mac). Both look the same but are different strings,
so a comparison, a tokenizer or BLEU takes them for different words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Characters that show nothing, apart from whitespace: control characters, soft hyphen, joiners,
# directions, fillers, byte-order mark, tags.
_INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
INVISIBLE = f"[{_INVISIBLE}]"
"""Pattern of one control or invisible character."""
# A variation selector alone shows nothing; after an emoji it is part of the emoji.
_NOTHING = re.compile(rf"[{_INVISIBLE}\ufe00-\ufe0f\s]*")


def nfc(text: str) -> str:
    """Compose the characters of a text (Unicode NFC).

    >>> len("u\\u0308"), len(nfc("u\\u0308"))
    (2, 1)
    """
    return unicodedata.normalize("NFC", text)


def composed(text: str) -> str:
    """Convert text to NFC and runs of whitespace to one space; "" if nothing of it is visible."""
    return "" if _NOTHING.fullmatch(text) else " ".join(nfc(text).split())


def with_composed_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Convert `text`, `gloss` and `phrasings` of a manifest's table to NFC, where present."""
    forms = {name: table[name].map(nfc) for name in ("text", "gloss") if name in table}
    if "phrasings" in table:
        forms["phrasings"] = [[nfc(text) for text in each] for each in table["phrasings"]]
    return table.assign(**forms)
