"""Fetch one large file over HTTP: resumed where it broke off, checked, never half there."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from sign2text.errors import InputError
from sign2text.files import replacing, sha256_of

TIMEOUT = 60.0  # seconds that a connection may be silent
LONGEST_WAIT = 300.0  # seconds between two attempts
ROOM = 2.2
"""Disk that is wanted a byte of the archive: itself, and what is unpacked from it. Archives of
images or videos hardly grow when they are unpacked."""
_BLOCK = 2**20
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # answers that may be better next time

log = logging.getLogger(__name__)


def download(
    address: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    retries: int = 8,
    advice: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Fetch `address` to `target`, which appears when it is whole and right.

    What has arrived is kept as `<target>.part`; the next attempt, or the next run, goes on from
    there when the server says that its file is still the same, and from the start otherwise.

    Args:
        address: http:// or https://.
        target: where to; nothing may be there.
        size: bytes expected, where known.
        sha256: hexadecimal digits expected, where known.
        retries: further attempts in a row, counted anew whenever one brings something new; the
            waits between them double.
        advice: what to do when the server refuses the file; None speaks of a corpus.
        sleep: waits so many seconds.

    Raises:
        InputError: the server refuses the file, cannot be reached or keeps breaking off; the disk
            is too small; size or sha256 is another one (the file is then set aside).
    """
    part = _Part(target, address)
    failures, furthest = 0, part.received
    while True:
        try:
            _attempt(part, address, size, advice)
            break
        except _BrokeOffError as error:
            if part.received > furthest:
                failures, furthest = 0, part.received
            failures += 1
            if failures > retries:
                raise InputError(
                    f"{address}: {error}; given up after {failures} attempts in a row. "
                    f"{_kept(part)}Check the network and the address, and start the same "
                    "command again."
                ) from error
            wait = min(LONGEST_WAIT, 2.0**failures)
            log.warning("%s: %s; next attempt in %.0f s", address, error, wait)
            sleep(wait)
    log.info("%s: %d bytes arrived", target, part.received)
    _check_arrived(part, target, size, sha256)
    os.replace(part.path, target)
    part.forget()


def file_name(address: str, otherwise: str) -> str:
    """The name of the file at `address`, or `otherwise` where it has none."""
    return PurePosixPath(unquote(urlsplit(address).path)).name.lstrip(".") or otherwise


def _check_arrived(part: _Part, target: Path, size: int | None, sha256: str | None) -> None:
    """Raise InputError unless this size and hash arrived; what is wrong is set aside."""
    if size is not None and part.received != size:
        problem = f"found {part.received} bytes, expected {size} (setting `bytes`)"
    elif sha256 is not None and (digest := sha256_of(part.path)) != sha256:
        problem = f"found sha256 {digest}, expected {sha256} (setting `sha256`)"
    else:
        return
    aside = target.with_name(f"{target.name}.wrong")
    os.replace(part.path, aside)
    part.forget()
    raise InputError(
        f"{target}: {problem}. What arrived was set aside as {aside}. If it was damaged on its "
        "way, delete it and start the same command again, which fetches it anew; if the setting "
        f"speaks of another version, correct the setting and rename the file to {target.name}."
    )


def check_free(folder: Path, needed: int, purpose: str) -> None:
    """Raise InputError unless the disk that holds `folder` has `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{folder}: {purpose} needs {needed / 1e9:.1f} GB of free disk, found "
            f"{free / 1e9:.1f} GB. Make room there, or move the whole project folder to a larger "
            "disk, and start the same command again."
        )


class _BrokeOffError(Exception):
    """A transfer broke off or could not begin; another attempt may do better."""


class _Part:
    """What has arrived so far, and of which version of the file it is."""

    def __init__(self, target: Path, address: str) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._state = target.with_name(f"{target.name}.part.json")
        self._address = address
        self.validator: str | None = None
        self.total: int | None = None
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            state = {}
        if not isinstance(state, dict):  # whoever wrote it, it was not `begin`
            state = {}
        if state.get("address") == address and state.get("validator"):
            self.validator, self.total = state["validator"], state.get("total")
        else:
            self.reset()

    @property
    def received(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def begin(self, validator: str | None, total: int | None) -> None:
        """Note down which version of the file is coming; what was there is dropped."""
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


def _attempt(part: _Part, address: str, size: int | None, advice: str | None) -> None:
    """Fetch what is missing; raises _BrokeOffError when it did not all come."""
    from tqdm import tqdm

    if part.validator is None:  # nothing says that the rest would be of the same file
        part.reset()
    start = part.received
    if start and start == part.total:
        return
    with _open(part, address, start, advice) as response:
        if response.status == 206:
            _check_continues(part, response, start)
        else:
            if start:
                log.warning("%s: the server sends the file from its beginning again", address)
            start = 0
            length = response.headers.get("Content-Length")
            part.begin(_validator(response), int(length) if length else None)
        _check_announced(part, response, address, size)
        if whole := size or part.total:
            needed = int(ROOM * whole) - start
            check_free(part.path.parent, needed, f"fetching and unpacking {address}")
        log.info("%s: %s bytes to come", address, (part.total or 0) - start or "unknown number of")
        progress = tqdm(
            initial=start, total=part.total, unit="B", unit_scale=True, mininterval=5, desc="fetch"
        )
        with progress, part.path.open("ab") as file:
            while block := _read(response):
                file.write(block)
                progress.update(len(block))
            file.flush()
            os.fsync(file.fileno())
    if part.total is not None and part.received < part.total:
        raise _BrokeOffError(f"broke off after {part.received} of {part.total} bytes")


def _open(part: _Part, address: str, start: int, advice: str | None) -> http.client.HTTPResponse:
    """The server's answer: the whole file, or what follows after the first `start` bytes."""
    headers = {"User-Agent": "sign2text", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": part.validator}
    request = urllib.request.Request(address, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # there is nothing after what we have: another file
            part.reset()
            raise _BrokeOffError("the file at this address has changed") from error
        if error.code in _PASSING:
            raise _BrokeOffError(f"the server answered {error.code} ({error.reason})") from error
        advice = advice or (
            "Correct the setting `address` of acquire_corpus at the data set, or fetch the file by "
            f"another way and put it into {part.path.parent}/."
        )
        raise InputError(
            f"{address}: the server answered {error.code} ({error.reason}), expected the file. "
            f"{advice[0].upper()}{advice[1:]}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _BrokeOffError(f"cannot be reached ({reason})") from error


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise _BrokeOffError(f"broke off ({error or type(error).__name__})") from error


def _validator(response: http.client.HTTPResponse) -> str | None:
    """What tells this version of the file from others; weak tags do not promise equal bytes."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _check_continues(part: _Part, response: http.client.HTTPResponse, start: int) -> None:
    """Some servers answer with a range of another version, or with another range."""
    found = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", found)
    fits = match and int(match[1]) == start and match[2] in ("*", str(part.total))
    if not fits or _validator(response) not in (None, part.validator):
        part.reset()
        raise _BrokeOffError(f"the file at this address has changed (its range is now '{found}')")


def _check_announced(
    part: _Part, response: http.client.HTTPResponse, address: str, size: int | None
) -> None:
    """Refuse before gigabytes have come what can be seen to be wrong from the answer's head."""
    kind = response.headers.get_content_type()
    if kind == "text/html":
        part.reset()
        raise InputError(
            f"{address}: found a web page ({kind}), expected an archive. The address wants a "
            "browser or a login: correct the setting `address`, or fetch the file with a browser "
            f"and put it into {part.path.parent}/."
        )
    if size is not None and part.total not in (None, size):
        found = part.total
        part.reset()
        raise InputError(
            f"{address}: the server offers {found} bytes, expected {size} (setting `bytes`). "
            "The publisher has another version: correct the address or the setting."
        )


def _kept(part: _Part) -> str:
    if not part.received or part.validator is None:
        return ""
    return f"The {part.received} bytes that came are kept in {part.path}. "
