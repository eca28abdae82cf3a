"""Sampled frames of rendered clips with the true landmarks in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sign2text.data.clips import IGNORED, FrameClips
from sign2text.data.frame_store import FrameStore
from sign2text.errors import InputError


class LandmarkClips(FrameClips):
    """Frames as `FrameClips` gives them; targets are the landmarks' places in the crop.

    A place is (x, y) in widths and heights of the crop, from its middle; a landmark outside the
    crop is -100.
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
        from safetensors import safe_open

        super().__init__(store, ids, None, rate=rate, crop=crop, seed=seed)
        if not landmarks.is_file():
            raise InputError(f"{landmarks}: missing; run the rule synthesize_avatar again.")
        self.landmarks = safe_open(str(landmarks), framework="numpy")

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        from sign2text.data.avatar.signing import SIZE

        frames, indices, offset = self.sample(item)
        points = self.landmarks.get_tensor(self.ids[item[0]])[indices, :, :2]
        stored = np.array(self.store.format.size[::-1]) / SIZE  # (width, height), as in points
        crop = np.array(self.crop[::-1])
        places = (points * stored - np.array(offset[::-1])) / crop - 0.5
        outside = (np.abs(places) > 0.5).any(-1, keepdims=True)
        places = np.where(outside, IGNORED, places).astype(np.float32)
        return {"steps": torch.from_numpy(frames), "target": torch.from_numpy(places).flatten(1)}


def collate_landmarks(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Frames uint8 [sum(N), h, w, 3] and places [sum(N), 170], the clips one behind the other."""
    return {
        "frames": torch.cat([item["steps"] for item in items]),
        "labels": torch.cat([item["target"] for item in items]),
    }
