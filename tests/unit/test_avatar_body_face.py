"""Contribution of face, head and size of movement to a sign."""

import numpy as np

from sign2text.avatar.landmarks import FACE, FACE_MESH
from sign2text.avatar.lexicon import sign_of
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import FPS, sign
from sign2text.avatar.utterance import SignToken


def middle_frame(performance, index=0):
    _, start, end = performance.glosses[index]
    return int((start + end) / 2 * FPS)


def face_point(performance, mesh_index):
    """Return [T, 3] of a MediaPipe face mesh point."""
    return performance.landmarks[:, FACE][:, list(FACE_MESH).index(mesh_index)]


def manner(gloss="REGEN", signer="signer01", **how):
    return sign([SignToken(gloss, **how)], SIGNERS[signer], 7)


def brow_height(performance):
    """Return the distance of brows and eyes by the size of the face, in the middle of the sign."""
    frame = middle_frame(performance)
    eye = face_point(performance, 33)[frame] - face_point(performance, 46)[frame]
    face = face_point(performance, 152)[frame] - face_point(performance, 151)[frame]
    return np.linalg.norm(eye[:2]) / np.linalg.norm(face[:2])


def jaw_width(performance):
    frame = middle_frame(performance)
    jaw = face_point(performance, 397)[frame] - face_point(performance, 172)[frame]
    brows = face_point(performance, 263)[frame] - face_point(performance, 33)[frame]
    return np.linalg.norm(jaw[:2]) / np.linalg.norm(brows[:2])


def extent(performance):
    """Return the vertical range of the dominant wrist within the sign."""
    _, start, end = performance.glosses[0]
    inside = performance.landmarks[int(start * FPS) + 3 : int(end * FPS), 21, 1]
    return float(np.ptp(inside))


def test_intensity_is_in_the_face_and_the_size_of_the_movement():
    weak, plain, strong = (manner(intensity=i) for i in (-1, 0, 1))
    assert [p.glosses[0][0] for p in (weak, plain, strong)] == ["REGEN"] * 3
    assert jaw_width(strong) > jaw_width(plain) + 0.1  # puffed cheeks
    assert brow_height(strong) < brow_height(plain) - 0.02
    assert brow_height(weak) > brow_height(plain) + 0.01
    assert extent(weak) < extent(plain) < extent(strong)


def test_negation_shakes_the_head_and_leaves_the_hands():
    plain, negated = manner(), manner(negated=True)
    assert plain.glosses == negated.glosses

    def turning(performance):
        nose = face_point(performance, 4)[:, 0]
        sides = face_point(performance, 93)[:, 0] + face_point(performance, 323)[:, 0]
        return float(np.ptp(nose - sides / 2))

    assert turning(negated) > turning(plain) + 6
    hands = slice(0, 42)
    assert np.array_equal(plain.landmarks[:, hands], negated.landmarks[:, hands])


def test_question_raises_the_brows_and_brings_the_head_forward():
    plain, question = manner(), manner(question=True)
    frame = middle_frame(plain)
    assert plain.glosses == question.glosses
    assert brow_height(question) > brow_height(plain) + 0.03
    assert face_point(question, 4)[frame, 2] < face_point(plain, 4)[frame, 2] - 10


def test_mouth_follows_the_gloss():
    def opening(gloss):
        performance = manner(gloss)
        lips = face_point(performance, 14)[:, 1] - face_point(performance, 13)[:, 1]
        return float(lips.max())

    assert opening("TAG") > opening("MILD") + 1.5
    assert sign_of("TAG").face == sign_of("MILD").face == ""
