"""Where published models come from: the Hugging Face hub, or a folder on this machine."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.download import download
from sign2text.errors import InputError
from sign2text.files import replacing, sha256_of

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

COMMIT = re.compile(r"[0-9a-f]{40}")
TIMEOUT = 60.0  # seconds until the hub must have answered what files there are
_COPIED = 50 * 2**20
"""Bytes up to which a file of a folder is copied; a larger one is linked."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offered:
    """A file of a model, and what its source says of it."""

    path: str
    bytes: int
    sha256: str | None = None
    """Of large files, which the hub stores by this hash."""
    git_sha1: str | None = None
    """Of small ones, which it stores in git."""


@dataclass(frozen=True)
class Listing:
    """The files of a model at one commit; of a folder there is no commit and no licence."""

    commit: str | None
    licence: str | None
    files: dict[str, Offered]


class UnreachableError(InputError):
    """The hub cannot be reached, or does not answer now."""


class Hub:
    """A model on the hub (or on the server that the environment's HF_ENDPOINT names)."""

    def __init__(self, name: str, revision: str, retries: int = 8) -> None:
        """`revision`: branch, tag or commit; `retries`: as of `download`."""
        self.name, self.revision, self.retries = name, revision, retries
        self.commit: str | None = None

    def list_files(self, pinned: str | None) -> Listing:
        """What there is at the revision, or at the commit `pinned` that it stood for before.

        Raises:
            InputError: there is no such model or revision, or it wants a login.
            UnreachableError: the hub cannot be asked.
        """
        info = self._ask(self.revision)
        if pinned and info.sha != pinned:
            log.warning(
                "%s: revision %s is now commit %s; kept at %s, which was fetched before. To go "
                "over to the new one, give it as the setting `revision`",
                self.name,
                self.revision,
                info.sha,
                pinned,
            )
            info = self._ask(pinned)
        self.commit = info.sha
        files = {
            each.rfilename: Offered(
                each.rfilename,
                each.size,
                sha256=each.lfs.sha256 if each.lfs else None,
                git_sha1=None if each.lfs else each.blob_id,
            )
            for each in info.siblings or []
        }
        return Listing(info.sha, getattr(info.card_data, "license", None), files)

    def bring(self, file: Offered, target: Path) -> None:
        """Put a file to `target`, from the hub's cache on this machine or by download.

        A download that breaks off, or is ended, is resumed. What arrives is compared with the
        listing.
        """
        from huggingface_hub import hf_hub_url, try_to_load_from_cache

        cached = try_to_load_from_cache(self.name, file.path, revision=self.commit)
        if target.is_file():  # it had arrived when the stage was ended
            pass
        elif isinstance(cached, str):
            log.info("%s: from the hub's cache", file.path)
            with replacing(target) as temporary:
                shutil.copyfile(cached, temporary)
        else:
            download(
                hf_hub_url(self.name, file.path, revision=self.commit),
                target,
                retries=self.retries,
                advice=_by_hand(self.name),
            )
        _check(file, target, f"{self.name} at commit {self.commit}")

    def _ask(self, revision: str) -> ModelInfo:
        from huggingface_hub import HfApi

        with self._explained():
            # Without a login of this machine's: what was fetched is then what anybody can fetch.
            return HfApi(token=False).model_info(
                self.name, revision=revision, files_metadata=True, timeout=TIMEOUT
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the hub's library raises into an InputError."""
        from huggingface_hub import errors

        where = f"published model '{self.name}' (revision {self.revision})"
        try:
            yield
        except errors.RevisionNotFoundError as error:
            raise InputError(
                f"{where}: the hub has the model, but not this revision. Correct the setting "
                "`revision`: a commit, tag or branch."
            ) from error
        except (errors.RepositoryNotFoundError, errors.GatedRepoError) as error:
            raise InputError(
                f"{where}: the hub has no such model that can be fetched without a login. Correct "
                f"the setting `published`; {_by_hand(self.name)}"
            ) from error
        except errors.HFValidationError as error:
            raise InputError(f"{where}: no name that the hub could have ({error})") from error
        except (errors.HTTPError, ConnectionError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UnreachableError(
                f"{where}: the hub did not answer ({reason}). Check the network and start the same "
                f"command again; or {_by_hand(self.name)}"
            ) from error


class Folder:
    """A model in a folder on this machine: copied, what is large is linked."""

    def __init__(self, name: str) -> None:
        self.name, self.folder = name, Path(name).expanduser()

    def list_files(self, pinned: str | None) -> Listing:
        """What lies in the folder; raises InputError when there is none."""
        if not self.folder.is_dir():
            raise InputError(
                f"published model '{self.folder}': no such folder. Correct the setting "
                "`published`, or put the model there."
            )
        files = {
            path.name: Offered(path.name, path.stat().st_size)
            for path in sorted(self.folder.iterdir())
            if path.is_file()
        }
        return Listing(None, None, files)

    def bring(self, file: Offered, target: Path) -> None:
        """Copy a file to `target`, or link it."""
        source = self.folder / file.path
        target.unlink(missing_ok=True)
        if file.bytes > _COPIED:
            target.symlink_to(source.resolve())
        else:
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)


def _check(file: Offered, path: Path, origin: str) -> None:
    """Raise InputError, and remove the file, unless it is what the hub says of it."""
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
    """The hash by which git stores a file's content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _by_hand(name: str) -> str:
    return (
        f"fetch the model by another way (`hf download {name} --local-dir FOLDER`) and give FOLDER "
        "as the setting `published`."
    )
