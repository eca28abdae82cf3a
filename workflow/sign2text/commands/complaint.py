"""Messages about errors that end the command `sign2text`, or a part of its work."""

from __future__ import annotations

import sys

from sign2text.ground.errors import InputError
from sign2text.ground.memory import shortage
from sign2text.ground.terminal import visible, with_short_lines


def complain(error: InputError | OSError | MemoryError) -> None:
    """Print an error's message to stderr; for a system error, its file and its reason."""
    told = str(error)
    if not isinstance(error, InputError):
        told = getattr(error, "strerror", None) or told
        if getattr(error, "filename", None):
            told = f"{error.filename}: {told}"
        told = shortage(error, "sign2text") or told
    print(visible(with_short_lines(f"sign2text: {told}")), file=sys.stderr)
