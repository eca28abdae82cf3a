"""Stored features of a split: what a frozen encoder made of every clip.

One safetensors file: `features.<view>` float [sum(N), C], the clips one behind the other, for each
view; `starts` int64 [clips + 1], so clip c has the steps starts[c] ... starts[c + 1] - 1. View 0 is
made as in evaluation, further ones with the sampling and cropping of training. Metadata `about`,
JSON: `ids` of the clips, `views`, `feature`, `model_sha256` of the weights that made them.

Written by extract_features (of sampled frames: `feature` is "frame_wise", "sign_wise" or
"hidden_states") and by encode_frames (the frame encoder's, of every frame: `feature` is
"every_frame", `crop` the crop's height and width).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading, replacing
from sign2text.ground.store_index import (
    check_starts,
    check_tensor,
    read_about,
    read_field,
    read_ids,
    wrong,
)

FLOATS = ("F32", "F16", "BF16", "F64")
MOST_VIEWS = 1000
"""Of a clip, each a tensor of its own; trainings use up to 20."""


def write_features(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int],
    views: Sequence[torch.Tensor],
    **about: Any,
) -> None:
    """Write a store. `views` hold [sum(N), C] each, the clips in the order of `ids`."""
    from safetensors.torch import save_file

    starts = torch.cat([torch.zeros(1, dtype=torch.int64), torch.tensor(lengths).cumsum(0)])
    tensors = {"starts": starts} | {f"features.{n}": view for n, view in enumerate(views)}
    about = {"ids": list(ids), "views": len(views), **about}
    with replacing(path) as temporary:
        # One key: safetensors writes several in an order that changes from run to run.
        save_file(tensors, temporary, {"about": json.dumps(about)})


class FeatureStore:
    """Read a store; the features are mapped, not copied, into memory."""

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        if not path.is_file():
            raise InputError(f"{path}: missing; run the rule {path.parent.name} to make it.")
        with reading(path), safe_open(str(path), framework="pt") as file:
            self.about = read_about(file.metadata(), path)
            self._positions = read_ids(self.about, path)
            self.ids: list[str] = self.about["ids"]
            self._check_about(path)
            names = [f"features.{n}" for n in range(self.about["views"])]
            check_tensor(file, "starts", ("I64",), (len(self.ids) + 1,), path)
            self.starts = file.get_tensor("starts")
            shape: tuple[int | None, int | None] = (None, None)
            for name in names:
                check_tensor(file, name, FLOATS, shape, path)
                shape = tuple(file.get_slice(name).get_shape())
            self.views = [file.get_tensor(name) for name in names]
        check_starts(self.starts.numpy(), len(self.views[0]), path)
        self.path = path

    def _check_about(self, path: Path) -> None:
        views = read_field(self.about, "views", int, path)
        if not 1 <= views <= MOST_VIEWS:
            raise wrong(path, "about.views", views, f"1 to {MOST_VIEWS}")
        feature = read_field(self.about, "feature", str, path)
        if feature == "every_frame":  # alone has a crop
            read_field(self.about, "crop", list, path)

    @property
    def lengths(self) -> torch.Tensor:
        """Steps of each clip, int64 [clips]."""
        return self.starts.diff()

    def position(self, clip: str) -> int:
        """Place of a clip in the store by its id."""
        if clip not in self._positions:
            raise InputError(
                f"{self.path}: holds no clip '{clip}' ({len(self.ids)} clips found). The features "
                f"belong to another manifest; run {self.path.parent.name} again."
            )
        return self._positions[clip]

    def read(self, position: int, view: int = 0) -> torch.Tensor:
        """Features [N, C] of a clip, float32."""
        return self.views[view][self.starts[position] : self.starts[position + 1]].float()
