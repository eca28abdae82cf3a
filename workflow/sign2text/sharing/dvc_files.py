"""The .dvc files: one a job, in artefacts/, with its outputs and Snakemake's records of them.

They are what git keeps of an artefact. Each names under `meta` the files of the jobs before it, so
that a target's can be found where nothing of it is there yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sign2text.errors import InputError
from sign2text.files import locked, replacing
from sign2text.lineage.provenance_file import SUFFIX

FOLDER = Path("artefacts")
PARTIAL = Path(".artefacts.partial")
"""Where .dvc files are until all is pushed. As deep as FOLDER, so that their paths hold there too;
no name that git ignores, since DVC reads no such file."""
_HEADER = (
    "# Written by `sign2text publish` (docs/sharing.md). Pulled by `sign2text pull`, or dvc pull.\n"
)


@dataclass(frozen=True)
class Out:
    """A file that DVC keeps."""

    path: str
    """Relative to the workflow's folder."""
    md5: str
    bytes: int


@dataclass(frozen=True)
class DvcFile:
    """A .dvc file as it was read."""

    place: str
    outs: tuple[Out, ...]
    needs: tuple[str, ...]
    """The .dvc files of the jobs that it was made from."""

    @property
    def outputs(self) -> list[Out]:
        """Those of `outs` that are no records of Snakemake."""
        return [out for out in self.outs if not out.path.startswith(".snakemake/")]


def dvc_place(provenance: str) -> Path:
    """The .dvc file of the job whose provenance lies there.

    >>> dvc_place("results/avatar/fla_llm.provenance.json").as_posix()
    'artefacts/results/avatar/fla_llm.dvc'
    """
    return FOLDER / f"{provenance.removesuffix(SUFFIX)}.dvc"


def write_dvc_file(place: Path, paths: Sequence[str], needs: Sequence[Path]) -> None:
    """Write a .dvc file without hashes; `dvc commit` fills them in."""
    import yaml

    values = {
        "wdir": Path(os.path.relpath(".", place.parent)).as_posix(),
        "outs": [{"path": path, "hash": "md5"} for path in paths],
        "meta": {"needs": sorted(each.as_posix() for each in needs)},
    }
    with replacing(place) as temporary:
        temporary.write_text(_HEADER + yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


@contextmanager
def replacing_together(places: Sequence[Path]) -> Iterator[list[Path]]:
    """Give temporary paths for .dvc files; put all in their places when the block ends well.

    When it does not, FOLDER stays as it was: what lies there is committed to git.
    """
    with locked(Path(".dvc/tmp/publish.lock"), FOLDER.as_posix()):
        shutil.rmtree(PARTIAL, ignore_errors=True)  # a killed process left it
        try:
            temporary = [PARTIAL / place.relative_to(FOLDER) for place in places]
            yield temporary
            for written, place in zip(temporary, places, strict=True):
                with replacing(place) as copy:
                    shutil.copyfile(written, copy)
        finally:
            shutil.rmtree(PARTIAL, ignore_errors=True)


def read_dvc_file(place: Path) -> DvcFile:
    """Read a .dvc file that publish wrote.

    Raises:
        InputError: it is of another form, was never pushed, or names files that no job makes:
            nothing outside results/, resources/ and Snakemake's records is pulled.
    """
    import yaml

    try:
        values = yaml.load(place.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        base = PurePosixPath(os.path.normpath(place.parent / values["wdir"]))
        outs = tuple(_out(base, given) for given in values["outs"])
        needs = tuple(values["meta"]["needs"])
    except FileNotFoundError:
        raise InputError(
            f"{place}: missing; it was not committed with those that need it"
        ) from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{place}: is not one that `sign2text publish` wrote ({type(error).__name__}: "
            f"{error}). Use dvc itself for it, or publish again."
        ) from None
    for path in [out.path for out in outs]:
        if not _is_workflows(path):
            raise InputError(
                f"{place}: outs: found {path}, expected files under results/, resources/ and "
                ".snakemake/metadata/ alone; nothing was pulled"
            )
    for need in needs:
        if not _is_below(need, FOLDER.as_posix()) or not need.endswith(".dvc"):
            raise InputError(f"{place}: meta.needs: found {need}, expected files under {FOLDER}/")
    return DvcFile(place.as_posix(), outs, needs)


def find_published(target: str) -> Path | None:
    """The .dvc file of the job that made `target`, None where it was not published."""
    target = PurePosixPath(target).as_posix()
    for place in sorted(FOLDER.rglob("*.dvc")):
        # Most of them are ruled out without being parsed.
        if target in place.read_text(encoding="utf-8") and any(
            out.path == target for out in read_dvc_file(place).outs
        ):
            return place
    return None


def with_all_needed(place: Path) -> Iterator[DvcFile]:
    """A .dvc file and all that are needed with it, each once."""
    waiting, seen = [place.as_posix()], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            found = read_dvc_file(Path(name))
            yield found
            waiting += found.needs


def check_no_links(paths: Iterable[str]) -> None:
    """Raise InputError where a folder on the way to one of `paths` is a link: DVC takes none."""
    folders = {folder for path in paths for folder in PurePosixPath(path).parents}
    if links := sorted(str(folder) for folder in folders if Path(folder).is_symlink()):
        raise InputError(
            f"{', '.join(links)}: a link to another place, behind which DVC keeps no files. Mount "
            "that place here instead of linking it, or work in a clone that lies there"
        )


def published_targets() -> list[str]:
    """The score files that were published."""
    return sorted(
        place.relative_to(FOLDER).with_suffix(".bleu").as_posix()
        for place in FOLDER.glob("results/*/*.dvc")
    )


def _out(base: PurePosixPath, given: Mapping[str, Any]) -> Out:
    path = PurePosixPath(os.path.normpath(base / given["path"])).as_posix()
    return Out(path, given["md5"], int(given["size"]))


def _is_workflows(path: str) -> bool:
    return any(_is_below(path, root) for root in ("results", "resources", ".snakemake/metadata"))


def _is_below(path: str, folder: str) -> bool:
    parts = PurePosixPath(path).parts
    return ".." not in parts and parts[: folder.count("/") + 1] == PurePosixPath(folder).parts
