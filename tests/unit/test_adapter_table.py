"""The adapter for a corpus that nobody here knows: a CSV or TSV."""

import math
from pathlib import Path

import pytest

from sign2text.data.adapters import table
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config, Table

SETTINGS = Config(adapter="table", language="en")
HEADER = "path,text,gloss,signer,split,id,fps"
LINES = [
    'clips/a.mp4,"Hello, you.",HELLO YOU,anna,train,one,',
    "clips/b,It rains.,RAIN,,valid,two,12.5",
    "clips/c.mp4,It snows.,,ben,test,three,",
]


def write(path: Path, *lines: str) -> Path:
    """The table; what is given back is the path of checksums.tsv."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path.with_name("checksums.tsv")


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/own")


def read(corpus: Path, split: str = "train", /, **names: str):
    return table.read_split(corpus, split, Config(language="en", table=Table(**names)))


def test_the_columns_of_a_manifest(raw):
    corpus = write(raw / "clips.csv", HEADER, *LINES)
    (row,) = read(corpus).to_dict("records")
    assert math.isnan(row.pop("fps"))  # the container says it
    assert row == {
        "id": "one",
        "video": "resources/own/clips/a.mp4",
        "signer": "anna",
        "text": "Hello, you.",
        "gloss": "HELLO YOU",
        "language": "en",
        "phrasings": [],
    }
    (row,) = read(corpus, "dev").to_dict("records")
    assert (row["fps"], row["signer"], row["video"]) == (12.5, "unknown", "resources/own/clips/b")
    assert table.read_monolingual(corpus, SETTINGS) == ["Hello, you."]


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_the_header_says_the_separator(raw, separator):
    lines = [line.replace(",", separator) for line in (HEADER, *LINES[1:])]
    corpus = write(raw / "clips.csv", *lines)
    assert read(corpus, "test")["text"].tolist() == ["It snows."]


def test_what_need_not_be_there(raw):
    corpus = write(
        raw / "clips.csv",
        "path,text,split",
        "anna/01.mp4,Hi.,train",
        "ben/01.mp4,Hi.,train",
        "day.1,Hi.,train",
        "talk.mp4#t=1,2.5,Hi.,train".replace("1,2.5", '1,2.5"').replace("talk", '"talk'),
    )
    found = read(corpus)
    assert found["id"].tolist() == ["anna/01", "ben/01", "day.1", "talk_1-2.5"]
    assert found["video"][3] == "resources/own/talk.mp4#t=1,2.5"
    assert set(found["gloss"]) == {""}
    assert set(found["signer"]) == {"unknown"}


def test_other_names_of_file_and_columns(raw):
    corpus = write(raw / "inner/list.tsv", "video\tenglish\tpart\twho", "a.mp4\tHi.\tTrain\tanna")
    corpus = corpus.parents[1] / "checksums.tsv"
    names = {"file": "list.tsv", "path": "video", "text": "english", "split": "part"}
    found = read(corpus, **names, signer="who")
    assert found["video"].tolist() == ["resources/own/inner/a.mp4"]
    assert found["signer"].tolist() == ["anna"]
    # Who names a column wants it: it is not passed over where it is missing.
    with pytest.raises(InputError, match=r"list\.tsv, line 1: missing column signer_name"):
        read(corpus, **names, signer="signer_name")


@pytest.mark.parametrize("name", ["dev", "val", "valid", "validation", "Dev"])
def test_names_of_the_development_split(raw, name):
    corpus = write(raw / "clips.csv", "path,text,split", f"a.mp4,Hi.,{name}")
    assert len(read(corpus, "dev")) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path;text;split", "a,b;c"], "line 2: 2 fields found, expected 3 .* a semicolon"),
        (["path:text:split", "a:b:c"], "line 1: found 'path:text:split', expected the names of"),
        (["path,sentence,split", "a,b,train"], "line 1: missing column text; found path, sent"),
        ([HEADER, 'a,"Hi.,,,train,,', *LINES], "line 2: a quote does not close"),
        ([HEADER, *LINES, "a,Hi.,,,train,one,"], "id 'one' stands in line 2 and in line 5"),
        ([HEADER, *LINES, "a,Hi.,,,test,one,"], "id 'one' stands in line 2 and in line 5"),
        ([HEADER, *LINES, "a,Hi.,,,,four,"], "line 5: split is '', expected train, dev"),
        ([HEADER, *LINES, "a,Hi.,,,eval,four,"], "line 5: split is 'eval', expected train, dev"),
        ([HEADER, *LINES[1:]], "no line is of the split train"),
        ([HEADER, "/data/a.mp4,Hi.,,,train,1,"], "line 2: path is '/data/a.mp4', expected a path"),
        ([HEADER, "../a.mp4,Hi.,,,train,1,"], r"line 2: path is '\.\./a\.mp4', expected a path be"),
        ([HEADER, r"clips\a.mp4,Hi.,,,train,1,"], "written with forward slashes"),
        ([HEADER, ",Hi.,,,train,1,"], "line 2: path is '', expected a path below resources/own"),
        ([HEADER, "a,Hi.,,,train,1,fast"], "line 2: fps is 'fast', expected a number"),
        ([HEADER, "a,Hi.,,,train,1,0"], "line 2: fps is '0', expected a number"),
    ],
)
def test_a_table_of_another_form_is_refused(raw, lines, message):
    with pytest.raises(InputError, match=r"clips\.csv.*" + message):
        read(write(raw / "clips.csv", *lines))


def test_bytes_that_are_not_utf8_are_refused_and_a_mark_is_not(raw):
    corpus = write(raw / "clips.csv", HEADER, *LINES)
    path = raw / "clips.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(corpus)["id"].tolist() == ["one"]
    path.write_bytes(path.read_bytes().replace(b"Hello", b"H\xe4llo"))
    with pytest.raises(InputError, match="line 2: byte 0xe4 is not UTF-8, maybe Latin-1"):
        read(corpus)


def test_a_table_that_is_not_there_is_said(raw):
    with pytest.raises(InputError, match=r"corpus is not there; expected clips\.csv .*own_corpus"):
        read(raw / "checksums.tsv")
