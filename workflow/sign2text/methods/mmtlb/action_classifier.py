"""S3D as a classifier of clips, pretrained on actions and isolated signs (section 3.1).

The gloss recogniser starts from its S3D and discards the classification layer.
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
from sign2text.models.model_base import TrainedModel
from sign2text.untrusted.model_folder import check_folder


class ActionClassifierConfig(S3DConfig):
    """Sizes of S3D, and the names of the classes; an S3D alone has none."""

    model_type = "mmtlb_action_classifier"

    classes: list[str] | tuple[str, ...] = ()

    def __post_init__(self, **kwargs: Any) -> None:
        names = list(self.classes)
        if not all(isinstance(name, str) for name in names) or len({*names}) != len(names):
            raise ValueError("classes has an entry that is not text, or one twice")
        super().__post_init__(**kwargs)


class ActionClassifier(TrainedModel):
    """S3D, the mean over the clip's steps, and a linear layer if there are classes."""

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
        """Keep the layers' initial weights."""

    def parts(self) -> dict[str, nn.Module]:
        """Return the parts for which training records norms."""
        return {"visual": self.s3d}

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> ImageClassifierOutput:
        """Compute logits [B, classes] of concatenated clips.

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
        InputError: a file is missing or truncated, or the weights do not fit config.json.
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
    """Load the weights and statistics of pretrain_s3d's S3D into `into`.

    Args:
        folder: the output folder of pretrain_s3d.
        into: an S3D made with the factor `width`.

    Raises:
        InputError: see `load_classifier`; or the stored S3D has another width or other blocks.
    """
    found = load_classifier(folder)
    if (found.config.blocks, found.config.width) != (into.blocks, width):
        raise InputError(
            f"{folder / 'config.json'}: an S3D of {found.config.blocks} blocks and width "
            f"{found.config.width:g} found, expected {into.blocks} blocks and width {width:g}. "
            "Give pretrain_s3d of the data set that it learns on the same blocks and width."
        )
    into.load_state_dict(found.s3d.state_dict())
