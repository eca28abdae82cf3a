"""The adapter for an unknown corpus with a table in CSV or TSV."""

import math
import unicodedata
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
    """Write the table, and return the path of checksums.tsv."""
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
    assert math.isnan(row.pop("fps"))  # the container has it
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


def test_a_column_of_groups_is_kept_as_written_and_need_not_be_there(raw):
    corpus = write(raw / "clips.csv", HEADER, *LINES)
    assert "group" not in read(corpus)
    lines = [f"{line},{label}" for line, label in zip(LINES, ("", *"bcdefgh"), strict=False)]
    corpus = write(raw / "clips.csv", f"{HEADER},topic", *lines)
    assert read(corpus, "dev", group="topic")["group"].tolist() == ["b"]
    assert "group" not in read(corpus, "dev")


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
    # A column that the settings name is required, so its absence is an error.
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


SHORT = "path,text,split"


def lines_of(*rows: str) -> list[str]:
    return [SHORT, *rows, "d.mp4,Hi.,dev", "t.mp4,Hi.,test"]


@pytest.mark.parametrize("column", ["Signer", " SIGNER ", "signer"])
def test_a_further_column_in_other_case_is_read(raw, column):
    corpus = write(raw / "clips.csv", f"Path,Text,Split,{column}", "a.mp4,Hi.,Train,anna")
    assert read(corpus)["signer"].tolist() == ["anna"]


def test_a_sentence_with_a_line_break_is_one_sentence(raw):
    corpus = write(raw / "clips.csv", *lines_of('a.mp4,"Good morning,\nhow are you?",train'))
    assert read(corpus)["text"].tolist() == ["Good morning, how are you?"]


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\u00ad", "\u2060\u200b"])
def test_a_text_of_invisible_characters_is_empty(raw, text):
    corpus = write(raw / "clips.csv", *lines_of(f"a.mp4,{text},train"))
    assert read(corpus)["text"].tolist() == [""]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["“a.mp4”,Hi.,train"], "line 2: path is '“a.mp4”', in typographic quotes"),
        (["a.mp4,Hi.,“train”"], "line 2: split is '“train”', in typographic quotes"),
        (["a.mp4,#NAME?,train"], "line 2: text is '#NAME[?]', an error of the spreadsheet"),
        (["a.mp4,#WERT!,train"], "line 2: text is '#WERT!', an error of the spreadsheet"),
        (["a.mp4,Hi.,train", "#####,Hi.,dev"], "line 3: path is '#####', .*too narrow"),
        (["1.23457E+11,Hi.,train"], r"path is '1\.23457E\+11', a long number .* last digits"),
        (['"1,23457E+11",Hi.,train'], r"path is '1,23457E\+11', a long number"),
        (["1-13,Hi.,train", "2. Jan,Hi.,train"], "line 3: path is '2. Jan', a date, while others"),
        (["1-13,Hi.,train", "02-Jan,Hi.,train"], "line 3: path is '02-Jan', a date"),
        (["1-13,Hi.,train", "Jan 24,Hi.,train"], "line 3: path is 'Jan 24', a date"),
        (["1-13,Hi.,train", "3. Mrz,Hi.,train"], "line 3: path is '3. Mrz', a date"),
        (["1-13,Hi.,train", "01.02.2024,Hi.,train"], "line 3: path is '01.02.2024', a date"),
        (["1-13,Hi.,train", "1月2日,Hi.,train"], "line 3: path is '1月2日', a date"),
    ],
)
def test_what_a_spreadsheet_has_changed_is_said(raw, rows, message):
    with pytest.raises(InputError, match=r"clips\.csv, .*" + message):
        read(write(raw / "clips.csv", *lines_of(*rows)))


def test_ids_are_looked_at_like_paths(raw):
    rows = ["a.mp4,Hi.,train,1-13", "b.mp4,Hi.,train,02-Jan"]
    with pytest.raises(InputError, match="line 3: id is '02-Jan', a date, while others are pairs"):
        read(write(raw / "clips.csv", f"{SHORT},id", *rows))


def test_names_that_may_be_meant_are_read(raw):
    names = ["02-Jan", "2. Jan", "2024-01-02", "01April_2010_Thursday-1", "3E10", "1e5", "#1"]
    corpus = write(raw / "clips.csv", *lines_of(*(f"{name},Hi.,train" for name in names)))
    assert read(corpus)["id"].tolist() == names


def test_a_frame_rate_with_a_decimal_comma_is_said(raw):
    corpus = write(raw / "clips.csv", f"{SHORT};fps".replace(",", ";"), "a;Hi.;train;29,97")
    with pytest.raises(InputError, match=r"line 2: fps is '29,97'.*decimal point: 29\.97"):
        read(corpus)


@pytest.mark.parametrize("name", ["clips [final].csv", "clips*.csv", "clips?.csv", "a/clips.csv"])
def test_the_tables_name_is_no_pattern(raw, name):
    corpus = write(raw / "clips1.csv", *lines_of("wrong.mp4,Hi.,train"))
    write(raw / name, *lines_of("a.mp4,Hi.,train"))
    found = read(corpus, file=name)
    assert found["id"].tolist() == ["a"]
    assert Path(found["video"][0]).parent == (raw / name).parent


@pytest.mark.parametrize("name", ["/etc/clips.csv", "../clips.csv", "a/../../clips.csv", "."])
def test_a_name_that_leads_out_of_the_corpus_is_refused(raw, name):
    write(raw.parent / "clips.csv", *lines_of("a.mp4,Hi.,train"))
    with pytest.raises(InputError, match=r"table\.file: found .*, expected the name of the table"):
        table.find_root(raw, Config(table=Table(file=name)))


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_the_tables_name_is_found_in_either_unicode_form(raw, written, stored):
    form = {key: unicodedata.normalize(key, "Übung.csv") for key in ("NFC", "NFD")}
    corpus = write(raw / form[stored], *lines_of("a.mp4,Hi.,train"))
    assert len(read(corpus, file=form[written])) == 1


def test_two_folders_with_a_table_are_both_named(raw):
    corpus = raw / "checksums.tsv"
    for folder in ("first", "second"):
        write(raw / folder / "clips.csv", *lines_of(f"{folder}.mp4,Hi.,train"))
    with pytest.raises(InputError) as error:
        read(corpus)
    assert "several folders hold clips.csv: resources/own/first, resources/own/second" in str(
        error.value
    )
    # The upper one is at the place in the docs.
    write(raw / "clips.csv", *lines_of("upper.mp4,Hi.,train"))
    assert read(corpus)["id"].tolist() == ["upper"]


def test_two_links_to_one_folder_are_one(raw):
    write(raw / "first/clips.csv", *lines_of("a.mp4,Hi.,train"))
    (raw / "second").symlink_to("first")
    assert read(raw / "checksums.tsv")["video"].tolist() == ["resources/own/first/a.mp4"]
