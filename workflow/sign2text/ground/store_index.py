"""Checks of the indices of frame and feature stores before anything relies on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sign2text.ground.errors import InputError


def index_path(store: Path) -> Path:
    """Return the path of a store's index: `train.tar` -> `train.index.safetensors`."""
    return store.with_name(store.stem + ".index.safetensors")


def read_about(metadata: Mapping[str, str] | None, path: Path) -> dict[str, Any]:
    """Parse the JSON object under the key `about` of a safetensors file's metadata.

    Raises InputError if it is missing or of another kind, and json.JSONDecodeError or
    RecursionError as json.loads does; `reading` turns both into InputErrors.
    """
    if "about" not in (metadata or {}):
        raise wrong(path, "metadata", sorted(metadata or {}), "the key 'about'")
    try:
        about = json.loads(metadata["about"])
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # a number with more digits than Python converts
        raise wrong(path, "about", str(error), "numbers of a few digits") from error
    if not isinstance(about, dict):
        raise wrong(path, "about", about, "a JSON object")
    return about


def read_field(about: Mapping[str, Any], key: str, kind: type, path: Path) -> Any:
    """Return a field of `about`; raise InputError if it is missing or of another JSON type."""
    if key not in about:
        raise wrong(path, "about", sorted(about), f"the key '{key}'")
    if type(about[key]) is not kind:  # True does not pass as a number
        raise wrong(path, f"about.{key}", about[key], f"a JSON value of type {kind.__name__}")
    return about[key]


def read_ids(about: Mapping[str, Any], path: Path) -> dict[str, int]:
    """Map each clip id to its position; raise InputError for ids that are not unique texts."""
    ids = read_field(about, "ids", list, path)
    try:
        "".join(ids)  # the fastest check of all types
    except TypeError as error:
        other = next(each for each in ids if type(each) is not str)
        raise wrong(path, "about.ids", other, "texts alone") from error
    positions = dict(zip(ids, range(len(ids)), strict=True))
    if len(positions) != len(ids):
        other = next(clip for number, clip in enumerate(ids) if positions[clip] != number)
        raise wrong(path, "about.ids", f"{other!r} twice", "each id once")
    return positions


def check_tensor(file: Any, name: str, kinds: tuple[str, ...], shape: tuple, path: Path) -> None:
    """Raise InputError if a tensor is missing or has another type or shape, without reading it.

    Args:
        file: the result of `safe_open`.
        name: the tensor's name.
        kinds: accepted types, by safetensors' names (I64, F32).
        shape: expected axes; None accepts any length.
        path: the file's path, for the message.
    """
    from safetensors import SafetensorError

    try:
        tensor = file.get_slice(name)
    except SafetensorError as error:  # keys() first would take milliseconds
        raise wrong(path, "tensors", sorted(file.keys())[:9], f"one called '{name}'") from error
    kind, found = tensor.get_dtype(), tuple(tensor.get_shape())
    fits = len(found) == len(shape) and all(
        wanted in (None, axis) for axis, wanted in zip(found, shape, strict=True)
    )
    if kind not in kinds or not fits:
        axes = ", ".join("any" if axis is None else str(axis) for axis in shape)
        raise wrong(path, name, f"{kind} {[*found]}", f"{' or '.join(kinds)} [{axes}]")


def has_tensor(file: Any, name: str) -> bool:
    """Return whether the file that `safe_open` opened has a tensor `name`."""
    from safetensors import SafetensorError

    try:
        file.get_slice(name)
    except SafetensorError:
        return False
    return True


def check_starts(
    starts: np.ndarray, steps: int, path: Path, least: int = 0, name: str = "starts"
) -> None:
    """Raise InputError if `starts`, int64 [clips + 1], do not divide `steps` into clips.

    Args:
        least: fewest steps of a clip, 0 or 1.
        name: the tensor's name, for the message.
    """
    # Compare instead of subtracting: a difference of two int64 may wrap around.
    if starts[0] != 0 or starts[-1] != steps:
        found = f"{starts[0]} to {starts[-1]}"
        raise wrong(path, name, found, f"0 to {steps}")
    falls = (starts[1:] <= starts[:-1]) if least else (starts[1:] < starts[:-1])
    if falls.any():
        clip = int(falls.argmax())
        found = f"{starts[clip]}, then {starts[clip + 1]}, at clip {clip}"
        raise wrong(path, name, found, "rising numbers")


def wrong(path: Path, what: str, found: Any, expected: str) -> InputError:
    """Return an InputError: a field of an artefact differs from the format of its stage."""
    shown = found if isinstance(found, str) else repr(found)
    shown = shown if len(shown) <= 120 else f"{shown[:120]}..."
    return InputError(
        f"{path}, {what}: found {shown}, expected {expected}. The file is damaged or was not made "
        f"by {path.parent.name}. Delete it and run {path.parent.name} again."
    )
