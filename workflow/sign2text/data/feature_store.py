"""Stored features of a split: what a frozen encoder made of every clip.

One safetensors file: `features.<view>` float [sum(N), C], the clips one behind the other, for each
view; `starts` int64 [clips + 1], so clip c has the steps starts[c] ... starts[c + 1] - 1. A view
whose clips have other numbers of steps than those of view 0, since they were stretched in time, has
its own `starts.<view>`. An encoder may make fewer steps than it is given frames. View 0 is made as
in evaluation, further ones with the sampling and cropping of training. Metadata `about`, JSON:
`ids` of the clips, `views`, `feature`, `model_sha256` of the weights that made them.

Written by extract_features (`feature` is one that the method's encoder computes,
`Method.features`) and by encode_frames (the frame encoder's, of every frame: `feature` is
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
    has_tensor,
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
    *,
    lengths_of_views: Sequence[Sequence[int]] | None = None,
    **about: Any,
) -> None:
    """Write a store. `views` hold [sum(N), C] each, the clips in the order of `ids`.

    Args:
        lengths: steps of each clip in view 0.
        lengths_of_views: steps of each clip in each view; None: in all of them those of view 0.
    """
    from safetensors.torch import save_file

    tensors = {"starts": _starts_of(lengths)}
    tensors |= {f"features.{n}": view for n, view in enumerate(views)}
    for view, own in enumerate(lengths_of_views or ()):
        if list(own) != list(lengths):
            tensors[f"starts.{view}"] = _starts_of(own)
    about = {"ids": list(ids), "views": len(views), **about}
    with replacing(path) as temporary:
        # One key: safetensors writes several in an order that changes from run to run.
        save_file(tensors, temporary, {"about": json.dumps(about)})


def _starts_of(lengths: Sequence[int]) -> torch.Tensor:
    return torch.cat([torch.zeros(1, dtype=torch.int64), torch.tensor(lengths).cumsum(0)])


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
            count = (len(self.ids) + 1,)
            check_tensor(file, "starts", ("I64",), count, path)
            self._starts = [file.get_tensor("starts")]
            check_tensor(file, "features.0", FLOATS, (None, None), path)
            shape = tuple(file.get_slice("features.0").get_shape())
            for view in range(1, self.about["views"]):
                # Looked up one by one: a hostile header may list a million names.
                if own := has_tensor(file, f"starts.{view}"):
                    check_tensor(file, f"starts.{view}", ("I64",), count, path)
                wanted = (None, shape[1]) if own else shape
                check_tensor(file, f"features.{view}", FLOATS, wanted, path)
                self._starts.append(file.get_tensor(f"starts.{view}") if own else self._starts[0])
            self.views = [file.get_tensor(f"features.{n}") for n in range(self.about["views"])]
        for view, (starts, features) in enumerate(zip(self._starts, self.views, strict=True)):
            if view == 0 or starts is not self._starts[0]:
                name = f"starts.{view}" if view else "starts"
                check_starts(starts.numpy(), len(features), path, name=name)
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
        """Steps of each clip in view 0, that of evaluation, int64 [clips]."""
        return self._starts[0].diff()

    @property
    def longest(self) -> torch.Tensor:
        """Steps of each clip in the view where it has the most, int64 [clips]."""
        return torch.stack([starts.diff() for starts in self._starts]).amax(0)

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
        start, end = self._starts[view][position : position + 2]
        return self.views[view][start:end].float()
