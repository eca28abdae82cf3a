"""Sampling of meanings with the natural, uneven frequencies of `meaning`'s tables."""

from __future__ import annotations

import numpy as np

from sign2text.avatar import meaning as tables
from sign2text.avatar.grammar import signs
from sign2text.avatar.meaning import Meaning, Part, sample_degrees, sample_time
from sign2text.avatar.wording import weighted

SIGNS = (3, 10)
"""Minimum and maximum number of signs of a sentence."""
PAST = "GESTERN"
COLD, HOT = 3, 26
"""Degrees up to which a temperature is only ever called cold, and from which only ever warm."""

NEGATED_STRONG = {"REGEN", "WIND", "WARM", "KALT", "KUEHL", "FREUNDLICH", "NASS"}
"""Topics that can be called not strong: "nicht sehr kalt", "kein starker wind"."""


def _chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def _when_and_where(rng: np.random.Generator, pairs: bool = True) -> dict[str, str]:
    """Draw a time and a place; sometimes one is missing, or there are two places."""
    where: dict[str, str] = {}
    if _chance(rng, 0.86):
        where["time"] = sample_time(rng)
    if _chance(rng, 0.72 if where else 0.9):
        if pairs and _chance(rng, 0.08):
            where["place"], where["also"] = weighted(rng, tables.PAIRS)
        else:
            where["place"] = weighted(rng, tables.PLACES)
    return where


def _phenomenon(rng: np.random.Generator, **where: str) -> Part:
    topic = weighted(rng, tables.NOUNS | tables.STATES)
    if topic == "SONNE" and "NACHT" in where.get("time", ""):
        topic = "KLAR"
    intensity, negated, modifier = weighted(rng, tables.INTENSITIES), False, ""
    if _chance(rng, 0.12):
        negated = True
        intensity = int(topic in NEGATED_STRONG and _chance(rng, 0.3))
    elif intensity == 0 and _chance(rng, 0.35):
        modifier = weighted(rng, tables.MODIFIERS)
    if modifier == "VIEL" and topic not in tables.PLENTIFUL:
        modifier = "WIEDER"
    past = where.get("time") == PAST
    if past and modifier == "MOEGLICH":
        modifier = ""
    question = not past and not modifier and _chance(rng, 0.07)
    if question:
        negated = False
    return Part("phenomenon", topic=topic, intensity=intensity, negated=negated,
                question=question, modifier=modifier, **where)  # fmt: skip


def _degrees(rng: np.random.Generator) -> dict[str, int | str]:
    high = sample_degrees(rng)
    form = weighted(rng, {"range": 5.0, "one": 3.0, "until": 1.2})
    if form == "one":
        return {"high": high}
    if form == "until":
        return {"high": high, "span": "BIS"}
    low = max(-15, high - int(rng.integers(1, 7)))
    if low == high:
        return {"high": high}
    return {"low": low, "high": high, "span": "ZWISCHEN" if _chance(rng, 0.3) else "BIS"}


def _temperature(rng: np.random.Generator) -> Part:
    degrees, topic = _degrees(rng), ""
    if _chance(rng, 0.3):
        high = degrees["high"]
        if high <= COLD:
            topic = "KALT"
        elif high >= HOT:
            topic = "WARM"
        else:
            topic = weighted(rng, {"MILD": 1.5, "KUEHL": 1.2, "WARM": 1.0 if high > 15 else 0.0})
    return Part("temperature", topic=topic, **degrees, **_when_and_where(rng))


def _contrast(rng: np.random.Generator) -> Part:
    place, also = weighted(rng, tables.OPPOSITES)
    low = sample_degrees(rng)
    high = int(np.clip(low + rng.choice([-1, 1]) * rng.integers(2, 9), -15, 35))
    time = sample_time(rng) if _chance(rng, 0.7) else ""
    return Part("contrast", time=time, place=place, also=also, low=low, high=high)


def _trend(rng: np.random.Generator) -> Part:
    topic, change = weighted(rng, tables.TREND_TOPICS), weighted(rng, tables.TRENDS)
    change = tables.UNUSUAL_TRENDS.get((topic, change), change)
    where = _when_and_where(rng)
    if change == "BLEIBEN" and _chance(rng, 0.4):
        where["time"] = weighted(rng, tables.UNTIL)
    pace = "" if change in ("BLEIBEN", "BEGINNEN", "ENDE") else weighted(rng, tables.PACES)
    return Part("trend", topic=topic, change=change, modifier=pace, **where)


def _become(rng: np.random.Generator) -> Part:
    where = _when_and_where(rng)
    if _chance(rng, 0.5):
        if _chance(rng, 0.4):
            where["time"] = weighted(rng, tables.UNTIL)
        negated = _chance(rng, 0.2)
        intensity = 0 if negated else weighted(rng, tables.INTENSITIES)
        return Part("become", topic=weighted(rng, tables.STATES), change="BLEIBEN",
                    intensity=intensity, negated=negated,
                    question=not negated and _chance(rng, 0.12), **where)  # fmt: skip
    return Part("become", topic=weighted(rng, tables.COMPARABLE), change="MEHR",
                intensity=weighted(rng, tables.INTENSITIES), **where)  # fmt: skip


def _temperature_trend(rng: np.random.Generator) -> Part:
    change = weighted(rng, {"STEIGEN": 1.2, "SINKEN": 1.0})
    high = sample_degrees(rng) if _chance(rng, 0.5) else None
    pace = weighted(rng, tables.PACES)
    intensity = 0 if pace or high is not None else weighted(rng, tables.INTENSITIES)
    negated = not pace and high is None and intensity == 0 and _chance(rng, 0.25)
    return Part("temperature_trend", change=change, modifier=pace, intensity=intensity,
                negated=negated, high=high, **_when_and_where(rng))  # fmt: skip


def _weather(rng: np.random.Generator) -> Part:
    change = weighted(rng, tables.WEATHER_TURNS)
    question = _chance(rng, 0.15)
    negated = not question and _chance(rng, 0.18)
    pace = weighted(rng, tables.PACES) if change == "AENDERN" and not negated else ""
    intensity = 0 if pace or negated else weighted(rng, tables.INTENSITIES)
    return Part("weather", change=change, modifier=pace, intensity=intensity, negated=negated,
                question=question, **_when_and_where(rng, pairs=False))  # fmt: skip


def _pressure(rng: np.random.Generator) -> Part:
    change = weighted(rng, {"BLEIBEN": 2.0, "ZIEHEN": 2.0, "KOMMEN": 1.6})
    place = weighted(rng, tables.OVER) if change == "BLEIBEN" else ""
    direction = {"BLEIBEN": "", "ZIEHEN": weighted(rng, tables.TARGETS),
                 "KOMMEN": weighted(rng, tables.DIRECTIONS)}[change]  # fmt: skip
    return Part("pressure", time=sample_time(rng) if _chance(rng, 0.75) else "", place=place,
                topic=weighted(rng, {"HOCH": 1.0, "TIEF": 1.0}), change=change,
                direction=direction, intensity=weighted(rng, tables.INTENSITIES),
                modifier=weighted(rng, tables.PACES) if change == "ZIEHEN" else "")  # fmt: skip


def _between(rng: np.random.Generator) -> Part:
    place = weighted(rng, tables.OVER)
    others = {over: weight for over, weight in tables.OVER.items() if over != place}
    return Part("between", place=place, also=weighted(rng, others),
                topic=weighted(rng, tables.AIRS))  # fmt: skip


def _front(rng: np.random.Generator) -> Part:
    change = weighted(rng, {"KOMMEN": 2.0, "ZIEHEN": 1.3})
    time = sample_time(rng) if _chance(rng, 0.85) else ""
    direction = weighted(rng, tables.DIRECTIONS if change == "KOMMEN" else tables.TARGETS)
    intensity = weighted(rng, tables.INTENSITIES) if change == "KOMMEN" else 0
    pace = weighted(rng, tables.PACES) if change == "ZIEHEN" else ""
    return Part("front", time=time, topic=weighted(rng, tables.FRONTS), change=change,
                direction=direction, intensity=intensity, modifier=pace)  # fmt: skip


def _sequence(rng: np.random.Generator) -> Meaning:
    """Draw two short statements, one after the other in time, or on two opposite places."""
    places = _chance(rng, 0.5)
    first: dict[str, str] = {}
    second: dict[str, str] = {}
    if places:
        first["place"], second["place"] = weighted(rng, tables.OPPOSITES)
        if _chance(rng, 0.75):
            first["time"] = sample_time(rng)
    else:
        if _chance(rng, 0.85):
            first["time"] = weighted(rng, tables.WEEKDAYS | tables.NEAR_DAYS
                                     | {"FRUEH": 1.5, "MITTAG": 1.0, "TAG": 2.0})  # fmt: skip
        if _chance(rng, 0.35):
            first["place"] = weighted(rng, tables.PLACES)
        second["time"] = weighted(rng, tables.LATER_IN_SENTENCE)
    parts = []
    for where in (first, second):
        part = _phenomenon(rng, **where)
        while (
            part.question or part.modifier == "MOEGLICH" or (parts and part.topic == parts[0].topic)
        ):
            part = _phenomenon(rng, **where)
        parts.append(part)
    return Meaning(tuple(parts))


def sample_meaning(rng: np.random.Generator) -> Meaning:
    """Draw a meaning of 3 to 10 signs; its kind and all its fields come from `rng`."""
    while True:
        kind = weighted(rng, tables.KINDS)
        meaning = _sequence(rng) if kind == "sequence" else Meaning((_sample_part(rng, kind),))
        # Yesterday's weather is only described as phenomena, degrees and skies.
        past = meaning.parts[0].time == PAST
        if past and (kind not in ("phenomenon", "temperature", "sky") or meaning.parts[0].question):
            continue
        if SIGNS[0] <= len(signs(meaning)) <= SIGNS[1]:
            return meaning


def _sample_part(rng: np.random.Generator, kind: str) -> Part:
    match kind:
        case "phenomenon":
            return _phenomenon(rng, **_when_and_where(rng))
        case "temperature":
            return _temperature(rng)
        case "contrast":
            return _contrast(rng)
        case "wind":
            direction = weighted(rng, tables.DIRECTIONS)
            return Part("wind", topic="WIND", intensity=weighted(rng, tables.INTENSITIES),
                        direction=direction, **_when_and_where(rng))  # fmt: skip
        case "front":
            return _front(rng)
        case "trend":
            return _trend(rng)
        case "become":
            return _become(rng)
        case "temperature_trend":
            return _temperature_trend(rng)
        case "weather":
            return _weather(rng)
        case "ask":
            return Part("ask", question=True, **_when_and_where(rng, pairs=False))
        case "pressure":
            return _pressure(rng)
        case "air":
            return Part("air", time=sample_time(rng) if _chance(rng, 0.85) else "",
                        topic=weighted(rng, tables.AIRS), intensity=weighted(rng, {0: 3.0, 1: 1.0}),
                        direction=weighted(rng, tables.DIRECTIONS))  # fmt: skip
        case "between":
            return _between(rng)
        case "warning":
            return Part("warning", topic=weighted(rng, tables.DANGERS),
                        change=weighted(rng, {"WARNUNG": 1.0, "GEFAHR": 1.0}),
                        intensity=int(_chance(rng, 0.35)), **_when_and_where(rng))  # fmt: skip
        case "sky":
            where = _when_and_where(rng, pairs=False)
            dark = where.get("time", "NACHT").endswith(("NACHT", "ABEND"))
            skies = {sky: w for sky, w in tables.SKIES.items() if dark or sky != "STERN"}
            return Part("sky", topic=weighted(rng, skies),
                        intensity=weighted(rng, {0: 3.0, 1: 1.0}), **where)  # fmt: skip
    raise ValueError(f"no sampler for the kind {kind!r}")
