"""The processes that do one training together, one a GPU.

torchrun starts them, and tells each by the environment which one it is. Each computes a share of
every batch; the first alone writes files and speaks to the user.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sign2text.ground.errors import InputError

Result = TypeVar("Result")

# How long a process waits for what another one has to say, such as the rest of dev, decoded. It
# need not notice that another one has died: torchrun then ends all.
PATIENCE = timedelta(days=7)


def process_number() -> int:
    """Which of the processes this is, from 0."""
    return int(os.environ.get("RANK", 0))


def process_count() -> int:
    """How many processes do this training together."""
    return int(os.environ.get("WORLD_SIZE", 1))


def is_first() -> bool:
    """Whether it is for this process to write files."""
    return process_number() == 0


def neighbours() -> int:
    """How many of the processes are on this machine, this one included."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1))


class Processes:
    """What the processes tell each other beside the gradients; alone, one tells it to itself.

    All of them must call the same methods in the same order.
    """

    def __init__(self, number: int = 0, count: int = 1, group: Any = None) -> None:
        """`group` is one of torch.distributed that passes on what is in the CPU's memory."""
        self.number, self.count, self.group = number, count, group

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.number == 0

    def share(self, items: Sequence[Any]) -> Sequence[Any]:
        """The items that are for this process: they are dealt out in turn."""
        return items[self.number :: self.count]

    def gather(self, mine: Result) -> list[Result]:
        """What each process says, in the order of their numbers."""
        if self.count == 1:
            return [mine]
        from torch import distributed

        found: list[Any] = [None] * self.count
        distributed.all_gather_object(found, mine, group=self.group)
        return found

    def highest(self, value: int) -> int:
        """The highest of the values that the processes say."""
        if self.count == 1:
            return value
        import torch
        from torch import distributed

        found = torch.tensor(value)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self.group)
        return int(found)

    def wait(self) -> None:
        """Go on when all have come here."""
        self.highest(0)


def in_turn(results: Sequence[Sequence[Result]]) -> list[Result]:
    """What the processes made of their shares, in the order of what was shared.

    >>> in_turn([["a", "c", "e"], ["b", "d"]])
    ['a', 'b', 'c', 'd', 'e']
    """
    whole = sum(map(len, results))
    return [results[n % len(results)][n // len(results)] for n in range(whole)]


@functools.cache
def processes() -> Processes:
    """Those of this training, connected; one alone where torchrun did not start it.

    Raises:
        InputError: there are fewer GPUs than processes.
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
    # The first one may have to wait for the lock of what it writes, longer than a connection does.
    if number == 0:
        store.set("first", "ready")
    store.wait(["first"], PATIENCE)
    backend = "nccl" if gpus else "gloo"
    distributed.init_process_group(backend, store=store, rank=number, world_size=count)
    group = distributed.new_group(backend="gloo", timeout=PATIENCE)
    return Processes(number, count, group)
