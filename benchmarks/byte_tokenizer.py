"""Time of the byte tokenizer against the library's class for ByT5.

    python benchmarks/byte_tokenizer.py

Both encode the same made-up sentences in three languages; both must give the same ids. Target: at
least 3 times as fast. Exits with 1 if it is slower, or if an id differs.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable

from claims import claim
from side_by_side import in_turn, ratio
from transformers import ByT5Tokenizer

from sign2text.text.byte_tokenizer import byte_tokenizer
from sign2text.text.tokenizer import encode_targets

TEXTS = (
    "morgen regnet es im norden und im süden scheint bei zwanzig grad die sonne",
    "it will rain in the north tomorrow while the sun shines in the south",
    "明天 北方 有 雨 南方 晴天 最高 气温 二十 度 左右",
)
SENTENCES, LENGTH = 3000, 12


def main() -> int:
    """Encode and print; return 1 if an id differs or ours is too slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one core for each
    rng = random.Random(options.seed)
    words = [each.split() for each in TEXTS]
    text = [" ".join(rng.choices(words[n % 3], k=LENGTH)) for n in range(SENTENCES)]
    ours, theirs = byte_tokenizer(), ByT5Tokenizer()
    differ = sum(
        one != other
        for one, other in zip(encode_targets(ours, text), theirs(text)["input_ids"], strict=True)
    )
    good = claim("byte tokenizer: sentences that differ", differ, "of all", at_most=0)
    seconds = in_turn(
        {
            "the library's": timed(lambda: theirs(text)),
            "ours": timed(lambda: encode_targets(ours, text)),
        },
        options.rounds,
    )
    faster = ratio(seconds["the library's"], seconds["ours"])
    print(f"{SENTENCES} sentences, {differ} with other ids; ours is {faster:.1f} x as fast")
    return 0 if claim("byte tokenizer: ByT5's class", faster, at_least=3) and good else 1


def timed(run: Callable[[], object]) -> Callable[[], float]:
    """Return a function that returns the seconds of this process that `run` takes."""

    def seconds() -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    return seconds


if __name__ == "__main__":
    sys.exit(main())
