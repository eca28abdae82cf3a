"""Clips of a landmark store as training items: one clip, or several joined to a long one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sign2text.data.clips import Clips, Targets
from sign2text.data.sampling import clip_rng
from sign2text.ground.errors import InputError
from sign2text.landmarks.augmentation import (
    LandmarkAugmentation,
    augment,
    choose_frames,
    most_steps,
)
from sign2text.landmarks.index import SHOULDERS
from sign2text.landmarks.normalising import (
    Landmarks,
    boxed,
    cut_off,
    flattened,
    normalised,
    of_store,
    step_count,
)
from sign2text.landmarks.store import LandmarkStore

log = logging.getLogger(__name__)

SHOWN = 5  # clips that a message names


class JoinedClips(Clips):
    """Clips that each join several clips of a store: normalised landmarks, float32 [N, 255].

    All frames of an item are normalised together, as if they were one clip.
    """

    key = "landmarks"
    unit = "landmark steps"
    shorter = "Lower landmarks.longest, raise landmarks.every"

    def __init__(
        self,
        store: LandmarkStore,
        ids: Sequence[str],
        members: Sequence[Sequence[str]],
        targets: Targets,
        *,
        settings: Landmarks,
        seed: int | None,
        augmentation: LandmarkAugmentation | None = None,
    ) -> None:
        """Read `ids`, each the clips `members` one after the other.

        Args:
            seed: seed of the augmentation; None: as in evaluation, without any.

        Raises:
            InputError: the store lacks a clip or the frames to read; joined clips differ in frames
                a second or picture size; or, with the box `shoulders`, one never shows both.
        """
        self.store, self.ids, self.targets = store, list(ids), targets
        self.settings = of_store(settings, store.every, str(store.path))
        self.seed, self.augmentation = seed, augmentation or LandmarkAugmentation()
        self.positions = [[store.position(clip) for clip in clips] for clips in members]
        frames = store.lengths
        self.frames = [int(frames[own].sum()) for own in self.positions]
        self.lengths = [step_count(count, self.settings) for count in self.frames]
        self._check()
        self._report()

    def _check(self) -> None:
        """Raise InputError for clips that cannot be joined or normalised, before any is read."""
        store = self.store
        alike = np.column_stack([store.fps, store.sizes])
        for clip, own in zip(self.ids, self.positions, strict=True):
            if len(own) > 1 and (alike[own] != alike[own[0]]).any():
                found = [f"{fps:g} a second, {w:g} x {h:g}" for fps, w, h in alike[own].tolist()]
                raise InputError(
                    f"{store.path}, joined clip '{clip}': its clips have {'; '.join(found[:3])} "
                    "found, the same rate and picture size expected. Join other clips."
                )
        shoulders = store.seen[:, SHOULDERS]
        none = [
            clip
            for clip, own in zip(self.ids, self.positions, strict=True)
            if not shoulders[own].any()
        ]
        if self.settings.box == "shoulders" and none:
            raise InputError(
                f"{store.path}: {len(none)} clips never show both shoulders, expected in some "
                f"frame of each: {', '.join(none[:SHOWN])}. Set landmarks.box to clip, or leave "
                "them out of the manifest."
            )

    def _report(self) -> None:
        """Log what is cut off."""
        cut = [cut_off(count, self.settings) for count in self.frames]
        if any(cut):
            log.warning(
                "%s: %d of %d clips are longer than %d steps; %d of %d steps are cut off",
                *(self.store.path, sum(map(bool, cut)), len(cut), self.settings.longest),
                *(sum(cut), sum(cut) + sum(self.lengths)),
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def longest(self) -> Sequence[int]:
        if self.seed is None:
            return self.lengths
        return [most_steps(count, self.settings, self.augmentation) for count in self.frames]

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        clip, epoch = item
        points = join_points([self.store.read(position) for position in self.positions[clip]])
        try:
            if self.seed is None:
                steps = normalised(points, self.settings)
            else:
                rng = clip_rng(self.seed, epoch, self.ids[clip])
                frames = choose_frames(len(points), self.settings, self.augmentation, rng)
                read = boxed(points, self.settings, frames)
                steps = flattened(augment(read, self.augmentation, rng), self.settings)
        except InputError as error:
            raise InputError(f"{self.store.path}, clip '{self.ids[clip]}': {error}") from error
        return self.item(clip, torch.from_numpy(steps))


class LandmarkClips(JoinedClips):
    """Normalised landmarks of each clip, float32 [N, 255]."""

    def __init__(
        self,
        store: LandmarkStore,
        ids: Sequence[str],
        targets: Targets,
        *,
        settings: Landmarks,
        seed: int | None,
        augmentation: LandmarkAugmentation | None = None,
    ) -> None:
        """Read the clips `ids` of the store; arguments and errors as of JoinedClips."""
        super().__init__(
            store,
            ids,
            [[clip] for clip in ids],
            targets,
            settings=settings,
            seed=seed,
            augmentation=augmentation,
        )


def join_points(clips: Sequence[np.ndarray]) -> np.ndarray:
    """Join the landmarks [T, 85, 3] of clips, one after the other."""
    return clips[0] if len(clips) == 1 else np.concatenate(clips)
