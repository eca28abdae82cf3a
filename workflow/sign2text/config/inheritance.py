"""Inheritance among data sets and among experiments by the key `base`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sign2text.config.keys import check_name
from sign2text.ground.settings import unknown_name


def base_chain(entries: Mapping[str, Any], name: str) -> list[str]:
    """List `name` and its bases, root first; stop at an unknown name or a cycle."""
    chain: list[str] = []
    while name in entries and name not in chain:
        chain.append(name)
        name = entries[name].base
    return chain[::-1]


def inherited(entries: Mapping[str, Any], name: str, key: str) -> Any:
    """Return `key` of the entry `name` or of the nearest base that sets it; None if none does."""
    seen = set()
    while name in entries and name not in seen:
        if (value := getattr(entries[name], key)) is not None:
            return value
        seen.add(name)
        name = entries[name].base
    return None


def check_bases(
    kind: str, entries: Mapping[str, Any], taken: Collection[str] = ()
) -> Iterator[str]:
    """Report problems with names and bases of `entries`, under the key `kind` of config.yaml.

    Args:
        taken: reserved names.
    """
    circles = set()
    for name, entry in entries.items():
        path = f"{kind}.{name}"
        yield from check_name(path, name)
        if name in taken:
            yield f"{path}: the name is taken by the workflow itself; choose another"
        if entry.base is not None and entry.base not in entries:
            others = [each for each in entries if each != name]
            yield unknown_name(f"{path}.base", entry.base, others)
        elif name in (circle := base_chain(entries, entry.base or "")):
            if frozenset(circle) not in circles:  # not once per entry
                chain = " -> ".join([name, *circle[::-1]])
                yield f"{path}.base: the bases go round in a circle ({chain}); break it"
            circles.add(frozenset(circle))
