"""S3D on concatenated clips against the same network made of Conv3d.

    python benchmarks/s3d.py

Both use the same weights, the same clips, one core and float32, in alternation. The plain network
gets the clips as a batch padded to the longest, or one by one; the faster way counts. The lengths
are those of clips in a batch, so that padding has its usual cost. Times are CPU times of the
process, so other work on the machine disturbs them little. docs/mmtlb.md has the figures of one
run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when torch is imported

import torch
from claims import claim
from torch.nn.utils.rnn import pad_sequence

from sign2text.ground.device import use_threads
from sign2text.methods.mmtlb.s3d import S3D

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit"))
from plain_s3d import PlainS3D
from side_by_side import in_turn, ratio

WIDTH, SIZE = 0.25, (104, 84)
LENGTHS = (64, 60, 56, 64)
"""Frames of each clip; little padding, which favours the plain network."""
TRAINING, FORWARD = 1.5, 1.8
"""Minimum frames per second relative to the plain network."""


def timed(run: Callable[[], object]) -> float:
    """Measure the CPU time of `run` in seconds."""
    start = time.process_time()
    run()
    return time.process_time() - start


def step(network: torch.nn.Module, features: Callable[[], torch.Tensor]) -> None:
    """Run forward and backward in training mode."""
    network.train().zero_grad()
    features().square().mean().backward()


def forward(network: torch.nn.Module, features: Callable[[], torch.Tensor]) -> None:
    """Run forward in evaluation mode."""
    network.eval()
    with torch.no_grad():
        features()


def main() -> int:
    """Compute and print; return 1 if a ratio is too low or features differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--width", type=float, default=WIDTH, help="factor of the channels")
    options = parser.parse_args()
    use_threads(1)
    torch.manual_seed(0)
    ours = S3D(width=options.width)
    plain = PlainS3D(ours)
    clips = [torch.randint(0, 256, (n, *SIZE, 3), dtype=torch.uint8) for n in LENGTHS]
    frames, lengths = torch.cat(clips), torch.tensor(LENGTHS)
    padded = pad_sequence(clips, batch_first=True)

    def ours_features() -> torch.Tensor:
        return ours(frames, lengths)[0]

    def one_by_one() -> torch.Tensor:
        return torch.cat([plain(clip[None])[0] for clip in clips])

    ways = {
        "ours": (ours, ours_features),
        "Conv3d, padded": (plain, lambda: plain(padded)),
        "Conv3d, clip by clip": (plain, one_by_one),
    }
    with torch.no_grad():
        ours.eval(), plain.eval()
        expected = one_by_one()
        far = float((ours_features() - expected).abs().max() / expected.abs().mean())
    print(f"{len(frames)} frames of {SIZE[0]} x {SIZE[1]}, width x {options.width:g}, one core")
    print(f"features differ by {far:.1e} of their mean size (<= 1e-5)")
    good = claim("S3D: features, of their mean size", far * 100, "%", at_most=1e-3)
    for name, run, wanted in (("training", step, TRAINING), ("forward", forward, FORWARD)):
        for each in ways.values():
            run(*each)
        seconds = in_turn(
            {
                way: lambda each=each, run=run: timed(lambda: run(*each))
                for way, each in ways.items()
            },
            options.rounds,
        )
        print(f"\n{name}, medians of {options.rounds} rounds")
        for way, values in seconds.items():
            took = statistics.median(values)
            print(f"{way:24}{len(frames) / took:8.0f} frames/s")
        others = [values for way, values in seconds.items() if way != "ours"]
        faster = [min(each) for each in zip(*others, strict=True)]
        times = ratio(faster, seconds["ours"])
        print(f"ours is {times:.2f} x as fast as the faster of both (>= {wanted:g})")
        good &= claim(f"S3D, {name}: Conv3d", times, at_least=wanted)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
