"""A small server that imitates the Hugging Face hub: listings, and broken transfers."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from file_server import Site, answer

LISTED = re.compile(r"/api/models/([^/]+/[^/]+)/revision/([^/]+)")
RESOLVED = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


@dataclass
class Repository:
    """One model: files by commit, and the commits of its branches."""

    name: str
    licence: str | None = "mit"
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, Site]] = field(default_factory=dict)
    large: tuple[str, ...] = (".safetensors", ".bin")
    """Endings of files that are listed with a SHA-256, as the hub lists large files."""
    status: int | None = None
    """Status of every answer about the listing, instead of the listing."""
    address: str = ""
    paths: list[str] = field(default_factory=list)
    """Requested paths."""

    def add(self, commit: str, files: dict[str, bytes], branch: str | None = "main") -> None:
        self.commits[commit] = {
            name: Site(content, tag=f'"{hashlib.sha256(content).hexdigest()}"', kind="text/plain")
            for name, content in files.items()
        }
        if branch:
            self.branches[branch] = commit

    def listing(self, revision: str) -> dict | None:
        commit = self.branches.get(revision, revision)
        if commit not in self.commits:
            return None
        siblings = []
        for name, site in self.commits[commit].items():
            listed = {"rfilename": name, "size": len(site.content), "blobId": git_hash(site)}
            if name.endswith(self.large):
                digest = site.tag.strip('"')
                size = len(site.content)
                listed["lfs"] = {"sha256": digest, "size": size, "pointerSize": 130}
            siblings.append(listed)
        card = {"license": self.licence} if self.licence else {}
        return {"id": self.name, "sha": commit, "siblings": siblings, "cardData": card}


def git_hash(site: Site) -> str:
    content = site.content
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def hub(repository: Repository) -> Iterator[Repository]:
    """Serve `repository` on a free port of this machine; its `address` becomes the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            repository.paths.append(path)
            if match := LISTED.fullmatch(path):
                known = match[1] == repository.name
                listing = repository.listing(match[2]) if known else None
                missing = "RevisionNotFound" if known else "RepoNotFound"
                body = json.dumps(listing or {"error": missing}).encode()
                self.send_response(repository.status or (200 if listing else 404))
                if not listing:
                    self.send_header("X-Error-Code", missing)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            elif (match := RESOLVED.fullmatch(path)) and match[1] == repository.name:
                answer(self, repository.commits[match[2]][match[3]])
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    repository.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
