"""Beam search of a split: batches of similar length against pairs in the corpus's order.

    python benchmarks/decoding.py

Published code decodes two clips at a time, in the order of the corpus. Our search batches clips of
similar length, as many as fit in `batch_steps` padded steps. Both get the same features and cache
keys and values; they run in alternation. Random weights end no sentence, so each sentence is made
to end where one for a clip of that length would; the model writes the tokens before. The hypotheses
must be the same, except where two have the same score up to rounding: these are counted.
docs/published_size.md has the figures of one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from claims import claim
from side_by_side import bench_of, in_turn, options_of, ratio, timed
from transformers import LogitsProcessor, LogitsProcessorList

from sign2text.data.clips import Collator, FeatureClips
from sign2text.methods.fla_llm.translator import SignTranslator
from sign2text.models.beam_search import beam_search
from sign2text.models.translator import sentences
from sign2text.planning.corpus import TOKENS_A_WORD, WORDS_A_FRAME

WANTED = 2.5
TIE = 1e-4
"""Largest difference of two hypotheses' scores (mean log-probability per token) from rounding."""
PAIR = 2


class Ending(LogitsProcessor):
    """Logits processor that ends each clip's sentences after a given number of tokens."""

    def __init__(self, tokens: torch.Tensor, beams: int, end: int) -> None:
        self.tokens, self.end = tokens.repeat_interleave(beams)[:, None], end

    def __call__(self, written: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        last = self.tokens <= written.shape[1]
        is_end = torch.arange(scores.shape[1], device=scores.device) == self.end
        return scores.masked_fill(last != is_end, -torch.inf)


def endings(network: SignTranslator, rate: float, beams: int, end: int) -> None:
    """Make `network.generate` end each sentence where one for a clip of that length would end."""
    generate = network.generate

    def ending(features: torch.Tensor, lengths: torch.Tensor, **settings: Any) -> Any:
        tokens = (lengths / rate * WORDS_A_FRAME * TOKENS_A_WORD).round().long() + 1
        processors = LogitsProcessorList([Ending(tokens, beams, end)])
        return generate(features, lengths, logits_processor=processors, **settings)

    network.generate = ending


def in_pairs(network: SignTranslator, clips: FeatureClips, words: Any, **settings: Any) -> tuple:
    """Decode two clips at a time, in the corpus's order."""
    collate, texts, scores = Collator("features", 0, 0), [], []
    for first in range(0, len(clips), PAIR):
        batch = collate([clips[n, 0] for n in range(first, min(first + PAIR, len(clips)))])
        sequences, values = network.generate(
            batch["features"].to(network.device), batch["lengths"].to(network.device), **settings
        )
        texts += sentences(words, sequences)
        scores += values.tolist()
    return texts, scores


class Varied:
    """Features that differ between clips and between steps, so that the sentences differ too."""

    def __init__(self, lengths: list[int], width: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.ids = [f"clip{number}" for number in range(len(lengths))]
        self.lengths = torch.tensor(lengths)
        self.views = [[torch.randn(n, width, generator=generator) * 3 for n in lengths]]

    def position(self, clip: str) -> int:
        return int(clip.removeprefix("clip"))

    def read(self, position: int, view: int = 0) -> torch.Tensor:
        return self.views[view][position]


def main() -> int:
    """Decode and print; return 1 if the ratio is too low or hypotheses differ."""
    options = options_of(__doc__, rounds=3, clips=(64, "clips of the test split"))
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_of(options, Path(folder))
        config = bench.request.jobs["decode"][0].config
        network = bench.translator().to(bench.device).eval()
        lengths = bench.sampled(bench.request.corpus.splits["test"].frames[: options.clips])
        store = Varied(lengths, network.config.frames.width)
        clips, words = FeatureClips(store, store.ids, None, seed=None), bench.words
        endings(network, bench.visual.sampling_rate, config.beams, words.eos_token_id)
        settings = {"num_beams": config.beams, "max_new_tokens": config.max_new_tokens}
        found: dict[str, tuple] = {}

        def sorted_batches() -> None:
            found["ours"] = beam_search(
                network,
                words,
                clips,
                beams=config.beams,
                max_new_tokens=config.max_new_tokens,
                batch_steps=config.batch_steps,
            )

        def pairs() -> None:
            found["pairs"] = in_pairs(network, clips, words, length_penalty=1.0, **settings)

        two = FeatureClips(store, store.ids[:2], None, seed=None)
        beam_search(network, words, two, beams=config.beams, max_new_tokens=9)
        variants = {"ours, by length": sorted_batches, "two at a time": pairs}
        seconds = in_turn(
            {n: lambda run=run: timed(run, bench.device) for n, run in variants.items()},
            options.rounds,
        )
    print(f"\nmedians of {options.rounds} rounds, {len(lengths)} clips, beam {config.beams}")
    for name, each in seconds.items():
        print(f"{name:18}{len(lengths) / statistics.median(each):8.3f} clips/s")
    gain = ratio(seconds["two at a time"], seconds["ours, by length"])
    pairs_of = zip(*found["ours"], *found["pairs"], strict=True)
    other = [abs(a - b) for one, a, two, b in pairs_of if one != two]
    ties = sum(difference <= TIE for difference in other)
    print(
        f"hypotheses: {len(lengths) - len(other)} of {len(lengths)} the same, {ties} more with the "
        f"same score to {TIE:.0e}; {len(set(found['ours'][0]))} different sentences"
    )
    print(f"to be >= {WANTED} x two at a time: {gain:.2f} x")
    fast = claim("decoding: two clips at a time", gain, at_least=WANTED)
    same = claim("decoding: hypotheses that differ", len(other) - ties, "of all", at_most=0)
    return 0 if fast and same else 1


if __name__ == "__main__":
    sys.exit(main())
