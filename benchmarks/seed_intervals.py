"""How often intervals of a difference exclude 0 for methods that differ by chance alone.

    python benchmarks/seed_intervals.py

A score is the mean over clips. Each clip has a difficulty that both methods share. Each method adds
its difficulty with each clip (standard deviation METHOD). Each training adds an offset (standard
deviation of the case) and an error on each clip (TRAINING). An interval at the 95 % level should
exclude 0 in about 5 % of the pairs. docs/published.md has the figures of one run.
"""

from __future__ import annotations

import argparse

import numpy as np
from claims import claim

from sign2text.comparing.seed_interval import interval_of_difference
from sign2text.scoring.bootstrap import draws, interval

METHOD, TRAINING, DIFFICULTY = 3.0, 4.0, 10.0
CASES = {
    "3 and 3, no scatter": ((3, 0.0), (3, 0.0)),
    "3 and 3, small scatter": ((3, 0.5), (3, 0.5)),
    "3 and 3, large scatter": ((3, 1.5), (3, 1.5)),
    "3 and 3, large scatter of one": ((3, 1.5), (3, 0.0)),
    "2 and 2, large scatter": ((2, 1.5), (2, 1.5)),
    "5 and 5, large scatter": ((5, 1.5), (5, 1.5)),
    "3 and 1, large scatter": ((3, 1.5), (1, 1.5)),
    "3 and 1, of the one 3 times": ((3, 0.5), (1, 1.5)),
    "1 and 1, small scatter": ((1, 0.5), (1, 0.5)),
    "1 and 1, large scatter": ((1, 1.5), (1, 1.5)),
}
"""Trainings of each method, and the standard deviation of their scores.

The clips contribute a standard deviation of about 0.5 to a difference with 100 clips.
"""
WAYS = ("clips", "redrawn seeds", "ours")


def trainings(rng: np.random.Generator, clips: np.ndarray, count: int, scatter: float):
    """Draw the clip scores of one method's trainings, [count, clips], equal without scatter."""
    own = clips + rng.normal(0, METHOD, len(clips))
    if not scatter:
        return own[None].repeat(count, axis=0)
    apart = rng.normal(0, scatter, (count, 1))
    return own + apart + rng.normal(0, TRAINING, (count, len(clips)))


def redrawn(rng: np.random.Generator, sets: np.ndarray) -> np.ndarray:
    """Average over seeds drawn with replacement for each test set: [seeds, sets] to [sets]."""
    count, number = sets.shape
    drawn = rng.integers(0, count, (count, number))
    return np.take_along_axis(sets, drawn, axis=0).mean(axis=0)


def main() -> None:
    """Print the share of pairs for which each way's interval excludes 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print(f"{options.pairs} pairs each, {options.clips} clips; leaves out 0:")
    print(f"{'':<32}" + "".join(f"{way:>15}" for way in WAYS))
    for case, sides in CASES.items():
        wrong = dict.fromkeys(WAYS, 0)
        for number in range(1, options.pairs + 1):
            clips = rng.normal(0, DIFFICULTY, options.clips)
            made = [trainings(rng, clips, *side) for side in sides]
            share = draws(options.clips, options.resamples, number) / options.clips
            sets = [side @ share.T for side in made]
            found = {
                "clips": interval(sets[0].mean(axis=0) - sets[1].mean(axis=0)),
                "redrawn seeds": interval(redrawn(rng, sets[0]) - redrawn(rng, sets[1])),
                "ours": interval_of_difference(
                    *(side.mean(axis=1) for side in made), *sets, seed=number
                ),
            }
            for way, (low, high) in found.items():
                wrong[way] += not low <= 0 <= high
        shares = "".join(f"{count / options.pairs:>15.1%}" for count in wrong.values())
        print(f"{case:<32}{shares}", flush=True)
        claim(f"chance taken for a difference, seeds {case}", wrong["ours"] / options.pairs, "%")


if __name__ == "__main__":
    main()
