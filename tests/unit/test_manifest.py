"""Reading checks the manifest, and errors give place and reason."""

from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.manifest import COLUMNS, read_manifest, write_manifest
from sign2text.ground.errors import InputError

ROW = {"id": "a", "video": "v/a.mp4", "frames": 10, "fps": 25.0, "signer": "s1",
       "text": "es regnet", "gloss": "REGEN", "language": "de",
       "phrasings": ['am tag "regen"', "es fällt regen"]}  # fmt: skip


def table(**changes) -> pd.DataFrame:
    rows = [ROW, ROW | {"id": "b", "video": "v/b.mp4", "gloss": "", "phrasings": []}]
    rows[1] |= changes
    return pd.DataFrame(rows)


def write_raw(path: Path, **changes: str) -> Path:
    """Write the second row with other values, without checks."""
    row = {key: str(value) for key, value in (ROW | {"phrasings": "[]"}).items()}
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(each[column] for column in COLUMNS)
              for each in (row, row | {"id": "b"} | changes)]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_what_is_written_is_read_again(tmp_path):
    write_manifest(table(), tmp_path / "train.tsv")
    found = read_manifest(tmp_path / "train.tsv")
    pd.testing.assert_frame_equal(found, table())
    assert found["frames"].dtype == "int64"
    assert found["fps"].dtype == "float64"


def test_text_that_looks_like_something_else_stays_text(tmp_path):
    write_manifest(table(text='null "na" 3', id="007", signer="nan"), tmp_path / "t.tsv")
    row = read_manifest(tmp_path / "t.tsv").iloc[1]
    assert (row["text"], row["id"], row["signer"]) == ('null "na" 3', "007", "nan")


def test_missing_column_is_named(tmp_path):
    path = tmp_path / "t.tsv"
    table().drop(columns=["fps", "text"]).to_csv(path, sep="\t", index=False)
    with pytest.raises(InputError, match=r"t\.tsv, line 1: missing column fps, text; found id, "):
        read_manifest(path)


def test_duplicated_id_names_both_lines(tmp_path):
    path = write_raw(tmp_path / "t.tsv", id="a")
    with pytest.raises(InputError, match="id 'a' stands in line 2 and in line 3"):
        read_manifest(path)


@pytest.mark.parametrize("column", ["text", "video", "signer", "language"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_value_is_named(tmp_path, column, empty):
    path = write_raw(tmp_path / "t.tsv", **{column: empty})
    with pytest.raises(InputError, match=f"line 3, clip 'b': {column} is empty"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("frames", "0", "whole number above 0"), ("frames", "-3", "whole number above 0"),
     ("frames", "2.5", "whole number above 0"), ("frames", "many", "whole number above 0"),
     ("fps", "0", "number above 0"), ("fps", "", "number above 0"),
      ("fps", "inf", "number above 0"),
     ("phrasings", "es regnet", "JSON list"), ("phrasings", "[1]", "JSON list"),
     ("phrasings", "", "JSON list")],
)  # fmt: skip
def test_wrong_value_names_the_line_and_what_was_found(tmp_path, column, value, expected):
    path = write_raw(tmp_path / "t.tsv", **{column: value})
    with pytest.raises(InputError, match="line 3, clip 'b'") as error:
        read_manifest(path)
    assert f"{column} is {value!r}" in str(error.value)
    assert expected in str(error.value)


def test_no_file_no_clip_no_table(tmp_path):
    path = tmp_path / "t.tsv"
    with pytest.raises(InputError, match="no such manifest"):
        read_manifest(path)
    path.write_text("")
    with pytest.raises(InputError, match="not a tab-separated"):
        read_manifest(path)
    path.write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(InputError, match="not a tab-separated"):
        read_manifest(path)
    path.write_text("\t".join(COLUMNS) + "\n")
    with pytest.raises(InputError, match="holds no clip"):
        read_manifest(path)


def test_a_row_with_too_many_fields_is_refused(tmp_path):
    path = write_raw(tmp_path / "t.tsv")
    path.write_text(path.read_text() + "c\tv\t1\t25\ts\tt\tg\tde\t[]\tmore\n")
    with pytest.raises(InputError, match="line 4"):
        read_manifest(path)


def test_writing_refuses_what_reading_would_refuse(tmp_path):
    path = tmp_path / "t.tsv"
    with pytest.raises(InputError, match=r"t\.tsv: id 'a' stands in line 2 and in line 3") as error:
        write_manifest(table(id="a"), path)
    assert "partial" not in str(error.value)
    with pytest.raises(InputError, match="text holds a tab or a line break"):
        write_manifest(table(text="es\tregnet"), path)
    with pytest.raises(InputError, match="has no column gloss"):
        write_manifest(table().drop(columns="gloss"), path)
    assert list(tmp_path.iterdir()) == []
