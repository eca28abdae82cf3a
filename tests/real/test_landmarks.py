"""Landmarks that others extracted from real signing. Needs SIGN2TEXT_REAL_LANDMARKS."""

from pathlib import Path

import numpy as np
import pytest

from sign2text.ground.store_index import index_path
from sign2text.landmarks.index import count_seen
from sign2text.landmarks.normalising import Landmarks, normalised
from sign2text.landmarks.pose_reader import read_pose
from sign2text.landmarks.store import LandmarkStore
from sign2text.landmarks.store_writer import LandmarkStoreWriter

pytestmark = pytest.mark.real

REDUCED = tuple(f"FACE_LANDMARKS {point}" for point in (4, 64, 151, 294, 468, 473))
IRISES = REDUCED[-2:]
CLIPS = {
    "25October_2010_Monday_tagesschau-17": (86, 25, (210, 260), (0.430, 0.488, 1, 1)),
    "signer0_sample1000": (43, 30, (512, 512), (0.930, 1, 1, 1)),
}
"""Frames, rate, size and share of frames with each part in the published files."""


def check_values(points: np.ndarray) -> None:
    """Normalise a clip in both boxes: no value is undefined, missing ones are as many as before."""
    missing = int(np.isnan(points[::2]).any(-1).sum())
    for box in ("clip", "shoulders"):
        found = normalised(points, Landmarks(box=box, missing=-99)).reshape(-1, 85, 3)
        assert np.isfinite(found).all()
        assert int((found == -99).all(-1).sum()) == missing
        if box == "clip":
            there = found[(found != -99).all(-1)]
            assert there.min() == 0
            assert there.max() == 1


def test_all_32_dgs_sentences(landmarks_folder: Path, tmp_path: Path) -> None:
    paths = sorted((landmarks_folder / "dgs").glob("*.pose"))
    assert len(paths) == 32
    about = {"extractor": "pose_files", "version": "unknown", "settings": {}}
    shard = tmp_path / "dgs.safetensors"
    writer = LandmarkStoreWriter(shard, [path.stem for path in paths], about=about)
    read = {}
    for path in paths:
        clip = read_pose(path)
        assert (clip.version, clip.fps, clip.size, clip.lacking) == (0.2, 25, (512, 512), REDUCED)
        check_values(clip.points)
        writer.add(path.stem, clip.points, clip.fps, clip.size)
        read[path.stem] = clip.points
    writer.finish()
    store = LandmarkStore(index_path(shard))
    assert int(store.lengths.sum()) == sum(map(len, read.values())) == 1728
    assert store.seen.sum(axis=0).tolist() == [1690, 1697, 1718, 1718, 1718]
    for clip, points in read.items():
        found = store.read(store.position(clip))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(points))
        assert np.nanmax(np.abs(found - points)) <= 1 / 64  # beyond 512 pixels: steps of 1/32


@pytest.mark.parametrize("name", CLIPS)
def test_the_two_clips(landmarks_folder: Path, name: str) -> None:
    frames, fps, size, shares = CLIPS[name]
    clip = read_pose(landmarks_folder / "slp_datasets" / f"{name}.pose")
    assert (clip.version, len(clip.points), clip.fps, clip.size) == (0.1, frames, fps, size)
    assert clip.lacking == IRISES
    assert count_seen(clip.points)[:4] / frames == pytest.approx(shares, abs=1e-3)
    check_values(clip.points)


@pytest.mark.parametrize(("language", "fps", "frames"), [("ase", 25, 332), ("gsg", 30, 343)])
def test_the_letters(landmarks_folder: Path, language: str, fps: float, frames: int) -> None:
    clips = [
        read_pose(path)
        for path in sorted((landmarks_folder / "fingerspelling" / language).glob("*.pose"))
    ]
    assert len(clips) == 12
    assert sum(len(clip.points) for clip in clips) == frames
    for clip in clips:
        assert (clip.version, clip.fps, clip.size, clip.lacking) == (0.2, fps, (500, 500), ())
        # The left hand rests outside the picture.
        assert count_seen(clip.points)[:4].tolist() == [0, *[len(clip.points)] * 3]
        check_values(clip.points)
