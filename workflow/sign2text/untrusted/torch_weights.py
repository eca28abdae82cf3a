"""Conversion of weights that torch saved to safetensors, without running a pickle's calls."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.files import replacing
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.pickles import RefusedError
from sign2text.untrusted.torch_contents import check_contents

if TYPE_CHECKING:
    import torch


def convert(sources: Sequence[Path], target: Path) -> None:
    """Write the tensors of `sources`, the files of one model, to the safetensors file `target`.

    If tensors share the same memory (tied embeddings), only the first name is kept; the library
    ties them again when it loads the model.

    Raises:
        InputError: a file asks for or holds anything other than tensors, or cannot be read.
    """
    from safetensors.torch import save_file

    tensors: dict[str, torch.Tensor] = {}
    for source in sources:
        tensors |= _load(source)
    first: dict[tuple, str] = {}
    for name, tensor in tensors.items():
        memory = tensor.untyped_storage().data_ptr() or name  # an empty tensor has none
        place = (memory, tensor.storage_offset(), tensor.shape, tensor.stride())
        first.setdefault(place, name)
    kept, taken = {}, set()
    for name in first.values():
        memory = tensors[name].untyped_storage().data_ptr()
        kept[name] = _own_memory(tensors[name], alone=memory not in taken)
        taken.add(memory)
    with replacing(target) as temporary:
        save_file(kept, temporary, metadata={"format": "pt"})


def _own_memory(tensor: torch.Tensor, alone: bool) -> torch.Tensor:
    """Return the tensor, copied unless it is `alone` in its memory and fills it."""
    whole = alone and tensor.untyped_storage().nbytes() == tensor.nbytes
    return tensor.contiguous() if whole else tensor.contiguous().clone()


def _load(path: Path) -> dict[str, torch.Tensor]:
    import torch

    try:
        with enough_memory(path):
            check_contents(path)
            loaded = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except (MemoryShortError, OSError):
        raise
    except RefusedError as error:
        raise InputError(
            f"{path}: asks for {error}, expected tensors only. Nothing of it was run. Name "
            "another revision or another model."
        ) from error
    except Exception as error:  # damaged bytes may raise any error
        raise InputError(
            f"{path}: cannot be read as weights that torch saved ({type(error).__name__}). It was "
            "cut, or is a file of another kind. Name another revision or another model, or put "
            "the right file there."
        ) from error
    if not isinstance(loaded, dict) or not all(
        isinstance(name, str) and name.isprintable() and _is_plain(value)
        for name, value in loaded.items()
    ):
        raise InputError(
            f"{path}: found {type(loaded).__name__}, expected a dict of tensors by name. Name "
            "another revision or another model."
        )
    return loaded


def _is_plain(value: Any) -> bool:
    """Return whether a value is a plain dense tensor in CPU memory."""
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout is torch.strided
        and not value.is_quantized
        and not value.is_nested
        and value.nbytes <= value.untyped_storage().nbytes()
        and value.device.type == "cpu"
    )
