"""Fetch a published model: configuration, tokenizer and weights, checked and listed with hashes."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sign2text.ground.settings import LowestRate, stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "published"
READS = ()

RECORD = ".fetched.json"
"""Copy of the manifest: Snakemake removes the declared one before it restarts the stage."""

log = logging.getLogger(__name__)


def _checked(name: str) -> str:
    """Raise ValueError if a model's name is a URL, which may hold a password or token."""
    if "://" in name:
        raise ValueError("expected a name on the hub or a folder, no address; see HF_ENDPOINT")
    return name


@stage_config
class Config:
    name: Annotated[
        str,
        AfterValidator(_checked),
        Field(description="name on the hub, or a folder: what a stage's `published` says"),
    ] = "facebook/mbart-large-cc25"
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch; null: the commit in published.py (ours)"),
    ] = None
    retries: Annotated[
        int,
        Field(ge=0, description="further attempts in a row that bring nothing new; waits double"),
    ] = 8
    lowest_rate: LowestRate = 1000


def run(*, output: Path, config: Config) -> None:
    """Write manifest.json and the model's files into the folder of `output`.

    Weights are stored as safetensors. A torch checkpoint is converted without running code from its
    pickle. A branch stays at the commit that was fetched first.

    Raises InputError if the model does not exist, the hub cannot be reached, a file differs from
    the hub's listing, or the model ships code.
    """
    from sign2text.config.published_models import ADDRESSES, is_as_listed
    from sign2text.fetching.hub_listing import COMMIT, UnreachableError
    from sign2text.ground.files import replacing

    folder, revision = output.parent, find_revision(config)
    about = before = read_record(folder)
    whole = before is not None and all(is_as_listed(folder, file) for file in before["files"])
    output.unlink(missing_ok=True)
    # A folder or a branch may have changed, so list it again.
    if (
        not whole
        or revision is None
        or not (COMMIT.fullmatch(revision) or config.name in ADDRESSES)
    ):
        try:
            about = bring(folder, before, revision, config)
        except UnreachableError as error:
            if not whole:
                raise
            log.warning("%s Continued with the files fetched before.", error)
    for path in (folder / RECORD, output):
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    total = sum(file["bytes"] for file in about["files"])
    log.info("%s: %d files, %.1f MB", about["name"], len(about["files"]), total / 1e6)
    log.info("commit %s, licence: %s", about["commit"], about["licence"] or "not said")


def find_revision(config: Config) -> str | None:
    """Return the wanted revision; None for a folder."""
    from sign2text.config.published_models import is_folder, known_revision
    from sign2text.ground.errors import InputError

    if is_folder(config.name):
        return None
    if revision := config.revision or known_revision(config.name):
        return revision
    raise InputError(
        f"revision: found null, and the workflow knows no commit of '{config.name}'; expected a "
        "commit, tag or branch of it"
    )


def bring(
    folder: Path, before: dict[str, Any] | None, revision: str | None, config: Config
) -> dict[str, Any]:
    """Put the model's files into `folder` and return the values of its manifest.

    The values contain no path of this machine: a model from a folder has the folder's name alone.
    """
    from sign2text.config.published_models import ADDRESSES
    from sign2text.fetching.model_files import bring_files
    from sign2text.fetching.model_sources import AtAddress, Folder, Hub

    name = config.name
    if revision is None:
        source = Folder(name)
    elif name in ADDRESSES:
        source = AtAddress(name, *ADDRESSES[name], config.retries, config.lowest_rate)
    else:
        source = Hub(name, revision, config.retries, config.lowest_rate)
    listing = source.list_files(before["commit"] if before else None)
    return {
        "name": name if revision else Path(name).name,
        "revision": revision,
        "commit": listing.commit,
        "licence": listing.licence,
        "files": bring_files(source, listing.files, folder),
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of an earlier fetch into `folder`; None if there was none."""
    from sign2text.config.published_models import read_manifest

    record = folder / RECORD
    return read_manifest(record) if record.is_file() else None


if __name__ == "__main__":
    command_line(run)
