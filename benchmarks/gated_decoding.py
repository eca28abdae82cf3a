"""Beam search of Sign2GPT's gated decoder: keys and values kept against all computed at each token.

    python benchmarks/gated_decoding.py

Random weights and sign features; each sentence has 30 tokens, by beam search with 4 beams. Both
ways compute keys and values of the sign features once a clip, in turn, and must write the same
tokens with the same scores. `--published` measures in the size of XGLM-564M too, one round of 2
clips, which takes minutes. benchmarks/README.md has the figures of one run.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import Any

import torch
from claims import claim
from side_by_side import in_turn, ratio, timed
from transformers import XGLMConfig, set_seed

from sign2text.ground.device import best_device, use_threads
from sign2text.methods.sign2gpt.gated_decoder import GatedXGLM
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig

WANTED = 3.0
TOKENS, BEAMS, SIGN_WIDTH, STEPS = 30, 4, 512, 60
SAME = 1e-5
"""Largest difference of scores (mean log-probability a token) of equal tokens."""
AVATAR = {"vocab_size": 1000, "d_model": 192, "num_layers": 4, "attention_heads": 4, "ffn_dim": 768}
PUBLISHED: dict[str, int] = {}
"""The library's configuration of an XGLM without settings is that of XGLM-564M."""


def make(sizes: dict[str, int], device: torch.device) -> GatedXGLM:
    """Make a gated decoder with random weights and half-open gates."""
    set_seed(0)
    model = GatedXGLM(XGLMConfig(**sizes), GatedDecoderConfig(), SIGN_WIDTH).eval()
    for layer in model.model.layers:
        torch.nn.init.constant_(layer.self_attn.gate, 0.5)
    return model.to(device)


def compare(name: str, sizes: dict[str, int], clips: int, rounds: int) -> bool:
    """Decode in both ways, and print; True where both figures are what they are to be."""
    device = best_device()
    model = make(sizes, device)
    features = torch.randn(clips, STEPS, SIGN_WIDTH, device=device) * 3
    mask = (
        torch.arange(STEPS, device=device)
        < torch.linspace(STEPS // 3, STEPS, clips, device=device).round()[:, None]
    )
    start = torch.full((clips, 1), 2, device=device)
    found: dict[bool, Any] = {}

    def search(use_cache: bool) -> None:
        found[use_cache] = model.generate(
            start,
            attention_mask=torch.ones_like(start),
            sign_features=features,
            sign_mask=mask,
            num_beams=BEAMS,
            min_new_tokens=TOKENS,
            max_new_tokens=TOKENS,
            use_cache=use_cache,
            return_dict_in_generate=True,
            output_scores=True,
        )

    print(f"\n{name}: {clips} clips, {model.num_parameters() / 1e6:.1f} M parameters")
    ways = {"kept": True, "computed again": False}
    seconds = in_turn(
        {n: lambda use=use: timed(lambda: search(use), device) for n, use in ways.items()}, rounds
    )
    for way, each in seconds.items():
        print(f"keys and values {way:16}{clips / statistics.median(each):8.3f} clips/s")
    gain = ratio(seconds["computed again"], seconds["kept"])
    other = (found[True].sequences != found[False].sequences).any(1).sum().item()
    apart = (found[True].sequences_scores - found[False].sequences_scores).abs().max().item()
    print(f"{other} sentences differ; scores by {apart:.1e} at most")
    print(f"to be >= {WANTED} x: {gain:.2f} x")
    fast = claim(f"gated decoding, {name}: without a cache", gain, at_least=WANTED)
    same = claim(f"gated decoding, {name}: sentences that differ", other, "clips", at_most=0)
    return fast and same and apart <= SAME


def main() -> int:
    """Compare; 1 where the ratio is too low or sentences differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0, help="0: torch's choice")
    parser.add_argument("--published", action="store_true", help="in the size of XGLM-564M too")
    options = parser.parse_args()
    use_threads(options.threads)
    good = compare("avatar", AVATAR, options.clips, options.rounds)
    if options.published:
        good &= compare("XGLM-564M", PUBLISHED, 2, 1)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
