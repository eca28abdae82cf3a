"""Look through an XML file before a library reads it: no document type, no entities, bounds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.parsers import expat

from sign2text.ground.errors import InputError
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**26
"""Bytes; the annotations of an hour of signing have a twentieth of it."""
_MOST_ELEMENTS = 2**20
_DEEPEST = 32


class _RefusedError(Exception):
    """The file holds something that it may not have."""


def check_xml(path: Path, root: str) -> Counter[str]:
    """Count the elements of an XML file by their names; nothing of it is kept or expanded.

    Args:
        path: the file, in any encoding that it declares.
        root: name of its outermost element.

    Raises:
        InputError: there is no such file, it is no XML or cut, it has a document type or entities
            of its own, its outermost element is another, or it is beyond the bounds.
    """
    check_bounded(path, "an XML file", LARGEST)
    counts: Counter[str] = Counter()
    depth = total = 0

    def refuse_type(*_: object) -> None:
        raise _RefusedError(
            "a document type declaration (DOCTYPE) or an entity, expected none: they may lead to "
            "other files or expand without bound"
        )

    def begin(name: str, _: object) -> None:
        nonlocal depth, total
        depth, total = depth + 1, total + 1
        if not counts and name != root:
            raise _RefusedError(f"the outermost element {name[:40]!r}, expected {root}")
        if depth > _DEEPEST:
            raise _RefusedError(f"more than {_DEEPEST} elements within each other")
        if total > _MOST_ELEMENTS:
            raise _RefusedError(f"more than {_MOST_ELEMENTS} elements")
        counts[name[:40]] += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(namespace_separator="}")  # as ElementTree does
    parser.StartDoctypeDeclHandler = refuse_type
    parser.EntityDeclHandler = refuse_type
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except _RefusedError as error:
        raise InputError(
            f"{path}, line {parser.CurrentLineNumber}: found {error}. It is another file, or was "
            "changed: export it again."
        ) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        # The latter two: an encoding that is not known, or of several bytes.
        raise InputError(
            f"{path}: not a readable XML file ({error}). It was cut, or is a file of another kind: "
            "export it again."
        ) from None
    return counts
