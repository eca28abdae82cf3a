"""Writer of a frame store, a tar of compressed frames and its index (reader: data/frame_store.py).

`<split>.tar` is an ordinary uncompressed tar with one member per frame (`<clip id>/000000.jpg`, or
`.png` if the store is lossless), so any tool can open it. Its index (data/frame_index.py) locates
the bytes of each frame, so training reads and decodes only the frames that it samples.
"""

from __future__ import annotations

import errno
import json
import os
import tarfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from sign2text.data.frame_format import SUFFIXES, FrameFormat
from sign2text.data.frame_index import index_content
from sign2text.data.frame_journal import (
    can_be_continued,
    is_left_out,
    is_stored,
    is_whole,
    read_records,
    take_away,
)
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing, sha256_of
from sign2text.ground.store_index import index_path

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a full disk, a full quota and a maximum file size."""


class FrameStoreWriter:
    """Write a store clip by clip; after a kill, resume after the last complete clip.

    Until `finish`, `<split>.tar.part` holds the frames, and `<split>.tar.journal` is a journal of
    finished clips with one JSON line each. A journal of another format or code version is
    discarded. Otherwise the clips are kept up to the first that has changed. Memory holds one clip,
    and 12 bytes per frame for the index. A left-out clip has a line with the reason, so it is not
    tried again.

    Nothing is synced to disk before `finish`, so a power failure may leave a clip's line in the
    journal but zeros in the tar. Each line therefore holds the CRC-32 of the clip's bytes in the
    tar, headers and padding included, and resuming reads the store once to compare them.
    """

    def __init__(
        self,
        store: Path,
        frame_format: FrameFormat,
        ids: Sequence[str],
        sources: Sequence[str | None] | None = None,
        *,
        skips: bool = False,
    ) -> None:
        """Open the store and keep the complete clips of an earlier run.

        Args:
            sources: for each clip, a value that changes with its video; None if unknown.
            skips: True if clips may be left out; if False, earlier left-out clips are due again.
        """
        self.store, self.format, self.ids, self.skips = store, frame_format, list(ids), skips
        self.sources = [None] * len(self.ids) if sources is None else list(sources)
        self.left_out: dict[str, str] = {}
        self.part = store.with_name(store.name + ".part")
        self.journal = store.with_name(store.name + ".journal")
        self.end = 0
        self._offsets, self._sizes, self._starts = array("q"), array("i"), array("q", [0])
        header = {
            "size": list(frame_format.size),
            "quality": frame_format.quality,
            "codec": frame_format.codec,
            "fps": frame_format.fps,
            "code": code_hash("sample_frames"),
        }
        store.parent.mkdir(parents=True, exist_ok=True)
        self._logged = self._continue(header)
        # Unbuffered: disk errors come from the write itself, and closing writes nothing more.
        self._tar = os.open(self.part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        self._log = os.open(self.journal, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        self._cut()
        if not self._logged:
            with self._room():
                self._logged = self._note(header)

    def _continue(self, header: dict) -> int:
        """Keep what an earlier run stored; return the number of valid bytes in its journal."""
        take_away(self.part, self.journal)
        if not can_be_continued(self.part, self.journal):
            return 0
        kept, held = 0, self.part.stat().st_size
        with self.journal.open("rb") as lines, self.part.open("rb") as part:
            for number, (record, length) in enumerate(read_records(lines)):
                if number == 0:
                    if record != header:
                        break
                elif self.tried == len(self.ids):
                    break
                else:
                    clip, source = self.ids[self.tried], self.sources[self.tried]
                    if self.skips and is_left_out(record, clip, source):
                        self.left_out[clip] = record["left_out"]
                    elif is_whole(record, clip, source, self.end) and is_stored(
                        record, self.end, part, held
                    ):
                        self._take(record)
                    else:
                        break
                kept += length
        return kept

    def _take(self, record: dict) -> None:
        self._offsets.extend(record["offsets"])
        self._sizes.extend(record["sizes"])
        self._starts.append(len(self._sizes))
        self.end = record["end"]

    def __len__(self) -> int:
        """Return the number of clips in the store so far."""
        return len(self._starts) - 1

    @property
    def tried(self) -> int:
        """Number of clips that are in the store or left out so far."""
        return len(self) + len(self.left_out)

    @property
    def done(self) -> list[str]:
        """Ids of the clips in the store so far, in order."""
        return [clip for clip in self.ids[: self.tried] if clip not in self.left_out]

    @property
    def frames(self) -> int:
        """Number of frames in the store so far."""
        return len(self._sizes)

    def add(self, clip: str, images: Sequence[bytes]) -> None:
        """Append the compressed frames of a clip.

        Raises:
            InputError: the disk is full; earlier clips stay stored.
        """
        parts, offsets, end = [], [], self.end
        for number, image in enumerate(images):
            info = tarfile.TarInfo(f"{clip}/{number:06d}{SUFFIXES[self.format.codec]}")
            info.size = len(image)
            head, rest = info.tobuf(tarfile.PAX_FORMAT), -len(image) % tarfile.BLOCKSIZE
            offsets.append(end + len(head))
            parts += [head, image, bytes(rest)]
            end += len(head) + len(image) + rest
        data = b"".join(parts)
        record = {
            "id": clip,
            "source": self.sources[self.tried],
            "offsets": offsets,
            "sizes": [len(image) for image in images],
            "end": end,
            "crc32": zlib.crc32(data),
        }
        with self._room():
            _write(self._tar, data)
            self._logged += self._note(record)
        self._take(record)

    def leave_out(self, clip: str, reason: str) -> None:
        """Skip the next clip; runs that may skip do not try it again.

        Raises:
            InputError: the disk is full.
        """
        record = {"id": clip, "source": self.sources[self.tried], "left_out": reason}
        with self._room():
            self._logged += self._note(record)
        self.left_out[clip] = reason

    def _note(self, record: dict) -> int:
        """Append a line to the journal; return its length in bytes."""
        line = json.dumps(record).encode() + b"\n"
        _write(self._log, line)
        return len(line)

    def finish(self) -> None:
        """Close the tar, write the index, and give both their final names.

        Raises:
            InputError: the disk is full; all clips stay stored, and another run writes the rest.
        """
        with self._room():
            _write(self._tar, bytes(2 * tarfile.BLOCKSIZE))
            os.fsync(self._tar)
        data = index_content(
            self.done,
            self.format,
            np.array(self._offsets, np.int64),
            np.array(self._sizes, np.int32),
            np.array(self._starts, np.int64),
            sha256_of(self.part),
        )
        index = index_path(self.store)
        with self._room(), replacing(index) as temporary:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # a full disk must show before anything is renamed
            # Remove an old index first: with the new tar it would give wrong pictures.
            index.unlink(missing_ok=True)
            self.part.replace(self.store)
        self.close()
        self.journal.unlink()

    def close(self) -> None:
        """Close the files; their content stays for the next try."""
        for descriptor in (self._tar, self._log):
            if descriptor >= 0:
                os.close(descriptor)
        self._tar = self._log = -1

    def _cut(self) -> None:
        """Truncate both files after the last complete clip, and seek there."""
        for descriptor, end in ((self._tar, self.end), (self._log, self._logged)):
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Turn a full disk into an InputError, and remove the incomplete clip."""
        try:
            yield
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            with suppress(OSError):
                self._cut()
            need = ""
            if len(self):
                rest = self.end / len(self) * (len(self.ids) - self.tried)
                need = f"about {rest / 1e9:.1f} GB "
            raise InputError(
                f"{self.part}: the disk took no more ({error.strerror}) after {len(self)} of "
                f"{len(self.ids)} clips, {self.end / 1e9:.1f} GB. They are kept. Make {need}room "
                "there and run the same command again, which resumes after them; or keep smaller "
                "frames (height, width, quality of sample_frames), which starts afresh."
            ) from error


def _write(descriptor: int, data: bytes) -> None:
    """Write all of `data`: a nearly full disk takes a part of it first and fails afterwards."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
