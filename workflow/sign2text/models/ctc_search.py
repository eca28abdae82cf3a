"""Search for label sequences in a CTC model's outputs, and their places in time, in float64.

A path names a class for each step. It writes the sequence that is left after merging equal
neighbours and removing blanks (Graves et al. 2006, section 3.1). A repeated label stays two labels,
because a blank separates them.
"""

from __future__ import annotations

import math

import numpy as np

from sign2text.text.gloss_vocabulary import BLANK, steps_needed

Labels = tuple[int, ...]
"""Classes without blanks."""
_NONE = -math.inf  # log-probability of the impossible


def prefix_beam_search(
    log_probs: np.ndarray, *, beams: int | None, blank: int = BLANK
) -> list[tuple[Labels, float]]:
    """Find the most probable sequences, each with its probability summed over all alignments.

    This is the prefix search of Graves et al. 2006 (section 3.2) as a beam search, which is Hannun
    et al. 2014 (arXiv 1408.2873, algorithm 1) without the language model. Among equally probable
    prefixes, the one with smaller classes comes first.

    Args:
        log_probs: [T, V], log-probabilities of the classes at each step.
        beams: number of prefixes to keep after each step. None keeps all, which is exact, but their
            number grows exponentially with T.

    Returns:
        Up to `beams` pairs of classes and log-probability, the most probable first. With bounded
        beams, a probability lacks the alignments of dropped prefixes.

    Raises:
        ValueError: `log_probs` is not [T, V] or contains NaN, or `beams` is below 1.
    """
    if log_probs.ndim != 2 or np.isnan(log_probs).any():
        raise ValueError(f"log-probabilities {log_probs.shape} found, expected numbers [T, V]")
    if beams is not None and beams < 1:
        raise ValueError(f"{beams} beams found, expected at least 1, or None for all prefixes")
    scores = log_probs.astype(np.float64)
    # Log-probabilities of each prefix's alignments that end with a blank, and of the others.
    kept: dict[Labels, tuple[float, float]] = {(): (0.0, _NONE)}
    for step, classes in zip(scores.tolist(), _candidates(scores, beams, blank), strict=True):
        found: dict[Labels, tuple[float, float]] = {}
        for prefix, (blanks, others) in kept.items():
            either = _add(blanks, others)
            repeated = others + step[prefix[-1]] if prefix else _NONE
            if prefix and (parent := kept.get(prefix[:-1])):
                # The last label extends a shorter kept prefix to this one.
                again = len(prefix) > 1 and prefix[-2] == prefix[-1]
                before = parent[0] if again else _add(*parent)
                repeated = _add(repeated, before + step[prefix[-1]])
            found[prefix] = (either + step[blank], repeated)
            for label in classes:
                longer = (*prefix, label)
                if longer not in kept:
                    before = blanks if prefix and prefix[-1] == label else either
                    found[longer] = (_NONE, before + step[label])
        kept = dict(_best(found)[:beams])
    return [(prefix, _add(*both)) for prefix, both in _best(kept)]


def best_path(log_probs: np.ndarray, *, blank: int = BLANK) -> Labels:
    """Return the sequence that the most probable class of each step writes.

    Source: Graves et al. 2006, section 3.2.

    Args:
        log_probs: [T, V]; the first of equally probable classes is taken.
    """
    path = log_probs.argmax(1)
    begins = np.concatenate([[True], path[1:] != path[:-1]])[: len(path)]
    return tuple(path[begins & (path != blank)].tolist())


def _candidates(scores: np.ndarray, beams: int | None, blank: int) -> list[list[int]]:
    """Return the classes of each step that can lead to a kept prefix, the most probable first.

    A prefix's continuations that are not kept yet rank like their classes, except the repetition of
    its last label, which is less probable. At most `beams` - 1 continuations are kept already, so
    the 2 * `beams` best classes include the `beams` best new continuations.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    every = order[order != blank].reshape(len(order), max(scores.shape[1] - 1, 0))
    return every[:, : None if beams is None else 2 * beams].tolist()


def _best(
    found: dict[Labels, tuple[float, float]],
) -> list[tuple[Labels, tuple[float, float]]]:
    """Return the possible prefixes, the most probable first."""
    possible = [item for item in found.items() if max(item[1]) > _NONE]
    return sorted(possible, key=lambda item: (-_add(*item[1]), item[0]))


def _add(a: float, b: float) -> float:
    """Compute log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == _NONE else a + math.log1p(math.exp(b - a))


def align(log_probs: np.ndarray, classes: Labels, *, blank: int = BLANK) -> list[tuple[int, int]]:
    """Find the first and last step of each label on the most probable path that writes `classes`.

    This is the Viterbi path through the labels, with blanks around each (Graves et al. 2006,
    section 4.1, with the maximum instead of the sum). Among equally probable paths, the one with
    earlier labels is taken, where the last label counts first.

    Args:
        log_probs: [T, V], log-probabilities of the classes at each step.
        classes: labels without blanks.

    Returns:
        for each label in order, its first and last step, counted from 0; they do not overlap.

    Raises:
        ValueError: no path of T steps with a probability above 0 writes `classes`.
    """
    if not len(classes):
        return []
    states = np.full(2 * len(classes) + 1, blank)
    states[1::2] = classes
    # A label may directly follow the previous one, unless the two are equal.
    skips = np.zeros(len(states), dtype=bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    scores = np.full(len(states), _NONE)
    scores[0] = 0.0  # before the first step
    steps = log_probs.astype(np.float64)[:, states]
    moves = np.zeros(steps.shape, dtype=np.int64)
    for time, step in enumerate(steps):
        one = np.concatenate([[_NONE], scores[:-1]])
        two = np.where(skips, np.concatenate([[_NONE, _NONE], scores[:-2]]), _NONE)
        ways = np.stack([scores, one, two])
        moves[time] = ways.argmax(0)
        scores = ways.max(0) + step
    state = len(states) - 1 if scores[-1] >= scores[-2] else len(states) - 2
    if not len(steps) or scores[state] == _NONE:
        raise ValueError(
            f"no path of {len(steps)} steps writes the {len(classes)} labels {tuple(classes)}; "
            f"at least {steps_needed(classes)} steps are needed"
        )
    path = np.empty(len(steps), dtype=np.int64)
    for time in reversed(range(len(steps))):
        path[time] = state
        state -= moves[time, state]
    places = (np.flatnonzero(path == 2 * label + 1) for label in range(len(classes)))
    return [(int(found[0]), int(found[-1])) for found in places]
