"""Reader of annotations in the form that many repositories share: pickles, mostly gzipped.

They may contain features: tensors and arrays are skipped, and nothing is built from their bytes.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
from pathlib import Path
from typing import IO, Any, ClassVar

from sign2text.ground.errors import InputError
from sign2text.untrusted.pickles import DataUnpickler, RefusedError, check_size, reading_pickle

GZIP_MARK = b"\x1f\x8b"
_GROWTH, _PLAIN_GROWTH = 50, 8
"""Growth limits of a packed file, as factors of its size: in all, and for the part without
features."""
_SMALL = 2**26  # bytes that any file may expand to
_MOST_OBJECTS = 2**24  # objects; an object in several places counts each time
_STEPS = 2**21  # operations of any file; labels with the path of each frame take two per frame
_CONTAINERS = 2**17  # containers of any file; annotations have two or three per clip
_LONG = 2**16  # bytes; no annotation has so many, and pickles store them outside of frames
_LONGEST_LINE = 2**16
_DICT = "collections.OrderedDict"
_PASSED_OVER = frozenset(
    {
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_parameter",
        "torch.storage._load_from_bytes",
        *(
            f"numpy.{place}multiarray.{name}"
            for place in ("core.", "_core.")
            for name in ("_reconstruct", "scalar")
        ),
        *(f"numpy.{place}numeric._frombuffer" for place in ("core.", "_core.")),
        "numpy.ndarray",
        "numpy.dtype",
        "_codecs.encode",
    }
)
"""Functions and classes that rebuild objects of torch and numpy; none is looked up."""


class PassedOver:
    """Placeholder for a tensor, an array, or their bytes."""

    def __repr__(self) -> str:
        return "a tensor or array, which is passed over"


class _Name:
    """Placeholder for a function or class that is never looked up."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Bounded(io.RawIOBase):
    """A file with separate bounds on the bytes to read and the bytes to skip."""

    def __init__(self, file: IO[bytes], plain: int, skipped: int) -> None:
        self._file, self.plain, self.skipped = file, plain, skipped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self.plain -= len(data)
        if self.plain < 0:
            raise RefusedError("more content than its size explains")
        buffer[: len(data)] = data
        return len(data)


class _AnnotationsUnpickler(DataUnpickler):
    """Unpickler of plain data, with `PassedOver` for arrays; refuses everything else by name."""

    dispatch: ClassVar[dict] = dict(DataUnpickler.dispatch)

    def __init__(self, file: IO[bytes], size: int) -> None:
        """Bound the objects to build by `size`, the bytes of the packed file."""
        plain = _SMALL + _PLAIN_GROWTH * size
        self._bounded = _Bounded(file, plain, _SMALL + _GROWTH * size)
        self._buffered = io.BufferedReader(self._bounded, _LONG)
        super().__init__(self._buffered, plain)
        self._file_readline = lambda: self._buffered.readline(_LONGEST_LINE)
        self._steps = _STEPS + 6 * size // 10
        self._left = _CONTAINERS + size // 8

    def load(self) -> Any:
        """Load as the standard library does, in a bounded number of steps: most take one byte."""
        self._unframer = pickle._Unframer(self._file_read, self._file_readline)
        self.read, self.readline = self._unframer.read, self._unframer.readline
        self.metastack, self.stack = [], []
        self.append = self.stack.append
        read, dispatch = self.read, self.dispatch
        try:
            for _ in range(self._steps):
                if not (key := read(1)):
                    raise EOFError("it ends too early")
                dispatch[key[0]](self)
        except pickle._Stop as stop:
            return stop.value
        raise RefusedError("more steps than annotations take")

    def find_class(self, module: str, name: str) -> Any:
        if (text := f"{module}.{name}") in _PASSED_OVER or text == _DICT:
            return _Name(text)
        return super().find_class(module, name)

    def load_reduce(self) -> None:
        called, arguments = self.stack[-2:]
        if not isinstance(called, _Name):
            super().load_reduce()
            return
        if type(arguments) is not tuple:
            raise RefusedError("a call without arguments")
        if called.text == _DICT and arguments:
            raise RefusedError("an ordered dict of another form")
        self._count()
        self.stack[-2:] = [{} if called.text == _DICT else PassedOver()]

    def load_build(self) -> None:
        """Drop the state of an array."""
        self.stack.pop()
        if not isinstance(self.stack[-1], PassedOver):
            raise RefusedError("attributes of something other than an array")

    def load_frame(self) -> None:
        self._unframer.load_frame(self._size("<Q"))

    def load_binunicode(self) -> None:
        self.append(str(self.read(self._size("<I")), "utf-8", "surrogatepass"))

    def load_binunicode8(self) -> None:
        self.append(str(self.read(self._size("<Q")), "utf-8", "surrogatepass"))

    def load_binstring(self) -> None:
        self.append(self._decode_string(self.read(self._size("<I"))))

    def load_long4(self) -> None:
        if (size := self._size("<I")) > _LONG:
            raise RefusedError("a number of thousands of digits")
        self.append(pickle.decode_long(self.read(size)))

    def load_binbytes(self) -> None:
        self._take(*struct.unpack("<I", self.read(4)))

    def load_binbytes8(self) -> None:
        self._take(*struct.unpack("<Q", self.read(8)))

    def _size(self, form: str) -> int:
        """Read the size of the next value; refuse impossible ones before memory is allocated."""
        (size,) = struct.unpack(form, self.read(struct.calcsize(form)))
        if size > self._bounded.plain + _LONG:
            raise RefusedError("more content than its size explains")
        return size

    def _take(self, size: int) -> None:
        """Read a short value, or skip a tensor's bytes, which are always outside of frames."""
        if size < _LONG:
            self.append(self.read(size))
            return
        frame = self._unframer.current_frame
        if frame is not None and frame.tell() < len(frame.getbuffer()):
            raise RefusedError("features within a frame")
        self._unframer.current_frame = None
        self._bounded.skipped -= size
        if self._bounded.skipped < 0:
            raise RefusedError("more features than its size explains")
        self._bounded.plain += size
        while size > 0:
            if not (count := len(self._buffered.read(min(size, 2**20)))):
                raise EOFError("it ends within a tensor")
            size -= count
        self.append(PassedOver())

    dispatch |= {
        pickle.REDUCE[0]: load_reduce,
        pickle.BUILD[0]: load_build,
        pickle.FRAME[0]: load_frame,
        pickle.BINUNICODE[0]: load_binunicode,
        pickle.BINUNICODE8[0]: load_binunicode8,
        pickle.BINSTRING[0]: load_binstring,
        pickle.LONG4[0]: load_long4,
        pickle.BINBYTES[0]: load_binbytes,
        pickle.BINBYTES8[0]: load_binbytes8,
        pickle.BYTEARRAY8[0]: load_binbytes8,
    }


def is_pickle(path: Path) -> bool:
    """Return whether a file begins like gzip or like a pickle of protocol 2 or later."""
    try:
        with path.open("rb") as file:
            beginning = file.read(2)
    except OSError:
        return False
    return beginning == GZIP_MARK or (beginning[:1] == b"\x80" and beginning[1:] in b"\2\3\4\5")


def load_annotations(path: Path) -> Any:
    """Read the data in the pickle `path`, gzipped or not, without tensors and arrays.

    Returns:
        Lists, dicts, tuples, sets, strings, bytes, numbers and None, as `pickles.load_data` does;
        an instance of `PassedOver` for each tensor or array.

    Raises:
        InputError: as in `pickles.load_data`, or the file is compressed far more than annotations.
        MemoryShortError: this machine has too little memory for it.
    """
    with reading_pickle(path):
        size = path.stat().st_size
        try:
            with path.open("rb") as raw:
                is_packed = raw.read(2) == GZIP_MARK
                raw.seek(0)
                file = gzip.GzipFile(fileobj=raw) if is_packed else raw
                found = _AnnotationsUnpickler(file, size).load()
                file.read(1)  # gzip compares the checksum at the end
        except gzip.BadGzipFile as error:  # an OSError, but not of the disk
            raise InputError(f"{path}: a damaged gzip file ({error}). Fetch it again.") from error
        check_size(found, _MOST_OBJECTS + size)
        return found
