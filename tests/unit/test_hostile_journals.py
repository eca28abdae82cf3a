"""A frame store's journal that was changed is a state that cannot be continued, no more."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import refusal, tree

from sign2text.data import frame_journal
from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path

FORMAT = FrameFormat((24, 32), 95)
CLIPS = {"a": 3, "b": 5, "c": 2}
NESTED = 200_000 * "[" + 200_000 * "]"


def write(store: Path, stop: str | None = None) -> None:
    writer = FrameStoreWriter(store, FORMAT, list(CLIPS))
    for number, (clip, count) in enumerate(CLIPS.items()):
        if clip == stop:
            writer.close()
            return
        if clip not in writer.done:
            frame = np.full((24, 32, 3), 60 * number, np.uint8)
            writer.add(clip, count * [FORMAT.encode(frame)])
    writer.finish()


def clips_kept(store: Path) -> list[str]:
    """The clips that a writer goes on after, within the bounds of memory and time."""

    def begin() -> None:
        writer = FrameStoreWriter(store, FORMAT, list(CLIPS))
        writer.close()
        raise InputError(json.dumps(writer.done))

    return json.loads(refusal(begin))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A store of which the clips a and b are written."""
    write(tmp_path / "x.tar", stop="c")
    assert clips_kept(tmp_path / "x.tar") == ["a", "b"]
    return tmp_path / "x.tar"


def lines_of(store: Path) -> list[str]:
    return store.with_name("x.tar.journal").read_text().splitlines()


def put_line(store: Path, number: int, line: str) -> None:
    lines = lines_of(store)
    lines[number] = line
    store.with_name("x.tar.journal").write_text("".join(f"{each}\n" for each in lines))


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", "null", '"a"', "{}", NESTED, f'{{"id": {NESTED}}}', "9" * 5000, "\0\0\0"],
)
@pytest.mark.parametrize(("number", "kept"), [(0, []), (1, []), (2, ["a"])])
def test_a_line_of_another_form_ends_what_is_continued(begun, line, number, kept):
    put_line(begun, number, line)
    assert clips_kept(begun) == kept


FIELDS: list[tuple[str, Any]] = [
    ("id", 3), ("id", ["b"]), ("id", "c"), ("id", None),
    ("end", "9"), ("end", -1), ("end", 0), ("end", 512), ("end", 2**62), ("end", 1e9),
    ("end", True), ("end", None), ("end", [9]), ("end", 10**4000),
    ("crc32", None), ("crc32", "x"), ("crc32", -1), ("crc32", 10**400), ("crc32", True),
    ("offsets", None), ("offsets", 3), ("offsets", "abcde"), ("offsets", [1, 2]), ("offsets", []),
    ("offsets", [None] * 5), ("offsets", [-1, 0, 1, 2, 3]), ("offsets", [2**70] * 5),
    ("offsets", ["a"] * 5), ("offsets", {"a": 1}), ("offsets", [0.5] * 5), ("offsets", [[1]] * 5),
    ("sizes", None), ("sizes", [0] * 5), ("sizes", [-9] * 5), ("sizes", [2**40] * 5),
    ("sizes", [9] * 6), ("sizes", [True] * 5), ("sizes", "abcde"), ("sizes", [1e3] * 5),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_field_of_another_form_ends_what_is_continued(begun, field, value):
    record = json.loads(lines_of(begun)[2])
    try:
        put_line(begun, 2, json.dumps(record | {field: value}))
    except ValueError:  # a number of more digits than Python writes
        put_line(begun, 2, json.dumps(record | {field: 0}).replace(": 0", ": " + 9000 * "9"))
    assert clips_kept(begun) == ["a"]


@pytest.mark.parametrize("field", ["id", "source", "end", "crc32", "offsets", "sizes"])
def test_a_missing_field_ends_what_is_continued(begun, field):
    record = json.loads(lines_of(begun)[2])
    del record[field]
    put_line(begun, 2, json.dumps(record))
    assert clips_kept(begun) == (["a", "b"] if field == "source" else ["a"])


LEFT_OUT: list[tuple[dict[str, Any], list[str], dict[str, str]]] = [
    ({"id": "b", "source": None, "left_out": "cut"}, ["a"], {"b": "cut"}),
    ({"id": "c", "source": None, "left_out": "cut"}, ["a"], {}),
    ({"source": None, "left_out": "cut"}, ["a"], {}),
    *(
        ({"id": "b", "source": None, "left_out": value}, ["a"], {})
        for value in ("", None, True, 3, ["cut"], {"a": 1}, "a\tb", "a\nb", " a", "\x1b[2J\n")
    ),
]


@pytest.mark.parametrize(("record", "kept", "left_out"), LEFT_OUT)
def test_only_a_reason_on_one_line_leaves_a_clip_out(begun, record, kept, left_out):
    put_line(begun, 2, json.dumps(record))

    def begin() -> None:
        writer = FrameStoreWriter(begun, FORMAT, list(CLIPS), skips=True)
        writer.close()
        raise InputError(json.dumps([writer.done, writer.left_out]))

    assert json.loads(refusal(begin)) == [kept, left_out]


def test_a_clip_is_not_left_out_where_none_may_be(begun):
    put_line(begun, 2, json.dumps({"id": "b", "source": None, "left_out": "cut"}))
    assert clips_kept(begun) == ["a"]


def test_a_clip_is_left_out_for_the_video_alone_that_it_was(begun):
    put_line(begun, 2, json.dumps({"id": "b", "source": "5 frames", "left_out": "cut"}))
    for source, left_out in (("5 frames", {"b": "cut"}), ("6 frames", {})):
        writer = FrameStoreWriter(begun, FORMAT, list(CLIPS), [None, source, None], skips=True)
        writer.close()
        assert writer.left_out == left_out


def test_more_clips_than_there_are_end_what_is_continued(begun):
    journal = begun.with_name("x.tar.journal")
    journal.write_text(journal.read_text() + 3 * (lines_of(begun)[2] + "\n"))
    assert clips_kept(begun) == ["a", "b"]


def test_a_line_without_end_is_not_read_whole(begun, monkeypatch):
    monkeypatch.setattr(frame_journal, "LONGEST_LINE", 2**16)
    journal = begun.with_name("x.tar.journal")
    with journal.open("a") as file:
        file.write('{"id": "c", "more": "')
    os.truncate(journal, 2**33)
    assert clips_kept(begun) == ["a", "b"]


@pytest.mark.parametrize("name", ["x.tar.part", "x.tar.journal"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_is_taken_away_and_what_it_leads_to_stays(tmp_path, name, dangling):
    folder = tmp_path / "store"
    folder.mkdir()
    write(folder / "x.tar", stop="c")
    outside = tmp_path / "outside"
    outside.mkdir()
    if not dangling:
        (outside / "file").write_bytes((folder / name).read_bytes())
    before = tree(outside)
    (folder / name).unlink()
    (folder / name).symlink_to(outside / "file")
    assert clips_kept(folder / "x.tar") == []
    assert tree(outside) == before
    write(folder / "x.tar")
    assert tree(outside) == before


@pytest.mark.parametrize("name", ["x.tar.part", "x.tar.journal"])
def test_a_pipe_is_not_waited_for(begun, name):
    begun.with_name(name).unlink()
    os.mkfifo(begun.with_name(name))
    assert clips_kept(begun) == []


def test_what_was_not_continued_is_written_afresh_to_the_same_bytes(tmp_path):
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    write(tmp_path / "whole/x.tar")
    write(tmp_path / "broken/x.tar", stop="c")
    put_line(tmp_path / "broken/x.tar", 2, NESTED)
    write(tmp_path / "broken/x.tar")
    for path in (Path("x.tar"), index_path(Path("x.tar"))):
        assert (tmp_path / "broken" / path).read_bytes() == (tmp_path / "whole" / path).read_bytes()
