"""Published models: their known commits, their folders and their fetched files.

A model is a name on the Hugging Face hub with a revision, or a folder on this machine. The stage
fetch_model copies it to `resources/models/<name>/<revision>/`. The workflow depends on
manifest.json in that folder, which lists the files with their sizes and hashes.
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
    "facebook/dinov2-small": "ed25f3a31f01632728cabb09d1542f84ab7b0056",
    "facebook/mbart-large-cc25": "f417e5563320b2cc8aabe4329d986b238809067f",
    "facebook/xglm-1.7B": "d23a5e8e2164af31a84a26756b9b17f925143050",
    "facebook/xglm-564M": "f3059f01b98ccc877c673149e0178c0e957660f9",
    "google/mt5-base": "2eb15465c5dd7f72a8f7984306ad05ebc3dd1e1f",
    "google/t5-v1_1-base": "b5fc947a416ea3cb079532cb3c2bbadeb7f800fc",
    "microsoft/resnet-18": "65a5785d9156231087c481e0c7dd33a5ff6f7e3e",
}
"""Commits from the hub's pages: the latest of each model that the papers name; for the GPT-2 the
commit with its weights and tokenizer of 2021, and for T5 v1.1 the one that others' logs of training
name. ByT5's commits are not known here, so an experiment gives its `revision`."""
AT_ADDRESS = "published"
"""The only revision of the models in ADDRESSES."""
ADDRESSES = {
    "kylemin/S3D": (
        "S3D_kinetics400.pt",
        "https://drive.google.com/uc?export=download&id=1HJVDBOQpnTMDVUM3SsXLy0HUkf_wryGO",
    ),
}
"""Models on no hub: the checkpoint's file name, and its address from the authors' page."""
PAPER = "paper"
"""Value of the setting `published` for the paper's model of the set `architecture`."""
MODELS = {
    "mbart": "facebook/mbart-large-cc25",
    "mt5": "google/mt5-base",
    "t5": "google/t5-v1_1-base",
    "byt5": "google/byt5-base",
    "gpt2": "dbmdz/german-gpt2",
    "xglm": "facebook/xglm-1.7B",
    "s3d": "kylemin/S3D",
    "resnet": "microsoft/resnet-18",
    "dinov2": "facebook/dinov2-small",
}
"""Models by architecture: FLa-LLM's language models (section 4.1 and table 10), T5 v1.1 and ByT5
(Scaling Sign Language Translation), a German GPT-2 (ours; MMTLB, table 4, does not name its model),
Sign2GPT's XGLM (section 4.1), MMTLB's S3D, trained on Kinetics-400, and the frame encoders:
FLa-LLM's ResNet18 and Sign2GPT's DINOv2."""
DECODERS = ("gpt2", "xglm")
"""Architectures of language models without an encoder, which are their model_types too."""
SENTINELS = ("t5", "byt5")
"""Architectures that are pretrained here by T5's task, whose tokenizers have its sentinels."""
_FOLDER = "folder"  # path component for folders, which have no revision
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")  # not in the names that rules/common.smk accepts
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # file name in a model's folder
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def check_published(config: Any) -> None:
    """Raise ValueError if a stage's settings `published` and `revision` name no model."""
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
    """Return whether a model's name is a folder: it looks like a path, or the folder exists."""
    return name.startswith(("/", "./", "../", "~")) or Path(name).is_dir()


def asked_for(config: Any) -> tuple[str, str | None] | None:
    """Return (name, revision) of the published model in a stage's settings, if any.

    The revision is None if neither the settings nor the workflow have one, as for a folder.
    """
    if getattr(config, "start", "published") != "published" or config.published is None:
        return None
    name, architecture = config.published, getattr(config, "architecture", None)
    if name == PAPER and architecture:
        name = MODELS[architecture]
    return name, config.revision or known_revision(name)


def known_revision(name: str) -> str | None:
    """Return the default revision of a model, or None if the workflow knows none."""
    return COMMITS.get(name) or (AT_ADDRESS if name in ADDRESSES else None)


def place_of(name: str, revision: str | None) -> str:
    """Return a model's folder, relative to the workflow's, without paths of this machine."""
    if is_folder(name):
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        called = _NOT_IN_NAMES.sub("-", Path(name).name) or "root"
        return f"{ROOT}/{called}-{digest}/{_FOLDER}"
    return f"{ROOT}/{name.replace('/', '--')}/{revision.replace('/', '--')}"


def manifest_of(stage: str) -> Callable[[Settings], str | None]:
    """Return a function for the manifest path of the published model that `stage` starts from.

    The path is None if the settings name no model.
    """

    def manifest(settings: Settings) -> str | None:
        model = asked_for(settings(stage))
        return f"{place_of(*model)}/{MANIFEST}" if model else None

    return manifest


def model_at(place: str) -> tuple[str, str]:
    """Return (name, revision) of the hub model in the folder `place`, which `place_of` made."""
    name, revision = place.split("/")[-2:]
    return name.replace("--", "/"), revision.replace("--", "/")


def open_model(manifest: Path | None, name: str, revision: str | None, *, weights: bool) -> Path:
    """Check a fetched model's files against the manifest, and return their folder.

    Args:
        manifest: manifest.json from fetch_model.
        name: the wanted model, a name on the hub or a folder.
        revision: the wanted branch, tag or commit; ignored for a folder.
        weights: whether to check the weights too, because they will be read.

    Raises:
        InputError: the manifest is missing or is another model's, or a file does not match it.
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
    """Read a manifest's name, revision, commit, licence and files (path, bytes, sha256)."""
    about = read_json(manifest, "fetch_model")
    with reading(manifest, "fetch_model"):
        if not isinstance(about, dict) or not _are_files(about["files"]):
            raise KeyError(
                "files: expected path, bytes and sha256 of files in the same folder, each once"
            )
        return {key: about[key] for key in ("name", "revision", "commit", "licence", "files")}


def _are_files(files: Any) -> bool:
    """Return whether `files` lists files of one folder in the form that fetch_model writes."""
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
    """Return whether a manifest's file exists with the listed size and hash."""
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
