"""The avatar's signers and motion: the parts of a clip before it is drawn."""

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest

from sign2text.avatar.body import FOREARM, UPPER_ARM, _elbows
from sign2text.avatar.geometry import (
    matrix_of_quaternion,
    quaternion_of_matrix,
    quaternion_of_rotation_vector,
)
from sign2text.avatar.hand import hand_points
from sign2text.avatar.landmarks import (
    COUNT,
    FACE,
    FACE_MESH,
    LEFT_HAND,
    POSE,
    RIGHT_HAND,
)
from sign2text.avatar.lexicon import LEXICON, NUMBERS
from sign2text.avatar.motion import rotation_of
from sign2text.avatar.phonology import HANDSHAPES
from sign2text.avatar.signers import SIGNERS, UNSEEN_SIGNER
from sign2text.avatar.signing import FPS, sign
from sign2text.avatar.timeline import schedule
from sign2text.avatar.utterance import SignToken

SENTENCE = [SignToken(g) for g in ("MORGEN", "NORD", "REGEN", "VIEL", "ZEHN", "GRAD")]


def middle_frame(performance, index=0):
    _, start, end = performance.glosses[index]
    return int((start + end) / 2 * FPS)


def face_point(performance, mesh_index):
    """Return [T, 3] of a MediaPipe face mesh point."""
    return performance.landmarks[:, FACE][:, list(FACE_MESH).index(mesh_index)]


def random_sentences(count, size=6):
    rng = np.random.default_rng(3)
    glosses = list(LEXICON)
    return [[SignToken(glosses[k]) for k in rng.integers(0, 133, size)] for _ in range(count)]


# --- signers -----------------------------------------------------------------------------------


def test_signers_are_nine_and_the_unseen_one_looks_new():
    assert len(SIGNERS) == 9 and all(name == s.name for name, s in SIGNERS.items())
    seen = [s for name, s in SIGNERS.items() if name != UNSEEN_SIGNER]
    assert any(s.left_handed for s in seen)
    unseen = SIGNERS[UNSEEN_SIGNER]
    for look in ("skin", "clothes", "hair", "hair_style"):
        assert getattr(unseen, look) not in {getattr(s, look) for s in seen}
    assert len({(s.skin, s.clothes, s.hair_style) for s in seen}) == 8


def test_a_signer_has_an_accent_of_their_own_that_stays():
    tokens = [SignToken("STEIGEN")]
    places = {
        name: np.mean([schedule(tokens, s, seed)[0][0].place for seed in range(40)], axis=0)
        for name, s in list(SIGNERS.items())[:2]
    }
    again = np.mean(
        [schedule(tokens, SIGNERS["signer01"], seed)[0][0].place for seed in range(40, 80)], axis=0
    )
    own = np.linalg.norm(places["signer01"] - again)
    assert own < 2.0 < np.linalg.norm(places["signer01"] - places["signer02"])


# --- time --------------------------------------------------------------------------------------


def test_glosses_are_in_order_and_within_the_clip():
    for seed, tokens in enumerate(random_sentences(20)):
        performance = sign(tokens, list(SIGNERS.values())[seed % 9], seed)
        assert [g for g, _, _ in performance.glosses] == [t.gloss for t in tokens]
        times = [t for _, start, end in performance.glosses for t in (start, end)]
        assert times[0] > 0 and times[-1] < len(performance) / FPS
        assert all(a < b for a, b in pairwise(times))


def test_a_sign_takes_ten_to_twelve_frames():
    lengths = [
        len(sign(tokens, list(SIGNERS.values())[seed % 9], seed)) / len(tokens)
        for seed, tokens in enumerate(random_sentences(36))
    ]
    assert 10 <= np.mean(lengths) <= 12.8  # the rests at both ends count too


def test_fast_signers_take_less_time():
    slow = replace(SIGNERS["signer01"], speed=0.8)
    fast = replace(SIGNERS["signer01"], speed=1.2)
    assert len(sign(SENTENCE, slow, 1)) > 1.3 * len(sign(SENTENCE, fast, 1))


def test_hands_rest_at_both_ends():
    performance = sign(SENTENCE, SIGNERS["signer02"], 4)
    chest = performance.landmarks[:, POSE][:, :2, 1].mean()
    for frame in (0, -1):
        for hand in (LEFT_HAND, RIGHT_HAND):
            assert performance.landmarks[frame, hand, 1].min() > chest + 70


def test_signs_are_drawn_toward_their_neighbours():
    def height(*glosses):
        tokens = [SignToken(g) for g in glosses]
        return schedule(tokens, SIGNERS["signer01"], 5)[0][1].place[1]

    assert height("HIMMEL", "MINUS", "HIMMEL") < height("TIEF", "MINUS", "TIEF") - 10


# --- determinism -------------------------------------------------------------------------------

_FINGERPRINT = """
import cv2; cv2.setNumThreads(1)
from hashlib import sha256
from sign2text.avatar.signing import SIGNERS, SignToken, sign
p = sign([SignToken("WIND", 1), SignToken("NORD")], SIGNERS["signer03"], 11)
h = sha256(p.landmarks.tobytes())
for frame in p.frames():
    h.update(frame.tobytes())
print(h.hexdigest())
"""


def test_every_process_makes_the_same_clip():
    prints = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        run = subprocess.run(
            [sys.executable, "-c", _FINGERPRINT],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        prints.append(run.stdout.strip())
    assert prints[0] == prints[1] and len(prints[0]) == 64


def test_seed_and_signer_matter_and_order_of_calls_does_not():
    def fingerprint(signer, seed):
        return sha256(sign(SENTENCE, SIGNERS[signer], seed).landmarks.tobytes()).hexdigest()

    first = fingerprint("signer01", 1)
    different = {fingerprint("signer01", 2), fingerprint("signer05", 1)}
    assert len(different | {first}) == 3
    assert fingerprint("signer01", 1) == first


# --- the body ----------------------------------------------------------------------------------


def test_landmarks_have_the_published_order():
    performance = sign(SENTENCE, SIGNERS["signer01"], 1)
    points = performance.landmarks
    assert points.shape == (len(performance), 85, 3) and points.dtype == np.float32
    assert COUNT == 85 and np.isfinite(points).all()
    assert list(FACE_MESH) == [
        0, 4, 13, 14, 17, 33, 37, 39, 46, 52, 55, 61, 64, 81, 82, 93, 133, 151, 152, 159, 172, 178,
        181, 263, 269, 276, 282, 285, 291, 294, 311, 323, 362, 386, 397, 468, 473,
    ]  # fmt: skip
    pose = points[:, POSE]
    # The signer's left is at the right of the image; hips are lower, elbows between.
    assert (pose[:, 0::2, 0] > pose[:, 1::2, 0] + 30)[:, [0, 2]].all()
    assert (pose[:, 4:, 1] > pose[:, :2, 1] + 100).all()
    assert np.abs(pose[:, :2, 2].mean(axis=1)).max() < 1e-3
    assert (face_point(performance, 263)[:, 0] > face_point(performance, 33)[:, 0]).all()
    assert (face_point(performance, 4)[:, 2] < face_point(performance, 93)[:, 2] - 10).all()


def test_arms_keep_their_length_and_reach():
    rng = np.random.default_rng(0)
    shoulders = np.zeros((2, 200, 3))
    wanted = rng.normal(0, 90, (2, 200, 3))
    fingers = rng.normal(size=(2, 200, 3))
    fingers /= np.linalg.norm(fingers, axis=-1, keepdims=True)
    elbows, wrists = _elbows(shoulders, wanted, fingers, UPPER_ARM, FOREARM)
    assert np.allclose(np.linalg.norm(elbows - shoulders, axis=-1), UPPER_ARM)
    assert np.allclose(np.linalg.norm(wrists - elbows, axis=-1), FOREARM)
    near = (np.linalg.norm(wanted, axis=-1) > 30) & (np.linalg.norm(wanted, axis=-1) < 140)
    assert near.any() and np.allclose(wrists[near], wanted[near])


def test_hands_hardly_leave_the_picture_and_do_not_jump():
    for seed, tokens in enumerate(random_sentences(18)):
        performance = sign(tokens, list(SIGNERS.values())[seed % 9], seed)
        knuckles = performance.landmarks[:, [9, 30], :]
        assert knuckles[..., 0].min() > -4 and knuckles[..., 0].max() < 214
        assert knuckles[..., 1].min() > -4
        assert np.linalg.norm(np.diff(knuckles, axis=0), axis=-1).max() < 95


def test_rotations_are_rotations():
    rng = np.random.default_rng(1)
    for vector in rng.normal(0, 2, (50, 3)):
        matrix = matrix_of_quaternion(quaternion_of_rotation_vector(vector))
        assert np.allclose(matrix @ matrix.T, np.eye(3)) and np.linalg.det(matrix) > 0
        assert np.allclose(matrix_of_quaternion(quaternion_of_matrix(matrix)), matrix)
    # A raised right hand with its palm to the camera has its thumb toward the body's middle.
    thumb, fingers, palm = matrix_of_quaternion(np.array(rotation_of("up/fwd"))).T
    assert np.allclose(thumb, [1, 0, 0]) and np.allclose(fingers, [0, -1, 0])
    assert np.allclose(palm, [0, 0, -1])


def extended_fingers(hand):
    """Return which fingers of 21 hand points are straight: (thumb, index, middle, ring, pinky)."""
    wrist = hand[0]
    straight = [
        np.linalg.norm(hand[tip] - wrist) > 1.25 * np.linalg.norm(hand[tip - 2] - wrist)
        for tip in (8, 12, 16, 20)
    ]
    width = np.linalg.norm(hand[5] - hand[17])
    thumb = np.linalg.norm(hand[4] - hand[17]) > 1.55 * width
    return (bool(thumb), *map(bool, straight))


def test_handshapes_extend_the_fingers_of_their_name():
    def fingers(name):
        return extended_fingers(hand_points(HANDSHAPES[name]))

    assert fingers("FIST") == (False,) * 5
    assert fingers("FIVE") == (True,) * 5
    assert fingers("Y") == (True, False, False, False, True)
    assert fingers("HORNS") == (False, True, False, False, True)
    assert fingers("THREE") == (True, True, True, False, False)
    assert fingers("W") == (False, True, True, True, False)


@pytest.mark.parametrize("signer", ["signer01", "signer04"])
def test_numbers_show_as_many_fingers(signer):
    for count, gloss in enumerate(list(NUMBERS)[1:11], start=1):
        performance = sign([SignToken(gloss)], SIGNERS[signer], count)
        frame = int((0.4 * performance.glosses[0][1] + 0.6 * performance.glosses[0][2]) * FPS)
        shown = 0
        for side in (LEFT_HAND, RIGHT_HAND):
            hand = performance.landmarks[frame, side].astype(float)
            if hand[:, 1].mean() < 190:  # a resting hand does not count
                shown += sum(extended_fingers(hand))
        assert shown == count, gloss


def test_left_handed_signers_mirror():
    right_handed = SIGNERS["signer01"]
    left_handed = replace(right_handed, left_handed=True)
    for gloss in ("BESSER", "NORD", "MEHR"):
        right = sign([SignToken(gloss)], right_handed, 2).landmarks
        left = sign([SignToken(gloss)], left_handed, 2).landmarks
        middle = right[:, POSE][:, :2, 0].mean(axis=1)[:, None]
        for mine, theirs in ((LEFT_HAND, RIGHT_HAND), (RIGHT_HAND, LEFT_HAND)):
            mirrored = 2 * middle - right[:, theirs, 0]
            assert np.abs(left[:, mine, 0] - mirrored).max() < 8
            assert np.abs(left[:, mine, 1] - right[:, theirs, 1]).max() < 2
    active = sign([SignToken("NORD")], SIGNERS["signer04"], 2)
    frame = middle_frame(active)
    assert active.landmarks[frame, 0, 1] < active.landmarks[frame, 21, 1] - 40  # left is up
