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
    """Return the library's arguments for a training with `batches` batches per epoch.

    The library takes the folder of TensorBoard logs from the environment.
    """
    steps, settings = task.steps(batches), task.settings
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(state / "tensorboard")
    arguments = TrainingArguments(
        output_dir=str(state),
        num_train_epochs=math.ceil(steps / batches),
        max_steps=settings.steps or -1,
        seed=task.seed,
        # Infinite, because the library must call the clipping; the trainer itself clips values
        # only.
        max_grad_norm=settings.max_grad_norm or (math.inf if settings.max_grad_value else 0.0),
        logging_steps=max(1, min(50, batches // 4)),
        # Else the library replaces a non-finite logged loss by the mean over other steps.
        logging_nan_inf_filter=False,
        eval_strategy="epoch",  # or when `Measuring` says so (training/measuring.py)
        eval_on_start=evaluate_first,
        save_strategy="steps",
        save_steps=max(1, math.ceil(steps / task.checkpoints)),
        save_total_limit=1,
        report_to=["tensorboard"],
        remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
        disable_tqdm=True,
        # With False, torch changes the order of summation after the first step, so gradients would
        # differ between a resumed and an uninterrupted training.
        ddp_find_unused_parameters=True,
    )
    # Use one device. With several visible devices, Trainer would cut each tensor into equal parts,
    # which is not possible with concatenated clips.
    arguments.n_gpu  # noqa: B018 - finds the devices, which would overwrite the next line
    arguments._n_gpu = min(arguments._n_gpu, 1)
    return arguments
