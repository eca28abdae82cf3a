"""The frame store: every frame of a split, decoded once and compressed in a tar with an index.

data/frame_store_writer.py and docs/frame_store.md describe its content and how it is written.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sign2text.data.frame_index import format_of
from sign2text.data.frame_store_writer import FrameFormat, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.files import reading
from sign2text.ground.store_index import (
    check_starts,
    check_tensor,
    index_path,
    read_about,
    read_ids,
    wrong,
)
from sign2text.untrusted.pictures import decode_picture, picture_size

__all__ = ["FrameFormat", "FrameStore", "FrameStoreWriter", "decode_frames", "index_path"]

PNG = b"\x89PNG"


def decode_frames(images: Iterable[bytes]) -> np.ndarray:
    """Decompress JPEG or PNG images of one size, uint8 [N, H, W, 3] RGB."""
    return np.stack([_decode(image, picture_size(image)) for image in images])


def _decode(image: bytes, size: tuple[int, int], out: np.ndarray | None = None) -> np.ndarray:
    """Decode a picture of `size` (height, width) to uint8 [H, W, 3] RGB, into `out` if given.

    Raises ValueError for data other than a picture and, before decoding, for a picture of another
    size or too large a one.
    """
    import simplejpeg

    if image.startswith(PNG):
        picture = decode_picture(image, size)
        if out is None:
            return picture
        out[:] = picture
        return out
    if (found := picture_size(image)) != size:
        raise ValueError(f"{found} pixels found, {size} expected")
    return simplejpeg.decode_jpeg(image, buffer=out)


class FrameStore:
    """Reader of a frame store.

    Safe with several loader workers: forked workers can share the open file, since `os.pread` uses
    no file position; in spawned workers, the unpickled store opens its file again.
    """

    def __init__(self, store: Path) -> None:
        from safetensors import safe_open

        self.path, index = store, index_path(store)
        for path in (store, index):
            if not path.is_file():
                raise InputError(f"{path}: missing; run the rule sample_frames to make it.")
        with reading(index), safe_open(str(index), framework="numpy") as file:
            about = read_about(file.metadata(), index)
            self._positions = read_ids(about, index)
            self.ids: list[str] = about["ids"]
            self.format = format_of(about, index)
            check_tensor(file, "offsets", ("I64",), (None,), index)
            self._offsets = file.get_tensor("offsets")
            check_tensor(file, "sizes", ("I32",), self._offsets.shape, index)
            self._sizes = file.get_tensor("sizes")
            check_tensor(file, "starts", ("I64",), (len(self.ids) + 1,), index)
            self._starts = file.get_tensor("starts")
        check_starts(self._starts, len(self._offsets), index, least=1)
        self._check_clips()
        self._file = os.open(store, os.O_RDONLY)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)

    def __reduce__(self) -> tuple:
        return FrameStore, (self.path,)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> np.ndarray:
        """Number of frames of each clip, int64 [clips]."""
        return np.diff(self._starts)

    def position(self, clip: str) -> int:
        """Return a clip's position in the store by its id."""
        if clip not in self._positions:
            raise InputError(
                f"{self.path}: holds no clip '{clip}' ({len(self)} clips found). The store was "
                "made from another manifest; run the rule sample_frames again, or where that left "
                "clips out (on_bad_clip: skip), read the manifest that it wrote."
            )
        return self._positions[clip]

    def read(self, position: int, frames: Sequence[int] | np.ndarray) -> np.ndarray:
        """Decode the given frames of a clip, uint8 [N, H, W, 3] RGB.

        Raises:
            InputError: a frame's bytes are not a picture of the store's size, or the index gives
                impossible offsets or sizes.
        """
        self._check_frames(position)
        rows = self._starts[position] + np.asarray(frames, dtype=np.int64)
        pictures = np.empty((len(rows), *self.format.size, 3), np.uint8)
        for picture, row in zip(pictures, rows.tolist(), strict=True):
            image = os.pread(self._file, int(self._sizes[row]), int(self._offsets[row]))
            try:
                _decode(image, self.format.size, picture)
            except ValueError as error:
                raise InputError(
                    f"{self.path}, clip '{self.ids[position]}', frame "
                    f"{row - int(self._starts[position])}: cannot be decoded ({error}). The file "
                    "was changed since it was made; delete it and run the rule sample_frames again."
                ) from error
        return pictures

    def _check_clips(self) -> None:
        """Raise InputError if clips are out of order or the store is truncated.

        Frames are checked per clip when they are read, since a split has a million of them.
        """
        self._held = self.path.stat().st_size
        if not len(self._sizes):
            return
        first = self._offsets[self._starts[:-1]]
        if first[0] < tarfile.BLOCKSIZE or (first[1:] <= first[:-1]).any():
            found = f"{first.min()} as the least, or falling numbers,"
            raise wrong(index_path(self.path), "offsets", found, "rising numbers from 512 on")
        end = int(self._offsets[-1]) + int(self._sizes[-1])
        if self._held < end:
            raise InputError(
                f"{self.path}: {self._held} bytes found, at least {end} expected by "
                f"{index_path(self.path).name}. The file was cut; delete both and run the rule "
                "sample_frames again."
            )

    def _check_frames(self, position: int) -> None:
        """Raise InputError if a clip's frames overlap, run backwards or leave the store."""
        begin, end = self._starts[position : position + 2].tolist()
        offsets, sizes = self._offsets[begin:end], self._sizes[begin:end]
        # Compare before adding: the sum of two int64 may wrap around.
        rises = offsets[0] >= tarfile.BLOCKSIZE and (offsets[1:] > offsets[:-1]).all()
        within = rises and int(offsets[-1]) + int(sizes[-1]) <= self._held and sizes.min() > 0
        if not within or (offsets[:-1] + sizes[:-1] > offsets[1:]).any():
            raise wrong(
                index_path(self.path),
                f"clip '{self.ids[position]}'",
                f"offsets from {offsets.min()} to {offsets.max()}, sizes from {sizes.min()}",
                f"one frame after the other within the {self._held} bytes of {self.path.name}",
            )
