"""Stored features of a split: the outputs of a frozen encoder for every clip.

A store is one safetensors file. `features.<view>` float [sum(N), C] has the clips of a view one
after the other. `starts` int64 [clips + 1] locates them: clip c has the steps
starts[c] ... starts[c + 1] - 1. A view that is stretched in time differs from view 0 in its numbers
of steps, and has its own `starts.<view>`. An encoder may output fewer steps than input frames. View
0 is made as in evaluation, further views with the sampling and cropping of training. Metadata
`about`, JSON: `ids` of the clips, `views`, `feature`, `model_sha256` of the weights that made them.

extract_features writes the `feature` that the method's encoder computes (`Method.features`).
encode_frames writes the frame encoder's features of every frame: `feature` is "every_frame", and
`crop` is the crop's height and width.
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
"""Maximum number of views of a clip, each in its own tensor; trainings use up to 20."""


def write_features(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int],
    views: Sequence[torch.Tensor],
    *,
    lengths_of_views: Sequence[Sequence[int]] | None = None,
    **about: Any,
) -> None:
    """Write a store. `views` hold [sum(N), C] each, with the clips in the order of `ids`.

    Args:
        lengths: number of steps of each clip in view 0.
        lengths_of_views: number of steps of each clip in each view; None if all are as in view 0.
    """
    from safetensors.torch import save_file

    tensors = {"starts": _starts_of(lengths)}
    tensors |= {f"features.{n}": view for n, view in enumerate(views)}
    for view, own in enumerate(lengths_of_views or ()):
        if list(own) != list(lengths):
            tensors[f"starts.{view}"] = _starts_of(own)
    about = {"ids": list(ids), "views": len(views), **about}
    with replacing(path) as temporary:
        # One metadata key only: safetensors writes several in an order that changes between runs.
        save_file(tensors, temporary, {"about": json.dumps(about)})


def _starts_of(lengths: Sequence[int]) -> torch.Tensor:
    return torch.cat([torch.zeros(1, dtype=torch.int64), torch.tensor(lengths).cumsum(0)])


class FeatureStore:
    """Reader of a store; features are memory-mapped, not copied."""

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
                # Look names up one by one: a hostile header may list a million.
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
        if feature == "every_frame":  # the only feature with a crop
            read_field(self.about, "crop", list, path)

    @property
    def lengths(self) -> torch.Tensor:
        """Number of steps of each clip in view 0, the view of evaluation, int64 [clips]."""
        return self._starts[0].diff()

    @property
    def longest(self) -> torch.Tensor:
        """Number of steps of each clip in its longest view, int64 [clips]."""
        return torch.stack([starts.diff() for starts in self._starts]).amax(0)

    def position(self, clip: str) -> int:
        """Return a clip's position in the store by its id."""
        if clip not in self._positions:
            raise InputError(
                f"{self.path}: holds no clip '{clip}' ({len(self.ids)} clips found). The features "
                f"belong to another manifest; run {self.path.parent.name} again."
            )
        return self._positions[clip]

    def read(self, position: int, view: int = 0) -> torch.Tensor:
        """Return the features of a clip, float32 [N, C]."""
        start, end = self._starts[view][position : position + 2]
        return self.views[view][start:end].float()
