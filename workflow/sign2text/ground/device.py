"""Devices, CPU threads and precision of computation."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Mapping
from typing import Any, Literal

import torch

from sign2text.ground.errors import InputError
from sign2text.ground.processes import neighbours

# From glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def use_threads(threads: int) -> None:
    """Let torch use `threads` CPU threads, or its default for 0, and keep freed memory.

    The processes of a training on this machine share the threads.
    """
    if threads > 0:
        torch.set_num_threads(max(1, threads // neighbours()))
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Make glibc reuse freed memory instead of returning it to the system.

    Each batch frees and reallocates its activations; if the memory is returned, every page costs a
    page fault. Measured on 2 cores with the avatar's ResNet, side by side: 1.3 to 1.4 times as many
    frames per second in evaluation, 1.1 to 1.25 times in training (2026-11-21).
    Other C libraries are unaffected.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def has_bfloat16(device: torch.device, processor: Mapping[str, Any] | None = None) -> bool:
    """Return whether the device computes in bfloat16 faster than in float32.

    NVIDIA's GPUs do from compute capability 8.0 on. A CPU needs special units (AVX512 BF16 or
    AMX); without them mixed precision is two to three times slower.

    Args:
        processor: the CPU's capabilities by torch's names; None queries torch.
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
    """Return the computing precision; `auto` is bfloat16 if the device is fast at it, else float32.

    Raises:
        InputError: `wanted` is bfloat16 on a CPU without units for it.
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
    """Return a context to compute models in `precision`; weights and gradients stay float32."""
    if precision is torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=precision)


def best_device() -> torch.device:
    """Return the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
