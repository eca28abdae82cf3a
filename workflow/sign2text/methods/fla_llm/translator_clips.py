"""Clips for FLa-LLM's models: stored features, or frames if no stored features fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.augmentation import Augmentation
from sign2text.data.clips import FeatureClips, FrameClips
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameStore
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    from sign2text.methods.fla_llm.translator_config import SignTranslatorConfig


def translator_clips(
    config: SignTranslatorConfig,
    ids: Sequence[str],
    targets: Sequence[Sequence[int]] | None,
    *,
    features: Path | None = None,
    frames: Path | None = None,
    seed: int | None,
    option: str = "",
) -> FrameClips | FeatureClips:
    """Open the clips `ids` for a translator, sampled and cropped by its configuration.

    Args:
        targets: tokens of the sentences, if known.
        features: a feature store; only for translators that did not train the frame encoder after
            the features were stored.
        frames: a frame store; every translator accepts one.
        seed: seed of sampling, crop, augmentation and choice of view; None: as in evaluation.
        option: prefix of `features` and `frames` in the command line's options.

    Raises:
        InputError: both or neither of the two are given, or the features do not fit the translator.
    """
    if (features is None) == (frames is None):
        found = "neither" if frames is None else "both"
        raise InputError(
            f"--{option}features and --{option}frames: {found} found, expected "
            f"{_expected(config, option)}."
        )
    if features is not None:
        store = FeatureStore(features)
        key = features_key(config, store.about["feature"])
        if key is None:
            raise InputError(
                f"{features}: holds features '{store.about['feature']}', of which this translator "
                f"can make nothing; expected {_expected(config, option)}."
            )
        return FeatureClips(store, ids, targets, seed=seed, key=key)
    return frame_clips(config, FrameStore(frames), ids, targets, seed)


def frame_clips(
    config: SignTranslatorConfig,
    store: FrameStore,
    ids: Sequence[str],
    targets: Sequence[Sequence[int]] | None,
    seed: int | None,
) -> FrameClips:
    """Open clips of frames, sampled, cropped and augmented as in the translator's training."""
    return FrameClips(
        store,
        ids,
        targets,
        rate=config.sampling_rate,
        crop=tuple(config.crop_size),
        seed=seed,
        augmentation=Augmentation(**(config.augmentation or {})),
    )


def features_key(config: SignTranslatorConfig, stored: str) -> str | None:
    """Name the input of `to_features` that takes stored features; None if they do not fit."""
    if config.trained_visual == "nothing" and stored == config.feature:
        return "features"
    if config.trained_visual != "all" and stored == "frame_wise":
        return "frame_features"
    return None


def _expected(config: SignTranslatorConfig, option: str) -> str:
    if config.trained_visual == "all":
        return f"--{option}frames: the frame encoder was trained with the language model"
    stored = "frame_wise" if config.trained_visual == "temporal_module" else config.feature
    return f"one of them, the features '{stored}'"
