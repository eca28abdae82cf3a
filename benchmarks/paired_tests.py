"""How often each paired test finds a difference between systems that differ by chance alone.

    python benchmarks/paired_tests.py

Sentences are random words. Two systems make the same number of errors on average, but different
errors. A test at the 5 % level should find a difference in about 5 % of the pairs. docs/compare.md
has the figures of one run.
"""

from __future__ import annotations

import argparse
import random

from claims import claim

from sign2text.scoring.bleu import Statistics
from sign2text.scoring.bootstrap import draws, interval
from sign2text.scoring.conventions import CONVENTIONS
from sign2text.scoring.significance import TESTS, paired_test

WORDS = [f"word{number}" for number in range(200)]
LENGTHS, ERRORS = range(4, 16), 0.3


def sentences(rng: random.Random, clips: int) -> list[str]:
    """Draw references: words with equal probability."""
    return [" ".join(rng.choices(WORDS, k=rng.choice(LENGTHS))) for _ in range(clips)]


def system(rng: random.Random, references: list[str]) -> list[str]:
    """Make hypotheses by replacing some words of each reference."""
    return [
        " ".join(rng.choice(WORDS) if rng.random() < ERRORS else word for word in text.split())
        for text in references
    ]


def main() -> None:
    """Print the share of pairs in which each method finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, words = random.Random(options.seed), CONVENTIONS["words"]
    found = dict.fromkeys(["interval", *TESTS], 0)
    for number in range(1, options.pairs + 1):
        references = sentences(rng, options.clips)
        first, second = system(rng, references), system(rng, references)
        for kind in TESTS:
            tested = paired_test(
                kind, first, second, references, words, repeats=options.repeats, seed=number
            )
            found[kind] += tested["bleu4"]["p"] < 0.05
        counts = draws(options.clips, options.repeats, number)
        scores = [
            Statistics(made, references, words).resampled(counts)["bleu4"]
            for made in (first, second)
        ]
        low, high = interval(scores[1] - scores[0])
        found["interval"] += not low <= 0 <= high
        if number % 50 == 0:
            print(f"{number} of {options.pairs} pairs", flush=True)
    print(f"{options.pairs} pairs of systems that differ by chance alone, {options.clips} clips")
    for kind, count in found.items():
        print(f"{kind:<32} finds a difference in BLEU-4 in {count / options.pairs:6.1%}")
        claim(f"chance taken for a difference: {kind}", count / options.pairs, "%")


if __name__ == "__main__":
    main()
