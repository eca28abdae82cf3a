"""The .dvc files in artefacts/: one per job, with its outputs and Snakemake's records of them.

Of an artefact, git keeps only this file. Each file names under `meta` the .dvc files of the jobs it
depends on, so that all files of a target can be found before any of them is there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sign2text.config.stages import NOT_EXPERIMENTS
from sign2text.ground.errors import InputError
from sign2text.ground.files import locked, replacing
from sign2text.ground.storage import writing
from sign2text.ground.terminal import visible
from sign2text.lineage.provenance_file import SUFFIX
from sign2text.sharing.dvc_form import FOLDER, Out, check_apart, check_form, wdir_of
from sign2text.sharing.plain_yaml import parse_plain

log = logging.getLogger(__name__)

PARTIAL = Path(".artefacts.partial")
"""Folder of .dvc files until everything is pushed. It has the same depth as FOLDER, so that the
files' relative paths stay valid, and git does not ignore its name, since DVC reads no such
files."""
LARGEST = 2**18
"""Bytes of a .dvc file; a file with a thousand outputs has about 80 % of this."""
MOST_JOBS = 1000
"""Jobs needed for one target; there are usually about 20."""
_HEADER = (
    "# Written by `sign2text publish` (docs/sharing.md). Pulled by `sign2text pull`, or dvc pull.\n"
)


@dataclass(frozen=True)
class DvcFile:
    """Contents of a .dvc file."""

    place: str
    outs: tuple[Out, ...]
    needs: tuple[str, ...]
    """The .dvc files of the jobs that this job depends on."""

    @property
    def outputs(self) -> list[Out]:
        """All `outs` except Snakemake's records."""
        return [out for out in self.outs if not out.path.startswith(".snakemake/")]


def dvc_place(provenance: str) -> Path:
    """Return the .dvc file of the job with this provenance file.

    >>> dvc_place("results/avatar/fla_llm.provenance.json").as_posix()
    'artefacts/results/avatar/fla_llm.dvc'
    """
    return FOLDER / f"{provenance.removesuffix(SUFFIX)}.dvc"


def write_dvc_file(place: Path, paths: Sequence[str], needs: Sequence[Path]) -> None:
    """Write a .dvc file without hashes; `dvc commit` adds them."""
    import yaml

    outs = [{"path": path, "hash": "md5"} for path in paths]
    needs = sorted(each.as_posix() for each in needs)
    values = {"wdir": wdir_of(place), "outs": outs, "meta": {"needs": needs}}
    with replacing(place) as temporary:
        temporary.write_text(_HEADER + yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def without_modes(place: Path) -> None:
    """Remove `isexec` from a committed .dvc file: some file systems mark all files executable."""
    text = place.read_text(encoding="utf-8")
    plain = re.sub(r"^  isexec: true\n", "", text, flags=re.MULTILINE)
    if plain != text:
        with replacing(place) as temporary:
            temporary.write_text(plain, encoding="utf-8")


@contextmanager
def replacing_together(places: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield temporary paths for .dvc files; move all to their places if the block succeeds.

    If it fails, FOLDER stays unchanged, since its content is committed to git.
    """
    check_no_links(place.as_posix() for place in places)
    with _partial():
        temporary = [PARTIAL / place.relative_to(FOLDER) for place in places]
        yield temporary
        for written, place in zip(temporary, places, strict=True):
            with replacing(place) as copy:
                shutil.copyfile(written, copy)


@contextmanager
def copies(files: Sequence[DvcFile]) -> Iterator[list[str]]:
    """Yield paths of .dvc files with the checked content of `files`, and nothing else.

    DVC reads these instead of files from others, since it interprets YAML in its own way.
    """
    with _partial():
        places = [PARTIAL / PurePosixPath(each.place).relative_to(FOLDER) for each in files]
        for place, each in zip(places, files, strict=True):
            outs = [
                {"path": out.path, "hash": "md5", "md5": out.md5, "size": out.bytes}
                for out in each.outs
            ]
            values = {"wdir": wdir_of(place), "outs": outs}
            # In JSON, all YAML readers agree: an md5 such as 12e4... is not a number.
            with writing(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        yield [place.as_posix() for place in places]


def read_dvc_file(place: Path) -> DvcFile:
    """Read a .dvc file that publish wrote.

    Raises:
        InputError: the file has another form, was never pushed, or names files that no job makes.
            Only files in results/, resources/ and Snakemake's records are pulled.
    """
    try:
        values = parse_plain(_read(place))
    except FileNotFoundError:
        raise InputError(
            f"{place}: missing; it was not committed with those that need it"
        ) from None
    except ValueError as error:
        raise InputError(
            f"{place}: is not one that `sign2text publish` wrote ({error}). Use dvc itself for it, "
            "or publish again."
        ) from None
    return DvcFile(place.as_posix(), *check_form(place, values))


def find_published(target: str) -> Path | None:
    """Return the .dvc file of the job that made `target`, None if it was not published.

    Other files that cannot be read are skipped with a warning.

    Raises:
        InputError: only files that cannot be read name `target`.
    """
    target = PurePosixPath(target).as_posix()
    refused = None
    for place in sorted(_dvc_places()):
        try:
            # This rules out most files without parsing them.
            named = target.encode("utf-8", "surrogateescape") in _read(place)
        except (InputError, OSError) as error:
            log.warning("%s", visible(f"Passed over: {error}"))
            continue
        try:
            if named and any(out.path == target for out in read_dvc_file(place).outs):
                return place
        except InputError as error:
            log.warning("%s", visible(f"Passed over: {error}"))
            refused = refused or error
    if refused is not None:
        raise refused
    return None


def with_all_needed(place: Path) -> Iterator[DvcFile]:
    """Yield a .dvc file and all files that it needs, without duplicates.

    Raises:
        InputError: one of them is missing or has another form, there are more than MOST_JOBS, or
            two of them contain the same file.
    """
    waiting, files = [place.as_posix()], {}
    while waiting:
        name = waiting.pop()
        if name not in files:
            if len(files) >= MOST_JOBS:
                raise InputError(
                    f"{place}: needs more than {MOST_JOBS} other .dvc files, expected fewer; "
                    "nothing was pulled. Pull what was made by fewer jobs."
                )
            files[name] = read_dvc_file(Path(name))
            waiting += files[name].needs
    check_apart([(each.place, each.outs) for each in files.values()])
    yield from files.values()


def check_no_links(paths: Iterable[str]) -> None:
    """Raise InputError if a folder on the path to one of `paths` is a link: DVC refuses links."""
    folders = {folder for path in paths for folder in PurePosixPath(path).parents}
    if links := sorted(str(folder) for folder in folders if Path(folder).is_symlink()):
        raise InputError(
            f"{', '.join(links)}: a link to another place, behind which DVC keeps no files. Mount "
            "that place here instead of linking it, or work in a clone that lies there"
        )


def check_free(paths: Sequence[str]) -> None:
    """Raise InputError if a non-file is at one of `paths`, or a non-folder at a parent."""
    check_no_links(paths)
    for path in map(Path, paths):
        if path.is_symlink() or (path.exists() and not path.is_file()):
            kind = "a link" if path.is_symlink() else "a folder or device"
            raise InputError(
                f"{path}: found {kind}, expected a file or nothing where a published file is to "
                "come; nothing was pulled. Move it away"
            )
    for folder in {folder for path in paths for folder in PurePosixPath(path).parents}:
        if Path(folder).exists() and not Path(folder).is_dir():
            raise InputError(
                f"{folder}: found a file, expected a folder for published files; nothing was "
                "pulled. Move it away"
            )


def published_targets() -> list[str]:
    """Return the published score files, those of further languages included."""
    places = [*FOLDER.glob("results/*/*.dvc"), *FOLDER.glob("results/*/*/*.dvc")]
    return sorted(
        place.relative_to(FOLDER).with_suffix(".bleu").as_posix()
        for place in places
        if place.relative_to(FOLDER).parts[2] not in NOT_EXPERIMENTS
    )


@contextmanager
def _partial() -> Iterator[None]:
    """Create PARTIAL as an empty folder for the block; remove it at the end."""
    with locked(Path(".dvc/tmp/publish.lock"), FOLDER.as_posix()):
        try:
            _remove_partial()  # left by a killed process
            PARTIAL.mkdir()
            yield
        finally:
            _remove_partial()


def _remove_partial() -> None:
    if PARTIAL.is_symlink() or PARTIAL.is_file():
        PARTIAL.unlink()
    shutil.rmtree(PARTIAL, ignore_errors=True)


def _dvc_places() -> Iterator[Path]:
    """Yield the .dvc files below FOLDER, without following links."""
    waiting = [FOLDER] if FOLDER.is_dir() else []
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".dvc"):
                    yield Path(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))


def _read(place: Path) -> bytes:
    """Return the bytes of a .dvc file; InputError if it is no file, behind a link or too large."""
    check_no_links([place.as_posix()])
    status = place.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{place}: found a folder, link or device, expected a file; remove it")
    if status.st_size > LARGEST:
        raise InputError(
            f"{place}: is not one that `sign2text publish` wrote: found {status.st_size} bytes, "
            f"expected at most {LARGEST}. Publish it again."
        )
    return place.read_bytes()
