"""Changes that know a file's form: what is changed can still be opened as such a file.

Checksums, lengths and the sizes of outer parts are put right after a change, since a reader that
compares them would look no further.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import pickletools
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

import yaml
from mutations import (
    LARGEST,
    NUMBERS,
    TEXTS,
    WHOLE,
    Draw,
    Edit,
    change_bytes,
    change_lines,
    change_value,
)

from sign2text.config.keys import parse_yaml
from sign2text.ground.errors import InputError
from sign2text.untrusted.pickles import DataUnpickler

_BLOCK, _GZIP = 512, b"\x1f\x8b"
_TAR_TYPES = b"\x000123456789ALKNSVxgXD?"
# (offset, length) of the fields of a tar's header: name, mode, size, time, target, magic, prefix.
_TAR_FIELDS = ((0, 100), (100, 8), (124, 12), (136, 12), (157, 100), (257, 8), (345, 155))
_PNG, _BOX = b"\x89PNG\r\n\x1a\n", 8
_OUTER = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf", b"udta")
_OPCODES = tuple(code.code.encode("latin-1") for code in pickletools.opcodes)


def edits_of(name: str, data: bytes) -> tuple[Edit, ...]:
    """The changes that suit a file by its name or beginning; random ones are always among them."""
    if data.startswith(_GZIP):
        return _PACKED
    if data[:1] == b"\x80" and data[1:2] in b"\2\3\4\5":
        return _BY_SUFFIX[".pkl"]
    suffixes = PurePosixPath(name).suffixes
    last = suffixes[-1].lower() if suffixes else ""
    return _BY_SUFFIX.get(last, (change_bytes,))


def change_json(data: bytes, draw: Draw, other: bytes) -> bytes:
    try:
        values = change_value(json.loads(data), draw)
        return json.dumps(values, ensure_ascii=bool(draw.number(0, 1))).encode(
            errors="surrogatepass"
        )
    except (ValueError, RecursionError):
        return change_bytes(data, draw, other)


def change_yaml(data: bytes, draw: Draw, other: bytes) -> bytes:
    try:
        values = change_value(parse_yaml(data.decode(), "seed"), draw)
        return yaml.safe_dump(values, allow_unicode=True, default_flow_style=None).encode()
    except (ValueError, RecursionError, InputError, yaml.YAMLError):
        return change_lines(data, draw, other)


def change_pickled(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change the values of a pickle, where they can be read as data alone."""
    try:
        values = DataUnpickler(io.BytesIO(data), len(data)).load()
        return pickle.dumps(change_value(values, draw), draw.number(0, 5))
    except Exception:  # noqa: BLE001 (the unpickler raises whatever the bytes lead it to)
        return change_operations(data, draw, other)


def change_operations(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Remove, repeat, move or add one of the operations of a pickle."""
    places = _operations(data)
    if len(places) < 2:
        return change_bytes(data, draw, other)
    at = draw.number(0, len(places) - 2)
    begin, end = places[at : at + 2]
    edit = draw.number(0, 4)
    if edit == 0:
        return data[:begin] + data[end:]
    if edit == 1:
        return data[:begin] + data[begin:end] * draw.of((2, 3, 200, 20_000)) + data[end:]
    if edit == 2:
        return data[:begin] + draw.of(_OPCODES) * draw.of((1, 1, 2, 500)) + data[begin:]
    if edit == 3:
        return data[:begin] + draw.of(_OPCODES) + data[begin + 1 :]
    there = _operations(other) or [0]
    piece = draw.number(0, len(there) - 1)
    return data[:begin] + other[there[piece] : there[min(piece + 3, len(there) - 1)]] + data[begin:]


def _operations(data: bytes) -> list[int]:
    found = []
    try:
        for _, _, position in pickletools.genops(data):
            found.append(position)
            if len(found) > 5000:
                break
    except (ValueError, IndexError, OverflowError, struct.error, EOFError, UnicodeError):
        pass
    return found


def change_tar(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change a field of a member's header, or the order of blocks; its checksum is put right."""
    heads = [at for at in range(0, len(data), _BLOCK) if data[at + 257 : at + 262] == b"ustar"]
    if not heads:
        return change_bytes(data, draw, other)
    at = draw.of(heads)
    head = bytearray(data[at : at + _BLOCK].ljust(_BLOCK, b"\0"))
    edit = draw.number(0, 6)
    if edit == 0:
        return data[:at] + data[at + _BLOCK :]
    if edit == 1:
        return data[:at] + data[at : at + _BLOCK] * draw.of((2, 3, 20)) + data[at + _BLOCK :]
    if edit == 2:
        return data[:at] + _extended(draw) + data[at:]
    if edit == 3:
        head[156] = draw.of(_TAR_TYPES)
    else:
        begin, length = draw.of(_TAR_FIELDS)
        text = draw.of((draw.of(TEXTS), draw.of(NUMBERS), f"{draw.of(WHOLE):o}")).encode()
        head[begin : begin + length] = text[:length].ljust(length, b"\0")
        if draw.once_in(4):  # a number in base 256
            head[begin] = draw.of((0x80, 0xFF))
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return data[:at] + bytes(head) + data[at + _BLOCK :]


def _extended(draw: Draw) -> bytes:
    """An extended header with a record, or a long name."""
    kind = draw.of((b"x", b"g", b"X", b"L", b"K"))
    if kind in b"LK":
        content = draw.of(TEXTS).encode() * draw.of((1, 1, 30)) + b"\0"
    else:
        key = draw.of(("path", "linkpath", "size", "mtime", "GNU.sparse.size", "GNU.sparse.map"))
        pair = f" {key}={draw.of(draw.of((TEXTS, NUMBERS)))}\n".encode()
        length = len(pair) + len(str(len(pair) + 3)) if draw.number(0, 3) else draw.of(WHOLE)
        content = str(length).encode() + pair
    head = bytearray(_BLOCK)
    head[:4], head[100:107], head[156:157], head[257:265] = (
        b"more",
        b"0000644",
        kind,
        b"ustar\x0000",
    )
    head[124:135] = b"%011o" % (len(content) if draw.number(0, 4) else draw.of(WHOLE[:20]))
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + content + bytes(-len(content) % _BLOCK)


def change_packed(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change a tar or pickle within its compression."""
    for packing in (gzip, bz2, lzma):
        try:
            with packing.open(io.BytesIO(data)) as file:
                inner = file.read(LARGEST)
            edits = (change_tar,) if inner[257:262] == b"ustar" else _BY_SUFFIX[".pkl"]
            return packing.compress(draw.of(edits)(inner, draw, inner))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
            continue
    return change_bytes(data, draw, other)


def change_zip_fields(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change the number, name or flag at some place of a zip's headers."""
    marks = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
    heads = [at for mark in marks for at in _found(data, mark)]
    if not heads:
        return change_bytes(data, draw, other)
    at = draw.of(heads) + draw.number(4, 60)
    width = draw.of((1, 2, 4))
    return data[:at] + (draw.of(WHOLE) % 256**width).to_bytes(width, "little") + data[at + width :]


def change_zip_member(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change the content, name or kind of a zip's member; sums and places are put right."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            members = [(info, old.read(info)) for info in old.infolist()[:50]]
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error,
            zipfile.BadZipFile, struct.error, lzma.LZMAError):  # fmt: skip
        return change_bytes(data, draw, other)
    if not members:
        return change_bytes(data, draw, other)
    at = draw.number(0, len(members) - 1)
    info, content = members[at]
    new = zipfile.ZipInfo(info.filename)
    new.external_attr, new.compress_type = info.external_attr, draw.of((0, 0, 8, 12, 14))
    edit = draw.number(0, 5)
    if edit == 0:
        new.filename = draw.of(TEXTS)
    elif edit == 1:
        new.external_attr = draw.of((*WHOLE, 0o120777 << 16, 0o10644 << 16)) % 2**32
    elif edit == 2:
        del members[at]
    else:
        edits = _BY_SUFFIX.get(PurePosixPath(info.filename).suffix, (change_bytes,))
        content = draw.of(edits)(content, draw, content)
    members[at : at + (edit != 2)] = [(new, content)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for info, content in members:
            try:
                archive.writestr(info, content)
            except (ValueError, struct.error, UnicodeError):
                continue
    return file.getvalue()


def change_boxes(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change one box of an MP4: its content, its name, or where it stands."""
    boxes = list(_boxes(data, 0, len(data), ()))
    if not boxes:
        return change_bytes(data, draw, other)
    begin, end, outer = draw.of(boxes)
    box, edit = data[begin:end], draw.number(0, 6)
    if edit == 0:
        box = b""
    elif edit == 1:
        box *= draw.of((2, 3, 50))
    elif edit == 2:
        box = box[:4] + draw.of(boxes_names(data, boxes)) + box[8:]
    elif edit == 3:
        content = change_bytes(box[_BOX:], draw, box[_BOX:])
        box = struct.pack(">I", len(content) + _BOX) + box[4:8] + content
    elif edit == 4:
        other_begin, other_end, _ = draw.of(boxes)
        box += data[other_begin:other_end]
    else:  # a number in its content
        at = _BOX + 4 * draw.number(0, min(32, max(0, len(box) // 4 - 3)))
        box = box[:at] + struct.pack(">I", draw.of(WHOLE) % 2**32) + box[at + 4 :]
    grown, changed = len(box) - (end - begin), bytearray(data[:begin] + box + data[end:])
    for at in outer:
        (size,) = struct.unpack_from(">I", changed, at)
        struct.pack_into(">I", changed, at, (size + grown) % 2**32)
    return bytes(changed[:LARGEST])


def boxes_names(data: bytes, boxes: list[tuple[int, int, tuple[int, ...]]]) -> list[bytes]:
    return [*dict.fromkeys(data[begin + 4 : begin + 8] for begin, _, _ in boxes), b"free", b"xxxx"]


def _boxes(data: bytes, at: int, end: int, outer: tuple[int, ...]) -> Any:
    while at + _BOX <= end and len(outer) < 12:
        size = struct.unpack_from(">I", data, at)[0]
        after = min(end, at + size)
        if size < _BOX:
            return
        yield at, after, outer
        if data[at + 4 : at + 8] in _OUTER:
            yield from _boxes(data, at + _BOX, after, (*outer, at))
        at = after


def change_chunks(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change one part of a PNG; its checksum is put right."""
    if not data.startswith(_PNG):
        return change_bytes(data, draw, other)
    chunks, at = [], len(_PNG)
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return change_bytes(data, draw, other)
    at, edit = draw.number(0, len(chunks) - 1), draw.number(0, 4)
    name, content = chunks[at]
    if edit == 0:
        del chunks[at]
    elif edit == 1:
        chunks[at:at] = [chunks[at]] * draw.of((1, 2, 100))
    elif edit == 2:
        chunks.insert(draw.number(0, len(chunks)), chunks.pop(at))
    elif edit == 3:
        chunks[at] = (
            draw.of((b"tEXt", b"iCCP", b"eXIf", b"PLTE", b"tRNS", b"acTL", b"zTXt")),
            content,
        )
    else:
        chunks[at] = (name, change_bytes(content, draw, content))
    written = [
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    ]
    return (_PNG + b"".join(written))[:LARGEST]


def change_tensors(data: bytes, draw: Draw, other: bytes) -> bytes:
    """Change the header of a safetensors file; its length is put right."""
    length = int.from_bytes(data[:8], "little")
    header = change_json(data[8 : 8 + length], draw, data[8 : 8 + length])
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _found(data: bytes, mark: bytes) -> list[int]:
    places, at = [], data.find(mark)
    while at >= 0 and len(places) < 200:
        places.append(at)
        at = data.find(mark, at + 1)
    return places


_TEXT = (change_lines, change_lines, change_bytes)
_PACKED = (change_packed, change_packed, change_packed, change_bytes)
_JSON = (change_json, change_json, change_json, change_lines, change_bytes)
_ZIP = (change_zip_fields, change_zip_member, change_zip_member, change_bytes)
_BY_SUFFIX: dict[str, tuple[Edit, ...]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".srt", ".vtt", ".eaf"), _TEXT),
    **dict.fromkeys((".json", ".bleu"), _JSON),
    ".yaml": (change_yaml, change_yaml, change_lines, change_bytes),
    ".pkl": (change_pickled, change_pickled, change_operations, change_operations, change_bytes),
    ".tar": (change_tar, change_tar, change_bytes),
    **dict.fromkeys((".gz", ".tgz", ".bz2", ".xz"), _PACKED),
    ".zip": _ZIP,
    ".bin": (*_ZIP, change_operations),
    **dict.fromkeys((".mp4", ".mov"), (change_boxes, change_boxes, change_bytes)),
    ".png": (change_chunks, change_chunks, change_bytes),
    ".safetensors": (change_tensors, change_bytes),
}
