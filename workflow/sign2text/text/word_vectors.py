"""Word vectors from a text file (.vec), one word per line, without vectors of subwords."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from sign2text.ground.errors import InputError

LONGEST_LINE = 2**20  # bytes; 300 values take about 3,000
_AGAIN = "Fetch it again, and unpack it."


def read_word_vectors(path: Path, wanted: Collection[str]) -> tuple[int, dict[str, np.ndarray]]:
    """Return the vectors' width, and vectors float32 [C] of the `wanted` words in the file.

    The first line has the number of words and the width, as written by fastText. If a word is
    repeated, its first vector is used.

    Raises:
        InputError: the first line has another form, a line has the wrong number of values or a
            value that is not a finite number, or the file is truncated.
    """
    names = {word.encode(): word for word in wanted}
    found: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        count, width = _header(path, file.readline(LONGEST_LINE))
        lines = 0
        for lines, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            word, _, values = line.rstrip(b"\n").partition(b" ")
            name = names.get(word)
            whole = line.endswith(b"\n")
            if whole and (name is None or name in found):
                continue
            vector = _vector(values)
            if not whole or vector is None or len(vector) != width:
                raise InputError(
                    f"{path}, line {lines + 1}: a line that is cut or damaged found; expected a "
                    f"word and {width} numbers, one space between them. {_AGAIN}"
                )
            found[name] = vector
    if lines != count:
        raise InputError(
            f"{path}: {lines} words found, {count} expected by its first line. It was cut. {_AGAIN}"
        )
    return width, found


def _header(path: Path, line: bytes) -> tuple[int, int]:
    numbers = line.split()
    if len(numbers) == 2 and all(each.isdigit() and len(each) < 10 for each in numbers):
        count, width = map(int, numbers)
        if count and 0 < width < LONGEST_LINE:
            return count, width
    raise InputError(
        f"{path}, line 1: {line[:40]!r} found; expected the number of words and the width of their "
        "vectors, such as '2000000 300'. It is a file of another kind: give a .vec or .bin of "
        "fastText, unpacked."
    )


def _vector(values: bytes) -> np.ndarray | None:
    """Parse finite numbers; None for anything else."""
    try:
        vector = np.array([float(each) for each in values.split()], dtype=np.float32)
    except ValueError:
        return None
    return vector if np.isfinite(vector).all() else None
