"""Checks of a torch file before torch reads it: only tensors, no larger than the file.

torch itself accepts tensors that repeat one number four billion times, compressed members that grow
a thousandfold, and types of tensors that safetensors lacks. The checks build only plain lists and
dicts with the tensors' sizes.
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, ClassVar

from sign2text.untrusted.pickles import DataUnpickler, RefusedError, check_keys, without_collection

MOST_DIMENSIONS = 64  # torch's limit
SMALL = 2**26  # bytes that any file may expand to
LARGEST_PICKLE = 2**26
"""Bytes; each tensor takes about a hundred."""
_MAGIC = 0x1950A86A20F9469CFC6C  # starts torch's format before 1.6
_BYTES = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1,
    "Byte": 1, "Bool": 1,
}  # fmt: skip
"""Bytes of a number, by type of storage."""
_STORAGES = {
    f"{module}.{kind}Storage": size
    for module in ("torch", "torch.cuda")
    for kind, size in _BYTES.items()
}
_DICT = "collections.OrderedDict"
_TENSOR, _PARAMETER = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"
_ADMITTED = frozenset([_DICT, _TENSOR, _PARAMETER, *_STORAGES])


@dataclass(frozen=True)
class _Name:
    """Placeholder for a class or function that is never looked up."""

    text: str


@dataclass(frozen=True)
class _Storage:
    key: str
    numbers: int
    bytes: int


class _Tensor:
    """Placeholder for a tensor."""


class _WeightsUnpickler(DataUnpickler):
    """Unpickler that records the tensors' storages and refuses everything else by name."""

    dispatch: ClassVar[dict] = dict(DataUnpickler.dispatch)

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__(file, size)
        self.storages: dict[str, _Storage] = {}
        self.written = 0  # bytes of all tensors, shared memory counted each time

    def find_class(self, module: str, name: str) -> Any:
        if (text := f"{module}.{name}") not in _ADMITTED:
            raise RefusedError(text[:100])
        return _Name(text)

    def persistent_load(self, pid: Any) -> Any:
        kind, storage, key, place, numbers, *view = pid
        size = _STORAGES[storage.text]
        good = kind == "storage" and isinstance(key, str) and isinstance(place, str)
        if not good or type(numbers) is not int or numbers < 0 or view not in ([], [None]):
            raise RefusedError("a storage of another form")
        found = _Storage(key, numbers, numbers * size)
        if self.storages.setdefault(key, found) != found:
            raise RefusedError(f"storage {key[:40]} in two sizes")
        return found

    def load_reduce(self) -> None:
        arguments, called = self.stack.pop(), self.stack.pop()
        if not isinstance(called, _Name) or type(arguments) is not tuple:
            raise RefusedError("a call of what it holds")
        if called.text == _DICT:
            if arguments:
                self.copy(arguments[0])
            pairs = list(arguments[0]) if arguments else []
            check_keys(key for key, _ in pairs)
            self.append(dict(pairs))
        elif called.text == _TENSOR:
            self.written += _check_tensor(*arguments[:4])
            self.append(_Tensor())
        elif called.text == _PARAMETER and isinstance(arguments[0], _Tensor):
            self.append(arguments[0])
        else:
            raise RefusedError(f"a call of {called.text[:80]}")

    def load_build(self) -> None:
        """Drop the attributes of a dict of weights, in which torch stores versions."""
        self.stack.pop()
        if type(self.stack[-1]) is not dict:
            raise RefusedError("attributes of something other than a dict")

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build


class _Bounded:
    """A file that never allocates more bytes than its size: a text may state any length."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size = file, size
        self.readline = file.readline

    def read(self, count: int) -> bytes:
        return self._file.read(min(count, self._size))


def check_contents(path: Path) -> None:
    """Check a file of weights that torch saved, in the current format or the one before 1.6.

    Raises:
        RefusedError: it asks for anything other than tensors of plain numbers, or for more than
            its size can hold.
        Exception: any error that a damaged file causes.
    """
    size = path.stat().st_size
    with path.open("rb") as file, without_collection():
        if zipfile.is_zipfile(file):
            unpickler = _look_through_zip(file, size)
        else:
            file.seek(0)
            unpickler = _look_through_old(file, size)
    wanted = sum(storage.bytes for storage in unpickler.storages.values())
    if wanted > size:
        raise RefusedError(f"{wanted} bytes of numbers, more than the file's {size}")
    if unpickler.written > 2 * size + SMALL:
        raise RefusedError(f"{unpickler.written} bytes of tensors that share the file's {size}")


def _look_through_zip(file: IO[bytes], size: int) -> _WeightsUnpickler:
    with zipfile.ZipFile(file) as archive:
        _check_directory(file, size, archive)
        records, folders, names = {}, set(), set()
        for record in archive.infolist():
            if record.compress_type != zipfile.ZIP_STORED or record.file_size > size:
                raise RefusedError(f"the packed record {record.filename}")
            folder, _, name = record.filename.partition("/")
            folders.add(folder)
            # torch ignores case in names.
            if len(folders) > 1 or name.casefold() in names:
                raise RefusedError(f"several records such as {record.filename}")
            names.add(name.casefold())
            records[name] = record.file_size
        pickled = archive.getinfo(f"{folder}/data.pkl")
        if pickled.file_size > LARGEST_PICKLE:
            raise RefusedError(f"a list of tensors of {pickled.file_size} bytes")
        with archive.open(pickled) as data:
            unpickler = _WeightsUnpickler(data, pickled.file_size)
            unpickler.load()
    for key, storage in unpickler.storages.items():
        if (found := records.get(f"data/{key}")) != storage.bytes:
            raise RefusedError(f"storage {key[:40]} of {storage.bytes} bytes, where {found} are")
    return unpickler


def _check_directory(file: IO[bytes], size: int, archive: zipfile.ZipFile) -> None:
    """Raise RefusedError for a zip with a second directory or a prefix: torch may read another."""
    file.seek(max(0, size - 98))
    end = file.read()
    wide = end[:4] == b"PK\x06\x06"  # zip64: large archives, and all that torch writes
    # The directory's size and offset. Only this record may follow the directory.
    found = struct.unpack("<2Q", end[40:56]) if wide else struct.unpack("<2L", end[-10:-2])
    stands = size - (98 if wide else 22)
    if end[-22:-18] != b"PK\x05\x06" or sum(found) != stands or found[1] != archive.start_dir:
        raise RefusedError("a directory of records elsewhere than at the end")


def _look_through_old(raw: IO[bytes], size: int) -> _WeightsUnpickler:
    bound, file = min(size, LARGEST_PICKLE), _Bounded(raw, size)
    if DataUnpickler(file, bound).load() != _MAGIC:
        raise pickle.UnpicklingError("it does not begin as torch's files do")
    for _ in ("version", "system"):
        DataUnpickler(file, bound).load()
    unpickler = _WeightsUnpickler(file, bound)
    unpickler.load()
    if set(DataUnpickler(file, bound).load()) != set(unpickler.storages):
        raise RefusedError("other storages than its tensors have")
    return unpickler


def _check_tensor(storage: Any, offset: Any, size: Any, stride: Any) -> int:
    """Return a tensor's bytes; raise RefusedError if the tensor exceeds its storage."""
    if not isinstance(storage, _Storage) or not len(size) == len(stride) <= MOST_DIMENSIONS:
        raise RefusedError("a tensor of another form")
    if any(type(each) is not int or not 0 <= each < 2**60 for each in (offset, *size, *stride)):
        raise RefusedError("a tensor whose size is no whole number")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    numbers = prod(size)
    if numbers > storage.numbers or (numbers and last >= storage.numbers):
        raise RefusedError(f"a tensor of {numbers} numbers in a storage of {storage.numbers}")
    return numbers * storage.bytes // max(1, storage.numbers)
