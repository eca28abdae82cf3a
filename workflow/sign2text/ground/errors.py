"""The errors that are the user's to mend."""


class InputError(Exception):
    """Something that the user gave is wrong: a file, a row, a key, a value.

    The message names it, says what was found, what was expected and what to do. A stage's command
    line prints the message alone, without a traceback, and exits with code 2.
    """


class StorageError(InputError):
    """The disk takes no more, or may not be written to; the message says what to do."""


class MemoryShortError(InputError):
    """Memory ran out; the message says how much was wanted, where that is known."""


def brief(error: BaseException, most: int = 300) -> str:
    """What a library says of an error, as a message shows it: cut where it is long.

    >>> brief(ValueError("a" * 9), 5)
    'aaaaa...'
    """
    try:
        text = str(error).strip() or type(error).__name__
    except ValueError:  # it shows a number of thousands of digits
        text = type(error).__name__
    return text if len(text) <= most else f"{text[:most]}..."
