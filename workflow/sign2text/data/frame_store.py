"""The frame store: every frame of a split, decoded once, compressed in one tar with an index.

What is in it, and how it is written: data/frame_store_writer.py and docs/frame_store.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sign2text.data.frame_store_writer import FrameFormat, FrameStoreWriter, index_path
from sign2text.errors import InputError
from sign2text.files import reading

__all__ = ["FrameFormat", "FrameStore", "FrameStoreWriter", "decode_frames", "index_path"]

PNG = b"\x89PNG"


def decode_frames(images: Iterable[bytes]) -> np.ndarray:
    """Decompress JPEG or PNG images of one size, uint8 [N, H, W, 3] RGB."""
    return np.stack([_decode(image) for image in images])


def _decode(image: bytes, out: np.ndarray | None = None) -> np.ndarray:
    """One picture, uint8 [H, W, 3] RGB, into `out` where it is given and has that shape.

    Raises ValueError for what is no picture or one of another size.
    """
    import simplejpeg

    if image.startswith(PNG):
        import cv2

        picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            raise ValueError("not a readable PNG")
    else:
        picture = simplejpeg.decode_jpeg(image, buffer=out)
    if out is None:
        return picture
    if picture.shape != out.shape:
        raise ValueError(f"{picture.shape[:2]} pixels found, {out.shape[:2]} expected")
    if not np.may_share_memory(picture, out):
        out[:] = picture
    return out


class FrameStore:
    """Read a store.

    Safe with several loader workers: after a fork, since `os.pread` knows no position, and where
    workers are started afresh, since a pickled store opens its file again.
    """

    def __init__(self, store: Path) -> None:
        from safetensors import safe_open

        self.path, index = store, index_path(store)
        for path in (store, index):
            if not path.is_file():
                raise InputError(f"{path}: missing; run the rule sample_frames to make it.")
        with reading(index), safe_open(str(index), framework="numpy") as file:
            self._offsets, self._sizes = file.get_tensor("offsets"), file.get_tensor("sizes")
            self._starts = file.get_tensor("starts")
            about = json.loads((file.metadata() or {})["about"])
            self.ids: list[str] = about["ids"]
            # Stores that were made before there was a choice do not say it.
            codec = about.get("codec", "jpeg")
            self.format = FrameFormat((about["height"], about["width"]), about["quality"], codec)
        end = int(self._offsets[-1]) + int(self._sizes[-1]) if len(self._sizes) else 0
        found = store.stat().st_size
        if found < end:
            raise InputError(
                f"{store}: {found} bytes found, at least {end} expected by {index.name}. The "
                "file was cut; delete both and run the rule sample_frames again."
            )
        self._positions = {clip: number for number, clip in enumerate(self.ids)}
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
        """Frames of each clip, int64 [clips]."""
        return np.diff(self._starts)

    def position(self, clip: str) -> int:
        """Place of a clip in the store by its id."""
        if clip not in self._positions:
            raise InputError(
                f"{self.path}: holds no clip '{clip}' ({len(self)} clips found). The store was "
                "made from another manifest; run the rule sample_frames again."
            )
        return self._positions[clip]

    def read(self, position: int, frames: Sequence[int] | np.ndarray) -> np.ndarray:
        """Decode the named frames of a clip, uint8 [N, H, W, 3] RGB.

        Raises:
            InputError: a frame's bytes are no picture of the store's size.
        """
        rows = self._starts[position] + np.asarray(frames, dtype=np.int64)
        pictures = np.empty((len(rows), *self.format.size, 3), np.uint8)
        for picture, row in zip(pictures, rows.tolist(), strict=True):
            image = os.pread(self._file, int(self._sizes[row]), int(self._offsets[row]))
            try:
                _decode(image, picture)
            except ValueError as error:
                raise InputError(
                    f"{self.path}, clip '{self.ids[position]}', frame "
                    f"{row - int(self._starts[position])}: cannot be decoded ({error}). The file "
                    "was changed since it was made; delete it and run the rule sample_frames again."
                ) from error
        return pictures
