"""Frozen parts in a training: checks that they stay frozen, and weights saved without them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, load_model, save_file, save_model
from transformers import PreTrainedModel

from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json
from sign2text.models.frozen_parts import (
    Placed,
    check_accounted,
    find_changed,
    hash_of,
    stored_tensors,
)
from sign2text.models.model_base import TrainedModel
from sign2text.models.part_loading import places_of
from sign2text.untrusted.model_weights import weight_files
from sign2text.untrusted.part_places import KEY, read_places

log = logging.getLogger(__name__)


def placed_in(model: PreTrainedModel) -> Placed | None:
    """Return the tensors of a model's frozen parts; None if it has no such parts."""
    return model.place_parts() if isinstance(model, TrainedModel) else None


def check_frozen(model: PreTrainedModel, folder: Path, *, trains: bool) -> None:
    """Check that frozen parts can be found by readers of `folder`, and equal the model's weights.

    Args:
        folder: where the model is written.
        trains: True before the training, False before the model is written.

    Raises:
        InputError: a part is neither in the project nor next to `folder`, or its files changed.
        ValueError: a weight of a part is trained, or differs from the one in the part's files.
    """
    if (placed := placed_in(model)) is None:
        return
    for part in placed.parts:
        if not any(_is_same(each, part.folder) for each in places_of(folder, part.place)):
            raise InputError(
                f"{part.folder}: the frozen part '{part.module}' is neither in the project's "
                f"folder {Path.cwd()} nor beside {folder}, so nobody who loads the model would "
                "find it. Put it there and name that folder."
            )
    read_places({KEY: placed.described()}, str(folder))  # the check that loading makes
    if trains:
        for name, weight in model.named_parameters(remove_duplicate=False):
            if name in placed.names and weight.requires_grad:
                raise ValueError(
                    f"{name} is in a frozen part and would be trained; expected requires_grad "
                    "False. Freeze it, or leave its part out of frozen_parts."
                )
    for part in placed.parts:
        if (found := hash_of(weight_files(part.folder))) != part.sha256:
            raise InputError(
                f"{part.folder}: the weights of the frozen part '{part.module}' have changed since "
                f"the training began: SHA-256 {found} found, {part.sha256} expected. Put back "
                "what they were."
            )
    if (name := find_changed(model, placed)) is not None:
        raise ValueError(
            f"{name}: the model has other values than {placed.sources[name].file}, from where they "
            "will be loaded; expected the same. Load the part from there, or leave it out of "
            "frozen_parts."
        )
    if trains:
        values = dict(model.named_parameters())
        count = sum(each.numel() for name, each in values.items() if name in placed.names)
        where = ", ".join(str(part.folder) for part in placed.parts)
        log.info("%.2f M frozen parameters stay in %s and are not written", count / 1e6, where)


def check_saved(model: PreTrainedModel, checkpoint: Path, advice: str) -> None:
    """Refuse a checkpoint whose frozen parts or names of weights differ from those of `model`.

    Args:
        advice: what to do; ends the message.

    Raises:
        InputError: the message names the part or the weights.
    """
    path, placed = checkpoint / "config.json", placed_in(model)
    if placed is None and not path.is_file():
        return
    check_same_parts(model, read_json(path, advice=advice), path, advice)
    if placed is not None:
        weights = checkpoint / "model.safetensors"
        check_accounted(model, placed, stored_tensors([weights]), weights, advice)


def described_parts(model: PreTrainedModel) -> dict[str, Any]:
    """Return the entry `frozen_parts` to save with weights; empty without such parts."""
    placed = placed_in(model)
    return {} if placed is None else {KEY: placed.described()}


def check_same_parts(model: PreTrainedModel, about: Any, where: Path, advice: str) -> None:
    """Raise InputError unless saved weights name the same frozen parts as the model.

    Args:
        about: content of the file `where`; it has an entry `frozen_parts` if there were parts.
        advice: what to do; ends the message.
    """
    saved = {module: each.sha256 for module, each in read_places(about, str(where)).items()}
    placed = placed_in(model)
    now = {each.module: each.sha256 for each in placed.parts} if placed else {}
    for module in sorted(saved.keys() | now.keys()):
        then, found = (each.get(module, "none") for each in (saved, now))
        if then != found:
            raise InputError(
                f"{where}: frozen part '{module}': found SHA-256 {found}, expected {then}, that "
                f"of the part when this was saved. Put that part back. {advice}"
            )


def save_weights(model: PreTrainedModel, path: str) -> None:
    """Save a model's weights, without its frozen parts, as safetensors."""
    if (placed := placed_in(model)) is None:
        save_model(model, path)
        return
    # Tied weights occur under several names in the state; save them once.
    once = {name for name, _ in (*model.named_parameters(), *model.named_buffers())}
    once -= placed.names
    state = model.state_dict().items()
    save_file({name: each.contiguous() for name, each in state if name in once}, path)


def load_weights(model: PreTrainedModel, path: str, advice: str) -> None:
    """Load weights that `save_weights` wrote into a model.

    Raises:
        InputError: the file does not have the model's weights.
    """
    if (placed := placed_in(model)) is None:
        load_model(model, path)
        return
    check_accounted(model, placed, stored_tensors([Path(path)]), Path(path), advice)
    model.load_state_dict(load_file(path), strict=False)


def _is_same(path: Path, other: Path) -> bool:
    return path.is_dir() and path.samefile(other)
