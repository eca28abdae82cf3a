"""Hubs with listings of a model's files that lie, never end, or have another format."""

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from sign2text.fetching import hub_listing
from sign2text.fetching.hub_listing import UnreachableError, ask_hub
from sign2text.ground.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
from attacks import refusal
from file_server import head, speaking

OK = "HTTP/1.1 200 OK"
COMMIT = "a" * 40


def always(*pieces: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda _: pieces


LISTED = {"rfilename": "config.json", "size": 2, "blobId": "b" * 40}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"sha": ' + b"9" * 10_000 + b"}", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        ([], "is not what a hub's is"),
        ({"siblings": []}, "'sha' is missing"),
        ({"sha": "../../x"}, "sha: found '../../x', expected 40"),
        ({"sha": "A" * 40}, "sha: found"),
        ({"sha": None}, "sha: found None"),
        ({"sha": COMMIT, "siblings": {"a": 1}}, "siblings: found"),
        ({"sha": COMMIT, "siblings": [5]}, "is not what a hub's is"),
        ({"sha": COMMIT, "siblings": [{}]}, "'rfilename' is missing"),
        ({"sha": COMMIT, "siblings": [LISTED, LISTED | {"size": 3}]}, "config.json is there twice"),
        ({"sha": COMMIT, "cardData": {"license": 5}}, "cardData.license: found 5"),
        ({"sha": COMMIT, "cardData": {"license": "m\x1b[2Jit"}}, "cardData.license: found 'm\\x1b"),
        ({"sha": COMMIT, "cardData": {"license": "x" * 300}}, "cardData.license: found 'xxx"),
        *[
            ({"sha": COMMIT, "siblings": [LISTED | {"size": size}]}, "size of config.json: found")
            for size in (-1, 2.0, "2", None, True, [2], 10**16)
        ],
        *[
            ({"sha": COMMIT, "siblings": [LISTED | {"rfilename": name}]}, ".rfilename: found")
            for name in ("", ".", "..", "a\\b", "a\x00b", "a\nb", "x" * 201, 5, None)
        ],
        *[
            ({"sha": COMMIT, "siblings": [LISTED | {"blobId": blob}]}, "blobId of config.json")
            for blob in (5, "b" * 39, ["x"], "g" * 40)
        ],
        *[
            ({"sha": COMMIT, "siblings": [LISTED | {"lfs": lfs}]}, "is not what a hub's is")
            for lfs in (5, [1], {"sha256": 5}, {"sha256": "x"}, {"size": 2})
        ],
    ],
)
def test_a_listing_that_lies_is_refused(
    monkeypatch: pytest.MonkeyPatch, body: object, said: str
) -> None:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with speaking(always(head(OK, f"Content-Length: {len(text)}"), text)) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        told = refusal(lambda: ask_hub("some/model", "main"))
    assert said in told
    assert "published model 'some/model' (revision main)" in told
    assert "\x1b" not in told


def test_another_commit_than_was_asked_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(always(head(OK), json.dumps({"sha": COMMIT}).encode())) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert ask_hub("some/model", "main").commit == COMMIT
        with pytest.raises(InputError, match="expected the requested commit"):
            ask_hub("some/model", "c" * 40)


@pytest.mark.parametrize(
    "licence", [None, "mit", "  Apache\n2.0 ", ["mit", "apache-2.0"], [], "a licence ‘of its own’"]
)
def test_licences_are_a_line(monkeypatch: pytest.MonkeyPatch, licence: object) -> None:
    expected = {"  Apache\n2.0 ": "Apache 2.0", "['mit', 'apache-2.0']": "mit, apache-2.0"}
    listing = {"sha": COMMIT, "cardData": {"license": licence}, "siblings": [LISTED]}
    with speaking(always(head(OK), json.dumps(listing).encode())) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        found = ask_hub("some/model", "main")
    assert found.licence == expected.get(str(licence), licence or None)
    assert (found.files["config.json"].bytes, found.files["config.json"].git_sha1) == (2, "b" * 40)


@pytest.mark.parametrize("kind", ["endless", "slow", "cut"])
def test_a_listing_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(hub_listing, "LONGEST", 0.3)

    def slow(_: str) -> Iterator[bytes]:
        yield head(OK)
        while True:
            time.sleep(0.02)
            yield b" "

    pieces = {
        "endless": lambda _: itertools.chain([head(OK)], itertools.repeat(b"[[]," * 10_000)),
        "slow": slow,
        "cut": always(head(OK, "Content-Length: 500"), b"{"),
    }
    said = {"endless": "has more than 16777216 bytes", "slow": "too slow", "cut": "broke off"}
    with speaking(pieces[kind]) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert said[kind] in refusal(lambda: ask_hub("some/model", "main"))


@pytest.mark.parametrize(("status", "error"), [(503, UnreachableError), (401, InputError)])
def test_offline_and_refusing_hubs(
    monkeypatch: pytest.MonkeyPatch, status: int, error: type[InputError]
) -> None:
    with speaking(always(head(f"HTTP/1.1 {status} No"), b"")) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(error, match=r"`hf download some/model"):
            ask_hub("some/model", "main")
