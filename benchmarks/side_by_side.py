"""What the benchmarks of the training share: rounds in turn, their ratios, models of a target."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from sign2text.ground.device import use_threads
from sign2text.planning.request import read_request
from sign2text.planning.workbench import Workbench


def options_of(about: str, rounds: int, **numbers: tuple[int, str]) -> argparse.Namespace:
    """The command line: --target, --rounds, --threads, and further whole numbers."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument(
        "--target",
        default="results/phoenix/fla_llm.bleu",
        help="whose sizes are used (default results/phoenix/fla_llm.bleu, the published ones)",
    )
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--threads", type=int, default=0, help="0: torch's choice")
    for name, (default, help_text) in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=help_text)
    return parser.parse_args()


def bench_of(options: argparse.Namespace, folder: Path) -> Workbench:
    """Random data and models in the sizes of the target."""
    use_threads(options.threads)
    request = read_request(options.target, Path(__file__).parents[1] / "config.yaml")
    bench = Workbench(request, folder)
    device = torch.cuda.get_device_name() if bench.device.type == "cuda" else "CPU"
    print(f"{options.target}, {device}, {torch.get_num_threads()} threads")
    return bench


def in_turn(variants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each variant returns, seconds, in each round; every second round in reversed order."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            seconds[name].append(variants[name]())
            print(f"round {number + 1} of {rounds}, {name}: {seconds[name][-1]:.2f} s", flush=True)
    return seconds


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times as long `slow` took: the median of the ratios in each round."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def timed(run: Callable[[], object], device: torch.device) -> float:
    """Seconds that `run` takes, until the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
