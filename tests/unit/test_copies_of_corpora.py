"""Published corpora in circulating layouts: videos, other folders, annotations as pickles."""

import gzip
import logging
import pickle
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from annotation_files import number_of, write_numbered
from test_acquire_corpus import acquire, fill

from sign2text.data.adapters import csl_daily, phoenix
from sign2text.data.manifest import read_manifest
from sign2text.data.splits import SPLITS
from sign2text.data.video import read_frames
from sign2text.fetching.acquisition import PHOENIX
from sign2text.ground.errors import InputError
from sign2text.stages import make_manifest

SETTINGS = make_manifest.Config(adapter="phoenix", language="de")
ZH = make_manifest.Config(adapter="csl_daily", language="zh")
HEADER = "name|video|start|end|speaker|orth|translation\n"
NAMES = {"train": ["07Mai-2", "07Mai-3"], "dev": ["08Mai-1"], "test": ["09Mai-1"]}
FRAMES = 4


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("resources/phoenix")
    folder.mkdir(parents=True)
    return folder


def write_csv(root: Path) -> None:
    for split, names in NAMES.items():
        lines = [f"{name}|{name}/1/*.png|-1|-1|Signer04|REGEN|es regnet\n" for name in names]
        path = root / f"annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"
        fill(root, {path.relative_to(root).as_posix(): HEADER + "".join(lines)})


def entry(split: str, name: str, **changes) -> dict:
    about = {
        "name": f"{split}/{name}",
        "signer": "Signer04",
        "gloss": "REGEN",
        "text": "es regnet .",
    }
    return about | changes


def write_features(folder: Path, stem: str = "phoenix14t.pami0", ending: str = "") -> None:
    """Write features like Camgoz et al.: a list of dicts, with a tensor of features per clip."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, names in NAMES.items():
        content = [entry(split, name, sign=torch.zeros(FRAMES, 1024)) for name in names]
        path = folder / f"{stem}.{split}{ending}"
        path.write_bytes(gzip.compress(pickle.dumps(content, 3)))


def write_labels(folder: Path, length: int = FRAMES) -> None:
    """Write labels like GFSLT-VLP: a dict by name, with the paths of the frames."""
    for split, names in NAMES.items():
        content = {}
        for name in names:
            about = entry(split, name, length=length, imgs_path=[f"{split}/{name}/images0001.png"])
            del about["signer"]
            content[about["name"]] = about
        (folder / f"labels.{split}").write_bytes(gzip.compress(pickle.dumps(content)))


def write_images(folder: Path, size: tuple[int, int] = (260, 210)) -> None:
    folder.mkdir(parents=True)
    for number in range(FRAMES):
        picture = np.full((*size, 3), 10 + 50 * number, np.uint8)
        cv2.imwrite(str(folder / f"images{number + 1:04d}.png"), picture)


def manifests(raw: Path, adapter: str = "phoenix", language: str = "de") -> dict:
    config = make_manifest.Config(adapter=adapter, language=language)
    make_manifest.run(corpus=raw / "checksums.tsv", output=Path("made"), config=config)
    return {split: read_manifest(Path(f"made/{split}.tsv")) for split in SPLITS}


@pytest.mark.parametrize(
    "place",
    [
        "features/fullFrame-210x260px/{split}/{name}/1",
        "features/fullFrame-227x227px/{split}/{name}",
        "features/fullFrame-227x227px/{split}/{name}/1",
        "fullFrame-210x260px/{split}/{name}",
        "{split}/{name}",
    ],
)
def test_folders_of_images_in_other_places(raw, place):
    write_csv(raw)
    size = (227, 227) if "227" in place else (260, 210)
    for split, names in NAMES.items():
        for name in names:
            write_images(raw / place.format(split=split, name=name), size)
    found = manifests(raw)
    assert found["train"]["video"].tolist() == [
        (raw / place.format(split="train", name=name)).as_posix() for name in NAMES["train"]
    ]
    assert found["train"]["frames"].tolist() == [FRAMES, FRAMES]
    assert found["dev"]["fps"].tolist() == [25.0]
    pictures = list(read_frames(found["test"]["video"][0]))
    assert [picture.shape[:2] for picture in pictures] == [size] * FRAMES
    assert [round(picture.mean()) for picture in pictures] == [10, 60, 110, 160]
    listed = acquire(raw, "phoenix")
    folder = place.partition("/{name}")[0]
    assert {folder.format(split=split) for split in SPLITS} < set(listed)
    assert len(listed) == 6  # three of annotations, three folders of clips


@pytest.mark.parametrize(
    "place", ["videos_phoenix/videos/{split}", "videos/{split}", "{split}", "videos",
              "features/fullFrame-210x260px/{split}"]
)  # fmt: skip
@pytest.mark.parametrize("annotations", ["csv", "pickles"])
def test_one_video_a_clip(raw, place, annotations):
    if annotations == "csv":
        write_csv(raw / "PHOENIX-2014-T-release-v3/PHOENIX-2014-T")
    else:
        write_features(raw, ending=".annotations_only.gzip")
    for split, names in NAMES.items():
        for name in names:
            write_numbered(raw / place.format(split=split) / f"{name}.mp4", 12, rate=30)
    found = manifests(raw)
    train = found["train"]
    assert train["id"].tolist() == NAMES["train"]
    folder = (raw / place.format(split="train")).as_posix()
    assert train["video"].tolist() == [f"{folder}/07Mai-2.mp4", f"{folder}/07Mai-3.mp4"]
    assert (train["frames"].tolist(), train["fps"].tolist()) == ([12, 12], [30.0, 30.0])
    assert [number_of(frame) for frame in read_frames(train["video"][1])] == [*range(12)]
    listed = acquire(raw, "phoenix")
    folder = place.format(split="train")
    expected = [f"{folder}/{name}.mp4" for name in NAMES["train"]] if "{" not in place else [folder]
    assert set(expected) < set(listed)


def test_what_is_read_is_listed():
    listed = {pattern for group in PHOENIX.other_media for pattern in group} | {*PHOENIX.media}
    assert {f"{place}/*" for place in phoenix.PLACES if place} | {*SPLITS, "val"} == listed


def test_missing_clips_are_named_as_the_others_are(raw):
    write_csv(raw)
    write_numbered(raw / "videos/train/07Mai-3.mp4", 4)
    table = phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)
    assert [Path(video).name for video in table["video"]] == ["07Mai-2.mp4", "07Mai-3.mp4"]
    # Nothing of this split is there, so the publisher's place is searched.
    table = phoenix.read_split(raw / "checksums.tsv", "dev", SETTINGS)
    assert table["video"].tolist() == [f"{raw}/{phoenix.FRAMES}/dev/08Mai-1"]


def test_the_publishers_frames_come_first(raw):
    write_csv(raw)
    write_numbered(raw / "videos/train/07Mai-2.mp4", 4)
    write_images(raw / phoenix.FRAMES / "train/07Mai-2")
    table = phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)
    assert table["video"][0] == f"{raw}/{phoenix.FRAMES}/train/07Mai-2"


@pytest.mark.parametrize("ending", ["", ".annotations_only.gzip", ".gz", ".pkl", ".pickle.gz"])
def test_pickles_with_features_are_annotations(raw, ending, caplog):
    write_features(raw / "data", ending=ending)
    assert phoenix.find_root(raw, SETTINGS) == raw / "data"
    with caplog.at_level(logging.WARNING):
        table = phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)
    assert table[["id", "signer", "gloss", "text"]].to_numpy().tolist() == [
        ["07Mai-2", "Signer04", "REGEN", "es regnet ."],
        ["07Mai-3", "Signer04", "REGEN", "es regnet ."],
    ]
    assert "2 of 2 texts end in a final point" in caplog.text


def test_labels_know_the_length_and_not_the_signer(raw):
    write_labels(raw, length=FRAMES)
    for split, names in NAMES.items():
        for name in names:
            write_images(raw / phoenix.FRAMES / split / name)
    found = manifests(raw)
    assert found["train"]["signer"].tolist() == ["unknown", "unknown"]
    assert found["train"]["frames"].tolist() == [FRAMES, FRAMES]
    (raw / phoenix.FRAMES / "test/09Mai-1/images0004.png").unlink()
    with pytest.raises(InputError, match="09Mai-1: 3 frames found, expected 4 as the annotations"):
        manifests(raw)


def test_of_several_pickles_those_without_features_are_read(raw):
    write_features(raw)
    write_labels(raw)
    path = phoenix.annotations_of(raw / "checksums.tsv", "dev", SETTINGS)
    assert path == raw / "labels.dev"


def test_beside_the_publishers_annotations_they_are_compared(raw, caplog):
    write_csv(raw)
    write_features(raw)
    with caplog.at_level(logging.INFO):
        table = phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)
    assert table["text"].tolist() == ["es regnet", "es regnet"]
    assert "phoenix14t.pami0.train has the clips, texts and glosses of" in caplog.text
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    changed = [entry("train", "07Mai-2", text="es schneit .", gloss="SCHNEE"), entry("train", "x")]
    path = raw / "phoenix14t.pami0.train"
    path.write_bytes(gzip.compress(pickle.dumps(changed)))
    assert phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS).equals(table)
    for said in ("1 clips only in the first (such as 07Mai-3)", "only in the second (such as x)",
                 "1 other glosses (such as 07Mai-2)", "1 other texts"):  # fmt: skip
        assert said in caplog.text
    path.write_bytes(gzip.compress(pickle.dumps({"keypoints": [1, 2]})))
    assert phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS).equals(table)
    assert "phoenix14t.pami0.train is not compared with" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text", r"found str, expected a list of dicts"),
        ([], "holds no clip"),
        (["x"], r"entry 0: found str, expected a dict with the keys name, gloss and text"),
        ([{"name": "a", "gloss": "B"}], "entry 0: has the keys name, gloss, expected text among"),
        ([entry("train", "a"), entry("train", "a")], "entry 1: name 'a' occurs twice"),
        ([entry("dev", "a")], "entry 0: clip 'dev/a' is of dev, expected train"),
        ([entry("train", "../../x")], r"entry 0: id '../../x' cannot be used"),
        ([entry("train", "a", text=3)], "entry 0: text is int, expected a string"),
        ([entry("train", "a", text=torch.zeros(2))], "text is PassedOver, expected a string"),
        ([entry("train", "a", gloss="x" * 70_000)], "gloss has more than 65536 characters"),
        ([entry("train", "a", text="\ud800")], "text holds half a character"),
        ({"a": entry("train", "a") | {"name": 3}}, "entry 'a': name is int, expected a string"),
    ],
)  # fmt: skip
def test_pickles_of_another_form_are_refused(raw, content, message):
    write_features(raw)
    (raw / "phoenix14t.pami0.train").write_bytes(gzip.compress(pickle.dumps(content)))
    with pytest.raises(InputError, match=rf"phoenix14t\.pami0\.train.*{message}"):
        phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)


def no_download(monkeypatch) -> None:
    def fetched(*_: object) -> None:
        raise AssertionError("the archive of 39 GB was requested")

    monkeypatch.setattr("sign2text.stages.acquire_corpus.fetch", fetched)


def test_with_pickles_alone_nothing_is_downloaded(raw, monkeypatch, caplog):
    no_download(monkeypatch)
    write_features(raw)
    with caplog.at_level(logging.INFO):
        listed = acquire(raw, "phoenix")
    assert set(listed) == {f"phoenix14t.pami0.{split}" for split in SPLITS}
    assert "found the annotations phoenix14t.pami0.train, phoenix14t.pami0.dev" in caplog.text
    assert "the clips are missing, expected in" in caplog.text


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["phoenix14t.pami0.train"], "found phoenix14t.pami0.train; missing: annotations"),
        (["labels.train", "labels.dev"], "found labels.train, labels.dev; missing"),
        (["features/fullFrame-210x260px/train/a/images0001.png"], r"found clips \(.*210x260px"),
        (["videos_phoenix/videos/train/a.mp4"], r"found clips \(.*videos_phoenix/videos"),
        (["annotations/manual/PHOENIX-2014-T.dev.corpus.csv"], "found PHOENIX-2014-T.dev.corpus"),
    ],
)
def test_with_a_part_alone_nothing_is_downloaded(raw, monkeypatch, there, found):
    no_download(monkeypatch)
    fill(raw, dict.fromkeys(there, gzip.compress(b"x")))
    with pytest.raises(InputError, match=f"is there in part: {found}.*Nothing was fetched"):
        acquire(raw, "phoenix")
    # An explicit address is always used.
    with pytest.raises(AssertionError, match="39 GB"):
        acquire(raw, "phoenix", address="http://127.0.0.1:9/x.tar.gz")


def test_other_files_do_not_keep_it_from_the_download(raw, monkeypatch):
    no_download(monkeypatch)
    fill(raw, {"notes.txt": "x", "model.train": "no pickle", ".labels.train": "\x1f\x8b"})
    with pytest.raises(AssertionError, match="39 GB"):
        acquire(raw, "phoenix")


def test_a_split_that_is_missing_is_said(raw):
    write_features(raw)
    (raw / "phoenix14t.pami0.dev").unlink()
    with pytest.raises(InputError, match="no such file for dev; expected one for each of train"):
        phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)


CSL = {"train": "S000000_P0000_T00", "dev": "S000001_P0000_T00", "test": "S000002_P0000_T00"}


def write_csl(folder: Path, text: str = "今天 天气") -> None:
    for split, name in CSL.items():
        content = {name: {"name": name, "gloss": "今天 天气", "text": text, "length": FRAMES}}
        (folder / f"labels.{split}").write_bytes(gzip.compress(pickle.dumps(content)))


@pytest.mark.parametrize("place", csl_daily.FRAMES)
def test_csl_daily_with_labels_alone(raw, place):
    write_csl(raw)
    for name in CSL.values():
        write_images(raw / place / name)
    found = manifests(raw, "csl_daily", "zh")
    assert found["dev"]["text"].tolist() == ["今天天气"]
    assert found["dev"]["gloss"].tolist() == ["今天 天气"]
    assert found["dev"]["video"].tolist() == [f"{raw}/{place}/{CSL['dev']}"]
    assert found["dev"]["fps"].tolist() == [30.0]
    listed = acquire(raw, "csl_daily")
    assert {path for path in listed if path.startswith("labels")} == {
        f"labels.{split}" for split in SPLITS
    }
    assert place.split("/")[0] in {path.split("/")[0] for path in listed}


def test_csl_daily_compares_labels_with_the_publishers(raw, caplog):
    info = [
        {"name": name, "length": FRAMES, "label_gloss": ["今天", "天气"], "signer": 3,
         "label_char": list("今天天气")}
        for name in CSL.values()
    ]  # fmt: skip
    lines = ["name|split", *(f"{name}|{split}" for split, name in CSL.items())]
    fill(raw, {"sentence_label/csl2020ct_v2.pkl": pickle.dumps({"info": info}),
               "sentence_label/split_1.txt": "\n".join(lines)})  # fmt: skip
    write_csl(raw)
    with caplog.at_level(logging.INFO):
        table = csl_daily.read_split(raw / "checksums.tsv", "dev", ZH)
    assert table["signer"].tolist() == ["signer03"]
    assert "labels.dev has the clips, texts and glosses of" in caplog.text
    write_csl(raw, text="明天")
    csl_daily.read_split(raw / "checksums.tsv", "dev", ZH)
    assert f"1 other texts (such as {CSL['dev']})" in caplog.text


def test_folders_of_clips_are_not_gone_through(raw, monkeypatch):
    """A corpus may have twenty thousand of them on a server, and each look is slow."""
    write_csv(raw)
    for number in range(300):
        (raw / f"frames/{number}").mkdir(parents=True)
    looked = []
    iterate = Path.iterdir

    def watched(path: Path):
        looked.append(path)
        return iterate(path)

    monkeypatch.setattr(Path, "iterdir", watched)
    phoenix.read_split(raw / "checksums.tsv", "train", SETTINGS)
    assert raw / "frames" in looked
    assert len(looked) < 10
