"""Scoring side by side: our ROUGE-L and BLEU, and the usual implementations.

    python benchmarks/scoring.py

The avatar's grammar gives as many sentences as PHOENIX-2014T's test split. A hypothesis is another
phrasing of the reference, with words lost and changed. Both sides of a ratio run on one core, in
alternation, for several rounds. Each round gives a ratio, and the median of these ratios is shown.
The results are compared too: both sides must give the same scores.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from claims import claim
from sacrebleu.metrics import BLEU

from sign2text.avatar.corpus import plan_corpus
from sign2text.scoring.bleu import BleuStatistics, bleu_from, corpus_scores, variants
from sign2text.scoring.conventions import main_convention
from sign2text.scoring.rouge import Beta, rouge_l_scores

CLIPS, RESAMPLES, LANGUAGE = 642, 1000, "de"
MOST_SECONDS = 5.0
"""Maximum time of a score stage's metrics, intervals and conventions."""


@dataclass(frozen=True)
class Contest:
    """Two ways to compute the same scores, 0 to 100."""

    name: str
    ours: Callable[[], Sequence[float]]
    other: Callable[[], Sequence[float]]
    wanted: float | None = None
    """Minimum speed of ours relative to the other."""


def sentences(clips: int, seed: int) -> tuple[list[str], list[str]]:
    """Make hypotheses and references."""
    corpus = plan_corpus(
        {"train": 1, "dev": 1, "test": clips},
        seed=seed,
        monolingual=0,
        unseen_share=0.0,
        seen_signers=["signer01"],
        unseen_signer="signer09",
    )
    rng = random.Random(seed)
    references = [clip.texts[LANGUAGE] for clip in corpus.clips["test"]]
    vocabulary = " ".join(references).split()
    hypotheses = []
    for clip in corpus.clips["test"]:
        others = clip.phrasings[LANGUAGE] or [clip.texts[LANGUAGE]]
        words = [word for word in rng.choice(others).split() if rng.random() > 0.1]
        words = [rng.choice(vocabulary) if rng.random() < 0.15 else word for word in words]
        hypotheses.append(" ".join([*words, "."]))
    return hypotheses, [f"{text} ." for text in references]


def plain_rouge_l(hypothesis: list[str], reference: list[str], beta: Beta) -> float:
    """Compute ROUGE-L in Python, with the table of common subsequences."""
    table = [[0] * (len(reference) + 1) for _ in range(len(hypothesis) + 1)]
    for i, made in enumerate(hypothesis, start=1):
        for j, true in enumerate(reference, start=1):
            if made == true:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    common = table[-1][-1]
    if not common:
        return 0.0
    precision, recall = common / len(hypothesis), common / len(reference)
    weight = precision / recall if beta == "p/r" else beta
    return (1 + weight**2) * precision * recall / (recall + weight**2 * precision)


def contests(hypotheses: list[str], references: list[str]) -> list[Contest]:
    """Set up ROUGE-L from tokens against plain Python, and BLEU against sacrebleu."""
    made, true = [[text.split() for text in texts] for texts in (hypotheses, references)]
    convention = main_convention("phoenix", LANGUAGE)
    lists = [[text] for text in references]

    def rouge(beta: Beta) -> Contest:
        return Contest(
            f"ROUGE-L, beta {beta}: plain Python",
            lambda: 100 * rouge_l_scores(made, true, beta),
            lambda: [100 * plain_rouge_l(*pair, beta) for pair in zip(made, true, strict=True)],
            wanted=15.0,
        )

    def bleu() -> Sequence[float]:
        return bleu_from(BleuStatistics(hypotheses, lists, convention).rows.sum(axis=0))

    def sacrebleu_by_order() -> Sequence[float]:
        metrics = [BLEU(tokenize="none", force=True, max_ngram_order=n) for n in (1, 2, 3, 4)]
        return [metric.corpus_score(hypotheses, [references]).score for metric in metrics]

    return [
        rouge(1.2),
        rouge("p/r"),
        Contest("BLEU-1 to 4: one pass each", bleu, sacrebleu_by_order),
    ]


def measure(all_contests: list[Contest], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Time ours and the other in each round, in seconds, after a discarded warm-up round."""
    seconds: dict[str, list[tuple[float, float]]] = {each.name: [] for each in all_contests}
    for number in range(rounds + 1):
        for contest in all_contests:
            took, ours = timed(contest.ours)
            other_took, other = timed(contest.other)
            if not np.allclose(ours, other, rtol=0, atol=1e-9):
                raise AssertionError(f"{contest.name}: the scores differ")
            if number:
                seconds[contest.name].append((took, other_took))
    return seconds


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that `run` takes, and its result."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def report(all_contests: list[Contest], seconds: dict[str, list[tuple[float, float]]]) -> bool:
    """Print the ratios; return whether each meets its target."""
    good = True
    print(f"{'compared with':36}{'ours, ms':>10}{'other, ms':>11}  ours faster by   wanted")
    for contest in all_contests:
        rounds = seconds[contest.name]
        ours, other = (1000 * statistics.median(times) for times in zip(*rounds, strict=True))
        faster = statistics.median(slow / fast for fast, slow in rounds)
        good &= claim(contest.name, faster, at_least=contest.wanted)
        wanted = f">= {contest.wanted:.0f} x" if contest.wanted else ""
        print(f"{contest.name:36}{ours:10.2f}{other:11.2f}{faster:14.1f} x    {wanted}")
    return good


def score_everything(hypotheses: list[str], references: list[str], rounds: int) -> bool:
    """Print the time of a score file's scores; return whether it meets its target."""
    convention, lists = main_convention("phoenix", LANGUAGE), [[text] for text in references]

    def all_scores() -> None:
        corpus_scores(hypotheses, lists, convention, resamples=RESAMPLES)
        variants(hypotheses, lists, LANGUAGE)

    times = [timed(all_scores)[0] for _ in range(rounds)]
    took = statistics.median(times)
    print(
        f"all metrics with intervals of {RESAMPLES} resamples, and all conventions: {took:.2f} s "
        f"({min(times):.2f} to {max(times):.2f}), to be < {MOST_SECONDS:.0f} s"
    )
    return claim("all scores of a test split", took, "s", at_most=MOST_SECONDS)


def main() -> int:
    """Draw, score and print; return 1 if something is too slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=CLIPS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    hypotheses, references = sentences(options.clips, options.seed)
    words = statistics.fmean(len(text.split()) for text in references)
    print(
        f"{len(references)} sentences of {words:.1f} words on average, one core, medians of "
        f"{options.rounds} rounds"
    )
    found = contests(hypotheses, references)
    fast = report(found, measure(found, options.rounds))
    return 0 if score_everything(hypotheses, references, options.rounds) and fast else 1


if __name__ == "__main__":
    sys.exit(main())
