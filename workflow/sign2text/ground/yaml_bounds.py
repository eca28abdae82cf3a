"""Bounds on a configuration's values, checked before they are built, copied or printed.

A few hundred bytes of YAML can expand to billions of values, because an alias repeats everything
in its anchor. The checks count the expanded values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from sign2text.ground.errors import InputError

LARGEST = 2**20
"""Bytes of a file; a configuration of a thousand experiments has a fifth of that."""
MOST_VALUES = 100_000
"""Expanded values of a configuration, including keys; LONG characters of text count as one."""
LONG = 100
DEEPEST = 50
LONGEST_NUMBER = 400
"""Digits: YAML reads 1:1:1 as a number in base 60, and the time grows quadratically."""
_NUMBER = re.compile(r"[-+]?[0-9][-+0-9A-Fa-f_:.xo]*")
LONGEST_KEY, LONGEST_TEXT = 200, 2000
"""Characters. Keys are file names; texts are names, paths and addresses. Messages show both."""
_KEYS = (str, int, float, type(None))
_ADVICE = "Write the values out, or take them out."


def check_yaml(text: str, place: str) -> None:
    """Raise InputError if the values of YAML would be too many, too deep or circular.

    The check builds no values. Invalid YAML raises yaml.YAMLError.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    anchors: dict[str, _Extent | None] = {}  # by anchor; None: still open
    open_: list[tuple[str | None, _Extent]] = []  # lists and mappings, the innermost last
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            if event.anchor:
                anchors[event.anchor] = None
            open_.append((event.anchor, _Extent(1, 1)))
            _check(_Extent(1, len(open_)), place, event)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, extent = open_.pop()
        elif isinstance(event, yaml.ScalarEvent):
            anchor, extent = event.anchor, _extent_of_scalar(event.value)
            if len(event.value) > LONGEST_NUMBER and _NUMBER.fullmatch(event.value):
                raise _long_number(_line(place, event))
        elif isinstance(event, yaml.AliasEvent):
            # The loader rejects unknown anchors.
            anchor, extent = None, anchors.get(event.anchor, _Extent(1, 0))
            if extent is None:
                raise _circular(_line(place, event))
        else:
            continue
        if anchor:
            anchors[anchor] = extent
        if open_:
            outer, before = open_.pop()
            extent = before.holding(extent)
            open_.append((outer, extent))
        _check(extent, place, event)


def check_values(values: Any, place: str) -> None:
    """Raise InputError as check_yaml does, for values that another program has parsed.

    The values may share parts or be circular. Keys and values of types that JSON lacks are also
    errors, except for values that are dates, bytes or sets.
    """
    _extent_of(values, place, {}, 0)


class _Extent(NamedTuple):
    """Size of an expanded value."""

    size: int
    """Number of values in it, including itself."""
    height: int
    """Depth of nested lists and mappings."""

    def holding(self, inner: _Extent) -> _Extent:
        return _Extent(self.size + inner.size, max(self.height, inner.height + 1))


def _extent_of(value: Any, place: str, known: dict[int, _Extent | None], depth: int) -> _Extent:
    if not isinstance(value, Mapping | list | tuple | set | frozenset):
        _check_scalar(value, place)
        return _extent_of_scalar(value)
    if id(value) in known:
        found = known[id(value)]
        if found is None:
            raise _circular(place)
        return found
    if depth >= DEEPEST:
        raise _too_deep(place)
    known[id(value)] = None
    extent = _Extent(1, 1)
    if isinstance(value, Mapping):
        _check_keys(value, place)
    for each in _inner(value):
        extent = extent.holding(_extent_of(each, place, known, depth + 1))
        _check(extent, place)
    known[id(value)] = extent
    return extent


def _check(extent: _Extent, place: str, event: Any = None) -> None:
    if extent.size > MOST_VALUES or extent.height > DEEPEST:
        where = place if event is None else _line(place, event)
        raise _too_many(where) if extent.size > MOST_VALUES else _too_deep(where)


def _line(place: str, event: Any) -> str:
    return f"{place}, line {event.start_mark.line + 1}"


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    else:
        yield from value


def _check_keys(value: Mapping[Any, Any], place: str) -> None:
    for key in value:
        if not isinstance(key, _KEYS):
            raise InputError(
                f"{place}: found a key that is a {type(key).__name__}, expected text. Put it in "
                "quotes."
            )
        if isinstance(key, str) and len(key) > LONGEST_KEY:
            raise InputError(
                f"{place}: found a key of {len(key)} characters, {key[:40]!r}..., expected at most "
                f"{LONGEST_KEY}. Shorten it."
            )


def _check_scalar(value: Any, place: str) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise InputError(
            f"{place}: found a text of {len(value)} characters, {value[:40]!r}..., expected at "
            f"most {LONGEST_TEXT}. Shorten it."
        )
    if isinstance(value, int) and value.bit_length() > 3 * LONGEST_NUMBER:
        raise _long_number(place)
    known = (Mapping, list, tuple, set, frozenset, str, int, float, date, bytes, type(None))
    if not isinstance(value, known):
        raise InputError(f"{place}: found a {type(value).__name__}, expected values as in YAML.")


def _extent_of_scalar(value: Any) -> _Extent:
    return _Extent(1 + (len(value) // LONG if isinstance(value, str | bytes) else 0), 0)


def _too_many(place: str) -> InputError:
    return InputError(
        f"{place}: its values expand to more than {MOST_VALUES:,}, expected a configuration. "
        f"Aliases (*name) repeat all that their anchor holds. {_ADVICE}"
    )


def _too_deep(place: str) -> InputError:
    return InputError(f"{place}: nested more than {DEEPEST} deep, expected less. {_ADVICE}")


def _circular(place: str) -> InputError:
    return InputError(f"{place}: a value holds itself through an alias (*name). {_ADVICE}")


def _long_number(place: str) -> InputError:
    return InputError(
        f"{place}: found a number of more than {LONGEST_NUMBER} digits. Write a shorter one."
    )
