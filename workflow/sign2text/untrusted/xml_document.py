"""Check of an XML file before a library reads it: no document type, no entities, bounded size."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.parsers import expat

from sign2text.ground.errors import InputError
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**26
"""Bytes; the annotations of an hour of signing have a twentieth of that."""
_MOST_ELEMENTS = 2**20
_DEEPEST = 32


class _RefusedError(Exception):
    """Forbidden content in the file."""


def check_xml(path: Path, root: str) -> Counter[str]:
    """Count the elements of an XML file by name, without keeping or expanding anything.

    Args:
        path: the file, in any encoding that it declares.
        root: name of its outermost element.

    Raises:
        InputError: the file is missing, truncated or not XML, has a document type or entities, has
            another outermost element, or exceeds the bounds.
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
        # ValueError and LookupError: an unknown encoding, or a multi-byte one.
        raise InputError(
            f"{path}: not a readable XML file ({error}). It was cut, or is a file of another kind: "
            "export it again."
        ) from None
    return counts
