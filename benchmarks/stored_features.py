"""Fine-tuning on stored features against running the frozen encoder in each step.

    python benchmarks/stored_features.py

Three ways alternate, with the same training loop, the same batches and the same dropout. The first
uses stored features. The second runs the frozen encoder in each step, on decoded pictures in
memory. The third also reads the pictures from a frame store, decodes them and crops them at random,
as for a user who stores no features. The first two must see the same losses.
docs/published_size.md has the figures of one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from claims import claim
from side_by_side import Bench, bench_of, in_turn, options_of, ratio
from torch.utils.data import Dataset

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.data.sampling import crop_offset, sample_indices
from sign2text.ground.work_limit import WorkLimit
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.planning.stand_ins import PICTURES
from sign2text.text.tokenizer import encode_targets
from sign2text.training.limited import time_steps
from sign2text.training.trainer import TaskTrainer

WANTED = 2.5
NOISE = 1e-3
"""Largest difference of a loss from rounding, in nats per token."""
STORED, ENCODED, READ = "stored features", "encoder in each step", "encoder, frame store read"


class Shown(Dataset):
    """Clips with pictures in memory, uint8 [N, h, w, 3], or with their features in `made`.

    Frames are sampled as in evaluation.
    """

    def __init__(
        self,
        bench: Bench,
        pictures: torch.Tensor,
        made: dict[int, torch.Tensor] | None = None,
    ) -> None:
        self.key = "frames" if made is None else "features"
        self.pictures, self.made = pictures, made
        self.ids, split = bench.clips("train")
        self.frames, self.rate = split.frames, bench.visual.sampling_rate
        self.lengths = bench.sampled(split.frames)
        sentences = read_manifest(bench.given["train_manifest"])["text"]
        self.targets = encode_targets(bench.words, sentences)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        clip, _ = item
        steps = self.steps(clip) if self.made is None else self.made[clip]
        return {"steps": steps, "target": self.targets[clip]}

    def steps(self, clip: int) -> torch.Tensor:
        """Return the sampled pictures of a clip, the same as in the frame store."""
        indices = torch.from_numpy(sample_indices(self.frames[clip], self.rate))
        return self.pictures[(indices + clip) % PICTURES]


def decoded(bench: Bench) -> torch.Tensor:
    """Return all pictures, cropped in the middle."""
    crop = (bench.visual.crop_height, bench.visual.crop_width)
    store = FrameStore(bench.frames("train"))
    top, left = crop_offset(store.format.size, crop)
    # Clip c shows the pictures from number c on.
    shown = [store.read(clip, [0])[0] for clip in range(PICTURES)]
    pictures = torch.from_numpy(np.stack(shown))
    return pictures[:, top : top + crop[0], left : left + crop[1]].contiguous()


def features_of_first_batches(bench: Bench, shown: Shown, steps: int) -> dict[int, Any]:
    """Encode the clips that will be trained on with the frozen encoder, as for storage."""
    config, encoder = bench.config, fresh(bench).encoder
    batches = BalancedBatchSampler(shown.lengths, config.training.batch_size, config.seed)
    made = {}
    for _, batch in zip(range(steps), batches, strict=False):
        for clip, _ in batch:
            frames = shown.steps(clip).to(bench.device)
            with torch.inference_mode():
                found = encoder(frames, torch.tensor([len(frames)])).sign_wise
            made[clip] = found.cpu().clone()
    return made


def fresh(bench: Bench) -> Any:
    """Make the translator with the same random weights each time."""
    from transformers import set_seed

    set_seed(1)
    return bench.translator().to(bench.device)


def fit(
    bench: Bench, data: Dataset, steps: int, losses: list[list[float]], clips: list[int]
) -> Callable[[], float]:
    """Return a function that trains a fresh model and times all steps but the first, in seconds."""

    def run() -> float:
        model = fresh(bench)
        task = finetune_llm.task_of(bench.config, model, bench.words, {"train": data, "dev": data})
        trainer = LossesKept(task, bench.folder / "state")
        phase = time_steps(trainer, WorkLimit(steps - 1, warm_up=1), steps)
        losses.append(trainer.kept)
        clips.append(phase.clips)
        return phase.seconds

    return run


class LossesKept(TaskTrainer):
    """Trainer that keeps each step's loss."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kept: list[float] = []

    def training_step(self, *arguments: Any) -> torch.Tensor:
        loss = super().training_step(*arguments)
        self.kept.append(loss.item())
        return loss


def main() -> int:
    """Train and print; return 1 if the ratio is too low or the losses differ."""
    options = options_of(__doc__, rounds=3, steps=(3, "steps of each, the first not counted"))
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_of(options, Path(folder))
        shown = Shown(bench, decoded(bench))
        made = features_of_first_batches(bench, shown, options.steps)
        visual = bench.visual
        from_store = FrameClips(
            FrameStore(bench.frames("train")),
            shown.ids,
            shown.targets,
            rate=visual.sampling_rate,
            crop=(visual.crop_height, visual.crop_width),
            seed=1,
            augmentation=visual.augmentation,
        )
        data = {STORED: Shown(bench, shown.pictures, made), ENCODED: shown, READ: from_store}
        losses: dict[str, list[list[float]]] = {name: [] for name in data}
        clips: list[int] = []
        seconds = in_turn(
            {n: fit(bench, each, options.steps, losses[n], clips) for n, each in data.items()},
            options.rounds,
        )
    counted = clips[0]
    print(f"\nmedians of {options.rounds} rounds of {options.steps - 1} steps, {counted} clips")
    for name, each in seconds.items():
        took = statistics.median(each)
        faster = ratio(each, seconds[STORED])
        print(
            f"{name:28}{counted / took:8.3f} clips/s   stored features are {faster:.2f} x as fast"
        )
    differences = [
        abs(one - other)
        for a, b in zip(losses[STORED], losses[ENCODED], strict=True)
        for one, other in zip(a, b, strict=True)
    ]
    print(f"losses: {', '.join(f'{loss:.5f}' for loss in losses[STORED][0])}")
    print(
        f"largest difference of a loss between the first two: {max(differences):.1e} (<= {NOISE})"
    )
    gain = ratio(seconds[ENCODED], seconds[STORED])
    print(f"to be >= {WANTED} x the encoder in each step: {gain:.2f} x")
    fast = claim("stored features: encoder in each step", gain, at_least=WANTED)
    claim("stored features: frame store read", ratio(seconds[READ], seconds[STORED]))
    same = claim("stored features: loss differs by", max(differences), "nats", at_most=NOISE)
    return 0 if fast and same else 1


if __name__ == "__main__":
    sys.exit(main())
