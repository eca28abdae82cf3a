"""The landmark store: the landmarks of a split's clips, each read without reading its shard.

landmarks/index.py and docs/landmarks.md describe its files, landmarks/store_writer.py writes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading
from sign2text.ground.store_index import check_tensor
from sign2text.landmarks.index import read_index
from sign2text.landmarks.points import AXES, COUNT

MISSING = np.iinfo(np.int16).min
"""Stored number of all three coordinates of a missing point."""


class LandmarkStore:
    """Reader of a landmark store; shards are opened when a clip of theirs is read.

    Safe with several loader workers: an unpickled store opens its shards again.
    """

    def __init__(self, index: Path) -> None:
        """Read the index, not the shards.

        Raises:
            InputError: the index is missing or damaged.
        """
        self.path, self._index = Path(index), read_index(Path(index))
        self._positions = {clip: number for number, clip in enumerate(self._index.ids)}
        self._files: dict[int, Any] = {}

    def __reduce__(self) -> tuple:
        return LandmarkStore, (self.path,)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> list[str]:
        """Ids of the clips, in the order of the manifest."""
        return self._index.ids

    @property
    def lengths(self) -> np.ndarray:
        """Number of frames of each clip, int64 [clips]."""
        return np.diff(self._index.starts)

    @property
    def fps(self) -> np.ndarray:
        """Frames a second of each clip, float64 [clips]."""
        return self._index.fps

    @property
    def sizes(self) -> np.ndarray:
        """Width and height of each clip's picture in pixels, int64 [clips, 2]."""
        return self._index.sizes

    @property
    def seen(self) -> np.ndarray:
        """Frames of each clip with each of points.PARTS, and with both shoulders, [clips, 5]."""
        return self._index.seen

    @property
    def about(self) -> dict[str, Any]:
        """The extractor: `extractor`, `version`, `settings`."""
        return self._index.about

    @property
    def left_out(self) -> dict[str, str]:
        """Reason of each clip of the manifest that has no landmarks, by id."""
        return self._index.left_out

    @property
    def every(self) -> int:
        """Frames of the video from one frame of the store to the next one."""
        every = self.about["settings"].get("every", 1)
        return every if type(every) is int and every > 0 else 1

    @property
    def shards(self) -> list[Path]:
        """Files with the landmarks."""
        return [self.path.parent / each["file"] for each in self._index.files]

    def position(self, clip: str) -> int:
        """Return a clip's position in the store by its id.

        Raises:
            InputError: it has no such clip.
        """
        if clip not in self._positions:
            reason = self.left_out.get(clip)
            raise InputError(
                f"{self.path}: holds no clip '{clip}' ({len(self)} clips found). "
                + (
                    f"It was left out: {reason} Read the manifest that the rule wrote beside it."
                    if reason
                    else "The landmarks belong to another manifest; run extract_landmarks again."
                )
            )
        return self._positions[clip]

    def read(self, position: int, first: int = 0, last: int | None = None) -> np.ndarray:
        """Return the frames first ... last - 1 of a clip, float32 [T, 85, 3]; all by default.

        x and y are in pixels of the source picture, y down, and z is in the same scale; a missing
        point is NaN.

        Raises:
            InputError: the clip has no such frames; or its shard is missing, cut, or of another
                index.
        """
        begin, end = self._index.starts[position : position + 2].tolist()
        last = end - begin if last is None else last
        if not 0 <= first < last <= end - begin:
            raise InputError(
                f"{self.path}, clip '{self.ids[position]}': frames {first} to {last} asked for, "
                f"expected some of its {end - begin}. The times belong to another clip."
            )
        shard = int(np.searchsorted(self._index.shards, position, side="right")) - 1
        before = int(self._index.starts[self._index.shards[shard]])
        with reading(self.shards[shard]):
            stored = self._open(shard)[begin - before + first : begin - before + last]
        return unpack(stored, self._index.units[position])

    def _open(self, shard: int) -> Any:
        """Return the tensor of a shard; slices of it are read on demand."""
        from safetensors import safe_open

        if shard not in self._files:
            path = self.shards[shard]
            if not path.is_file():
                raise InputError(f"{path}: missing, {self.path} names it; extract it again.")
            file = safe_open(str(path), framework="numpy")
            bounds = self._index.starts[self._index.shards[shard : shard + 2]]
            shape = (int(bounds[1] - bounds[0]), COUNT, AXES)
            check_tensor(file, "points", ("I16",), shape, path)
            self._files[shard] = file.get_slice("points")
        return self._files[shard]


def unpack(stored: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Turn stored numbers, int16 [T, 85, 3], into pixels, float32, missing points NaN.

    Args:
        units: pixels of a step of each axis, float32 [3].
    """
    points = stored.astype(np.float32) * units
    points[(stored == MISSING).any(-1)] = np.nan
    return points
