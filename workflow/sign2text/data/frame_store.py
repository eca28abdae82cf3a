"""The frame store: every frame of a split, decoded once, as JPEG in one tar with an index.

`<split>.tar` is an ordinary uncompressed tar, one member a frame (`<clip id>/000000.jpg`), so any
tool can open it. `<split>.index.safetensors` says where each frame's bytes are, so training reads
and decodes only the frames that it samples:

- `offsets` int64 [F] and `sizes` int32 [F]: bytes of each frame in the tar
- `starts` int64 [clips + 1]: clip c has the frames starts[c] ... starts[c + 1] - 1
- metadata `about`, JSON: `ids` of the clips, `height`, `width`, `quality`, `sha256` of the tar
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sign2text.errors import InputError
from sign2text.files import reading, sha256_of
from sign2text.provenance import code_hash

SUBSAMPLING = "420"


@dataclass(frozen=True)
class FrameFormat:
    """How frames are kept: `size` is (height, width) in pixels, `quality` that of JPEG (1-100)."""

    size: tuple[int, int]
    quality: int

    def encode(self, frame: np.ndarray) -> bytes:
        """Resize a frame (uint8 [h, w, 3] RGB) to `size` and compress it."""
        import cv2
        import simplejpeg

        height, width = self.size
        if frame.shape[:2] != (height, width):
            shrinks = frame.shape[0] >= height and frame.shape[1] >= width
            method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            frame = cv2.resize(frame, (width, height), interpolation=method)
        frame = np.ascontiguousarray(frame)
        return simplejpeg.encode_jpeg(frame, quality=self.quality, colorsubsampling=SUBSAMPLING)

    def check_crop(self, crop: tuple[int, int]) -> None:
        """Raise InputError when `crop`, (height, width), is larger than a stored frame."""
        for side, wanted, found in zip(("height", "width"), crop, self.size, strict=True):
            if wanted > found:
                raise InputError(
                    f"crop_{side}: {wanted} found, at most {found} expected, the {side} of the "
                    f"stored frames. Lower it, or raise sample_frames.{side}."
                )


def decode_frames(images: Iterable[bytes]) -> np.ndarray:
    """Decompress JPEG images of one size, uint8 [N, H, W, 3] RGB."""
    import simplejpeg

    return np.stack([simplejpeg.decode_jpeg(image) for image in images])


def index_path(store: Path) -> Path:
    """The index that belongs to a store: `train.tar` -> `train.index.safetensors`."""
    return store.with_name(store.stem + ".index.safetensors")


class FrameStoreWriter:
    """Write a store clip by clip; after a kill, go on behind the last whole clip.

    Until `finish`, the frames are in `<split>.tar.part` and a journal of finished clips, one JSON
    line each, is in `<split>.tar.journal`. A journal made with another format or code is not
    continued; of one that is, the clips are kept up to the first that is not what it was.
    """

    def __init__(
        self,
        store: Path,
        frame_format: FrameFormat,
        ids: Sequence[str],
        sources: Sequence[str | None] | None = None,
    ) -> None:
        """`sources`: of each clip, what changes with its video; None: nothing is known of it."""
        self.store, self.format, self.ids = store, frame_format, list(ids)
        self.sources = [None] * len(self.ids) if sources is None else list(sources)
        self.part = store.with_name(store.name + ".part")
        self.journal = store.with_name(store.name + ".journal")
        header = {
            "size": list(frame_format.size),
            "quality": frame_format.quality,
            "code": code_hash("sample_frames"),
        }
        store.parent.mkdir(parents=True, exist_ok=True)
        self.clips = self._read_journal(header)
        self._tar = self.part.open("r+b" if self.clips else "wb")
        end = self.clips[-1]["end"] if self.clips else 0
        self._tar.truncate(end)
        self._tar.seek(end)
        lines = [header, *self.clips]
        self.journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self._log = self.journal.open("a")

    def _read_journal(self, header: dict) -> list[dict]:
        if not (self.part.exists() and self.journal.exists()):
            return []
        records = []
        for line in self.journal.read_text().splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break  # the line that was being written when the process died
        if not records or records[0] != header:
            return []
        size = self.part.stat().st_size
        clips = []
        for clip, wanted, source in zip(records[1:], self.ids, self.sources, strict=False):
            changed = source is not None and clip["source"] != source
            if clip["id"] != wanted or clip["end"] > size or changed:
                break
            clips.append(clip)
        return clips

    @property
    def done(self) -> list[str]:
        """Ids of the clips that are in the store already, in order."""
        return [clip["id"] for clip in self.clips]

    @property
    def frames(self) -> int:
        """Number of frames that are in the store already."""
        return sum(len(clip["sizes"]) for clip in self.clips)

    def add(self, clip: str, images: Sequence[bytes]) -> None:
        """Append the JPEG frames of a clip."""
        offsets = []
        for number, image in enumerate(images):
            info = tarfile.TarInfo(f"{clip}/{number:06d}.jpg")
            info.size = len(image)
            self._tar.write(info.tobuf(tarfile.PAX_FORMAT))
            offsets.append(self._tar.tell())
            self._tar.write(image)
            self._tar.write(b"\0" * (-len(image) % tarfile.BLOCKSIZE))
        self._tar.flush()
        record = {
            "id": clip,
            "source": self.sources[len(self.clips)],
            "offsets": offsets,
            "sizes": [len(image) for image in images],
            "end": self._tar.tell(),
        }
        self.clips.append(record)
        self._log.write(json.dumps(record) + "\n")
        self._log.flush()

    def finish(self) -> None:
        """Close the tar, write the index and give both their names: the index last."""
        from safetensors.numpy import save

        from sign2text.files import replacing

        self._tar.write(b"\0" * (2 * tarfile.BLOCKSIZE))
        self._tar.flush()
        os.fsync(self._tar.fileno())
        self.close()
        lengths = [len(clip["sizes"]) for clip in self.clips]
        tensors = {
            "offsets": np.concatenate([np.asarray(c["offsets"], np.int64) for c in self.clips]),
            "sizes": np.concatenate([np.asarray(c["sizes"], np.int32) for c in self.clips]),
            "starts": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        }
        about = {
            "ids": self.done,
            "height": self.format.size[0],
            "width": self.format.size[1],
            "quality": self.format.quality,
            "sha256": sha256_of(self.part),
        }
        # An old index goes first: with the new tar it would give wrong pictures.
        index_path(self.store).unlink(missing_ok=True)
        self.part.replace(self.store)
        with replacing(index_path(self.store)) as temporary:
            # One key: safetensors writes several in an order that changes from run to run.
            temporary.write_bytes(save(tensors, {"about": json.dumps(about)}))
        self.journal.unlink()

    def close(self) -> None:
        """Close the files; what is in them stays for the next try."""
        self._tar.close()
        self._log.close()


class FrameStore:
    """Read a store. Safe with several loader workers and after a fork (`os.pread`, no position)."""

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
        self.format = FrameFormat((about["height"], about["width"]), about["quality"])
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
        """Decode the named frames of a clip, uint8 [N, H, W, 3] RGB."""
        rows = self._starts[position] + np.asarray(frames, dtype=np.int64)
        return decode_frames(
            os.pread(self._file, int(self._sizes[row]), int(self._offsets[row])) for row in rows
        )
