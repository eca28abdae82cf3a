"""Load a spaCy pipeline from a wheel, a zip or a folder, without installing or importing it.

A wheel is unpacked by the project's own archive reader, and its data is loaded as a folder. No
Python file in it is run, and its configuration may name only spaCy's own parts
(untrusted/pipeline_config.py).
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import unpack_members
from sign2text.ground.errors import InputError, brief
from sign2text.ground.files import sha256_of
from sign2text.untrusted.pipeline_config import (
    CONFIG,
    LEMMATIZERS,
    LOADED,
    META,
    TAGGERS,
    read_about,
    read_pipeline_config,
)

if TYPE_CHECKING:
    from spacy.language import Language

UNPACKED = ".unpacked"
"""Folder of a wheel's files during loading."""
_SEGMENTERS = {"pkuseg": "spacy_pkuseg", "jieba": "jieba"}
"""Packages for the Chinese word segmenters that a pipeline may name."""
_DAMAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, EOFError)


class Pipeline(NamedTuple):
    """A loaded pipeline with its name, version and hash."""

    nlp: Language
    name: str
    version: str
    sha256: str


def open_pipeline(
    place: Path, *, language: str, lemmas: bool, sha256: str | None, work: Path
) -> Pipeline:
    """Load the pipeline at `place`, a wheel, a zip or a folder.

    Args:
        language: language of the text.
        lemmas: True if lemmas are needed.
        sha256: expected hash of the wheel or folder; None accepts any.
        work: folder to unpack a wheel in; the unpacked files are removed after loading.

    Raises:
        InputError: the file is missing, damaged, no pipeline or has another hash; the pipeline is
            for another language or version of spaCy, has no tagger or lemmatizer, or names code
            that is not spaCy's; or the wheel cannot be unpacked safely.
    """
    found = check_hash(place, sha256)
    if place.is_dir():
        return load_pipeline(place, language, lemmas)._replace(sha256=found)
    folder = work / UNPACKED
    shutil.rmtree(folder, ignore_errors=True)  # left by a killed run
    folder.mkdir(parents=True)
    try:
        unpack_members(Archive(place.name, (place,)), folder)
        return load_pipeline(folder, language, lemmas)._replace(sha256=found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_hash(place: Path, expected: str | None) -> str:
    """Return the hash of a file or folder; raise InputError if it is not the expected one."""
    found = hash_of(place)
    if expected is not None and found != expected.lower():
        raise InputError(
            f"{place}: sha256 {found} found, {expected} expected (setting `sha256`). It is another "
            "version or was damaged: fetch it again, or correct the setting."
        )
    return found


def hash_of(place: Path) -> str:
    """Return the SHA-256 of a file, or of a folder's sorted list of paths and file hashes.

    Raises:
        InputError: nothing is there.
    """
    if place.is_file():
        return sha256_of(place)
    if not place.is_dir():
        raise InputError(
            f"{place}: no spaCy pipeline found; expected a wheel (.whl) or an unpacked folder. "
            "Fetch it from github.com/explosion/spacy-models/releases and put it there, name "
            "another place in the setting `pipeline`, or set that to null to train one here."
        )
    digest = hashlib.sha256()
    for path in sorted(each for each in place.rglob("*") if each.is_file()):
        digest.update(f"{path.relative_to(place).as_posix()}\t{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def load_pipeline(folder: Path, language: str, lemmas: bool) -> Pipeline:
    """Load the only pipeline below `folder`, with an empty hash; raises as `open_pipeline`."""
    import spacy
    from spacy.util import get_lang_class, is_compatible_version

    root = _root(folder)
    about = read_about(root)
    if about.language != language:
        raise InputError(
            f"{root / META}: a pipeline for {about.language} found ({about.name}), one for "
            f"{language} expected, the language of the data set. Name another one in the setting "
            "`pipeline`."
        )
    if not is_compatible_version(spacy.__version__, about.spacy):
        raise InputError(
            f"{root / META}, spacy_version: {about.name} {about.version} is for spaCy "
            f"{about.spacy}, and {spacy.__version__} is installed. Fetch the version of the "
            "pipeline that is for this spaCy."
        )
    config, factories = read_pipeline_config(root)
    _check_components(root, factories, lemmas)
    _check_segmenter(root, config["nlp"])
    unused = [name for name, factory in factories.items() if factory not in LOADED]
    try:
        nlp = get_lang_class(language).from_config(config, meta=about.meta)
        nlp.from_disk(root, exclude=unused)
    except _DAMAGE as error:  # from spaCy and its libraries, for any part of a bad file
        raise InputError(
            f"{root}: the pipeline {about.name} cannot be loaded ({type(error).__name__}: "
            f"{brief(error)}). It was cut or damaged, or is of another version: fetch it again."
        ) from error
    return Pipeline(nlp, about.name, about.version, "")


def _root(folder: Path) -> Path:
    """Return the folder of the pipeline's data, which is nested in a wheel."""
    found = [path.parent for path in folder.rglob(CONFIG) if (path.parent / META).is_file()]
    if len(found) != 1:
        raise InputError(
            f"{folder}: {len(found)} folders with {CONFIG} and {META} found, one expected, that of "
            "a spaCy pipeline. Give the wheel or the unpacked folder of one pipeline."
        )
    return found[0]


def _check_components(root: Path, factories: dict[str, str], lemmas: bool) -> None:
    needed = [("tagger", TAGGERS), ("lemmatizer", LEMMATIZERS)] if lemmas else [("tagger", TAGGERS)]
    for kind, names in needed:
        if not set(names) & set(factories.values()):
            raise InputError(
                f"{root / CONFIG}, nlp.pipeline: no {kind} found among {', '.join(factories)}; "
                f"expected {' or '.join(names)}. Use a pipeline that has one."
            )


def _check_segmenter(root: Path, nlp: dict) -> None:
    segmenter = (nlp.get("tokenizer") or {}).get("segmenter")
    package = _SEGMENTERS.get(segmenter)
    if package and importlib.util.find_spec(package) is None:
        raise InputError(
            f"{root / CONFIG}, nlp.tokenizer.segmenter: {segmenter} found, and the package "
            f"{package} that it needs is not installed. Install it (pip install "
            f"{package.replace('_', '-')}), or use another pipeline."
        )
