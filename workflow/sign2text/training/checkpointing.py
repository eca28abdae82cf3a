"""A Trainer with exact resume, whose checkpoints are either complete or missing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Trainer, TrainerCallback, set_seed
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME

from sign2text.ground.processes import Processes
from sign2text.ground.storage import writing
from sign2text.jobs.finished_trainings import checkpoints, remove
from sign2text.training.diverging import check_weights
from sign2text.training.frozen import check_saved
from sign2text.training.resuming import NamedLosses, RunningLoss, step_of
from sign2text.training.selection import BestWeights
from sign2text.training.sharding import ShardedModel, whole_state
from sign2text.training.state import advice, loading, seal


class CheckpointedTrainer(Trainer):
    """transformers' Trainer with its own way to write and read checkpoints."""

    def __init__(
        self,
        processes: Processes,
        best: BestWeights | None,
        resume: Path | None,
        named: NamedLosses,
        callbacks: Sequence[TrainerCallback],
        **library: Any,
    ) -> None:
        """Take the checkpoint to `resume` from; `library` has the library's arguments."""
        self.processes, self.best, self.resume = processes, best, resume
        self.staging: Path | None = None
        self.sharded: ShardedModel | None = None
        self.running_loss = RunningLoss(self, resume, processes, named)
        super().__init__(callbacks=[*callbacks, self.running_loss], **library)

    def draw_otherwise(self) -> None:
        """Give each rank separate random numbers from this step on; dropout draws from them."""
        entropy = [self.args.seed, self.processes.number, self.state.global_step]
        set_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))

    def _load_from_checkpoint(self, checkpoint: str, model: Any = None) -> None:
        with loading(checkpoint):
            check_saved(self.model, Path(checkpoint), advice(Path(checkpoint).parent))
            super()._load_from_checkpoint(checkpoint, model)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        with loading(checkpoint):
            super()._load_optimizer_and_scheduler(checkpoint)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        """Save both as the library does, whole even where the optimiser's state is in shards."""
        if self.sharded is None:
            super()._save_optimizer_and_scheduler(output_dir)
            return
        state = whole_state(self.optimizer)
        if self.processes.first:
            torch.save(state, Path(output_dir) / OPTIMIZER_NAME)
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def gather_shards(self) -> None:
        """Give the model the values of its shards, if it is divided (collective call)."""
        if self.sharded is not None:
            self.sharded.gather()

    def _get_output_dir(self, trial: Any) -> str:
        return str(self.staging or self.args.output_dir)

    def save_state(self) -> None:
        """Save a checkpoint of the current step if there is none."""
        if not (Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}").exists():
            self._save_checkpoint(self.model, None)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write the checkpoint under a temporary name, and rename it once it is complete.

        Each rank adds the state of its random numbers; the first rank writes everything else.

        Raises:
            InputError: the weights are not finite; the previous checkpoint is kept.
        """
        if self.resume is not None and step_of(self.resume) == self.state.global_step:
            return  # nothing was trained since the last checkpoint
        state, first = Path(self.args.output_dir), self.processes.first
        self.gather_shards()
        check_weights(self.model, self.state.global_step, state)
        self.staging = state / "incomplete"
        try:
            if first:
                shutil.rmtree(self.staging, ignore_errors=True)
            self.processes.wait()
            with writing(state / f"checkpoint-{self.state.global_step}"):
                super()._save_checkpoint(model, trial)
                written = self.staging / f"checkpoint-{self.state.global_step}"
                self.running_loss.save(written)  # after all ranks got here
                if first:
                    seal(written)
                    target = state / written.name
                    shutil.rmtree(target, ignore_errors=True)
                    written.rename(target)
        finally:
            self.staging = None
            if first:
                shutil.rmtree(state / "incomplete", ignore_errors=True)
        if first:
            for old in checkpoints(state)[:-1]:
                remove(old)
        if self.best is not None:
            self.best.checkpointed(self.state.log_history)
        self.processes.wait()

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Restore the library's random state; with another number of ranks, draw new states."""
        if len(list(Path(checkpoint).glob("rng_state*.pth"))) == self.processes.count:
            with loading(checkpoint):
                super()._load_rng_state(checkpoint)
        else:
            self.draw_otherwise()
