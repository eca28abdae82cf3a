"""Servers that lie about sizes, never end, trickle, or lead elsewhere."""

import itertools
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from sign2text.fetching import http_requests
from sign2text.fetching.download import RESERVE, download, file_name
from sign2text.ground.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
from attacks import refusal, tree
from file_server import Site, head, serving, speaking

OK, PART = "HTTP/1.1 200 OK", "HTTP/1.1 206 Partial Content"
TAG = 'ETag: "1"'


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def always(*pieces: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda _: pieces


def fetch(address: str, folder: Path, **options) -> None:
    options = {"retries": 1, "sleep": lambda _: None, **options}
    download(f"{address}/corpus.tar", folder / "corpus.tar", **options)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Content-Length: abc"], "an invalid size"),
        (["Content-Length: -5"], "an invalid size"),
        (["Content-Length: +5"], "an invalid size"),
        (["Content-Length: 5_0"], "an invalid size"),
        (["Content-Length: 1e3"], "an invalid size"),
        (["Content-Length: 0x10"], "an invalid size"),
        (["Content-Length: ٣"], "an invalid size"),
        (["Content-Length: "], "an invalid size"),
        (["Content-Length: " + "9" * 5000], "an invalid size"),
        (["Content-Length: 5, 6"], "several sizes"),
        (["Content-Length: 5", "Content-Length: 4000"], "several sizes"),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], "only one can be"),
        (["Transfer-Encoding: gzip, chunked"], "transfer encoding 'gzip, chunked'"),
        (["Content-Encoding: gzip"], "in the coding 'gzip'"),
        (["Content-Encoding: br"], "in the coding 'br'"),
        (["Content-Encoding: gzip, gzip"], "in the coding 'gzip, gzip'"),
        (["Content-Length: " + "9" * 17], "of free disk"),
        (["X: " + "x" * 70_000], "given up after 2 attempts"),
        ([f"X-{number}: x" for number in range(101)], "given up after 2 attempts"),
    ],
)
def test_a_head_that_cannot_be_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    with speaking(always(head(OK, *lines), b"12345")) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert said in told
    assert f"{address}/corpus.tar" in told
    assert not (tmp_path / "corpus.tar").exists()


@pytest.mark.parametrize("status", [100, 103, 199, 204, 205, 226, 299, 300, 304, 305, 999])
def test_another_status_than_a_files_is_refused(tmp_path: Path, status: int) -> None:
    with speaking(always(head(f"HTTP/1.1 {status} Odd", "Content-Length: 5"), b"12345")) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert f"the server answered {status}" in told or "cannot be reached" in told
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5, 5"],
        ["Content-Length: 5", "Content-Length: 5"],
        ["Content-Length: 5", "Transfer-Encoding: identity"],
        ["Content-Length: 5", "Content-Encoding: identity"],
        ["Content-Length: 5", "Content-Encoding: aws-chunked"],
        ["Content-Length: 5", "Content-Encoding: x-gzip"],  # as many servers send for .tar.gz
        [],
    ],
)
def test_odd_heads_of_honest_servers_are_taken(tmp_path: Path, lines: list[str]) -> None:
    with speaking(always(head(OK, *lines), b"12345")) as address:
        download(f"{address}/corpus.tar.gz", tmp_path / "x", sleep=lambda _: None, retries=0)
    assert (tmp_path / "x").read_bytes() == b"12345"


def test_what_comes_beyond_the_announced_size_is_not_written(tmp_path: Path) -> None:
    with speaking(always(head(OK, "Content-Length: 5"), b"12345" + bytes(10**6))) as address:
        fetch(address, tmp_path)
    assert tree(tmp_path) == {"corpus.tar": ("file", b"12345")}


@pytest.mark.parametrize("chunked", [True, False])
def test_what_comes_beyond_the_setting_is_not_written(tmp_path: Path, chunked: bool) -> None:
    largest = []

    def script(_: str) -> Iterator[bytes]:
        yield head(OK, *(["Transfer-Encoding: chunked"] if chunked else []))
        for _ in range(1000):
            yield chunks(bytes(10**5)) if chunked else bytes(10**5)
            part = tmp_path / "corpus.tar.part"
            largest.append(part.stat().st_size if part.exists() else 0)

    with speaking(script) as address:
        told = refusal(lambda: fetch(address, tmp_path, size=250_000))
    assert "sends more than 250000 bytes, expected 250000 (setting `bytes`)" in told
    assert max(largest) <= 250_000
    assert tree(tmp_path) == {}


def test_a_size_of_zero_is_a_size(tmp_path: Path) -> None:
    with speaking(lambda _: itertools.chain([head(OK)], itertools.repeat(bytes(10**5)))) as address:
        told = refusal(lambda: fetch(address, tmp_path, size=0))
    assert "more than 0 bytes" in told
    assert tree(tmp_path) == {}


RANGE = "Content-Range: bytes 5-9/10"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([PART, RANGE, "Transfer-Encoding: chunked"], "more bytes than the range"),
        ([PART, RANGE, "Content-Length: 500"], "comes with 500 bytes"),
        ([PART, RANGE, "Content-Length: 2"], "comes with 2 bytes"),
        ([PART, "Content-Range: bytes 0-9/10"], "its range is now 'bytes 0-9/10'"),
        ([PART, "Content-Range: bytes 6-9/10"], "its range is now 'bytes 6-9/10'"),
        ([PART, "Content-Range: bytes 5-9/11"], "its range is now 'bytes 5-9/11'"),
        ([PART, "Content-Range: bytes 5-99/10"], "is none of 10 bytes"),
        ([PART, "Content-Range: bytes 5-4/10"], "is none of 10 bytes"),
        ([PART, "Content-Range: bytes 5-9/-1"], "its range is now"),
        ([PART, "Content-Range: bytes ٥-٩/١٠"], "its range is now"),
        ([PART, "Content-Range: bytes 5-" + "9" * 5000 + "/10"], "its range is now"),
        ([PART, "Content-Type: multipart/byteranges; boundary=x"], "its range is now ''"),
        ([PART, RANGE, 'ETag: "2"'], "its range is now"),
    ],
)
def test_a_range_that_was_not_asked_for_is_dropped(
    tmp_path: Path, second: list[str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The download then restarts from the beginning, and the file is right in the end."""

    def script(request: str) -> Iterator[bytes]:
        if "Range: bytes=5-" not in request:
            yield head(OK, TAG, "Content-Length: 10")
            yield b"01234" if next(asked) == 0 else b"0123456789"
            return
        yield head(*second)
        yield chunks(bytes(500)) + b"0\r\n\r\n" if "chunked" in second[-1] else bytes(500)

    asked = itertools.count()
    with speaking(script) as address:
        fetch(address, tmp_path, retries=2)
    assert tree(tmp_path) == {"corpus.tar": ("file", b"0123456789")}
    assert said in caplog.text


def test_a_range_where_none_was_asked_for_is_refused(tmp_path: Path) -> None:
    answer = head(PART, "Content-Range: bytes 0-4/5", TAG, "Content-Length: 5")
    with speaking(always(answer, b"12345")) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert "a range ('bytes 0-4/5') without a request for one" in told
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("tag", [None, TAG])
def test_a_file_without_end_leaves_the_reserve_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str | None
) -> None:
    part = tmp_path / "corpus.tar.part"

    class Usage:
        @property
        def free(self) -> int:
            return RESERVE + 3_000_000 - (part.stat().st_size if part.exists() else 0)

    def script(_: str) -> Iterator[bytes]:
        yield head(OK, *filter(None, [tag]))
        yield from itertools.repeat(bytes(10**5))

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage())
    with speaking(script) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert "does not say how large the file is" in told
    assert "setting `bytes`" in told and str(tmp_path) in told
    # A part that cannot be resumed is removed; the other part is bounded.
    assert part.exists() == (tag is not None)
    assert not part.exists() or 1_000_000 < part.stat().st_size <= 3_000_000


def drip(*pieces: bytes, pause: float = 0.02) -> Iterator[bytes]:
    yield from pieces
    for _ in range(1000):
        time.sleep(pause)
        yield b"x"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (lambda _: drip(head(OK, TAG, "Content-Length: 100000")), r"fewer than the setting"),
        (lambda _: drip(head(OK, TAG)), r"fewer than the setting"),
        (lambda _: drip(b"HTTP/1.1 200 OK\r\nX: "), "no whole head"),
        (lambda _: drip(b"HTTP"), "no whole head"),
        (lambda _: itertools.repeat(head("HTTP/1.1 100 Continue") * 100), "heads or trailers"),
        (
            lambda _: itertools.chain(
                [head(OK, "Transfer-Encoding: chunked"), chunks(b"12345"), b"0\r\n"],
                itertools.repeat(b"Trailer: x\r\n" * 1000),
            ),
            "heads or trailers",
        ),
        (
            lambda _: itertools.chain(
                [head(OK, "Transfer-Encoding: chunked")], itertools.repeat(b"1;" + b"x" * 1000)
            ),
            "broke off",
        ),
        (
            lambda _: itertools.chain(
                [head(OK, "Transfer-Encoding: chunked")],
                itertools.repeat((b"1;" + b"x" * 1000 + b"\r\nx\r\n") * 100),
            ),
            "heads or trailers",
        ),
    ],
)
def test_who_trickles_or_never_comes_to_the_point_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Callable, said: str
) -> None:
    monkeypatch.setattr(http_requests, "WINDOW", 0.3)
    with speaking(script) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert said in told and "given up after 2 attempts" in told
    assert not (tmp_path / "corpus.tar").exists()


@pytest.mark.parametrize("lowest_rate", [1000, 0])
def test_a_little_more_with_each_attempt_is_no_progress_unless_any_rate_will_do(
    tmp_path: Path, lowest_rate: int
) -> None:
    requests = []

    def script(request: str) -> Iterator[bytes]:
        start = 5 * len(requests)
        requests.append(request)
        if start == 0:
            yield head(OK, TAG, "Content-Length: 40") + b"01234"
        else:
            yield head(PART, f"Content-Range: bytes {start}-39/40") + b"56789"

    with speaking(script) as address:
        if lowest_rate == 0:
            fetch(address, tmp_path, lowest_rate=0)
            assert (tmp_path / "corpus.tar").stat().st_size == 40
            return
        with pytest.raises(InputError, match="given up after 4 attempts"):
            fetch(address, tmp_path, retries=3, lowest_rate=lowest_rate)
    assert len(requests) == 4


def test_an_honest_slow_server_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_requests, "WINDOW", 0.1)
    with serving(Site(bytes(3_000_000), pause=0.5)) as site:
        download(site.address, tmp_path / "x", retries=0)
    assert (tmp_path / "x").stat().st_size == 3_000_000


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("file:///etc/passwd", "expected http or https"),
        ("FILE:/etc/passwd", "expected http or https"),
        ("ftp://127.0.0.1/corpus.tar", "expected http or https"),
        ("data:text/plain,12345", "expected http or https"),
        ("gopher://127.0.0.1/", "expected http or https"),
        ("http://me:secretword@127.0.0.1/x", "no user and password"),
        ("//me:secretword@127.0.0.1/x", "no user and password"),
        ("http:///x", "redirects more than 10 times"),  # the same host
        ("http://[::1/x", "a host"),
        ("http://127.0.0.1:99999/x", "a host"),
        ("http://127.0.0.1:x/x", "a host"),
        ("http://127%2e0.0.1/x", "a host"),
        ("http://a..b/x", "given up after 2 attempts"),
        ("/again", "redirects more than 10 times"),
        (None, "redirects to nowhere"),
    ],
)
def test_redirects_lead_to_http_alone(tmp_path: Path, location: str | None, said: str) -> None:
    lines = [] if location is None else [f"Location: {location}"]
    # The body of a redirect is endless too.
    with speaking(
        lambda _: itertools.chain(
            [head("HTTP/1.1 302 Found", *lines)], itertools.repeat(bytes(10**5))
        )
    ) as address:
        told = refusal(lambda: fetch(address, tmp_path))
    assert said in told and f"{address}/corpus.tar" in told
    assert "secretword" not in told
    assert tree(tmp_path) == {}


def test_ten_redirects_are_followed(tmp_path: Path) -> None:
    def script(request: str) -> Iterator[bytes]:
        number = next(numbers)
        if number == 10:
            yield head(OK, "Content-Length: 2") + b"ok"
        else:
            yield head("HTTP/1.1 307 Temporary Redirect", f"Location: ./{number}?a=b c")

    numbers = itertools.count()
    with speaking(script) as address:
        fetch(address, tmp_path)
    assert (tmp_path / "corpus.tar").read_bytes() == b"ok"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a.org/x", "data:,x", "/etc/x"])
def test_nothing_but_http_is_fetched(tmp_path: Path, address: str) -> None:
    told = refusal(lambda: download(address, tmp_path / "x"))
    assert "expected an address that begins with https:// or http://" in told
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "state",
    [
        {"validator": 5, "total": 10},
        {"validator": "x\r\nX-Evil: 1", "total": 10},
        {"validator": ["x"], "total": 10},
        {"validator": '"1"', "total": "10"},
        {"validator": '"1"', "total": -1},
        {"validator": '"1"', "total": 5.0},
        {"validator": '"1"', "total": True},
    ],
)
def test_a_note_of_what_came_that_lies_harms_nothing(tmp_path: Path, state: dict) -> None:
    with serving(Site(b"0123456789")) as site:
        (tmp_path / "x.part").write_bytes(b"01234")
        note = tmp_path / "x.part.json"
        note.write_text(json.dumps({"address": site.address, **state}))
        download(site.address, tmp_path / "x", retries=2, sleep=lambda _: None)
        assert all("X-Evil" not in request for request in site.requests)
    assert tree(tmp_path) == {"x": ("file", b"0123456789")}


@pytest.mark.parametrize("text", ["[" * 60_000, '{"address": ' + "9" * 60_000, "\x00", "x" * 10**6])
def test_a_note_that_is_none_is_dropped(tmp_path: Path, text: str) -> None:
    with serving(Site(b"0123456789")) as site:
        (tmp_path / "x.part").write_bytes(b"abc")
        (tmp_path / "x.part.json").write_text(text)
        download(site.address, tmp_path / "x", retries=0)
    assert tree(tmp_path) == {"x": ("file", b"0123456789")}


@pytest.mark.parametrize("name", ["x.part", "x.part.json"])
@pytest.mark.parametrize("kind", ["link", "dangling", "folder"])
def test_a_link_in_place_of_what_came_is_not_followed(tmp_path: Path, name: str, kind: str) -> None:
    """A previously unpacked archive may have put it there."""
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(b"mine")
    if kind == "folder":
        (folder / name).mkdir()
    else:
        (folder / name).symlink_to(outside if kind == "link" else tmp_path / "new")
    before = tree(tmp_path)
    with serving(Site(b"0123456789")) as site:
        told = refusal(lambda: download(site.address, folder / "x", retries=0))
    assert f"{folder / name}: found a link, folder or device" in told
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "address",
    [
        "https://a.de/a%0ab",
        "https://a.de/a%1b[2J.zip",
        "https://a.de/" + "x" * 201,
        "https://a.de/%00",
        "https://a.de/x-${TOKEN}.zip",
        "https://a.de/%2e%2e",
    ],
)
def test_a_name_that_is_none_is_not_used(address: str) -> None:
    assert file_name(address, "else") == "else"
