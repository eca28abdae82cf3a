"""FLEURS-ASL: sentences and documents of a table, and FLEURS's texts in other languages."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from captioned_videos import put

from sign2text.data.caption_adapters import fleurs_asl
from sign2text.data.caption_settings import FleursAsl
from sign2text.data.fleurs_texts import language_of
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config, Table

HEADER = "id,video,start,end,text,sd_split,signer,fleurs_id,document\n"
ROWS = (
    "dev_1,videos/s1a.mp4,0.5,4.25,The first.,train,1,7,doc1\n"
    "dev_3,videos/s1a.mp4,9.0,12.0,The third.,train,1,9,doc1\n"
    "dev_2,videos/s1a.mp4,4.25,9.0,The second.,train,1,8,doc1\n"
    "dev_9,videos/s2.mp4,0,3.5,Alone.,train,2,7,doc2\n"
    "dev_4,videos/s1b.mp4,1,2,Dev.,val,1,10,doc3\n"
    "devtest_1,videos/s2c.mp4,1,2,Test.,test,2,11,doc4\n"
)


def settings(level: str = "sentence", **names: str) -> Config:
    table = Table(file="fleurs_asl.csv", path="video", split="sd_split")
    further = FleursAsl(level=level, **names)
    return Config(adapter="fleurs_asl", language="en", table=table, fleurs_asl=further)


@pytest.fixture
def corpus(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(Path("resources/f/fleurs_asl.csv"), HEADER + ROWS)
    return Path("resources/f/checksums.tsv")


def fleurs(number: int, text: str) -> str:
    lower = text.lower().rstrip(".")
    return f"{number}\t{number}.wav\t{text}\t{lower}\t{' | '.join(lower)}\t1000\tMALE\n"


def write_texts(corpus: Path, english: dict[int, str] | None = None) -> None:
    folder = corpus.parent / "texts"
    english = english or {7: "The first.", 8: "The second!", 9: "the third"}
    put(folder / "en_us.tsv", "".join(fleurs(*each) for each in english.items()))
    german = fleurs(7, "Der Erste.") + fleurs(7, "Der Erste.") + fleurs(8, "Das U\u0308brige.")
    put(folder / "de_de/train.tsv", german)
    put(folder / "de_de/test.tsv", fleurs(9, "Der Dritte."))
    put(folder / "cmn_hans_cn.tsv", fleurs(7, "第一。"))
    put(folder / "notes.tsv", "of one's own\n")


def test_a_sentence_is_a_part_of_a_video(corpus):
    table = fleurs_asl.read_split(corpus, "train", settings())
    assert list(table["id"]) == ["dev_1", "dev_3", "dev_2", "dev_9"]
    assert table["video"][0] == "resources/f/videos/s1a.mp4#t=0.5,4.25"
    assert (table["text"][0], table["signer"][0]) == ("The first.", "1")
    assert math.isnan(table["fps"][0]) and set(table["gloss"]) == {""}
    assert list(fleurs_asl.read_split(corpus, "dev", settings())["id"]) == ["dev_4"]


def test_a_document_is_all_its_sentences_in_one_video_in_order_of_time(corpus):
    table = fleurs_asl.read_split(corpus, "train", settings("document"))
    assert table[["id", "video", "text"]].to_numpy().tolist() == [
        ["doc2/videos-s2", "resources/f/videos/s2.mp4#t=0,3.5", "Alone."],
        ["doc1/videos-s1a", "resources/f/videos/s1a.mp4#t=0.5,12",
         "The first. The second. The third."],
    ]  # fmt: skip


def test_texts_in_other_languages_by_the_number_of_the_sentence(corpus):
    write_texts(corpus)
    found = fleurs_asl.read_captions(corpus, "train", settings())
    assert sorted(found[["clip", "language", "text"]].to_numpy().tolist()) == [
        ["dev_1", "de", "Der Erste."], ["dev_1", "zh", "第一。"],
        ["dev_2", "de", "Das \u00dcbrige."], ["dev_3", "de", "Der Dritte."],
        ["dev_9", "de", "Der Erste."], ["dev_9", "zh", "第一。"],
    ]  # fmt: skip
    assert set(found["origin"]) == {"human"}


def test_a_document_has_a_text_where_all_its_sentences_have_one_in_order(corpus):
    write_texts(corpus)
    found = fleurs_asl.read_captions(corpus, "train", settings("document"))
    texts = {(row.clip, row.language): row.text for row in found.itertuples()}
    assert texts["doc1/videos-s1a", "de"] == "Der Erste. Das \u00dcbrige. Der Dritte."
    assert ("doc1/videos-s1a", "zh") not in texts and texts["doc2/videos-s2", "zh"] == "第一。"


def test_numbers_of_another_list_are_refused(corpus):
    write_texts(corpus, {7: "Something else.", 8: "Another.", 9: "The third."})
    message = r"2 of 3 sentences differ from FLEURS's English .*column does not hold FLEURS's numb"
    with pytest.raises(InputError, match=message):
        fleurs_asl.read_captions(corpus, "train", settings())


def test_a_table_of_fleurs_of_another_form_is_refused(corpus):
    write_texts(corpus)
    put(corpus.parent / "texts/fr_fr.tsv", "id\ttext\n")
    with pytest.raises(InputError, match=r"fr_fr\.tsv, line 1: found .* expected 7 fields"):
        fleurs_asl.read_captions(corpus, "train", settings())


@pytest.mark.parametrize(
    ("change", "names", "message"),
    [
        (("9.0,12.0", "9.0,x"), {}, r"line 3: end is 'x', expected a number"),
        (("9.0,12.0", "9.0,9.0"), {}, r"line 3: end is 9, expected more than start, 9"),
        (("dev_3", "dev_1"), {}, r"id 'dev_1' stands in line 2 and in line 3"),
        ((",val,", ",later,"), {}, r"line 6: sd_split is 'later', expected train, dev"),
        ((",val,", ",train,"), {}, r"no line is of the split dev in column sd_split"),
        (("videos/s2c", "../s2c"), {}, r"line 7: video is '\.\./s2c\.mp4', expected a path below"),
        (("sd_split", "zs_split"), {}, r"line 1: .*sd_split"),
        (("", ""), {"level": "document", "start": "from"}, r"line 1: missing column.* from"),
        (("", ""), {"level": "document", "document": "page"}, r"line 1: .*page"),
    ],
)
def test_bad_tables_are_refused_with_the_line(corpus, change, names, message):
    put(Path("resources/f/fleurs_asl.csv"), (HEADER + ROWS).replace(*change, 1))
    with pytest.raises(InputError, match=message):
        for split in fleurs_asl.SPLITS:
            fleurs_asl.read_split(corpus, split, settings(**names))


def test_a_missing_column_of_numbers_is_refused(corpus):
    with pytest.raises(InputError, match=r"missing column number, which has FLEURS's number"):
        fleurs_asl.read_captions(corpus, "train", settings(sentence="number"))


def test_languages_of_fleurs():
    names = ["de_de", "fil_ph", "cmn_hans_cn", "yue_hant_hk", "ckb_iq", "train", "x"]
    assert [language_of(name) for name in names] == ["de", "fil", "zh", "yue", "ckb", None, None]
