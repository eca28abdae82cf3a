"""Small HTTP servers for tests: they break off, lie, are slow, or do not support ranges."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """The file served under every path, and the server's behaviour; may change between requests."""

    content: bytes = b""
    tag: str | None = '"first"'
    modified: str | None = None
    kind: str = "application/gzip"
    status: list[int] = field(default_factory=list)
    """Statuses of the next answers, before the file is served."""
    break_after: list[int] = field(default_factory=list)
    """Bytes of the body after which the next answers break off; later answers are complete."""
    knows_ranges: bool = True
    ignores_if_range: bool = False
    says_length: bool = True
    pause: float = 0.0
    """Seconds of silence after the first half of each body."""
    requests: list[dict[str, str]] = field(default_factory=list)
    """Headers of the requests so far."""
    address: str = ""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve `site` on a free port of this machine; its `address` becomes the file's URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}/corpus.tar.gz"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    site.requests.append(dict(request.headers))
    if site.status:
        request.send_response(site.status.pop(0))
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    start = first_byte(request, site)
    body = site.content[start:]
    if start and not body:
        request.send_response(416)
        request.end_headers()
        return
    request.send_response(206 if start else 200)
    if start:
        last, whole = len(site.content) - 1, len(site.content)
        request.send_header("Content-Range", f"bytes {start}-{last}/{whole}")
    for name, value in (
        ("Content-Type", site.kind),
        ("Content-Length", str(len(body)) if site.says_length else None),
        ("ETag", site.tag),
        ("Last-Modified", site.modified),
    ):
        if value is not None:
            request.send_header(name, value)
    request.end_headers()
    end = min(site.break_after.pop(0), len(body)) if site.break_after else len(body)
    try:
        request.wfile.write(body[: end // 2])
        request.wfile.flush()
        time.sleep(site.pause)
        request.wfile.write(body[end // 2 : end])
    except OSError:
        pass  # the other side has given up


def first_byte(request: BaseHTTPRequestHandler, site: Site) -> int:
    """Return the start of the body: the requested range, if the file has not changed since."""
    match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    condition = request.headers.get("If-Range")
    if not match or not site.knows_ranges:
        return 0
    fits = site.ignores_if_range or condition in (None, site.tag, site.modified)
    return int(match[1]) if fits else 0


def head(*lines: str) -> bytes:
    """Build the head of an answer: its status line and headers."""
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def speaking(
    script: Callable[[str], Iterable[bytes]], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Answer each request with the bytes that `script` makes from its head; yield the address.

    The bytes are sent unchanged, so they need not be HTTP. With a TLS `context`, use https.
    """
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        try:
            connection.settimeout(20)
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (more := connection.recv(65536)):
                    request += more
                for piece in script(request.decode("latin-1")):
                    if ended.is_set():
                        break
                    connection.sendall(piece)
        except OSError:
            pass  # the other side has given up

    def accept() -> None:
        while not ended.is_set():
            try:
                connection = server.accept()[0]
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        scheme = "http" if context is None else "https"
        try:
            yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
