"""The stage that extracts a shard with MediaPipe: clips without landmarks, a hand never seen."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest
import stand_in_worker as stand_in

from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path
from sign2text.landmarks.environment import VARIABLE
from sign2text.landmarks.mediapipe_frames import MediaPipe
from sign2text.landmarks.points import RIGHT_HAND
from sign2text.landmarks.store import LandmarkStore
from sign2text.stages.extract_landmark_shards import Config, run


@pytest.fixture
def make_manifest(tmp_path, monkeypatch):
    """Write a manifest of clips, folders of frames with the given red values."""
    monkeypatch.setenv(VARIABLE, str(stand_in.write_python(tmp_path)))
    monkeypatch.chdir(tmp_path)

    def make(**clips):
        rows = []
        for name, reds in clips.items():
            (tmp_path / "videos" / name).mkdir(parents=True)
            for number, red in enumerate(reds):
                picture = np.zeros((10, 20, 3), np.uint8)
                picture[..., 2] = red  # in OpenCV's order
                cv2.imwrite(str(tmp_path / "videos" / name / f"{number:04d}.png"), picture)
            rows.append(
                {
                    "id": name,
                    "video": f"videos/{name}",
                    "frames": len(reds),
                    "fps": 25.0,
                    "signer": "s",
                    "text": "regen",
                    "gloss": "",
                    "language": "de",
                    "phrasings": [],
                }
            )
        write_manifest(pd.DataFrame(rows), tmp_path / "dev.tsv")
        return tmp_path / "dev.tsv"

    return make


def extract(manifest, **settings):
    shard = manifest.parent / "dev.000.safetensors"
    run(manifest=manifest, split="dev", shard=0, output=shard, config=Config(**settings), threads=2)
    return LandmarkStore(index_path(shard))


def test_clips_without_landmarks_are_named_and_the_others_kept(make_manifest, monkeypatch):
    manifest = make_manifest(
        a=[51, 102], b=[51, stand_in.DIES], c=[102], d=[stand_in.BLACK] * 2, e=[204]
    )
    with pytest.raises(InputError) as found:
        extract(manifest)
    first, died, empty, advice = str(found.value).splitlines()
    assert first.endswith("dev.tsv: 2 of 5 clips have no landmarks:")
    assert died.startswith("line 3, clip 'b': videos/b: the extractor ended at about frame")
    assert "exit code 3; F0000 out of luck" in died
    assert empty.startswith("line 5, clip 'd': videos/d: MediaPipe finds no person in any of its 2")
    assert advice.startswith("The other 3 are extracted and kept.")
    monkeypatch.setenv(VARIABLE, "/nowhere/python")  # nothing is extracted again
    store = extract(manifest, on_bad_clip="skip")
    assert store.ids == ["a", "c", "e"]
    assert np.allclose(store.read(1)[:, 0, 1], 102 / 255 * 10, atol=1 / 64)
    assert np.allclose(store.read(0)[:, 0, 1], [2, 4], atol=1 / 64)
    assert store.sizes.tolist() == [[20, 10]] * 3
    assert (store.about["extractor"], store.about["version"]) == ("mediapipe", "0.10.21")


def test_a_hand_never_seen_is_stored_as_missing_and_said(make_manifest, caplog):
    store = extract(make_manifest(a=[stand_in.ONE_HANDED] * 2, b=[9]))
    assert np.isnan(store.read(0)[:, RIGHT_HAND]).all()
    assert np.isfinite(store.read(1)).all()
    assert "1 clips never show the right hand: a" in caplog.text


def test_the_environment_is_checked_before_the_first_clip(make_manifest, monkeypatch):
    manifest = make_manifest(a=[9])
    monkeypatch.setenv(VARIABLE, "/nowhere/python")
    with pytest.raises(InputError, match=r"no Python found.*make landmarks"):
        extract(manifest)


def test_every_second_frame_and_the_ratio_are_in_the_stores_description(make_manifest):
    manifest = make_manifest(a=[51, 1, 204])
    store = extract(manifest, mediapipe=MediaPipe(every=2, display_ratio=1.154))
    assert store.lengths.tolist() == [2]
    assert store.fps.tolist() == [12.5]
    assert json.loads(json.dumps(store.about["settings"])) == {
        "model_complexity": 1,
        "every": 2,
        "display_ratio": 1.154,
    }
