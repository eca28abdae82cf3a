"""Meanings in English.

A statement is a frame "auxiliary/subject/rest", with time and place at its beginning or end; a
question puts the auxiliary first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sign2text.avatar import english_words as words
from sign2text.avatar.english_syntax import arrange, noun_phrase, state
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.wording import distinct, expand, ranked


def _phenomenon(rng: np.random.Generator, part: Part, linked: bool = False) -> str:
    past = part.time == "GESTERN"
    adverb = words.MODIFIERS.get(part.modifier, "")
    if part.topic in words.STATES:
        what = state(replace(part, negated=False), words.STATES[part.topic])
        what = f"{adverb} {what}" if part.modifier == "MOEGLICH" else f"{what} {adverb}"
        not_ = "not" if part.negated else ""
        if past:
            frames = [f"was {not_}/it/{what}", f"was {not_}/the weather/{what}"]
        elif part.question:
            frames = [f"will/it/be {what}"]
        else:
            frames = [f"will {not_} be/it/{what}", f"//{not_} {what}",
                      f"will {not_} be/the weather/{what}"]  # fmt: skip
        return arrange(rng, part, frames, linked)
    noun, what = words.NOUNS[part.topic], noun_phrase(part)
    if past:
        be = "were" if noun.word.endswith("s") else "was"
        return arrange(rng, part, [f"{be}/there/{what} {adverb}"], linked)
    if part.modifier == "MOEGLICH":
        return arrange(
            rng,
            part,
            [
                f"/{what}/possible",
                f"is/there/a chance of {what}",
                f"may be/there/{what}",
            ],
            linked,
        )
    if part.question:
        frames = [f"will/there/be {what}"]
    else:
        frames = [f"will be/there/{what} {adverb}", f"//{what} {adverb}"]
    if noun.verb and part.modifier != "VIEL":
        degree = {-1: noun.weak_adverb, 0: "", 1: noun.strong_adverb}[part.intensity]
        if part.question:
            frames.insert(0, f"will/{noun.subject}/{noun.verb} {degree}")
        else:
            frames.insert(
                1, f"will{' not' * part.negated}/{noun.subject}/{noun.verb} {degree} {adverb}"
            )
    return arrange(rng, part, frames, linked)


def degrees(part: Part) -> str:
    """Write degrees, such as "ten to twelve degrees", "up to eight degrees"."""
    assert part.high is not None
    high = words.count_degrees(part.high)
    if part.low is None:
        return f"{'up to' if part.span else ''} {high}"
    plus = "[|plus]" if part.low < 0 < part.high else ""
    low = words.number(part.low)
    if part.span == "ZWISCHEN":
        return f"between {low} and {plus} {high}"
    return f"{low} to {plus} {high}"


def _temperature(rng: np.random.Generator, part: Part) -> str:
    what = degrees(part)
    be = "were" if part.time == "GESTERN" else "will be"
    if part.topic:
        it = "was" if part.time == "GESTERN" else "will be"
        name = words.STATES[part.topic]
        return arrange(
            rng,
            part,
            [f"{it}/it/{name} with {what}", f"//{name} with {what}", f"//a {name} {what}"],
        )
    return arrange(
        rng,
        part,
        [f"/temperatures {be}/{what}", f"//{what}", f"/temperatures/of {what}"],
    )


def _contrast(rng: np.random.Generator, part: Part) -> str:
    here, there, time = words.PLACES[part.place], words.PLACES[part.also], words.TIMES[part.time]
    low, high = part.low or 0, part.high or 0
    return ranked(
        rng,
        [
            f"{time} {words.count_degrees(low)} {here} and {words.count_degrees(high)} {there}",
            f"{time} {words.number(low)} {here} {words.number(high)} degrees {there}",
            f"{words.count_degrees(low)} {here} and {words.count_degrees(high)} {there} {time}",
        ],
    )


def _wind(rng: np.random.Generator, part: Part) -> str:
    source, degree = words.FROM[part.direction], {-1: "[light|weak]", 0: "", 1: "[strong|brisk]"}
    wind = f"{degree[part.intensity]} wind"
    return arrange(
        rng,
        part,
        [
            f"will blow/[a|the] {wind}/{source}",
            f"//{wind} {source}",
            f"will come/a {wind}/{source}",
        ],
    )


def _front(rng: np.random.Generator, part: Part) -> str:
    pace = words.MODIFIERS.get(part.modifier, "")
    if part.change == "ZIEHEN":
        verb = ranked(rng, ["move", "drift"])
        return arrange(
            rng,
            part,
            [
                f"will/the {words.NOUNS[part.topic].word}/{verb} {pace} "
                f"{words.TOWARDS[part.direction]}"
            ],
        )
    source, what = words.FROM[part.direction], noun_phrase(part)
    return arrange(
        rng,
        part,
        [
            f"will/{what}/come {source}",
            f"will/{what}/move in {source}",
            f"will/{what}/arrive {source}",
        ],
    )


def _trend(rng: np.random.Generator, part: Part) -> str:
    what = ranked(rng, words.TRENDS[part.change].split("|"))
    if part.change == "VERSCHWINDEN" and part.topic in ("NEBEL", "WOLKE") and rng.random() < 0.5:
        what = "clear"
    pace = words.MODIFIERS.get(part.modifier, "")
    return arrange(rng, part, [f"will/the {words.NOUNS[part.topic].word}/{pace} {what}"])


def _become(rng: np.random.Generator, part: Part) -> str:
    if part.change == "BLEIBEN":
        what = state(replace(part, negated=False), words.STATES[part.topic])
        not_ = "not" if part.negated else ""
        return arrange(rng, part, [f"will/it/{not_} stay {what}", f"will/it/{not_} remain {what}"])
    degree = {-1: "[slightly|a little|a bit]", 0: "", 1: "[much|significantly|a lot]"}[
        part.intensity
    ]
    word = words.COMPARATIVES[part.topic]
    return arrange(
        rng,
        part,
        [f"will/it/turn {degree} {word}", f"//{degree} {word}", f"will/it/get {degree} {word}"],
    )


def _temperature_trend(rng: np.random.Generator, part: Part) -> str:
    verb = "[rise|climb|go up]" if part.change == "STEIGEN" else "[fall|drop|go down]"
    degree = {-1: "[slightly|a little]", 0: "", 1: "[sharply|significantly]"}[part.intensity]
    goal = "" if part.high is None else f"to {words.count_degrees(part.high)}"
    pace = words.MODIFIERS.get(part.modifier, "")
    not_ = "not" if part.negated else ""
    return arrange(rng, part, [f"will/[|the] temperatures/{not_} {verb} {pace} {degree} {goal}"])


def _weather(rng: np.random.Generator, part: Part) -> str:
    turns = words.WEATHER[part.change]
    degree = {-1: turns.weak, 0: "", 1: turns.strong}[part.intensity]
    pace = words.MODIFIERS.get(part.modifier, "")
    not_ = "not" if part.negated else ""
    what = turns.predicate.format(degree=degree)
    return arrange(rng, part, [f"will/the weather/{not_} {what} {pace}"])


def _ask(rng: np.random.Generator, part: Part) -> str:
    time, place = words.TIMES[part.time], words.PLACES[part.place]
    return ranked(
        rng,
        [
            f"what will the weather be like {place} {time}",
            f"how will the weather be {place} {time}",
            f"and what will the weather be like {time} {place}",
        ],
    )


def _pressure(rng: np.random.Generator, part: Part) -> str:
    degree = {-1: "weak", 0: "", 1: "strong"}[part.intensity]
    kind = "high" if part.topic == "HOCH" else "low"
    system = f"a {degree} [{kind}|{kind} pressure area]"
    match part.change:
        case "BLEIBEN":
            rest = f"[stay|remain] {words.OVER[part.place]}"
        case "ZIEHEN":
            rest = f"move {words.MODIFIERS.get(part.modifier, '')} {words.TOWARDS[part.direction]}"
        case _:
            rest = f"[come|approach] {words.FROM[part.direction]}"
    return arrange(rng, part, [f"will/{system}/{rest}"], place="")


def _air(rng: np.random.Generator, part: Part) -> str:
    air = f"{'very' if part.intensity else ''} {words.AIRS[part.topic]} air"
    return arrange(rng, part, [f"will/{air}/[flow in|come|reach us] {words.FROM[part.direction]}"])


def _between(rng: np.random.Generator, part: Part) -> str:
    high, low, air = words.OVER[part.place], words.OVER[part.also], words.AIRS[part.topic]
    between = f"between [a|the] high {high} and [a|the] low {low}"
    return ranked(
        rng, [f"{between} {air} air [flows|comes] in", f"{air} air [flows|comes] in {between}"]
    )


def _warning(rng: np.random.Generator, part: Part) -> str:
    what = noun_phrase(part)
    if part.change == "WARNUNG":
        frames = [f"//warning of {what}", f"is/there/a warning of {what}"]
    else:
        frames = [f"//danger from {what}", f"is/there/danger from {what}"]
    return arrange(rng, part, frames)


def _sky(rng: np.random.Generator, part: Part) -> str:
    be = "was" if part.time == "GESTERN" else "will be"
    degree = "[completely|totally]" if part.intensity else ""
    word = words.SKY[part.topic]
    return arrange(rng, part, [f"{be}/the sky/{degree} {word}", f"//a {degree} {word} sky"])


_KINDS = {
    "phenomenon": _phenomenon, "temperature": _temperature, "contrast": _contrast, "wind": _wind,
    "front": _front, "trend": _trend, "become": _become, "temperature_trend": _temperature_trend,
    "weather": _weather, "ask": _ask, "pressure": _pressure, "air": _air, "between": _between,
    "warning": _warning, "sky": _sky,
}  # fmt: skip


def sentence(meaning: Meaning, rng: np.random.Generator) -> str:
    """Write an English sentence in lower case, without a full stop."""
    first, *others = meaning.parts
    text = _KINDS[first.kind](rng, first)
    for part in others:
        text = f"{text} {ranked(rng, ['and', ''])} {_phenomenon(rng, part, linked=True)}"
    return expand(rng, text)


def phrasings(meaning: Meaning, rng: np.random.Generator, n: int) -> list[str]:
    """Write up to `n` distinct sentences with one meaning; common ones tend to come first."""
    return distinct(lambda: sentence(meaning, rng), n)
