"""Tables of captions, joined clips and parallel text: written, read back, and refused."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.captions import (
    COLUMNS,
    JOINED,
    read_captions,
    read_joined,
    read_languages,
    read_parallel,
    write_captions,
    write_joined,
    write_parallel,
)
from sign2text.ground.errors import InputError

ROWS = [
    ("one", "de", "guten tag .", math.nan, math.nan, "human"),
    ("one", "en", "good day .", math.nan, math.nan, "machine:0a1b"),
    ("long", "de", "es regnet .", 0.0, 1.28, "human"),
]


def test_tables_are_read_as_they_were_written(tmp_path: Path) -> None:
    table = pd.DataFrame(ROWS, columns=[*COLUMNS])
    write_captions(table, tmp_path / "train.tsv")
    pd.testing.assert_frame_equal(read_captions(tmp_path / "train.tsv"), table)
    joined = pd.DataFrame([("long", 0, "one", 0.0, 1.28)], columns=[*JOINED])
    write_joined(joined, tmp_path / "joined.tsv")
    pd.testing.assert_frame_equal(read_joined(tmp_path / "joined.tsv"), joined)
    parallel = pd.DataFrame({"de": ["ja", "nein"], "zh": ["是", ""]})
    write_parallel(parallel, tmp_path / "parallel.tsv")
    pd.testing.assert_frame_equal(read_parallel(tmp_path / "parallel.tsv"), parallel)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("one", "de", " ", "", "", "human"), "row 2, clip 'one': the caption is empty"),
        (
            ("one", "German", "ja", "", "", "human"),
            "row 2, clip 'one': language is 'German', expected a code",
        ),
        (
            ("one", "de", "ja", "", "", "robot"),
            "row 2, clip 'one': origin is 'robot', expected human or",
        ),
        (
            ("one", "de", "ja", "2", "1.5", "human"),
            "row 2, clip 'one': start '2' and end '1.5' found, .*before",
        ),
        (("one", "de", "ja", "2", "", "human"), "row 2, clip 'one': start '2' and end '' found"),
        (("one", "de", "ja", "-1", "3", "human"), "expected seconds from 0"),
        (("one", "de", "ja", "nan", "3", "human"), "expected seconds from 0"),
    ],
)
def test_invalid_captions_are_refused_by_row(row: tuple, told: str, tmp_path: Path) -> None:
    write_captions(pd.DataFrame([row], columns=[*COLUMNS]), tmp_path / "train.tsv")
    with pytest.raises(InputError, match=told):
        read_captions(tmp_path / "train.tsv")


def test_other_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("clip\ttext\nx\ty\n")
    with pytest.raises(InputError, match="line 1: no column language, start, end, origin; found"):
        read_captions(path)
    with pytest.raises(InputError, match=r"column 'clip' found, expected language codes|'text'"):
        read_parallel(path)
    path.write_text("joined\tnumber\tclip\tstart\tend\nx\tfirst\ty\t0\t1\n")
    with pytest.raises(InputError, match="row 2: number is 'first'"):
        read_joined(path)


def test_languages_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "languages.json"
    path.write_text(json.dumps({"sign_language": "gsg", "own": "de", "languages": ["de", "en"]}))
    assert read_languages(path).languages == ["de", "en"]
    path.write_text(json.dumps({"sign_language": "gsg", "languages": ["de"]}))
    with pytest.raises(InputError, match="expected sign_language, own, languages, found"):
        read_languages(path)
