"""Read a pickle that holds data and nothing else: a pickle may call any function, these may not."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from sign2text.errors import InputError

# Lists, dicts, tuples, texts and numbers need no name looked up. Sets do in old protocols, the
# oldest under the module's name of Python 2.
_ADMITTED = {
    (module, kind.__name__): kind
    for module in ("builtins", "__builtin__")
    for kind in (set, frozenset)
}


class _RefusedError(Exception):
    """A pickle named something that it may not have."""


class _DataUnpickler(pickle.Unpickler):
    """Gives plain containers, strings and numbers; refuses every class and function by its name."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise _RefusedError(f"a persistent object ({pid!r})")


def load_data(path: Path) -> Any:
    """What the pickle `path` holds: lists, tuples, dicts, sets, strings, bytes, numbers, None.

    Raises:
        InputError: there is no such file, it was cut or is none, or it asks for anything else. That
            is named and never looked up, let alone called.
    """
    try:
        with Path(path).open("rb") as file:
            return _DataUnpickler(file, encoding="utf-8").load()
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file. Check that the corpus was unpacked whole."
        ) from None
    except _RefusedError as error:
        raise InputError(
            f"{path}: the pickle asks for {error}, expected lists, dicts, strings and numbers. "
            "Nothing of it was run. It is not the publisher's file, or was changed: fetch it again."
        ) from None
    except OSError:
        raise
    except Exception as error:  # the unpickler raises whatever the bytes lead it to
        raise InputError(
            f"{path}: not a readable pickle ({type(error).__name__}: {error}). It was cut, or is a "
            "file of another kind: fetch it again."
        ) from error
