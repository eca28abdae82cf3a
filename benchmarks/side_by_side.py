"""Common parts of the training benchmarks: alternating rounds, ratios, models of a target."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from sign2text.data.sampling import sampled_length
from sign2text.ground.device import best_device, use_threads
from sign2text.methods.fla_llm.stages import finetune_llm, visual_init
from sign2text.methods.fla_llm.translator import LLMTranslator
from sign2text.planning.corpus import Split
from sign2text.planning.request import Request, read_request
from sign2text.planning.workshop import Workshop
from sign2text.text.tokenizer import load_tokenizer


def options_of(about: str, rounds: int, **numbers: tuple[int, str]) -> argparse.Namespace:
    """Parse the command line: --target, --rounds, --threads, and further whole numbers."""
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


class Bench:
    """Made-up data in the sizes of a target, with the inputs and the model of its fine-tuning."""

    def __init__(self, request: Request, folder: Path) -> None:
        self.request, self.folder, self.device = request, folder, best_device()
        self.workshop = Workshop(request, folder)
        (self.job,) = request.jobs["finetune_llm"]
        self.config: finetune_llm.Config = self.job.config
        self.visual: visual_init.Config = self.job.inputs["visual_init"][0].config
        self.given = self.workshop.arguments(self.job)
        self.words = load_tokenizer(self.given["tokenizer"])

    def translator(self) -> LLMTranslator:
        """Make the model that is fine-tuned, with random weights."""
        visual, llm = (self.given[each].parent for each in ("visual_init", "language_model"))
        return finetune_llm.build_translator(visual, llm, "sign_wise", self.config)

    def clips(self, split: str) -> tuple[list[str], Split]:
        """Return ids and lengths of the made-up clips."""
        return self.workshop.clips(split)

    def sampled(self, frames: Sequence[int]) -> list[int]:
        """Return the number of sampled frames of each clip."""
        return [sampled_length(count, self.visual.sampling_rate) for count in frames]

    def frames(self, split: str) -> Path:
        """Make the frame store of a split."""
        job, _ = self.job.inputs["visual_init"]
        return self.workshop.make(*job.inputs[f"{split}_frames"])


def bench_of(options: argparse.Namespace, folder: Path) -> Bench:
    """Make random data and models in the sizes of the target."""
    use_threads(options.threads)
    bench = Bench(read_request(options.target, Path(__file__).parents[1] / "config.yaml"), folder)
    device = torch.cuda.get_device_name() if bench.device.type == "cuda" else "CPU"
    print(f"{options.target}, {device}, {torch.get_num_threads()} threads")
    return bench


def in_turn(variants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Collect each variant's seconds in each round; every second round has the reverse order."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            seconds[name].append(variants[name]())
            print(f"round {number + 1} of {rounds}, {name}: {seconds[name][-1]:.2f} s", flush=True)
    return seconds


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median over the rounds of how many times as long `slow` took as `fast`."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def timed(run: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that `run` takes, until the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
