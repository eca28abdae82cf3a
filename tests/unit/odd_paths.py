"""Paths that people hand over by mistake: none may end a command in a traceback, or hang it."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

NOT_UTF8 = os.fsdecode(b"caf\xe9")


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    finally:
        os.chdir(here)


def _linked(goal: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(goal)


def _inside_a_file(path: Path) -> None:
    path.parent.write_bytes(b"x")


MAKERS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "folder": Path.mkdir,
    "empty": Path.touch,
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "text": lambda path: path.write_text("no such thing\n"),
    "null": _linked("/dev/null"),
    "zero": _linked("/dev/zero"),
    "pipe": os.mkfifo,
    "socket": _socket,
    "circle": lambda path: path.symlink_to(path.name),
    "link to nothing": _linked("gone"),
    "inside a file": _inside_a_file,
    "long": lambda path: None,
    "not utf-8": Path.touch,
}


def odd_path(folder: Path, kind: str, suffix: str = "") -> Path:
    """Make something of that kind in `folder`; its path, with that suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        "long": "x" * 300,
        "not utf-8": NOT_UTF8,
        "inside a file": "file/x",
    }
    path = folder / f"{names.get(kind, kind.replace(' ', '_'))}{suffix}"
    MAKERS[kind](path)
    return path
