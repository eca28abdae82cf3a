"""Clips are found whatever Unicode form their names have on the disk and in the annotations."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from sign2text.data import stored_paths
from sign2text.data.manifest import read_manifest
from sign2text.data.stored_paths import stored_path, stored_videos
from sign2text.ground.errors import InputError
from sign2text.stages import make_manifest
from sign2text.stages.make_manifest import Config

sys.path.insert(0, str(Path(__file__).parent))
from hostile_videos import write_video

FORMS = ("NFC", "NFD")


def form(name: str, text: str) -> str:
    return unicodedata.normalize(name, text)


def put(path: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(b"x")
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("video", ["v/süß.mp4", "Bücher/a.mp4", "Bücher/süß.mp4", "ấ/각/が.mp4"])
@pytest.mark.parametrize("times", ["", "#t=1,2.5"])
def test_a_file_or_a_folder_on_the_way_in_another_form(stored, written, video, times):
    there = put(form(stored, video))
    assert stored_videos([form(written, video) + times]) == [there + times]


def test_forms_may_differ_from_part_to_part_and_from_both(tmp_path):
    there = put(form("NFD", "Bücher/") + form("NFC", "süß/") + "Z\u0323\u030c.mp4")
    mixed = form("NFC", "Bücher/") + form("NFD", "süß/") + "Z\u030c\u0323.mp4"
    assert stored_videos([mixed]) == [there]
    assert stored_path(tmp_path / mixed) == tmp_path / there


def test_a_path_that_is_there_as_written_is_taken():
    both = [put(form(each, "süß.mp4")) for each in FORMS]
    assert stored_videos(both) == both


def test_the_folder_that_has_the_clip_is_taken():
    put(form("NFC", "Bücher/other.mp4"))
    there = put(form("NFD", "Bücher/") + "a.mp4")
    assert stored_videos([form("NFC", "Bücher/a.mp4")]) == [there]


def test_several_that_look_the_same_are_named():
    for name in ("\u1e9b\u0323.mp4", "\u017f\u0323\u0307.mp4"):
        put(name)
    with pytest.raises(InputError, match=r"several look the same: '\\u017f\\u0323\\u0307\.mp4', "):
        stored_videos(["\u017f\u0307\u0323.mp4"])


def test_what_is_nowhere_stays_as_it_is():
    missing = [form("NFD", "süß.mp4"), form("NFC", "nie/süß.mp4#t=1,2"), "plain.mp4"]
    assert stored_videos(missing) == missing
    assert stored_path(Path(missing[0])) is None


def test_plain_names_cost_nothing_and_a_folder_is_listed_once(monkeypatch):
    listed = []
    for number in range(3):
        put(form("NFD", f"v/süß{number}.mp4"))
    scandir = os.scandir
    monkeypatch.setattr(
        stored_paths.os, "scandir", lambda folder: listed.append(str(folder)) or scandir(folder)
    )
    monkeypatch.setattr(stored_paths.os.path, "lexists", _only_beyond_ascii(os.path.lexists))
    stored_videos(["v/a.mp4"] * 1000)
    assert listed == []
    stored_videos([form("NFC", f"v/süß{number}.mp4") for number in range(3)])
    assert listed == ["v"]


def _only_beyond_ascii(lexists):
    def look(path):
        assert not str(path).endswith("a.mp4"), "a plain path was looked at"
        return lexists(path)

    return look


def test_the_manifest_holds_the_path_that_exists_and_the_id_as_written():
    lines, folder = ["path,text,split"], Path(form("NFD", "resources/own/vidéos"))
    folder.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        write_video(folder / form("NFD", f"{split}ü.mp4"), frames=5)
        lines.append(form("NFC", f"vidéos/{split}ü.mp4,es regnet,{split}"))
    Path("resources/own/clips.csv").write_text("\n".join(lines), encoding="utf-8")
    make_manifest.run(
        corpus=Path("resources/own/checksums.tsv"),
        output=Path("out"),
        config=Config(adapter="table", language="de"),
    )
    (row,) = read_manifest(Path("out/dev.tsv")).to_dict("records")
    assert row["video"] == form("NFD", "resources/own/vidéos/devü.mp4")
    assert row["id"] == form("NFC", "vidéos/devü")
    assert Path(row["video"]).is_file()
