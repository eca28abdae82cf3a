"""Invalid annotation files: each error names its line."""

from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.annotation_file import read_annotations, read_numbers
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_ids


def read(path: Path, content: str | bytes):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_annotations(path, ("name", "text"), separator="|")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "corpus.csv"


def test_the_index_is_the_line_in_the_file(path):
    found = read(path, "name|more|text\na|1| im süden \n\nb|2|im  norden\n")
    assert found.index.tolist() == [2, 4]
    assert found.to_dict("records") == [
        {"name": "a", "more": "1", "text": "im süden"},
        {"name": "b", "more": "2", "text": "im  norden"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfname|text\na|s\xc3\xbcd\n",  # a byte-order mark
        b"name|text\r\na|s\xc3\xbcd\r\n",
        b"name|text\na|s\xc3\xbcd",
    ],
)
def test_marks_and_line_ends_of_other_systems_are_taken_off(path, content):
    assert read(path, content).to_dict("records") == [{"name": "a", "text": "süd"}]


def test_a_cr_alone_ends_no_line(path):
    assert read(path, b"name|text\na|es\rregnet\r\n")["text"].tolist() == ["es\rregnet"]
    with pytest.raises(InputError, match="line 1: missing column text; found name, text\ra, b"):
        read(path, b"name|text\ra|b\r")


def test_a_quote_is_a_character_as_any_other(path):
    found = read(path, 'name|text\na|"so\nb|er sagt "ja"\n')
    assert found["text"].tolist() == ['"so', 'er sagt "ja"']


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,text\na,b\n", r"line 1: found 'name,text', expected .* separated by '\|'"),
        ("name|orth\na|b\n", r"line 1: missing column text; found name, orth"),
        ("name|text|text\na|b|c\n", r"line 1: column text stands twice"),
        ("name|text\na|b\nc|d|e\n", r"line 3: 3 fields found, expected 2"),
        ("name|text\na\n", r"line 2: 1 fields found, expected 2"),
        ("name|text\n", r"a header and no line"),
        ("", r"the file is empty"),
        (b"name|text\na|b\nc|s\xfcden\n", r"line 3: byte 0xfc is not UTF-8, maybe Latin-1"),
        (b"\xef\xbb\xbfname|text\nc|s\xfcd\n", r"line 2: byte 0xfc is not UTF-8"),
        ("name|text\na|b\n".encode("utf-16"), r"is UTF-16, expected UTF-8"),
    ],
)
def test_refused(path, content, message):
    with pytest.raises(InputError, match=r"corpus\.csv.*" + message):
        read(path, content)


def test_a_missing_file_is_named(path):
    with pytest.raises(InputError, match=r"corpus\.csv: no such annotation file"):
        read_annotations(path, ("name",), separator="|")


def test_ids_that_stand_twice_name_both_lines(path):
    with pytest.raises(InputError, match="id 'a' stands in line 2 and in line 7"):
        check_ids(path, pd.Series(["a", "b", "a"], index=[2, 3, 7]))
    with pytest.raises(InputError, match="line 3: the clip has no name"):
        check_ids(path, pd.Series(["a", ""], index=[2, 3]))


@pytest.mark.parametrize("value", ["", "1,5", "nan", "inf", "-1"])
def test_what_is_no_number_is_named(path, value):
    column = pd.Series(["1.5", value], index=[2, 5], name="START")
    with pytest.raises(InputError, match=f"line 5: START is '{value}', expected a number, 0 or"):
        read_numbers(path, column)


def test_a_decimal_comma_is_told(path):
    column = pd.Series(["1.5", "29,97"], index=[2, 5], name="fps")
    with pytest.raises(InputError, match=r"line 5: fps is '29,97'.* decimal point: 29\.97\."):
        read_numbers(path, column)
