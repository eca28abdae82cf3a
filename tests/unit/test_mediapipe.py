"""MediaPipe itself, in its own environment (`make landmarks`): the avatar, signed and extracted."""

import re
import subprocess
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import sign
from sign2text.avatar.utterance import SignToken
from sign2text.landmarks.mediapipe_frames import Clip, MediaPipe, Missed, extract_clips
from sign2text.landmarks.points import FACE, LEFT_HAND, POSE, RIGHT_HAND

pytestmark = pytest.mark.long

PINS = Path(__file__).parents[2] / "envs/landmarks-requirements.txt"
SIGNED = {
    "signer01": ("SONNTAG", "DEUTSCHLAND", "TEMPERATUR"),
    "signer04": ("NORD", "WIND", "SCHNEE"),
    "signer07": ("MORGEN", "REGEN", "KOMMEN"),
}
"""Signer -> signs; every hand is held up for some of them."""


@pytest.fixture(scope="module")
def signed(mediapipe, tmp_path_factory):
    """Clips as folders of frames, and their true landmarks."""
    folder, clips, true = tmp_path_factory.mktemp("signed"), [], {}
    for name, glosses in SIGNED.items():
        performance = sign([SignToken(gloss) for gloss in glosses], SIGNERS[name], 5)
        (folder / name).mkdir()
        for number, picture in enumerate(performance.frames()):
            cv2.imwrite(str(folder / name / f"{number:04d}.png"), picture[..., ::-1])
        clips.append(Clip(name, str(folder / name), 25.0))
        true[name] = performance.landmarks
    return clips, true


@pytest.fixture(scope="module")
def extracted(signed, mediapipe):
    return list(extract_clips(signed[0], settings=MediaPipe(), python=mediapipe))


def test_the_avatar_is_found_and_lies_where_it_was_drawn(signed, extracted):
    found = np.concatenate([each.points for each in extracted])
    true = np.concatenate([signed[1][each.id] for each in extracted])
    assert found.shape == true.shape
    shoulders = np.median(np.linalg.norm((true[:, 42] - true[:, 43])[:, :2], axis=-1))
    errors = np.linalg.norm((found - true)[..., :2], axis=-1) / shoulders
    seen = ~np.isnan(found).any(-1)
    for part, least, most in (
        (FACE, 0.99, 0.02),
        (POSE, 0.99, 0.15),  # hips are outside of the picture
        (slice(POSE.start, POSE.start + 4), 0.99, 0.08),
        (LEFT_HAND, 0.5, 0.06),
        (RIGHT_HAND, 0.5, 0.06),
    ):
        assert seen[:, part].all(-1).mean() >= least, part
        if part is not POSE:
            assert np.nanmedian(errors[:, part]) <= most, part


def test_twice_the_same_bytes_alone_and_with_two_workers(signed, extracted, mediapipe):
    again = list(extract_clips(signed[0], settings=MediaPipe(), workers=2, python=mediapipe))
    assert [each.points.tobytes() for each in again] == [
        each.points.tobytes() for each in extracted
    ]


def test_squeezed_frames_are_found_where_the_unsqueezed_are(signed, extracted, mediapipe, tmp_path):
    clip = signed[0][0]
    for path in sorted(Path(clip.video).iterdir()):
        picture = cv2.imread(str(path))
        narrow = cv2.resize(picture, (147, 260), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(tmp_path / path.name), narrow)
    squeezed = clip._replace(video=str(tmp_path))
    (found,) = extract_clips(
        [squeezed], settings=MediaPipe(display_ratio=210 / 260), python=mediapipe
    )
    assert found.size == (147, 260)
    difference = found.points[:, FACE, :2] * [210 / 147, 1] - extracted[0].points[:, FACE, :2]
    assert np.nanmedian(np.abs(difference)) < 1  # pixels


def test_a_video_without_a_person_is_missed(mediapipe, tmp_path):
    with av.open(str(tmp_path / "empty.mp4"), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 210, 260, "yuv420p"
        for level in range(5):
            picture = np.full((260, 210, 3), 100 + level, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    clip = Clip("empty", str(tmp_path / "empty.mp4"))
    (missed,) = extract_clips([clip], settings=MediaPipe(), python=mediapipe)
    assert isinstance(missed, Missed)
    assert "finds no person in any of its 5 frames" in missed.reason


def test_the_environment_has_the_pinned_packages_and_none_of_those_left_out(mediapipe):
    listed = subprocess.run(
        [mediapipe, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = set(listed.lower().split())
    pins = set(re.findall(r"^[a-z].*==.*$", PINS.read_text(), flags=re.MULTILINE))
    assert pins <= found
    names = {each.partition("==")[0] for each in found}
    assert not names & {"jax", "jaxlib", "scipy", "sounddevice", "opencv-contrib-python"}
