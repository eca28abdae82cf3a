"""Where computation runs."""

from __future__ import annotations

import torch


def use_threads(threads: int) -> None:
    """Let torch use that many CPU threads; 0 leaves its own choice."""
    if threads > 0:
        torch.set_num_threads(threads)


def best_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
