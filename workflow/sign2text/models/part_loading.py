"""Load a model whose frozen parts are in other folders, after comparing their hashes.

A part is searched for next to the model's folder, by the last name of its place, then at its place
below the project's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from safetensors import safe_open
from transformers import PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.config.published_models import MANIFEST
from sign2text.config.published_models import ROOT as MODELS
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, reading
from sign2text.models.frozen_parts import (
    Part,
    Placed,
    check_accounted,
    place_tensors,
    read_part,
    read_tensors,
    stored_tensors,
)
from sign2text.models.loading import LOCAL, check_size, explained
from sign2text.untrusted.model_weights import INDEX, WEIGHTS, measure, weight_files
from sign2text.untrusted.part_places import PartPlace


def load_with_parts(
    kind: Any,
    folder: Path,
    config: PreTrainedConfig,
    named: Mapping[str, PartPlace],
    *,
    advice: str,
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load a model's safetensors and those of its frozen parts, which stay frozen.

    Args:
        kind: the model's class, a `TrainedModel`.
        folder: a folder that a training wrote, checked by `check_folder`.
        config: the model's configuration.
        named: the parts that its config.json names (`read_places`).
        advice: what to do if the weights do not fit; ends the message.

    Returns:
        the model, with its `frozen_parts`, and the library's report for `check_loaded`.

    Raises:
        InputError: a part is missing, has another hash or is not in safetensors, or a tensor is in
            both files, in neither, or of another shape or type.
        MemoryShortError: the model has more values than the machine has memory for.
    """
    parts = [find_part(folder, module, each) for module, each in named.items()]
    own = weight_files(folder)
    files = dict.fromkeys([*own, *(each.file for part in parts for each in part.tensors.values())])
    found = measure(list(files))
    with explained(folder, "cannot be loaded", advice):
        described = check_size(kind, config, found, folder)
        placed = place_tensors(described, parts)
        check_accounted(described, placed, stored_tensors(own), own[0], advice)
        state = dict(read_tensors(placed))
        _check_tied(described, state, placed)
        for path in own:
            with reading(path), safe_open(str(path), framework="pt") as file:
                state |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model, report = kind.from_pretrained(
            None, config=config, state_dict=state, output_loading_info=True, **LOCAL
        )
    for name, weight in model.named_parameters(remove_duplicate=False):
        if name in placed.names:
            weight.requires_grad_(False)
    model.frozen_parts = placed.folders
    return model, report


def find_part(folder: Path, module: str, named: PartPlace) -> Part:
    """Find the part of a model that its config.json names.

    Args:
        folder: the model's folder.
        module: the name of the part's module.
        named: the part's place and hash.

    Raises:
        InputError: the part is missing, or the found one has another hash.
    """
    others = list[Part]()
    looked = list(places_of(folder, named.place))
    for place in looked:
        if is_file(place / WEIGHTS) or is_file(place / INDEX):
            part = read_part(module, place)
            if part.sha256 == named.sha256:
                return part
            others.append(part)
    where = f"{folder / 'config.json'}: the frozen part '{module}'"
    bring = how_to_bring(named.place, folder)
    if others:
        found = "; ".join(f"{each.folder} has {each.sha256}" for each in others)
        raise InputError(
            f"{where} has another hash: found {found}; expected SHA-256 {named.sha256}, of the "
            f"weights that the model was trained with. {bring}"
        )
    raise InputError(
        f"{where} is missing: expected {WEIGHTS} with SHA-256 {named.sha256} in "
        f"{' or '.join(map(str, looked))}. {bring}"
    )


def places_of(folder: Path, place: str) -> Iterator[Path]:
    """Yield the folders to search for a part of the model in `folder`, without duplicates."""
    beside = folder.parent if folder.name else Path(os.path.abspath(folder)).parent  # noqa: PTH100
    name, seen = PurePosixPath(place).name, set[str]()
    for each in (beside / name, *(root / place for root in _roots(folder))):
        if (real := os.path.realpath(each)) not in seen:
            seen.add(real)
            yield each


def how_to_bring(place: str, folder: Path) -> str:
    """Return the command that makes or fetches the part at `place` of the model in `folder`."""
    if place.startswith(f"{MODELS}/"):
        target, making = f"{place}/{MANIFEST}", "Fetch it: snakemake --cores all --force --"
    elif "/" in place:
        target, making = f"{place}/{WEIGHTS}", "Make it: snakemake --cores all --"
    else:
        return f"Put its folder {place} beside {folder}."
    return f"{making} {target}; where it was published, pull it: sign2text pull {target}"


def _roots(folder: Path) -> Iterator[Path]:
    """Yield the project's folder: the current one, then the one that contains the model's."""
    yield Path()
    for each in Path(os.path.abspath(folder)).parents:  # noqa: PTH100 - links are kept
        if (each / "Snakefile").is_file():
            yield each
            return


def _check_tied(model: PreTrainedModel, state: Mapping[str, torch.Tensor], placed: Placed) -> None:
    """Refuse a part with two different tensors for one weight of the model."""
    first: dict[int, str] = {}
    for name, weight in model.named_parameters(remove_duplicate=False):
        if name in state:
            other = first.setdefault(id(weight), name)
            if not torch.equal(state[other], state[name]):
                raise InputError(
                    f"{placed.sources[name].file}: {placed.inner[name]} and "
                    f"{placed.inner[other]} differ, and the model has one weight for both. It "
                    "is a part of another model: bring the right one."
                )
