"""The training of a translator from its data to the folder that is written, for both trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.clips import Clips, Collator
from sign2text.ground.files import filling
from sign2text.ground.processes import is_first
from sign2text.jobs.finished_trainings import STATE
from sign2text.training import history
from sign2text.training.schedule import Schedule
from sign2text.training.selection import Choosing
from sign2text.training.state import clear_state, fingerprint
from sign2text.training.trainer import train

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.models.translator import Translator


def with_fingerprint(
    schedule: Schedule, stage: str, config: Any, inputs: Sequence[Path]
) -> Schedule:
    """The schedule of `stage` with what its state depends on.

    Args:
        config: the stage's `Config`.
        inputs: as `training.state.fingerprint` takes them.
    """
    kept = replace(config, workers=0, checkpointing=False)  # a training goes on with other ones
    return replace(schedule, fingerprint=fingerprint(stage, kept, inputs))


def train_translator(
    model: Translator,
    tokenizer: PreTrainedTokenizerFast,
    data: Mapping[str, Clips],
    schedule: Schedule,
    groups: Sequence[dict[str, Any]],
    output: Path,
    choosing: Choosing | None = None,
) -> None:
    """Train `model` and write it, its history and `tokenizer` into the folder `output`.

    With no epoch it is written as it is. Of several processes the first one writes.

    Args:
        data: the clips of train and dev.
        groups: the optimiser's parameter groups, each with `params` and `lr`.
        choosing: which epoch's weights are written; None: the last one's.

    Raises:
        InputError, SystemExit: as `training.trainer.train`.
    """
    collate = Collator(data["train"].key, tokenizer.pad_token_id, model.start_token)
    state = output / STATE
    rows: list[history.Row] = []
    if schedule.epochs:
        rows = train(model, schedule, groups, data["train"], data["dev"], collate, state, choosing)
    if not is_first():
        return
    with filling(output, last="model.safetensors") as folder:
        history.write_history(folder / history.FILE, rows)
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    clear_state(state)
