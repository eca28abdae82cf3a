"""Where computation runs."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Mapping
from typing import Any, Literal

import torch

from sign2text.ground.errors import InputError
from sign2text.ground.processes import neighbours

# Of glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def use_threads(threads: int) -> None:
    """Let torch use that many CPU threads; 0 leaves its own choice. Freed memory is kept.

    Several processes that do one training share them out.
    """
    if threads > 0:
        torch.set_num_threads(max(1, threads // neighbours()))
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Have glibc use freed memory again instead of giving it back to the system.

    Each batch's activations are freed and asked for anew; given back, every page of them costs a
    page fault. Measured on 2 cores with the avatar's ResNet, side by side: 1.3 to 1.4 times as many
    frames a second in evaluation, 1.1 to 1.25 times in training (2026-11-21).
    Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def has_bfloat16(device: torch.device, processor: Mapping[str, Any] | None = None) -> bool:
    """Whether the device computes in bfloat16 faster than in float32.

    NVIDIA's GPUs do from compute capability 8.0 on. A CPU does with units of its own for it (AVX512
    BF16 or AMX); without them mixed precision is two to three times slower.

    Args:
        processor: what a CPU can do, by torch's names; None asks torch.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type == "cpu":
        able = torch.cpu.get_capabilities() if processor is None else processor
        return any(bool(able.get(name)) for name in ("avx512_bf16", "amx_bf16"))
    return False


def precision_of(
    wanted: Literal["auto", "float32", "bfloat16"], device: torch.device
) -> torch.dtype:
    """What is computed in: `auto` is bfloat16 where the device has units for it, else float32.

    Raises:
        InputError: bfloat16 is wanted on a CPU without units for it.
    """
    able = has_bfloat16(device)
    if wanted == "bfloat16" and device.type == "cpu" and not able:
        raise InputError(
            "precision: found bfloat16, but this CPU has no units for it (AVX512 BF16 or AMX) and "
            "would take two to three times as long. Set it to float32, or to auto, which takes "
            "bfloat16 where a machine has such units."
        )
    if wanted == "float32" or (wanted == "auto" and not able):
        return torch.float32
    return torch.bfloat16


def computing_in(precision: torch.dtype, device: torch.device) -> contextlib.AbstractContextManager:
    """A context in which a model computes so; weights and gradients stay float32."""
    if precision is torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=precision)


def best_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
