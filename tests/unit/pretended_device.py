"""Find device faults without a GPU: tensors on the CPU that count as on an accelerator.

The storages of a model and of its batch count as there, and so does all that is made from them, or
made with `device=`, or moved by `.to(device)`. An operation that mixes them with another tensor
raises, as a GPU would. Attention must be eager: torch's fused one makes masks of its own on the
CPU. (torch's FakeTensorMode does not serve: autograd on fake CUDA tensors aborts a CPU build.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class MixedDevicesError(RuntimeError):
    """An operation got tensors of both devices."""


@contextmanager
def pretending(model: torch.nn.Module, *tensors: torch.Tensor) -> Iterator[None]:
    """Let the model and `tensors` count as on the accelerator, all else as on the CPU."""
    storages = _Storages()
    for tensor in (*model.parameters(), *model.buffers(), *tensors):
        storages.mark(tensor)
    with _Moves(storages), _Operations(storages):
        yield


class _Storages:
    """The storages on the accelerator."""

    def __init__(self) -> None:
        self._there: set[int] = set()
        self._kept: list[torch.Tensor] = []  # so that no address is used again

    def mark(self, found: Any) -> None:
        for tensor in _tensors(found):
            self._there.add(tensor.untyped_storage()._cdata)
            self._kept.append(tensor)

    def have(self, tensor: torch.Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self._there


class _Operations(TorchDispatchMode):
    """Refuses operations on tensors of both devices; results are where the operands are."""

    def __init__(self, storages: _Storages) -> None:
        super().__init__()
        self.storages = storages

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None):
        tensors = _tensors((args, kwargs))
        there = [tensor for tensor in tensors if self.storages.have(tensor)]
        # Single numbers on the CPU mix with everything; copies are how tensors move.
        here = [t for t in tensors if not self.storages.have(t) and t.dim() > 0]
        if there and here and "copy_" not in str(func):
            shapes = [tuple(tensor.shape) for tensor in here]
            raise MixedDevicesError(f"{func}: tensors of {shapes} are on the CPU")
        result = func(*args, **(kwargs or {}))
        if there:
            self.storages.mark(result)
        return result


class _Moves(TorchFunctionMode):
    """Marks tensors made with `device=` or moved by `.to(device)` as on the accelerator."""

    def __init__(self, storages: _Storages) -> None:
        super().__init__()
        self.storages = storages

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        named = any(isinstance(each, torch.device | str) for each in args[1:])
        moved = getattr(func, "__name__", "") == "to" and named
        if kwargs.get("device") is not None or moved:
            self.storages.mark(result)
        return result


def _tensors(found: Any) -> list[torch.Tensor]:
    return [each for each in tree_leaves(found) if isinstance(each, torch.Tensor)]
