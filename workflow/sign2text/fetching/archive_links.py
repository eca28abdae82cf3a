"""Symbolic links in archives; each must lead to a file or folder of the same archive."""

from __future__ import annotations

import errno
import os
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from sign2text.fetching.archive_members import refused, writing_member

MOST_PARTS = 100  # path components of a link's target


def check_link(archive: str, member: str, goal: str) -> None:
    """Check a symbolic link's text: it must lead up first, then down, and stay below the root.

    Raises InputError with the names of the archive and the member.
    """
    path = PurePosixPath(goal)
    up = [part == ".." for part in path.parts]
    if path.is_absolute():
        raise refused(archive, member, f"is a link to the absolute path {path}")
    if not goal or not goal.isprintable() or "\\" in goal or len(path.parts) > MOST_PARTS:
        raise refused(archive, member, f"is a link to {goal[:80]!r}")
    if sorted(up, reverse=True) != up:
        raise refused(archive, member, f"is a link with .. after a name, to {path}")
    if sum(up) > len(PurePosixPath(member).parts) - 1:
        raise refused(archive, member, f"is a link that leads outside, to {path}")


def check_together(archive: str, links: Mapping[str, str]) -> dict[str, str]:
    """Return the target of each link, relative to the links' common root.

    Raises InputError for a link to or through another link, or to a folder with links inside.
    """
    found = {}
    names = sorted(links)
    for link, goal in links.items():
        place = os.path.normpath(f"{PurePosixPath(link).parent}/{goal}")
        way = PurePosixPath(place)
        if not links.keys().isdisjoint(map(str, (way, *way.parents))):
            raise refused(archive, link, f"is a link to or through another link, to {goal}")
        inner = "" if place == "." else f"{place}/"
        after = bisect_left(names, inner)
        if after < len(names) and names[after].startswith(inner):
            raise refused(archive, link, f"is a link to a folder that holds links, to {goal}")
        found[link] = place
    return found


def make_links(archive: str, links: Mapping[str, str], root: Path) -> None:
    """Make an archive's symbolic links, after all its files.

    Each must lead to a file or folder of the archive, through no other link, and not to a folder
    with links inside: a walk through the folders then meets nothing more than twice.

    Args:
        archive: its name, for messages.
        links: targets by name, checked by `check_link`.
        root: the folder into which the archive was unpacked.

    Raises:
        InputError: a link breaks these rules; the message names the first one.
    """
    for link, place in check_together(archive, links).items():
        if not os.path.lexists(root / place):
            goal = links[link]
            raise refused(archive, link, f"is a link to {goal}, which the archive does not hold")
    for link, goal in links.items():
        with writing_member(archive, link):
            (root / link).parent.mkdir(parents=True, exist_ok=True)
            (root / link).symlink_to(goal)


def leads_astray(link: Path, root: Path) -> str | None:
    """Return the problem of a symbolic link that leads to nothing below `root`, else None."""
    try:
        os.stat(link)
    except OSError as error:
        goal = link.readlink()
        if error.errno == errno.ELOOP:
            return f"is a link that leads back to itself, by {goal}"
        return f"is a link to {goal}, which the archive does not hold"
    if not link.resolve().is_relative_to(root.resolve()):
        return f"is a link that leads outside, to {link.readlink()}"
    return None
