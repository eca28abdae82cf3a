"""English words of the forecast: numbers, times, places, and names of each phenomenon."""

from __future__ import annotations

from dataclasses import dataclass

from sign2text.avatar.meaning import WEEKDAYS as WEEKDAY_WEIGHTS

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = {2: "twenty", 3: "thirty"}


def number(value: int) -> str:
    """Write a whole number from -39 to 39 in words.

    >>> number(21), number(-3)
    ('twenty one', 'minus three')
    """
    if value < 0:
        return f"minus {number(-value)}"
    if value < len(UNITS):
        return UNITS[value]
    tens, units = divmod(value, 10)
    return f"{TENS[tens]} {UNITS[units]}" if units else TENS[tens]


def count_degrees(value: int) -> str:
    """Write a number with its unit: "one degree", "two degrees"."""
    return f"{number(value)} {'degree' if abs(value) == 1 else 'degrees'}"


_ENGLISH_DAY = dict(zip(
    WEEKDAY_WEIGHTS,
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    strict=True,
))  # fmt: skip
_PART_ALONE = {
    "NACHT": "[at night|during the night|overnight]",
    "FRUEH": "[in the morning|in the early morning|early in the day]",
    "MITTAG": "[at midday|at noon]",
    "NACHMITTAG": "[in the afternoon|during the afternoon]",
    "ABEND": "[in the evening|during the evening]",
}
_PART_NAME = {
    "NACHT": "night", "FRUEH": "morning", "MITTAG": "noon", "NACHMITTAG": "afternoon",
    "ABEND": "evening",
}  # fmt: skip
TIMES = {
    "": "",
    "HEUTE": "today",
    "MORGEN": "tomorrow",
    "UEBERMORGEN": "the day after tomorrow",
    "GESTERN": "yesterday",
    "TAG": "[during the day|in the daytime]",
    "WOCHENENDE": "[at the weekend|on the weekend]",
    "NAECHSTE WOCHE": "[next week|in the coming week]",
    "NAECHSTE TAG": "[in the next days|over the next few days|in the coming days]",
    "NAECHSTE NACHT": "[next night|in the coming night]",
    "NAECHSTE WOCHENENDE": "[next weekend|on the coming weekend]",
    "WOCHE": "this week",
    "WOCHE BEGINNEN": "[at the beginning of the week|at the start of the week]",
    "WOCHE ENDE": "[at the end of the week|towards the end of the week]",
    "JETZT": "[now|at the moment|right now]",
    "SPAETER": "[later|later on]",
    "DANN": "[then|after that|afterwards]",
    "BIS ABEND": "[until the evening|until evening]",
    "BIS MITTAG": "[until noon|until midday]",
    "BIS NACHT": "[into the night|until the night]",
    "BIS MORGEN": "until tomorrow",
    "BIS UEBERMORGEN": "until the day after tomorrow",
    "BIS WOCHENENDE": "until the weekend",
    **_PART_ALONE,
}
for _day, _name in _ENGLISH_DAY.items():
    TIMES[_day] = f"on {_name}"
    TIMES[f"BIS {_day}"] = f"until {_name}"
    for _part, _part_name in _PART_NAME.items():
        _at = "at " if _part == "MITTAG" else ""
        TIMES[f"{_day} {_part}"] = f"[on {_name} {_at}{_part_name}|{_name} {_at}{_part_name}]"
    for _other, _other_name in _ENGLISH_DAY.items():
        TIMES[f"{_day} BIS {_other}"] = f"from {_name} to {_other_name}"
for _part, _part_name in _PART_NAME.items():
    _at = "at " if _part == "MITTAG" else ""
    _alone = _PART_ALONE[_part]
    TIMES[f"MORGEN {_part}"] = f"[tomorrow {_at}{_part_name}|tomorrow {_alone}]"
    TIMES[f"UEBERMORGEN {_part}"] = f"the day after tomorrow {_alone}"
TIMES |= {
    "HEUTE NACHT": "[tonight|today at night]",
    "HEUTE FRUEH": "[this morning|early today]",
    "HEUTE MITTAG": "[today at noon|at midday today]",
    "HEUTE NACHMITTAG": "[this afternoon|today in the afternoon]",
    "HEUTE ABEND": "[this evening|today in the evening]",
}

_COMPASS = {
    "NORD": "north", "SUED": "south", "WEST": "west", "OST": "east", "NORD WEST": "northwest",
    "NORD OST": "northeast", "SUED WEST": "southwest", "SUED OST": "southeast",
}  # fmt: skip
_LANDS = {"DEUTSCHLAND": "germany", "BAYERN": "bavaria", "HESSEN": "hesse", "SACHSEN": "saxony"}
PLACES = {
    "": "",
    **{gloss: f"in the {name}" for gloss, name in _COMPASS.items()},
    **{gloss: f"in {name}" for gloss, name in _LANDS.items()},
    "MITTE": "[in the centre|in the middle]",
    "KUESTE": "[on the coast|along the coast]",
    "NORDSEE": "[on the north sea|at the north sea]",
    "OSTSEE": "[on the baltic sea|at the baltic sea]",
    "KUESTE NORDSEE": "on the north sea coast",
    "KUESTE OSTSEE": "on the baltic coast",
    "ALPEN": "[in the alps|around the alps]",
    "ALPEN GRENZE": "on the edge of the alps",
    "BERG": "[in the mountains|on the mountains]",
    "TAL": "in the valleys",
    "MEER": "[at the sea|on the sea]",
    "FLUSS": "[along the rivers|by the river]",
    "RHEIN": "[along the rhine|on the rhine]",
    "RHEIN TAL": "in the rhine valley",
    "DONAU": "[along the danube|on the danube]",
    "ELBE": "[along the elbe|on the elbe]",
    "ELBE TAL": "in the elbe valley",
    "BERLIN": "in berlin",
    "HAMBURG": "in hamburg",
    "KOELN": "[in cologne|in the cologne area]",
    "MUENCHEN": "[in munich|in the munich area]",
    "SCHWARZWALD": "in the black forest",
    "HARZ": "in the harz mountains",
    "INSEL": "on the islands",
    "INSEL NORDSEE": "on the north sea islands",
    "INSEL OSTSEE": "on the baltic islands",
    "REGION": "in the region",
    "UEBERALL": "[everywhere|across the country]",
    "STADT": "[in the cities|in the city]",
    "LAND": "[in the countryside|in rural areas]",
    "GRENZE": "[at the border|along the border]",
}
for _side in ("NORD", "SUED", "WEST", "OST"):
    for _gloss, _land in _LANDS.items():
        _name = _COMPASS[_side]
        PLACES[f"{_side} {_gloss}"] = f"[in {_name}ern {_land}|in the {_name} of {_land}]"
_THE = {
    **{gloss: f"the {name}" for gloss, name in _COMPASS.items()}, **_LANDS,
    "NORDSEE": "the north sea", "OSTSEE": "the baltic sea", "ALPEN": "the alps",
    "MEER": "the sea", "KUESTE": "the coast", "ELBE": "the elbe", "RHEIN": "the rhine",
}  # fmt: skip
OVER = {gloss: f"over {name}" for gloss, name in _THE.items()}
TOWARDS = {gloss: f"[towards|to] {name}" for gloss, name in _THE.items()}
FROM = {gloss: f"from the {name}" for gloss, name in _COMPASS.items()}


@dataclass(frozen=True)
class Noun:
    """A phenomenon: its noun, words of degree for it, and a verb with its subject, if any."""

    word: str
    weak: str = "[light|some|a little]"
    strong: str = "[heavy|strong]"
    verb: str = ""
    subject: str = "it"
    weak_adverb: str = "[lightly|a little]"
    strong_adverb: str = "[heavily|hard]"


NOUNS = {
    "REGEN": Noun("rain", verb="rain"),
    "SCHNEE": Noun("snow", verb="snow"),
    "SCHAUER": Noun("showers", weak="[a few|isolated|light]"),
    "GEWITTER": Noun("thunderstorms", weak="[a few|isolated]", strong="[severe|heavy|violent]"),
    "HAGEL": Noun("hail", verb="hail", weak="[light|some]"),
    "BLITZ": Noun("lightning", weak="[some|a little]", strong="[intense|fierce]"),
    "SONNE": Noun("sunshine", weak="[some|a little]", strong="[bright|brilliant]", verb="shine",
                  subject="the sun", strong_adverb="[brightly|brilliantly]"),
    "WOLKE": Noun("clouds", weak="[a few|some|light]", strong="[thick|dense]"),
    "NEBEL": Noun("fog", weak="[light|some]", strong="[dense|thick]"),
    "WIND": Noun("wind", weak="[light|a little]", strong="[strong|brisk]"),
    "STURM": Noun("storms", weak="[light|weak]", strong="[severe|violent]"),
    "FROST": Noun("frost", weak="[light|slight]", strong="[severe|hard]"),
    "GLATTEIS": Noun("black ice", weak="[some|a little]", strong="[severe|treacherous]"),
    "HITZE": Noun("heat", weak="[some|moderate]", strong="[extreme|great]"),
}  # fmt: skip
STATES = {
    "TROCKEN": "dry", "NASS": "[wet|damp]", "WARM": "warm", "KALT": "cold",
    "KUEHL": "[cool|chilly]", "MILD": "mild", "BEDECKT": "[overcast|dull]",
    "HEITER": "[fair|bright]",
    "FREUNDLICH": "pleasant", "WECHSELHAFT": "[changeable|unsettled]", "KLAR": "clear",
}  # fmt: skip
WEAK_DEGREE = dict.fromkeys(
    ("TROCKEN", "KLAR", "BEDECKT", "HEITER", "FREUNDLICH"), "[mostly|fairly|largely]"
)
MODIFIERS = {
    "MANCHMAL": "[at times|sometimes|occasionally]",
    "TEILS": "[in places|locally|partly]",
    "WIEDER": "[again|once more]",
    "LANGE": "[for a long time|for long]",
    "MOEGLICH": "[possibly|perhaps]",
    "LANGSAM": "[slowly|gradually]",
    "SCHNELL": "[quickly|rapidly]",
}
COMPARATIVES = {
    "WARM": "warmer", "KALT": "colder", "KUEHL": "cooler", "MILD": "milder",
    "FREUNDLICH": "more pleasant", "TROCKEN": "drier",
}  # fmt: skip
TRENDS = {
    "WENIGER": "ease|decrease|weaken", "MEHR": "increase|strengthen",
    "BEGINNEN": "begin|set in|start", "ENDE": "end|stop",
    "VERSCHWINDEN": "disappear|move away", "BLEIBEN": "stay|continue|persist",
}  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """A predicate of the weather, with a slot for the degree, and the words of degree."""

    predicate: str
    weak: str = "[a little|slightly|fairly]"
    strong: str = "[very|really]"


WEATHER = {
    "BESSER": Turn("[get|become] {degree} better", "[a little|slightly]", "[much|a lot]"),
    "SCHLECHT": Turn("be {degree} [bad|poor]"),
    "SCHOEN": Turn("be {degree} [nice|beautiful]"),
    "AENDERN": Turn("change {degree}", "[a little|slightly]", "[a lot|significantly]"),
    "RUHIG": Turn("be {degree} [calm|quiet]"),
    "WECHSELHAFT": Turn("be {degree} [changeable|unsettled]"),
}
AIRS = {"WARM": "warm", "KALT": "cold", "MILD": "mild", "KUEHL": "cool", "NASS": "[moist|humid]",
        "TROCKEN": "dry"}  # fmt: skip
SKY = {
    "KLAR": "clear", "BEDECKT": "[overcast|dull]", "HEITER": "[bright|fair]", "STERN": "starry",
    "WOLKE": "cloudy",
}  # fmt: skip
