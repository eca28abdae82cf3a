"""Output without terminal control characters: file names and messages may be malicious."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

# Tab and newline are allowed. Python keeps bytes of names that are not UTF-8 as surrogates.
_CONTROLS = "\0-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTIONS = "\u200e\u200f\u202a-\u202e\u2066-\u2069"
LONGEST_LINE = 2000
"""Most characters in a line of an error message."""
_STEERING = re.compile(f"[{_CONTROLS}{_DIRECTIONS}\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Write control characters as escapes.

    >>> visible("clip\x1b[2J.mp4")
    'clip\\x1b[2J.mp4'
    """
    return _STEERING.sub(lambda match: ascii(match[0])[1:-1], text)


def with_short_lines(message: str) -> str:
    """Cut the middle out of long lines: a value from a file may be as long as the file.

    >>> len(with_short_lines("a" * 10_000 + ". Correct it."))
    2005
    """
    half = LONGEST_LINE // 2
    return "\n".join(
        line if len(line) <= LONGEST_LINE else f"{line[:half]} ... {line[-half:]}"
        for line in message.split("\n")
    )


class VisibleFormatter(logging.Formatter):
    """A log formatter that escapes control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


class VisibleStream:
    """A text stream that escapes control characters and never fails to encode a character.

    `stream` is None in a process without that stream; output is then discarded.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if self._stream is not None:
            plain = visible(text).encode(self.encoding, "backslashreplace").decode(self.encoding)
            self._stream.write(plain)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def json_text(value: Any, encoding: str = "utf-8", indent: int | None = None) -> str:
    r"""Return JSON text that the encoding can represent, without terminal control characters.

    Other characters, and bytes of a name that is not UTF-8, are written as JSON escapes. After
    `json.loads`, `os.fsencode` returns the name's bytes.

    >>> print(json_text({"clip": "caf\udce9.mp4", "text": "süß"}, "latin-1"))
    {"clip": "caf\udce9.mp4", "text": "süß"}
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = _STEERING.sub(lambda match: json.dumps(match[0])[1:-1], text)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def print_json(value: Any, indent: int | None = None) -> None:
    """Print JSON to stdout, in its encoding."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(json_text(value, encoding, indent), flush=True)


@contextmanager
def warnings_shown(prefix: str) -> Iterator[None]:
    """Print the package's warnings to stderr inside the block, escaped and after `prefix`."""
    logger = logging.getLogger(__name__.partition(".")[0])
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter(f"{prefix}: %(message)s"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
