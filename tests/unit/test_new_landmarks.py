"""Landmarks of a new clip for `sign2text translate`: extracted as in the model's training."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import stand_in_worker as stand_in

from sign2text.ground.errors import InputError
from sign2text.landmarks.environment import VARIABLE
from sign2text.landmarks.mediapipe_frames import Clip, MediaPipe, about, extract_one
from sign2text.landmarks.normalising import Landmarks, normalised
from sign2text.methods.scaling_slt.model_landmarks import extract_landmarks


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(stand_in.write_python(tmp_path)))


@pytest.fixture
def video(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for number, red in enumerate([51, 90, 204, 120]):
        picture = np.zeros((30, 40, 3), np.uint8)
        picture[..., 2] = red  # in OpenCV's order
        cv2.imwrite(str(folder / f"{number:04d}.png"), picture)
    return folder


def test_it_is_extracted_and_normalised_with_the_settings_of_the_model(video):
    settings = MediaPipe(every=2, display_ratio=2.0)
    # Every second frame of the video is extracted, and every second one is to be read.
    model = SimpleNamespace(extractor=about(settings), landmarks={"every": 2})
    found = extract_landmarks(video, model, any_extractor=False).numpy()
    points = extract_one(Clip("a", str(video)), settings).points
    assert points.shape == (2, 85, 3)
    assert np.array_equal(found, normalised(points, Landmarks(every=1)))
    other = extract_one(Clip("a", str(video)), MediaPipe()).points
    assert len(normalised(other, Landmarks(every=1))) == 4


@pytest.mark.parametrize(
    "extractor, named",
    [
        ({"extractor": "mediapipe", "version": "0.10.9"}, r"0\.10\.21, expected 0\.10\.9"),
        ({"extractor": "rendered", "version": "1"}, "mediapipe, expected rendered"),
    ],
)
def test_another_extractor_than_the_model_s_is_refused_unless_asked_for(
    video, monkeypatch, extractor, named
):
    model = SimpleNamespace(extractor=extractor, landmarks={"every": 1})
    with monkeypatch.context() as nothing_starts:
        nothing_starts.setenv(VARIABLE, "/nowhere/python")
        with pytest.raises(InputError, match=rf"{named}.*--any-extractor"):
            extract_landmarks(video, model, any_extractor=False)
    assert extract_landmarks(video, model, any_extractor=True).shape == (4, 255)
