"""PHOENIX-2014T's adapter, on small folders in the publisher's layout."""

from pathlib import Path

import pytest

from sign2text.data.adapters import phoenix
from sign2text.data.clip_table import COLUMNS
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config

SETTINGS = Config(adapter="phoenix", language="de")
HEADER = "name|video|start|end|speaker|orth|translation"
CLIPS = {
    "train": ["07Mai-2|07Mai-2/1/*.png|-1|-1|Signer04|MORGEN REGEN|morgen regnet es im süden",
              "07Mai-3|07Mai-3/1/*.png|-1|-1|Signer05||\"so das war das wetter",
              "07Mai-4|07Mai-4/1/*.png|-1|-1|Signer05|TSCHUESS|morgen regnet es im süden"],
    "dev": ["08Mai-1|08Mai-1/1/*.png|-1|-1|Signer01|SONNE|sonne"],
    "test": ["09Mai-1|09Mai-1/1/*.png|-1|-1|Signer01|WOLKE|wolken"],
}  # fmt: skip


def annotate(root: Path, clips: dict[str, list[str]] = CLIPS) -> Path:
    """Write the annotation files below `root`, and return the path of checksums.tsv."""
    folder = root / "annotations" / "manual"
    folder.mkdir(parents=True)
    for split, lines in clips.items():
        path = folder / f"PHOENIX-2014-T.{split}.corpus.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    # This file is next to the splits but is not a split.
    (folder / "PHOENIX-2014-T.train-complex-annotation.corpus.csv").write_text(HEADER + "\n")
    return root / "checksums.tsv"


@pytest.fixture
def corpus(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return annotate(Path("resources/phoenix"))


def test_the_columns_of_a_manifest(corpus):
    table = phoenix.read_split(corpus, "train", SETTINGS)
    assert tuple(table.columns) == COLUMNS
    assert table.loc[0].to_dict() == {
        "id": "07Mai-2",
        "video": "resources/phoenix/features/fullFrame-210x260px/train/07Mai-2",
        "fps": 25.0,
        "signer": "Signer04",
        "text": "morgen regnet es im süden",
        "gloss": "MORGEN REGEN",
        "language": "de",
        "phrasings": [],
    }
    # No quoting: a quote that is not closed is an ordinary character.
    assert table.loc[1, "text"] == '"so das war das wetter'
    assert table.loc[1, "gloss"] == ""
    assert [len(phoenix.read_split(corpus, s, SETTINGS)) for s in phoenix.SPLITS] == [3, 1, 1]


def test_monolingual_text_is_each_training_sentence_once(corpus):
    assert phoenix.read_monolingual(corpus, SETTINGS) == [
        "morgen regnet es im süden",
        '"so das war das wetter',
    ]


@pytest.mark.parametrize(
    "place", ["", "PHOENIX-2014-T", "PHOENIX-2014-T-release-v3/PHOENIX-2014-T"]
)
def test_the_corpus_is_found_as_the_archive_unpacks_it(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    raw = Path("resources/phoenix")
    annotate(raw / place)
    assert phoenix.find_root(raw, SETTINGS) == raw / place
    video = phoenix.read_split(raw / "checksums.tsv", "dev", SETTINGS)["video"][0]
    assert video == (raw / place / "features/fullFrame-210x260px/dev/08Mai-1").as_posix()


def test_a_linked_corpus_is_found_and_keeps_its_path_in_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    annotate(tmp_path / "elsewhere/release/PHOENIX-2014-T")
    raw = Path("resources/phoenix")
    raw.mkdir(parents=True)
    (raw / "release").symlink_to(tmp_path / "elsewhere/release")
    assert phoenix.find_root(raw, SETTINGS) == raw / "release/PHOENIX-2014-T"
    video = phoenix.read_split(raw / "checksums.tsv", "dev", SETTINGS)["video"][0]
    assert video.startswith("resources/phoenix/release/PHOENIX-2014-T/features/")


def test_a_corpus_that_is_not_there_is_said_with_what_belongs_there(tmp_path):
    assert phoenix.find_root(tmp_path / "nowhere", SETTINGS) is None
    annotate(tmp_path / "too/far/down/here")
    assert phoenix.find_root(tmp_path, SETTINGS) is None
    with pytest.raises(InputError, match=r"corpus is not there.*train\.corpus\.csv.*phoenix\.md"):
        phoenix.read_split(tmp_path / "checksums.tsv", "train", SETTINGS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("|", ",", r"line 1: found 'name,video,.*separated by '\|'"),
        ("orth|translation", "orth|translated", "line 1: missing column translation"),
        ("|MORGEN REGEN|", "|MORGEN|REGEN|", "line 2: 8 fields found, expected 7"),
        ("07Mai-4|07", "07Mai-2|07", "id '07Mai-2' stands in line 2 and in line 4"),
        ("07Mai-4|07", "|07", "line 4: the clip has no name"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(corpus, old, new, message):
    path = phoenix.annotations_of(corpus, "train", SETTINGS)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"PHOENIX-2014-T\.train\.corpus\.csv.*" + message):
        phoenix.read_split(corpus, "train", SETTINGS)


def test_latin1_is_named_with_its_line(corpus):
    path = phoenix.annotations_of(corpus, "train", SETTINGS)
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(InputError, match="line 2: byte 0xfc is not UTF-8, maybe Latin-1"):
        phoenix.read_split(corpus, "train", SETTINGS)


def test_published_counts():
    assert sum(each["clips"] for each in phoenix.PUBLISHED.values()) == 8257
    assert sum(each["frames"] for each in phoenix.PUBLISHED.values()) == 947756
