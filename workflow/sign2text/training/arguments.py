"""The arguments of transformers' Trainer for a training task."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch
from transformers import TrainingArguments

from sign2text.training.task import Task


def library_arguments(
    task: Task, batches: int, state: Path, evaluate_first: bool
) -> TrainingArguments:
    """Return the library's arguments for a training with so many `batches` in an epoch.

    Where TensorBoard's logs are written, it reads from the environment.
    """
    steps, settings = task.steps(batches), task.settings
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(state / "tensorboard")
    arguments = TrainingArguments(
        output_dir=str(state),
        num_train_epochs=math.ceil(steps / batches),
        max_steps=settings.steps or -1,
        seed=task.seed,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=max(1, min(50, batches // 4)),
        # Otherwise the library logs the mean of other steps in place of a loss that is not finite.
        logging_nan_inf_filter=False,
        eval_strategy="epoch",  # or when Measuring says (training/measuring.py)
        eval_on_start=evaluate_first,
        save_strategy="steps",
        save_steps=max(1, math.ceil(steps / task.checkpoints)),
        save_total_limit=1,
        report_to=["tensorboard"],
        remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
        disable_tqdm=True,
        # Without, torch sums gradients in another order from the second step on, and so other
        # ones after a stop than without it.
        ddp_find_unused_parameters=True,
    )
    # One device: Trainer would spread a batch over all that it sees by cutting each tensor into
    # equal parts, and clips that lie one behind the other cannot be cut so.
    arguments.n_gpu  # noqa: B018 - finds the devices, or the next line would be undone
    arguments._n_gpu = min(arguments._n_gpu, 1)
    return arguments
