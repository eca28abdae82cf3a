"""Addresses in settings: they must hold no secret, and logs show them shortened.

Secrets of an address come from the environment during fetching: the variable SIGN2TEXT_NAME
replaces `${NAME}`. The prefix is required, since a configuration from somebody else could
otherwise send any variable to their server.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from sign2text.ground.errors import InputError
from sign2text.ground.query_secrets import VARIABLE, is_secret, looks_random

PREFIX = "SIGN2TEXT_"
"""Prefix of environment variables that addresses may use."""
LONGEST = 8_000
"""Characters of an address; servers accept about as many."""
_SHOWN_OF_A_REASON = 200  # characters of a server's message
_HIDDEN_FROM = 4  # characters; shorter secrets occur in too many words
_LEGAL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
# The repetitions are bounded, so that matching takes time linear in the text's length.
_ADDRESS = re.compile(
    r"(?:https?|s?ftps?):[^\s\"<>\\]+|[a-z][a-z0-9+.-]{0,30}://[^\s\"<>\\]+", re.IGNORECASE
)
_LOGIN = re.compile(r"[^\s\"'<>/:@]{1,200}:[^\s\"'<>@]{0,200}@(?=[\w\[])")
_NETRC = (
    "expected an address without user and password, since the settings go into records that others "
    "see: write `machine HOST login USER password PASSWORD` into ~/.netrc, which is used over "
    "https, and leave them out here"
)
_ENVIRONMENT = (
    "expected no secret in the address{where}, since the settings go into records that others "
    "see: put it into the environment variable SIGN2TEXT_NAME and write ${{NAME}} in its place"
)


def check_address(address: str) -> None:
    """Raise ValueError unless `address` is an http or https address without secrets.

    It may contain `${NAME}` anywhere. The error does not repeat the address.
    """
    if re.match(r"https?://", address) is None:
        raise ValueError("expected an address that begins with https:// or http://")
    if len(address) > LONGEST:
        raise ValueError(f"expected an address of at most {LONGEST} characters")
    if not _LEGAL.fullmatch(VARIABLE.sub("1", address)):
        raise ValueError(
            "expected only characters that an address may have; write others as in %20, and "
            "variables of the environment as ${NAME}"
        )
    if problem := _problem(address):
        raise ValueError(problem)


def shown(address: str) -> str:
    """Return the scheme, host and path of an address, the form for records and logs.

    >>> shown("https://me:secret@example.org:8000/a/b.tar?token=1#x")
    'https://example.org:8000/a/b.tar'
    >>> shown("https://example.org/${PLACE}/b.tar;v=1")
    'https://example.org/${PLACE}/b.tar'
    """
    parts = _split(address)
    if parts is None or _hides_a_login(parts, address):
        scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:", address)
        return f"{scheme[0]}//..." if scheme else "..."
    # Match the original address, which still has the variables' names.
    authority, path = re.fullmatch(r"[^:]*:/*([^/?#]*)([^?#]*)(?s:.*)", address).groups()
    path = re.sub(r";[^/]*", "", path)
    return f"{parts.scheme}://{authority.rpartition('@')[2]}{path}"


def masked(text: str) -> str:
    """Shorten each address in `text` as `shown` does.

    >>> masked("no answer for url 'https://example.org/a?key=1'")
    "no answer for url 'https://example.org/a"
    """
    return _ADDRESS.sub(lambda match: shown(match[0]), text)


def short(text: str) -> str:
    """Shorten as `masked` does, or `shown` if `text` starts with an address: it may have spaces.

    >>> short("https://me:my word@example.org/a")
    'https://example.org/a'
    """
    return shown(text) if _ADDRESS.match(text) else masked(text)


def concealed(value: Any) -> Any:
    """Remove queries, users and passwords from a setting (JSON values), to show it in an error."""
    if isinstance(value, Mapping):
        return {concealed(key): concealed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [concealed(each) for each in value]
    if not isinstance(value, str):
        return value
    return _LOGIN.sub("...@", short(value))


def secrets_in(value: Any) -> list[str]:
    """List the addresses with secrets in JSON values or a text, as `shown`, without duplicates.

    >>> secrets_in({"params": ["--settings '{\\"address\\":\\"https://me:pw@example.org/a\\"}'"]})
    ['https://example.org/a']
    """
    found, rest = set(), [value]
    while rest:
        each = rest.pop()
        if isinstance(each, Mapping):
            rest += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            rest += each
        elif isinstance(each, str):
            matches = _ADDRESS.findall(each)
            found |= {shown(match) for match in matches if _problem(match, unreadable=None)}
    return sorted(found)


@dataclass(frozen=True)
class Place:
    """An address to fetch; its text is `shown`, without values from the environment."""

    given: str
    address: str = field(repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values from the environment and the sent login, by the text to show in their place."""

    def __str__(self) -> str:
        return shown(self.given)

    def with_secrets(self, login: str) -> Place:
        """Return a copy that also hides a login in HTTP's Basic scheme."""
        code = login.removeprefix("Basic ")
        password = base64.b64decode(code).decode().partition(":")[2]
        return replace(self, secrets={**self.secrets, "[login]": code, "[password]": password})

    def hide(self, text: object) -> str:
        """Shorten a message from a server or library, and hide the secrets in it."""
        said = str(text)
        for name, value in self.secrets.items():
            for form in sorted({value, quote(value), quote(value, safe=""), unquote(value)}):
                said = said.replace(form, name) if len(form) >= _HIDDEN_FROM else said
        return masked(said)[:_SHOWN_OF_A_REASON]


def fill_in(address: str, environment: Mapping[str, str] | None = None) -> Place:
    """Replace each `${NAME}` of an address from the environment; with None, allow no `${NAME}`.

    Raises:
        InputError: the address is invalid, a variable is not set, or its value is invalid in an
            address.
    """
    try:
        check_address(address)
        if environment is None and "${" in address:
            raise ValueError("expected no ${NAME} in this address")
    except ValueError as error:
        raise InputError(f"{shown(address)}: {error}") from None
    if environment is None:
        return Place(address, address)
    secrets, filled = {}, {}
    for name in VARIABLE.findall(address):
        variable = PREFIX + name
        value = filled[name] = environment.get(variable, "")
        if not value:
            raise InputError(
                f"{shown(address)}: the environment has no variable {variable}, which ${{{name}}} "
                f"in the address refers to. Set it (export {variable}=...) where the workflow is "
                "started, and start the same command again."
            )
        if not _LEGAL.fullmatch(value):
            raise InputError(
                f"{shown(address)}: the variable {variable} has characters that an address may not "
                "have; expected others written as in %20. Correct its value."
            )
        secrets[f"${{{name}}}"] = value
    whole = VARIABLE.sub(lambda match: filled[match[1]], address)
    parts = _split(whole)
    if parts is None or _hides_a_login(parts, whole) or "@" in parts.netloc:
        raise InputError(
            f"{shown(address)}: is no address that can be fetched once the environment's values "
            f"({', '.join(secrets)}) stand in it; expected host and path, without user and "
            "password. Correct them."
        )
    return Place(address, whole, secrets)


def check_endpoint(name: str, endpoint: str) -> None:
    """Raise InputError if the address in the variable `name` is invalid or holds a secret."""
    try:
        check_address(endpoint)
    except ValueError as error:
        raise InputError(f"{name}: found {shown(endpoint)}, {error}") from None


def _problem(
    address: str, unreadable: str | None = "expected an address with a host, such as https://a.org"
) -> str | None:
    """Return the problem of an address of any scheme; None if it is valid without a secret."""
    parts = _split(address)
    login = "@" in re.match(r"[^:]*:/*([^/?#]*)", address)[1]
    if login or ("@" in address if parts is None else _hides_a_login(parts, address)):
        return _NETRC
    if parts is None:
        return unreadable
    parts = urlsplit(address)  # with the variables' names
    # Include path parameters after ';', as in ;jsessionid=...
    pieces = [piece for part in parts.path.split("/") for piece in part.split(";")[1:]]
    for text in (parts.query, parts.fragment):
        pieces += re.split(r"[&;]", text)
    for piece in pieces:
        key, sign, value = piece.partition("=") if "=" in piece else ("", "", piece)
        if is_secret(unquote(key), unquote(value)):
            known = f" ({key})" if sign and not looks_random(unquote(key)) else ""
            return _ENVIRONMENT.format(where=known)
    return None


def _split(address: str) -> SplitResult | None:
    """Split an address, with 1 in place of each variable; return None if it cannot be parsed."""
    try:
        parts = urlsplit(VARIABLE.sub("1", address))
        readable = parts.scheme and parts.hostname and "%" not in parts.netloc
        _ = parts.port
    except ValueError:
        return None
    return parts if readable else None


def _hides_a_login(parts: SplitResult, address: str) -> bool:
    """Return whether an unescaped / ? or # in a password turned the user into the host."""
    host = parts.hostname or ""
    alone = "." not in host and ":" not in host and host != "localhost"
    return alone and "@" in address.partition("://")[2]
