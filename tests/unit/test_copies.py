"""One video under two names: links and copies are found, and videos that look alike are not."""

import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from sign2text.data import copies
from sign2text.data.copies import find_copies, read_copies, write_copies
from sign2text.ground.errors import InputError
from sign2text.stages import check_corpus, make_manifest

sys.path.insert(0, str(Path(__file__).parent))
from hostile_videos import write_video

LARGE = 400_000


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(name: str, content: bytes) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content)
    return name


def folder(name: str, *images: bytes) -> str:
    for number, image in enumerate(images):
        put(f"{name}/{number:04d}.png", image)
    return name


def test_links_and_copies_name_the_first():
    put("a.mp4", b"abc")
    Path("b.mp4").symlink_to("a.mp4")
    Path("c.mp4").hardlink_to("a.mp4")
    put("d.mp4", b"abc")
    Path("e.mp4").symlink_to("d.mp4")
    put("f.mp4", b"abd")
    names = [f"{letter}.mp4" for letter in "abcdef"]
    assert find_copies(names) == dict.fromkeys(names[1:5], "a.mp4")
    assert find_copies(names[::-1]) == dict.fromkeys(names[:4], "e.mp4")
    assert find_copies(["a.mp4", "a.mp4", "f.mp4"]) == {}


def test_a_link_of_a_folder_on_the_way_is_resolved():
    put("one/a.mp4", b"abc")
    Path("two").symlink_to("one")
    assert find_copies(["one/a.mp4", "two/a.mp4"]) == {"two/a.mp4": "one/a.mp4"}


@pytest.mark.parametrize("place", [0, 1000, LARGE // 3, LARGE - 1])
def test_one_byte_makes_another_video(place):
    content = bytearray(os.urandom(LARGE))
    put("a.mp4", bytes(content))
    content[place] ^= 1
    put("b.mp4", bytes(content))
    assert find_copies(["a.mp4", "b.mp4"]) == {}


def test_folders_of_images():
    folder("a", b"1", b"22", b"333")
    folder("b", b"1", b"22", b"333")
    folder("other content", b"1", b"22", b"334")
    folder("other sizes", b"1", b"2", b"333")
    folder("fewer", b"1", b"22")
    put("renamed/f1.png", b"1"), put("renamed/f2.png", b"22"), put("renamed/f3.png", b"333")
    put("b/.hidden", b"x")
    Path("link").symlink_to("a")
    names = ["a", "b", "other content", "other sizes", "fewer", "renamed", "link"]
    assert find_copies(names) == dict.fromkeys(["b", "renamed", "link"], "a")


def test_what_is_missing_or_empty_is_the_same_as_nothing():
    Path("empty").mkdir()
    Path("empty too").mkdir()
    assert find_copies(["gone.mp4", "gone too.mp4", "empty", "empty too"]) == {}


def test_only_what_may_be_the_same_is_read(monkeypatch):
    read = []
    monkeypatch.setattr(copies, "sha256_of", lambda path: read.append(str(path)) or str(path))
    shared = os.urandom(LARGE)
    for number in range(20):
        put(f"size{number}.mp4", b"x" * number)
        put(f"begin{number}.mp4", bytes([number]) + shared)
    put("a.mp4", shared)
    put("b.mp4", shared)
    find_copies(sorted(str(path) for path in Path().glob("*.mp4")))
    assert sorted(read) == ["a.mp4", "b.mp4"]


def test_the_table_of_copies_comes_back(tmp_path):
    found = {"b c.mp4": "a.mp4", "ü": "a.mp4"}
    write_copies(tmp_path / "copies.tsv", found)
    assert read_copies(tmp_path / "copies.tsv") == found
    write_copies(tmp_path / "copies.tsv", {})
    assert read_copies(tmp_path / "copies.tsv") == {}
    (tmp_path / "copies.tsv").write_text("file\tother\n")
    with pytest.raises(InputError, match=r"copies\.tsv, line 1: missing column copy_of"):
        read_copies(tmp_path / "copies.tsv")


def check(rows: list[tuple[str, str]], bad: bool, **settings) -> pd.DataFrame:
    """Manifests and report of a table of (path, split), whose every clip has a text of its own."""
    lines = ["path;text;split;fps", *(f"{p};text {n};{s};25" for n, (p, s) in enumerate(rows))]
    put("resources/own/clips.csv", "\n".join(lines).encode())
    config = make_manifest.Config(adapter="table", language="en")
    out = Path("out")
    make_manifest.run(corpus=Path("resources/own/checksums.tsv"), output=out, config=config)
    arguments = {
        **{split: out / f"{split}.tsv" for split in ("train", "dev", "test")},
        "left_out": out / "left_out.tsv",
        "copies": out / "copies.tsv",
        "output": out / "report",
        "output_if_bad": out / "bad",
        "config": check_corpus.Config(adapter="table", language="en", **settings),
    }
    if bad:
        with pytest.raises(InputError) as error:
            check_corpus.run(**arguments)
        assert "videos also in train: found 1" in str(error.value)
    else:
        check_corpus.run(**arguments)
    report = pd.read_csv(out / ("bad" if bad else "report") / "report.csv", keep_default_na=False)
    return report.set_index(["check", "split"])


CLIPS = [("v/a.mp4", "train"), ("v/b.mp4", "train"), ("v/d.mp4", "dev"), ("v/t.mp4", "test")]


def corpus(*others: tuple[str, str]) -> list[tuple[str, str]]:
    Path("resources/own/v").mkdir(parents=True)
    for number, (path, _) in enumerate(CLIPS):
        write_video(Path("resources/own") / path, frames=30 + number)
    return [*CLIPS, *others]


def copy(source: str, target: str, how: str) -> None:
    target = Path("resources/own") / target
    target.parent.mkdir(parents=True, exist_ok=True)
    source = (Path("resources/own") / source).resolve()
    {
        "symbolic link": lambda: target.symlink_to(source),
        "hard link": lambda: target.hardlink_to(source),
        "copy": lambda: shutil.copy(source, target),
    }[how]()


HOW = ["symbolic link", "hard link", "copy"]


@pytest.mark.parametrize("how", HOW)
def test_a_training_clip_among_the_test_clips_under_another_name_is_bad(how):
    rows = corpus(("w/x.mp4", "test"))
    copy("v/a.mp4", "w/x.mp4", how)
    row = check(rows, bad=True).loc["videos also in train", "test"]
    assert (row["found"], row["verdict"]) == ("1", "bad")
    assert row["advice"].endswith("Take out of train or of test: w/x")
    assert "own/w/x.mp4 is the same video as resources/own/v/a.mp4: a link to it" in row["advice"]
    report = check(rows, bad=False, allow_overlap=True)
    assert report.loc["videos also in train", "test"]["verdict"] == "note"


@pytest.mark.parametrize("how", HOW)
def test_within_a_split_it_is_a_note(how):
    rows = corpus(("w/x.mp4", "train"))
    copy("v/a.mp4", "w/x.mp4", how)
    row = check(rows, bad=False).loc["clips with another one's video", "train"]
    assert (row["found"], row["verdict"]) == ("1", "note")
    assert row["advice"].endswith("w/x")


@pytest.mark.parametrize(("times", "bad"), [("0.1,0.5", True), ("0.6,1.2", False)])
def test_parts_of_a_copy_are_parts_of_the_same_video(times, bad):
    rows = corpus((f"w/x.mp4#t={times}", "test"))
    rows[0] = ("v/a.mp4#t=0,0.6", "train")
    copy("v/a.mp4", "w/x.mp4", "copy")
    report = check(rows, bad)
    assert report.loc["videos also in train", "test"]["found"] == str(int(bad))
    assert report.loc["other parts of videos in train", "test"]["found"] == str(int(not bad))


def test_a_part_of_a_copy_of_a_whole_video_is_bad():
    rows = corpus(("w/x.mp4#t=0.2,0.4", "test"))
    copy("v/a.mp4", "w/x.mp4", "symbolic link")
    check(rows, bad=True)


@pytest.mark.parametrize("how", ["symbolic link", "copy"])
def test_a_folder_of_images_under_another_name(how):
    rows = corpus(("w/x", "test"), ("w/y", "train"))
    for number in range(3):
        put(f"resources/own/w/y/{number}.png", b"")
        picture = np.full((48, 64, 3), 40 * number, np.uint8)
        cv2.imwrite(f"resources/own/w/y/{number}.png", picture)
    if how == "copy":
        shutil.copytree("resources/own/w/y", "resources/own/w/x")
    else:
        Path("resources/own/w/x").symlink_to("y")
    assert check(rows, bad=True).loc["videos also in train", "test"]["advice"].endswith(" w/x")


def test_other_videos_are_none():
    report = check(corpus(), bad=False)
    assert set(report.loc["videos also in train"]["found"]) == {"0"}
    assert Path("out/copies.tsv").read_text() == "file\tcopy_of\n"
