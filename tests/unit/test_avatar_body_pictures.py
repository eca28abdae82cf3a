"""The avatar as it is drawn: the picture shows what the landmarks say."""

from types import GeneratorType

import cv2
import numpy as np
import pytest

from sign2text.avatar.landmarks import FACE, FACE_MESH, LEFT_HAND, RIGHT_HAND
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import FPS, SIZE, sign
from sign2text.avatar.utterance import SignToken


@pytest.fixture(autouse=True)
def one_thread():
    cv2.setNumThreads(1)


def shown(gloss, signer, seed=3, share=0.6, **how):
    """Performance, the frame and its picture where the sign is well under way."""
    performance = sign([SignToken(gloss, **how)], SIGNERS[signer], seed)
    _, start, end = performance.glosses[0]
    frame = int(((1 - share) * start + share * end) * FPS)
    picture = next(p for index, p in enumerate(performance.frames()) if index == frame)
    return performance, frame, picture


def colour_at(picture, point):
    """Mean colour (3,) of the 3 x 3 pixels around a landmark."""
    x, y = np.rint(point[:2]).astype(int)
    return picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(float).mean(axis=0)


def hue(colour):
    """Colour without its brightness."""
    return np.asarray(colour, dtype=float) / np.sum(colour)


def test_pictures_are_lazy_and_of_the_stated_size():
    performance = sign([SignToken("NORD"), SignToken("WIND")], SIGNERS["signer06"], 1)
    frames = performance.frames()
    assert isinstance(frames, GeneratorType)
    pictures = list(frames)
    assert len(pictures) == len(performance)
    assert all(p.shape == (SIZE[1], SIZE[0], 3) and p.dtype == np.uint8 for p in pictures)
    first, second = (pictures[i].astype(int) for i in (len(pictures) // 2, 0))
    assert np.abs(first - second).max() > 60  # a new picture, not one canvas drawn over


@pytest.mark.parametrize("signer", SIGNERS)
def test_hands_are_drawn_where_their_landmarks_are(signer):
    performance, frame, picture = shown("FUENF", signer)
    side = LEFT_HAND if SIGNERS[signer].left_handed else RIGHT_HAND
    hand = performance.landmarks[frame, side]
    skin = hue(SIGNERS[signer].skin)
    palm = hand[[0, 5, 17]].mean(axis=0)
    for point in (*hand[[4, 8, 12, 16, 20, 6, 10, 14]], palm):
        assert np.abs(hue(colour_at(picture, point)) - skin).max() < 0.06, point
    beyond = hand[12] + (hand[12] - hand[9]) * 0.5  # above the middle finger is no skin
    if beyond[1] > 2:
        assert np.abs(colour_at(picture, beyond) - colour_at(picture, hand[11])).max() > 20
    between = (hand[8] + hand[12]) / 2 + (hand[12] - hand[11]) * 0.5  # fingers are seen apart
    distances = np.abs(colour_at(picture, between) - colour_at(picture, hand[11]))
    assert distances.max() > 20


@pytest.mark.parametrize("signer", ["signer02", "signer03", "signer06"])
def test_face_is_drawn_where_its_landmarks_are(signer):
    performance, frame, picture = shown("STEIGEN", signer, share=0.8)
    face = dict(zip(FACE_MESH, performance.landmarks[frame, FACE], strict=True))
    cheek = colour_at(picture, (face[61] + face[93]) / 2)
    for iris in (468, 473):
        assert colour_at(picture, face[iris]).sum() < 0.75 * cheek.sum()
    for brow in (52, 282):
        assert colour_at(picture, face[brow]).sum() < 0.8 * cheek.sum()
    lip = hue(colour_at(picture, (face[14] + face[17]) / 2))
    assert lip[0] > hue(cheek)[0] + 0.02  # lips are redder
    assert np.abs(hue(cheek) - hue(SIGNERS[signer].skin)).max() < 0.06


def test_a_hand_before_the_face_hides_it():
    performance, frame, picture = shown("NEBEL", "signer02", share=0.5)
    hands = performance.landmarks[frame, :42]
    face = performance.landmarks[frame, FACE]
    nearer = hands[[9, 30], 2].max()
    assert nearer < face[:, 2].min() + 5
    palm = hands[[0, 5, 17]].mean(axis=0)
    other = hands[[21, 26, 38]].mean(axis=0)
    for point in (palm, other):
        found = hue(colour_at(picture, point))
        assert np.abs(found - hue(SIGNERS["signer02"].skin)).max() < 0.06


def test_clothes_are_dark_and_the_wall_is_not():
    for name, signer in SIGNERS.items():
        performance, frame, picture = shown("FUENF", name)
        shoulders = performance.landmarks[frame, 42:44].mean(axis=0)
        chest = colour_at(picture, shoulders + np.array([14, 55, 0]))
        wall = picture[5:20, 5:205].reshape(-1, 3).mean(axis=0)
        assert chest.mean() < 100 < wall.mean()
        assert np.abs(chest - np.array(signer.clothes)).max() < 45


def test_light_wall_and_camera_differ_from_clip_to_clip():
    walls, shoulders = [], []
    for seed in range(6):
        performance, frame, picture = shown("BIS", "signer01", seed=seed)
        walls.append(picture[5:20, 5:205].reshape(-1, 3).mean(axis=0))
        shoulders.append(performance.landmarks[frame, 42] - performance.landmarks[frame, 43])
    assert np.std(walls, axis=0).min() > 4
    assert np.std([np.linalg.norm(s) for s in shoulders]) > 0.8


def test_strong_and_weak_look_different_in_the_face():
    pictures = {}
    for intensity in (-1, 0, 1):
        performance, frame, picture = shown("STEIGEN", "signer01", share=0.5, intensity=intensity)
        nose = performance.landmarks[frame, FACE][list(FACE_MESH).index(4), :2]
        x, y = np.rint(nose).astype(int)
        pictures[intensity] = picture[y - 24 : y + 26, x - 22 : x + 22].astype(float)
    for a, b in ((-1, 0), (0, 1), (-1, 1)):
        assert np.abs(pictures[a] - pictures[b]).mean() > 9
