"""The environment of a job: library versions, device and peak memory."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import resource
import sys

from sign2text.ground.code_hash import libraries_of
from sign2text.ground.method_packages import stage_modules

DISTRIBUTIONS = {
    "accelerate": "accelerate",
    "av": "av",
    "cv2": "opencv-python-headless",
    "decord": "decord2",
    "numpy": "numpy",
    "pandas": "pandas",
    "rapidfuzz": "rapidfuzz",
    "sacrebleu": "sacrebleu",
    "safetensors": "safetensors",
    "sentencepiece": "sentencepiece",
    "simplejpeg": "simplejpeg",
    "simplemma": "simplemma",
    "spacy": "spacy",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
}
"""Libraries that can change an artefact: import name -> distribution."""


def library_versions(
    stage: str, adapters: tuple[str, ...] = (), translators: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return versions of Python and of the DISTRIBUTIONS that are loaded or that a stage imports.

    Args:
        stage: its name; for a stage outside the package, only loaded libraries are listed.
        adapters: names of the adapters that its settings select.
        translators: modules of the translators that it may load.
    """
    used: frozenset[str] = frozenset()
    if stage in stage_modules():
        used = libraries_of(stage, adapters=adapters, translators=translators)
    found = {"python": platform.python_version()}
    for name, distribution in DISTRIBUTIONS.items():
        if name in used or name in sys.modules:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[distribution] = importlib.metadata.version(distribution)
    return found


def device_name() -> str:
    """Return the device that the job used: `cpu`, or the GPU's model name."""
    torch = sys.modules.get("torch")
    if peak_gpu_memory() is None or torch is None:
        return "cpu"
    return torch.cuda.get_device_name(torch.cuda.current_device())


def peak_memory() -> int:
    """Return the peak memory in bytes of this process or of an ended child, whichever is larger."""
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit


def peak_gpu_memory() -> int | None:
    """Return the peak bytes that torch held on the GPU; None if no GPU was used."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    return torch.cuda.max_memory_allocated() or None
