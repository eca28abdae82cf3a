"""Decompression of tar archives.

tarfile's own decompression is unsuitable: it ignores gzip's checksum and the size of xz's
dictionary.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from typing import IO

from sign2text.ground.errors import InputError

_BLOCK = 2**20


class _Xz(io.RawIOBase):
    """An xz file, read with bounded memory: its header may ask for a dictionary of 4 GB."""

    MEMORY = 2**28  # bytes; xz -9 needs a quarter of that

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._stream = file, lzma.LZMADecompressor(memlimit=self.MEMORY)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        while True:
            if self._stream.eof:  # another stream may follow, after zeros
                rest = (self._stream.unused_data or self._file.read(_BLOCK)).lstrip(b"\0")
                if not rest:
                    return 0
                self._stream = lzma.LZMADecompressor(memlimit=self.MEMORY)
            elif self._stream.needs_input:
                rest = self._file.read(_BLOCK)
                if not rest:
                    raise EOFError("the end of the archive is missing")
            else:
                rest = b""
            if data := self._stream.decompress(rest, len(buffer)):
                buffer[: len(data)] = data
                return len(data)


_PACKED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {  # first bytes -> reader
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lambda file: io.BufferedReader(_Xz(file), _BLOCK),
}


@contextlib.contextmanager
def decompressed(name: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield a tar archive's file with gzip, bzip2 or xz compression removed.

    Args:
        name: the archive's name, for messages.
        file: the archive, at its beginning.

    Raises:
        InputError: it is not a tar.
    """
    head = file.read(512)
    file.seek(0)
    for magic, opener in _PACKED.items():
        if head.startswith(magic):
            with opener(file) as plain:
                yield plain
            return
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        raise InputError(
            f"{name}: is no tar or zip archive; found a file that begins with {head[:32]!r}. If "
            "a web page was saved in its place, delete it and fetch the archive itself."
        ) from None
    yield file
