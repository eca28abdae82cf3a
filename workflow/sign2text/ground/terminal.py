"""Escape what would steer a terminal: file names and messages come from strangers."""

import logging
import re
from typing import TextIO

# Tab and newline pass. Surrogates are how Python keeps bytes of a name that is not UTF-8.
_CONTROLS = "\0-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTIONS = "\u200e\u200f\u202a-\u202e\u2066-\u2069"
_STEERING = re.compile(f"[{_CONTROLS}{_DIRECTIONS}\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Write control characters as escapes.

    >>> visible("clip\x1b[2J.mp4")
    'clip\\x1b[2J.mp4'
    """
    return _STEERING.sub(lambda match: ascii(match[0])[1:-1], text)


class VisibleFormatter(logging.Formatter):
    """A log formatter whose lines cannot steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


class VisibleStream:
    """A text stream that escapes what is printed to it, and never fails at a character."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        plain = visible(text).encode(encoding, "backslashreplace").decode(encoding)
        self._stream.write(plain)
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
