"""Load a model that a method's training wrote: config.json's model_type says of which class it is.

Classes are found through the methods (`Method.translators`), never by anything in the folder but
that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from transformers import PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig
from transformers.utils.logging import disable_progress_bar

from sign2text.config import methods
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.model_folder import check_folder

_ADVICE = "The weights do not fit config.json; run the stage that wrote them again."


class TrainedModel(PreTrainedModel):
    """A model that a method's training writes and that shared stages load."""

    @classmethod
    def class_for(cls, config: PreTrainedConfig) -> type[TrainedModel]:
        """Return the class of models with that configuration: this one, or one derived from it."""
        return cls

    def read_folder(self, folder: Path) -> None:
        """Read what the training wrote beside the weights; nothing, unless a class says else."""


Model = TypeVar("Model", bound=TrainedModel)


def load_trained(folder: Path, kind: type[Model]) -> Model:
    """Load the model in `folder`, in evaluation mode, every weight accounted for.

    Args:
        folder: with config.json and model.safetensors, as a training stage wrote it.
        kind: the abstract class that the model must be of, such as `Translator`.

    Raises:
        InputError: a file is missing or truncated, the model is of no known type or of another
            kind, or its weights do not fit.
    """
    config = folder / "config.json"
    for path in (config, folder / "model.safetensors"):
        if not is_file(path):
            raise InputError(
                f"{path}: missing. Expected a folder that a training stage wrote: {_stages()}."
            )
    check_folder(folder)
    found, known = read_json(config).get("model_type"), model_classes()
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
    disable_progress_bar()  # loading takes a moment, not a wait
    model, report = load_model(chosen, folder, values, advice=_ADVICE)
    check_loaded(report, folder / "model.safetensors", _ADVICE)
    model.read_folder(folder)
    return model.eval()


def to_device(inputs: Mapping[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    """Bring a batch to the model's device."""
    return {name: values.to(device) for name, values in inputs.items()}


def model_classes() -> dict[str, str]:
    """Classes of all methods' models, as `module:class` by model_type.

    Raises:
        ValueError: two methods give one model_type to different classes.
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
    """Names of the stages whose models translate, for messages."""
    found = (stage for method in methods.find_methods().values() for stage in method.translating)
    return ", ".join(dict.fromkeys(found))
