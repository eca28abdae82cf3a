"""The output folder of a training stage: model, history, and the tokenizer if it has one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import PreTrainedModel

from sign2text.ground.files import filling
from sign2text.ground.processes import is_first
from sign2text.jobs.finished_trainings import STATE
from sign2text.training import history
from sign2text.training.frozen import check_frozen
from sign2text.training.state import clear_state

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def write_model(
    output: Path,
    model: PreTrainedModel,
    rows: Sequence[history.Row],
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> None:
    """Write `model`, its history and `tokenizer` into the folder `output`; clear its state.

    The first rank writes. Of frozen parts, only the places are written, not the weights
    (models/frozen_parts.py).

    Args:
        rows: result of `training.trainer.train`; empty if the model was not trained here.

    Raises:
        InputError: a frozen part was changed or moved in the meantime.
    """
    if not is_first():
        return
    check_frozen(model, output, trains=False)
    with filling(output, last="model.safetensors") as folder:
        history.write_history(folder / history.FILE, rows)
        if tokenizer is not None:
            tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    if (output / STATE).exists():
        clear_state(output / STATE)
