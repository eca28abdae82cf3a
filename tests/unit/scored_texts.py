"""Hypotheses and references for scoring: random ones, and plausible weather reports."""

import functools
import random

from sign2text.avatar.corpus import Clip, plan_corpus

Texts = tuple[list[str], list[list[str]]]
WESTERN = (
    "am",
    "Am",
    "montag",
    "es,",
    "regnet",
    "20-grad",
    "3.5",
    "(nicht)",
    ".",
    "sonne.",
    "&amp;",
)
CHINESE = ("今", "天", "有", "雨", "，", "。", "BMW", "3.5", "20", " ", "\U00020000", "“", "Ü")


def random_texts(clips: int, references: int, chinese: bool, seed: int = 1) -> Texts:
    """Make sentences of few words that overlap; some are empty, most end with a full stop."""
    rng = random.Random(seed)
    blank, words, point = ("", CHINESE, "。") if chinese else (" ", WESTERN, " .")

    def sentence() -> str:
        text = blank.join(rng.choices(words, k=rng.randrange(12)))
        return text + rng.choice((point, point, ".", "", " "))

    return (
        [sentence() for _ in range(clips)],
        [[sentence() for _ in range(rng.randint(1, references))] for _ in range(clips)],
    )


def weather_texts(language: str, clips: int, references: int = 1, seed: int = 1) -> Texts:
    """Make the avatar's sentences; the hypothesis is another phrasing, or loses words, or is wrong.

    They start with a capital letter and end with a space and a full stop, as in PHOENIX-2014T.
    """
    rng = random.Random(seed)
    reports = _reports()[:clips]
    blank, point = ("", "。") if language == "zh" else (" ", " .")

    def written(text: str) -> str:
        return text[0].upper() + text[1:] + point

    def translated(number: int) -> str:
        others = reports[number].phrasings[language] or [reports[number].texts[language]]
        text = rng.choice([*others, *others, rng.choice(reports).texts[language]])
        words = list(text) if language == "zh" else text.split()
        return blank.join(word for word in words if rng.random() > 0.1) or words[0]

    return (
        [written(translated(number)) for number in range(clips)],
        [
            [written(t) for t in [r.texts[language], *r.phrasings[language]][:references]]
            for r in reports
        ],
    )


@functools.cache
def _reports() -> list[Clip]:
    corpus = plan_corpus(
        {"train": 1, "dev": 1, "test": 400},
        seed=1,
        monolingual=0,
        unseen_share=0.0,
        seen_signers=["signer01"],
        unseen_signer="signer09",
    )
    return corpus.clips["test"]
