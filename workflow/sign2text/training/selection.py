"""Which weights a training keeps: the best ones on dev, stored with its checkpoints.

Nothing that is chosen depends on when a training was killed. The checkpoint's own log has what was
measured, so a resumed training knows the measurements up to its checkpoint and forgets later ones;
the weights of the best step up to the newest checkpoint are never removed before there is a newer
one.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import load_model, save_model
from transformers import PreTrainedModel

from sign2text.ground.errors import InputError
from sign2text.ground.files import filling
from sign2text.ground.work_limit import Over
from sign2text.training.state import check_seal, seal

log = logging.getLogger(__name__)

WEIGHTS, ABOUT = "model.safetensors", "choice.json"
LOSS = "loss"

Logged = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Selection:
    """Keep the weights with the best value of a metric on dev; of equals, the earliest."""

    measure: Callable[[PreTrainedModel, Over], float] | None
    """The metric of a model in evaluation mode; `Over` goes over its batches. None: metric `loss`,
    which is measured anyway."""
    every: int = 1
    """Measurements of the dev loss between two of the metric; the last step is always measured."""
    metric: str = "bleu4"
    """Its column in history.tsv is dev_<metric>: bleu4, wer, loss."""
    name: str = "BLEU-4"
    """As the log has it."""
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        if (self.measure is None) != (self.metric == LOSS):
            raise ValueError(
                f"metric '{self.metric}' with {'no' if self.measure is None else 'a'} measure; "
                f"'{LOSS}' takes none, and every other metric one"
            )

    @property
    def key(self) -> str:
        """Its key in the library's log."""
        return f"eval_{self.metric}"

    def is_due(self, number: int, last: bool) -> bool:
        """Return whether the metric is measured at measurement `number` of dev, from 1."""
        return self.measure is not None and (number % self.every == 0 or last)

    def best(self, logged: Logged) -> Mapping[str, Any] | None:
        """Return the entry of the Trainer's log with the best value; None without any."""
        measured = [entry for entry in logged if self.key in entry]
        choose = max if self.better == "higher" else min
        return choose(measured, key=lambda entry: entry[self.key], default=None)


class BestWeights:
    """The best weights so far: `folder`/step-<n>/model.safetensors and choice.json.

    A step's folder holds choice.json (epoch, step and the metric) only when the weights are whole,
    and is sealed as a checkpoint is.
    """

    def __init__(
        self, folder: Path, selection: Selection, logged: Logged, *, writes: bool = True
    ) -> None:
        """`logged`: the log of the checkpoint that is resumed from; empty for a fresh start.

        Of several processes one `writes`; the others only know what it has written.

        Raises:
            InputError: the weights that the log speaks of are gone, or are not what was stored.
        """
        self.folder, self.selection, self.writes = folder, selection, writes
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
            value = {self.selection.metric: entry[self.selection.key]}
            about = {"epoch": entry["epoch"], "step": step, **value}
            (folder / ABOUT).write_text(json.dumps(about) + "\n")
            seal(folder)
        self._remove_but(self.at_checkpoint, step)

    def checkpointed(self, logged: Logged) -> None:
        """A checkpoint with this log is the newest: what was better before is not needed again."""
        entry = self.selection.best(logged)
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
