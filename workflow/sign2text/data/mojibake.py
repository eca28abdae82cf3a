"""Detection and exact repair of UTF-8 text that was read as Latin-1 or Windows-1252.

`you’re` in UTF-8 is `you`, the bytes E2 80 99, `re`. Read as Latin-1, these bytes become `â` and
two control characters; read as Windows-1252, `â€™`. A sequence is repaired if its characters are
the bytes of one UTF-8 character and correct text does not have them next to each other.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BYTES = {chr(byte): byte for byte in range(0x80, 0x100)}  # Latin-1
for _byte in range(0x80, 0xA0):
    _character = bytes([_byte]).decode("cp1252", errors="ignore")
    if _character:  # five bytes have none, and are read as in Latin-1
        _BYTES[_character] = _byte


def _class(first: int, last: int) -> str:
    return "[" + re.escape("".join(c for c, byte in _BYTES.items() if first <= byte <= last)) + "]"


_TRAIL = _class(0x80, 0xBF)
_SEQUENCE = re.compile(
    f"{_class(0xC2, 0xDF)}{_TRAIL}|{_class(0xE0, 0xEF)}{_TRAIL}{{2}}"
    f"|{_class(0xF0, 0xF4)}{_TRAIL}{{3}}"
)
_CONTROL = re.compile("[\x80-\x9f]")
# Characters that German, English and Chinese texts may hold: Latin letters, marks and signs;
# punctuation, currencies, arrows, shapes; Chinese and full-width characters; emoji.
_PLAUSIBLE = re.compile(
    "[\u00a0-\u024f\u02b0-\u036f\u1e00-\u1eff\u2000-\u27bf\u3000-\u30ff\u3400-\u9fff\ufe0f\ufeff"
    "\uff00-\uffef\ufffd\U0001f000-\U0001faff\U00020000-\U0002fa1f]"
)
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
_AFTER_WORDS = frozenset("‘’“”„‚–—…«»‹›\xa0°•·´")
"""Characters that may follow a correct word ending in a capital Ã."""
_OF_PUNCTUATION = frozenset("€‚„†ˆ")
"""Second characters of sequences with â: quotes, dashes, currencies, arrows, mathematics."""
_PASSES = 3  # text may have been misread several times

# Text read as Mac Roman, as a DOS code page or as GBK: detected, but not repaired.
_OTHERWISE = re.compile(
    "‚Ä[ôòúùìî¶¢]|√[§∂º©®†üñ]|├[ñ╝Âƒ®á]|ÔÇ[ÖÿÉ£ôö]|鈥[檚檛檙滄渟]|锟斤拷|烫烫烫"
)


class _Sequence(NamedTuple):
    start: int
    end: int
    character: str
    is_sure: bool


def mend(text: str) -> str:
    """Repair each sequence that is misread beyond doubt.

    >>> mend("Itâ€™s cafÃ©"), mend("Das macht Spaß“")
    ('It’s café', 'Das macht Spaß“')
    """
    for _ in range(_PASSES):
        before, text = text, _mend_once(text)
        if text == before:
            break
    return text


def is_broken(text: str) -> bool:
    """Return whether the text has typical sequences of a wrong encoding, mendable or not."""
    if text.isascii():
        return False
    return _OTHERWISE.search(text) is not None or mend(text) != text


def _mend_once(text: str) -> str:
    if text.isascii():
        return text
    found = [each for each in map(_read, _SEQUENCE.finditer(text)) if each]
    if not any(each.is_sure for each in found) and not _is_dense(text, found):
        return text
    whole = _is_whole(text, found)
    parts, position = [], 0
    for each in found:
        if each.is_sure or whole:
            parts += [text[position : each.start], each.character]
            position = each.end
    return "".join([*parts, text[position:]])


def _read(match: re.Match[str]) -> _Sequence | None:
    """Decode a sequence to its original character; None if that is invalid or implausible."""
    try:
        character = bytes(_BYTES[each] for each in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not _PLAUSIBLE.fullmatch(character):
        return None
    return _Sequence(match.start(), match.end(), character, _is_sure(match))


def _is_sure(match: re.Match[str]) -> bool:
    """Return whether correct text cannot have these characters next to each other."""
    piece = match[0]
    if _CONTROL.search(piece) or piece[0] == "Â" or piece in ("ï»¿", "ï¿½"):
        return True
    start, end = match.span()
    before, after = match.string[max(0, start - 1) : start], match.string[end : end + 1]
    if piece[0] in "ÄÅ":  # Å“ for œ, for example; but „Ä“ and Ä–Z are correct
        return after.isalpha() and (before.islower() or (piece[1] in "“”" and after.islower()))
    if piece[0] == "Ã":
        return not (before.isupper() and piece[1] in _AFTER_WORDS and not after.isalpha())
    return (piece[0] == "â" and piece[1] in _OF_PUNCTUATION) or piece[:2] == "ðŸ"


def _is_whole(text: str, found: list[_Sequence]) -> bool:
    """Return whether sequences cover all characters beyond ASCII: the text round-trips."""
    covered = sum(each.end - each.start for each in found)
    return covered == sum(not each.isascii() for each in text)


def _is_dense(text: str, found: list[_Sequence]) -> bool:
    """Return whether the text is misread Chinese: more such sequences than ASCII letters."""
    chinese = [each for each in found if _CHINESE.fullmatch(each.character)]
    letters = sum(each.isascii() and each.isalpha() for each in text)
    return len(chinese) > max(1, letters) and _is_whole(text, found)
