"""Empty texts, texts with characters that are rarely intended, and ids from a spreadsheet."""

import unicodedata

import pandas as pd
import pytest

from sign2text.data.corpus_report import make_report
from sign2text.stages.check_corpus import Config

TRAIN = ["regen im norden", "sonne im süden", "wind"]
LEFT_OUT = pd.DataFrame(columns=["split", "id", "video", "reason"])


def manifest(texts: list[str], split: str, ids: list[str] | None = None) -> pd.DataFrame:
    ids = ids or [f"{split}{number}" for number in range(len(texts))]
    return pd.DataFrame({"id": ids, "text": texts}).assign(
        video=[f"videos/{clip}" for clip in ids],
        frames=40,
        fps=25.0,
        signer="s1",
        gloss="",
        language="de",
        phrasings=[[] for _ in ids],
    )


def report(dev: list[str], train: list[str] = TRAIN, ids: list[str] | None = None):
    """Return a function from a check to dev's row of the report."""
    clips = {
        "train": manifest(train, "train"),
        "dev": manifest(dev, "dev", ids),
        "test": manifest(["nebel"], "test"),
    }
    rows = make_report(clips, LEFT_OUT, {}, Config(adapter="table", language="de"))
    return lambda check: rows[(rows["check"] == check) & (rows["split"] == "dev")].iloc[0]


NOTES = [
    ("texts with control characters", ["re\u200bgen", "\ufeffregen", "re\u00adgen", "a\u2060b"]),
    ("texts with control characters", ["re\x07gen", "re\x9dgen", "a\u202eb", "a\U000e0041b"]),
    ("texts with replacement characters", ["sch\ufffdn"]),
    ("texts with HTML entities or tags", ["a &amp; b", "it&#39;s", "it&#x27;s", "a&nbsp;b"]),
    ("texts with HTML entities or tags", ["a<br>b", "<i>a</i>", "<font color=red>a", "a<br/>"]),
    ("texts with broken characters", ["youâ\x80\x99re", "youâ€™re", "SÃ¼den"]),
    ("texts with broken characters", ["don‚Äôt", "锟斤拷"]),
    ("texts with double or outer blanks", ["regen  im norden", "regen "]),
    ("texts with upper case", ["Regen"]),
    ("texts not in NFC", [unicodedata.normalize("NFD", "süden"), "A\u030a"]),
    ("empty texts", ["", " ", "\u200b", "\ufeff\u00ad"]),
]
RIGHT = [
    "süden", "a & b", "r&d; und", "5 < 6 > 4", "die » und « zeichen", "„so“ …", "👍🏽 ❤️",
    "今天下雨。",
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in NOTES for text in texts]
)
def test_odd_characters_are_counted(check, text):
    row = report(["schnee", text])(check)
    assert (row["found"], row["verdict"]) == ("1", "bad" if check == "empty texts" else "note")
    assert row["advice"].endswith("dev1")


def test_right_texts_get_no_note():
    found = report(RIGHT)
    for check, _ in NOTES:
        assert (found(check)["found"], found(check)["verdict"]) == ("0", "ok"), check


def test_broken_characters_say_how_many_can_be_mended():
    row = report(["youâ\x80\x99re", "don‚Äôt", "schnee", "SÃ¼den"])("texts with broken characters")
    assert row["found"] == "3"
    assert "make_manifest: {mend_mojibake: true} undoes it in 2 of these 3: dev0" in row["advice"]


def test_upper_case_is_no_note_where_all_sentences_begin_with_it():
    with pytest.raises(IndexError):
        report(["Nebel"], ["Regen", "Sonne"])("texts with upper case")


@pytest.mark.parametrize("train", ["NFC", "NFD"])
@pytest.mark.parametrize("dev", ["NFC", "NFD"])
def test_a_sentence_in_two_unicode_forms_is_one(train, dev):
    sentence = "sonne über der küste"
    found = report(
        [unicodedata.normalize(dev, sentence)], [unicodedata.normalize(train, sentence), "wind"]
    )
    assert found("clips whose sentence is in train")["found"] == "1"
    assert found("words not in train")["found"] == "0"


@pytest.mark.parametrize(
    ("clip", "found"),
    [("2. Jan", 1), ("02-Jan", 1), ("Jan-24", 1), ("3. Mrz", 1), ("1.23457E+11", 1),
     ("1月2日", 1), ("01.02.2024", 1), ("1-2", 0), ("01April_2010_Friday_heute-1", 0),
     ("2024-01-02", 0), ("3E10", 0), ("day-1", 0), ("march", 0), ("1.2", 0)],
)  # fmt: skip
def test_ids_that_a_spreadsheet_may_have_made_are_noted(clip, found):
    row = report(["schnee"], ids=[clip])("ids like dates or numbers of a spreadsheet")
    assert (row["found"], row["verdict"]) == (str(found), "note" if found else "ok")
