"""Pull published artefacts to their places, with their content and times."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sign2text.config.published_models import ROOT as MODELS
from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import (
    INCOMPLETE,
    check_record,
    check_unlocked,
    end_of,
    output_of,
)
from sign2text.lineage.provenance_file import SUFFIX
from sign2text.sharing.dvc_command import check_repository, run_dvc
from sign2text.sharing.dvc_files import (
    PARTIAL,
    DvcFile,
    check_free,
    copies,
    find_published,
    published_targets,
    with_all_needed,
)
from sign2text.sharing.dvc_form import FOLDER, Out

CACHE = Path(".dvc/cache/files/md5")


def pull(
    target: str,
    *,
    remote: str | None = None,
    force: bool = False,
    watch: Callable[[Iterable[Out]], Iterable[Out]] = iter,
) -> list[DvcFile]:
    """Pull `target` and everything it depends on; return the contents of their .dvc files.

    Every file is compared with its hash in git, and gets its original modification time, so that
    Snakemake need not compare its content.

    Args:
        target: a published file of the workflow.
        remote: DVC's name of the remote; None: its default remote.
        force: overwrite files made here that differ from the published ones.
        watch: passes on the files to compare, for a progress bar.

    Raises:
        InputError: the target was not published, cannot be reached, or would overwrite files made
            here; or a pulled file differs from the published one.
    """
    check_repository()
    check_unlocked()
    place = find_published(target)
    if place is None:
        names = ", ".join(published_targets()) or "nothing"
        raise InputError(
            f"{target}: no .dvc file under {FOLDER}/ names it; published here: {names}. Pull what "
            "others have committed (git pull), or publish it where it was made."
        )
    files = list(with_all_needed(place))
    check_free([out.path for each in files for out in each.outs])
    more = [*(["--force"] if force else []), *(["--remote", remote] if remote else [])]
    try:
        with copies(files) as places:
            run_dvc("pull", *more, *places, show=sys.stderr.isatty())
    except InputError as error:
        error = InputError(str(error).replace(PARTIAL.as_posix(), FOLDER.as_posix()))
        if "without confirmation" not in str(error) and not sys.stderr.isatty():
            raise error from None
        raise InputError(
            f"{error}\nWhere files were made here and are other than those published, --force "
            "overwrites them."
        ) from None
    check_arrived([out for each in files for out in each.outs], watch)
    check_records([out for each in files for out in each.outs])
    restore_times(files)
    INCOMPLETE.mkdir(parents=True, exist_ok=True)
    return files


def check_arrived(
    outs: Sequence[Out], watch: Callable[[Iterable[Out]], Iterable[Out]] = iter
) -> None:
    """Compare files with their sizes and hashes in git; remove those that differ.

    DVC itself trusts the content of its cache and remotes.

    Raises:
        InputError: a file differs or is missing.
    """
    bad = []
    for out in watch(outs):
        path = Path(out.path)
        is_file = path.is_file() and not path.is_symlink()
        found, expected = md5_of(path) if is_file else "nothing", f"md5 {out.md5}"
        if found == out.md5 and (size := path.stat().st_size) != out.bytes:
            found, expected = f"{size} bytes", f"{out.bytes} bytes"
        elif found == out.md5:
            continue
        if path.is_symlink() or path.is_file():
            path.unlink()
        bad.append(
            f"{out.path}: found {found}, expected {expected}; "
            f"delete {CACHE / out.md5[:2] / out.md5[2:]}"
        )
    if bad:
        raise InputError(
            "What came is not what was published, and was removed:\n"
            + "\n".join(bad)
            + "\nDelete DVC's copies as said and pull again. If it comes again the same, the "
            "remote's own copy is damaged: delete it there, and publish from where it is whole."
        )


def check_records(outs: Sequence[Out]) -> None:
    """Check the pulled records of Snakemake; remove those that Snakemake could not use.

    Raises:
        InputError: there is such a record.
    """
    bad = []
    for out in outs:
        if (output := output_of(out.path)) is not None:
            try:
                check_record(output)
            except InputError as error:
                Path(out.path).unlink()
                bad.append(str(error))
    if bad:
        raise InputError(
            "Snakemake's records that came are not what it writes, and were removed:\n"
            + "\n".join(bad)
            + "\nPublish it again from where it was made."
        )


def restore_times(files: Sequence[DvcFile]) -> None:
    """Set the outputs' modification times to those of when they were made.

    Of a published model, only the manifest is an output. Its other files are pulled if it is a
    frozen part of a translator; Snakemake does not check their times.
    """
    for each in files:
        recorded = {output_of(out.path) for out in each.outs}
        for out in each.outputs:
            if out.path.endswith(SUFFIX):
                continue  # no output of its rule; Snakemake does not look at it
            if out.path.startswith(f"{MODELS}/") and out.path not in recorded:
                continue
            ended = end_of(out.path)
            os.utime(out.path, (ended, ended))


def md5_of(path: Path) -> str:
    """Return a file's MD5 as hexadecimal digits, by which DVC names it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest()
