"""Load a model that a method's training wrote; its class follows from config.json's model_type.

Classes are found through the methods (`Method.translators`); nothing else in the folder affects the
choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from transformers.utils.logging import disable_progress_bar

from sign2text.config import methods
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.models.model_base import TrainedModel
from sign2text.models.part_loading import load_with_parts
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.part_places import KEY, read_places

_ADVICE = "The weights do not fit config.json; run the stage that wrote them again."


Model = TypeVar("Model", bound=TrainedModel)


def load_trained(folder: Path, kind: type[Model]) -> Model:
    """Load the model in `folder`, in evaluation mode, with every weight accounted for.

    Args:
        folder: a training stage's output folder, with config.json and model.safetensors.
        kind: the model's expected base class, such as `Translator`.

    Raises:
        InputError: a file is missing or truncated, the model's type is unknown or not of that kind,
            its weights do not fit, or a frozen part is missing or has another hash.
    """
    config = folder / "config.json"
    for path in (config, folder / "model.safetensors"):
        if not is_file(path):
            raise InputError(
                f"{path}: missing. Expected a folder that a training stage wrote: {_stages()}."
            )
    check_folder(folder)
    about, known = read_json(config), model_classes()
    found, parts = about.get("model_type"), read_places(about, str(config))
    if not isinstance(found, str) or found not in known:
        expected = ", ".join(f"'{each}'" for each in sorted(known))
        raise InputError(
            f"{config}: model_type is {shortened(found)}, expected "
            f"{'one of ' if len(known) > 1 else ''}{expected}. This is a model of "
            f"another kind; give the folder of one of these stages: {_stages()}."
        )
    base = methods.find_object(known[found])
    values = load_config(folder, base.config_class, _ADVICE)
    chosen = base.class_for(values)
    if not issubclass(chosen, kind):
        raise InputError(
            f"{config}: describes a {chosen.__name__}, expected a {kind.__name__}. Give the folder "
            "of another stage."
        )
    disable_progress_bar()  # loading is quick
    if parts:
        vars(values).pop(KEY, None)
        model, report = load_with_parts(chosen, folder, values, parts, advice=_ADVICE)
    else:
        model, report = load_model(chosen, folder, values, advice=_ADVICE)
    check_loaded(report, folder / "model.safetensors", _ADVICE)
    model.read_folder(folder)
    return model.eval()


def to_device(inputs: Mapping[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    """Move a batch to a device."""
    return {name: values.to(device) for name, values in inputs.items()}


def model_classes() -> dict[str, str]:
    """Return the model classes of all methods, as `module:class` by model_type.

    Raises:
        ValueError: two methods use one model_type for different classes.
    """
    found: dict[str, str] = {}
    for name, method in methods.find_methods().items():
        for model_type, place in method.translators.items():
            if found.setdefault(model_type, place) != place:
                raise ValueError(
                    f"method {name}: model_type '{model_type}' is that of {found[model_type]} "
                    f"already. Give {place} another model_type."
                )
    return found


def _stages() -> str:
    """List the stages that train translators, for messages."""
    found = (stage for method in methods.find_methods().values() for stage in method.translating)
    return ", ".join(dict.fromkeys(found))
