"""Actions, which movement alone tells, and the people who make them and the isolated signs."""

from itertools import combinations

import numpy as np

from sign2text.avatar.actions import ACTIONS, action_tokens
from sign2text.avatar.casting import signer_named
from sign2text.avatar.class_signers import class_signer
from sign2text.avatar.geometry import random_stream
from sign2text.avatar.phonology import MOVEMENTS
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import FPS, sign

PEOPLE = [f"{kind}-{split}-{n:02d}" for kind in ("isolated", "actions")
          for split in ("train", "dev", "test") for n in range(1, 9)]  # fmt: skip


def points(action: str, signer: str, seed: int) -> np.ndarray:
    """The moving hand's landmarks [T, 21, 3] while an action lasts, as of a right hand."""
    rng, who = random_stream(seed, action, signer), class_signer(signer)
    made = sign(action_tokens(action, rng), who, seed)
    hand = made.landmarks[:, :21] * [-1, 1, 1] if who.left_handed else made.landmarks[:, 21:42]
    start, end = made.glosses[0][1] * FPS, made.glosses[-1][2] * FPS
    return hand[int(start) + 2 : int(np.ceil(end))].astype(float)


def motion(hand: np.ndarray) -> np.ndarray:
    """The course of the wrist and of the hand's axes around their means, at 20 times."""
    wrist, fingers, palm = hand[:, 0], hand[:, 9] - hand[:, 0], hand[:, 5] - hand[:, 17]
    course = np.concatenate([each - each.mean(0) for each in (wrist, fingers, palm)], axis=1)
    at = np.linspace(0, len(course) - 1, 20)
    return np.concatenate([np.interp(at, np.arange(len(course)), each) for each in course.T])


def posture(hand: np.ndarray) -> np.ndarray:
    """Handshape, place and orientation on average over time."""
    return hand.mean(0).ravel()


def test_there_are_forty_actions_of_movements_that_the_avatar_has():
    assert len(ACTIONS) == len(set(ACTIONS.values())) == 40
    assert {move for moves in ACTIONS.values() for move in moves} <= MOVEMENTS.keys()
    assert all(name.isidentifier() for name in ACTIONS)


def test_the_motion_alone_tells_the_class():
    seen = [(name, points(name, PEOPLE[n], n)) for name in ACTIONS for n in range(4)]
    new = [(name, points(name, "actions-test-01", 9)) for name in ACTIONS]

    def accuracy(feature) -> float:
        known = np.array([feature(hand) for _, hand in seen])
        found = [seen[((known - feature(hand)) ** 2).sum(1).argmin()][0] for _, hand in new]
        return float(np.mean([name == each for (name, _), each in zip(new, found, strict=True)]))

    assert accuracy(motion) >= 0.85
    assert accuracy(posture) <= 0.1  # 1 in 40 by chance


def test_all_but_the_movement_is_drawn():
    drawn = [action_tokens("up_down", np.random.default_rng(n)) for n in range(200)]
    signs = [tokens[0].sign for tokens in drawn]
    assert [len({getattr(s, part) for s in signs}) for part in ("shape", "place", "orient")] == [
        25, 5, 8,
    ]  # fmt: skip
    assert 70 < sum(s.hands.value == "one" for s in signs) < 130
    for tokens in drawn:
        assert [token.sign.move for token in tokens] == ["up", "down"]
        first, second = tokens
        assert first.sign.shape == second.sign.shape and first.sign.place == second.sign.place
    # The mouth and the face do the same in all classes.
    assert {(t.gloss, t.intensity, t.sign.face) for tokens in drawn for t in tokens} == {
        ("", 0, "")
    }


def test_nobody_of_a_translated_corpus_signs_them():
    people = [class_signer(name) for name in PEOPLE]
    others = [*SIGNERS.values(), *(signer_named(f"Signer{n:02d}") for n in range(1, 10))]
    assert not {each.name for each in people} & {each.name for each in others}
    values = [vars(each) for each in others]
    for person in map(vars, people):
        for other in values:
            same = [trait for trait, value in person.items() if other[trait] == value]
            # Handedness, glasses, beard, earrings, styles of hair, collar and eyes are shared.
            assert len(same) <= 8, (person["name"], other["name"], same)
            apart = np.subtract(person["skin"] + person["hair"] + person["clothes"],
                                other["skin"] + other["hair"] + other["clothes"])  # fmt: skip
            assert np.abs(apart).max() >= 12


def test_people_differ_from_each_other_and_follow_from_their_names():
    people = [class_signer(name) for name in PEOPLE]
    assert class_signer("isolated-train-01") == people[0]
    assert people[0].skin == class_signer("isolated-train-01").skin
    assert len({(each.skin, each.hair, each.clothes) for each in people}) == len(people)
    assert {each.hair_style for each in people} == {each.hair_style for each in SIGNERS.values()}
    assert 2 <= sum(each.left_handed for each in people) <= 14
    for one, other in combinations(people[:40], 2):
        assert abs(one.speed - other.speed) + abs(one.size - other.size) > 0
