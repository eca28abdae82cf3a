"""Meanings of a weather forecast, before they are signed or written, and their frequencies."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from sign2text.avatar.wording import weighted

Kind = Literal[
    "phenomenon",  # rain, sun, cold ... at a time and a place
    "temperature",  # degrees or a range of them
    "contrast",  # degrees here, degrees there
    "wind",  # strength and direction
    "front",  # rain, clouds ... come from or move towards somewhere
    "trend",  # rain, fog ... begins, ends, grows, lessens, stays, vanishes
    "become",  # it stays dry, it turns warmer
    "temperature_trend",  # temperatures rise or fall
    "weather",  # the weather turns better, stays calm ...
    "ask",  # how will the weather be
    "pressure",  # a high or a low stays, comes, moves
    "air",  # warm, cold ... air flows in
    "between",  # between a high and a low, air flows in
    "warning",  # a warning of, or danger from, storm ...
    "sky",  # the sky is clear, starry ...
]


@dataclass(frozen=True)
class Part:
    """A statement. Times, places and topics are glosses, such as "MONTAG ABEND"."""

    kind: Kind
    time: str = ""
    place: str = ""
    also: str = ""
    """A second place: of the same statement, of the contrast, or of the low."""
    topic: str = ""
    intensity: int = 0
    """-1 weak, 0 plain, +1 strong."""
    negated: bool = False
    question: bool = False
    modifier: str = ""
    """MANCHMAL, TEILS, WIEDER, LANGE, MOEGLICH, VIEL, or the pace LANGSAM or SCHNELL."""
    change: str = ""
    """Change of the topic: KOMMEN, ZIEHEN, MEHR, BLEIBEN, WARNUNG ..."""
    direction: str = ""
    """Origin of wind, rain or air (KOMMEN), or their destination (ZIEHEN)."""
    low: int | None = None
    high: int | None = None
    """Degrees Celsius; a range has both, a single value only `high`."""
    span: str = ""
    """Sign of the range: BIS or ZWISCHEN; BIS without `low` is an upper bound."""


@dataclass(frozen=True)
class Meaning:
    """A sentence: one statement, or two consecutive ones."""

    parts: tuple[Part, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the parts, each without the fields that have their defaults."""
        silent = {field.name: field.default for field in fields(Part)}
        return [
            {key: value for key, value in asdict(part).items() if value != silent[key]}
            for part in self.parts
        ]


WEEKDAYS = {
    "MONTAG": 1.6, "DIENSTAG": 1.4, "MITTWOCH": 1.2, "DONNERSTAG": 1.2, "FREITAG": 1.3,
    "SAMSTAG": 1.5, "SONNTAG": 1.6,
}  # fmt: skip
NEAR_DAYS = {"HEUTE": 3.0, "MORGEN": 3.5, "UEBERMORGEN": 1.0}
PARTS_OF_DAY = {
    "NACHT": 4.0, "FRUEH": 1.4, "MITTAG": 1.0, "NACHMITTAG": 1.8, "ABEND": 2.0,
}  # fmt: skip
OTHER_TIMES = {
    "TAG": 4.0, "WOCHENENDE": 3.0, "NAECHSTE WOCHE": 1.6, "NAECHSTE TAG": 2.4, "JETZT": 1.2,
    "SPAETER": 1.2, "NAECHSTE NACHT": 1.2, "WOCHE": 0.7, "WOCHE BEGINNEN": 1.0, "WOCHE ENDE": 1.0,
    "NAECHSTE WOCHENENDE": 0.7, "GESTERN": 2.0,
}  # fmt: skip
UNTIL = {
    "BIS ABEND": 2.0, "BIS MITTAG": 1.0, "BIS NACHT": 0.7, "BIS MORGEN": 1.2,
    "BIS UEBERMORGEN": 0.5, "BIS WOCHENENDE": 1.5,
} | {f"BIS {day}": 0.4 * weight for day, weight in WEEKDAYS.items()}  # fmt: skip
LATER_IN_SENTENCE = {"DANN": 4.0, "SPAETER": 2.5, "ABEND": 1.2, "NACHT": 1.5, "NACHMITTAG": 0.8}

PLACES = {
    "NORD": 5.0, "SUED": 5.0, "WEST": 3.2, "OST": 3.4, "MITTE": 2.0, "NORD WEST": 2.2,
    "NORD OST": 2.0, "SUED WEST": 2.2, "SUED OST": 2.2, "KUESTE": 1.8, "NORDSEE": 1.6,
    "OSTSEE": 1.5, "KUESTE NORDSEE": 0.7, "KUESTE OSTSEE": 0.6, "ALPEN": 2.6, "ALPEN GRENZE": 0.8,
    "BERG": 1.4, "TAL": 0.9, "MEER": 0.7, "FLUSS": 0.6, "RHEIN": 1.2, "RHEIN TAL": 0.4,
    "DONAU": 1.0, "ELBE": 0.9, "ELBE TAL": 0.3, "BAYERN": 1.5, "SUED BAYERN": 0.4,
    "NORD BAYERN": 0.3, "OST BAYERN": 0.3, "SACHSEN": 1.0, "NORD HESSEN": 0.3, "HESSEN": 0.8,
    "BERLIN": 1.0, "HAMBURG": 0.9, "KOELN": 0.8, "MUENCHEN": 0.9, "SCHWARZWALD": 0.9,
    "HARZ": 0.8, "INSEL": 0.6, "INSEL NORDSEE": 0.3, "INSEL OSTSEE": 0.3, "REGION": 0.6,
    "UEBERALL": 1.2, "DEUTSCHLAND": 1.2, "NORD DEUTSCHLAND": 0.5, "SUED DEUTSCHLAND": 0.5,
    "WEST DEUTSCHLAND": 0.3, "OST DEUTSCHLAND": 0.3, "STADT": 0.8, "LAND": 0.8, "GRENZE": 0.6,
}  # fmt: skip
PAIRS = {
    ("NORD", "MITTE"): 1.0, ("WEST", "MITTE"): 0.8, ("SUED", "MITTE"): 0.8, ("OST", "MITTE"): 0.7,
    ("NORD", "ALPEN"): 0.6, ("BERLIN", "HAMBURG"): 0.5, ("BAYERN", "SACHSEN"): 0.5,
    ("RHEIN", "DONAU"): 0.4, ("NORDSEE", "OSTSEE"): 0.6, ("HARZ", "SCHWARZWALD"): 0.4,
    ("KUESTE", "BERG"): 0.4, ("KOELN", "MUENCHEN"): 0.3, ("HESSEN", "SACHSEN"): 0.3,
}  # fmt: skip
OPPOSITES = {
    ("NORD", "SUED"): 3.0, ("SUED", "NORD"): 2.0, ("WEST", "OST"): 2.0, ("OST", "WEST"): 1.6,
    ("KUESTE", "ALPEN"): 1.2, ("NORD WEST", "SUED OST"): 1.2, ("SUED WEST", "NORD OST"): 1.2,
    ("BERG", "TAL"): 0.9, ("STADT", "LAND"): 0.8, ("OSTSEE", "RHEIN"): 0.7,
    ("HAMBURG", "MUENCHEN"): 0.7, ("BERLIN", "KOELN"): 0.7, ("NORDSEE", "BAYERN"): 0.6,
    ("ELBE", "DONAU"): 0.5, ("HARZ", "RHEIN"): 0.4,
}  # fmt: skip
OVER = {
    "DEUTSCHLAND": 2.5, "NORDSEE": 2.0, "OSTSEE": 1.6, "ALPEN": 1.6, "NORD": 1.0, "SUED": 1.0,
    "WEST": 0.8, "OST": 1.0, "MEER": 0.6, "BAYERN": 0.5,
}  # fmt: skip
DIRECTIONS = {
    "WEST": 4.0, "NORD": 2.5, "SUED": 2.4, "OST": 2.4, "NORD WEST": 1.8, "SUED WEST": 1.8,
    "NORD OST": 1.2, "SUED OST": 1.2,
}  # fmt: skip
TARGETS = DIRECTIONS | {
    "ALPEN": 1.0, "KUESTE": 0.8, "OSTSEE": 0.8, "BAYERN": 0.7, "SACHSEN": 0.5, "DEUTSCHLAND": 0.8,
    "ELBE": 0.4, "RHEIN": 0.5,
}  # fmt: skip

NOUNS = {
    "REGEN": 5.0, "SONNE": 4.6, "WOLKE": 3.4, "SCHAUER": 3.0, "SCHNEE": 2.4, "GEWITTER": 2.4,
    "NEBEL": 2.0, "WIND": 1.6, "STURM": 1.3, "FROST": 1.3, "HITZE": 0.7, "HAGEL": 0.7,
    "GLATTEIS": 0.7, "BLITZ": 0.6,
}  # fmt: skip
STATES = {
    "TROCKEN": 2.4, "FREUNDLICH": 1.8, "BEDECKT": 1.4, "KALT": 1.5, "WARM": 1.5, "KLAR": 1.3,
    "MILD": 1.1, "KUEHL": 1.2, "HEITER": 1.1, "WECHSELHAFT": 1.0, "NASS": 0.8,
}  # fmt: skip
INTENSITIES = {0: 5.0, 1: 3.0, -1: 2.2}
MODIFIERS = {
    "MANCHMAL": 1.6, "TEILS": 1.6, "MOEGLICH": 1.8, "WIEDER": 1.3, "LANGE": 1.0, "VIEL": 1.4,
}  # fmt: skip
FRONTS = {"REGEN": 4.0, "WOLKE": 2.5, "SCHAUER": 2.0, "SCHNEE": 1.5, "GEWITTER": 1.8, "STURM": 0.8}
TREND_TOPICS = {
    "REGEN": 3.0, "NEBEL": 2.2, "WIND": 2.0, "WOLKE": 2.0, "SCHNEE": 1.5, "SCHAUER": 1.4,
    "GEWITTER": 1.2, "FROST": 0.9, "STURM": 0.9, "HITZE": 0.7,
}  # fmt: skip
TRENDS = {
    "WENIGER": 2.0, "MEHR": 1.6, "BEGINNEN": 1.3, "ENDE": 1.3, "VERSCHWINDEN": 1.5, "BLEIBEN": 1.5,
}  # fmt: skip
PLENTIFUL = {
    "REGEN", "SCHNEE", "SCHAUER", "GEWITTER", "WOLKE", "NEBEL", "SONNE", "WIND", "BLITZ", "HAGEL",
}  # fmt: skip
"""Phenomena that can be plentiful."""
UNUSUAL_TRENDS = {
    ("WOLKE", "BEGINNEN"): "MEHR", ("WOLKE", "ENDE"): "VERSCHWINDEN",
    ("NEBEL", "ENDE"): "VERSCHWINDEN", ("WIND", "VERSCHWINDEN"): "WENIGER",
}  # fmt: skip
"""Trends that nobody says, with their replacement."""
COMPARABLE = {
    "WARM": 2.5,
    "KALT": 2.2,
    "KUEHL": 1.5,
    "MILD": 1.4,
    "FREUNDLICH": 1.5,
    "TROCKEN": 1.0,
}
WEATHER_TURNS = {
    "BESSER": 1.8, "SCHLECHT": 1.6, "SCHOEN": 2.0, "AENDERN": 1.8, "RUHIG": 1.8, "WECHSELHAFT": 1.0,
}  # fmt: skip
AIRS = {"WARM": 2.5, "KALT": 2.5, "MILD": 1.6, "KUEHL": 1.4, "NASS": 1.0, "TROCKEN": 1.2}
DANGERS = {
    "STURM": 3.0, "GEWITTER": 2.5, "GLATTEIS": 2.2, "REGEN": 1.6, "FROST": 1.3, "HAGEL": 1.2,
    "NEBEL": 1.2, "HITZE": 1.0, "SCHNEE": 1.2, "BLITZ": 0.5,
}  # fmt: skip
SKIES = {"KLAR": 2.0, "BEDECKT": 1.6, "STERN": 6.0, "HEITER": 0.9, "WOLKE": 1.2}
KINDS = {
    "phenomenon": 30.0, "temperature": 17.0, "contrast": 4.0, "wind": 7.0, "front": 7.0,
    "trend": 7.0, "become": 6.0, "temperature_trend": 4.5, "weather": 5.5, "ask": 1.5,
    "pressure": 4.5, "air": 3.0, "between": 2.0, "warning": 5.0, "sky": 3.5, "sequence": 14.0,
}  # fmt: skip
PACES = {"": 3.0, "LANGSAM": 1.2, "SCHNELL": 1.0}


def sample_time(rng: np.random.Generator) -> str:
    """Draw a time, such as "MONTAG ABEND"."""
    form = weighted(rng, {"weekday": 6.0, "near": 5.0, "part": 3.0, "both": 5.0, "other": 4.0,
                          "days": 0.8})  # fmt: skip
    if form == "weekday":
        return weighted(rng, WEEKDAYS)
    if form == "near":
        return weighted(rng, NEAR_DAYS)
    if form == "part":
        return weighted(rng, PARTS_OF_DAY)
    if form == "both":
        return f"{weighted(rng, WEEKDAYS | NEAR_DAYS)} {weighted(rng, PARTS_OF_DAY)}"
    if form == "days":
        names = list(WEEKDAYS)
        first = int(rng.integers(7))
        return f"{names[first]} BIS {names[(first + int(rng.integers(1, 4))) % 7]}"
    return weighted(rng, OTHER_TIMES)


def sample_degrees(rng: np.random.Generator) -> int:
    """Draw degrees Celsius from -15 to 35, mostly mild."""
    return int(np.clip(np.rint(rng.normal(11, 9.5)), -15, 35))
