"""Captions as references and as text of known languages, from tables of `data.captions`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.languages import is_chinese

if TYPE_CHECKING:
    import pandas as pd

HUMAN = "human"
"""Origin of captions that no machine translated."""


def human_texts(captions: pd.DataFrame, language: str) -> dict[str, str]:
    """Return the text of each clip's human captions in a language, by clip.

    Several captions of a clip are joined in the order of their times.
    """
    chosen = captions[(captions["language"] == language) & (captions["origin"] == HUMAN)]
    between = "" if is_chinese(language) else " "
    found = {}
    for clip, rows in chosen.groupby("clip", sort=False):
        if len(rows) > 1:
            rows = rows.sort_values("start", kind="stable")
        found[str(clip)] = between.join(composed(text) for text in rows["text"])
    return found


def references_in(
    captions: pd.DataFrame, language: str, ids: Sequence[str], path: Path
) -> list[str]:
    """Return the human captions of clips in a language, in the order of `ids`.

    Raises:
        InputError: a clip has none. `path`, the captions' file, is named.
    """
    texts = human_texts(captions, language)
    if missing := [clip for clip in ids if not texts.get(clip)]:
        known = sorted(set(captions.loc[captions["origin"] == HUMAN, "language"]))
        raise InputError(
            f"{path}: no human caption in {language} of {len(missing)} of {len(ids)} clips, such as"
            f" '{missing[0]}'; expected one of every clip that is scored, and found captions in "
            f"{', '.join(known) or 'no language'}. Add them, or score another language."
        )
    return [texts[clip] for clip in ids]


def texts_by_language(captions: pd.DataFrame, parallel: pd.DataFrame) -> dict[str, list[str]]:
    """Return distinct human texts by language, of captions and of parallel text.

    Args:
        captions: table of captions.
        parallel: table with a column per language, a row per meaning; cells may be empty.
    """
    human = captions[captions["origin"] == HUMAN]
    found: dict[str, dict[str, None]] = {}
    for language, rows in human.groupby("language", sort=False):
        found[str(language)] = dict.fromkeys(rows["text"])
    for language in parallel.columns:
        found.setdefault(language, {}).update(dict.fromkeys(parallel[language]))
    return {language: [each for each in texts if each] for language, texts in found.items()}
