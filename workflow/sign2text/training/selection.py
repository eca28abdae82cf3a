"""Which epoch's weights a training keeps: the best ones on dev, held beside its checkpoints.

Nothing that is chosen depends on when a training was killed. What was measured stands in the
checkpoint's own log, so a training that goes on from a checkpoint knows what had been measured up
to it and forgets what came later; the weights of the best epoch up to the newest checkpoint are
never removed before there is a newer one.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_model, save_model
from transformers import PreTrainedModel

from sign2text.ground.errors import InputError
from sign2text.ground.files import filling
from sign2text.training.state import check_seal, seal

log = logging.getLogger(__name__)

MEASURED = "eval_bleu4"  # in the library's log
WEIGHTS, ABOUT = "model.safetensors", "choice.json"

Over = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Gives what a function makes of each of some items, in their order, as `map` does."""
Logged = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Choosing:
    """Keep the weights of the epoch with the best BLEU-4 on dev; of equals, the earliest."""

    measure: Callable[[PreTrainedModel, Over], float]
    """BLEU-4 of a model in evaluation mode; `Over` goes over its batches."""
    every: int
    """Epochs between two measurements; the last epoch is always measured."""

    def is_due(self, epoch: int, epochs: int) -> bool:
        """Whether dev is decoded after epoch number `epoch` of `epochs`, counted from 1."""
        return epoch % self.every == 0 or epoch == epochs


def best_entry(logged: Logged) -> Mapping[str, Any] | None:
    """The entry of the Trainer's log with the best BLEU-4, the first of equals; None without."""
    measured = [entry for entry in logged if MEASURED in entry]
    return max(measured, key=lambda entry: entry[MEASURED], default=None)


class BestWeights:
    """The weights of the best epoch so far: `folder`/step-<n>/model.safetensors and choice.json.

    A step's folder holds choice.json (epoch, step, bleu4) only when the weights are whole, and is
    sealed as a checkpoint is.
    """

    def __init__(self, folder: Path, logged: Logged, *, writes: bool = True) -> None:
        """`logged`: the log of the checkpoint that is gone on from; empty for a fresh start.

        Of several processes one `writes`; the others only know what it has written.

        Raises:
            InputError: the weights that the log speaks of are gone, or are not what was stored.
        """
        self.folder, self.writes = folder, writes
        self.at_checkpoint: int | None = None
        self.checkpointed(logged)
        if self.at_checkpoint is None:
            return
        if not self._of(self.at_checkpoint, ABOUT).is_file():
            raise InputError(
                f"{self._of(self.at_checkpoint, ABOUT)}: missing, the weights that were the best "
                f"on dev so far. Delete {folder.parent} to start afresh."
            )
        check_seal(self._of(self.at_checkpoint), folder.parent)

    def keep(self, model: PreTrainedModel, entry: Mapping[str, Any]) -> None:
        """Store the weights of `model`, which `entry` of the log says are the best so far."""
        step = entry["step"]
        if not self.writes:
            return
        with filling(self._of(step), last=ABOUT) as folder:
            save_model(model, str(folder / WEIGHTS))
            about = {"epoch": entry["epoch"], "step": step, "bleu4": entry[MEASURED]}
            (folder / ABOUT).write_text(json.dumps(about) + "\n")
            seal(folder)
        self._remove_but(self.at_checkpoint, step)

    def checkpointed(self, logged: Logged) -> None:
        """A checkpoint with this log is the newest: what was better before is not needed again."""
        entry = best_entry(logged)
        self.at_checkpoint = None if entry is None else entry["step"]
        self._remove_but(self.at_checkpoint)

    def load_into(self, model: PreTrainedModel, step: int) -> None:
        """Give `model` the weights of `step`; InputError where they are not what was stored."""
        check_seal(self._of(step), self.folder.parent)
        load_model(model, str(self._of(step, WEIGHTS)))

    def _of(self, step: int, name: str = "") -> Path:
        return self.folder / f"step-{step}" / name

    def _remove_but(self, *steps: int | None) -> None:
        if not self.writes:
            return
        kept = {self._of(step) for step in steps if step is not None}
        for folder in self.folder.glob("step-*"):
            if folder not in kept:
                shutil.rmtree(folder)
