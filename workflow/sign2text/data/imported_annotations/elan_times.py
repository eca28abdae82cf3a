"""Times of an ELAN document's annotations, including times that follow from other annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError

_Span = tuple[int | None, int | None]
_DEEPEST = 64  # levels of dependent annotations or tiers; ELAN's rarely reach 5
_LATEST = 10**12  # milliseconds, 31 years


class Times:
    """Begin and end of annotations in milliseconds."""

    def __init__(
        self, path: Path, slots: Mapping[str, int | None], tiers: Mapping[str, Any]
    ) -> None:
        """Prepare the times of a document from pympi's data.

        Args:
            path: the document, for messages.
            slots: time slots; None for one without a value.
            tiers: name -> (annotations with slots by id, dependent annotations by id, attributes,
                number).
        """
        self.path, self.tiers = path, tiers
        self._tier_of = {
            each: name for name, tier in tiers.items() for each in (*tier[0], *tier[1])
        }
        if len(self._tier_of) < sum(len(tier[0]) + len(tier[1]) for tier in tiers.values()):
            raise InputError(
                f"{path}: an annotation's id occurs twice; expected ids of their own. Open it in "
                "ELAN and save it again."
            )
        self._slots = dict(slots)
        for slot, time in slots.items():
            if time is not None and abs(time) > _LATEST:
                raise InputError(
                    f"{path}: the time slot {slot[:40]!r} is {str(time)[:40]}, expected "
                    f"milliseconds up to {_LATEST}. Open it in ELAN and save it again."
                )
        self._known: dict[str, _Span] = {}
        self._rank = {name: len([*self.parents_of(name)]) for name in tiers}
        for name in sorted(tiers, key=self._rank.__getitem__):
            self._fill_slots(name)
        self._children = self._group()

    def parents_of(self, tier: str) -> Iterator[str]:
        """Yield the names of the tiers that a tier depends on, nearest first."""
        seen = {tier}
        while (tier := self.tiers[tier][2].get("PARENT_REF", "")) and tier in self.tiers:
            if tier in seen or len(seen) > _DEEPEST:
                raise InputError(
                    f"{self.path}: the tier {tier[:40]!r} is its own parent, or has more than "
                    f"{_DEEPEST}; expected a tree of tiers. Open it in ELAN and save it again."
                )
            seen.add(tier)
            yield tier

    def of(self, annotation: str) -> _Span:
        """Return (begin, end) of an annotation; None for a time that cannot be derived.

        Raises InputError if the annotation refers to a missing element or to itself.
        """
        chain: list[str] = []
        while annotation not in self._known:
            chain.append(annotation)
            if len(chain) > _DEEPEST:
                raise InputError(
                    f"{self.path}: annotation {chain[0]} depends on more than {_DEEPEST} others, "
                    "or on itself. Open it in ELAN and save it again."
                )
            aligned, dependent = self._entry(annotation)
            if aligned is not None:
                self._known[annotation] = (self._time(aligned[0]), self._time(aligned[1]))
            else:
                annotation = dependent[0]
        for each in reversed(chain):
            if each not in self._known:
                self._share_out(self._entry(each)[1][0], self._tier_of[each])
        return self._known[chain[0] if chain else annotation]

    def _entry(self, annotation: str) -> tuple[Any, Any]:
        tier = self._tier_of.get(annotation)
        if tier is None:
            raise InputError(
                f"{self.path}: an annotation refers to {annotation[:40]!r}, which is not there. "
                "Open it in ELAN and save it again."
            )
        return self.tiers[tier][0].get(annotation), self.tiers[tier][1].get(annotation)

    def _time(self, slot: str) -> int | None:
        try:
            return self._slots[slot]
        except KeyError:
            raise InputError(
                f"{self.path}: an annotation refers to the time slot {slot[:40]!r}, which is not "
                "there. Open it in ELAN and save it again."
            ) from None

    def _fill_slots(self, tier: str) -> None:
        """Space slots without a value evenly between the known slots around them in the tier."""
        found: list[str] = []
        for begin, end, *_ in self.tiers[tier][0].values():
            for slot in (begin, end):
                self._time(slot)
                if not found or found[-1] != slot:
                    found.append(slot)
        known = [place for place, slot in enumerate(found) if self._slots[slot] is not None]
        for before, after in pairwise(known):
            begin, end = self._slots[found[before]], self._slots[found[after]]
            step = (end - begin) // (after - before)
            for place in range(before + 1, after):
                self._slots[found[place]] = begin + (place - before) * step

    def _group(self) -> dict[tuple[str, str], list[str]]:
        """Group dependent annotations by (tier, parent), in order."""
        groups: dict[tuple[str, str], list[str]] = {}
        for tier, (_, dependent, *_) in self.tiers.items():
            for name, (parent, *_) in dependent.items():
                groups.setdefault((tier, parent), []).append(name)
        for (tier, _), names in groups.items():
            names[:] = self._in_order(names, self.tiers[tier][1])
        return groups

    def _in_order(self, names: list[str], entries: Mapping[str, Any]) -> list[str]:
        """Order siblings by the predecessors that they name; keep their order if that fails."""
        following, there = {entries[name][2]: name for name in names}, set(names)
        ordered: list[str] = []
        place = next((name for name in names if entries[name][2] not in there), None)
        while place is not None and len(ordered) < len(names):
            ordered.append(place)
            place = following.get(place)
        return ordered if len(ordered) == len(names) else names

    def _share_out(self, parent: str, tier: str) -> None:
        """Divide the time of `parent` evenly among its annotations in `tier`."""
        begin, end = self._known[parent]
        names = self._children[tier, parent]
        for number, name in enumerate(names):
            if begin is None or end is None:
                self._known[name] = (None, None)
                continue
            length, count = end - begin, len(names)
            self._known[name] = (
                begin + number * length // count,
                begin + (number + 1) * length // count,
            )
