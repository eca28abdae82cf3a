"""Secrets in the query of an address: tokens, keys, signatures, and values that resemble them."""

import re

RANDOM_FROM = 16
"""Length in characters from which a value may count as a secret because it looks random."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`${NAME}` in an address: the environment variable SIGN2TEXT_NAME."""
_PUBLIC = re.compile(r"md5|sha(1|256|512)|checksum|commit|revision|versionid|persistentid")
"""Keys, in lower case, with values that look random but are no secrets."""
_SECRET_WORD = re.compile(
    r"key|sig|pass|pw|pwd|o?auth|authorization|authentication|session|sid|jwt|bearer"
)
_SECRET_PART = re.compile(
    r"token(?!iz)|passw|passphrase|secret|signature|credential|(api|access|auth)key|sess_?id|"
    r"sessionid|^x-(amz|goog|ms|oss)-"
)
_WORD, _LONG_WORD = 2.6, 3.0
"""Lowest average word length, in characters, of a name and of a long name."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_secret(key: str, value: str) -> bool:
    """Return whether a part of a query looks like a secret by its key or its value.

    A `${NAME}` is not a secret, since its value is not written down.
    """
    if looks_random(key):
        return True
    rest, name = VARIABLE.sub("", value), key.lower()
    if rest and rest == value:
        words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", key)]
        if _SECRET_PART.search(name) or any(map(_SECRET_WORD.fullmatch, words)):
            return True
    return not _PUBLIC.fullmatch(name) and looks_random(rest)


def looks_random(text: str) -> bool:
    """Return whether letters and digits are mixed as in a random string, unlike in a name.

    >>> [looks_random(each) for each in ("phoenix-2014-T.v3.tar.gz", "9f86d081884c7d659a2feaa0")]
    [False, True]
    """
    if len(text) < RANDOM_FROM:
        return False
    random = 0
    for piece in re.findall(r"[A-Za-z0-9]{6,}", text):
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", piece)
        # A hash or an id number; or words shorter than a name's.
        is_number = len(piece) >= RANDOM_FROM and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", piece)
        usual = _WORD if len(piece) < RANDOM_FROM else _LONG_WORD
        if is_number or len(piece) < usual * len(words):
            random += len(piece)
    return random >= 10 or _UUID.search(text) is not None
