"""HTTP requests: only http and https, few redirects, no credentials to other hosts."""

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
"""Seconds of waiting over which a rate is averaged, and the time limit for a response's head."""
_SURPLUS = 4 * 2**20
"""Bytes that heads, chunk marks and trailers may have in addition to the file."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class BrokeOffError(Exception):
    """A transfer that broke off or could not begin; another attempt may succeed."""


class Pace:
    """Speed of a response; raises BrokeOffError if it is too slow or has no end.

    Only waiting for the server counts, not the time for the local disk.
    """

    def __init__(self, lowest_rate: float) -> None:
        """Set the lowest rate in bytes of the file per second, 0: any; WINDOW limits the head."""
        self.lowest_rate, self.head_is_there = lowest_rate, False
        self._waited, self._useful_now = 0.0, 0
        self._arrived = self._useful = 0

    def arrived(self, count: int, seconds: float) -> None:
        """Record `count` bytes from the network after `seconds` of waiting."""
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
        """Record `count` bytes of the file."""
        self._useful += count
        self._useful_now += count


def open_address(
    place: Place, headers: Mapping[str, str], pace: Pace, *, timeout: float, login: str | None
) -> http.client.HTTPResponse:
    """Return the server's first response that is not a redirect, with its body unread.

    At most MOST_REDIRECTS redirects are followed, only to http and https, and from https only to
    https. No address can lead to another protocol.

    Args:
        place: the first address.
        headers: headers for every server; they must not contain secrets.
        pace: watches the whole response.
        timeout: seconds that a connection may be silent.
        login: the header Authorization, only sent to the host of `place` and over https.

    Raises:
        BrokeOffError: the server cannot be reached, or its head is incomplete or invalid.
        InputError: a redirect is not allowed, or there are too many.
    """
    opener = _opener(pace)
    address = place.address
    for _ in range(MOST_REDIRECTS + 1):
        request = urllib.request.Request(address, headers=dict(headers))
        if login and _origin(address) == _origin(place.address) and request.type == "https":
            request.add_unredirected_header("Authorization", login)
        try:
            response = opener.open(request, timeout=timeout)
        # A host name with empty or too long parts raises UnicodeError.
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
    """Read up to `most` bytes of the body; none at its end. Raises BrokeOffError."""
    try:
        block = response.read1(most)
    except (OSError, http.client.HTTPException) as error:
        reason = place.hide(error) or type(error).__name__
        raise BrokeOffError(f"broke off ({reason})") from error
    pace.useful(len(block))
    return block


def login_of(place: Place, environment: Mapping[str, str]) -> str | None:
    """Return the header Authorization for the host of `place` from netrc; None if there is none.

    The file is named by the variable NETRC, else it is ~/.netrc. It is read only for https. Its
    entry `default` is ignored: a password is meant for one host.

    Raises InputError if the file cannot be read.
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
    # The parser's message repeats words of the file, so ours gives only the line.
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
    """Return the address that a redirect leads to; raise InputError if it is not allowed."""
    if location is None:
        raise InputError(
            f"{place}: the server redirects to nowhere (no Location). Correct the address."
        )
    # http.client decodes headers as Latin-1.
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
    """Build an opener with handlers only for HTTP, without file:, ftp: and data: addresses."""
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
    """A handler with a Pace that watches its connections."""

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
    """A response that reports every read to its Pace, including reads of the head."""

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
