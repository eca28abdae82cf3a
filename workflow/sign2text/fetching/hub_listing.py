"""The hub's listing of a model's files: read without a login, bounded, and checked before use."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sign2text.fetching.http_requests import BrokeOffError, Pace, open_address, read_block
from sign2text.ground.addresses import check_endpoint, fill_in
from sign2text.ground.errors import InputError

COMMIT = re.compile(r"[0-9a-f]{40}")
TIMEOUT = 60.0  # seconds that the hub may be silent
LONGEST = 600.0  # seconds for a complete listing
LARGEST = 16 * 2**20
"""Bytes of a listing; a listing of ten thousand files has a sixth of that."""
LARGEST_FILE = 10**15  # bytes
LONGEST_NAME = 200  # bytes of a file name
LONGEST_LICENCE = 200  # characters
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Offered:
    """A file of a model, with the size and hash that its source lists."""

    path: str
    bytes: int
    sha256: str | None = None
    """Hash of a large file, which the hub stores by this hash."""
    git_sha1: str | None = None
    """Hash of a small file, which the hub stores in git."""


@dataclass(frozen=True)
class Listing:
    """The files of a model at one commit; folders have neither commit nor licence."""

    commit: str | None
    licence: str | None
    files: dict[str, Offered]


class UnreachableError(InputError):
    """An unreachable hub, or one that does not answer now."""


def by_hand(name: str) -> str:
    """Return the advice for a model that cannot be fetched from the hub."""
    return (
        f"fetch the model by another way (`hf download {name} --local-dir FOLDER`) and give FOLDER "
        "as the setting `published`."
    )


def ask_hub(name: str, revision: str) -> Listing:
    """List the files of the model `name` at `revision`, a branch, tag or commit.

    The listing has only files in the model's top folder, none in subfolders.

    Raises:
        InputError: the model or revision is unknown or needs a login, or the listing is invalid.
        UnreachableError: the hub cannot be reached, or does not answer in LONGEST seconds.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    where = f"published model '{name}' (revision {revision})"
    check_endpoint("HF_ENDPOINT", constants.ENDPOINT)
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise InputError(f"{where}: no name that the hub could have ({error})") from error
    try:
        if constants.is_offline_mode():
            raise BrokeOffError("HF_HUB_OFFLINE is set")
        path = f"/api/models/{name}/revision/{quote(revision, safe='')}?blobs=True"
        status, code, body = _fetch(constants.ENDPOINT + path)
    except BrokeOffError as error:
        raise UnreachableError(_unanswered(where, error, name)) from error
    if status == 200:
        return _read(body, revision, where)
    if code == "RevisionNotFound":
        raise InputError(
            f"{where}: the hub has the model, but not this revision. Correct the setting "
            "`revision`: a commit, tag or branch."
        )
    if code in ("RepoNotFound", "GatedRepo") or status == 401:
        raise InputError(
            f"{where}: the hub has no such model that can be fetched without a login. Correct "
            f"the setting `published`; {by_hand(name)}"
        )
    raise UnreachableError(_unanswered(where, status, name))


def _unanswered(where: str, reason: object, name: str) -> str:
    return (
        f"{where}: the hub did not answer ({reason}). Check the network and start the same "
        f"command again; or {by_hand(name)}"
    )


def _fetch(address: str) -> tuple[int, str | None, bytes]:
    """Return (status, the hub's error code, body) of a response; raise BrokeOffError."""
    place, pace, started = fill_in(address), Pace(0), time.monotonic()
    # Use no login of this machine: the model is then one that anybody can fetch.
    headers = {"User-Agent": "sign2text", "Accept-Encoding": "identity"}
    with open_address(place, headers, pace, timeout=TIMEOUT, login=None) as response:
        code, body = response.headers.get("X-Error-Code"), bytearray()
        if response.status != 200:
            return response.status, code, b""
        while block := read_block(response, 2**16, pace, place):
            body += block
            if len(body) > LARGEST:
                raise InputError(
                    f"{place}: the listing of a model's files has more than {LARGEST} bytes, which "
                    "no model's has. Check HF_ENDPOINT and the setting `published`."
                )
            if time.monotonic() - started > LONGEST:
                raise BrokeOffError(f"too slow: no whole listing in {LONGEST:.0f} s")
        if response.length:
            raise BrokeOffError(f"broke off, {response.length} bytes of the listing are missing")
    return 200, code, bytes(body)


def _read(body: bytes, revision: str, where: str) -> Listing:
    """Parse a listing, and check each value that is used."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where}: the hub's listing is no JSON ({type(error).__name__})."
        ) from None
    try:
        commit = said["sha"]
        if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
            raise ValueError(f"sha: found {_shortened(commit)}, expected 40 hexadecimal digits")
        if COMMIT.fullmatch(revision) and commit != revision:
            raise ValueError(f"sha: found {commit}, expected the requested commit")
        siblings = said.get("siblings") or []
        if not isinstance(siblings, list):
            raise ValueError(f"siblings: found {_shortened(siblings)}, expected a list")
        files: dict[str, Offered] = {}
        for number, sibling in enumerate(siblings):
            file = _read_file(sibling, f"siblings[{number}]")
            if file and files.setdefault(file.path, file) != file:
                raise ValueError(f"siblings: {file.path} is there twice, and not the same")
        return Listing(commit, _read_licence(said.get("cardData")), files)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        problem = f"{error} is missing" if isinstance(error, KeyError) else error
        raise InputError(
            f"{where}: the hub's listing is not what a hub's is: {problem}. Nothing was fetched; "
            "check HF_ENDPOINT, or name another model."
        ) from None


def _read_file(sibling: Any, where: str) -> Offered | None:
    """Parse a file of a listing; None if it is in a subfolder. Raises ValueError and the like."""
    name = sibling["rfilename"]
    if not isinstance(name, str):
        raise ValueError(f"{where}.rfilename: found {_shortened(name)}, expected text")
    if "/" in name:
        return None
    plain = name.isprintable() and "\\" not in name and name not in ("", ".", "..")
    if not plain or len(name.encode()) > LONGEST_NAME:
        raise ValueError(
            f"{where}.rfilename: found {_shortened(name)}, expected a plain name of at most "
            f"{LONGEST_NAME} bytes"
        )
    size, stored = sibling.get("size"), sibling.get("lfs")
    if type(size) is not int or not 0 <= size <= LARGEST_FILE:
        raise ValueError(
            f"size of {name}: found {_shortened(size)}, expected a whole number from 0 to "
            f"{LARGEST_FILE}"
        )
    if stored:
        return Offered(name, size, sha256=_hash(stored["sha256"], _SHA256, f"sha256 of {name}"))
    blob = sibling.get("blobId")
    # Some mirrors omit it.
    return Offered(name, size, git_sha1=blob and _hash(blob, COMMIT, f"blobId of {name}"))


def _hash(value: Any, form: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError(f"{where}: found {_shortened(value)}, expected hexadecimal digits")
    return value


def _read_licence(card: Any) -> str | None:
    """Return the licence from a model's card in one line; commas separate several."""
    given = card.get("license") if isinstance(card, Mapping) else None
    names = given if isinstance(given, list) else [given]
    if given is None or not names:
        return None
    if not all(isinstance(each, str) for each in names):
        raise ValueError(f"cardData.license: found {_shortened(given)}, expected text")
    line = " ".join(", ".join(names).split())
    if not line.isprintable() or len(line) > LONGEST_LICENCE:
        raise ValueError(
            f"cardData.license: found {_shortened(given)}, expected a line of at most "
            f"{LONGEST_LICENCE} characters"
        )
    return line or None


def _shortened(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 100 else f"{text[:100]} ..."
