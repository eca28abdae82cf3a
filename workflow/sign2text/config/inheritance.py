"""What data sets and experiments inherit by the key `base`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sign2text.config.keys import check_name
from sign2text.ground.settings import unknown_name


def base_chain(entries: Mapping[str, Any], name: str) -> list[str]:
    """`name` and its bases, root first; stops at what is unknown, and at a cycle."""
    chain: list[str] = []
    while name in entries and name not in chain:
        chain.append(name)
        name = entries[name].base
    return chain[::-1]


def inherited(entries: Mapping[str, Any], name: str, key: str) -> Any:
    """The value of `key` of the entry `name`, or of its nearest base that has one; else None."""
    for each in reversed(base_chain(entries, name)):
        if (value := getattr(entries[each], key)) is not None:
            return value
    return None


def check_bases(
    kind: str, entries: Mapping[str, Any], taken: Collection[str] = ()
) -> Iterator[str]:
    """Say what is wrong with names and bases; `kind` is the key of config.yaml they stand under.

    Args:
        taken: names that are not to be used.
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
            if frozenset(circle) not in circles:  # once, not for each entry in it
                chain = " -> ".join([name, *circle[::-1]])
                yield f"{path}.base: the bases go round in a circle ({chain}); break it"
            circles.add(frozenset(circle))
