"""German words of the forecast: numbers, times, places, and names of each phenomenon.

Templates list alternatives from common to rare, see `wording.expand`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sign2text.avatar.meaning import WEEKDAYS

UNITS = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
TENS = {2: "zwanzig", 3: "dreißig"}


def number(value: int, one: str = "ein") -> str:
    """Write a whole number from -39 to 39 in words; `one` is the form of 1 before a noun.

    >>> number(21), number(-1), number(1, one="einem")
    ('einundzwanzig', 'minus ein', 'einem')
    """
    if value < 0:
        return f"minus {number(-value, one)}"
    if value == 1:
        return one
    if value < len(UNITS):
        return UNITS[value]
    tens, units = divmod(value, 10)
    if units == 0:
        return TENS[tens]
    return f"{'ein' if units == 1 else UNITS[units]}und{TENS[tens]}"


# Times ------------------------------------------------------------------------------------------

_PART_ALONE = {
    "NACHT": "in der nacht",
    "FRUEH": "[am morgen|in der früh|morgens|am frühen morgen]",
    "MITTAG": "[am mittag|mittags]",
    "NACHMITTAG": "[am nachmittag|nachmittags]",
    "ABEND": "[am abend|abends]",
}
_PART_NAME = {
    "NACHT": "nacht", "FRUEH": "morgen", "MITTAG": "mittag", "NACHMITTAG": "nachmittag",
    "ABEND": "abend",
}  # fmt: skip
_PART_OF_DAY = {
    "NACHT": "in der nacht", "FRUEH": "am morgen", "MITTAG": "am mittag",
    "NACHMITTAG": "am nachmittag", "ABEND": "am abend",
}  # fmt: skip
"""Parts of the day after the name of a day."""
_NEAR_DAY = {"HEUTE": "heute", "MORGEN": "morgen", "UEBERMORGEN": "übermorgen"}

TIMES = {
    "": "",
    "HEUTE": "[heute|am heutigen tag]",
    "MORGEN": "[morgen|am morgigen tag]",
    "UEBERMORGEN": "übermorgen",
    "GESTERN": "[gestern|am gestrigen tag]",
    "TAG": "[am tag|tagsüber|im tagesverlauf]",
    "WOCHENENDE": "[am wochenende|zum wochenende]",
    "NAECHSTE WOCHE": "[in der nächsten woche|nächste woche|in der kommenden woche]",
    "NAECHSTE TAG": "[in den nächsten tagen|in den kommenden tagen|die nächsten tage]",
    "NAECHSTE NACHT": "[in der nächsten nacht|in der kommenden nacht]",
    "NAECHSTE WOCHENENDE": "[am nächsten wochenende|am kommenden wochenende]",
    "WOCHE": "[in dieser woche|diese woche]",
    "WOCHE BEGINNEN": "[zum wochenbeginn|zu beginn der woche|am anfang der woche]",
    "WOCHE ENDE": "[am ende der woche|zum ende der woche|gegen ende der woche]",
    "JETZT": "[jetzt|zurzeit|im moment|momentan]",
    "SPAETER": "[später|im weiteren verlauf]",
    "DANN": "[dann|danach|anschließend]",
    "BIS ABEND": "[bis zum abend|bis abends]",
    "BIS MITTAG": "[bis zum mittag|bis mittag]",
    "BIS NACHT": "bis in die nacht",
    "BIS MORGEN": "bis morgen",
    "BIS UEBERMORGEN": "bis übermorgen",
    "BIS WOCHENENDE": "[bis zum wochenende|bis ans wochenende]",
    **_PART_ALONE,
}
for _day in WEEKDAYS:
    _name = _day.lower()
    TIMES[_day] = f"am {_name}"
    TIMES[f"BIS {_day}"] = f"[bis {_name}|bis zum {_name}]"
    for _part, _part_name in _PART_NAME.items():
        TIMES[f"{_day} {_part}"] = f"[am {_name}{_part_name}|am {_name} {_PART_OF_DAY[_part]}]"
    TIMES[f"{_day} NACHT"] = f"[in der {_name}nacht|am {_name} in der nacht]"
    TIMES[f"{_day} FRUEH"] = f"[am {_name}morgen|am {_name} früh|{_name} früh]"
    for _other in WEEKDAYS:
        TIMES[f"{_day} BIS {_other}"] = f"von {_name} bis {_other.lower()}"
for _day, _name in _NEAR_DAY.items():
    for _part, _part_name in _PART_NAME.items():
        TIMES[f"{_day} {_part}"] = f"[{_name} {_part_name}|{_name} {_PART_OF_DAY[_part]}]"
    TIMES[f"{_day} FRUEH"] = f"[{_name} früh|{_name} in der früh]"
TIMES["HEUTE NACHT"] = "[heute nacht|in der heutigen nacht]"
TIMES["HEUTE ABEND"] = "[heute abend|am heutigen abend]"

# Places -----------------------------------------------------------------------------------------

_COMPASS = {
    "NORD": "norden", "SUED": "süden", "WEST": "westen", "OST": "osten", "NORD WEST": "nordwesten",
    "NORD OST": "nordosten", "SUED WEST": "südwesten", "SUED OST": "südosten",
}  # fmt: skip
_STEM = {"NORD": "nord", "SUED": "süd", "WEST": "west", "OST": "ost"}

PLACES = {
    "": "",
    **{gloss: f"im {name}" for gloss, name in _COMPASS.items()},
    "MITTE": "[in der mitte|in der landesmitte]",
    "KUESTE": "[an der küste|an den küsten]",
    "NORDSEE": "an der nordsee",
    "OSTSEE": "an der ostsee",
    "KUESTE NORDSEE": "[an der nordseeküste|an der küste der nordsee]",
    "KUESTE OSTSEE": "[an der ostseeküste|an der küste der ostsee]",
    "ALPEN": "[an den alpen|in den alpen]",
    "ALPEN GRENZE": "am alpenrand",
    "BERG": "[in den bergen|im bergland|auf den bergen]",
    "TAL": "[in den tälern|im tal]",
    "MEER": "[am meer|auf dem meer]",
    "FLUSS": "[an den flüssen|am fluss]",
    "RHEIN": "[am rhein|entlang des rheins]",
    "RHEIN TAL": "im rheintal",
    "DONAU": "[an der donau|entlang der donau]",
    "ELBE": "[an der elbe|entlang der elbe]",
    "ELBE TAL": "im elbtal",
    "SCHWARZWALD": "im schwarzwald",
    "HARZ": "[im harz|am harz]",
    "INSEL": "auf den inseln",
    "INSEL NORDSEE": "[auf den nordseeinseln|auf den inseln der nordsee]",
    "INSEL OSTSEE": "[auf den ostseeinseln|auf den inseln der ostsee]",
    "REGION": "[in der region|in dieser region]",
    "UEBERALL": "[überall|im ganzen land]",
    "DEUTSCHLAND": "[in deutschland|bei uns in deutschland]",
    "STADT": "[in den städten|in der stadt]",
    "LAND": "auf dem land",
    "GRENZE": "[an der grenze|im grenzgebiet]",
}
for _gloss in ("BAYERN", "SACHSEN", "HESSEN", "BERLIN", "HAMBURG"):
    PLACES[_gloss] = f"in {_gloss.lower()}"
PLACES |= {"KOELN": "[in köln|im raum köln]", "MUENCHEN": "[in münchen|im raum münchen]"}
for _side, _stem in _STEM.items():
    for _land in ("deutschland", "bayern", "hessen"):
        _genitive = _land if _land.endswith("s") else f"{_land}s"
        PLACES[f"{_side} {_land.upper()}"] = f"[in {_stem}{_land}|im {_COMPASS[_side]} {_genitive}]"

OVER = {
    **{gloss: f"über dem {name}" for gloss, name in _COMPASS.items()},
    "DEUTSCHLAND": "über deutschland",
    "NORDSEE": "über der nordsee",
    "OSTSEE": "über der ostsee",
    "ALPEN": "über den alpen",
    "MEER": "über dem meer",
    "BAYERN": "über bayern",
}
TOWARDS = {
    **{gloss: f"[nach {name}|richtung {name}]" for gloss, name in _COMPASS.items()},
    "ALPEN": "[zu den alpen|richtung alpen]",
    "KUESTE": "[zur küste|richtung küste]",
    "OSTSEE": "[zur ostsee|richtung ostsee]",
    "BAYERN": "[nach bayern|richtung bayern]",
    "SACHSEN": "[nach sachsen|richtung sachsen]",
    "DEUTSCHLAND": "[nach deutschland|zu uns nach deutschland]",
    "ELBE": "[zur elbe|richtung elbe]",
    "RHEIN": "[zum rhein|richtung rhein]",
}
FROM = {gloss: f"[von|aus] {name}" for gloss, name in _COMPASS.items()}
WIND_FROM = {
    gloss: f"[aus {name}|aus {name[:-2]}|aus {name[:-2]}licher richtung]"
    for gloss, name in _COMPASS.items()
}
WIND_FROM |= {"SUED": "[aus süden|aus süd|aus südlicher richtung]"}

# Phenomena --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noun:
    """A phenomenon as a noun, and the frames of statements about it.

    `weak` and `strong` are adjective stems ("kräftig") or, with a leading "=", words that are not
    inflected ("=etwas"). `frames` are "verb/subject/rest", the most common first. Their slots are
    nom, acc, dat (the noun phrase in its case), ein (with an article), adverb (by intensity or
    negation) and state (a predicate adjective).
    """

    word: str
    gender: str
    frames: tuple[str, ...]
    weak: str = "[leicht|schwach|=etwas]"
    strong: str = "[kräftig|stark]"
    weak_adverb: str = "[leicht|etwas|ein wenig]"
    strong_adverb: str = "[kräftig|stark]"
    dative: str = ""


GIVES, BARE = "gibt/es/{acc}", "//{nom}"
RECKON, COMES = "muss//mit {dat} gerechnet werden", "kommt/es/zu {dat}"

NOUNS = {
    "REGEN": Noun("regen", "m", ("regnet/es/{adverb}", BARE, GIVES, "fällt//{nom}", RECKON),
                  strong="[kräftig|stark|ergiebig]", strong_adverb="[kräftig|stark|ergiebig]"),
    "SCHNEE": Noun("schnee", "m", ("schneit/es/{adverb}", "fällt//{nom}", BARE, GIVES),
                   weak="[=etwas|=ein wenig|leicht]", strong="[=reichlich|=jede menge]"),
    "SCHAUER": Noun("schauer", "p", (GIVES, BARE, "fallen//{nom}", RECKON, "ziehen//{nom} durch"),
                    weak="[einzeln|=ein paar|leicht]", dative="schauern"),
    "GEWITTER": Noun("gewitter", "p", (GIVES, BARE, COMES, RECKON, "entladen sich//{nom}"),
                     weak="[einzeln|=ein paar|schwach]", strong="[kräftig|heftig|schwer]",
                     dative="gewittern"),
    "HAGEL": Noun("hagel", "m", ("hagelt/es/{adverb}", GIVES, BARE, RECKON),
                  strong="[kräftig|stark]"),
    "BLITZ": Noun("blitze", "p", ("blitzt/es/{adverb}", GIVES, BARE, "zucken//{nom}"),
                  weak="[einzeln|=ein paar]", strong="[heftig|grell]",
                  weak_adverb="[ein wenig|etwas]", strong_adverb="[heftig|kräftig]",
                  dative="blitzen"),
    "SONNE": Noun("sonne", "f", ("scheint/die sonne/{adverb}", BARE, "ist/es/{state}",
                                 "zeigt sich/die sonne/{adverb}", GIVES),
                  weak="[=etwas|=ein wenig]", strong="[strahlend|kräftig]",
                  weak_adverb="[ein wenig|etwas]", strong_adverb="[strahlend|kräftig]"),
    "WOLKE": Noun("wolken", "p", (BARE, "ist/es/{state}", GIVES, "ziehen//{nom} durch"),
                  weak="[=einige|=ein paar|locker]", strong="[dicht|dick]"),
    "NEBEL": Noun("nebel", "m", (BARE, "bildet sich//{nom}", "ist/es/{state}", GIVES),
                  weak="[leicht|=etwas|flach]", strong="[dicht|zäh]"),
    "WIND": Noun("wind", "m", ("weht//{ein}", BARE, "ist/es/{state}"),
                 weak="[schwach|leicht]", strong="[kräftig|frisch|stark]"),
    "STURM": Noun("sturm", "m", ("ist/es/{state}", GIVES, BARE, RECKON),
                  weak="leicht", strong="[schwer|kräftig|heftig]"),
    "FROST": Noun("frost", "m", (GIVES, BARE, "friert/es/{adverb}", "herrscht//{nom}"),
                  weak="[leicht|=etwas]", strong="[streng|stark]", weak_adverb="[leicht|etwas]",
                  strong_adverb="[stark|kräftig]"),
    "GLATTEIS": Noun("glatteis", "n", (GIVES, BARE, "wird/es/{state}", "bildet sich//{nom}",
                                       RECKON),
                     weak="[=etwas|leicht]", strong="[gefährlich|stark]"),
    "HITZE": Noun("hitze", "f", ("ist/es/{state}", "herrscht//{nom}", BARE, "wird/es/{state}"),
                  weak="[=etwas|=ein wenig]", strong="[groß|stark|extrem]"),
}  # fmt: skip
NOUN_STATE = {
    "SONNE": "sonnig", "WOLKE": "[bewölkt|wolkig]", "NEBEL": "neblig", "WIND": "windig",
    "STURM": "stürmisch", "GLATTEIS": "glatt", "HITZE": "heiß",
}  # fmt: skip
STATE_DEGREE = {
    "WOLKE": ("leicht", "stark"), "KLAR": ("[meist|überwiegend]", "[ganz|völlig]"),
    "TROCKEN": ("[meist|weitgehend|überwiegend]", "[völlig|ganz]"),
    "BEDECKT": ("[meist|überwiegend]", "[ganz|völlig]"),
    "HEITER": ("[meist|überwiegend]", "[sehr|ausgesprochen]"),
    "FREUNDLICH": ("[meist|überwiegend|recht]", "[sehr|ausgesprochen]"),
    "WECHSELHAFT": ("[leicht|etwas]", "[sehr|ausgesprochen]"),
    "RUHIG": ("[meist|überwiegend]", "[sehr|ganz]"),
}  # fmt: skip
ANY_DEGREE = ("[etwas|ein wenig|leicht]", "[sehr|besonders|richtig]")
STATES = {
    "TROCKEN": "[trocken|niederschlagsfrei]", "NASS": "[nass|feucht]", "WARM": "warm",
    "KALT": "kalt", "KUEHL": "kühl", "MILD": "mild", "BEDECKT": "[bedeckt|trüb]",
    "HEITER": "heiter", "FREUNDLICH": "freundlich", "WECHSELHAFT": "[wechselhaft|unbeständig]",
    "KLAR": "klar",
}  # fmt: skip
MODIFIERS = {
    "MANCHMAL": "[zeitweise|manchmal|gelegentlich|ab und zu]",
    "TEILS": "[teilweise|gebietsweise|stellenweise|teils]",
    "WIEDER": "[wieder|erneut]",
    "LANGE": "[länger|längere zeit|lange]",
    "MOEGLICH": "[möglicherweise|vielleicht|eventuell]",
    "LANGSAM": "[langsam|allmählich|nach und nach]",
    "SCHNELL": "[schnell|rasch]",
}
COMPARATIVES = {
    "WARM": "wärmer", "KALT": "kälter", "KUEHL": "kühler", "MILD": "milder",
    "FREUNDLICH": "freundlicher", "TROCKEN": "trockener",
}  # fmt: skip
PAST = {
    "regnet": "regnete", "gibt": "gab", "fällt": "fiel", "schneit": "schneite", "fallen": "fielen",
    "hagelt": "hagelte", "scheint": "schien", "ist": "war", "zeigt sich": "zeigte sich",
    "ziehen": "zogen", "bildet sich": "bildete sich", "weht": "wehte", "friert": "fror",
    "herrscht": "herrschte", "wird": "wurde", "kommt": "kam", "blitzt": "blitzte",
    "zucken": "zuckten", "entladen sich": "entluden sich", "liegen": "lagen",
    "erreichen": "erreichten", "liegt": "lag", "sind": "waren",
}  # fmt: skip
