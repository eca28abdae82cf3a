"""The CTC search against an enumeration of all paths, and gloss times on the best path."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from sign2text.models.ctc_search import align, best_path, prefix_beam_search
from sign2text.text.gloss_vocabulary import GlossVocabulary, steps_needed


def collapse(path):
    """Return the sequence that a path writes."""
    return tuple(label for label, _ in itertools.groupby(path) if label)


def paths_of(log_probs):
    """Yield (path, log-probability) of all paths, in the order of their classes."""
    steps, classes = log_probs.shape
    for path in itertools.product(range(classes), repeat=steps):
        yield path, sum(log_probs[time, label] for time, label in enumerate(path))


def enumerated(log_probs):
    """Return the log-probability of each sequence, summed over all of its paths."""
    found = defaultdict(float)
    for path, value in paths_of(log_probs):
        found[collapse(path)] += np.exp(value)
    return {sequence: np.log(value) for sequence, value in found.items()}


def random_case(rng, steps=None, classes=None, sharpness=2.0):
    """Draw log-probabilities [T, V] with T from 1 to 6 and V from 2 to 5, float64."""
    steps, classes = steps or rng.integers(1, 7), classes or rng.integers(2, 6)
    scores = sharpness * rng.standard_normal((steps, classes))
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def test_without_a_bound_it_is_the_enumeration_of_all_paths():
    rng = np.random.default_rng(1)
    for _ in range(200):
        log_probs = random_case(rng, sharpness=rng.uniform(0.2, 4))
        found, expected = prefix_beam_search(log_probs, beams=None), enumerated(log_probs)
        assert found[0][0] == max(expected, key=expected.get)
        assert dict(found).keys() == expected.keys()
        for sequence, value in found:
            assert abs(value - expected[sequence]) < 1e-9
        assert [value for _, value in found] == sorted((v for _, v in found), reverse=True)


def search_all_classes(log_probs, beams):
    """Run a plain prefix beam search that tries every class at every step."""
    kept = {(): (1.0, 0.0)}
    for step in np.exp(log_probs):
        found = defaultdict(lambda: [0.0, 0.0])
        for prefix, (blanks, others) in kept.items():
            found[prefix][0] += (blanks + others) * step[0]
            for label in range(1, len(step)):
                if prefix and prefix[-1] == label:
                    found[prefix][1] += others * step[label]
                    found[(*prefix, label)][1] += blanks * step[label]
                else:
                    found[(*prefix, label)][1] += (blanks + others) * step[label]
        order = sorted(found, key=lambda prefix: (-sum(found[prefix]), prefix))
        kept = {prefix: found[prefix] for prefix in order[:beams]}
    return [(prefix, np.log(sum(both))) for prefix, both in kept.items()]


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_looking_at_the_likely_classes_alone_changes_nothing(beams):
    """Cases include kept prefixes that repeat a label or continue to another kept prefix."""
    rng = np.random.default_rng(beams)
    for case in range(40):
        classes = 4 if case % 2 else 30
        log_probs = random_case(rng, 12, classes, sharpness=rng.uniform(0.3, 3))
        found, expected = prefix_beam_search(log_probs, beams=beams), search_all_classes(
            log_probs, beams
        )  # fmt: skip
        assert [sequence for sequence, _ in found] == [sequence for sequence, _ in expected]
        assert [v for _, v in found] == pytest.approx([v for _, v in expected], abs=1e-9)


def test_the_most_probable_sequence_need_not_be_the_best_path():
    """Two steps with blank 0.6 and label 0.4: no label has 0.36, one label by three paths 0.64."""
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    (sequence, value), second = prefix_beam_search(log_probs, beams=5)
    assert sequence == (1,) and np.exp(value) == pytest.approx(0.64)
    assert second[0] == () and np.exp(second[1]) == pytest.approx(0.36)


def test_the_best_path_writes_what_its_classes_say():
    rng = np.random.default_rng(3)
    for _ in range(20):
        log_probs = random_case(rng)
        path = max(paths_of(log_probs), key=lambda each: each[1])[0]
        assert best_path(log_probs) == collapse(path)
    assert best_path(np.zeros((0, 3))) == ()


def test_a_gloss_twice_with_a_blank_between_stays_two_glosses():
    near_one = np.full((5, 3), 1e-6)
    for time, label in enumerate([1, 1, 0, 1, 2]):
        near_one[time, label] = 1 - 2e-6
    for beams in (1, 5, None):
        best = prefix_beam_search(np.log(near_one), beams=beams)[0][0]
        assert best == (1, 1, 2)
    assert GlossVocabulary(["REGEN", "SONNE"]).line(best) == "REGEN REGEN SONNE"
    assert align(np.log(near_one), (1, 1, 2)) == [(0, 1), (3, 3), (4, 4)]


def test_no_steps_ties_and_what_cannot_be():
    assert prefix_beam_search(np.zeros((0, 4)), beams=5) == [((), 0.0)]
    even = np.full((1, 3), np.log(1 / 3))
    assert [sequence for sequence, _ in prefix_beam_search(even, beams=2)] == [(), (1,)]
    with np.errstate(divide="ignore"):
        sure = np.log(np.eye(3)[[1, 1, 0, 2]])
    assert prefix_beam_search(sure, beams=5) == [((1, 2), 0.0)]
    in_single = random_case(np.random.default_rng(1), 4, 3).astype(np.float32)
    assert prefix_beam_search(in_single, beams=5) == prefix_beam_search(
        in_single.astype(np.float64), beams=5
    )


@pytest.mark.parametrize("beams", [0, -1])
def test_a_beam_of_none_at_all_is_refused(beams):
    with pytest.raises(ValueError, match=f"{beams} beams found, expected at least 1"):
        prefix_beam_search(np.zeros((2, 3)), beams=beams)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.array([[0.0, np.nan]])])
def test_what_is_not_log_probabilities_is_refused(wrong):
    with pytest.raises(ValueError, match="expected numbers"):
        prefix_beam_search(wrong, beams=5)


def places_in(path):
    """Return the first and last step of each label of a path."""
    runs = [(label, [time for time, _ in run]) for label, run in
            itertools.groupby(enumerate(path), key=lambda each: each[1])]  # fmt: skip
    return [(times[0], times[-1]) for label, times in runs if label]


def test_times_are_those_of_the_best_of_all_paths():
    rng = np.random.default_rng(2)
    for _ in range(30):
        log_probs = random_case(rng, sharpness=1.0)
        best = {}
        for path, value in paths_of(log_probs):
            sequence = collapse(path)
            if sequence not in best or value > best[sequence][1]:
                best[sequence] = path, value
        for sequence, (path, _) in best.items():
            assert align(log_probs, sequence) == places_in(path)


def test_of_equal_paths_labels_come_early():
    assert align(np.zeros((5, 3)), (1, 2)) == [(0, 0), (1, 1)]
    assert align(np.zeros((5, 3)), (2, 2)) == [(0, 0), (2, 2)]


def test_too_few_steps_are_named():
    assert align(np.zeros((0, 3)), ()) == []
    for labels in ((1, 1), (1, 2, 1)):
        assert steps_needed(labels) == 3
        assert len(align(np.zeros((3, 3)), labels)) == len(labels)
        with pytest.raises(ValueError, match=r"no path of 2 steps writes .* at least 3 steps"):
            align(np.zeros((2, 3)), labels)
