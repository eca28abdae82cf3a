"""Frozen parts of a model: weights that stay in another folder and are not saved again.

A model in training lists in `frozen_parts` the folders that its frozen parts were loaded from. Its
saved weights (last, best or checkpoint) have only the trained parameters and all buffers; of each
part they record the folder and the SHA-256 of the weights.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from torch import nn

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading, sha256_of
from sign2text.ground.targets import workflow_path
from sign2text.untrusted.model_weights import joined_hash, measure, tensors_in, weight_files

_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_MOST = 5  # names of tensors in a message


class Stored(NamedTuple):
    """A tensor described by the header of its safetensors file."""

    file: Path
    dtype: torch.dtype
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """A frozen part of a model, with the folder that holds its weights."""

    module: str
    """Name of the module in the model; empty for the model itself."""
    folder: Path
    sha256: str
    tensors: Mapping[str, Stored]
    """Tensors by their names in the part."""

    @property
    def place(self) -> str:
        """The folder relative to the project's; only its name if it is outside the project."""
        try:
            return workflow_path(str(self.folder))
        except InputError:
            return self.folder.resolve().name


@dataclass(frozen=True)
class Placed:
    """The tensors of a model that belong to its frozen parts."""

    parts: tuple[Part, ...]
    sources: Mapping[str, Stored]
    """Stored tensors by their names in the model."""
    inner: Mapping[str, str]
    """Names in the part by names in the model."""
    names: frozenset[str]
    """All names of these weights in the model; tied weights have several."""

    @property
    def folders(self) -> dict[str, Path]:
        """Folders of the parts by the names of their modules."""
        return {each.module: each.folder for each in self.parts}

    def described(self) -> dict[str, dict[str, str]]:
        """Return the entry `frozen_parts` of config.json."""
        return {each.module: {"place": each.place, "sha256": each.sha256} for each in self.parts}


def read_part(module: str, folder: Path) -> Part:
    """Hash the weights in `folder` and read their headers.

    Raises:
        InputError: there are no weights, they are not safetensors, or they lie outside the folder.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; expected that of the weights of the frozen part "
            f"'{module}'. Make it, or name the folder that they were loaded from."
        )
    files = weight_files(folder)
    measure(files)
    return Part(module, folder, hash_of(files), stored_tensors(files))


def stored_tensors(files: Sequence[Path]) -> dict[str, Stored]:
    """Read the headers of a model's files, checked by `measure`: its tensors by name."""
    return {
        name: Stored(path, _TYPES[dtype], shape)
        for path in files
        for name, dtype, shape in tensors_in(path)
    }


def hash_of(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a model's weights (`joined_hash`); changed files are read again."""
    return joined_hash([(path.name, _hash_of(path)) for path in files])


def place_tensors(model: nn.Module, parts: Sequence[Part]) -> Placed:
    """Find the parameters of `model` that are in the files of `parts`.

    Buffers never belong to a part: BatchNorm's statistics, for one, change even in a frozen module.
    A part may have tensors that the model does not use.

    Raises:
        InputError: the model has no such module or no tensor of a part, or two parts have the same
            parameter.
    """
    aliases: dict[int, list[str]] = {}
    owners: dict[int, Part] = {}
    sources, inner = dict[str, Stored](), dict[str, str]()
    for name, weight in model.named_parameters(remove_duplicate=False):
        aliases.setdefault(id(weight), []).append(name)
    for part in parts:
        found = False
        for name, inside, weight in _names_inside(model, part.module):
            if inside not in part.tensors:
                continue
            other = owners.setdefault(id(weight), part)
            if other is not part:
                raise InputError(
                    f"{name}: is in two frozen parts, {other.folder} and {part.folder}; one "
                    "expected. Give their modules other names, or take one out."
                )
            sources[name], inner[name], found = part.tensors[inside], inside, True
        if not found:
            raise InputError(
                f"{part.folder}: has no weights of the module '{part.module}', whose frozen part "
                f"it should be; found {_listed(part.tensors)}. Name the folder that the module's "
                "weights were loaded from."
            )
    names = frozenset(name for each in owners for name in aliases[each])
    return Placed(tuple(parts), sources, inner, names)


def check_accounted(
    model: nn.Module, placed: Placed | None, own: Mapping[str, Stored], where: Path, advice: str
) -> None:
    """Refuse a model whose weights do not come from exactly one file, with the right form.

    Args:
        model: the model, of which only names, shapes and types are used.
        placed: its frozen tensors; None if it has none.
        own: the tensors of its own file.
        where: that file; begins the message.
        advice: ends the message.

    Raises:
        InputError: weights are in the model's file and in a part, in neither, or have another shape
            or type; the message names them.
    """
    frozen = placed.names if placed else frozenset()
    values, known = model.state_dict(keep_vars=True), set[int]()
    for name in own:
        if name in values:
            known.add(id(values[name]))
    problems = {
        "are in a frozen part too": sorted(frozen & own.keys()),
        "are missing, here and in the frozen parts": sorted(
            name
            for name, value in values.items()
            if name not in frozen and name not in own and id(value) not in known
        ),
        "are unknown to the model": sorted(own.keys() - values.keys()),
    }
    for problem, names in problems.items():
        if names:
            raise InputError(f"{where}: weights that {problem}: {_listed(names)}. {advice}")
    for name, stored in (*own.items(), *(placed.sources.items() if placed else ())):
        shape, dtype = tuple(values[name].shape), values[name].dtype
        # Half precision, common in published models, is read without loss.
        wider = stored.dtype.is_floating_point and torch.promote_types(stored.dtype, dtype) == dtype
        if stored.shape != shape or not (stored.dtype == dtype or wider):
            raise InputError(
                f"{stored.file}: {name} is {_form(stored.dtype, stored.shape)}, expected "
                f"{_form(dtype, shape)}. {advice}"
            )


def find_changed(model: nn.Module, placed: Placed) -> str | None:
    """Return the name of a frozen weight of `model` that differs from its part's; None if none."""
    values = dict(model.named_parameters(remove_duplicate=False))
    for name, stored in read_tensors(placed):
        value = values[name].detach().cpu()
        if stored.shape != value.shape or not torch.equal(stored.to(value.dtype), value):
            return name
    return None


def read_tensors(placed: Placed) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the stored tensors one by one with their names in the model."""
    with ExitStack() as stack:
        files = {}
        for path in {each.file for each in placed.sources.values()}:
            stack.enter_context(reading(path))
            files[path] = stack.enter_context(safe_open(str(path), framework="pt"))
        for name, stored in placed.sources.items():
            yield name, files[stored.file].get_tensor(placed.inner[name])


def _names_inside(model: nn.Module, module: str) -> Iterator[tuple[str, str, nn.Parameter]]:
    """Yield a module's parameters with their names in the model and in the module's part."""
    try:
        found = model.get_submodule(module)
    except AttributeError:
        names = [name for name, _ in model.named_children()]
        raise InputError(
            f"frozen_parts: a {type(model).__name__} has no module '{module}'; found "
            f"{_listed(names)}. Name the module whose weights the part holds."
        ) from None
    for name, weight in found.named_parameters(remove_duplicate=False):
        yield f"{module}.{name}" if module else name, _unwrapped(found, name), weight


def _unwrapped(module: nn.Module, name: str) -> str:
    """Return a parameter's name before modules on the path to it were wrapped.

    A module that replaces another, such as a projection with an adapter, has the name of the
    attribute that holds the replaced one in `wrapped`.
    """
    *path, last = name.split(".")
    kept = []
    for piece in path:
        if getattr(module, "wrapped", None) != piece:
            kept.append(piece)
        module = getattr(module, piece)
    return ".".join([*kept, last])


def _hash_of(path: Path) -> str:
    status = path.stat()
    return _hash_once(path.resolve(), status.st_mtime_ns, status.st_size, status.st_ino)


@functools.lru_cache(maxsize=256)
def _hash_once(path: Path, *_: int) -> str:
    return sha256_of(path)


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    shown = ", ".join(name[:200] for name in list(names)[:_MOST])
    more = len(names) - _MOST
    return f"{shown or 'nothing'}{f' and {more} more' if more > 0 else ''}"


def _form(dtype: torch.dtype, shape: Sequence[int]) -> str:
    return f"{str(dtype).removeprefix('torch.')} {list(shape)}"
