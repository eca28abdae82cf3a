"""Base class of models that compute stored features: the interface of extract_features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch

from sign2text.ground.errors import InputError
from sign2text.models.model_base import TrainedModel
from sign2text.models.trained_model import load_trained

if TYPE_CHECKING:
    from sign2text.data.clips import Clips
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.frame_store import FrameStore


class FeatureEncoder(TrainedModel, ABC):
    """A trained model that computes features from clips of frames."""

    features: ClassVar[tuple[str, ...]]
    """Names of the computed features, which `Method.features` explains."""

    @abstractmethod
    def clips_to_encode(
        self,
        frames: FrameStore,
        seed: int | None,
        encoded: FeatureStore | None = None,
        manifest: Path | None = None,
    ) -> Clips:
        """Open all clips of a frame store, sampled and cropped as in this model's training.

        Args:
            seed: seed of sampling, crop and augmentation; None: as in evaluation.
            encoded: a frozen frame encoder's features of every frame, read instead of frames.
            manifest: the clips' manifest, if the method's `encoder_reads` name it.

        Raises:
            InputError: frames or features do not fit the model.
        """

    @abstractmethod
    def extract(self, feature: str, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the features [sum(N), C] named `feature` of clips of `lengths` [B] frames.

        Args:
            feature: one of `features`.
            inputs: inputs of clips from `clips_to_encode`, by name, on the model's device.

        Returns:
            the concatenated clips, each with N steps as in `steps`.
        """

    def steps(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return the steps N of the features of clips of `lengths` [B] frames.

        N is the number of frames, unless an encoder that shortens time overrides this.
        """
        return lengths


def check_feature(network: FeatureEncoder, feature: str) -> None:
    """Raise InputError if the encoder does not compute the feature."""
    if feature not in network.features:
        raise InputError(
            f"--settings: feature: found '{feature}', expected one of "
            f"{', '.join(network.features)}, which a {network.config.model_type} computes."
        )


def load_feature_encoder(folder: Path) -> FeatureEncoder:
    """Load the encoder that a training stage wrote, in evaluation mode.

    Raises:
        InputError: see `load_trained`.
    """
    return load_trained(folder, FeatureEncoder)
