"""The stages that extract landmarks: three sources, shards, clips without landmarks, kills."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_landmarks import some_points
from safetensors.numpy import save_file

from sign2text.data.left_out import read_left_out
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.ground import runner
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path
from sign2text.landmarks import mediapipe_frames
from sign2text.landmarks.extraction import Extraction, shard_bounds
from sign2text.landmarks.mediapipe_frames import Clip, Extracted, MediaPipe, Missed
from sign2text.landmarks.points import LEFT_HAND
from sign2text.landmarks.pose_writer import write_pose
from sign2text.landmarks.store import LandmarkStore
from sign2text.stages import extract_landmark_shards, extract_landmarks

IDS = ("a", "b", "c", "d", "e")
POINTS = {clip: some_points(2 + number, number) for number, clip in enumerate(IDS)}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "id": IDS,
            "video": [f"videos/{clip}.mp4" for clip in IDS],
            "frames": [len(points) for points in POINTS.values()],
            "fps": 25.0,
            "signer": "s",
            "text": "x",
            "gloss": "",
            "language": "de",
            "phrasings": [[] for _ in IDS],
        }
    )
    write_manifest(frame, tmp_path / "train.tsv")
    return tmp_path / "train.tsv"


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    folder = tmp_path / "landmarks"
    folder.mkdir()
    save_file(POINTS, folder / "train.safetensors")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus" / "poses").mkdir(parents=True)
    for clip, points in POINTS.items():
        write_pose(tmp_path / "corpus" / "poses" / f"{clip}.pose", points, 25, (210, 260))
    return tmp_path / "corpus"


def extract(manifest: Path, config: Extraction, **given: Any) -> LandmarkStore:
    """Run the jobs of all shards of train, then the one that joins them."""
    folder = manifest.parent / "extract_landmark_shards"
    shards = [folder / f"train.{number:03d}.safetensors" for number in range(config.shards)]
    for number, shard in enumerate(shards):
        extract_landmark_shards.run(
            manifest=manifest, split="train", shard=number, output=shard, config=config, **given
        )
    output = manifest.parent / "extract_landmarks"
    first, *further = map(index_path, shards)
    extract_landmarks.run(
        manifest=manifest,
        first=first,
        further=further,
        output=output / "train.index.safetensors",
        output_manifest=output / "train.tsv",
        output_left_out=output / "train.left_out.tsv",
        config=config,
    )
    return LandmarkStore(output / "train.index.safetensors")


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_the_truth_of_the_avatar(manifest: Path, rendered: Path, shards: int) -> None:
    config = Extraction(source="rendered", shards=shards)
    store = extract(manifest, config, rendered=rendered)
    assert store.ids == list(IDS)
    assert store.lengths.tolist() == [2, 3, 4, 5, 6]
    assert len(store.shards) == shards
    assert store.sizes.tolist() == [[210, 260]] * 5
    assert store.about == {"extractor": "rendered", "version": "1", "settings": {}}
    for clip, points in POINTS.items():
        np.testing.assert_array_equal(store.read(store.position(clip)), points)
    kept = read_manifest(store.path.parent / "train.tsv")
    pd.testing.assert_frame_equal(kept, read_manifest(manifest))
    assert len(read_left_out(store.path.parent / "train.left_out.tsv")) == 0


def test_shards_divide_the_clips() -> None:
    for clips, shards in ((5, 1), (5, 2), (5, 7), (999, 10), (0, 3)):
        bounds = [shard_bounds(clips, shard, shards) for shard in range(shards)]
        assert [clip for first, end in bounds for clip in range(first, end)] == [*range(clips)]
        lengths = [end - first for first, end in bounds]
        assert max(lengths) - min(lengths) <= 1


def test_pose_files(manifest: Path, corpus: Path) -> None:
    config = Extraction(source="pose_files", made_by="MediaPipe 0.10.14")
    store = extract(manifest, config, corpus=corpus)
    np.testing.assert_array_equal(store.read(2), POINTS["c"])
    assert store.about == {
        "extractor": "pose_files",
        "version": "MediaPipe 0.10.14",
        "settings": {},
    }


def test_mediapipe_gets_the_clips_and_its_settings(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def made(clips: Any, *, settings: MediaPipe, workers: int) -> Iterator[Extracted]:
        for clip in clips:
            seen.append((clip, settings, workers))
            yield Extracted(clip.id, POINTS[clip.id][::2], clip.fps / 2, (300, 200))

    monkeypatch.setattr(mediapipe_frames, "extract_clips", made)
    settings = MediaPipe(every=2)
    store = extract(manifest, Extraction(mediapipe=settings, shards=2), threads=3)
    assert seen[0] == (Clip("a", "videos/a.mp4", 25.0, 2), settings, 3)
    assert [clip.id for clip, *_ in seen] == list(IDS)
    assert store.fps.tolist() == [12.5] * 5
    assert store.sizes[0].tolist() == [300, 200]
    assert store.every == 2
    assert store.about == mediapipe_frames.about(settings)


class TestBadClips:
    def test_they_end_the_run_and_earlier_ones_are_kept(
        self, manifest: Path, corpus: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = corpus / "poses" / "c.pose"
        whole = bad.read_bytes()
        bad.write_bytes(whole[:-8])
        config = Extraction(source="pose_files")
        with pytest.raises(InputError) as error:
            extract(manifest, config, corpus=corpus)
        first, line, advice = str(error.value).splitlines()
        assert first.endswith("train.tsv: 1 of 5 clips have no landmarks:")
        assert line.startswith("line 4, clip 'c': ")
        assert "c.pose: 5432 bytes found after the header, 5440 expected for 4 frames" in line
        assert advice.startswith("The other 4 are extracted and kept.")
        (corpus / "poses" / "c.pose").write_bytes(whole)
        caplog.set_level(logging.INFO)
        store = extract(manifest, config, corpus=corpus)
        assert "2 clips are stored already, 3 to do" in caplog.messages
        assert store.ids == list(IDS)

    def test_they_are_left_out_and_listed(self, manifest: Path, corpus: Path) -> None:
        nobody = np.full((4, 85, 3), np.nan, np.float32)
        write_pose(corpus / "poses" / "c.pose", nobody, 25, (210, 260))
        (corpus / "poses" / "e.pose").unlink()
        far = POINTS["b"].copy()
        far[0, 0] = 99_999
        write_pose(corpus / "poses" / "b.pose", far, 25, (210, 260))
        config = Extraction(source="pose_files", on_bad_clip="skip", shards=2)
        store = extract(manifest, config, corpus=corpus)
        assert store.ids == ["a", "d"]
        assert read_manifest(store.path.parent / "train.tsv")["id"].tolist() == ["a", "d"]
        table = read_left_out(store.path.parent / "train.left_out.tsv")
        assert table["id"].tolist() == ["b", "c", "e"]
        for found, expected in zip(
            table["reason"],
            ("a coordinate of 99999 pixels", "no person found in any of 4", "no such file"),
            strict=True,
        ):
            assert expected in found

    def test_nothing_is_left(self, manifest: Path, corpus: Path) -> None:
        for path in (corpus / "poses").iterdir():
            path.write_bytes(b"")
        config = Extraction(source="pose_files", on_bad_clip="skip")
        with pytest.raises(InputError, match="nothing is left, all 5 clips are without landmarks"):
            extract(manifest, config, corpus=corpus)

    def test_a_hand_that_is_never_seen_is_said(
        self, manifest: Path, corpus: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        points = POINTS["d"].copy()
        points[:, LEFT_HAND] = np.nan
        write_pose(corpus / "poses" / "d.pose", points, 25, (210, 260))
        store = extract(manifest, Extraction(source="pose_files"), corpus=corpus)
        assert "1 clips never show the left hand: d" in caplog.messages
        assert store.seen[3].tolist() == [0, 5, 5, 5, 5]

    def test_mediapipe_names_the_clip_that_it_misses(
        self, manifest: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def made(clips: Any, **_: Any) -> Iterator[Extracted | Missed]:
            for clip in clips:
                yield Missed(clip.id, f"{clip.video}: the extractor ended.")

        monkeypatch.setattr(mediapipe_frames, "extract_clips", made)
        with pytest.raises(InputError, match=r"line 2, clip 'a': videos/a\.mp4: the extractor end"):
            extract(manifest, Extraction())


class TestWrongSources:
    def test_landmarks_of_another_manifest(self, manifest: Path, rendered: Path) -> None:
        config = Extraction(source="rendered", on_bad_clip="skip")
        save_file({**POINTS, "b": POINTS["c"]}, rendered / "train.safetensors")
        with pytest.raises(InputError, match=r"train\.safetensors, b: found F32 \[4, 85, 3\], exp"):
            extract(manifest, config, rendered=rendered)
        save_file({"a": POINTS["a"]}, rendered / "train.safetensors")
        with pytest.raises(InputError, match=r"has no clip 'b' .* belong to another manifest"):
            extract(manifest, config, rendered=rendered)
        (rendered / "train.safetensors").unlink()
        with pytest.raises(InputError, match=r"train\.safetensors: missing; run the rule synth"):
            extract(manifest, config, rendered=rendered)

    def test_shards_of_another_manifest(self, manifest: Path, rendered: Path) -> None:
        config = Extraction(source="rendered")
        extract(manifest, config, rendered=rendered)
        rows = read_manifest(manifest)
        write_manifest(rows.iloc[:3], manifest)
        shard = manifest.parent / "extract_landmark_shards" / "train.000.index.safetensors"
        with pytest.raises(InputError, match=r"hold 5 clips, 3 expected, .*; they differ in d, e"):
            extract_landmarks.run(
                manifest=manifest, first=shard, output=manifest.parent / "x", config=config
            )

    @pytest.mark.parametrize(
        ("source", "match"),
        [("rendered", "--rendered: missing"), ("pose_files", "--corpus: missing")],
    )
    def test_a_corpus_without_the_source(self, manifest: Path, source: str, match: str) -> None:
        with pytest.raises(InputError, match=match):
            extract(manifest, Extraction(source=source))

    def test_a_shard_that_does_not_exist(self, manifest: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="--shard: 1 found, 0 to 0 expected, as dev"):
            extract_landmark_shards.run(
                manifest=manifest,
                split="dev",
                shard=1,
                output=tmp_path / "x.safetensors",
                config=Extraction(shards=5),
            )


def test_a_changed_file_is_read_again(manifest: Path, corpus: Path) -> None:
    """A run that was ended by a bad clip keeps no clip whose file has changed meanwhile."""
    (corpus / "poses" / "d.pose").write_bytes(b"x")
    config = Extraction(source="pose_files")
    with pytest.raises(InputError, match="clip 'd'"):
        extract(manifest, config, corpus=corpus)
    for clip in ("b", "d"):
        frames = len(POINTS[clip])
        write_pose(corpus / "poses" / f"{clip}.pose", some_points(frames, 77), 25, (210, 261))
    store = extract(manifest, config, corpus=corpus)
    np.testing.assert_array_equal(store.read(1), some_points(3, 77))
    np.testing.assert_array_equal(store.read(2), POINTS["c"])
    assert store.sizes[:, 1].tolist() == [260, 261, 260, 261, 260]


def test_a_snakemake_that_has_ended_gets_no_shard(
    manifest: Path, rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Extraction(source="rendered")
    monkeypatch.setattr(runner, "has_gone", lambda: True)
    with pytest.raises(
        InputError, match=r"not finished, since the snakemake .* All 5 clips are ke"
    ):
        extract(manifest, config, rendered=rendered)
    folder = manifest.parent / "extract_landmark_shards"
    assert not (folder / "train.000.safetensors").exists()
    monkeypatch.setattr(runner, "has_gone", lambda: False)
    assert len(extract(manifest, config, rendered=rendered)) == 5
