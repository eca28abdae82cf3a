"""Meanings in Chinese: time, place and a predicate, without spaces."""

from __future__ import annotations

import numpy as np

from sign2text.avatar import chinese_words as words
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.wording import distinct, expand, ranked


def arrange(rng: np.random.Generator, part: Part, predicate: str, place: str | None = None) -> str:
    """Put time and place, mostly in this order, before the predicate."""
    time = words.TIMES[part.time]
    if place is None:
        place = words.PLACES[part.place]
        if part.also:
            place = f"{place}和{words.PLACES[part.also]}"
    if time and place and rng.random() < 0.15:
        time, place = place, time
    return f"{time} {place} {predicate}"


def noun_phrase(part: Part) -> str:
    """Write a noun phrase such as 大雨, 很多云; negation is left to the verb."""
    noun = words.NOUNS[part.topic]
    what = {-1: noun.weak, 0: noun.plain, 1: noun.strong}[part.intensity]
    return f"[很多|大量] {what}" if part.modifier == "VIEL" else what


def state(part: Part, adjective: str) -> str:
    """Write a predicate adjective with its degree, which follows the subject 天气 if it has one."""
    degree = {-1: "[稍微|有点|略]", 0: "", 1: "[非常|十分|特别]"}[part.intensity]
    degree = f"{'[不|并不]' if part.negated else ''} {degree}"
    if "天气" in adjective:
        return adjective.replace("天气", f"天气 {degree} ")
    return f"{degree} {adjective}"


def _phenomenon(rng: np.random.Generator, part: Part) -> str:
    adverb = words.MODIFIERS.get(part.modifier, "")
    if part.topic in words.STATES:
        what = state(part, words.STATES[part.topic])
        if part.question:
            return arrange(rng, part, f"[会|将会] {what} 吗")
        return arrange(rng, part, f"{adverb} {what}")
    noun, what = words.NOUNS[part.topic], noun_phrase(part)
    verb = noun.verb[part.intensity + 1] if noun.verb else f"有 {what}"
    if part.question:
        return arrange(rng, part, ranked(rng, [f"会{verb}吗", f"会不会{verb}", f"会有 {what} 吗"]))
    if part.negated:
        frames = [f"没有 {what}", f"无 {what}"]
        if noun.verb:
            frames.insert(1, f"[没有|不] {verb}" if part.time == "GESTERN" else f"[不会|不] {verb}")
        return arrange(rng, part, ranked(rng, frames))
    frames = [f"{adverb} 有 {what}", f"{adverb} 出现 {what}"]
    if noun.verb and part.modifier != "VIEL":
        frames.insert(1, f"{adverb} {verb}")
    return arrange(rng, part, ranked(rng, frames))


def degrees(part: Part) -> str:
    """Write degrees, such as 十到十二度, 最高八度."""
    assert part.high is not None
    high = words.degrees(part.high)
    if part.low is None:
        return f"{'[最高|可达]' if part.span else ''} {high}"
    plus = "[|零上]" if part.low < 0 < part.high else ""
    if part.span == "ZWISCHEN":
        return f"在 {words.number(part.low)} 和 {plus} {high} 之间"
    return f"{words.number(part.low)} [到|至] {plus} {high}"


def _temperature(rng: np.random.Generator, part: Part) -> str:
    what = degrees(part)
    if part.topic:
        name = words.STATES[part.topic]
        return arrange(rng, part, ranked(rng, [f"{name} 气温 {what}", f"{name} {what}"]))
    return arrange(rng, part, ranked(rng, [f"[气温|温度] {what}", what]))


def _contrast(rng: np.random.Generator, part: Part) -> str:
    here, there, time = words.PLACES[part.place], words.PLACES[part.also], words.TIMES[part.time]
    low, high = words.degrees(part.low or 0), words.degrees(part.high or 0)
    return ranked(
        rng,
        [
            f"{time} {here} {low} {there} {high}",
            f"{time} {here} 气温 {low} {there} {high}",
            f"{time} {here} {low} 而 {there} {high}",
        ],
    )


def _wind(rng: np.random.Generator, part: Part) -> str:
    degree = {-1: "[微弱|轻微] 的", 0: "", 1: "[强劲|猛烈] 的"}[part.intensity]
    wind = f"{degree} {words.COMPASS[part.direction]}风"
    return arrange(rng, part, ranked(rng, [f"[吹|刮] {wind}", f"有 {wind}"]))


def _front(rng: np.random.Generator, part: Part) -> str:
    if part.change == "ZIEHEN":
        noun, pace = words.NOUNS[part.topic].plain, words.MODIFIERS.get(part.modifier, "")
        return arrange(rng, part, f"{noun} {pace} {words.TOWARDS[part.direction]} [移动|推进]")
    what = noun_phrase(part)
    return arrange(rng, part, f"{what} {words.FROM[part.direction]} [到来|移来|而来]")


def _trend(rng: np.random.Generator, part: Part) -> str:
    noun, pace = words.NOUNS[part.topic].plain, words.MODIFIERS.get(part.modifier, "")
    trends = words.TRENDS | (words.TRENDS_OF_MANY if part.topic in words.MANY else {})
    trend = trends[part.change]
    return arrange(rng, part, f"{noun} [|将] {pace} {trend}")


def _become(rng: np.random.Generator, part: Part) -> str:
    if part.change == "BLEIBEN":
        what = state(part, words.STATES[part.topic])
        subject = "天气" if "天气" in what else ""
        what = what.replace("天气", "")
        if part.question:
            return arrange(rng, part, f"{subject} [会|还会] [保持|继续] {what} 吗")
        return arrange(rng, part, f"{subject} [保持|继续] {what}")
    word = words.COMPARATIVES[part.topic]
    if part.intensity == 0:
        return arrange(rng, part, f"[|会] [变{word}|变得更{word}]")
    degree = "[略微|稍微]" if part.intensity < 0 else "[明显|显著]"
    return arrange(rng, part, f"[|会] {degree} 变{word}")


def _temperature_trend(rng: np.random.Generator, part: Part) -> str:
    verb = "[上升|升高|回升]" if part.change == "STEIGEN" else "[下降|降低|回落]"
    degree = {-1: "[略微|稍微]", 0: "", 1: "[明显|大幅]"}[part.intensity]
    goal = "" if part.high is None else f"[到|至] {words.degrees(part.high)}"
    not_ = "[不会|不]" if part.negated else ""
    pace = words.MODIFIERS.get(part.modifier, "")
    return arrange(rng, part, f"[气温|温度] {not_} {degree} {pace} {verb} {goal}")


def _weather(rng: np.random.Generator, part: Part) -> str:
    what, weak, strong = words.WEATHER[part.change]
    degree = {-1: weak, 0: "", 1: strong}[part.intensity]
    pace = words.MODIFIERS.get(part.modifier, "")
    if part.question:
        return arrange(rng, part, f"天气[会|将会] {degree} {what} 吗")
    will = "[|将]" if part.change in ("BESSER", "AENDERN") else "[|会]"
    will = "[不会|不]" if part.negated else will
    return arrange(rng, part, f"天气 {will} {pace} {degree} {what}")


def _ask(rng: np.random.Generator, part: Part) -> str:
    return arrange(rng, part, "[天气怎么样|天气如何|天气会怎样]")


def _pressure(rng: np.random.Generator, part: Part) -> str:
    kind = "高" if part.topic == "HOCH" else "低"
    degree = {-1: "弱", 0: "", 1: "强"}[part.intensity]
    system = f"[一个|] {degree} {kind}[压|气压]"
    if part.change == "BLEIBEN":
        over = f"{words.NAMES[part.place].removesuffix('上')} 上空"
        return arrange(rng, part, f"{system} [停留在|维持在] {over}", place="")
    if part.change == "ZIEHEN":
        pace = words.MODIFIERS.get(part.modifier, "")
        return arrange(rng, part, f"{system} {pace} {words.TOWARDS[part.direction]} 移动")
    return arrange(rng, part, f"{system} {words.FROM[part.direction]} [到来|靠近]")


def _air(rng: np.random.Generator, part: Part) -> str:
    air = f"{words.AIRS[part.topic]} 空气"
    if part.intensity:
        air = f"[很|非常] {words.AIRS[part.topic]} 的空气"
    return arrange(rng, part, f"{air} {words.FROM[part.direction]} [流入|到来|涌来]")


def _between(rng: np.random.Generator, part: Part) -> str:
    high, low = (words.NAMES[place].removesuffix("上") for place in (part.place, part.also))
    between = f"{high} [|上空的] 高压和 {low} [|上空的] 低压之间"
    return f"{between} [|有] {words.AIRS[part.topic]} 空气 [流入|到来]"


def _warning(rng: np.random.Generator, part: Part) -> str:
    what = noun_phrase(part) if part.intensity else words.NOUNS[part.topic].warned
    frame = f"[发布|有] {what} 警报" if part.change == "WARNUNG" else f"有 {what} [的危险|危险]"
    return arrange(rng, part, frame)


def _sky(rng: np.random.Generator, part: Part) -> str:
    degree = "[十分|完全]" if part.intensity else ""
    return arrange(rng, part, f"[天空|天上] {degree} {words.SKY[part.topic]}")


_KINDS = {
    "phenomenon": _phenomenon, "temperature": _temperature, "contrast": _contrast, "wind": _wind,
    "front": _front, "trend": _trend, "become": _become, "temperature_trend": _temperature_trend,
    "weather": _weather, "ask": _ask, "pressure": _pressure, "air": _air, "between": _between,
    "warning": _warning, "sky": _sky,
}  # fmt: skip


def sentence(meaning: Meaning, rng: np.random.Generator) -> str:
    """Write a Chinese sentence without spaces and without a full stop."""
    text = " ".join(_KINDS[part.kind](rng, part) for part in meaning.parts)
    return expand(rng, text, separator="")


def phrasings(meaning: Meaning, rng: np.random.Generator, n: int) -> list[str]:
    """Write up to `n` distinct sentences with one meaning; common ones tend to come first."""
    return distinct(lambda: sentence(meaning, rng), n)
