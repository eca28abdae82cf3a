"""Core-hours and bytes of landmarks in a plan, and the lengths of captioned corpora."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from landmark_report import provenance_of

from sign2text.landmarks.extraction_times import extraction_times
from sign2text.landmarks.index import join_indices
from sign2text.landmarks.points import COUNT
from sign2text.landmarks.store import LandmarkStore
from sign2text.landmarks.store_writer import LandmarkStoreWriter
from sign2text.planning import extraction
from sign2text.planning.corpus import (
    BYTES_A_WORD,
    HOW2SIGN,
    YOUTUBE_ASL,
    YOUTUBE_SL25,
    Corpus,
    Lengths,
    Split,
    draw,
    find_corpus,
)
from sign2text.planning.extraction import BYTES_A_FRAME, Extraction, extractions
from sign2text.planning.jobs import Job
from sign2text.planning.workshop import Workshop


def job(dataset: str, source: str = "mediapipe", every: int = 1, stage: str = extraction.STAGE):
    config = SimpleNamespace(source=source, mediapipe=SimpleNamespace(every=every))
    return Job(dataset, stage, "train", config, {}, {})


def corpus(*frames: int) -> Corpus:
    splits = {"train": frames, "dev": (50,), "test": (9,)}
    return Corpus({name: Split(each, (3,) * len(each)) for name, each in splits.items()}, "made up")


def test_frames_of_all_splits_are_counted_once_a_data_set():
    jobs = [job("one"), job("one"), job("two", every=2), job("unknown"), job("one", stage="decode")]
    one, two = extractions(jobs, {"one": corpus(100, 31), "two": corpus(100, 31)})
    assert (one.data_set, one.frames, one.every) == ("one", 100 + 31 + 50 + 9, 1)
    assert (two.data_set, two.frames, two.every) == ("two", 50 + 16 + 25 + 5, 2)
    assert one.bytes == 190 * 510, "two bytes for each of 255 values"
    assert one.rate == 18 and one.source == "documented: docs/landmarks.md"
    assert one.core_hours == pytest.approx(190 / 18 / 3600)


def test_landmarks_from_files_take_no_hours():
    (found,) = extractions([job("one", source="pose_files", every=2)], {"one": corpus(100)})
    assert (found.frames, found.every, found.core_hours) == (159, 1, 0)
    assert str(found) == "landmarks of one: 159 frames, pose files, 0.0 GB"


@pytest.mark.parametrize(
    ("hours", "core_hours", "gigabytes"), [(984, 683.3, 22.6), (3200, 2222.2, 73.4)]
)
def test_every_second_frame_of_the_published_hours(hours, core_hours, gigabytes):
    found = Extraction("x", hours * 3600 * 25 // 2, 2, 18.0, "documented")
    assert found.core_hours == pytest.approx(core_hours, abs=0.05)
    assert found.bytes / 1e9 == pytest.approx(gigabytes, abs=0.05)


@pytest.mark.parametrize(
    ("name", "known", "hours", "clips"),
    [("youtube_asl", YOUTUBE_ASL, 984, 610_193), ("youtube_sl25", YOUTUBE_SL25, 3200, 1_984_367)],
)
def test_captions_add_up_to_the_published_hours(name, known, hours, clips, tmp_path):
    assert sum(each.clips for each in known.values()) == clips
    assert clips * known["train"].mean / 25 / 3600 == pytest.approx(hours, rel=0.001)
    assert known["train"].longest == 60 * 25, "longer captions are left out"
    small = {split: Lengths(2000, each.mean, each.spread, each.longest, words=each.words)
             for split, each in known.items()}  # fmt: skip
    split = draw(small["train"], 0)
    assert np.mean(split.frames) == pytest.approx(known["train"].mean, rel=0.05)


def test_how2sign_s_lengths_are_known_and_its_words_become_bytes(tmp_path):
    found = find_corpus("how2sign", "how2sign", tmp_path, None, None, tokens_a_word=BYTES_A_WORD)
    assert [len(split.frames) for split in found.splits.values()] == [31165, 1741, 2357]
    assert found.source == "drawn to How2Sign's published numbers"
    dev = found.splits["dev"]
    assert np.mean(dev.frames) / 25 == pytest.approx(6.9, abs=0.4)
    # 17.5 words a sentence of 5.1 bytes each.
    assert np.mean(dev.tokens) == pytest.approx(17.5 * 5.1, rel=0.06)
    assert draw(HOW2SIGN["dev"], 1).frames == dev.frames
    assert sum(draw(HOW2SIGN["dev"], 1).tokens) < sum(dev.tokens) / 3


def written(folder: Path, name: str, lengths: list[int], *made: Any) -> None:
    """Write a store with the provenance of its extraction."""
    folder.mkdir(parents=True, exist_ok=True)
    extractor = "mediapipe" if made[1:] == () else made[1]
    about = {"extractor": extractor, "version": "0.10.21", "settings": {}}
    ids = [f"{name}-{number}" for number in range(len(lengths))]
    writer = LandmarkStoreWriter(folder / f"{name}.safetensors", ids, about=about)
    for clip, length in zip(ids, lengths, strict=True):
        writer.add(clip, np.zeros((length, COUNT, 3), np.float32), 25.0, (210, 260))
    writer.finish()
    path = folder / f"{folder.name}.{name}.provenance.json"
    path.write_text(provenance_of(f"{name}.index.safetensors", *made))


def test_the_rate_is_that_of_this_data_set_s_extraction_where_it_has_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("results/one/scaling_slt/extract_landmarks")
    for split, seconds, lengths in (("train", 40.0, [300, 200]), ("dev", 20.0, [100])):
        written(folder, split, lengths, seconds)
    written(folder, "test", [70], None)  # processor time was not measured
    written(Path("results/one/poses/extract_landmarks"), "train", [900], 1.0, "pose_files")
    (folder / "broken.index.safetensors").write_text("{")
    assert extraction.measured_rate("one") == pytest.approx(600 / 60)
    assert extraction.measured_rate("two") is None
    (found,) = extractions([job("one")], {"one": corpus(100)})
    assert (found.rate, found.source) == (pytest.approx(10), "measured here")
    assert found.core_hours == pytest.approx(159 / 10 / 3600)


def test_shards_count_by_themselves_and_a_store_has_the_bytes_of_the_plan(tmp_path):
    shards = tmp_path / "extract_landmark_shards"
    for number, seconds in enumerate((10.0, 30.0)):
        written(shards, f"train.00{number}", [100 + number], seconds)
    (shards / "extract_landmark_shards.train.000.provenance.json").unlink()
    index = tmp_path / "extract_landmarks" / "train.index.safetensors"
    index.parent.mkdir()
    join_indices([shards / f"train.00{number}.index.safetensors" for number in (0, 1)], index)
    assert extraction_times(LandmarkStore(index)) == (101, 50.0, 30.0)
    size = (shards / "train.001.safetensors").stat().st_size
    assert size - 4096 <= 101 * BYTES_A_FRAME < size, "its header beside the numbers"


def test_the_store_that_a_plan_makes_up_has_the_frames_of_its_clips(tmp_path):
    request = SimpleNamespace(corpus_of=lambda dataset: corpus(100, 31))
    workshop = Workshop(request, tmp_path)
    path = workshop.make(job("one", every=2), "train.index.safetensors")
    store = LandmarkStore(path)
    assert store.ids == ["train0000", "train0001"]
    assert store.lengths.tolist() == [50, 16] and store.fps.tolist() == [12.5, 12.5]
    points = store.read(1)
    assert points.shape == (16, 85, 3) and 0 <= points.min() < points.max() <= 260
