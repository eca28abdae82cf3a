"""Single frames of rendered clips with their exact landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from sign2text.avatar.landmarks import COUNT, FACE, LEFT_HAND, RIGHT_HAND
from sign2text.avatar.signing import SIZE
from sign2text.data.clips import IGNORED
from sign2text.data.frame_store import FrameStore
from sign2text.data.sampling import clip_rng, crop_offset, run_bounds
from sign2text.ground.errors import InputError
from sign2text.ground.files import reading
from sign2text.ground.store_index import check_tensor

TARGETS = 2 * (COUNT + 20 + 20 + FACE.stop - FACE.start)
SHAPE_WEIGHT = 3.0
"""Weight of an error in a hand's shape or in the face, relative to one in its place."""


class LandmarkFrames(Dataset):
    """A frame with its landmarks from each run of 1/rate frames.

    An item's `places` are (x, y) of the 85 landmarks, float [85, 2], measured from the middle of
    the crop in units of its width and height. `targets_of` turns them into targets per batch.
    """

    def __init__(
        self,
        store: FrameStore,
        ids: Sequence[str],
        landmarks: Path,
        *,
        rate: float,
        crop: tuple[int, int],
        seed: int | None,
    ) -> None:
        """Use the first frame of each run and the crop of evaluation if `seed=None`."""
        from safetensors import safe_open

        store.format.check_crop(crop)
        if not landmarks.is_file():
            raise InputError(f"{landmarks}: missing; run the rule synthesize_avatar again.")
        with reading(landmarks, "synthesize_avatar"):
            self.landmarks = safe_open(str(landmarks), framework="numpy")
        self.store, self.ids, self.crop, self.seed = store, list(ids), crop, seed
        self.scale = np.array(store.format.size[::-1]) / SIZE  # (width, height), as in points
        self.positions = [store.position(clip) for clip in self.ids]
        for clip, position in zip(self.ids, self.positions, strict=True):
            shape = (int(store.lengths[position]), COUNT, 3)
            check_tensor(self.landmarks, clip, ("F32",), shape, landmarks)
        bounds = [run_bounds(int(store.lengths[p]), rate) for p in self.positions]
        # [runs, 3]: clip, first frame, the frame after the last one.
        self.runs = np.concatenate(
            [np.column_stack([np.full(len(b[0]), n), *b]) for n, b in enumerate(bounds)]
        )

    @property
    def lengths(self) -> list[int]:
        """Number of frames of each item."""
        return [1] * len(self)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        number, epoch = item
        clip, frame, end = self.runs[number].tolist()
        rng = None
        if self.seed is not None:
            rng = clip_rng(self.seed, epoch, f"{self.ids[clip]}/{frame}")
            frame = int(rng.integers(frame, end))
        picture = self.store.read(self.positions[clip], [frame])[0]
        height, width = self.crop
        top, left = crop_offset(picture.shape[:2], self.crop, rng)
        points = self.landmarks.get_slice(self.ids[clip])[frame][:, :2]
        places = (points * self.scale - (left, top)) / (width, height) - 0.5
        return {
            "frame": torch.from_numpy(picture[top : top + height, left : left + width]),
            "places": places,
        }


def targets_of(places: np.ndarray) -> np.ndarray:
    """Compute targets float32 [M, TARGETS] from the places [M, 85, 2] of landmarks.

    The places come first, then the shapes: each hand's other 20 points relative to its wrist and
    the face's points relative to their mean, in the same units times SHAPE_WEIGHT. Places outside
    the crop, and the shape of a hand with its wrist outside, are -100.
    """
    outside = (np.abs(places) > 0.5).any(-1, keepdims=True)
    parts = [np.where(outside, IGNORED, places)]
    for hand in (LEFT_HAND, RIGHT_HAND):
        wrist = slice(hand.start, hand.start + 1)
        shape = SHAPE_WEIGHT * (places[:, hand.start + 1 : hand.stop] - places[:, wrist])
        parts.append(np.where(outside[:, wrist], IGNORED, shape))
    face = places[:, FACE]
    parts.append(SHAPE_WEIGHT * (face - face.mean(axis=1, keepdims=True)))
    return np.concatenate(parts, axis=1).astype(np.float32).reshape(len(places), TARGETS)


def collate_landmarks(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Collate a batch: frames uint8 [M, h, w, 3] and targets [M, TARGETS]."""
    return {
        "frames": torch.stack([item["frame"] for item in items]),
        "labels": torch.from_numpy(targets_of(np.stack([item["places"] for item in items]))),
    }
