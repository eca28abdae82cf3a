"""Word vectors from a fastText model (.bin), which also has vectors of subwords.

The file is mapped into memory: of the 7 GB of a published model, only the dictionary and the needed
rows are read. A word's vector is the mean of its row, if the dictionary has the word, and of the
rows of its character n-grams, which share `bucket` rows through a hash (Bojanowski et al. 2017,
section 3.2). Format and hash are those of fastText 0.9, file version 12.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sign2text.ground.errors import InputError

MAGIC, VERSION = 793712314, 12
BEGIN, END, SENTENCE_END = "<", ">", "</s>"  # around a word; the last has no n-grams
LARGEST_WIDTH, LONGEST_NGRAM = 4096, 64
_HEADER = struct.Struct("<2i12id")
_DICTIONARY = struct.Struct("<3i2q")
_ENTRY = struct.Struct("<qb")
_PAIR = 8  # bytes of a pruned n-gram's numbers
_MATRIX = struct.Struct("<?2q")
_ADVICE = "It was cut or damaged, or is a file of another kind: fetch it again, and unpack it."
_WORD = 0  # kind of an entry; 1 is a label


class _Place(NamedTuple):
    """Position and shape of the input matrix."""

    offset: int
    rows: int
    width: int


class FastTextModel:
    """Vectors of known and unknown words from a model that is not quantised."""

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        """Open a model and find the rows of the `wanted` words in its dictionary.

        Raises:
            InputError: it is no such model, is quantised or pruned, or has impossible sizes.
        """
        self.path = path
        with path.open("rb") as file:
            if path.stat().st_size < _HEADER.size + _DICTIONARY.size + _MATRIX.size:
                raise self._damaged("is shorter than a header")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, *numbers = _HEADER.unpack_from(self._map, 0)
        if magic != MAGIC or version != VERSION:
            raise self._damaged(
                f"begins with {magic}, version {version}; expected {MAGIC}, version {VERSION}"
            )
        self.width, self._bucket, self._shortest, self._longest = (
            numbers[each] for each in (0, 8, 9, 10)
        )
        if not (
            0 < self.width <= LARGEST_WIDTH
            and self._bucket >= 0
            and self._shortest >= 0
            and 0 <= self._longest <= LONGEST_NGRAM
        ):
            raise self._damaged(
                f"says width {self.width}, {self._bucket} buckets, n-grams of {self._shortest} to "
                f"{self._longest} characters"
            )
        self._rows: dict[str, int] = {}
        self._words, end = self._read_dictionary(set(wanted))
        self._matrix = self._find_matrix(end)

    def vector(self, word: str) -> np.ndarray | None:
        """Return the vector of a word, float32 [C]; None if neither it nor an n-gram has a row.

        Raises:
            InputError: a row has a value that is not finite.
        """
        rows = [*self._rows_of(word)]
        if not rows:
            return None
        total = np.zeros(self.width, np.float32)
        for row in rows:
            start = self._matrix.offset + row * self.width * 4
            total += np.frombuffer(self._map, "<f4", self.width, start)
        if not np.isfinite(total).all():
            raise self._damaged(f"the vector of '{word[:80]}' has values that are not numbers")
        return total * np.float32(1 / len(rows))

    def knows(self, word: str) -> bool:
        """Return whether the dictionary has the word, which must be a wanted one."""
        return word in self._rows

    def _rows_of(self, word: str) -> Iterator[int]:
        if word in self._rows:
            yield self._rows[word]
        if word != SENTENCE_END and self._longest and self._bucket:
            for ngram in ngrams(f"{BEGIN}{word}{END}", self._shortest, self._longest):
                yield self._words + hash_of(ngram.encode()) % self._bucket

    def _read_dictionary(self, wanted: set[str]) -> tuple[int, int]:
        """Record the rows of the wanted words; return the number of words, and where it ends."""
        size, words, labels, _, pruned = _DICTIONARY.unpack_from(self._map, _HEADER.size)
        place, end = _HEADER.size + _DICTIONARY.size, len(self._map)
        if min(size, words, labels) < 0 or size != words + labels:
            raise self._damaged(f"says {size} entries, {words} words and {labels} labels")
        if pruned >= 0:
            raise InputError(
                f"{self.path}: a model whose n-grams were pruned found, a whole one expected, as "
                "cc.de.300.bin is published. Use that, or the .vec beside it."
            )
        encoded = {word.encode(): word for word in wanted}
        for row in range(size):
            stop = self._map.find(b"\0", place, end)
            if stop < 0 or stop + 1 + _ENTRY.size > end:
                raise self._damaged(f"ends within entry {row + 1} of {size} of its dictionary")
            word = encoded.get(self._map[place:stop])
            if word is not None and self._map[stop + _ENTRY.size] == _WORD:
                self._rows[word] = row
            place = stop + 1 + _ENTRY.size
        return words, place

    def _find_matrix(self, place: int) -> _Place:
        end = len(self._map)
        if place + _MATRIX.size > end:
            raise self._damaged("ends before its vectors")
        quantised, rows, width = _MATRIX.unpack_from(self._map, place)
        if quantised:
            raise InputError(
                f"{self.path}: a quantised model (.ftz) found, one with whole vectors expected. "
                "Use the .bin or the .vec of the same name."
            )
        expected = self._words + self._bucket
        if width != self.width or rows != expected:
            raise self._damaged(
                f"has {rows} vectors of {width} values; {expected} of {self.width} expected by its "
                "header"
            )
        offset = place + _MATRIX.size
        if offset + rows * width * 4 > end:
            raise self._damaged(f"ends within its {rows} vectors")
        return _Place(offset, rows, width)

    def _damaged(self, found: str) -> InputError:
        return InputError(f"{self.path}: a fastText model expected; the file {found}. {_ADVICE}")


def ngrams(word: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield the character n-grams of a word with its marks, except the marks alone.

    >>> [*ngrams("<ab>", 3, 4)]
    ['<ab', '<ab>', 'ab>']
    """
    for start in range(len(word)):
        for length in range(max(1, shortest), longest + 1):
            stop = start + length
            if stop > len(word):
                break
            if length > 1 or (start > 0 and stop < len(word)):
                yield word[start:stop]


def hash_of(data: Sequence[int]) -> int:
    """Compute FNV-1a in 32 bits; bytes count as signed numbers, as in fastText.

    >>> hash_of(b"a")
    3826002220
    """
    value = 2166136261
    for byte in data:
        signed = byte | 0xFFFFFF00 if byte > 127 else byte
        value = ((value ^ signed) * 16777619) & 0xFFFFFFFF
    return value
