"""Time of the CTC search over a test split of PHOENIX-2014T's size.

    python benchmarks/ctc_search.py

642 clips with 64,627 frames in total, one step per four frames, 1,086 classes (the 1,085 glosses of
the training split and the blank), beam 5. Target: at most 30 s on one core. The made-up outputs are
of two kinds. In `sure` ones, one class has nearly all of a step's probability and most steps are
blanks, as in a trained recogniser. In `unsure` ones all classes are alike, which is the most work.
Exits with 1 if the search takes longer, or if a search over all classes gives another result.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from claims import claim

from sign2text.models import ctc_search

CLIPS, FRAMES, CLASSES, BEAMS = 642, 64_627, 1_086, 5
MOST_SECONDS = 30.0
COMPARED = 3
"""Clips that are also searched with all classes."""


def lengths(rng: np.random.Generator) -> list[int]:
    """Draw the steps of each clip, a quarter of its frames; all frames total about FRAMES."""
    shares = rng.gamma(4.0, size=CLIPS)
    return [*np.ceil(np.maximum(FRAMES * shares / shares.sum(), 16) / 4).astype(int)]


def outputs(steps: int, rng: np.random.Generator, *, sure: bool) -> np.ndarray:
    """Draw log-probabilities [steps, CLASSES]."""
    logits = rng.standard_normal((steps, CLASSES))
    if sure:
        best = np.where(rng.random(steps) < 0.6, 0, rng.integers(1, CLASSES, steps))
        logits[np.arange(steps), best] += 12
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def main() -> int:
    """Search and print; return 1 if it takes too long or all classes give another result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    rng = np.random.default_rng(parser.parse_args().seed)
    clips, good = lengths(rng), True
    print(f"{len(clips)} clips, {sum(clips)} steps, {CLASSES} classes, beam {BEAMS}")
    for kind in ("sure", "unsure"):
        given = [outputs(steps, rng, sure=kind == "sure") for steps in clips]
        start = time.process_time()
        found = [ctc_search.prefix_beam_search(each, beams=BEAMS) for each in given]
        seconds = time.process_time() - start
        labels = sum(len(best[0][0]) for best in found) / len(found)
        print(
            f"{kind:8}{seconds:6.1f} s, {1000 * seconds / len(clips):.1f} ms a clip, "
            f"{labels:.1f} labels found in each"
        )
        good &= claim(f"CTC search, {kind}", seconds, "s", at_most=MOST_SECONDS)
        differ = sum(
            each != with_all_classes(scores)
            for each, scores in zip(found[:COMPARED], given[:COMPARED], strict=True)
        )
        good &= claim(f"CTC search, {kind}: clips that differ", differ, "of some", at_most=0)
        print(f"{'':8}{differ} of {COMPARED} clips differ from a search of all classes")
    return 0 if good else 1


def with_all_classes(scores: np.ndarray) -> list[tuple[tuple[int, ...], float]]:
    """Run the same search, but try every class at every step."""
    chosen = ctc_search._candidates
    ctc_search._candidates = lambda given, beams, blank: chosen(given, None, blank)
    try:
        return ctc_search.prefix_beam_search(scores, beams=BEAMS)
    finally:
        ctc_search._candidates = chosen


if __name__ == "__main__":
    sys.exit(main())
