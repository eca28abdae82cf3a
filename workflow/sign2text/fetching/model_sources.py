"""Sources of published models: the Hugging Face hub, an address, or a folder here."""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path

from sign2text.fetching.download import LOWEST_RATE, download
from sign2text.fetching.hub_listing import Listing, Offered, ask_hub, by_hand
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, replacing, sha256_of
from sign2text.untrusted.model_weights import refuse_link_out

_COPIED = 50 * 2**20
"""Bytes up to which a folder's file is copied; larger files are linked."""

log = logging.getLogger(__name__)


class Hub:
    """A model on the hub, or on the server in the environment variable HF_ENDPOINT."""

    def __init__(
        self, name: str, revision: str, retries: int = 8, lowest_rate: float = LOWEST_RATE
    ) -> None:
        """Set the branch, tag or commit `revision`; the rest is passed to `download`."""
        self.name, self.revision = name, revision
        self.retries, self.lowest_rate = retries, lowest_rate
        self.commit: str | None = None

    def list_files(self, pinned: str | None) -> Listing:
        """List the files at the commit `pinned`, which was fetched before, or at the revision.

        Raises:
            InputError: the model or revision is unknown or needs a login, or the listing is
                invalid.
            UnreachableError: the hub cannot be reached.
        """
        listing = ask_hub(self.name, self.revision)
        if pinned and listing.commit != pinned:
            log.warning(
                "%s: revision %s is now commit %s; kept at %s, which was fetched before. To go "
                "over to the new one, give it as the setting `revision`",
                self.name,
                self.revision,
                listing.commit,
                pinned,
            )
            listing = ask_hub(self.name, pinned)
        self.commit = listing.commit
        return listing

    def bring(self, file: Offered, target: Path) -> None:
        """Fetch a file to `target`, from the hub's cache on this machine or by download.

        An interrupted download is resumed. The file is compared with the listing.
        """
        from huggingface_hub import hf_hub_url, try_to_load_from_cache

        cached = try_to_load_from_cache(self.name, file.path, revision=self.commit)
        if target.is_file():  # it arrived before the stage was interrupted
            pass
        elif isinstance(cached, str):
            log.info("%s: from the hub's cache", file.path)
            with replacing(target) as temporary:
                shutil.copyfile(cached, temporary)
        else:
            download(
                hf_hub_url(self.name, file.path, revision=self.commit),
                target,
                size=file.bytes,
                retries=self.retries,
                lowest_rate=self.lowest_rate,
                advice=by_hand(self.name),
                said_by="the hub",
            )
        _check(file, target, f"{self.name} at commit {self.commit}")


class AtAddress:
    """A model in one file at its authors' address; the authors list neither size nor hash.

    The reader of its tensors checks the file, and the manifest records its hash from then on.
    """

    def __init__(
        self,
        name: str,
        file: str,
        address: str,
        retries: int = 8,
        lowest_rate: float = LOWEST_RATE,
    ) -> None:
        """Set the file and its address; `retries` and `lowest_rate` are passed to `download`."""
        self.name, self.file, self.address = name, file, address
        self.retries, self.lowest_rate = retries, lowest_rate

    def list_files(self, pinned: str | None) -> Listing:
        """List the single file; `pinned` is ignored, since an address has no commits."""
        return Listing(None, None, {self.file: Offered(self.file, 0)})

    def bring(self, file: Offered, target: Path) -> None:
        """Download the file to `target`; an interrupted download is resumed."""
        if target.is_file():  # it arrived before the stage was interrupted
            return
        download(
            self.address,
            target,
            retries=self.retries,
            lowest_rate=self.lowest_rate,
            advice=(
                f"fetch {file.path} by another way, put it alone into a folder, and give the "
                "folder as the setting `published`."
            ),
        )


class Folder:
    """A model in a folder on this machine; small files are copied, large ones linked."""

    def __init__(self, name: str) -> None:
        self.name, self.folder = name, Path(name).expanduser()

    def list_files(self, pinned: str | None) -> Listing:
        """List the files in the folder; raise InputError if it does not exist."""
        if not self.folder.is_dir():
            raise InputError(
                f"published model '{self.folder}': no such folder. Correct the setting "
                "`published`, or put the model there."
            )
        files = {
            path.name: Offered(path.name, path.stat().st_size)
            for path in sorted(self.folder.iterdir())
            if is_file(path)
        }
        return Listing(None, None, files)

    def bring(self, file: Offered, target: Path) -> None:
        """Copy or link a file to `target`; raise InputError if it is a link out of the folder."""
        source = self.folder / file.path
        refuse_link_out(source, self.folder)
        target.unlink(missing_ok=True)
        if file.bytes > _COPIED:
            target.symlink_to(source.resolve())
        else:
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)


def _check(file: Offered, path: Path, origin: str) -> None:
    """Raise InputError, and remove the file, unless it matches the hub's listing."""
    problem = None
    if path.stat().st_size != file.bytes:
        problem = f"found {path.stat().st_size} bytes, expected {file.bytes}"
    elif file.sha256 and (digest := sha256_of(path)) != file.sha256:
        problem = f"found sha256 {digest}, expected {file.sha256}"
    elif file.git_sha1 and (digest := _git_sha1(path)) != file.git_sha1:
        problem = f"found git hash {digest}, expected {file.git_sha1}"
    if problem:
        path.unlink()
        raise InputError(
            f"{file.path} of {origin}: {problem}, which is what the hub lists. It was damaged or "
            "exchanged on its way and was removed; start the same command again. If it stays so, "
            "something between here and the hub changes it."
        )


def _git_sha1(path: Path) -> str:
    """Return the hash under which git stores a file's content."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
