"""Small changes to bytes, lines and values, each led by a few numbers that are drawn."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

LARGEST = 9 * 2**20
"""Bytes that a file may grow to: readers have bounds for inputs under 10 MB."""
_MOSTLY = 2**20
"""Bytes that most files stay under: a larger one costs the time of many small ones."""
WHOLE = (
    *(0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4095, 4096, 65535, 65536, 2**24, 2**31 - 1, 2**31),
    *(2**32 - 1, 2**32, 2**53, 2**60, 2**61 - 1, 2**63 - 1, 2**63, 2**64 - 1),
)
NUMBERS = (
    *("0", "1", "-1", "00", "-0", "0.0", "0.5", "1e5", "1e308", "1e309", "-1e309", "1e-400"),
    *("nan", "inf", "-inf", "NaN", "Infinity", "null", "true", "1_000", "0x10", "1,5", "1:30"),
    *("25", "99999999999", str(2**31), str(2**53), str(2**63), str(2**64), "9" * 400, "9" * 5000),
    *("٣", "½", "①", "+1", "1.", ".5", "--1", " 1 ", "4,5", "1e", "0b1", "0o7", "1 000", "½"),
)
TEXTS = (
    *("", " ", "\t", "\0", "\r", "\n", "\r\n", "\ufeff", "\u2028", "\u200b", "\u202e", "\x85"),
    *(
        "\x1b[2J",
        "\x0b",
        "\x0c",
        "\xa0",
        "é",
        "e\u0301",
        "ﬀ",
        "İ",
        "ß",
        "天气",
        "🤟🏽",
        "a" * 70000,
    ),
    *('"', '""', '"a', "'", "`", "\\", "/", "//", ".", "..", "../../x", "/etc/passwd", "a/../b"),
    *(
        "C:\\a",
        "~",
        "$HOME",
        "${X}",
        "%s",
        "{}",
        "{0}",
        "{0.__class__}",
        "<b>",
        "&amp;",
        "â\x80\x99",
    ),
    *(
        "-x",
        "--help",
        "#t=1,2",
        "a#t=2,1",
        "#t=",
        "|",
        ";",
        ",",
        "||||",
        ",,,,",
        "sep=,",
        "#",
        "=1",
    ),
    *("None", "null", "true", "~", "yes", "NaN", "&a", "*a", "!!python/name:os.system", "<<", "? "),
    *("[", "]", "{", "}", "(", ")", "[]", "{}", ":", "- ", "a: b", "%", "@", "con", "a" * 300),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_FIELD = re.compile(rb"[^\t\r\n|,;\"]+")
_SEPARATORS = (b"\t", b",", b";", b"|", b" ", b"\n", b"\r\n", b"\r", b'"')
_MOST_PLACES = 3000


class Draw:
    """Choices that follow from one seed, which hypothesis draws: many draws take far longer."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._chance.randint(low, high) if low < high else low

    def of(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def once_in(self, times: int) -> bool:
        return self.number(1, times) == times


Edit = Callable[[bytes, Draw, bytes], bytes]
"""Changes a file's bytes; the last argument is another file of the same kind."""


def change_bytes(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change the bytes at one place, without a look at what they mean."""
    return draw.of(_BYTE_EDITS)(data, draw, other)[:LARGEST]


def change_lines(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change a line, field, number or separator of a text."""
    return draw.of(_LINE_EDITS)(data, draw, other)[:LARGEST]


def change_value(values: Any, draw: Draw) -> Any:
    """Return a copy of JSON-like values with one of them changed, moved, removed or added."""
    outer = [copy.deepcopy(values)]
    places = list(islice(_places(outer), _MOST_PLACES))
    holder, key = draw.of(places)
    edit = draw.number(0, 9)
    if edit == 0 and holder is not outer:
        del holder[key]
    elif edit == 1:
        other, place = draw.of(places)
        holder[key] = copy.deepcopy(other[place])
    elif edit == 2:
        holder[key] = _nested(holder[key], draw)
    elif edit == 3 and isinstance(holder, dict):
        holder[draw.of(TEXTS)] = holder.pop(key)
    elif edit == 4 and isinstance(holder, list) and holder is not outer:
        times = draw.of((1, 2, 20, 1000, 200_000 if draw.once_in(8) else 3))
        holder += [holder[key]] * min(times, LARGEST // (2 * len(repr(holder[key]))))
    elif edit == 5 and isinstance(holder, dict):
        holder[draw.of(TEXTS)] = _scalar(draw)
    elif edit == 6 and isinstance(holder[key], str):
        text = holder[key]
        at = draw.number(0, len(text))
        holder[key] = text[:at] + draw.of(TEXTS) + text[at:]
    elif edit == 7 and type(holder[key]) in (int, float):
        holder[key] = draw.of((-1, 1, 2, 1000, 0.5, 1e9)) * holder[key]
    else:
        holder[key] = _scalar(draw)
    return outer[0]


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    """All lists and dicts with each of their keys, the outermost first."""
    waiting = [holder]
    while waiting:
        holder = waiting.pop(0)
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def _nested(value: Any, draw: Draw) -> Any:
    for _ in range(draw.of((1, 2, 60, 500))):
        value = [value] if draw.number(0, 1) else {"a": value}
    return value


def _scalar(draw: Draw) -> Any:
    kind = draw.number(0, 7)
    if kind == 0:
        return draw.of((None, True, False, [], {}, [[]], [None], {"": None}))
    if kind == 1:
        return draw.of((1, -1)) * draw.of(WHOLE)
    if kind == 2:
        return draw.of((0.5, -0.5, 1e308, 1e-308, float("nan"), float("inf"), float("-inf")))
    if kind == 3:
        return draw.of(NUMBERS)
    if kind == 4:
        return draw.number(-3, 40)
    return draw.of(TEXTS)


def _span(data: bytes, draw: Draw) -> tuple[int, int]:
    """Begin and end of a part of `data`, mostly a short one."""
    begin = draw.number(0, max(0, len(data) - 1))
    longest = len(data) if draw.once_in(6) else 32
    return begin, min(len(data), begin + draw.number(1, max(1, longest)))


def _flip(data: bytes, draw: Draw, other: bytes) -> bytes:
    begin, _ = _span(data, draw)
    return (
        data[:begin] + bytes([data[begin] ^ draw.number(1, 255)]) + data[begin + 1 :]
        if data
        else b""
    )


def _put_number(data: bytes, draw: Draw, other: bytes) -> bytes:
    width, order = draw.of((1, 2, 4, 8)), draw.of(("big", "little"))
    value = draw.of((*WHOLE, len(data), len(data) - 1, len(data) + 1, -1, -2)) % 256**width
    begin, _ = _span(data, draw)
    return data[:begin] + value.to_bytes(width, order) + data[begin + width :]


def _insert(data: bytes, draw: Draw, other: bytes) -> bytes:
    begin, _ = _span(data, draw)
    return data[:begin] + _piece(draw) * draw.of((1, 1, 1, 2, 100, 5000)) + data[begin:]


def _piece(draw: Draw) -> bytes:
    kind = draw.number(0, 3)
    if kind == 0:
        return bytes([draw.number(0, 255)])
    if kind == 1:
        return draw.of(
            (b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80", b"\x80", b"\xff")
        )
    return draw.of(TEXTS if kind == 2 else NUMBERS).encode()


def _remove(data: bytes, draw: Draw, other: bytes) -> bytes:
    begin, end = _span(data, draw)
    return data[:begin] + data[end:]


def _repeat(data: bytes, draw: Draw, other: bytes) -> bytes:
    begin, end = _span(data, draw)
    times = min(draw.of((2, 3, 20, 1000)), _MOSTLY // max(1, end - begin))
    if draw.once_in(50):
        times = LARGEST // (2 * max(1, end - begin))
    return data[:begin] + data[begin:end] * times + data[end:]


def _move(data: bytes, draw: Draw, other: bytes) -> bytes:
    begin, end = _span(data, draw)
    rest = data[:begin] + data[end:]
    at = draw.number(0, len(rest))
    return rest[:at] + data[begin:end] + rest[at:]


def _cut(data: bytes, draw: Draw, other: bytes) -> bytes:
    return data[: draw.number(0, len(data))]


def _join(data: bytes, draw: Draw, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: draw.number(0, len(data))] + other[draw.number(0, len(other)) :]


_BYTE_EDITS: tuple[Edit, ...] = (
    *(
        _flip,
        _flip,
        _put_number,
        _put_number,
        _insert,
        _insert,
        _remove,
        _repeat,
        _move,
        _cut,
        _join,
    ),
)


def _change_line(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Remove, repeat, move or replace a line."""
    lines = data.split(b"\n")
    at, edit = draw.number(0, len(lines) - 1), draw.number(0, 5)
    if edit == 0:
        del lines[at]
    elif edit == 1:
        lines[at:at] = [lines[at]] * draw.of((1, 2, 300, 50_000 if draw.once_in(8) else 3))
    elif edit == 2:
        line = lines.pop(at)
        lines.insert(draw.number(0, len(lines)), line)
    elif edit == 3:
        lines[at] = draw.of(other.split(b"\n"))
    elif edit == 4:
        lines[at] = draw.of(TEXTS).encode()
    else:
        lines.insert(at, draw.of(_SEPARATORS) * draw.of((0, 1, 4, 600)))
    return b"\n".join(lines)


def _replace(pattern: re.Pattern[bytes], choices: Sequence[str]) -> Edit:
    def replace(data: bytes, draw: Draw, other: bytes) -> bytes:
        found = list(islice(pattern.finditer(data), _MOST_PLACES))
        if not found:
            return _insert(data, draw, other)
        match = draw.of(found)
        return data[: match.start()] + draw.of(choices).encode() + data[match.end() :]

    return replace


def _copy_field(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Put a field of one of the two texts in place of another one."""
    fields = list(islice(_FIELD.finditer(data), _MOST_PLACES))
    others = fields if draw.number(0, 1) else list(islice(_FIELD.finditer(other), _MOST_PLACES))
    if not fields or not others:
        return _insert(data, draw, other)
    match = draw.of(fields)
    return data[: match.start()] + draw.of(others)[0] + data[match.end() :]


def _exchange(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Put one separator in place of another one, once or everywhere."""
    old, new = draw.of(_SEPARATORS), draw.of(_SEPARATORS)
    return data.replace(old, new, -1 if draw.number(0, 1) else 1)


def _encode(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Write the text in another coding."""
    coding = draw.of(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"))
    return data.decode("utf-8", "replace").encode(coding, "replace")


_LINE_EDITS: tuple[Edit, ...] = (
    *(_change_line, _change_line, _replace(_NUMBER, NUMBERS), _replace(_FIELD, TEXTS), _copy_field),
    *(_exchange, _encode, change_bytes),
)
