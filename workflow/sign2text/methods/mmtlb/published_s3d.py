"""The published S3D of Kinetics-400 (kylemin/S3D), with every tensor checked.

Its weights are read from the files that fetch_model converted. Their names are ours with an
optional prefix `module.`; the last layer is `fc.0`, a convolution of single steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading
from sign2text.methods.mmtlb.action_classifier import ActionClassifier, ActionClassifierConfig
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.model_weights import measure, weight_files

CLASSES, BLOCKS = 400, 5
_PREFIX = "module."  # in weights that were trained on several GPUs
_COUNTER = "num_batches_tracked"  # of BatchNorm; older files lack it and nothing reads it
_SHOWN = 5
_FIRST = "s3d.base.0.conv_s.weight"


def load_published(folder: Path, blocks: int) -> ActionClassifier:
    """Load the published classifier, or with 4 blocks its S3D alone.

    The published network takes red first, as its sample code does, and ours takes blue first, as
    MMTLB's public code does. The first layer's channels are therefore reversed, so that an image
    has the published features.

    Args:
        folder: the output folder of fetch_model.

    Raises:
        InputError: a tensor is missing, unused or of another shape.
    """
    names = [f"class{number:03d}" for number in range(1, CLASSES + 1)]
    whole = ActionClassifier(ActionClassifierConfig(blocks=BLOCKS, classes=names))
    state = whole.state_dict()
    tensors = _read(folder)
    _check(folder, tensors, {_published_name(name): value for name, value in state.items()})
    for name, value in state.items():
        if (given := tensors.get(_published_name(name))) is not None:
            state[name] = given.view(value.shape)
    state[_FIRST] = state[_FIRST].flip(1)
    if blocks < BLOCKS:
        whole = ActionClassifier(ActionClassifierConfig(blocks=blocks))
        state = {name: state[name] for name in whole.state_dict()}
    whole.load_state_dict(state)
    return whole.eval()


def _read(folder: Path) -> dict[str, torch.Tensor]:
    """Read all tensors of the folder's weights by name, without the prefix."""
    from safetensors.torch import load_file

    files = weight_files(folder)
    measure(files, "fetch_model")
    found: dict[str, torch.Tensor] = {}
    for path in files:
        with reading(path, "fetch_model"):
            for name, value in load_file(path).items():
                found[name.removeprefix(_PREFIX)] = value
    return found


def _published_name(name: str) -> str:
    """Return the published name of one of our tensors."""
    return name.removeprefix("s3d.").replace("classifier.", "fc.0.")


def _published_shape(name: str, value: torch.Tensor) -> tuple[int, ...]:
    return (*value.shape, 1, 1, 1) if name == "fc.0.weight" else tuple(value.shape)


def _check(
    folder: Path, found: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]
) -> None:
    """Raise InputError unless names and shapes in `found` match `wanted` (published names)."""
    shapes = {name: _published_shape(name, value) for name, value in wanted.items()}
    needed = {name for name in wanted if not name.endswith(_COUNTER)}
    problems = [f"{name} is missing" for name in sorted(needed - found.keys())]
    for name, value in sorted(found.items()):
        if name not in shapes:
            problems.append(f"{shortened(name)} is left over")
        elif tuple(value.shape) != shapes[name]:
            problems.append(f"{name} is {[*value.shape]}, expected {[*shapes[name]]}")
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InputError(
            f"{folder}: {'; '.join(problems[:_SHOWN])}{more}. Expected the S3D of Kinetics-400 "
            f"with {BLOCKS} blocks and {CLASSES} classes as kylemin/S3D publishes it; give that "
            "one as `published`."
        )
