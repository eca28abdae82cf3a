"""Download of a large file over HTTP: resumable, checked, and visible only when complete."""

from __future__ import annotations

import http.client
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from sign2text.fetching.http_answers import (
    AbsurdError,
    ChangedError,
    Head,
    read_head,
)
from sign2text.fetching.http_requests import (
    BrokeOffError,
    Pace,
    login_of,
    open_address,
    read_block,
)
from sign2text.fetching.partial_file import PartialFile, WantedFile
from sign2text.ground.addresses import Place, fill_in
from sign2text.ground.errors import InputError

TIMEOUT = 60.0  # seconds that a connection may be silent
LONGEST_WAIT = 300.0  # seconds between two attempts
LOWEST_RATE = 1000
"""Bytes per second; the slowest modems had as many."""
ROOM = 2.2
"""Required disk space per byte of the archive: for the archive and its unpacked files. Archives of
images or videos hardly grow."""
RESERVE = 2**30
"""Bytes of disk that a file of unknown size leaves free."""
LONGEST_NAME = 200  # bytes of a file name, with room for .part.json
_BLOCK = 2**20
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # status codes worth another attempt

log = logging.getLogger(__name__)


def download(
    address: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    retries: int = 8,
    lowest_rate: float = LOWEST_RATE,
    advice: str | None = None,
    said_by: str = "setting",
    environment: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Fetch `address` to `target`, which appears when the file is complete and checked.

    Partial files are kept as `<target>.part`. The next attempt, or the next run, resumes there if
    the server confirms that the file is unchanged, and starts over otherwise. Bytes beyond the
    known size are not written; a file of unknown size leaves RESERVE of the disk free.

    Args:
        address: http:// or https://, without user, password and secrets (`check_address`).
        target: path of the file; it must not exist.
        size: expected bytes, if known.
        sha256: expected hexadecimal digits, if known.
        retries: further attempts in a row. The count restarts when an attempt brings new bytes at
            `lowest_rate` or faster, including the wait before it. The waits double.
        lowest_rate: bytes per second, averaged over a minute, below which an attempt counts as
            broken off; 0: no limit.
        advice: advice if the server refuses the file; None: advice for a corpus.
        said_by: the origin of `size` and `sha256`: `setting`, or a source such as `the hub`.
        environment: provides `${NAME}` of the address and NETRC; None: the address has no `${NAME}`
            and no login is used.
        sleep: waits for the given seconds.

    Raises:
        InputError: the server refuses the file, cannot be reached, keeps breaking off or being too
            slow, or sends an impossible response; the disk is too small; size or sha256 differs
            (the file is then set aside).
    """
    place = fill_in(address, environment)
    login = None if environment is None else login_of(place, environment)
    if login:
        place = place.with_secrets(login)
    by_hand = advice or (
        "correct the setting `address` of acquire_corpus at the data set, or fetch the file by "
        f"another way and put it into {target.parent}/."
    )
    wanted = WantedFile(place, login, size, sha256, said_by, by_hand[0].upper() + by_hand[1:])
    part = PartialFile(target, address)
    failures, furthest, wait = 0, part.received, 0.0
    while True:
        started = time.monotonic()
        try:
            _attempt(part, wanted, lowest_rate)
            break
        except BrokeOffError as error:
            seconds = time.monotonic() - started + wait
            gained = part.received - furthest
            if gained > 0 and gained >= lowest_rate * seconds:
                failures = 0
            furthest = max(furthest, part.received)
            failures += 1
            if failures > retries:
                raise InputError(
                    f"{place}: {error}; given up after {failures} attempts in a row. "
                    f"{part.kept}Check the network and the address, and start the same "
                    "command again."
                ) from error
            wait = min(LONGEST_WAIT, 2.0**failures)
            log.warning("%s: %s; next attempt in %.0f s", place, error, wait)
            sleep(wait)
    log.info("%s: %d bytes arrived", target, part.received)
    wanted.check_arrived(part)
    os.replace(part.path, target)
    part.forget()


def file_name(address: str, otherwise: str) -> str:
    """Return the name of the file at `address`, or `otherwise` if it has no usable one.

    A name with a variable of the environment is not used, since it may be a secret.
    """
    name = PurePosixPath(unquote(urlsplit(address).path)).name.lstrip(".")
    usable = name.isprintable() and "${" not in name and len(name.encode()) <= LONGEST_NAME
    return name if name and usable else otherwise


def check_free(folder: Path, needed: int, purpose: str) -> None:
    """Raise InputError unless the disk that holds `folder` has `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{folder}: {purpose} needs {needed / 1e9:.1f} GB of free disk, found "
            f"{free / 1e9:.1f} GB. Make room there, or move the whole project folder to a larger "
            "disk, and start the same command again."
        )


def _attempt(part: PartialFile, wanted: WantedFile, lowest_rate: float) -> None:
    """Fetch the missing bytes; raise BrokeOffError if some did not arrive."""
    from tqdm import tqdm

    if part.validator is None:  # the rest may be of another version
        part.reset()
    start = part.received
    if start and start == part.total:
        return
    pace = Pace(lowest_rate)
    with _open(part, wanted, start, pace) as response:
        head = _read_head(part, response, wanted, start)
        if head.start == 0:
            if start:
                log.warning("%s: the server sends the file from its beginning again", wanted.place)
            part.begin(head.validator, head.total)
        _check_announced(part, response, wanted)
        whole = part.total if wanted.size is None else wanted.size
        if whole is not None:
            needed = int(ROOM * whole) - head.start
            check_free(part.path.parent, needed, f"fetching and unpacking {wanted.place}")
        to_come = (part.total or 0) - head.start or "unknown number of"
        log.info("%s: %s bytes to come", wanted.place, to_come)
        progress = tqdm(
            initial=head.start,
            total=part.total,
            unit="B",
            unit_scale=True,
            mininterval=5,
            desc="fetch",
        )
        with progress, part.path.open("ab") as file:
            received = head.start
            end = min((each for each in (head.end, whole) if each is not None), default=None)
            while end is None or received < end:
                most = _BLOCK if end is None else min(_BLOCK, end - received)
                block = read_block(response, most, pace, wanted.place)
                if not block:
                    break
                if end is None:
                    _check_reserve(part, wanted, len(block))
                file.write(block)
                received += len(block)
                progress.update(len(block))
            file.flush()
            os.fsync(file.fileno())
        if received == end and _has_more(response, pace, wanted.place):
            part.reset()  # the partial file would be incomplete
            if head.end is not None:
                raise BrokeOffError("sent more bytes than the range that it announced")
            raise InputError(
                f"{wanted.place}: the server sends more than {wanted.size} bytes, expected "
                f"{wanted.size} ({wanted.by('bytes')}). Nothing of it was kept: correct the "
                "address or the setting."
            )
    if part.total is not None and part.received < part.total:
        raise BrokeOffError(f"broke off after {part.received} of {part.total} bytes")


def _open(
    part: PartialFile, wanted: WantedFile, start: int, pace: Pace
) -> http.client.HTTPResponse:
    """Request the complete file, or the bytes after the first `start`; return the response."""
    headers = {"User-Agent": "sign2text", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": part.validator}
    response = open_address(wanted.place, headers, pace, timeout=TIMEOUT, login=wanted.login)
    if response.status in (200, 206):
        return response
    response.close()
    if response.status == 416:  # no bytes follow ours: another file
        part.reset()
        raise BrokeOffError("the file at this address has changed")
    said = f"the server answered {response.status} ({wanted.place.hide(response.reason)})"
    if response.status in _PASSING:
        raise BrokeOffError(said)
    login = ""
    if response.status == 401:
        login = "It wants a login: write one into ~/.netrc, which is used over https. Or: "
    raise InputError(f"{wanted.place}: {said}, expected the file. {login}{wanted.advice}")


def _read_head(
    part: PartialFile, response: http.client.HTTPResponse, wanted: WantedFile, start: int
) -> Head:
    name = urlsplit(wanted.place.address).path
    try:
        return read_head(response, start, part.total, part.validator, name)
    except AbsurdError as error:
        raise InputError(
            f"{wanted.place}: the server announces {wanted.place.hide(error)}. Nothing of it was "
            f"kept. {wanted.advice}"
        ) from None
    except ChangedError:
        part.reset()
        raise


def _check_announced(
    part: PartialFile, response: http.client.HTTPResponse, wanted: WantedFile
) -> None:
    """Raise InputError, before gigabytes arrive, if the response's head shows a wrong file."""
    kind = response.headers.get_content_type()
    if kind == "text/html":
        part.reset()
        raise InputError(
            f"{wanted.place}: found a web page ({kind}), expected an archive. The address wants a "
            "browser or a login: correct the setting `address`, or fetch the file with a browser "
            f"and put it into {part.path.parent}/."
        )
    if wanted.size is not None and part.total not in (None, wanted.size):
        found = part.total
        part.reset()
        raise InputError(
            f"{wanted.place}: the server offers {found} bytes, expected {wanted.size} "
            f"({wanted.by('bytes')}). The publisher has another version: correct the address or "
            "the setting."
        )


def _check_reserve(part: PartialFile, wanted: WantedFile, coming: int) -> None:
    """Raise InputError if a file of unknown size would fill the disk."""
    free = shutil.disk_usage(part.path.parent).free
    if free - coming >= RESERVE:
        return
    kept = part.kept
    if not kept:
        part.reset()
    raise InputError(
        f"{wanted.place}: the server does not say how large the file is, and of the disk of "
        f"{part.path.parent} only {free / 1e9:.1f} GB are left; expected that "
        f"{RESERVE / 1e9:.1f} GB stay free. {kept}Give its size as the setting `bytes`, or make "
        "room there; if the file should be smaller, delete what came."
    )


def _has_more(response: http.client.HTTPResponse, pace: Pace, place: Place) -> bool:
    """Return whether bytes follow the end, unless the HTTP library cuts them off."""
    try:
        return bool(read_block(response, 1, pace, place))
    except BrokeOffError:
        return False  # all expected bytes have arrived
