"""Base class of the models that methods train; it leaves frozen parts out when it saves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.models.frozen_parts import Placed, place_tensors, read_part
from sign2text.untrusted.part_places import KEY


class TrainedModel(PreTrainedModel):
    """A model that a method's training writes and that shared stages load."""

    frozen_parts: Mapping[str, Path] = MappingProxyType({})
    """Folders of frozen weights, by the names of their modules.

    Code that builds a model from such parts sets this. The parts are not saved with the model
    (frozen_parts.py).
    """
    placed: Placed | None = None
    """Tensors of the parts, after they were compared with the model's."""

    @classmethod
    def class_for(cls, config: PreTrainedConfig) -> type[TrainedModel]:
        """Return the class of models with this configuration: this one or a subclass."""
        return cls

    def read_folder(self, folder: Path) -> None:
        """Read further files that the training wrote; subclasses override this."""

    def place_parts(self) -> Placed | None:
        """Find the tensors of the model that belong to frozen parts; None if it has no such parts.

        Raises:
            InputError: a part does not fit the model.
        """
        wanted = {each.strip("."): Path(path) for each, path in self.frozen_parts.items()}
        if not wanted:
            self.placed = None
        elif self.placed is None or self.placed.folders != wanted:
            parts = [read_part(each, path) for each, path in wanted.items()]
            self.placed = place_tensors(self, parts)
        return self.placed

    def save_pretrained(
        self,
        save_directory: Any,
        *arguments: Any,
        state_dict: Mapping[str, torch.Tensor] | None = None,
        **options: Any,
    ) -> None:
        """Save as the library does, without the frozen parts' weights; config.json names them."""
        if (placed := self.place_parts()) is not None:
            state = self.state_dict() if state_dict is None else state_dict
            state_dict = {name: each for name, each in state.items() if name not in placed.names}
            setattr(self.config, KEY, placed.described())
        try:
            super().save_pretrained(save_directory, *arguments, state_dict=state_dict, **options)
        finally:  # the configuration may be used for another model
            vars(self.config).pop(KEY, None)
