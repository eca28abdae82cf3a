"""An incomplete download: its expected size and hash, and the arrived bytes, which are kept."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sign2text.fetching.http_answers import is_validator
from sign2text.ground.addresses import Place
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing, sha256_of

_LARGEST_STATE = 64 * 2**10


class PartialFile:
    """The arrived bytes of a download, and the version of their file.

    Raises InputError if one of its two files exists as a link, a folder or a device.
    """

    def __init__(self, target: Path, address: str) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._state = target.with_name(f"{target.name}.part.json")
        self._address = address
        self.validator: str | None = None
        self.total: int | None = None
        for path in (self.path, self._state):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise InputError(
                    f"{path}: found a link, folder or device, expected a file or nothing: what is "
                    "fetched would be written elsewhere. Remove it."
                )
        state = self._read_state()
        if state.get("address") == address and is_validator(state.get("validator")):
            total = state.get("total")
            self.validator = state["validator"]
            self.total = total if type(total) is int and total >= 0 else None
        else:
            self.reset()

    @property
    def received(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def begin(self, validator: str | None, total: int | None) -> None:
        """Record the version of the file that is about to arrive, and drop earlier bytes."""
        self.reset()
        self.validator, self.total = validator, total
        state = {"address": self._address, "validator": validator, "total": total}
        with replacing(self._state) as temporary:
            temporary.write_text(json.dumps(state) + "\n", encoding="utf-8")

    def reset(self) -> None:
        self.path.unlink(missing_ok=True)
        self.validator = self.total = None
        self.forget()

    def forget(self) -> None:
        self._state.unlink(missing_ok=True)

    @property
    def kept(self) -> str:
        """A sentence about the bytes kept for the next run; empty if there are none."""
        if not self.received or self.validator is None:
            return ""
        return f"The {self.received} bytes that came are kept in {self.path}. "

    def _read_state(self) -> dict[str, object]:
        """Return the record of `begin`, or {} if it is missing or invalid."""
        try:
            with self._state.open(encoding="utf-8") as file:
                state = json.loads(file.read(_LARGEST_STATE))
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        return state if isinstance(state, dict) else {}


@dataclass(frozen=True)
class WantedFile:
    """The expected file: size and hash, their origin, and advice if another file arrives."""

    place: Place
    login: str | None
    """The header Authorization."""
    size: int | None
    sha256: str | None
    said_by: str
    """Origin of size and hash: `setting`, or the name of a source."""
    advice: str

    def by(self, key: str) -> str:
        """Return the origin of the expected `bytes` or `sha256` for a message."""
        return f"setting `{key}`" if self.said_by == "setting" else f"as {self.said_by} lists it"

    def check_arrived(self, part: PartialFile) -> None:
        """Raise InputError, and set the file aside, unless it has this size and hash."""
        if self.size is not None and part.received != self.size:
            found, expected, key = f"{part.received} bytes", self.size, "bytes"
        elif self.sha256 is not None and (digest := sha256_of(part.path)) != self.sha256:
            found, expected, key = f"sha256 {digest}", self.sha256, "sha256"
        else:
            return
        self.set_aside(part, f"found {found}, expected {expected} ({self.by(key)})")

    def set_aside(self, part: PartialFile, problem: str) -> NoReturn:
        """Raise InputError about the arrived file, and rename the file for inspection.

        If a source lists its size and hash, the file is removed instead.
        """
        target = part.path.with_name(part.path.name.removesuffix(".part"))
        if self.said_by != "setting":
            part.reset()
            raise InputError(
                f"{target.name} from {self.place}: {problem}. It was damaged or exchanged on its "
                "way and was removed; start the same command again."
            )
        aside = target.with_name(f"{target.name}.wrong")
        os.replace(part.path, aside)
        part.forget()
        raise InputError(
            f"{target}: {problem}. What arrived was set aside as {aside}. If it was damaged on its "
            "way, delete it and start the same command again, which fetches it again; if the "
            "setting speaks of another version, correct the setting and rename the file to "
            f"{target.name}."
        )
