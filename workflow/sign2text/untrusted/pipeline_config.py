"""Checks of a spaCy pipeline's config.cfg and meta.json before spaCy builds the pipeline.

spaCy calls functions that a configuration names from its registries. Other packages can register
functions there, and a configuration can name callbacks and other pipelines. Only spaCy's own
names, for the parts that tagging needs, are allowed here; all other sections are left out.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sign2text.ground.errors import InputError, brief
from sign2text.ground.files import read_json, read_text

CONFIG, META = "config.cfg", "meta.json"
LARGEST = 2**20  # bytes of config.cfg; published ones have 10,000
TAGGERS = ("tagger", "morphologizer")
LEMMATIZERS = ("trainable_lemmatizer", "lemmatizer")
LOADED = frozenset({"tok2vec", "attribute_ruler", *TAGGERS, *LEMMATIZERS})
"""spaCy's factories that find lemma and part of speech."""
UNUSED = frozenset(
    {
        *("parser", "ner", "senter", "sentencizer", "beam_parser", "beam_ner", "entity_ruler"),
        *("span_ruler", "spancat", "textcat", "textcat_multilabel", "entity_linker"),
    }
)
"""spaCy's factories in published pipelines with other purposes; they are not loaded."""
_OWN_NAMES = "spacy."  # prefix of names that spaCy itself registers
_NLP = frozenset({"lang", "pipeline", "disabled", "batch_size", "tokenizer", "vectors"})
_CALLBACKS = ("before_creation", "after_creation", "after_pipeline_creation")
_VARIABLE = re.compile(r"\$\{([\w.]+)\}")
_ADVICE = "Use a pipeline as spaCy publishes it, such as de_core_news_lg."


class About(NamedTuple):
    """Metadata of a pipeline."""

    name: str
    version: str
    language: str
    spacy: str
    """Compatible versions of spaCy."""
    meta: dict[str, Any]


def read_about(folder: Path) -> About:
    """Read name, version and language of a pipeline from its meta.json.

    Raises:
        InputError: the file is missing or damaged, or lacks one of these.
    """
    path = folder / META
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; a folder with a spaCy pipeline expected. {_ADVICE}"
        )
    meta = read_json(path, advice=_ADVICE)
    keys = ("lang", "name", "version", "spacy_version")
    values = [meta.get(key) if isinstance(meta, dict) else None for key in keys]
    for key, value in zip(keys, values, strict=True):
        if not isinstance(value, str) or not 0 < len(value) < 100:
            raise InputError(f"{path}, {key}: found {value!r:.80}, a text expected. {_ADVICE}")
    language, name, version, spacy = values
    return About(f"{language}_{name}", version, language, spacy, meta)


def read_pipeline_config(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the configuration that spaCy may build, and the factories of all components by name.

    The configuration has only the sections nlp and components, with the components of LOADED.

    Raises:
        InputError: the file is missing or damaged, or names code that is not spaCy's.
    """
    from thinc.api import Config

    path = folder / CONFIG
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; a folder with a spaCy pipeline expected. {_ADVICE}"
        )
    try:
        config = Config().from_str(read_text(path, LARGEST), interpolate=False)
        nlp, components = dict(config["nlp"]), dict(config["components"])
        pipeline = list(nlp["pipeline"])
        factories = {name: str(components[name]["factory"]) for name in pipeline}
        kept = [name for name in pipeline if factories[name] in LOADED]
        components = {name: _resolved(components[name], config) for name in kept}
    except (ValueError, KeyError, TypeError, RecursionError, configparser.Error) as error:
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}: {brief(error)}); expected the "
            f"configuration of a spaCy pipeline whose components all have a factory. {_ADVICE}"
        ) from error
    for name, factory in factories.items():
        if factory not in LOADED | UNUSED:
            raise _foreign(path, f"components.{name}.factory", factory)
    for key in _CALLBACKS:
        if nlp.get(key) is not None:
            raise _foreign(path, f"nlp.{key}", nlp[key])
    nlp = {key: _resolved(value, config) for key, value in nlp.items() if key in _NLP}
    nlp |= {"pipeline": kept, "disabled": []}
    for key, value in _named({"nlp": nlp, "components": components}):
        if not (isinstance(value, str) and value.startswith(_OWN_NAMES)):
            raise _foreign(path, key, value)
    return {"nlp": nlp, "components": components}, factories


def _resolved(value: Any, config: Any) -> Any:
    """Replace each variable, such as ${components.tok2vec.model.width}, by its value once."""
    if isinstance(value, dict):
        return {key: _resolved(each, config) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, config) for each in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    if not (match := _VARIABLE.fullmatch(value)):
        raise ValueError(f"variable {value!r:.80}")
    found = config
    for key in match[1].split("."):
        found = found[key]
    if isinstance(found, dict | list) or (isinstance(found, str) and "${" in found):
        raise ValueError(f"variable {value!r:.80} that is not a plain value")
    return found


def _named(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, name) of each function from a registry, such as @architectures."""
    if isinstance(value, dict):
        for key, each in value.items():
            path = f"{where}.{key}" if where else key
            if key.startswith("@"):
                yield path, each
            yield from _named(each, path)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each, where)


def _foreign(path: Path, key: str, found: Any) -> InputError:
    return InputError(
        f"{path}, {key}: found {found!r:.80}, which is not spaCy's own; expected what spaCy itself "
        f"brings. Nothing of the pipeline was run. {_ADVICE}"
    )
