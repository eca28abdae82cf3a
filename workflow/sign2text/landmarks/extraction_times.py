"""Time that the extraction of a landmark store took, from the provenances of its shards."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path
from sign2text.landmarks.store import LandmarkStore
from sign2text.lineage.provenance_file import SUFFIX, read_provenance


class Times(NamedTuple):
    """Frames of the shards whose times are known, and the sums of these times."""

    frames: int
    seconds: float
    """Wall time."""
    cpu_seconds: float | None
    """Processor time of all processes; None if a job did not measure it."""

    @property
    def core_rate(self) -> float | None:
        """Frames a second and core."""
        return self.frames / self.cpu_seconds if self.cpu_seconds else None


def extraction_times(store: LandmarkStore) -> Times | None:
    """Sum the times of the jobs that extracted a store's shards; None if none is known.

    Provenances are no inputs of a stage, since their times differ from run to run: what is missing
    or invalid is left out.
    """
    found = [times for shard in store.shards if (times := _of_shard(shard))]
    if not found:
        return None
    used = [each.cpu_seconds for each in found]
    return Times(
        sum(each.frames for each in found),
        sum(each.seconds for each in found),
        None if None in used else sum(used),
    )


def _of_shard(shard: Path) -> Times | None:
    # `..` leads to the folder of the stage that extracts shards; resolved, it is named.
    stage = shard.parent.resolve().name
    with contextlib.suppress(InputError, OSError):
        made = read_provenance(shard.with_name(f"{stage}.{shard.stem}{SUFFIX}"))
        frames = int(LandmarkStore(index_path(shard)).lengths.sum())
        return Times(frames, made.seconds, made.cpu_seconds)
    return None
