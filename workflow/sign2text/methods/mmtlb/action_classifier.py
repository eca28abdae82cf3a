"""S3D that names the class of a clip: what it learns on actions and isolated signs (section 3.1).

The recogniser of glosses starts from its S3D; the layer that names classes is left behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.methods.mmtlb.s3d import S3D
from sign2text.methods.mmtlb.s3d_config import S3DConfig
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.models.trained_model import TrainedModel
from sign2text.untrusted.model_folder import check_folder


class ActionClassifierConfig(S3DConfig):
    """Sizes of S3D, and the names of the classes; none of an S3D alone."""

    model_type = "mmtlb_action_classifier"

    classes: list[str] | tuple[str, ...] = ()

    def __post_init__(self, **kwargs: Any) -> None:
        names = list(self.classes)
        if not all(isinstance(name, str) for name in names) or len({*names}) != len(names):
            raise ValueError("classes has an entry that is no text, or one twice")
        super().__post_init__(**kwargs)


class ActionClassifier(TrainedModel):
    """S3D, the mean over the clip's steps, and a linear layer where there are classes."""

    config_class = ActionClassifierConfig
    main_input_name = "frames"

    def __init__(self, config: ActionClassifierConfig) -> None:
        super().__init__(config)
        self.s3d = S3D(blocks=config.blocks, width=config.width, momentum=config.norm_momentum)
        self.classifier = None
        if config.classes:
            self.classifier = nn.Linear(self.s3d.channels, len(config.classes))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep what the layers have drawn themselves."""

    def parts(self) -> dict[str, nn.Module]:
        """Parts whose norms a training records."""
        return {"visual": self.s3d}

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> ImageClassifierOutput:
        """Logits [B, classes] of clips that lie one behind the other.

        Args:
            frames: uint8 [sum(N), h, w, 3] RGB.
            lengths: int64 [B], frames of each clip.
        """
        features, steps = self.s3d(frames, lengths)
        means = torch.stack([clip.mean(0) for clip in features.split(steps.tolist())])
        return ImageClassifierOutput(logits=self.classifier(means))


def load_classifier(folder: Path) -> ActionClassifier:
    """Load the classifier that pretrain_s3d wrote, in evaluation mode.

    Raises:
        InputError: a file is missing or was cut, or the weights do not fit config.json.
    """
    weights = folder / "model.safetensors"
    for path in (folder / "config.json", weights):
        if not is_file(path):
            raise InputError(f"{path}: missing. Run the rule pretrain_s3d to make it.")
    check_folder(folder)
    advice = "The weights do not fit config.json; run pretrain_s3d again."
    config = load_config(folder, ActionClassifierConfig, advice)
    model, report = load_model(ActionClassifier, folder, config, advice=advice)
    check_loaded(report, weights, advice)
    return model.eval()


def load_pretrained_s3d(folder: Path, into: S3D, width: float) -> None:
    """Give `into` the weights and statistics of the S3D that pretrain_s3d wrote.

    Args:
        folder: what pretrain_s3d wrote.
        into: made with the factor `width`.

    Raises:
        InputError: as `load_classifier`, or it is of another width or has other blocks.
    """
    found = load_classifier(folder)
    if (found.config.blocks, found.config.width) != (into.blocks, width):
        raise InputError(
            f"{folder / 'config.json'}: an S3D of {found.config.blocks} blocks and width "
            f"{found.config.width:g} found, expected {into.blocks} blocks and width {width:g}. "
            "Give pretrain_s3d of the data set that it learns on the same blocks and width."
        )
    into.load_state_dict(found.s3d.state_dict())
