"""The real PHOENIX-2014T: its published counts, and one clip of it from pictures to frame store."""

import dataclasses
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from sign2text.data.adapters import phoenix
from sign2text.data.corpus_report import PUBLISHED_KEYS, make_report
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.data.text_alone import NO_VIDEO
from sign2text.data.video import count_frames, read_frames
from sign2text.stages import acquire_corpus, check_corpus, make_manifest, sample_frames
from sign2text.stages.make_manifest import Config

pytestmark = pytest.mark.real

CLIP = "09April_2010_Friday_tagesschau-7631"
ROOT = "PHOENIX-2014-T"
SETTINGS = Config(adapter="phoenix", language="de")


@pytest.fixture(scope="module")
def corpus(phoenix_folder, tmp_path_factory) -> Path:
    """checksums.tsv beside a link to the corpus, as in resources/phoenix/."""
    raw = tmp_path_factory.mktemp("phoenix")
    (raw / ROOT).symlink_to(phoenix_folder.resolve())
    return raw / "checksums.tsv"


@pytest.fixture(scope="module")
def splits(corpus) -> dict[str, pd.DataFrame]:
    return {split: phoenix.read_split(corpus, split, SETTINGS) for split in phoenix.SPLITS}


@pytest.fixture(scope="module")
def frame_counts(phoenix_folder) -> dict[str, dict[str, int]]:
    tables = {
        split: pd.read_csv(phoenix_folder / f"annotations/frames.{split}.csv")
        for split in phoenix.SPLITS
    }
    return {
        split: dict(zip(table["name"], table["num_frames"], strict=True))
        for split, table in tables.items()
    }


def test_all_clips_are_in_manifests_of_text_alone(corpus, tmp_path):
    listed = corpus.parent / "checksums.tsv"
    acquire_corpus.run(
        output=listed, config=acquire_corpus.Config(adapter="phoenix", text_alone=True)
    )
    assert len(listed.read_text(encoding="utf-8").splitlines()) == 1 + len(phoenix.SPLITS)
    make_manifest.run(
        corpus=listed, output=tmp_path, config=dataclasses.replace(SETTINGS, text_alone=True)
    )
    for split, counts in phoenix.PUBLISHED.items():
        table = read_manifest(tmp_path / f"{split}.tsv")
        assert len(table) == counts["clips"]
        assert set(table["video"]) == {NO_VIDEO}
        assert table["gloss"].str.strip().astype(bool).all()
    monolingual = (tmp_path / "monolingual.txt").read_text(encoding="utf-8").splitlines()
    assert len(monolingual) == len(set(read_manifest(tmp_path / "train.tsv")["text"]))


def words(lines: pd.Series) -> set[str]:
    return {word for line in lines for word in line.split()}


def test_clips_as_published(splits):
    found = {split: len(table) for split, table in splits.items()}
    assert found == {"train": 7096, "dev": 519, "test": 642}
    assert found == {split: counts["clips"] for split, counts in phoenix.PUBLISHED.items()}


def test_frames_as_published(splits, frame_counts):
    for split, table in splits.items():
        assert sorted(table["id"]) == sorted(frame_counts[split])
        assert sum(frame_counts[split].values()) == phoenix.PUBLISHED[split]["frames"]


def test_vocabularies_of_the_training_split(splits):
    assert len(words(splits["train"]["text"])) == 2887
    assert len(words(splits["train"]["gloss"])) == 1085


@pytest.mark.parametrize("final_point", [True, False])
def test_sentences_that_also_stand_in_train(splits, final_point):
    """Compare the sentences as written, and without a final full stop."""

    def sentences(split: str) -> pd.Series:
        text = splits[split]["text"]
        return text if final_point else text.str.removesuffix(".").str.strip()

    train = set(sentences("train"))
    assert sentences("dev").isin(train).sum() == 25
    assert sentences("test").isin(train).sum() == 32


def test_the_report_has_the_true_counts(splits, frame_counts):
    clips = {
        split: table.assign(frames=table["id"].map(frame_counts[split]))
        for split, table in splits.items()
    }
    left_out = pd.DataFrame(columns=["split", "id", "video", "reason"])
    settings = check_corpus.Config(adapter="phoenix", language="de")
    report = make_report(clips, left_out, phoenix.PUBLISHED, settings)
    found = {(row.check, row.split): row.found for row in report.itertuples()}

    def counts(check: str, *names: str) -> list[int]:
        return [int(found[check, split]) for split in names]

    assert counts("clips", *phoenix.SPLITS) == [7096, 519, 642]
    assert counts("frames", *phoenix.SPLITS) == [827354, 55775, 64627]
    assert counts("longest clip, frames", "train") == [475]
    assert counts("word types", "train") == [2887]
    assert counts("gloss types", "train") == [1085]
    for ending in ("", ", final point aside"):
        assert counts(f"clips whose sentence is in train{ending}", "dev", "test") == [25, 32]
        assert counts(f"sentences also in train{ending}", "dev", "test") == [15, 20]
    compared = report[report["check"].isin(PUBLISHED_KEYS.values()) & (report["expected"] != "")]
    assert len(compared) == 9
    assert (compared["found"] == compared["expected"]).all()
    assert not report["verdict"].isin(["bad", "differs"]).any()


def test_clips_are_kept_with_their_true_number_of_frames(corpus, splits, frame_counts):
    """Count existing clips of a whole or partial corpus, and leave out missing ones."""
    kept, left_out, _ = make_manifest.leave_out(splits, corpus.parent)
    assert CLIP in set(kept["train"]["id"])
    for split, table in kept.items():
        there = {path.name for path in (corpus.parent / ROOT / phoenix.FRAMES / split).glob("*")}
        assert set(table["id"]) == set(frame_counts[split]) & there
        for clip, frames in zip(table["id"], table["frames"], strict=True):
            assert frames == frame_counts[split][clip]
    assert len(left_out) == 8257 - sum(map(len, kept.values()))


def read_picture(path: Path) -> np.ndarray:
    """A PNG, uint8 [H, W, 3] RGB, by another reader than the project's."""
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Stretch a picture [h, w, 3] to [height, width, 3], linearly between the pixels' centres."""
    picture = picture.astype(np.float64)
    for axis, size in ((0, height), (1, width)):
        old = picture.shape[axis]
        place = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
        lower = np.minimum(place.astype(int), old - 2)
        share = (place - lower).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        near, far = picture.take(lower, axis), picture.take(lower + 1, axis)
        picture = near * (1 - share) + far * share
    return picture


def difference(stored: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(stored.astype(np.float64) - wanted).mean())


def test_the_real_clip_goes_into_the_frame_store(splits, frame_counts, tmp_path):
    row = splits["train"].loc[splits["train"]["id"] == CLIP]
    video = Path(row["video"].item())
    assert count_frames(video) == frame_counts["train"][CLIP] == 132
    assert {frame.shape for frame in read_frames(video)} == {(260, 210, 3)}
    write_manifest(row.assign(frames=132).reset_index(drop=True), tmp_path / "train.tsv")
    assert len(read_manifest(tmp_path / "train.tsv")) == 1
    store = tmp_path / "train.tar"
    sample_frames.run(manifest=tmp_path / "train.tsv", output=store, config=sample_frames.Config())
    stored = FrameStore(store).read(0, range(132))
    assert stored.shape == (132, 256, 256, 3)
    for number, path in enumerate(sorted(video.glob("*.png"))):
        picture = read_picture(path)
        wanted = resize(picture, 256, 256)
        found = difference(stored[number], wanted)
        # JPEG's loss alone; every other reading of the same picture is further off.
        assert found < 2
        assert found < difference(stored[number][..., ::-1], wanted) / 4, "red and blue swapped"
        assert found < difference(stored[number], np.roll(wanted, 1, axis=1)), "shifted"
        narrow = np.pad(resize(picture, 256, 207), ((0, 0), (24, 25), (0, 0)))
        assert found < difference(stored[number], narrow) / 4, "kept 210 : 260"
