"""The environment of a job: versions of its libraries, its device, the memory that it held."""

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
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
}
"""Libraries that can change an artefact: name in imports -> distribution."""


def library_versions(
    stage: str, adapters: tuple[str, ...] = (), translators: tuple[str, ...] = ()
) -> dict[str, str]:
    """Versions of Python and of the DISTRIBUTIONS that the stage's modules import or have loaded.

    Args:
        stage: its name; one outside the package has only the libraries that are loaded.
        adapters: names of the adapters that it finds by its settings.
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
    """The device that was computed on: `cpu`, or the name of the GPU's model."""
    torch = sys.modules.get("torch")
    if peak_gpu_memory() is None or torch is None:
        return "cpu"
    return torch.cuda.get_device_name(torch.cuda.current_device())


def peak_memory() -> int:
    """Most bytes that one process held: this one, or one that it started and saw end."""
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit


def peak_gpu_memory() -> int | None:
    """Most bytes that torch held on the GPU; None where no GPU was used."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    return torch.cuda.max_memory_allocated() or None
