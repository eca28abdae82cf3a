"""Reading of pickles that hold only data: a pickle may call any function, these may not.

The module uses the standard library's Python unpickler without most of its operations. The C
unpickler is unsuitable: nine bytes make it take 16 GB.
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
"""Bytes of a pickle: CSL-Daily's annotations have a fiftieth of that."""
DEEPEST = 100  # nested containers
ROOM = 10_000
"""Objects of any kind that even a small pickle may have."""
_LARGEST_KEY = 2**60
"""Larger whole numbers may be chosen with equal hashes: Python's is the remainder by 2^61 - 1."""
# Lists, dicts, tuples, texts and numbers need no lookup by name. Sets in old protocols do; the
# oldest protocols use Python 2's module name.
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
"""Operations that build plain data, and operations with a name, by which they are refused."""


class RefusedError(Exception):
    """A pickle's request for something forbidden."""


class DataUnpickler(pickle._Unpickler):
    """Unpickler of plain containers, strings and numbers; refuses classes and functions by name."""

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
        """Bound the objects to build by `size`, the most bytes that the pickle has."""
        super().__init__(file, encoding="utf-8")
        self._most_noted = ROOM + size // 2
        self._most_copied = ROOM + size
        self._left = ROOM + size // 4  # containers: a non-empty one takes 4 bytes

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
        """Count the objects that a call copies: a memoized list may be copied many times."""
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

    # With equal hashes, a dict of 100,000 keys takes minutes: keys are checked before insertion.
    # These operations go back to the last mark; the stack since that mark is a separate list.
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
    """Disable garbage collection, which would repeatedly visit all objects read so far."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load_data(path: Path) -> Any:
    """Read the data in the pickle `path`: containers, strings, bytes, numbers, None.

    Keys of dicts and members of sets are strings, bytes, None or small whole numbers.

    Raises:
        InputError: the file is missing, truncated or not a pickle, asks for anything else (which is
            named, but never looked up or called), or expands to far more than its size.
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
    """Turn any error while reading a pickle into an InputError that names `path`."""
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
    except Exception as error:  # damaged bytes may raise any error
        raise InputError(
            f"{path}: not a readable pickle ({type(error).__name__}: {brief(error)}). It was cut, "
            "or is a file of another kind: fetch it again."
        ) from error


def check_keys(keys: Iterable[Any] = ()) -> None:
    """Raise RefusedError for keys that could be chosen with equal hashes."""
    for key in keys:
        kind = type(key)
        if kind is int and abs(key) > _LARGEST_KEY:
            raise RefusedError(f"the key {reprlib.repr(key)}")
        if kind not in _KEYS:
            raise RefusedError(f"a key that is a {kind.__name__}")


def check_size(found: Any, most: int) -> None:
    """Raise RefusedError for more than `most` expanded objects, deep nesting or circular data.

    An object in several places counts each time: a traversal visits it each time, and a few such
    objects nested in each other make billions.
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
