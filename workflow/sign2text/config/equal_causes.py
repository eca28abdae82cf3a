"""Deduplication of problems that one setting causes in many stages, experiments or data sets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

SHOWN = 3
"""Maximum number of names of a kind in a message."""


@dataclass(frozen=True)
class Problem:
    """A problem of a stage's merged settings for an experiment on a data set."""

    stage: str
    experiment: str
    dataset: str
    text: str
    """Rest of the message after the place: `: ...`, or `.key: ...` for one of the settings."""

    @property
    def place(self) -> str:
        return f"{self.stage} of {self.experiment} on {self.dataset}"


def said_once(
    problems: Iterable[Problem], key: Callable[[Problem], Hashable] = lambda each: each.text
) -> Iterator[str]:
    """Yield one line for all problems with equal `key`: the first one, and how many there are.

    >>> first = Problem("train", "slt", "phoenix", ": width is 5")
    >>> more = Problem("train", "slt_long", "phoenix", ": width is 5")
    >>> list(said_once([first, more]))
    ['train of slt on phoenix: width is 5 (found 2 times: experiments slt, slt_long)']
    """
    groups: dict[Hashable, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(key(problem), []).append(problem)
    for first, *others in groups.values():
        yield f"{first.place}{first.text}{_count([first, *others]) if others else ''}"


def _count(problems: Sequence[Problem]) -> str:
    kinds = {
        "stages": [each.stage for each in problems],
        "experiments": [each.experiment for each in problems],
        "data sets": [each.dataset for each in problems],
    }
    named = [
        _listed(kind, names)
        for kind, names in ((kind, list(dict.fromkeys(found))) for kind, found in kinds.items())
        if len(names) > 1
    ]
    return f" (found {len(problems)} times: {'; '.join(named)})"


def _listed(kind: str, names: Sequence[str]) -> str:
    if len(names) <= SHOWN:
        return f"{kind} {', '.join(names)}"
    return f"{len(names)} {kind}, {', '.join(names[:SHOWN])} and others"
