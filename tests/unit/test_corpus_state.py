"""An annotation file that was edited after it was listed is noticed."""

import os
from pathlib import Path

import pytest

from sign2text.data.corpus_state import edited_annotations, is_list_alone
from sign2text.ground.files import sha256_of


@pytest.fixture
def checksums(tmp_path: Path) -> Path:
    (tmp_path / "release" / "frames").mkdir(parents=True)
    table = tmp_path / "release" / "clips.csv"
    table.write_text("path,text\na.mp4,es regnet\n")
    rows = [
        f"release/clips.csv\t{table.stat().st_size}\t{sha256_of(table)}",
        "release/frames\t12345\tabc",
    ]
    path = tmp_path / "checksums.tsv"
    path.write_text("path\tbytes\tsha256\n" + "\n".join(rows) + "\n")
    return path


def names(checksums: Path) -> list[str]:
    return [path.name for path in edited_annotations(checksums)]


def test_what_is_as_it_was_is_not_named(checksums):
    assert names(checksums) == []
    later = checksums.stat().st_mtime + 60
    os.utime(checksums.parent / "release/clips.csv", (later, later))
    assert names(checksums) == [], "touched, with the same content"
    assert list(edited_annotations(checksums.with_name("gone.tsv"))) == []


@pytest.mark.parametrize("text", ["path,text\na.mp4,es schneit\n", "path,text\na.mp4,es hagelt\n"])
def test_an_edited_file_is_named(checksums, text):
    path = checksums.parent / "release/clips.csv"
    path.write_text(text.replace("hagelt", "regnes"))
    later = checksums.stat().st_mtime + 60
    os.utime(path, (later, later))
    assert names(checksums) == ["clips.csv"]


def test_pickled_annotations_are_watched_and_folders_are_not(checksums):
    for name in ("labels.dev", "a.train.annotations_only.gzip"):
        (checksums.parent / name).write_text("new")
    (checksums.parent / "clips.test").mkdir()
    rows = "labels.dev\t9\tx\na.train.annotations_only.gzip\t9\tx\nclips.test\t9\tx\n"
    checksums.write_text(checksums.read_text() + rows)
    assert names(checksums) == ["labels.dev", "a.train.annotations_only.gzip"]


def test_a_removed_file_is_named(checksums):
    (checksums.parent / "release/clips.csv").unlink()
    assert names(checksums) == ["clips.csv"]


def test_a_list_without_its_corpus_is_told_from_one_that_lacks_a_file(checksums):
    release = checksums.parent / "release"
    assert not is_list_alone(checksums)
    (release / "clips.csv").unlink()
    assert not is_list_alone(checksums), "its frames are here"
    (release / "frames").rmdir()
    assert is_list_alone(checksums)
    assert not is_list_alone(checksums.with_name("gone.tsv"))
    checksums.write_text("not a table\n")
    assert not is_list_alone(checksums)
