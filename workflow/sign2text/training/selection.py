"""Selection of a training's weights: the best ones on dev, stored with its checkpoints.

The selection does not depend on when a training was killed. A checkpoint's log has the
measurements, so a resumed training knows those up to its checkpoint and forgets later ones. The
weights of the best step up to the newest checkpoint are removed only after a newer checkpoint.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from transformers import PreTrainedModel

from sign2text.ground.errors import InputError
from sign2text.ground.files import filling, read_json
from sign2text.ground.work_limit import Over
from sign2text.training.frozen import (
    check_same_parts,
    described_parts,
    load_weights,
    save_weights,
)
from sign2text.training.state import advice, check_seal, seal

log = logging.getLogger(__name__)

WEIGHTS, ABOUT = "model.safetensors", "choice.json"
LOSS = "loss"

Logged = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Selection:
    """Rule that keeps the weights with the best value of a dev metric; of equals, the earliest."""

    measure: Callable[[PreTrainedModel, Over], float | Mapping[str, float]] | None
    """Measures a model in evaluation mode: the metric, or several by name with `metric`. `Over`
    iterates over its batches. None: metric `loss`, which is measured anyway."""
    every: int = 1
    """Measurements of the dev loss per measurement of the metric; the last step always has both."""
    metric: str = "bleu4"
    """Metric of the column dev_<metric> in history.tsv: bleu4, wer, loss."""
    name: str = "BLEU-4"
    """Name of the metric in the log."""
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        if (self.measure is None) != (self.metric == LOSS):
            raise ValueError(
                f"metric '{self.metric}' with {'no' if self.measure is None else 'a'} measure; "
                f"'{LOSS}' takes none, and every other metric one"
            )

    @property
    def key(self) -> str:
        """Key of the metric in the library's log."""
        return f"eval_{self.metric}"

    def measured(self, model: PreTrainedModel, over: Over) -> dict[str, float]:
        """Measure a model in evaluation mode; return the values by their keys in the log."""
        found = self.measure(model, over)
        values = found if isinstance(found, Mapping) else {self.metric: found}
        return {f"eval_{name}": value for name, value in values.items()}

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

    choice.json (epoch, step, the metric, the model's frozen parts) is written only after the
    weights
    are complete. The folder of a step is sealed like a checkpoint.
    """

    def __init__(
        self, folder: Path, selection: Selection, logged: Logged, *, writes: bool = True
    ) -> None:
        """Start from the log of the checkpoint to resume from; it is empty for a fresh start.

        Only one of several ranks `writes`; the others track what it has written.

        Raises:
            InputError: the weights that the log names are missing or not the stored ones.
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
        """Store the weights of `model`, the best so far according to the log's `entry`."""
        step = entry["step"]
        if not self.writes:
            return
        with filling(self._of(step), last=ABOUT) as folder:
            save_weights(model, str(folder / WEIGHTS))
            value = {self.selection.metric: entry[self.selection.key]}
            about = {"epoch": entry["epoch"], "step": step, **value, **described_parts(model)}
            (folder / ABOUT).write_text(json.dumps(about) + "\n")
            seal(folder)
        self._remove_but(self.at_checkpoint, step)

    def checkpointed(self, logged: Logged) -> None:
        """Remove unneeded weights after the newest checkpoint was saved with this log."""
        entry = self.selection.best(logged)
        self.at_checkpoint = None if entry is None else entry["step"]
        self._remove_but(self.at_checkpoint)

    def load_into(self, model: PreTrainedModel, step: int) -> None:
        """Load the weights of `step` into `model`; InputError if they are not the stored ones."""
        check_seal(self._of(step), self.folder.parent)
        about, told = self._of(step, ABOUT), advice(self.folder.parent)
        check_same_parts(model, read_json(about, advice=told), about, told)
        load_weights(model, str(self._of(step, WEIGHTS)), told)

    def _of(self, step: int, name: str = "") -> Path:
        return self.folder / f"step-{step}" / name

    def _remove_but(self, *steps: int | None) -> None:
        if not self.writes:
            return
        kept = {self._of(step) for step in steps if step is not None}
        for folder in self.folder.glob("step-*"):
            if folder not in kept:
                shutil.rmtree(folder)
