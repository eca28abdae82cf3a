"""A training of Scaling SLT's translator on clips and text, by one process or by several."""

import contextlib
import dataclasses
import os
import signal
from pathlib import Path

import torch
from tiny_scaling_slt import make
from tiny_training import tiny_task
from torch.distributed.tensor import DTensor
from torch.optim.optimizer import register_optimizer_step_post_hook

from sign2text.methods.scaling_slt.tasks import TaskCollator
from sign2text.text.byte_tokenizer import byte_tokenizer
from sign2text.training.selection import Selection
from sign2text.training.trainer import train

WORDS = byte_tokenizer()


class Mixed:
    """Items of prompts alone and of prompts with landmarks; a batch may have no landmarks."""

    def __init__(self, stop_at=None):
        generator = torch.Generator().manual_seed(4)
        self.steps = [n % 3 * (1 + n % 4) for n in range(14)]
        self.landmarks = [torch.rand(n, 255, generator=generator) for n in self.steps]
        self.lengths = [2 + n % 5 + steps for n, steps in enumerate(self.steps)]
        self.stop_at, self.read = stop_at, 0

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, item):
        self.read += 1
        if self.read == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        number, epoch = item
        prompt = torch.arange(2 + number % 5) + 70 + epoch
        target = [80 + number] * (1 + number % 4) + [1]
        return {"prompt": prompt, "steps": self.landmarks[number], "target": target}


class Watched:
    """A metric of dev that also notes which weights it is measured with."""

    def __init__(self):
        self.seen = []

    def __call__(self, model, over):
        assert not any(isinstance(each, DTensor) for each in model.parameters())
        self.seen.append(float(sum(each.sum() for each in model.parameters())))
        return len(self.seen) % 2  # the first measurement is the best


def fit(state: Path, *, stop_at=None, **changes):
    """Train; return the weights and the history."""
    model = make("T5", WORDS)
    fixed = {"batch_size": 3, "epochs": 2, "checkpoints": 2, "dev": Mixed()}
    task = tiny_task(model, Mixed(stop_at), **(fixed | changes))
    task = dataclasses.replace(
        task, collate=TaskCollator(0, model.start_token), parts=model.parts()
    )
    rows = train(task, state)
    return {name: each.clone().contiguous() for name, each in model.state_dict().items()}, rows


def fit_sharded(folder: Path, note):
    """Train in shards, whole and interrupted; note the results by `note`."""
    places = []
    hook = register_optimizer_step_post_hook(
        lambda optimizer, *_: places.append(
            [each.to_local().numel() for each in optimizer.param_groups[0]["params"]]
        )
    )
    try:
        measure = Watched()
        weights, rows = fit(folder / "sharded-state", sharded=True, selection=Selection(measure))
        note("sharded", weights, rows, places=places, seen=measure.seen)
    finally:
        hook.remove()
    for name in ("one", "two"):
        with contextlib.suppress(SystemExit):
            fit(folder / f"sharded-for-{name}", sharded=True, stop_at=9, average=0.9)
    note("sharded-resumed", *fit(folder / "sharded-for-two", sharded=True, average=0.9))
