"""Landmarks in the form that a model learned: from a store, or extracted from a new clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings

if TYPE_CHECKING:
    from sign2text.landmarks.clips import LandmarkClips
    from sign2text.methods.scaling_slt.translator_config import LandmarkTranslatorConfig

EXTRACTION = ("every", "display_ratio")
"""Settings of the training's extraction that a new clip's has too."""
_ADVICE = (
    "Extract the landmarks with the training's extractor, or take these nevertheless by "
    "--any-extractor."
)


def check_extractor(
    found: Mapping[str, Any],
    expected: Mapping[str, Any] | None,
    where: str,
    advice: str = _ADVICE,
) -> None:
    """Raise InputError unless landmarks come from the extractor that a model learned.

    Args:
        found: description of the landmarks' extractor.
        expected: that of the training's landmarks; empty or None if it had none.
        where: the landmarks, for the message.
        advice: ends the message.
    """
    if not expected:
        raise InputError(
            f"{where}: landmarks found, but the model learned text alone. Give a model of "
            "pretrain_tasks or finetune_tasks."
        )
    for key in dict.fromkeys((*expected, *found)):
        if found.get(key) != expected.get(key):
            raise InputError(
                f"{where}: {key} of the landmarks' extractor is {found.get(key)}, expected "
                f"{expected.get(key)}, as in the model's training. {advice}"
            )


def open_landmarks(
    index: Path,
    ids: Sequence[str],
    config: LandmarkTranslatorConfig,
    any_extractor: bool,
    seed: int | None,
) -> LandmarkClips:
    """Open clips of a landmark store, normalised as in the model's training.

    Args:
        seed: see `Translator.read_clips`.

    Raises:
        InputError: the landmarks come from another extractor, and not `any_extractor`.
    """
    from sign2text.landmarks.clips import LandmarkClips
    from sign2text.landmarks.normalising import Landmarks
    from sign2text.landmarks.store import LandmarkStore

    store = LandmarkStore(index)
    if not any_extractor:
        check_extractor(store.about, config.extractor, str(index))
    settings = read_settings(Landmarks, config.landmarks or {})
    return LandmarkClips(store, ids, None, settings=settings, seed=seed)


def extract_landmarks(
    video: Path, config: LandmarkTranslatorConfig, any_extractor: bool
) -> torch.Tensor:
    """Extract and normalise the landmarks of a new clip, float32 [N, 255], with MediaPipe.

    Raises:
        InputError: the training had another extractor, and not `any_extractor`; MediaPipe is not
            installed; or the video cannot be read or shows no person.
    """
    from sign2text.landmarks.mediapipe_frames import EXTRACTOR, Clip, MediaPipe, about, extract_one
    from sign2text.landmarks.normalising import Landmarks, normalised, of_store

    learned = config.extractor or {}
    known = (learned.get("settings") or {}) if learned.get("extractor") == EXTRACTOR else {}
    settings = read_settings(MediaPipe, {key: known[key] for key in EXTRACTION if key in known})
    if not any_extractor:
        check_extractor(about(settings), config.extractor, str(video))
    found = extract_one(Clip(video.stem, str(video)), settings)
    normalising = read_settings(Landmarks, config.landmarks or {})
    normalising = of_store(normalising, settings.every, str(video))
    return torch.from_numpy(normalised(found.points, normalising))
