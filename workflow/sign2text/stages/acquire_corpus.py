"""Bring a published corpus to its place: fetch or find its archives, unpack them, list what came.

Where a publisher wants a signed form or a browser, say what to fetch and where to put it, and check
what was put there.
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
    """Raise ValueError where an address is none, or holds a secret."""
    from sign2text.ground.addresses import check_address

    if address is not None:
        check_address(address)
    return address


@stage_config
class Config:
    # avatar is among them since every stage is asked for its settings on every data set.
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
            description="where its archive is fetched from; null is the publisher's address, where "
            "there is a plain download (PHOENIX-2014T); ${NAME} in it stands for the "
            "environment's variable SIGN2TEXT_NAME",
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
    """Write checksums.tsv of the corpus in the folder of `output`, which is fetched if need be.

    `table` is the name of the table of a corpus with the adapter table. Raises InputError when the
    corpus is not there and cannot be fetched, with what to do; and when what was fetched or put
    there is damaged.
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
    if config.adapter == "table" and not table:
        raise InputError("--table: found nothing, expected the name of the corpus's table")
    source, adapter = SOURCES[config.adapter], find_adapter(config.adapter)
    folder = output.parent
    output.unlink(missing_ok=True)
    required = adapter.REQUIRED or (table,)
    root = put_in_place(folder, source, adapter, required, config, table)
    if not adapter.REQUIRED:
        name = _stored_name(root, table)
        read_table_text(root / name)  # a spreadsheet or another encoding is mended, then listed
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
    """A folder, and the patterns in it of the annotations and of the media to be listed.

    Where annotations or media are not as the publisher ships them, the log says what was found. A
    corpus that is read by its text alone has no media.
    """
    from sign2text.data.corpus_folder import WIDEST, folders_below
    from sign2text.data.raw_files import find_media

    if not hasattr(adapter, "files_of"):  # of its corpus there are no copies in other forms
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
    """The table's name as the disk has it, which may be in another Unicode form."""
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
    """The folder with the annotations, after all that is missing was unpacked or fetched."""
    from sign2text.fetching.acquisition import instructions
    from sign2text.fetching.archives import finish_unpacking

    def find_root() -> Path | None:
        return adapter.find_root(folder, SimpleNamespace(table=SimpleNamespace(file=table)))

    finish_unpacking(folder)
    if config.text_alone and (root := find_root()) is not None:
        return root  # archives of videos stay as they are
    # Annotations alone tell nothing of pieces that come by themselves.
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
    """Raise InputError where a part of the corpus is there: who has it wants no other copy.

    An archive that lies there already is no part: it is taken instead of being fetched.
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
    """A line about the spreadsheets that lie where the table should."""
    from sign2text.data.table_text import SAVE_AS, SPREADSHEETS

    if table is None or not folder.is_dir():
        return
    found = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SPREADSHEETS)
    if found:
        yield f"{', '.join(found[:8])}: a spreadsheet is no table in text. {SAVE_AS}"


def fetch(address: str, folder: Path, config: Config) -> Archive:
    """The archive at `address`, which stays in `folder`."""
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
    """Unpack `archive` into `folder`, if it is what `config` says (where one is given)."""
    from sign2text.fetching.archives import unpack
    from sign2text.fetching.download import check_free

    if config is not None:
        archive.check(config.bytes, config.sha256)
    # Images and videos are packed already, so that an archive is as large as what is in it.
    check_free(folder, int(1.2 * archive.bytes), f"unpacking {archive.name}")
    unpack(archive, folder, own_folder=own_folder)


if __name__ == "__main__":
    command_line(run)
