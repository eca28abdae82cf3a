"""What a checkpoint holds beside the library's own, for a history that shows no seam."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from transformers import (
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from sign2text.ground.processes import Processes

RUNNING_LOSS = "running_loss.json"


def logged_in(checkpoint: Path | None) -> list[dict[str, Any]]:
    """What the Trainer had logged when `checkpoint` was saved; nothing without one."""
    if checkpoint is None:
        return []
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return state["log_history"]


def evaluation_missing(
    logged: Sequence[Mapping[str, Any]], checkpoint: Path | None, steps_in_epoch: int
) -> bool:
    """Whether an epoch ended at `checkpoint`, which was then saved before it was evaluated."""
    if checkpoint is None:
        return False
    step = int(checkpoint.name.rsplit("-", 1)[1])
    evaluated = {entry["step"] for entry in logged if "eval_loss" in entry}
    return step % steps_in_epoch == 0 and step not in evaluated


class RunningLoss(TrainerCallback):
    """Takes the sum of losses since the last logged one through a stop.

    The library forgets it, so the mean that is logged next would be one over fewer steps. Each of
    several processes has a sum of its own, and their mean is logged.
    """

    def __init__(self, trainer: Trainer, checkpoint: Path | None, processes: Processes) -> None:
        """`checkpoint` is the one that is gone on from, if any."""
        self.trainer, self.processes = trainer, processes
        self.saved = json.loads((checkpoint / RUNNING_LOSS).read_text()) if checkpoint else None

    def save(self, checkpoint: Path) -> None:
        """Add the sums, and the step that they are counted from, to the folder of a checkpoint."""
        sums = self.processes.gather(self.trainer._tr_loss.item())
        if self.processes.first:
            found = {"sums": sums, "since": self.trainer._globalstep_last_logged}
            (checkpoint / RUNNING_LOSS).write_text(json.dumps(found))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.saved is not None:
            sums = self.saved["sums"]
            same = len(sums) == self.processes.count
            self.trainer._tr_loss += sums[self.processes.number] if same else fmean(sums)
            self.trainer._globalstep_last_logged = self.saved["since"]
