"""Grammar: signs for a meaning, in the order time, place, topic, comment.

Only the face and the movement carry intensity, negation and questions.
"""

from __future__ import annotations

from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.utterance import SignToken

DIGITS = {
    0: "NULL", 1: "EINS", 2: "ZWEI", 3: "DREI", 4: "VIER", 5: "FUENF", 6: "SECHS", 7: "SIEBEN",
    8: "ACHT", 9: "NEUN", 10: "ZEHN", 11: "ELF", 12: "ZWOELF", 20: "ZWANZIG", 30: "DREISSIG",
}  # fmt: skip


def number(value: int) -> list[SignToken]:
    """Return the signs of a whole number from -39 to 39, units before tens.

    >>> [token.gloss for token in number(-21)]
    ['MINUS', 'EINS', 'ZWANZIG']
    """
    if not -39 <= value <= 39:
        raise ValueError(f"the signed numbers reach from -39 to 39, found {value}")
    if value < 0:
        return [SignToken("MINUS"), *number(-value)]
    if value in DIGITS:
        return [SignToken(DIGITS[value])]
    tens, units = divmod(value, 10)
    return [SignToken(DIGITS[units]), SignToken(DIGITS[10 * tens])]


def _plain(glosses: str) -> list[SignToken]:
    return [SignToken(gloss) for gloss in glosses.split()]


def _degrees(part: Part) -> list[SignToken]:
    """Return the signs of the value, or of the range between two values, and GRAD."""
    assert part.high is not None
    grad = SignToken("GRAD")
    if part.low is None:
        return [*_plain(part.span), *number(part.high), grad]
    if part.span == "ZWISCHEN":
        return [SignToken("ZWISCHEN"), *number(part.low), *number(part.high), grad]
    return [*number(part.low), SignToken("BIS"), *number(part.high), grad]


def _comment(part: Part) -> list[SignToken]:
    """Return the signs of a statement's topic and comment."""
    face = {"intensity": part.intensity, "negated": part.negated, "question": part.question}
    modifier, direction = _plain(part.modifier), _plain(part.direction)
    match part.kind:
        case "phenomenon":
            return [SignToken(part.topic, **face), *modifier]
        case "temperature":
            return [*_plain(part.topic or "TEMPERATUR"), *_degrees(part)]
        case "wind":
            return [SignToken("WIND", **face), *direction, SignToken("KOMMEN")]
        case "front":
            return [SignToken(part.topic, **face), SignToken(part.change), *direction, *modifier]
        case "trend":
            return [SignToken(part.topic), SignToken(part.change), *modifier]
        case "become":
            change = SignToken(part.change, negated=part.negated, question=part.question)
            return [SignToken(part.topic, **face), change]
        case "temperature_trend":
            goal = [] if part.high is None else [
                SignToken("BIS"), *number(part.high), SignToken("GRAD")
            ]  # fmt: skip
            return [SignToken("TEMPERATUR"), SignToken(part.change, **face), *modifier, *goal]
        case "weather":
            return [SignToken("WETTER", question=part.question),
                    SignToken(part.change, **face), *modifier]  # fmt: skip
        case "ask":
            return [SignToken("WETTER", question=True), SignToken("WIE", question=True)]
        case "air":
            return [SignToken(part.topic, **face), SignToken("LUFT"), *direction,
                    SignToken("KOMMEN")]  # fmt: skip
        case "warning":
            return [SignToken(part.topic, **face), SignToken(part.change)]
        case "sky":
            return [SignToken("HIMMEL"), SignToken(part.topic, **face)]
    raise ValueError(f"no signs for the kind {part.kind!r}")


def _part_tokens(part: Part) -> list[SignToken]:
    time, place, also = _plain(part.time), _plain(part.place), _plain(part.also)
    match part.kind:
        case "contrast":
            assert part.low is not None and part.high is not None
            grad = SignToken("GRAD")
            return [*time, *place, *number(part.low), grad, *also, *number(part.high), grad]
        case "between":
            return [*time, SignToken("HOCH"), *place, SignToken("TIEF"), *also,
                    SignToken("ZWISCHEN"), *_plain(part.topic), SignToken("LUFT"),
                    SignToken("KOMMEN")]  # fmt: skip
        case "pressure":
            system = [SignToken(part.topic, intensity=part.intensity), SignToken("DRUCK")]
            return [*time, *place, *system, SignToken(part.change), *_plain(part.direction),
                    *_plain(part.modifier)]  # fmt: skip
    return [*time, *place, *also, *_comment(part)]


def signs(meaning: Meaning) -> list[SignToken]:
    """Return a meaning's signs in order, 3 to 10 for most meanings."""
    return [token for part in meaning.parts for token in _part_tokens(part)]
