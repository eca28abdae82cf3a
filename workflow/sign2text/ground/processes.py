"""The processes of a distributed training, one per GPU.

torchrun starts them and passes each its rank in the environment. Each computes a share of every
batch. Only rank 0 writes files and messages.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sign2text.ground.errors import InputError

Result = TypeVar("Result")

# Time that a process waits for another's results, such as its share of dev, decoded. It need not
# detect that another process has died: torchrun then ends all.
PATIENCE = timedelta(days=7)


def process_number() -> int:
    """Return the rank of this process, from 0."""
    return int(os.environ.get("RANK", 0))


def process_count() -> int:
    """Return the number of processes in this training."""
    return int(os.environ.get("WORLD_SIZE", 1))


def is_first() -> bool:
    """Return whether this process has rank 0, which writes files."""
    return process_number() == 0


def neighbours() -> int:
    """Return the number of the training's processes on this machine, including this one."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1))


class Processes:
    """Communication between ranks, apart from gradients; a single process needs none.

    All ranks must call the same methods in the same order.
    """

    def __init__(self, number: int = 0, count: int = 1, group: Any = None) -> None:
        """Use `group`, a torch.distributed group for tensors in CPU memory."""
        self.number, self.count, self.group = number, count, group

    @property
    def first(self) -> bool:
        """True for rank 0, which writes files."""
        return self.number == 0

    def share(self, items: Sequence[Any]) -> Sequence[Any]:
        """Return this rank's items: rank, rank + count, and so on."""
        return items[self.number :: self.count]

    def gather(self, mine: Result) -> list[Result]:
        """Return the values `mine` of all ranks, in the order of ranks."""
        if self.count == 1:
            return [mine]
        from torch import distributed

        found: list[Any] = [None] * self.count
        distributed.all_gather_object(found, mine, group=self.group)
        return found

    def highest(self, value: int) -> int:
        """Return the highest `value` among all ranks."""
        if self.count == 1:
            return value
        import torch
        from torch import distributed

        found = torch.tensor(value)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self.group)
        return int(found)

    def wait(self) -> None:
        """Wait until all ranks have called this."""
        self.highest(0)


def in_turn(results: Sequence[Sequence[Result]]) -> list[Result]:
    """Merge the ranks' results into the order of the items before `share`.

    >>> in_turn([["a", "c", "e"], ["b", "d"]])
    ['a', 'b', 'c', 'd', 'e']
    """
    whole = sum(map(len, results))
    return [results[n % len(results)][n // len(results)] for n in range(whole)]


@functools.cache
def processes() -> Processes:
    """Connect the processes of this training; without torchrun there is only this one.

    Raises:
        InputError: this machine has fewer GPUs than processes.
    """
    if process_count() == 1:
        return Processes()
    import torch
    from torch import distributed
    from torch.distributed.rendezvous import rendezvous

    gpus = torch.cuda.device_count()
    if 0 < gpus < neighbours():
        raise InputError(
            f"{neighbours()} processes were started on this machine, {gpus} GPU found, a GPU for "
            f"each is expected. Ask for gpu={gpus} (docs/several_gpus.md)."
        )
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    store, number, count = next(rendezvous("env://", timeout=PATIENCE))
    # Rank 0 may have to wait for the lock of its output, longer than a connection would wait.
    if number == 0:
        store.set("first", "ready")
    store.wait(["first"], PATIENCE)
    backend = "nccl" if gpus else "gloo"
    distributed.init_process_group(backend, store=store, rank=number, world_size=count)
    group = distributed.new_group(backend="gloo", timeout=PATIENCE)
    return Processes(number, count, group)
