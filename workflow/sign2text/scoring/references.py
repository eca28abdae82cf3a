"""References in another language than the data set's: captions, and the avatar's phrasings."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.adapters import find_adapter
from sign2text.data.caption_texts import human_texts, references_in, texts_by_language
from sign2text.data.captions import read_captions, read_parallel
from sign2text.data.manifest import read_phrasings, read_table
from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError
from sign2text.scoring.language_identification import LanguageIdentifier
from sign2text.scoring.written_language import WrittenLanguage

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


def captioned(rows: pd.DataFrame, language: str, captions: Path | None) -> pd.DataFrame:
    """Give a manifest's rows, by id, their captions in `language` as `text`, and no phrasings.

    Raises:
        InputError: there is no table of captions, or a clip has no caption in `language`.
    """
    if captions is None:
        raise InputError(
            f"--captions: missing, expected the captions of the clips, among them in {language}. "
            "Give them, or leave --language out."
        )
    texts = references_in(read_captions(captions), language, rows.index.tolist(), captions)
    return rows.assign(text=texts, phrasings=[[] for _ in texts])


def with_phrasings(
    rows: pd.DataFrame, language: str, corpus: Path, split: str, settings: Any
) -> pd.DataFrame:
    """Give rows, by id, the further phrasings of `language` in a rendered corpus, if it has them.

    Args:
        corpus: the corpus's checksums.tsv.
        settings: settings with the key `adapter`.
    """
    path = find_adapter(settings.adapter).annotations_of(corpus, split, settings)
    table, column = read_table(path), f"phrasings_{language}"
    if column not in table:
        return rows
    phrasings = read_phrasings(path, table, column)
    known = dict(zip(table["id"], phrasings, strict=True))
    return rows.assign(
        phrasings=[[nfc(each) for each in known.get(clip, ())] for clip in rows.index]
    )


def train_captioned(train: pd.DataFrame, language: str, captions: Path | None) -> pd.DataFrame:
    """Give the training manifest its human captions in `language` as `text`; "" without one."""
    texts = human_texts(read_captions(captions), language) if captions else {}
    return train.assign(text=[texts.get(clip, "") for clip in train["id"]])


def written_language(
    language: str, train_captions: Path | None, parallel: Path | None
) -> WrittenLanguage:
    """Prepare the scores of the language of hypotheses.

    Args:
        language: the language that they should have.
        train_captions, parallel: captions of train and parallel text, which the identifier learns
            from; None: no identifier.
    """
    import pandas as pd

    if train_captions is None:
        return WrittenLanguage(language)
    others = read_parallel(parallel) if parallel else pd.DataFrame()
    texts = texts_by_language(read_captions(train_captions), others)
    if len([each for each in texts.values() if each]) < 2:
        log.info("language accuracy is left out: %s has text in one language alone", train_captions)
        return WrittenLanguage(language)
    identifier = LanguageIdentifier(texts)
    if language not in identifier.languages:
        log.warning("language accuracy is left out: no text in %s to learn it from", language)
    return WrittenLanguage(language, identifier)
