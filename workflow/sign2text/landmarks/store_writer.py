"""Writer of a landmark store of one shard (reader: landmarks/store.py, format: index.py)."""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sign2text.data.frame_journal import can_be_continued, is_left_out, read_records, take_away
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.ground.storage import writing
from sign2text.ground.store_index import index_path
from sign2text.landmarks.index import EXTRACTOR, Index, count_seen, write_index
from sign2text.landmarks.points import AXES, COUNT
from sign2text.landmarks.store import MISSING

LARGEST = 2**15 - 1
"""Largest stored number; the negative one below it means a missing point."""
FINEST = 2.0**-15
"""Pixels of the smallest step. Coordinates up to 512 pixels have steps of 1/64, up to 4,096 of 1/8:
the error is at most 1/16 of a pixel there, and 1 pixel in float16, which needs the same bytes."""
_BYTES = COUNT * AXES * 2  # of a frame
_HEADER = 4096  # bytes at the shard's beginning, filled when its length is known


class LandmarkStoreWriter:
    """Write a store clip by clip; after a kill, resume after the last complete clip.

    Until `finish`, `<shard>.part` holds the numbers, and `<shard>.journal` a line of JSON for each
    finished or left-out clip, with the CRC-32 of its bytes. A journal of other settings or code is
    discarded. Otherwise clips are kept up to the first that has changed.
    """

    def __init__(
        self,
        shard: Path,
        ids: Sequence[str],
        sources: Sequence[str | None] | None = None,
        *,
        about: Mapping[str, Any],
        skips: bool = False,
        code: str = "",
    ) -> None:
        """Open the store, and keep the complete clips of an earlier run.

        Args:
            shard: the shard's path, `<name>.safetensors`; its index is `index_path(shard)`.
            sources: for each clip, a value that changes with its file; None if unknown.
            about: the extractor: `extractor`, `version` and `settings`.
            skips: True if clips may be left out; if False, earlier left-out clips are due again.
            code: hash of the code that extracts; clips of other code are not kept.
        """
        self.shard, self.ids, self.skips = shard, list(ids), skips
        self.about = {key: about[key] for key in EXTRACTOR}
        self.sources = [None] * len(self.ids) if sources is None else list(sources)
        self.left_out: dict[str, str] = {}
        self.records: list[dict[str, Any]] = []
        self.end = _HEADER  # the part's bytes up to the end of the last complete clip
        self.part = shard.with_name(shard.name + ".part")
        self.journal = shard.with_name(shard.name + ".journal")
        header = json.loads(json.dumps({**self.about, "code": code}))
        with writing(shard):
            shard.parent.mkdir(parents=True, exist_ok=True)
            logged = self._continue(header)
            self._data = _open_at(self.part, self.end)
            self._log = _open_at(self.journal, logged)
            if not logged:
                self._note(header)

    def _continue(self, header: dict[str, Any]) -> int:
        """Keep what an earlier run stored; return the number of valid bytes in its journal."""
        take_away(self.part, self.journal)
        if not can_be_continued(self.part, self.journal):
            return 0
        kept = 0
        with self.journal.open("rb") as lines, self.part.open("rb") as part:
            part.seek(_HEADER)
            for number, (record, length) in enumerate(read_records(lines)):
                if (number == 0 and record != header) or (number and not self._keep(record, part)):
                    break
                kept += length
        return kept

    def _keep(self, record: dict[str, Any], part: Any) -> bool:
        """Take an earlier run's clip if it is the next one, unchanged and complete."""
        if self.tried == len(self.ids):
            return False
        clip, source = self.ids[self.tried], self.sources[self.tried]
        if self.skips and is_left_out(record, clip, source):
            self.left_out[clip] = record["left_out"]
            return True
        if not _is_clip(record, clip, source):
            return False
        data = part.read(record["frames"] * _BYTES)
        if len(data) != record["frames"] * _BYTES or zlib.crc32(data) != record["crc32"]:
            return False
        self._take(record)
        return True

    def _take(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        self.end += record["frames"] * _BYTES

    def __len__(self) -> int:
        """Return the number of clips in the store so far."""
        return len(self.records)

    @property
    def tried(self) -> int:
        """Number of clips that are in the store or left out so far."""
        return len(self.records) + len(self.left_out)

    def add(self, clip: str, points: np.ndarray, fps: float, size: tuple[int, int]) -> None:
        """Append the next clip.

        Args:
            points: float32 [T, 85, 3] in pixels, T at least 1; a point with a NaN is missing.
            fps: frames a second.
            size: width and height of the picture in pixels.

        Raises:
            InputError: a coordinate is infinite or beyond 32,767 pixels, or `fps` is not above 0.
            StorageError: the disk is full; earlier clips stay stored.
        """
        if clip != self.ids[self.tried]:
            raise ValueError(f"clip {clip} found, {self.ids[self.tried]} expected")
        if points.ndim != 3 or points.shape[1:] != (COUNT, AXES) or not len(points):
            raise ValueError(f"points {points.shape} found, [T, {COUNT}, {AXES}] expected")
        if not (math.isfinite(fps) and fps > 0):
            raise InputError(
                f"clip '{clip}': {fps} frames a second found, a number above 0 expected. Give the "
                "clip's rate in the manifest."
            )
        stored, units = pack(points, clip)
        data = stored.tobytes()
        record = {
            "id": clip,
            "source": self.sources[self.tried],
            "frames": len(points),
            "fps": float(fps),
            "size": [int(side) for side in size],
            "units": units,
            "seen": count_seen(points).tolist(),
            "crc32": zlib.crc32(data),
        }
        with writing(self.shard):
            _write(self._data, data)
            self._note(record)
        self._take(record)

    def leave_out(self, clip: str, reason: str) -> None:
        """Skip the next clip, for a reason of one line; later runs that skip do not try it."""
        reason = " ".join(reason.split())
        with writing(self.shard):
            self._note({"id": clip, "source": self.sources[self.tried], "left_out": reason})
        self.left_out[clip] = reason

    def _note(self, record: dict[str, Any]) -> None:
        _write(self._log, json.dumps(record).encode() + b"\n")

    def finish(self) -> None:
        """Write the shard and its index under their final names, and remove the journal."""
        frames = [record["frames"] for record in self.records]
        index = index_path(self.shard)
        with writing(self.shard):
            os.lseek(self._data, 0, os.SEEK_SET)
            _write(self._data, _header(sum(frames)))
            os.fsync(self._data)
            # An old index with a new shard would give wrong landmarks.
            index.unlink(missing_ok=True)
            self.part.replace(self.shard)
        write_index(
            index,
            Index(
                [record["id"] for record in self.records],
                np.cumsum([0, *frames]),
                np.array([0, len(frames)]),
                *(
                    np.array([record[key] for record in self.records])
                    for key in ("units", "fps", "size", "seen")
                ),
                [{"file": self.shard.name, "sha256": sha256_of(self.shard)}],
                self.about,
                self.left_out,
            ),
        )
        self.close()
        self.journal.unlink()

    def close(self) -> None:
        """Close the files; their content stays for the next try."""
        for descriptor in (self._data, self._log):
            if descriptor >= 0:
                os.close(descriptor)
        self._data = self._log = -1


def pack(points: np.ndarray, clip: str) -> tuple[np.ndarray, list[float]]:
    """Turn pixels, float [T, 85, 3], into int16, and return the pixels of a step of each axis.

    A step is the smallest power of two, from 2**-15 to 1, with which the clip's largest coordinate
    on that axis can be written.

    Raises:
        InputError: a coordinate is infinite or beyond 32,767 pixels.
    """
    missing = np.isnan(points).any(-1)
    there = np.where(missing[..., None], 0, points)
    largest = np.abs(there).max((0, 1))
    if largest.max() > LARGEST:
        raise InputError(
            f"clip '{clip}': a coordinate of {largest.max():g} pixels found, at most {LARGEST} "
            "expected. The extractor failed, or the file is in other units."
        )
    units = 2.0 ** np.ceil(np.log2(np.maximum(largest / LARGEST, FINEST)))
    stored = np.rint(there / units).astype("<i2")
    stored[missing] = MISSING
    return stored, units.tolist()


def _is_clip(record: dict[str, Any], clip: str, source: str | None) -> bool:
    """Return whether a line of a journal is a valid entry of `clip`."""
    if record.get("id") != clip or source not in (None, record.get("source")):
        return False
    frames, crc32, size, seen = (record.get(key) for key in ("frames", "crc32", "size", "seen"))
    whole = [frames, crc32, *(size if isinstance(size, list) else [None])]
    whole += seen if isinstance(seen, list) and len(seen) == 5 else [None]
    units = record.get("units")
    numbers = [record.get("fps"), *(units if isinstance(units, list) else [None])]
    return (
        len(whole) == 9
        and set(map(type, whole)) == {int}
        and 0 < frames < 2**31
        and min(size) > 0
        and len(numbers) == 1 + AXES
        and set(map(type, numbers)) == {float}
        and all(math.isfinite(number) and number > 0 for number in numbers)
    )


def _header(frames: int) -> bytes:
    """Return the beginning of a safetensors file with `points` int16 [frames, 85, 3]."""
    shape = [frames, COUNT, AXES]
    entry = {"dtype": "I16", "shape": shape, "data_offsets": [0, frames * _BYTES]}
    text = json.dumps({"points": entry}).encode().ljust(_HEADER - 8)
    return len(text).to_bytes(8, "little") + text


def _open_at(path: Path, end: int) -> int:
    """Open a file for writing after its first `end` bytes, and cut off what follows."""
    # Unbuffered: disk errors come from the write itself, and closing writes nothing more.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    os.ftruncate(descriptor, end)
    os.lseek(descriptor, end, os.SEEK_SET)
    return descriptor


def _write(descriptor: int, data: bytes) -> None:
    """Write all of `data`: a nearly full disk takes a part of it first and fails afterwards."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
