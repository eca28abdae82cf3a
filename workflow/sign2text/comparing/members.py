"""Members of a comparison: experiments, each with runs that differ only in the seed."""

from __future__ import annotations

from collections.abc import Sequence

from sign2text.comparing.compared import Compared
from sign2text.comparing.score_runs import ScoreRun, check_seeds
from sign2text.ground.errors import InputError
from sign2text.scoring.statement import shown_seed

Members = Sequence[Sequence[Compared]]
"""The runs of each member; the first one represents it."""


def into_members(compared: Sequence[Compared], runs: Sequence[int], where: str) -> Members:
    """Group runs by member, with the representative run first.

    Args:
        compared: all runs; the runs of one member are consecutive.
        runs: number of runs of each member; if empty, each run is a member.
        where: the comparison's key in config.yaml, for messages.

    Raises:
        InputError: the counts do not add up, or the runs of one member are not seeds of the same
            experiment.
    """
    if not runs:
        return [[each] for each in compared]
    if len(runs) < 2 or min(runs) < 1 or sum(runs) != len(compared):
        raise InputError(
            f"--runs: found {' '.join(map(str, runs))}, expected for each of two or more members "
            f"how many runs it has, {len(compared)} together, as --scores names files"
        )
    waiting = iter(compared)
    members = [[next(waiting) for _ in range(count)] for count in runs]
    for member in members:
        check_seeds([ScoreRun(each.path.as_posix(), each.result) for each in member], where)
    return members


def seed_notes(members: Members) -> list[str]:
    """Say for each member with several runs which results are of the first run alone."""
    return [
        f"{first.name} has {1 + len(further)} runs. Tests, groups of clips, sentences and "
        f"translations are of the first one alone, seed {shown_seed(first.result['seed'])}; all of "
        "them are in the comparison over seeds."
        for first, *further in members
        if further
    ]
