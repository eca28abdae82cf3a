"""Bring a published corpus to its place: fetch or find its archives, unpack them, list what came.

If a publisher requires a signed form or a browser, list the files to fetch and where to put them,
then check the files that arrive.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from glob import escape
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from sign2text.ground.errors import InputError
from sign2text.ground.settings import AdapterName, LowestRate, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.fetching.acquisition import Source
    from sign2text.fetching.archive_parts import Archive

SCOPE = "corpus"
READS = ()

log = logging.getLogger(__name__)


def _checked(address: str | None) -> str | None:
    """Raise ValueError if an address is invalid or holds a secret."""
    from sign2text.ground.addresses import check_address

    if address is not None:
        check_address(address)
    return address


@stage_config
class Config:
    # avatar is valid here because the settings of every stage are read on every data set.
    adapter: Annotated[
        AdapterName, Field(description="which corpus; the data set's key `adapter`")
    ] = "avatar"
    text_alone: Annotated[
        bool,
        Field(
            description="the annotations are enough: the publisher's archive is not fetched, and "
            "no videos are listed; the data set's key"
        ),
    ] = False
    address: Annotated[
        str | None,
        AfterValidator(_checked),
        Field(
            json_schema_extra={"pattern": r"^https?://\S+$"},
            description="address of its archive; null: the publisher's, if it is a plain "
            "download (PHOENIX-2014T); ${NAME} in it is the value of "
            "the environment variable SIGN2TEXT_NAME",
        ),
    ] = None
    bytes: Annotated[
        int | None, Field(ge=1, description="size of the archive, its parts joined; null: any")
    ] = None
    sha256: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9a-f]{64}$",
            description="SHA-256 of the archive, its parts joined; null: any",
        ),
    ] = None
    retries: Annotated[
        int,
        Field(ge=0, description="further attempts in a row that bring nothing new; waits double"),
    ] = 8
    lowest_rate: LowestRate = 1000


def run(*, output: Path, config: Config, threads: int = 1, table: str | None = None) -> None:
    """Write checksums.tsv of the corpus into the folder of `output`; fetch the corpus if missing.

    `table` names the table file of a corpus that a table describes, such as the adapter `table`'s.
    Raises InputError if the
    corpus is missing and cannot be fetched (the message says what to do), or if its files are
    damaged.
    """
    from sign2text.data.class_adapters import find_adapter
    from sign2text.data.raw_files import write_checksums
    from sign2text.data.table_text import read_table_text
    from sign2text.fetching.acquisition import SOURCES

    if config.adapter not in SOURCES:
        raise InputError(
            f"adapter: found {config.adapter}, expected one of {', '.join(SOURCES)}; the avatar's "
            "corpora are rendered by synthesize_avatar and synthesize_classes"
        )
    source, adapter = SOURCES[config.adapter], find_adapter(config.adapter)
    if not adapter.REQUIRED and not table:
        raise InputError("--table: found nothing, expected the name of the corpus's table")
    folder = output.parent
    output.unlink(missing_ok=True)
    required = adapter.REQUIRED or (table,)
    root = put_in_place(folder, source, adapter, required, config, table)
    if not adapter.REQUIRED:
        name = _stored_name(root, table)
        read_table_text(root / name)  # refuse a spreadsheet or another encoding before listing
        required = (escape(name),)
    base, annotations, media = what_to_list(
        folder, root, source, adapter, required, text_alone=config.text_alone
    )
    write_checksums(output, base, annotations, media, threads)


def what_to_list(
    folder: Path,
    root: Path,
    source: Source,
    adapter: ModuleType,
    required: Sequence[str],
    *,
    text_alone: bool = False,
) -> tuple[Path, Sequence[str], Sequence[str]]:
    """Return a folder, and the patterns in it of the annotations and media to list.

    The log names annotations and media that differ from the publisher's layout. A corpus that is
    read for its text alone has no media.
    """
    from sign2text.data.corpus_folder import WIDEST, folders_below
    from sign2text.data.raw_files import find_media

    if not hasattr(adapter, "files_of"):  # no copies of its corpus have another layout
        return root, required, () if text_alone else source.media
    files = adapter.files_of(root)
    if files != required:
        log.info("%s: the annotations are %s", root, ", ".join(files))
    required = [escape(name) for name in files]
    if text_alone:
        return root, required, ()
    found = find_media(root, folders_below(folder, WIDEST), (source.media, *source.other_media))
    if found is None:
        log.warning(
            "%s: found the annotations %s; the clips are missing, expected in %s or another of its "
            "places (docs/%s.md). Nothing is fetched where annotations are there",
            folder,
            ", ".join(files),
            root / source.media[0],
            adapter.__name__.rpartition(".")[2],
        )
    if found is None or found[0] == root:
        return root, required, found[1] if found else source.media
    base, media = found
    log.info("%s: the clips are in %s", folder, base)
    prefix = {each: escape(each.relative_to(folder).as_posix()) for each in (root, base)}
    return (
        folder,
        [f"{prefix[root]}/{name}" for name in required],
        [f"{prefix[base]}/{pattern}" for pattern in media],
    )


def _stored_name(root: Path, table: str) -> str:
    """Return the table's name as stored on disk, possibly in another Unicode form."""
    from sign2text.data.stored_paths import stored_path

    return (stored_path(root / table) or root / table).relative_to(root).as_posix()


def put_in_place(
    folder: Path,
    source: Source,
    adapter: ModuleType,
    required: tuple[str, ...],
    config: Config,
    table: str | None = None,
) -> Path:
    """Unpack or fetch everything that is missing, and return the folder with the annotations."""
    from sign2text.fetching.acquisition import instructions
    from sign2text.fetching.archives import finish_unpacking

    def find_root() -> Path | None:
        return adapter.find_root(folder, SimpleNamespace(table=SimpleNamespace(file=table)))

    finish_unpacking(folder)
    if config.text_alone and (root := find_root()) is not None:
        return root  # leave archives of videos packed
    # Annotations alone do not show that separately shipped pieces have arrived.
    for piece in source.pieces:
        if not piece.is_there(folder) if piece.unpacked else find_root() is None:
            for archive in piece.find_archives(folder):
                check_and_unpack(
                    archive, folder, config if piece.is_checked else None, piece.own_folder
                )
    address = config.address or (None if config.text_alone else source.address)
    if find_root() is None and address:
        if not config.address:
            check_nothing_there(folder, source, adapter, required)
        check_and_unpack(fetch(address, folder, config), folder, None)
    root = find_root()
    if root is None:
        hints = list(_spreadsheets(folder, table))
        if config.text_alone:
            hints.append(
                f"This data set is read by its text alone: {' and '.join(required)} are enough. "
                "Nothing is fetched for it, unless acquire_corpus has an address."
            )
        raise instructions(source, folder, required, hints)
    return root


def check_nothing_there(
    folder: Path, source: Source, adapter: ModuleType, required: Sequence[str]
) -> None:
    """Raise InputError if a part of the corpus is there: its owner wants no second copy.

    An archive in the folder does not count as a part: it is unpacked instead of being fetched.
    """
    from sign2text.data.corpus_folder import WIDEST, folders_below
    from sign2text.data.raw_files import find_media
    from sign2text.fetching.acquisition import refusal

    if any(piece.find_archives(folder) for piece in source.pieces):
        return
    found = [*adapter.find_traces(folder)] if hasattr(adapter, "find_traces") else []
    missing = f"annotations, {', '.join(required)}, or a pickle for each split"
    media = find_media(folder, folders_below(folder, WIDEST), (source.media, *source.other_media))
    if media is not None:
        found.append(f"clips ({media[0] / media[1][0]})")
    if found:
        raise refusal(source, folder, found, missing)


def _spreadsheets(folder: Path, table: str | None) -> Iterator[str]:
    """Yield a line about spreadsheets found where the table should be."""
    from sign2text.data.table_text import SAVE_AS, SPREADSHEETS

    if table is None or not folder.is_dir():
        return
    found = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SPREADSHEETS)
    if found:
        yield f"{', '.join(found[:8])}: a spreadsheet is no table in text. {SAVE_AS}"


def fetch(address: str, folder: Path, config: Config) -> Archive:
    """Return the archive at `address`, downloaded into `folder` unless it is there already."""
    from sign2text.fetching.archive_parts import Archive
    from sign2text.fetching.download import download, file_name
    from sign2text.ground.addresses import shown

    target = folder / file_name(address, otherwise=f"{config.adapter}.archive")
    folder.mkdir(parents=True, exist_ok=True)
    archive = Archive(target.name, (target,))
    if target.exists():
        archive.check(config.bytes, config.sha256)
    else:
        log.info("fetching %s", shown(address))
        download(
            address,
            target,
            size=config.bytes,
            sha256=config.sha256,
            retries=config.retries,
            lowest_rate=config.lowest_rate,
            environment=os.environ,
        )
        log.info("%s: stays there; it may be deleted when the corpus is unpacked", target)
    return archive


def check_and_unpack(
    archive: Archive, folder: Path, config: Config | None, own_folder: bool = False
) -> None:
    """Unpack `archive` into `folder`, after checking its size and hash if `config` is given."""
    from sign2text.fetching.archives import unpack
    from sign2text.fetching.download import check_free

    if config is not None:
        archive.check(config.bytes, config.sha256)
    # Images and videos are compressed already, so an archive is as large as its contents.
    check_free(folder, int(1.2 * archive.bytes), f"unpacking {archive.name}")
    unpack(archive, folder, own_folder=own_folder)


if __name__ == "__main__":
    command_line(run)
