"""Our additions to the library's checkpoints, so that a resumed history has no gap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from transformers import (
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from sign2text.ground.processes import Processes

RUNNING_LOSS = "running_loss.json"


def step_of(checkpoint: Path | None) -> int:
    """Return the step that `checkpoint` was saved after; 0 without one."""
    return int(checkpoint.name.rsplit("-", 1)[1]) if checkpoint else 0


def logged_in(checkpoint: Path | None) -> list[dict[str, Any]]:
    """Return the Trainer's log in `checkpoint`; empty without one."""
    if checkpoint is None:
        return []
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return state["log_history"]


class NamedLosses:
    """Means of several losses over the steps since they were last logged."""

    def __init__(self, names: Sequence[str], processes: Processes) -> None:
        """Take the names; they are empty if there is one loss, which the library logs."""
        self.names, self.processes = names, processes
        self.sums: torch.Tensor | None = None
        self.steps = 0

    def add(self, shares: Sequence[torch.Tensor]) -> None:
        """Add a step's losses, [losses] for each of this rank's micro-batches."""
        if self.names:
            found = torch.stack(list(shares)).sum(0)
            self.sums = found if self.sums is None else self.sums + found
            self.steps += 1

    def logged(self) -> dict[str, float]:
        """Return each mean as `loss_<name>`, and reset the sums (collective call)."""
        if not self.names or not self.steps:
            return {}
        every = self.processes.gather(self.sums.tolist())
        means = [sum(of_each) / self.steps for of_each in zip(*every, strict=True)]
        self.sums, self.steps = None, 0
        return {f"loss_{name}": mean for name, mean in zip(self.names, means, strict=True)}

    def save(self) -> dict[str, Any]:
        """Return the sums for a checkpoint (collective call)."""
        if not self.names:
            return {}
        mine = [0.0] * len(self.names) if self.sums is None else self.sums.tolist()
        return {"named": self.processes.gather(mine), "steps": self.steps}

    def load(self, saved: Mapping[str, Any], device: torch.device) -> None:
        """Continue from the result of `save`; the number of ranks may differ."""
        if not self.names or not saved["steps"]:
            return
        sums, number = saved["named"], self.processes.number
        if len(sums) == self.processes.count:
            mine = sums[number]
        else:  # the first rank takes all sums
            mine = [sum(each) if number == 0 else 0.0 for each in zip(*sums, strict=True)]
        self.sums, self.steps = torch.tensor(mine, device=device), saved["steps"]


class RunningLoss(TrainerCallback):
    """Keeps the sum of losses since the last logged one across a resume.

    The library drops this sum, so the next logged mean would cover fewer steps. Each rank has a
    separate sum; the mean over ranks is logged.
    """

    def __init__(
        self,
        trainer: Trainer,
        checkpoint: Path | None,
        processes: Processes,
        named: NamedLosses,
    ) -> None:
        """Take the `checkpoint` to resume from, if any."""
        self.trainer, self.processes, self.named = trainer, processes, named
        self.saved = json.loads((checkpoint / RUNNING_LOSS).read_text()) if checkpoint else None

    def save(self, checkpoint: Path) -> None:
        """Write the sums, and the step that they start from, into a checkpoint's folder."""
        sums, named = self.processes.gather(self.trainer._tr_loss.item()), self.named.save()
        if self.processes.first:
            found = {"sums": sums, "since": self.trainer._globalstep_last_logged, **named}
            (checkpoint / RUNNING_LOSS).write_text(json.dumps(found))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.saved is not None:
            sums = self.saved["sums"]
            same = len(sums) == self.processes.count
            self.trainer._tr_loss += sums[self.processes.number] if same else fmean(sums)
            self.trainer._globalstep_last_logged = self.saved["since"]
            self.named.load(self.saved, self.trainer.args.device)
