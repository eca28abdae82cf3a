"""Checks for empty texts and for characters that are rarely intended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import Row, counted
from sign2text.data.mojibake import is_broken, mend
from sign2text.data.text_form import INVISIBLE, composed, nfc

if TYPE_CHECKING:
    import pandas as pd

_UNREADABLE = "\ufffd"
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_TAG = r"</?(?:br|b|i|u|p|em|strong|span|font|div|c)\b[^<>]*>"
_MENDED = (
    "UTF-8 that was read in another encoding, such as â€™ for an apostrophe. make_manifest: "
    "{mend_mojibake: true} undoes it in "
)
_MARKED = (
    ("texts with HTML entities or tags", f"{_ENTITY}|{_TAG}", "Taken from a web page, such as "
     "&amp; for &: scores take them for words. Look at"),
    ("texts with replacement characters", _UNREADABLE, "U+FFFD, written where a byte could not be "
     "read: what was there is lost. Look at"),
    ("texts with control characters", INVISIBLE,
     "Invisible characters, which make one word two: look at"),
    ("texts with double or outer blanks", r"\s\s|^\s|\s$",
     "Words are cut at blanks, so scores do not change; a tokenizer may. Look at"),
)  # fmt: skip


def check_texts(clips: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Report empty texts, and texts with characters that are rarely intended."""
    import pandas as pd

    every = pd.concat([table["text"] for table in clips.values()])
    # If most sentences have capitals, the corpus is written that way.
    lower_case = (every != every.str.lower()).mean() < 0.5
    for split, table in clips.items():
        text, clip = table["text"], table["id"]
        yield counted(
            "empty texts",
            split,
            clip[text.map(composed) == ""],
            verdict="bad",
            advice="A clip without a sentence can be neither trained on nor scored; take out",
        )
        yield _check_encoding(split, text, clip)
        for check, pattern, advice in _MARKED:
            found = clip[text.str.contains(pattern, regex=True)]
            yield counted(check, split, found, advice=advice)
        if lower_case:
            yield counted(
                "texts with upper case",
                split,
                clip[text != text.str.lower()],
                advice="The others have none, and scores tell upper from lower case: look at",
            )


def check_forms(clips: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Report texts that are not in NFC: another program than make_manifest wrote the manifest."""
    for split, table in clips.items():
        yield counted(
            "texts not in NFC",
            split,
            table["id"][table["text"] != table["text"].map(nfc)],
            advice="Letters and marks apart (NFD), so that equal words differ. Make the manifest "
            "again with make_manifest:",
        )


def _check_encoding(split: str, text: pd.Series, clip: pd.Series) -> Row:
    broken = text.map(is_broken)
    mended = int((text[broken].map(mend) != text[broken]).sum())
    return counted(
        "texts with broken characters",
        split,
        clip[broken],
        advice=f"{_MENDED}{mended} of these {int(broken.sum())}:",
    )
