"""German statements on pressure systems, air masses and the sky."""

from __future__ import annotations

import numpy as np

from sign2text.avatar import german_words as words
from sign2text.avatar.german_syntax import arrange
from sign2text.avatar.meaning import Part
from sign2text.avatar.wording import ranked

SYSTEMS = {
    "HOCH": "[hoch|hochdruckgebiet]",
    "TIEF": "[tief|tiefdruckgebiet]",
}
SYSTEM_DEGREE = {-1: "schwaches", 0: "", 1: "[kräftiges|starkes]"}


def pressure(rng: np.random.Generator, part: Part) -> str:
    """Write a statement on a high or a low that stays, comes or moves."""
    system = f"ein {SYSTEM_DEGREE[part.intensity]} {SYSTEMS[part.topic]}"
    if part.change == "BLEIBEN":
        return arrange(
            rng,
            part,
            [
                f"bleibt/{system}/{words.OVER[part.place]}",
                f"liegt/{system}/{words.OVER[part.place]}",
            ],
            place="",
        )
    if part.change == "ZIEHEN":
        pace = words.MODIFIERS.get(part.modifier, "")
        return arrange(rng, part, [f"zieht/{system}/{pace} {words.TOWARDS[part.direction]}"])
    source = words.FROM[part.direction]
    return arrange(rng, part, [f"kommt/{system}/{source}", f"nähert sich/{system}/{source}"])


AIRS = {"WARM": "warme", "KALT": "kalte", "MILD": "milde", "KUEHL": "kühle", "NASS": "feuchte",
        "TROCKEN": "trockene"}  # fmt: skip


def air(rng: np.random.Generator, part: Part) -> str:
    """Write a statement on air that flows in."""
    source, air = (
        words.FROM[part.direction],
        f"{'sehr' if part.intensity else ''} {AIRS[part.topic]} luft",
    )
    return arrange(
        rng,
        part,
        [
            f"kommt//{source} {air}",
            f"strömt//{source} {air} heran",
            f"strömt//{source} {air} zu uns",
        ],
    )


def between(rng: np.random.Generator, part: Part) -> str:
    """Write a statement on air that flows in between a high and a low."""
    article, air = "[einem|dem]", f"{AIRS[part.topic]} luft"
    high = f"{article} hoch {words.OVER[part.place]}"
    low = f"{article} tief {words.OVER[part.also]}"
    return ranked(
        rng,
        [
            f"zwischen {high} und {low} [strömt|kommt] {air} zu uns",
            f"{air} [strömt|kommt] zwischen {high} und {low} zu uns",
        ],
    )


SKY = {
    "KLAR": ("klar", "klarer"), "BEDECKT": ("bedeckt", "bedeckter"),
    "HEITER": ("heiter", "heiterer"),
    "STERN": ("[voller sterne|sternenklar]", "sternenklarer"),
    "WOLKE": ("[wolkig|voller wolken]", "wolkiger"),
}  # fmt: skip


def sky(rng: np.random.Generator, part: Part) -> str:
    """Write a statement on the look of the sky."""
    predicate, attribute = SKY[part.topic]
    degree = "[ganz|völlig]" if part.intensity else ""
    return arrange(
        rng,
        part,
        [
            f"ist/der himmel/{degree} {predicate}",
            f"//{degree} {attribute} himmel",
            f"zeigt sich/der himmel/{degree} {predicate}",
        ],
    )
