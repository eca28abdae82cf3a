"""Lemma and part of speech of the words in the avatar's German sentences.

The grammar has few words, and nearly all have a single part of speech; `_ambiguous` decides on the
others by their neighbours. Adjectives without an ending are adjectives as predicates, and adverbs
as degrees of verbs and adjectives.
"""

from __future__ import annotations

from collections.abc import Sequence

from sign2text.avatar.annotated_word import Word, entry_of, inflected, read_lexicon
from sign2text.avatar.german_words import TENS, UNITS, number
from sign2text.avatar.meaning import WEEKDAYS

_DAYS = [day.lower() for day in WEEKDAYS]
_DAY_PARTS = ("nacht", "morgen", "mittag", "nachmittag", "abend")
_COMPASS = ("nord", "süd", "west", "ost", "nordwest", "nordost", "südwest", "südost")
_LANDS = ("deutschland", "bayern", "hessen")

LEXICON = inflected(
    "leicht schwach kräftig stark ergiebig einzeln heftig schwer grell strahlend locker dicht dick "
    "flach zäh frisch streng gefährlich groß extrem heutig morgig gestrig nächst kommend weiter "
    "ganz warm kalt mild kühl feucht trocken klar bedeckt heiter sternenklar wolkig schlecht schön "
    "ruhig wechselhaft",
    ("e", "en", "em", "er", "es"),
)
"""Inflected adjectives first: later entries replace some of them, such as comparatives."""
LEXICON |= {f"{side}licher": (f"{side}lich", "ADJ") for side in _COMPASS}
LEXICON |= {name: (name, "NOUN") for name in _DAYS}
LEXICON |= {day + part: (day + part, "NOUN") for day in _DAYS for part in _DAY_PARTS}
LEXICON |= {form: (form, "NOUN") for side in _COMPASS for form in (side, f"{side}en")}
LEXICON |= {side + land: (side + land, "PROPN") for side in ("", *_COMPASS[:4]) for land in _LANDS}
LEXICON |= {each: (each, "NUM") for each in (*map(number, range(2, 40)), *TENS.values(), *UNITS)}
LEXICON |= read_lexicon(
    {
        "ADP": "in im:in am:an an auf bei bis zum:zu zur:zu zu ans:an von aus nach gegen über mit "
        "vor durch zwischen entlang ab um",
        "DET": "der die:der das:der dem:der den:der des:der dieser diese:dieser jede:jeder ein "
        "einem:ein eine:ein viele:viel vielen:viel einige:einiger paar kein keine:kein keinen:kein "
        "keinem:kein keiner:kein",
        "PRON": "es sich uns:wir",
        "CCONJ": "und",
        "PART": "nicht",
        "ADV": "heute morgen übermorgen gestern jetzt zurzeit momentan später dann danach "
        "anschließend tagsüber morgens mittags nachmittags abends früh überall minus plus "
        "zeitweise manchmal gelegentlich teilweise gebietsweise stellenweise teils wieder erneut "
        "länger lange möglicherweise vielleicht eventuell langsam allmählich schnell rasch meist "
        "überwiegend ganz völlig weitgehend sehr ausgesprochen recht besonders richtig deutlich "
        "spürbar leicht stark kräftig schwach ergiebig heftig strahlend nur etwas wenig bisschen "
        "viel reichlich weniger:wenig mehr heran zurück oben wie",
        "ADJ": "trocken niederschlagsfrei nass feucht warm kalt kühl mild bedeckt trüb heiter "
        "freundlich wechselhaft unbeständig klar sternenklar wolkig bewölkt sonnig neblig windig "
        "stürmisch glatt heiß möglich besser:gut schlecht schön ruhig wärmer:warm kälter:kalt "
        "stärker:stark freundlicher:freundlich trockener:trocken voller:voll frühen:früh "
        "längere:lang",
        "NOUN": "nacht mittag nachmittag abend tag tage:tag tagen:tag tagesverlauf wochenende "
        "woche wochenbeginn beginn anfang ende moment verlauf zeit mitte landesmitte küste "
        "küsten:küste nordseeküste ostseeküste alpenrand bergen:berg bergland tälern:tal tal meer "
        "flüssen:fluss fluss rheintal elbtal inseln:insel nordseeinseln:nordseeinsel "
        "ostseeinseln:ostseeinsel region land städten:stadt stadt grenze grenzgebiet raum "
        "richtung regen schnee schauer schauern:schauer gewitter gewittern:gewitter hagel "
        "blitze:blitz blitzen:blitz sonne wolken:wolke nebel wind sturm frost glatteis hitze menge "
        "temperaturen:temperatur werte:wert werten:wert grad himmel sterne:stern wetter warnung "
        "gefahr hoch hochdruckgebiet tief tiefdruckgebiet luft",
        "PROPN": "nordsee ostsee alpen rhein rheins:rhein donau elbe schwarzwald harz sachsen "
        "berlin hamburg köln münchen deutschlands:deutschland bayerns:bayern hessens:hessen",
        "AUX": "ist:sein war:sein sind:sein waren:sein wird:werden wurde:werden werden muss:müssen "
        "kann:können",
        "VERB": "regnet:regnen regnete:regnen gibt:geben gab:geben geben fällt:fallen fiel:fallen "
        "fallen fielen:fallen gerechnet:rechnen kommt:kommen kam:kommen kommen schneit:schneien "
        "schneite:schneien zieht:ziehen ziehen zogen:ziehen entladen entluden:entladen "
        "hagelt:hageln hagelte:hageln blitzt:blitzen blitzte:blitzen zucken zuckten:zucken "
        "scheint:scheinen schien:scheinen zeigt:zeigen zeigte:zeigen bildet:bilden "
        "bildete:bilden weht:wehen wehte:wehen friert:frieren fror:frieren herrscht:herrschen "
        "herrschte:herrschen liegen liegt:liegen lagen:liegen lag:liegen erreichen "
        "erreichten:erreichen steigen sinken gehen lässt:lassen lassen nimmt:nehmen nehmen "
        "beginnt:beginnen beginnen setzt:setzen setzen hört:hören hören endet:enden enden "
        "verschwindet:verschwinden verschwinden bleibt:bleiben bleiben hält:halten halten "
        "löst:lösen lösen wandert:wandern wandern nähert:nähern strömt:strömen bessert:bessern "
        "ändert:ändern stellt:stellen gewarnt:warnen gilt:gelten besteht:bestehen droht:drohen",
    }
)
IDIOMS = (("ab", "und", "zu"), ("nach", "und", "nach"))
"""Adverbs of several words."""


def annotate(sentence: str) -> list[Word]:
    """Annotate a sentence of the avatar's grammar.

    Raises:
        InputError: a word does not belong to the grammar.

    >>> [word.pos for word in annotate("heute ein kräftiger regen")]
    ['ADV', 'DET', 'ADJ', 'NOUN']
    """
    forms = sentence.split()
    words = [entry_of(form, LEXICON, sentence) for form in forms]
    for place, word in enumerate(words):
        if pos := _ambiguous(forms, place):
            lemma = "morgen" if word.text == "morgen" else word.lemma
            words[place] = Word(word.text, lemma, pos)
    return words


def _ambiguous(forms: Sequence[str], place: int) -> str | None:
    """Return the part of speech of an ambiguous form; None to use the lexicon's."""
    form = forms[place]
    before = forms[place - 1] if place else ""
    after = forms[place + 1] if place + 1 < len(forms) else ""
    if _in_idiom(forms, place):
        return "CCONJ" if form == "und" else "ADV"
    if form == "morgen" and before in ("am", "frühen"):
        return "NOUN"
    if form == "früh" and before == "der":
        return "NOUN"
    if form in ("ein", "einem"):
        if _is_particle(forms, place):
            return "ADP"
        # "ein grad", "ein bis drei grad", "zwischen einem und drei grad"
        if after in ("grad", "bis") or (after == "und" and before == "zwischen"):
            return "NUM"
    if form in ("viel", "etwas", "reichlich") and LEXICON.get(after, ("", ""))[1] == "NOUN":
        return "DET"
    return None


def _in_idiom(forms: Sequence[str], place: int) -> bool:
    return any(
        tuple(forms[start : start + 3]) in IDIOMS for start in range(max(0, place - 2), place + 1)
    )


def _is_particle(forms: Sequence[str], place: int) -> bool:
    """Return whether "ein" belongs to the verb in "setzt ... ein", whose subject has an article."""
    verbs = [each for each, form in enumerate(forms[:place]) if form in ("setzt", "setzen")]
    return bool(verbs) and "ein" not in forms[verbs[-1] : place]
