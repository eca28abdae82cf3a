"""The adapter of Kinetics-400, on small copies in the layouts that circulate."""

from pathlib import Path

import pytest
from numbered_videos import write_numbered

from sign2text.data.class_adapters import kinetics
from sign2text.data.manifest import read_manifest
from sign2text.ground.errors import InputError
from sign2text.stages import acquire_corpus, make_manifest
from sign2text.stages.make_manifest import Config

SETTINGS = Config(adapter="kinetics", language="en")
IDS = [f"-a{n:02d}_xyzabc" for n in range(20)]
LABELS = ["air drumming", "opening bottle (not wine)"]


def write(root: Path, name: str, first: int, count: int, *, old: bool = False) -> None:
    """Write a list of `count` clips per label; `old`: with quotes and is_cc, as first released."""
    lines = ["label,youtube_id,time_start,time_end,split" + (",is_cc" if old else "")]
    for n in range(2 * count):
        label, clip = LABELS[n % 2], IDS[first + n]
        row = f'"{label}","{clip}",{5 + n},{15 + n},"{name}",0' if old else (
            f"{label},{clip},{5 + n},{15 + n},{name}"
        )  # fmt: skip
        lines.append(row)
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{name}.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def corpus(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    root = Path("resources/k400")
    write(root, "train", 0, 3)
    write(root, "validate", 6, 2)
    write(root, "test", 10, 1)
    return root / "checksums.tsv"


def test_a_clip_has_its_label_as_class(corpus):
    tables = {split: kinetics.read_split(corpus, split, SETTINGS) for split in kinetics.SPLITS}
    assert {split: len(table) for split, table in tables.items()} == {
        "train": 6, "dev": 4, "test": 2,
    }  # fmt: skip
    assert tables["test"]["id"].tolist() == IDS[10:12]
    assert tables["train"].loc[1, ["id", "text", "gloss", "signer", "video"]].tolist() == [
        IDS[1], "opening_bottle_(not_wine)", "", "unknown",
        f"resources/k400/train/opening bottle (not wine)/{IDS[1]}_000006_000016.mp4",
    ]  # fmt: skip
    assert kinetics.read_monolingual(corpus, SETTINGS) == []


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("train/air drumming", f"{IDS[0]}_000005_000015.mp4"),
        ("train/air_drumming", f"{IDS[0]}_000005_000015.mp4"),
        ("train", f"{IDS[0]}_000005_000015.MP4"),
        ("train_256/air_drumming", f"{IDS[0]}_000005_000015.mp4"),
        ("compress/train_256/air_drumming", f"{IDS[0]}_000005_000015.mp4"),
        ("videos_train/air drumming", f"{IDS[0]}.mp4"),
        ("videos", f"{IDS[0]}_000005_000015.webm"),
    ],
)
def test_clips_are_found_in_the_forms_that_circulate(corpus, folder, name):
    place = corpus.parent / folder
    place.mkdir(parents=True)
    (place / name).write_bytes(b"")
    (place / "notes.txt").write_text("x")
    video = kinetics.read_split(corpus, "train", SETTINGS)["video"][0]
    assert video == (place / name).as_posix()


def test_the_first_releases_lists_have_quotes_and_val_may_be_its_name(corpus):
    (corpus.parent / "validate.csv").unlink()
    write(corpus.parent, "val", 6, 2, old=True)
    (corpus.parent / "val").mkdir()
    (corpus.parent / "val" / f"{IDS[6]}_000005_000015.mp4").write_bytes(b"")
    table = kinetics.read_split(corpus, "dev", SETTINGS)
    assert table["text"].tolist() == ["air_drumming", "opening_bottle_(not_wine)"] * 2
    assert table["video"][0].endswith(f"k400/val/{IDS[6]}_000005_000015.mp4")
    assert kinetics.files_of(corpus.parent) == ("train.csv", "val.csv", "test.csv")


@pytest.mark.parametrize("test", ["missing", "without labels"])
def test_without_labels_of_test_clips_validation_is_divided(corpus, test, caplog):
    path = corpus.parent / "test.csv"
    path.unlink()
    if test == "without labels":
        path.write_text(f"youtube_id,time_start,time_end,split\n{IDS[10]},0,10,test\n")
    with caplog.at_level("INFO"):
        dev, found = (kinetics.read_split(corpus, each, SETTINGS) for each in ("dev", "test"))
    assert dev["id"].tolist() == IDS[6:8] and found["id"].tolist() == IDS[8:10]
    assert dev["text"].tolist() == found["text"].tolist()
    assert "/validate/" in found["video"][0]
    assert "no labels of test clips; every second clip of " in caplog.text
    assert kinetics.annotations_of(corpus, "test", SETTINGS).name == "validate.csv"


def test_missing_clips_are_left_out(corpus):
    for split, clips in {"train": 4, "validate": 4, "test": 2}.items():
        first = {"train": 0, "validate": 6, "test": 10}[split]
        folder = corpus.parent / split
        folder.mkdir()
        for n in range(clips):
            write_numbered(folder / f"{IDS[first + n]}_{5 + n:06d}_{15 + n:06d}.mp4", 12)
    acquire_corpus.run(output=corpus, config=acquire_corpus.Config(adapter="kinetics"))
    listed = corpus.read_text()
    assert all(f"\n{name}\t" in listed for name in ("test", "test.csv", "train.csv", "validate"))
    config = Config(adapter="kinetics", language="en", on_bad_clip="skip")
    make_manifest.run(corpus=corpus, output=Path("out"), config=config)
    assert read_manifest(Path("out/train.tsv"))["id"].tolist() == IDS[:4]
    assert Path("out/left_out.tsv").read_text().count("no such video file") == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,../../x,0,10,train", r"line 2: id '../../x' cannot be used"),
        ("../../b,abcdefghijk,0,10,train", "line 2: path is .*, expected a path below"),
        ("a,abcdefghijk,early,10,train", "line 2: time_start is 'early', expected a number"),
        (",abcdefghijk,0,10,train", "line 2: label is empty, expected a class"),
        ("a,abcdefghijk,0", r"line 2: 3 fields"),
        ("a,abcdefghijk,0,10,train\nb,abcdefghijk,0,10,train", "stands in line 2 and in line 3"),
    ],
)
def test_wrong_lines_are_named(corpus, line, message):
    header = "label,youtube_id,time_start,time_end,split"
    (corpus.parent / "train.csv").write_text(f"{header}\n{line}\n")
    with pytest.raises(InputError, match=message):
        kinetics.read_split(corpus, "train", SETTINGS)


def test_a_corpus_that_is_not_there(corpus):
    for path in corpus.parent.glob("*.csv"):
        path.unlink()
    with pytest.raises(InputError, match=r"the corpus is not there; expected train.csv, val\*.csv"):
        kinetics.read_split(corpus, "train", SETTINGS)
    with pytest.raises(InputError, match=r"Kinetics-400 is not there: .*\n.*circulate in copies"):
        acquire_corpus.run(output=corpus, config=acquire_corpus.Config(adapter="kinetics"))
