"""Lemma and part of speech of the words in the avatar's English sentences.

Like `german_annotation`: a lexicon, and rules on neighbours for words with several parts of speech.
"""

from __future__ import annotations

from collections.abc import Sequence

from sign2text.avatar.annotated_word import Word, entry_of, read_lexicon
from sign2text.avatar.english_words import MODIFIERS, TENS, UNITS

LEXICON = read_lexicon(
    {
        "NUM": " ".join((*UNITS, *TENS.values())),
        "ADP": "at in during on over until into from to towards of with by across along around "
        "between after like up for",
        "DET": "a the this no some",
        "PRON": "it there that what us:we",
        "CCONJ": "and",
        "PART": "not",
        "AUX": "will may be is:be was:be were:be",
        "ADV": "minus plus overnight now right later then afterwards everywhere sometimes "
        "occasionally locally partly again once more possibly perhaps slowly gradually quickly "
        "rapidly slightly fairly mostly largely very really significantly much completely totally "
        "lightly heavily hard brightly brilliantly sharply down away how early little tonight",
        "ADJ": "next few:few long light weak heavy strong brisk isolated severe violent intense "
        "fierce bright brilliant thick dense slight treacherous moderate extreme great black dry "
        "wet damp warm cold cool chilly mild overcast dull fair pleasant changeable unsettled "
        "clear warmer:warm colder:cold cooler:cool milder:mild drier:dry better:good bad poor nice "
        "beautiful calm quiet moist humid starry cloudy possible coming rural baltic northern "
        "southern western eastern",
        "NOUN": "degree degrees:degree today tomorrow yesterday night morning day days:day midday "
        "noon afternoon evening daytime weekend week beginning moment north south west east "
        "northwest northeast southwest southeast centre middle coast sea edge mountains:mountain "
        "valleys:valley valley rivers:river river area areas:area forest islands:island region "
        "country cities:city city countryside border showers:shower thunderstorms:thunderstorm "
        "lightning sunshine sun clouds:cloud fog wind storms:storm frost ice heat "
        "temperatures:temperature weather pressure high low air sky warning danger chance bit lot "
        "plenty times:time time places:place",
        "PROPN": "monday tuesday wednesday thursday friday saturday sunday germany bavaria hesse "
        "saxony alps rhine danube elbe berlin hamburg cologne munich harz",
        "VERB": "rain snow hail shine blow come comes:come move drift arrive rise climb go fall "
        "drop stay remain turn get become change ease decrease weaken increase strengthen begin "
        "set start end stop disappear continue persist approach flow flows:flow reach",
    }
)
_FALLING = ("rain", "snow", "hail")
_PACES = {
    word for each in MODIFIERS.values() for word in each.strip("[]").replace("|", " ").split()
}


def annotate(sentence: str) -> list[Word]:
    """Annotate a sentence of the avatar's grammar.

    Raises:
        InputError: a word does not belong to the grammar.

    >>> [word.pos for word in annotate("it will rain hard")]
    ['PRON', 'AUX', 'VERB', 'ADV']
    """
    forms = sentence.split()
    words = [entry_of(form, LEXICON, sentence) for form in forms]
    return [
        Word(word.text, word.lemma, _ambiguous(forms, place) or word.pos)
        for place, word in enumerate(words)
    ]


def _ambiguous(forms: Sequence[str], place: int) -> str | None:
    """Return the part of speech of an ambiguous form; None to use the lexicon's."""
    form = forms[place]
    first, before = (["", "", *forms])[place : place + 2]
    after = forms[place + 1] if place + 1 < len(forms) else ""
    match form:
        case "rain" | "snow" | "hail":
            says = before in ("it", "not") or (before == "will" and first == "it")
            return "VERB" if says else "NOUN"
        case "start" | "end":
            return "NOUN" if before == "the" else "VERB"
        case "clear":
            return "VERB" if _follows_subject(forms, place) else "ADJ"
        case "high" | "low":
            return "ADJ" if after == "pressure" else "NOUN"
        case "hard":
            return "ADJ" if after == "frost" else "ADV"
        case "early":
            return "ADJ" if after == "morning" else "ADV"
        case "little":
            named = after in (*_FALLING, "black") or LEXICON.get(after, ("", ""))[1] == "NOUN"
            return "ADJ" if named else "ADV"
        case "long":
            return "ADV" if before == "for" else "ADJ"
        case "on":
            return "ADV" if before == "later" else "ADP"
    return None


def _follows_subject(forms: Sequence[str], place: int) -> bool:
    """Return whether the subject is "the fog" or "the clouds": "the fog will slowly clear"."""
    place -= 1
    while place > 0 and forms[place] in _PACES:
        place -= 1
    behind = [each for each in forms[: place + 1] if each != "will"][-2:]
    return behind in (["the", "fog"], ["the", "clouds"])
