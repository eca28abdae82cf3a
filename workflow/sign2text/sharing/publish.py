"""Push the artefacts of a target to DVC's remote, and write their .dvc files to artefacts/."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.addresses import secrets_in
from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import (
    absolute_paths,
    check_unlocked,
    read_record,
    record_path,
)
from sign2text.lineage.chain import Chain, Job, trace
from sign2text.lineage.verify import verify
from sign2text.lineage.withheld import is_withheld
from sign2text.sharing.dvc_command import check_repository, default_remote, run_dvc
from sign2text.sharing.dvc_files import (
    check_no_links,
    dvc_place,
    read_dvc_file,
    replacing_together,
    without_modes,
    write_dvc_file,
)
from sign2text.sharing.frozen_parts import parts_left_behind

if TYPE_CHECKING:
    from sign2text.config.project import Project

SHOWN = 10  # findings listed in an error


@dataclass(frozen=True)
class Parcel:
    """Published files of one job."""

    place: Path
    """The job's .dvc file."""
    outputs: tuple[str, ...]
    records: tuple[str, ...]
    needs: tuple[Path, ...]
    withheld: tuple[str, ...]
    weights: tuple[str, ...] = ()
    """Files of a fetched published model that is a frozen part of a translator. No rule declares
    them."""

    @property
    def paths(self) -> tuple[str, ...]:
        return self.outputs + self.weights + self.records


def pack(chain: Chain, project: Project, *, pictures: bool = False) -> list[Parcel]:
    """Return the files to publish of each job in `chain`, after checking that all can be published.

    Args:
        pictures: include frames and videos of corpora that were not rendered here.

    Raises:
        InputError: a job was not run, a record of Snakemake is missing, a file contains a path of
            this machine or a secret, or a frozen part of a model would be missing.
    """
    if missing := [job.key for job in chain.jobs.values() if job.made is None]:
        raise InputError(
            f"{chain.target}: not all of it is made; missing: {', '.join(missing)}. Have it made: "
            f"snakemake --cores all {chain.target}"
        )
    weights = parts_left_behind(chain)
    return [
        replace(_pack_job(job, chain, project, pictures), weights=weights.get(job.key, ()))
        for job in reversed(chain.made)
    ]


def check_all(chain: Chain, project: Project, watch: Callable[[Iterable], Iterable] = iter) -> None:
    """Raise InputError if a file of `chain` changed since its hash was recorded."""
    found = verify(chain, withheld=partial(is_withheld, project), watch=watch).findings
    if found:
        more = f"\n... and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise InputError(
            f"{chain.target}: not published, since its files have changed or are missing:\n"
            + "\n".join(map(str, found[:SHOWN]))
            + more
        )


def check_nothing_due(target: str, configfile: Path) -> None:
    """Raise InputError if Snakemake would run a job for `target`."""
    command = [sys.executable, "-P", "-m", "snakemake", "--dry-run", "--configfile"]
    done = subprocess.run(
        [*command, str(configfile), "--", target],
        capture_output=True,
        text=True,
        errors="backslashreplace",
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode:
        raise InputError(f"snakemake --dry-run {target} failed:\n{said.strip()[-2000:]}")
    if "Nothing to be done" not in said:
        due = sorted(set(re.findall(r"^(?:local)?rule (\w+):$", said, re.MULTILINE)))
        raise InputError(
            f"{target}: is not what config.yaml and the code say now; due: {', '.join(due)}. Have "
            f"it made, then publish: snakemake --cores all {target}"
        )


def publish(
    target: str,
    project: Project,
    configfile: Path,
    *,
    remote: str | None = None,
    pictures: bool = False,
    only_list: bool = False,
    watch: Callable[[Iterable], Iterable] = iter,
) -> list[Parcel]:
    """Push `target` and everything it depends on, and write the .dvc files that name these files.

    The .dvc files are written after everything is pushed: until then, and after an error,
    artefacts/ is unchanged.

    Args:
        target: path relative to the workflow's folder, which is the current one.
        configfile: the configuration that the target was made with.
        remote: DVC's name of the remote; None: its default remote.
        pictures: include frames and videos of corpora that were not rendered here.
        only_list: check everything, but write and push nothing.
        watch: passes on the files to compare, for a progress bar.

    Raises:
        InputError: a job is due for the target, a file changed since it was made, or the remote is
            missing or cannot be reached.
    """
    check_repository()
    check_unlocked()
    chain = trace(target, project)
    parcels = pack(chain, project, pictures=pictures)
    check_no_links(path for parcel in parcels for path in parcel.paths)
    if not only_list:
        remote = remote or default_remote()  # first, because reading all files takes long
    check_nothing_due(target, configfile)
    check_all(chain, project, watch)
    if only_list:
        return parcels
    with replacing_together([parcel.place for parcel in parcels]) as places:
        for place, parcel in zip(places, parcels, strict=True):
            write_dvc_file(place, parcel.paths, parcel.needs)
        names = [place.as_posix() for place in places]
        # Do not replace the files by links, which would change their modification times.
        run_dvc("commit", "--force", "--no-relink", *names)
        for place in places:
            without_modes(place)
            read_dvc_file(place)  # the check that a pull makes
        run_dvc("push", "--remote", remote, *names, show=sys.stderr.isatty())
    return parcels


def _pack_job(job: Job, chain: Chain, project: Project, pictures: bool) -> Parcel:
    provenance = job.made.place
    paths = [file.path for file in job.made.outputs]
    withheld = () if pictures else tuple(p for p in paths if is_withheld(project, job, p))
    # Withheld files' records are published, too: Snakemake needs those of all outputs of a job.
    records = [record_path(path) for path in paths]
    for path in paths:
        read_record(path)
    _check_places([Path(provenance), *records])
    return Parcel(
        dvc_place(provenance),
        tuple(path for path in (*paths, provenance) if path not in withheld),
        tuple(path.as_posix() for path in records),
        tuple(dvc_place(chain.jobs[key].made.place) for key in job.reads),
        withheld,
    )


def _check_places(paths: Sequence[Path]) -> None:
    for path in paths:
        text = path.read_text(encoding="utf-8")
        # Search the values, where nothing is escaped; both types of file were parsed before.
        if found := secrets_in(json.loads(text)):
            raise InputError(
                f"{path}: holds a user, password or token in the address {', '.join(found)}, and "
                "would carry it to all others. Take it out of the setting in config.yaml (write "
                "${NAME} for what the environment holds, or use ~/.netrc), make it again, and "
                "replace the secret: it is in the files of this folder."
            )
        if found := absolute_paths(text):
            raise InputError(
                f"{path}: names {', '.join(found)}, a place of this machine, and would carry it to "
                "all others. Where a setting of config.yaml names it, as a published model's "
                "folder, put a path relative to the project's folder there and make it again."
            )
