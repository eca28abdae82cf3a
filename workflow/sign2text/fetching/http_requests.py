"""Open an address over HTTP: http and https alone, few redirects, no credentials to other hosts."""

from __future__ import annotations

import base64
import functools
import http.client
import io
import netrc
import string
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from sign2text.ground.addresses import Place, shown
from sign2text.ground.errors import InputError

MOST_REDIRECTS = 10
WINDOW = 60.0
"""Seconds of waiting over which a rate is averaged, and within which an answer's head must come."""
_SURPLUS = 4 * 2**20
"""Bytes that heads, marks of chunks and trailers may have beyond those of the file."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class BrokeOffError(Exception):
    """A transfer broke off or could not begin; another attempt may do better."""


class Pace:
    """How fast an answer comes; raises BrokeOffError where it is too slow or has no end.

    Only waiting for the server counts, not the time that the disk takes here.
    """

    def __init__(self, lowest_rate: float) -> None:
        """`lowest_rate`: bytes of the file a second, 0: any; the head has WINDOW all the same."""
        self.lowest_rate, self.head_is_there = lowest_rate, False
        self._waited, self._useful_now = 0.0, 0
        self._arrived = self._useful = 0

    def arrived(self, count: int, seconds: float) -> None:
        """Note what came from the network, and how long it was waited for."""
        self._arrived += count
        self._waited += seconds
        if self._arrived > 2 * self._useful + _SURPLUS + 2**20:  # one block may be buffered
            raise BrokeOffError("sent heads or trailers without end")
        if self._waited < WINDOW:
            return
        if not self.head_is_there:
            raise BrokeOffError(f"sent no whole head in {WINDOW:.0f} s")
        if self._useful_now < self.lowest_rate * self._waited:
            raise BrokeOffError(
                f"sent {self._useful_now} bytes in {self._waited:.0f} s, fewer than the setting "
                f"`lowest_rate` wants ({self.lowest_rate:g} a second)"
            )
        self._waited, self._useful_now = 0.0, 0

    def head_came(self) -> None:
        self.head_is_there = True
        self._waited = 0.0

    def useful(self, count: int) -> None:
        """Note bytes of the file."""
        self._useful += count
        self._useful_now += count


def open_address(
    place: Place, headers: Mapping[str, str], pace: Pace, *, timeout: float, login: str | None
) -> http.client.HTTPResponse:
    """The server's answer of any status that is no redirect, its body not yet read.

    At most MOST_REDIRECTS redirects are followed, to http and https alone, and from https to https
    alone. Nothing else than these two can be reached, whatever an address says.

    Args:
        place: where to ask first.
        headers: sent to each server; nothing secret may be among them.
        pace: of the whole answer.
        timeout: seconds that a connection may be silent.
        login: the header Authorization, for the host of `place` alone, and over https.

    Raises:
        BrokeOffError: the server cannot be reached, or its head breaks off or is none.
        InputError: it redirects to what may not be followed, or without end.
    """
    opener = _opener(pace)
    address = place.address
    for _ in range(MOST_REDIRECTS + 1):
        request = urllib.request.Request(address, headers=dict(headers))
        if login and _origin(address) == _origin(place.address) and request.type == "https":
            request.add_unredirected_header("Authorization", login)
        try:
            response = opener.open(request, timeout=timeout)
        # UnicodeError is what a host's name of too long or empty parts gives.
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            reason = getattr(error, "reason", None) or error
            raise BrokeOffError(f"cannot be reached ({place.hide(reason)})") from error
        if response.status not in _REDIRECTS:
            pace.head_came()
            return response
        response.close()  # unread: its body may have no end
        address = _next(place, address, response.headers.get("Location"))
    raise InputError(
        f"{place}: the server redirects more than {MOST_REDIRECTS} times, the last time to "
        f"{place.hide(shown(address))}. Correct the address."
    )


def read_block(response: http.client.HTTPResponse, most: int, pace: Pace, place: Place) -> bytes:
    """Up to `most` bytes of the body; none at its end. Raises BrokeOffError."""
    try:
        block = response.read1(most)
    except (OSError, http.client.HTTPException) as error:
        reason = place.hide(error) or type(error).__name__
        raise BrokeOffError(f"broke off ({reason})") from error
    pace.useful(len(block))
    return block


def login_of(place: Place, environment: Mapping[str, str]) -> str | None:
    """The header Authorization for the host of `place` by netrc; None of http, or without an entry.

    netrc is the file that the variable NETRC names, else ~/.netrc. Its entry `default` is not used:
    a password is for the host that it was written down for.

    Raises InputError where the file cannot be read.
    """
    parts = urlsplit(place.address)
    if parts.scheme != "https":
        return None
    named = environment.get("NETRC")
    path = Path(named or "~/.netrc").expanduser()
    if not named and not path.exists():
        return None
    try:
        entry = netrc.netrc(path).hosts.get(parts.hostname)
    # What the parser says repeats words of the file, so that only the line is named.
    except (netrc.NetrcParseError, UnicodeDecodeError, OSError) as error:
        line = f", line {error.lineno}" if getattr(error, "lineno", None) else ""
        raise InputError(
            f"{path}{line}: cannot be read as a netrc file ({type(error).__name__}); expected "
            "`machine HOST login USER password PASSWORD`. Correct it, or name another one with the "
            "variable NETRC."
        ) from None
    if entry is None:
        return None
    user, _, password = entry
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _next(place: Place, address: str, location: str | None) -> str:
    """Where a redirect leads; raises InputError where it may not be followed."""
    if location is None:
        raise InputError(
            f"{place}: the server redirects to nowhere (no Location). Correct the address."
        )
    # Headers are read as Latin-1.
    location = quote(location, safe=string.punctuation, encoding="iso-8859-1")
    try:
        target = urljoin(address, location)
        parts = urlsplit(target)
        readable = parts.hostname and "@" not in parts.netloc and "%" not in parts.netloc
        _ = parts.port
    except ValueError:
        readable, parts = False, None
    if not readable or parts.scheme not in ("http", "https"):
        problem = "expected http or https, a host, and no user and password"
    elif parts.scheme == "http" and urlsplit(address).scheme == "https":
        problem = "expected that https stays https"
    else:
        return target
    raise InputError(
        f"{place}: the server redirects to {place.hide(shown(location))}, {problem}. It was not "
        "followed; correct the address, or fetch the file by another way."
    )


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual


def _opener(pace: Pace) -> urllib.request.OpenerDirector:
    """From the handlers of HTTP alone: those of files, FTP and data: addresses are left out."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(pace),
        _Https(pace),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Paced:
    """A handler whose connections are watched by a Pace."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def do_open(self, http_class: Any, req: urllib.request.Request, **options: Any) -> Any:
        def connect(host: str, **more: Any) -> http.client.HTTPConnection:
            connection = http_class(host, **more)
            connection.response_class = functools.partial(_Response, self._pace)
            return connection

        return super().do_open(connect, req, **options)


class _Http(_Paced, urllib.request.HTTPHandler):
    pass


class _Https(_Paced, urllib.request.HTTPSHandler):
    pass


class _Response(http.client.HTTPResponse):
    """An answer whose every read passes its Pace, those of its head included."""

    def __init__(self, pace: Pace, sock: Any, *given: Any, **more: Any) -> None:
        super().__init__(sock, *given, **more)
        self.fp = io.BufferedReader(_Watched(self.fp.detach(), pace))


class _Watched(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, pace: Pace) -> None:
        self._raw, self._pace = raw, pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        started = time.monotonic()
        count = self._raw.readinto(buffer)
        self._pace.arrived(count or 0, time.monotonic() - started)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
