"""Meanings in German, the avatar corpus's main language, in the style of television forecasts."""

from __future__ import annotations

import numpy as np

from sign2text.avatar import german_words as words
from sign2text.avatar.german_atmosphere import air, between, pressure, sky
from sign2text.avatar.german_syntax import (
    DEFINITE,
    adverb_of,
    arrange,
    noun_phrase,
    state,
    with_article,
)
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.wording import distinct, expand, ranked


def _phenomenon(rng: np.random.Generator, part: Part, linked: bool = False) -> str:
    adverb = words.MODIFIERS.get(part.modifier, "")
    if part.topic in words.STATES:
        what = state(part, words.STATES[part.topic])
        frames = [f"ist/es/{what}", f"//{what}", f"wird/es/{what}", f"zeigt sich/das wetter/{what}"]
        if part.question:
            frames.remove(f"//{what}")
    else:
        frames = _noun_frames(rng, part)
    frame = ranked(rng, frames)
    if "möglich" in frame or frame.startswith("kann/"):
        adverb = ""
    return arrange(rng, part, [frame], adverb, linked=linked)


def _noun_frames(rng: np.random.Generator, part: Part) -> list[str]:
    noun = words.NOUNS[part.topic]
    slots = {
        "nom": noun_phrase(rng, part, "nom"),
        "acc": noun_phrase(rng, part, "acc"),
        "dat": noun_phrase(rng, part, "dat"),
        "ein": with_article(rng, part),
        "adverb": adverb_of(part),
        "state": state(part, words.NOUN_STATE.get(part.topic, "")),
    }
    frames = [
        frame.format(**slots)
        for frame in noun.frames
        if not (part.modifier == "VIEL" and ("{state}" in frame or "zeigt" in frame))
        and not (part.question and frame.startswith("//"))
    ]
    if part.modifier == "MOEGLICH":
        verb = "sind" if noun.gender == "p" else "ist"
        possible = [f"{verb}//{noun.word} möglich", f"kann/es/{noun.word} geben"]
        return possible if rng.random() < 0.7 else frames
    return frames


def degrees(part: Part, one: str = "ein") -> str:
    """Write degrees, such as "zehn bis zwölf grad", "bis zu acht grad".

    `one` is "einem" if a dative is needed.
    """
    assert part.high is not None
    if part.low is None:
        return f"{'bis [|zu]' if part.span else ''} {words.number(part.high, one)} grad"
    plus = "[|plus]" if part.low < 0 < part.high else ""
    if part.span == "ZWISCHEN":
        low, high = words.number(part.low, "einem"), words.number(part.high, "einem")
        return f"zwischen {low} und {plus} {high} grad"
    return f"{words.number(part.low, one)} bis {plus} {words.number(part.high, one)} grad"


def _temperature(rng: np.random.Generator, part: Part) -> str:
    bare, dative = degrees(part), degrees(part, "einem")
    if part.topic:
        name = words.STATES[part.topic]
        if part.span == "ZWISCHEN":
            dative = f"[werten|temperaturen] {dative}"
        with_, at = f"{name} mit {dative}", f"{name} bei {dative}"
        if part.span == "BIS" and part.low is None:
            at = with_  # nobody says "bei bis zu"
        frames = [f"ist/es/{at}", f"//{at}", f"wird/es/{with_}", f"//{with_}"]
    elif part.span == "ZWISCHEN":
        frames = [
            f"liegen/die temperaturen/{bare}",
            f"//temperaturen {bare}",
            f"liegen/die werte/{bare}",
            f"//{bare}",
        ]
    elif part.span == "BIS" and part.low is None:
        frames = [
            f"//{bare}",
            f"erreichen/die temperaturen/{bare}",
            f"//temperaturen [|von] {dative}",
        ]
    else:
        frames = [
            f"//{bare}",
            f"liegen/die temperaturen/bei {dative}",
            f"//temperaturen von {dative}",
            f"erreichen/die temperaturen/{bare}",
        ]
    return arrange(rng, part, frames)


def _contrast(rng: np.random.Generator, part: Part) -> str:
    here, there = words.PLACES[part.place], words.PLACES[part.also]
    low, high = words.number(part.low or 0), words.number(part.high or 0)
    lone = words.number(part.low or 0, one="eins")
    time = words.TIMES[part.time]
    return ranked(
        rng,
        [
            f"{time} {here} {lone} {there} {high} grad",
            f"{time} {low} grad {here} und {high} grad {there}",
            f"{time} {here} {low} grad {there} {high} grad",
            f"{time} {here} {low} grad und {there} {high} grad",
        ],
    )


def _wind(rng: np.random.Generator, part: Part) -> str:
    source = words.WIND_FROM[part.direction]
    adverb = adverb_of(part).replace("etwas", "schwach").replace("ein wenig", "nur schwach")
    frames = [
        f"weht/der wind/{adverb} {source}",
        f"//{noun_phrase(rng, part, 'nom')} {source}",
        f"weht//{with_article(rng, part)} {source}",
    ]
    if part.intensity == 0:
        frames = [f"kommt/der wind/{source}", *frames]
    return arrange(rng, part, frames)


def _front(rng: np.random.Generator, part: Part) -> str:
    noun = words.NOUNS[part.topic]
    many = noun.gender == "p"
    pace = words.MODIFIERS.get(part.modifier, "")
    if part.change == "ZIEHEN":
        towards = words.TOWARDS[part.direction]
        verb = ranked(rng, ["ziehen", "wandern"] if many else ["zieht", "wandert"])
        article = DEFINITE[noun.gender]
        return arrange(rng, part, [f"{verb}/{article} {noun.word}/{pace} {towards}"])
    source, what = words.FROM[part.direction], noun_phrase(rng, part, "nom")
    comes, draws = ("kommen", "ziehen") if many else ("kommt", "zieht")
    return arrange(
        rng,
        part,
        [
            f"{comes}//{source} {what}",
            f"{draws}//{source} {what} auf",
            f"{draws}//{source} {what} heran",
        ],
    )


TRENDS = {
    "WENIGER": ("lässt nach|wird weniger|nimmt ab", "lassen nach|werden weniger|nehmen ab"),
    "MEHR": ("nimmt zu|wird stärker", "nehmen zu|werden mehr"),
    "BEGINNEN": ("beginnt|setzt ein", "beginnen|setzen ein"),
    "ENDE": ("hört auf|endet", "hören auf|enden"),
    "VERSCHWINDEN": ("verschwindet|zieht ab", "verschwinden|ziehen ab"),
    "BLEIBEN": ("bleibt|hält an", "bleiben|halten an"),
}  # fmt: skip
"""Verbs of each change, in singular and plural."""


def _trend(rng: np.random.Generator, part: Part) -> str:
    noun = words.NOUNS[part.topic]
    one, many = TRENDS[part.change]
    choices = (many if noun.gender == "p" else one).split("|")
    if part.change == "VERSCHWINDEN" and part.topic in ("NEBEL", "WOLKE"):
        choices[1] = "löst sich auf" if part.topic == "NEBEL" else "lösen sich auf"
    verb, *prefix = ranked(rng, choices).split()
    if prefix[:1] == ["sich"]:
        verb, prefix = f"{verb} sich", prefix[1:]
    pace = words.MODIFIERS.get(part.modifier, "")
    frame = f"{verb}/{DEFINITE[noun.gender]} {noun.word}/{' '.join(prefix)}"
    return arrange(rng, part, [frame], pace)


def _become(rng: np.random.Generator, part: Part) -> str:
    if part.change == "BLEIBEN":
        what = state(part, words.STATES[part.topic])
        return arrange(rng, part, [f"bleibt/es/{what}", f"bleibt/das wetter/{what}"])
    word = words.COMPARATIVES[part.topic]
    degree = {-1: "[etwas|ein wenig|ein bisschen]", 0: "", 1: "[deutlich|viel|spürbar]"}
    what = f"{degree[part.intensity]} {word}"
    return arrange(rng, part, [f"wird/es/{what}", f"//{what}"])


def _temperature_trend(rng: np.random.Generator, part: Part) -> str:
    rises = part.change == "STEIGEN"
    degree = {-1: "[leicht|etwas]", 0: "", 1: "[deutlich|stark|kräftig]"}[part.intensity]
    goal = "" if part.high is None else f"[auf|bis auf] {words.number(part.high)} grad"
    adverb = f"{words.MODIFIERS.get(part.modifier, '')} {'nicht' if part.negated else ''} {degree}"
    verbs = (
        ["steigen/{}/{}", "gehen/{}/{} nach oben"]
        if rises
        else ["sinken/{}/{}", "gehen/{}/{} zurück"]
    )
    frame = ranked(rng, verbs).format("[die temperaturen|die werte]", goal)
    return arrange(rng, part, [frame], adverb)


WEATHER = {
    "BESSER": ("wird/das wetter/{d} besser", "bessert sich/das wetter/{d}"),
    "SCHLECHT": ("wird/das wetter/{d} schlecht", "ist/das wetter/{d} schlecht",
                 "//{d} schlechtes wetter"),
    "SCHOEN": ("wird/das wetter/{d} schön", "ist/das wetter/{d} schön", "//{d} schönes wetter"),
    "AENDERN": ("ändert sich/das wetter/{d}", "stellt sich/das wetter/{d} um"),
    "RUHIG": ("ist/das wetter/{d} ruhig", "zeigt sich/das wetter/{d} ruhig",
              "//{d} ruhiges wetter"),
    "WECHSELHAFT": ("wird/das wetter/{d} wechselhaft", "ist/das wetter/{d} wechselhaft",
                    "//{d} wechselhaftes wetter"),
}  # fmt: skip
WEATHER_DEGREE = {"AENDERN": ("[ein wenig|etwas]", "[deutlich|stark]"),
                  "BESSER": ("[etwas|ein wenig]", "[deutlich|spürbar]")}  # fmt: skip


def _weather(rng: np.random.Generator, part: Part) -> str:
    weak, strong = WEATHER_DEGREE.get(part.change, ("[etwas|ein wenig|recht]", "[sehr|besonders]"))
    degree = f"{'nicht' if part.negated else ''} { ({-1: weak, 0: '', 1: strong}[part.intensity]) }"
    frames = list(WEATHER[part.change])
    if part.question or part.negated:
        frames = frames[:2]
    return arrange(
        rng,
        part,
        [frame.format(d=degree) for frame in frames],
        words.MODIFIERS.get(part.modifier, ""),
    )


def _ask(rng: np.random.Generator, part: Part) -> str:
    time, place = words.TIMES[part.time], words.PLACES[part.place]
    return ranked(
        rng,
        [
            f"wie wird das wetter {time} {place}",
            f"wie ist das wetter {time} {place}",
            f"und wie wird {time} {place} das wetter",
        ],
    )


def _warning(rng: np.random.Generator, part: Part) -> str:
    what, danger = noun_phrase(rng, part, "dat"), noun_phrase(rng, part, "acc")
    if part.change == "WARNUNG":
        frames = [
            f"//warnung vor {what}",
            f"wird//vor {what} gewarnt",
            f"gilt/eine warnung vor {what}/",
        ]
    else:
        frames = [
            f"besteht//gefahr durch {danger}",
            f"//gefahr durch {danger}",
            f"droht/gefahr durch {danger}/",
        ]
    return arrange(rng, part, frames)


_KINDS = {
    "phenomenon": _phenomenon, "temperature": _temperature, "contrast": _contrast, "wind": _wind,
    "front": _front, "trend": _trend, "become": _become, "temperature_trend": _temperature_trend,
    "weather": _weather, "ask": _ask, "pressure": pressure, "air": air, "between": between,
    "warning": _warning, "sky": sky,
}  # fmt: skip


def sentence(meaning: Meaning, rng: np.random.Generator) -> str:
    """Write a German sentence in lower case, without a full stop."""
    first, *others = meaning.parts
    text = _KINDS[first.kind](rng, first)
    for part in others:
        text = f"{text} {ranked(rng, ['', 'und'])} {_phenomenon(rng, part, linked=True)}"
    return expand(rng, text)


def phrasings(meaning: Meaning, rng: np.random.Generator, n: int) -> list[str]:
    """Write up to `n` distinct sentences with one meaning; common ones tend to come first."""
    return distinct(lambda: sentence(meaning, rng), n)
