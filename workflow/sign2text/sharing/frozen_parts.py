"""Frozen parts of published models: they must travel with a model that needs them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from sign2text.config.published_models import MANIFEST, is_as_listed, read_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json
from sign2text.lineage.chain import Chain
from sign2text.untrusted.model_weights import WEIGHTS, joined_hash, weight_files
from sign2text.untrusted.part_places import PartPlace, read_places


def parts_left_behind(chain: Chain) -> dict[str, tuple[str, ...]]:
    """Find the files of frozen parts that are not outputs of the chain's jobs.

    These are the files of published models: their rule declares only the manifest as output.

    Returns:
        the files, by the keys of the jobs that fetched them.

    Raises:
        InputError: no job of the chain made or fetched a part, or its weights have another hash.
    """
    owners = {file.path: job.key for job in chain.made for file in job.made.outputs}
    hashes = {file.path: file.sha256 for job in chain.made for file in job.made.outputs}
    found: dict[str, tuple[str, ...]] = {}
    for config in sorted(path for path in owners if PurePosixPath(path).name == "config.json"):
        if not Path(config).is_file():
            continue  # `check_all` reports it
        for module, part in read_places(read_json(Path(config)), config).items():
            where, weights = f"{config}: frozen part '{module}'", f"{part.place}/{WEIGHTS}"
            if weights in owners:
                _check_hash(where, weights, hashes[weights], part)
            elif (manifest := f"{part.place}/{MANIFEST}") in owners:
                found[owners[manifest]] = _files_of(where, Path(manifest), part)
            else:
                raise InputError(
                    f"{where} lies in {part.place}, and no job behind {chain.target} made "
                    "anything there, so it would not come with the model. Let the stage that "
                    "trains the model declare it in READS, and train again."
                )
    return found


def _files_of(where: str, manifest: Path, part: PartPlace) -> tuple[str, ...]:
    """Compare the files of a fetched model with its manifest, and return their paths."""
    listed = read_manifest(manifest)["files"]
    for file in listed:
        if not is_as_listed(manifest.parent, file):
            raise InputError(
                f"{manifest.parent / file['path']}: is not there, or not what {manifest} says, and "
                f"is needed for {where}. Fetch it: snakemake --cores all --force -- {manifest}"
            )
    known = {file["path"]: file["sha256"] for file in listed}
    names = [path.name for path in weight_files(manifest.parent)]
    _check_hash(where, f"{part.place}/{WEIGHTS}", joined_hash([(n, known[n]) for n in names]), part)
    return tuple(f"{part.place}/{file['path']}" for file in listed)


def _check_hash(where: str, path: str, found: str, part: PartPlace) -> None:
    if found != part.sha256:
        raise InputError(
            f"{where} has another hash: {path} has SHA-256 {found}, expected {part.sha256}, of the "
            "weights that the model was trained with. Train the model again."
        )
