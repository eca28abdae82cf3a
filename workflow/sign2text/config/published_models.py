"""Published models: which commits are known, where each lies, and what was fetched of it.

A model is a name on the Hugging Face hub with a revision, or a folder on this machine. The stage
fetch_model puts it into `resources/models/<name>/<revision>/`; manifest.json there lists its files
with sizes and hashes, and stands for them in the workflow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sign2text.config.reads import Settings
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json, reading, sha256_of

ROOT = "resources/models"
MANIFEST = "manifest.json"
COMMITS = {
    "dbmdz/german-gpt2": "70381181d944e9d003f98223170f5d2b37f2934a",
    "facebook/mbart-large-cc25": "f417e5563320b2cc8aabe4329d986b238809067f",
    "google/mt5-base": "2eb15465c5dd7f72a8f7984306ad05ebc3dd1e1f",
    "microsoft/resnet-18": "65a5785d9156231087c481e0c7dd33a5ff6f7e3e",
}
"""Commits as the hub's pages show them: the last ones of the models that the papers name, and of
the GPT-2 the one that has its weights and tokenizer of 2021."""
AT_ADDRESS = "published"
"""The one revision of a model of ADDRESSES."""
ADDRESSES = {
    "kylemin/S3D": (
        "S3D_kinetics400.pt",
        "https://drive.google.com/uc?export=download&id=1HJVDBOQpnTMDVUM3SsXLy0HUkf_wryGO",
    ),
}
"""Models that are on no hub: the checkpoint's name, and its address as its authors' page has it."""
PAPER = "paper"
"""As a setting: the paper's model of the architecture that is set beside it."""
MODELS = {
    "mbart": "facebook/mbart-large-cc25",
    "mt5": "google/mt5-base",
    "gpt2": "dbmdz/german-gpt2",
    "s3d": "kylemin/S3D",
}
"""Models by architecture: FLa-LLM's language models (section 4.1 and table 10), a German GPT-2
(ours; MMTLB, table 4, does not say which one it has), and MMTLB's S3D of Kinetics-400."""
_FOLDER = "folder"  # stands in a path for the revision that a folder has not
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")  # of what rules/common.smk takes for a model
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # of a model, without any folder
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def check_published(config: Any) -> None:
    """Raise ValueError where a stage's settings `published` and `revision` name no model."""
    if (model := asked_for(config)) is None or is_folder(model[0]):
        return
    name, revision = model
    if not _HUB_NAME.fullmatch(name) or "--" in name or ".." in name:
        raise ValueError(
            f"published is {name}; expected a name on the hub such as google/mt5-base, or a "
            "folder (./folder or /folder)"
        )
    if revision is None:
        raise ValueError(
            f"revision is null, and the workflow knows no commit of {name}; give a commit of it, "
            "or a tag or branch"
        )


def is_folder(name: str) -> bool:
    """Whether a model's name is that of a folder: it looks like one, or there is one."""
    return name.startswith(("/", "./", "../", "~")) or Path(name).is_dir()


def asked_for(config: Any) -> tuple[str, str | None] | None:
    """(name, revision) of the published model that a stage's settings ask for, if any.

    The revision is None where neither the settings nor the workflow have one, as of a folder.
    """
    if getattr(config, "start", "published") != "published" or config.published is None:
        return None
    name, architecture = config.published, getattr(config, "architecture", None)
    if name == PAPER and architecture:
        name = MODELS[architecture]
    return name, config.revision or known_revision(name)


def known_revision(name: str) -> str | None:
    """The revision of a model that is taken where none is named; None: the workflow knows none."""
    return COMMITS.get(name) or (AT_ADDRESS if name in ADDRESSES else None)


def place_of(name: str, revision: str | None) -> str:
    """The folder of a model, relative to the workflow's, without a path of this machine in it."""
    if is_folder(name):
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        called = _NOT_IN_NAMES.sub("-", Path(name).name) or "root"
        return f"{ROOT}/{called}-{digest}/{_FOLDER}"
    return f"{ROOT}/{name.replace('/', '--')}/{revision.replace('/', '--')}"


def manifest_of(stage: str) -> Callable[[Settings], str | None]:
    """The manifest of the published model that `stage` starts from, where its settings name one."""

    def manifest(settings: Settings) -> str | None:
        model = asked_for(settings(stage))
        return f"{place_of(*model)}/{MANIFEST}" if model else None

    return manifest


def model_at(place: str) -> tuple[str, str]:
    """(name, revision) of the hub's model whose folder is `place`, as `place_of` gives it."""
    name, revision = place.split("/")[-2:]
    return name.replace("--", "/"), revision.replace("--", "/")


def open_model(manifest: Path | None, name: str, revision: str | None, *, weights: bool) -> Path:
    """The folder with a fetched model's files, after they were compared with the manifest.

    Args:
        manifest: what fetch_model wrote.
        name: of the model that is wanted, on the hub or a folder.
        revision: branch, tag or commit that is wanted; of a folder anything.
        weights: whether the weights are read, and so compared too.

    Raises:
        InputError: there is no manifest, it is another model's, or a file is not what it says.
    """
    if manifest is None:
        raise InputError(
            f"--published: missing. Give the manifest of the published model '{name}', which the "
            f"rule fetch_model makes: snakemake --cores 1 {place_of(name, revision)}/{MANIFEST}"
        )
    about = read_manifest(manifest)
    wanted = (Path(name).name, None) if is_folder(name) else (name, revision)
    if (about["name"], about["revision"]) != wanted:
        raise InputError(
            f"{manifest}: is of the model '{about['name']}', revision {about['revision']}; "
            f"expected '{wanted[0]}', revision {wanted[1]}. Give the manifest of the model that "
            "the settings name."
        )
    for file in about["files"]:
        if weights or not file["path"].endswith(".safetensors"):
            _compare(manifest, file)
    return manifest.parent


def read_manifest(manifest: Path) -> dict[str, Any]:
    """A manifest's values: name, revision, commit, licence, files (path, bytes, sha256)."""
    about = read_json(manifest, "fetch_model")
    with reading(manifest, "fetch_model"):
        if not isinstance(about, dict) or not _are_files(about["files"]):
            raise KeyError(
                "files: expected path, bytes and sha256 of files in the same folder, each once"
            )
        return {key: about[key] for key in ("name", "revision", "commit", "licence", "files")}


def _are_files(files: Any) -> bool:
    """True if these are the entries of files of one folder, as fetch_model writes them."""
    if not isinstance(files, list) or not all(
        isinstance(file, dict)
        and _FILE.fullmatch(str(file.get("path")))
        and type(file.get("bytes")) is int
        and file["bytes"] >= 0
        and _SHA256.fullmatch(str(file.get("sha256")))
        for file in files
    ):
        return False
    return len({str(file["path"]) for file in files}) == len(files)


def is_as_listed(folder: Path, file: dict[str, Any]) -> bool:
    """Whether a manifest's file is there with the size and the content that it says."""
    path = folder / file["path"]
    return (
        is_file(path) and path.stat().st_size == file["bytes"] and sha256_of(path) == file["sha256"]
    )


def _compare(manifest: Path, file: dict[str, Any]) -> None:
    if not is_as_listed(manifest.parent, file):
        raise InputError(
            f"{manifest.parent / file['path']}: is not there, or not what {manifest.name} beside "
            f"it says ({file['bytes']} bytes, sha256 {file['sha256']}). Delete {manifest} and run "
            "the rule fetch_model again, which brings what is missing."
        )
