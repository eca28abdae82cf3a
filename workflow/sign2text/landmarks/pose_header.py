"""The header of a .pose file: its version, picture size and named points.

Source: the format's specifications, github.com/sign-language-processing/pose, docs/specs. Such a
file comes from elsewhere: each count in it is compared with the bytes that are there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sign2text.ground.errors import InputError

VERSIONS = (0.0, 0.1, 0.2)
MOST_COMPONENTS = 64
_LONGEST_FORMAT = 8
AXES = "XYZ"
CONFIDENCE = "C"


class Component(NamedTuple):
    """A part of the body, as the file divides it."""

    name: str
    format: str
    """A letter for each value of a point; the last one is C, the confidence."""
    points: tuple[str, ...]

    def axis(self, letter: str) -> int | None:
        """Return the place of an axis among a point's values, None if it has no such axis."""
        place = self.format.find(letter)
        return None if place < 0 else place


class Header(NamedTuple):
    """Header of a `.pose` file."""

    version: float
    size: tuple[int, int]
    """Width and height of the picture in pixels."""
    components: tuple[Component, ...]
    end: int
    """Position of the first byte after the header."""

    @property
    def points(self) -> int:
        """Number of points of a person in a frame."""
        return sum(len(each.points) for each in self.components)

    def named(self) -> Iterator[tuple[int, Component, str]]:
        """Yield place, component and name of each point of a person."""
        place = 0
        for component in self.components:
            for name in component.points:
                yield place, component, name
                place += 1


class Cursor:
    """Reader of a .pose file's bytes that never leaves them."""

    def __init__(self, path: Path, data: Any, place: int = 0) -> None:
        """Read from `place` on in `data`, which supports the buffer protocol."""
        self.path, self.data, self.place = path, memoryview(data), place

    @property
    def left(self) -> int:
        """Number of bytes that have not been read."""
        return len(self.data) - self.place

    def skip(self, count: int, what: str) -> int:
        """Move on by `count` bytes, and return the position before.

        Raises:
            InputError: fewer are left.
        """
        if count > self.left:
            raise InputError(
                f"{self.path}, byte {self.place}: {self.left} bytes left, {count} expected for "
                f"{what}. The file was cut; fetch or make it again."
            )
        before, self.place = self.place, self.place + count
        return before

    def numbers(self, form: str, what: str) -> tuple:
        """Read little-endian numbers by their `struct` letters."""
        form = "<" + form
        return struct.unpack_from(form, self.data, self.skip(struct.calcsize(form), what))

    def text(self, what: str) -> str:
        """Read a text after its length."""
        (length,) = self.numbers("H", f"the length of {what}")
        place = self.skip(length, what)
        try:
            return bytes(self.data[place : place + length]).decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(
                f"{self.path}, byte {place}: {what} is no UTF-8 text. It is no .pose file, or a "
                "damaged one; fetch or make it again."
            ) from None


def read_header(cursor: Cursor) -> Header:
    """Read a file's header.

    Raises:
        InputError: the file is cut, of another version, or no .pose file.
    """
    version = round(cursor.numbers("f", "the version")[0], 3)
    if version not in VERSIONS:
        raise InputError(
            f"{cursor.path}: version {version:g} found, 0, 0.1 or 0.2 expected. It is no .pose "
            "file, or a newer one; convert it to 0.2 with the library pose-format."
        )
    width, height, _, count = cursor.numbers("4H", "the size and the number of components")
    if not (width and height and 0 < count <= MOST_COMPONENTS):
        raise InputError(
            f"{cursor.path}: a picture of {width} x {height} pixels and {count} components found, "
            f"a size above 0 and 1 to {MOST_COMPONENTS} components expected. The file is damaged; "
            "fetch or make it again."
        )
    components = tuple(_component(cursor) for _ in range(count))
    return Header(version, (width, height), components, cursor.place)


def _component(cursor: Cursor) -> Component:
    name, form = cursor.text("a component's name"), cursor.text("a component's format")
    good = form.startswith(AXES[:2]) and form.endswith(CONFIDENCE) and len(form) <= _LONGEST_FORMAT
    if not good or len(set(form)) < len(form):
        raise InputError(
            f"{cursor.path}, component {name!r}: points of the format {form!r} found, such as XYZC "
            "or XYC expected. The file is of another layout; convert it with pose-format."
        )
    points, limbs, colours = cursor.numbers("3H", f"the counts of {name!r}")
    names = tuple(cursor.text(f"the points of {name!r}") for _ in range(points))
    cursor.skip(4 * limbs + 6 * colours, f"limbs and colours of {name!r}")
    return Component(name, form, names)
