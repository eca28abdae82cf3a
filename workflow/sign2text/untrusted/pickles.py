"""Read a pickle that holds data and nothing else: a pickle may call any function, these may not.

The standard library's unpickler in Python is used, with most of its operations taken out. The one
in C does not serve: nine bytes make it take 16 GB.
"""

from __future__ import annotations

import contextlib
import gc
import io
import pickle
import reprlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, ClassVar

from sign2text.ground.errors import InputError, brief
from sign2text.ground.files import FILE, NOTHING, kind_of
from sign2text.ground.memory import enough_memory

LARGEST = 2**29
"""Bytes of a pickle: CSL-Daily's annotations have a fiftieth of it."""
DEEPEST = 100  # containers within containers
ROOM = 10_000
"""Objects of any kind that a small pickle may have too."""
_LARGEST_KEY = 2**60
"""Whole numbers beyond may be chosen to have one hash: Python's is the remainder by 2^61 - 1."""
# Lists, dicts, tuples, texts and numbers need no name looked up. Sets do in old protocols, the
# oldest under the module's name of Python 2.
_ADMITTED = {
    (module, kind.__name__): kind
    for module in ("builtins", "__builtin__")
    for kind in (set, frozenset)
}
_KEYS = (str, bytes, int, bool, type(None))
_CONTAINERS = (list, tuple, dict, set, frozenset)
_OPERATIONS = (
    pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.POP, pickle.POP_MARK, pickle.DUP,
    pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.INT, pickle.BININT, pickle.BININT1,
    pickle.BININT2, pickle.LONG, pickle.LONG1, pickle.LONG4, pickle.FLOAT, pickle.BINFLOAT,
    pickle.STRING, pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.BINBYTES8,
    pickle.SHORT_BINBYTES, pickle.UNICODE, pickle.BINUNICODE, pickle.BINUNICODE8,
    pickle.SHORT_BINUNICODE, pickle.TUPLE, pickle.EMPTY_TUPLE, pickle.TUPLE1, pickle.TUPLE2,
    pickle.TUPLE3, pickle.EMPTY_LIST, pickle.LIST, pickle.APPEND, pickle.APPENDS,
    pickle.EMPTY_DICT, pickle.DICT, pickle.SETITEM, pickle.SETITEMS, pickle.EMPTY_SET,
    pickle.ADDITEMS, pickle.FROZENSET, pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE,
    pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT,
    pickle.MEMOIZE, pickle.PERSID, pickle.BINPERSID,
)  # fmt: skip
"""What builds plain data, and what names something else, to refuse it by that name."""


class RefusedError(Exception):
    """A pickle asks for something that it may not have."""


class DataUnpickler(pickle._Unpickler):
    """Gives plain containers, strings and numbers; refuses every class and function by its name."""

    dispatch: ClassVar[dict] = {
        operation[0]: pickle._Unpickler.dispatch[operation[0]] for operation in _OPERATIONS
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise RefusedError(f"{module[:80]}.{name[:80]}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise RefusedError(f"a persistent object ({reprlib.repr(pid)})")

    def __init__(self, file: IO[bytes], size: int) -> None:
        """`size`: bytes that the pickle has at most, which bounds what it may build."""
        super().__init__(file, encoding="utf-8")
        self._most_noted = ROOM + size // 2
        self._most_copied = ROOM + size
        self._left = ROOM + size // 4  # containers: one that holds something takes 4 bytes

    def load_memoize(self) -> None:
        if len(self.memo) > self._most_noted:
            raise RefusedError("more notes than it has objects")
        super().load_memoize()

    def load_mark(self) -> None:
        if len(self.metastack) > DEEPEST:
            raise RefusedError(f"more than {DEEPEST} containers within each other")
        super().load_mark()

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise RefusedError("more containers than it has content for")

    def copy(self, found: Any) -> None:
        """Count what a call copies: a list may be noted once and copied many times."""
        self._most_copied -= len(found)
        if self._most_copied < 0:
            raise RefusedError("more copies than it has content for")

    def load_empty_list(self) -> None:
        self._count()
        super().load_empty_list()

    def load_empty_dictionary(self) -> None:
        self._count()
        super().load_empty_dictionary()

    def load_empty_set(self) -> None:
        self._count()
        super().load_empty_set()

    def load_tuple1(self) -> None:
        self._count()
        super().load_tuple1()

    def load_list(self) -> None:
        self._count()
        super().load_list()

    def load_tuple(self) -> None:
        self._count()
        super().load_tuple()

    # With keys of one hash, a dict of 100,000 takes minutes: keys are checked before they meet.
    # Since the last mark, which these three operations go back to, the stack is a list of its own.
    def load_setitems(self) -> None:
        check_keys(self.stack[::2])
        super().load_setitems()

    def load_dict(self) -> None:
        self._count()
        check_keys(self.stack[::2])
        super().load_dict()

    def load_additems(self) -> None:
        check_keys(self.stack)
        super().load_additems()

    def load_frozenset(self) -> None:
        self._count()
        check_keys(self.stack)
        super().load_frozenset()

    def load_setitem(self) -> None:
        check_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_reduce(self) -> None:
        called, arguments = self.stack[-2:]
        if called is not set and called is not frozenset:
            raise RefusedError(f"a call of {reprlib.repr(called)}")
        if type(arguments) is not tuple or [type(each) for each in arguments] not in ([], [list]):
            raise RefusedError("a set of something other than a list")
        self._count()
        for each in arguments:
            self.copy(each)
        check_keys(*arguments)
        super().load_reduce()

    dispatch |= {
        pickle.MEMOIZE[0]: load_memoize,
        pickle.MARK[0]: load_mark,
        pickle.EMPTY_LIST[0]: load_empty_list,
        pickle.EMPTY_DICT[0]: load_empty_dictionary,
        pickle.EMPTY_SET[0]: load_empty_set,
        pickle.TUPLE1[0]: load_tuple1,
        pickle.LIST[0]: load_list,
        pickle.TUPLE[0]: load_tuple,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.ADDITEMS[0]: load_additems,
        pickle.FROZENSET[0]: load_frozenset,
        pickle.SETITEM[0]: load_setitem,
        pickle.REDUCE[0]: load_reduce,
    }


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """Stop the search for unreachable objects, which goes through all that was read so far."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load_data(path: Path) -> Any:
    """Read what the pickle `path` holds: containers, strings, bytes, numbers, None.

    Keys of dicts and members of sets are strings, bytes or small whole numbers.

    Raises:
        InputError: there is no such file, it was cut or is none, it asks for anything else (which
            is named and never looked up, let alone called), or it expands to far more than its
            size.
        MemoryShortError: this machine has too little memory for it.
    """
    with reading_pickle(path):
        if (size := path.stat().st_size) > LARGEST:
            raise InputError(
                f"{path}: {size} bytes found, at most {LARGEST} expected of annotations. It is "
                "not the publisher's file: fetch it again."
            )
        found = DataUnpickler(io.BytesIO(path.read_bytes()), size).load()
        check_size(found, ROOM + 20 * size)
        return found


@contextlib.contextmanager
def reading_pickle(path: Path) -> Iterator[None]:
    """Turn whatever reading a pickle raises into an InputError that names `path`."""
    if (kind := kind_of(path)) not in (FILE, NOTHING):
        raise InputError(f"{path}: {kind} found, a file expected. Take it away.")
    try:
        with enough_memory(path), without_collection():
            yield
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"{path}: no such file. Check that the corpus was unpacked whole."
        ) from None
    except RefusedError as error:
        raise InputError(
            f"{path}: the pickle asks for {error}, expected lists, dicts, strings and numbers. "
            "Nothing of it was run. It is not the publisher's file, or was changed: fetch it again."
        ) from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Check its rights and its disk."
        ) from error
    except InputError:
        raise
    except Exception as error:  # the unpickler raises whatever the bytes lead it to
        raise InputError(
            f"{path}: not a readable pickle ({type(error).__name__}: {brief(error)}). It was cut, "
            "or is a file of another kind: fetch it again."
        ) from error


def check_keys(keys: Iterable[Any] = ()) -> None:
    """Refuse keys that could be chosen to have one hash."""
    for key in keys:
        kind = type(key)
        if kind is int and abs(key) > _LARGEST_KEY:
            raise RefusedError(f"the key {reprlib.repr(key)}")
        if kind not in _KEYS:
            raise RefusedError(f"a key that is a {kind.__name__}")


def check_size(found: Any, most: int) -> None:
    """Refuse what expands to more than `most` objects, is nested too deeply or holds itself.

    An object that occurs in several places counts each time: whoever goes through it meets it so
    often, and a few of such places one within the other make billions.
    """
    known: dict[int, int] = {}

    def count(each: Any, depth: int) -> int:
        if type(each) not in _CONTAINERS:
            return 1
        if depth > DEEPEST:
            raise RefusedError(f"more than {DEEPEST} containers within each other")
        if (size := known.get(id(each))) is None:
            inner = chain(each, each.values()) if type(each) is dict else each
            size = 1 + sum(count(one, depth + 1) for one in inner)
            known[id(each)] = size
        if size > most:
            raise RefusedError(f"lists within lists of {size} objects")
        return size

    count(found, 0)
