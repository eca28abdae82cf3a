"""Bounded whole numbers on the command line."""

import argparse
from collections.abc import Callable

MOST_THREADS = 4096
_SHOWN = 40  # characters of an invalid value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return the `type` of an option that takes a whole number from `least` to `most`.

    It raises argparse.ArgumentTypeError for anything else.
    """

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:  # also for a number with thousands of digits
            value = None
        if value is None or not least <= value <= most:
            found = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
            raise argparse.ArgumentTypeError(
                f"{found} found, a whole number from {least} to {most} expected"
            )
        return value

    return read
