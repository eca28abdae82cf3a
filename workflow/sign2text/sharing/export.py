"""Write a trained model with all its frozen parts into one self-contained folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.ground.files import FOLDER, NOTHING, filling, kind_of
from sign2text.lineage.provenance_file import SUFFIX
from sign2text.models.model_base import TrainedModel
from sign2text.models.trained_model import load_trained
from sign2text.untrusted.model_weights import WEIGHTS


def export_model(folder: Path, output: Path) -> None:
    """Write the whole model in `folder`, with tokenizer and history, into the folder `output`.

    Its provenance is not copied, since it refers to a project's files.

    Raises:
        InputError: see `load_trained`; or `output` exists already.
    """
    if (found := kind_of(output)) not in (NOTHING, FOLDER) or (
        found == FOLDER and any(output.iterdir())
    ):
        told = "a folder with files" if found == FOLDER else found
        raise InputError(
            f"{output}: {told} found, an empty folder or nothing expected. Name another one."
        )
    model = load_trained(folder, TrainedModel)
    model.frozen_parts = {}
    with filling(output, last=WEIGHTS) as temporary:
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith(".") and _belongs(path.name):
                shutil.copyfile(path, temporary / path.name)
        model.save_pretrained(temporary)


def _belongs(name: str) -> bool:
    """Return whether to copy a file: weights are saved separately, provenance is left out."""
    return not name.endswith((SUFFIX, ".safetensors", ".safetensors.index.json"))
