"""Choose the tiers of texts and of glosses, and assign glosses to texts by time."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from sign2text.data.imported_annotations.annotated_file import AnnotatedFile, Annotation, Tier
from sign2text.ground.errors import InputError


@dataclass(frozen=True)
class Part:
    """A sentence with its begin and end in milliseconds of the annotation file."""

    start: int
    end: int
    text: str
    gloss: str
    signer: str
    place: str


def choose_parts(
    file: AnnotatedFile, texts: Sequence[str], glosses: Sequence[str]
) -> tuple[list[Part], list[str]]:
    """Return the parts that the tiers `texts` mark, in order of time, and notes for the user.

    An annotation of the tiers `glosses` belongs to the text that covers its middle. With several
    tiers of texts, each gets the gloss tiers of its participant. Without participants, it gets the
    gloss tiers that depend on it; without such tiers, the gloss tier at the same position, if there
    are as many of both.

    Raises InputError if the file has none of `texts` (with a list of its tiers), if an annotation
    has no time, or if glosses cannot be assigned.
    """
    notes = list(file.notes)
    if not file.has_tiers:
        if texts or glosses:
            raise InputError(
                f"{file.path}: has no names of tiers, found {', '.join([*texts, *glosses])} as "
                "--tier or --gloss-tier. Take them out, and import files with tiers by a command "
                "of their own."
            )
        chosen, gloss_tiers = [*file.tiers], []
    else:
        chosen = _chosen(file, texts, "--tier", notes)
        gloss_tiers = _chosen(file, glosses, "--gloss-tier", notes) if glosses else []
    parts: list[Part] = []
    used: set[int] = set()
    for place, tier in enumerate(chosen):
        signs = _Signs(file, _glosses_of(file, tier, chosen, gloss_tiers, place))
        if empty := len(tier.annotations) - len(tier.filled):
            notes.append(f"{empty} empty annotations{_of(tier)} passed over")
        _check_timed(file, tier)
        ordered = sorted(tier.filled, key=_order)
        for each in ordered:
            inside = signs.between(each.start, each.end)
            used.update(map(id, inside))
            gloss = " ".join(sign.value for sign in inside)
            signer = each.signer or tier.participant
            parts.append(Part(each.start, each.end, each.value, gloss, signer, each.place))
        if overlapping := [b for a, b in pairwise(ordered) if b.start < a.end]:
            notes.append(
                f"{len(overlapping)} annotations{_of(tier)} begin before the one before them ends, "
                f"such as {overlapping[0].place}"
            )
    total = sum(len(tier.filled) for tier in gloss_tiers)
    if total > len(used):
        notes.append(f"{total - len(used)} of {total} glosses lie in the time of no text")
    return sorted(parts, key=_order), notes


class _Signs:
    """Annotations of glosses, searchable by their middles."""

    def __init__(self, file: AnnotatedFile, tiers: Sequence[Tier]) -> None:
        for tier in tiers:
            _check_timed(file, tier)
        signs = [each for tier in tiers for each in tier.filled]
        self._signs = sorted(signs, key=_twice_middle)
        self._middles = [_twice_middle(each) for each in self._signs]

    def between(self, start: int, end: int) -> list[Annotation]:
        """Return the annotations with a middle in [start, end), in order of time."""
        first, last = (bisect_left(self._middles, 2 * time) for time in (start, end))
        return sorted(self._signs[first:last], key=_order)


def _twice_middle(annotation: Annotation) -> int:
    return annotation.start + annotation.end


def _order(timed: Annotation | Part) -> tuple[int, int]:
    return timed.start, timed.end


def _of(tier: Tier) -> str:
    return f" of tier {tier.name!r}" if tier.name else ""


def _check_timed(file: AnnotatedFile, tier: Tier) -> None:
    for each in tier.filled:
        if each.start is None or each.end is None:
            raise InputError(
                f"{file.path}, {each.place}{_of(tier)}: has no time, and none follows from its "
                "neighbours. Align it in ELAN, or choose another tier."
            )


def _chosen(file: AnnotatedFile, names: Sequence[str], option: str, notes: list[str]) -> list[Tier]:
    """Find the file's tiers with these names; raise InputError if there are none."""
    known = {_folded(tier.name): tier for tier in file.tiers}
    exact = {tier.name: tier for tier in file.tiers}
    found = [tier for name in names if (tier := exact.get(name) or known.get(_folded(name)))]
    missing = [name for name in names if name not in exact and _folded(name) not in known]
    if not found:
        close = get_close_matches(missing[0], [*exact], n=1) if missing else []
        said = f"no tier {' or '.join(map(repr, missing))}" if missing else f"no {option} given"
        hint = f" Did you mean {option} {close[0]!r}?" if close else ""
        raise InputError(
            f"{file.path}: {said}; expected one of its tiers:\n{_listed(file)}\n"
            f"Name those of the {'glosses' if 'gloss' in option else 'texts'} as {option}.{hint}"
        )
    notes += [f"has no tier {name!r}" for name in missing]
    return list({tier.name: tier for tier in found}.values())


def _listed(file: AnnotatedFile) -> str:
    """List the tiers, one per line: name, annotations with text, participant, parent tier."""
    lines = []
    for tier in file.tiers:
        about = [f"{len(tier.filled)} annotations"]
        if empty := len(tier.annotations) - len(tier.filled):
            about.append(f"{empty} empty")
        about += [f"participant {tier.participant}"] if tier.participant else []
        about += [f"depends on {tier.parents[0]!r}"] if tier.parents else []
        lines.append(f"  {tier.name!r}: {', '.join(about)}")
    return "\n".join(lines) or "  (there are none)"


def _glosses_of(
    file: AnnotatedFile,
    tier: Tier,
    texts: Sequence[Tier],
    glosses: Sequence[Tier],
    place: int,
) -> Sequence[Tier]:
    if len(texts) == 1 or not glosses:
        return glosses
    if all(each.participant for each in (*texts, *glosses)):
        return [each for each in glosses if each.participant == tier.participant]
    if all(any(text.name in each.parents for text in texts) for each in glosses):
        return [each for each in glosses if tier.name in each.parents]
    if len(glosses) == len(texts):
        return [glosses[place]]
    raise InputError(
        f"{file.path}: {len(texts)} tiers of texts and {len(glosses)} of glosses, and nothing says "
        "which belong together; expected participants, tiers that depend on each other, or a "
        "--gloss-tier for each --tier in the same order. Import each --tier by a command of its "
        "own, with --append."
    )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()
