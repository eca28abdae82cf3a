"""Fetching a file from a server that breaks off, lies, refuses, or is slow."""

import hashlib
import json
import random
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sign2text.fetching import download as module
from sign2text.fetching.download import download, file_name
from sign2text.ground.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
from file_server import Site, serving

CONTENT = random.Random(5).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(CONTENT)) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "corpus.tar.gz"


def fetch(site: Site, target: Path, **options) -> list[float]:
    """Fetch without waiting; gives the waits that there would have been."""
    waits: list[float] = []
    download(site.address, target, **{"retries": 2, "sleep": waits.append, **options})
    assert target.read_bytes() == site.content
    assert sorted(path.name for path in target.parent.iterdir()) == [target.name]
    return waits


def ranges(site: Site) -> list[str | None]:
    return [request.get("Range") for request in site.requests]


def test_whole_file_in_one_request(site: Site, target: Path) -> None:
    assert fetch(site, target, size=len(CONTENT), sha256=SHA256) == []
    assert ranges(site) == [None]


def test_goes_on_where_it_broke_off(site: Site, target: Path) -> None:
    site.break_after = [1_000_000, 500_001]
    # Each attempt brought something, so the waits do not grow, and 2 retries do for 3 attempts.
    assert fetch(site, target, retries=1, sha256=SHA256) == [2, 2]
    assert ranges(site) == [None, "bytes=1000000-", "bytes=1500001-"]
    assert site.requests[1]["If-Range"] == '"first"'


def test_a_weak_tag_does_not_promise_equal_bytes(site: Site, target: Path) -> None:
    site.tag, site.modified, site.break_after = 'W/"x"', "Sat, 01 Mar 2025 00:00:00 GMT", [10]
    fetch(site, target)
    assert site.requests[1]["If-Range"] == site.modified


def test_next_run_goes_on(site: Site, target: Path) -> None:
    site.break_after = [700_000, 0, 0]
    with pytest.raises(InputError, match=r"700000 bytes that came are kept in .*\.part") as error:
        fetch(site, target, retries=1)
    assert "given up after 2 attempts" in str(error.value)
    assert not target.exists()
    site.break_after = []
    fetch(site, target)
    assert ranges(site)[-1] == "bytes=700000-"


def test_a_run_killed_before_the_last_step_fetches_nothing(site: Site, target: Path) -> None:
    part = target.with_name("corpus.tar.gz.part")
    part.write_bytes(CONTENT)
    state = {"address": site.address, "validator": '"first"', "total": len(CONTENT)}
    part.with_name(f"{part.name}.json").write_text(json.dumps(state))
    fetch(site, target, sha256=SHA256)
    assert site.requests == []


@pytest.mark.parametrize("state", ["[]", "null", '"x"', "{", "{}"])
def test_a_note_of_what_came_that_is_none_is_dropped(site: Site, target: Path, state: str) -> None:
    part = target.with_name("corpus.tar.gz.part")
    part.write_bytes(CONTENT[:1000])
    part.with_name(f"{part.name}.json").write_text(state)
    fetch(site, target, sha256=SHA256)
    assert ranges(site) == [None]


@pytest.mark.parametrize(
    "change",
    [
        {"knows_ranges": False},
        {"tag": '"second"', "content": CONTENT[::-1]},
        # A server that gives a range of whatever it has now.
        {"tag": '"second"', "content": CONTENT[::-1], "ignores_if_range": True},
        {"content": CONTENT[:-5] + b"longer", "ignores_if_range": True},
        {"content": CONTENT[:1000], "ignores_if_range": True},
    ],
)
def test_starts_afresh_where_it_cannot_go_on(site: Site, target: Path, change: dict) -> None:
    site.break_after = [2_000_000, 0, 0]
    with pytest.raises(InputError):
        fetch(site, target, retries=1)
    site.break_after = []
    for key, value in change.items():
        setattr(site, key, value)
    fetch(site, target)  # compares with the new content


@pytest.mark.parametrize("change", ["no validator", "another address"])
def test_what_may_be_of_another_file_is_not_kept(site: Site, target: Path, change: str) -> None:
    if change == "no validator":
        site.tag = None
    site.break_after = [2_000_000, 0]
    with pytest.raises(InputError):
        fetch(site, target, retries=0)
    if change == "another address":
        site.address += "?version=2"
    site.break_after = []
    fetch(site, target)
    assert ranges(site)[-1] is None


def test_an_endless_quarrel_ends(site: Site, target: Path) -> None:
    """Without ranges each attempt starts afresh: the same bytes again are no progress."""
    site.knows_ranges = False
    site.break_after = [1_000_000] * 50
    waits: list[float] = []
    with pytest.raises(InputError, match="given up after 4 attempts in a row"):
        download(site.address, target, retries=3, sleep=waits.append)
    assert waits == [2, 4, 8]


def test_a_silent_server_is_asked_again(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    site.pause = 0.5
    with pytest.raises(InputError, match=r"timed out.*kept in"):
        fetch(site, target, retries=0)
    assert 0 < target.with_name("corpus.tar.gz.part").stat().st_size <= len(CONTENT) // 2
    site.pause = 0.05  # slow, but not silent for too long
    fetch(site, target)
    assert ranges(site)[1] is not None


def test_busy_server_is_asked_again_and_waits_grow(site: Site, target: Path) -> None:
    site.status = [503, 502, 429]
    assert fetch(site, target, retries=3) == [2, 4, 8]


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (403, "Forbidden")])
def test_a_refusal_is_final(site: Site, target: Path, status: int, reason: str) -> None:
    site.status = [status] * 9
    with pytest.raises(InputError) as error:
        fetch(site, target)
    assert f"answered {status} ({reason})" in str(error.value)
    assert site.address in str(error.value)
    assert "`address`" in str(error.value)
    assert f"put it into {target.parent}/" in str(error.value)
    assert len(site.requests) == 1
    assert list(target.parent.iterdir()) == []


def test_nobody_answers(target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/corpus.tar.gz"
    with pytest.raises(InputError, match=r"Connection refused.*given up after 3 attempts"):
        download(address, target, retries=2, sleep=lambda _: None)


def test_a_web_page_is_no_archive(site: Site, target: Path) -> None:
    site.kind = "text/html; charset=utf-8"
    with pytest.raises(InputError, match=r"found a web page.*wants a browser or a login"):
        fetch(site, target)
    assert list(target.parent.iterdir()) == []


def test_wrong_size_is_seen_before_it_comes(site: Site, target: Path) -> None:
    with pytest.raises(InputError, match=r"offers 3000000 bytes, expected 3000001"):
        fetch(site, target, size=len(CONTENT) + 1)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("wrong", ["bytes", "sha256"])
def test_what_is_wrong_is_set_aside(site: Site, target: Path, wrong: str) -> None:
    site.says_length = False
    expected = {"size": 3_000_007} if wrong == "bytes" else {"sha256": "0" * 64}
    with pytest.raises(InputError) as error:
        fetch(site, target, **expected)
    found = {"bytes": "3000000 bytes, expected 3000007", "sha256": f"sha256 {SHA256}, expected 00"}
    assert found[wrong] in str(error.value)
    assert f"set aside as {target}.wrong" in str(error.value)
    assert [path.name for path in target.parent.iterdir()] == ["corpus.tar.gz.wrong"]


def test_too_small_a_disk_is_seen_before_it_comes(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = int(2.1 * len(CONTENT))

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(InputError, match="free disk") as error:
        fetch(site, target)
    assert str(target.parent) in str(error.value)
    Usage.free = int(2.3 * len(CONTENT))
    fetch(site, target)


def test_disk_that_fills_up_while_it_comes(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line turns this into words; the file is not there."""
    real = module.PartialFile.begin

    def begin(part: module.PartialFile, validator: str | None, total: int | None) -> None:
        real(part, validator, total)
        part.path.symlink_to("/dev/full")

    monkeypatch.setattr(module.PartialFile, "begin", begin)
    with pytest.raises(OSError, match="No space left"):
        fetch(site, target)
    assert not target.exists()
    monkeypatch.undo()
    target.with_name("corpus.tar.gz.part").unlink()
    fetch(site, target)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://a.de/b/c.tar.gz?x=1", "c.tar.gz"),
        ("https://a.de/b%20c.zip", "b c.zip"),
        ("https://a.de/", "else"),
        ("https://a.de/..", "else"),
        ("https://a.de/x%2F..%2F..%2Fetc", "etc"),
    ],
)
def test_file_name_is_one_name(address: str, name: str) -> None:
    assert file_name(address, "else") == name
