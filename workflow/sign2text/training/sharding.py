"""Models whose weights, gradients and optimiser state are divided among processes (FSDP2).

Each process has the shard of a copy of the model that learns, and the model itself, whole, which is
measured on dev and saved as without shards. So checkpoints and models have the form that they have
everywhere, and any number of processes reads them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import PreTrainedModel

from sign2text.training.task import Task


class ShardedModel:
    """The shards of a model's copy, and the model that gets their values."""

    def __init__(self, whole: PreTrainedModel, processes: int) -> None:
        """Divide a copy of `whole` among all processes (collective call).

        The layers that the library never splits over devices are divided each by itself, so that
        only one of them at a time is whole in memory.
        """
        self.whole, self.copy = whole, copy.deepcopy(whole)
        mesh = init_device_mesh(whole.device.type, (processes,))
        kinds = {
            kind
            for module in whole.modules()
            if isinstance(module, PreTrainedModel)
            for kind in module._no_split_modules or ()
        }
        for module in [*self.copy.modules()][1:]:
            if type(module).__name__ in kinds:
                fully_shard(module, mesh=mesh)
        fully_shard(self.copy, mesh=mesh)

    def task(self, task: Task) -> Task:
        """Return the task with the groups and parts of the copy in place of the model's."""
        names = {id(weight): name for name, weight in self.whole.named_parameters()}
        weights = dict(self.copy.named_parameters())
        groups = [
            {**group, "params": [weights[names[id(each)]] for each in group["params"]]}
            for group in task.groups
        ]
        parts = {name: self.counterpart(part) for name, part in task.parts.items()}
        return replace(task, groups=groups, parts=parts)

    def counterpart(self, module: torch.nn.Module) -> torch.nn.Module:
        """Return the module of the copy that is `module` in the whole model."""
        (name,) = (name for name, each in self.whole.named_modules() if each is module)
        return self.copy.get_submodule(name)

    @torch.no_grad()
    def gather(self) -> None:
        """Give the whole model the copy's values (collective call)."""
        wanted = dict(self.whole.named_parameters())
        for name, shard in self.copy.named_parameters():
            wanted[name].copy_(whole_value(shard))
        for mine, other in zip(self.whole.buffers(), self.copy.buffers(), strict=True):
            mine.copy_(other)


def whole_value(value: Any) -> Any:
    """Return the whole tensor of a shard (collective call); other values as they are."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def whole_state(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return an optimiser's state as one process has it (collective call), in CPU memory."""
    found = optimizer.state_dict()
    states = {
        number: {name: _on_cpu(whole_value(value)) for name, value in state.items()}
        for number, state in found["state"].items()
    }
    return {**found, "state": states}


def _on_cpu(value: Any) -> Any:
    return value.cpu() if isinstance(value, torch.Tensor) else value


def divide_loaded(optimizer: torch.optim.Optimizer, loaded: Mapping[str, Any]) -> dict[str, Any]:
    """Divide a loaded state like the optimiser's weights; a hook before it takes the state."""
    weights = [each for group in optimizer.param_groups for each in group["params"]]
    states = {}
    for number, state in loaded["state"].items():
        like = weights[number]
        states[number] = {
            name: distribute_tensor(value.to(like.device), like.device_mesh, like.placements)
            if isinstance(value, torch.Tensor) and value.shape == like.shape
            else value
            for name, value in state.items()
        }
    return {**loaded, "state": states}
