"""Errors that the user can correct."""


class InputError(Exception):
    """An invalid input from the user: a file, a row, a key or a value.

    The message names the input, the found and the expected value, and the remedy. A stage's command
    line prints only the message, without a traceback, and exits with code 2.
    """


class StorageError(InputError):
    """A full or read-only disk; the message says what to do."""


class MemoryShortError(InputError):
    """Exhausted memory; the message says how much was requested, if known."""


def brief(error: BaseException, most: int = 300) -> str:
    """Return the text of a library's error for a message, cut if it is long.

    >>> brief(ValueError("a" * 9), 5)
    'aaaaa...'
    """
    try:
        text = str(error).strip() or type(error).__name__
    except ValueError:  # the text has a number with thousands of digits
        text = type(error).__name__
    return text if len(text) <= most else f"{text[:most]}..."
