"""Pseudo-glosses from sentences, with their vocabulary and their origin (section 3.3)."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground import work_limit
from sign2text.ground.errors import InputError
from sign2text.ground.files import filling
from sign2text.ground.languages import is_chinese
from sign2text.methods.sign2gpt.text_settings import (
    KNOWN_SHA256,
    PAPER,
    PAPERS_LANGUAGES,
    PIPELINES,
    SIMPLEMMA,
    place_of_pipeline,
)
from sign2text.text.pseudo_glosses import (
    PseudoGlossVocabulary,
    write_pseudo_glosses,
    write_vocabulary,
)
from sign2text.text.spacy_pipeline import Pipeline, open_pipeline
from sign2text.text.tagged_words import chosen_words, tag_texts

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10  # words listed in a message
ALL_WORDS = "all_words"
log = logging.getLogger(__name__)


def make_pseudo_glosses(
    tables: Mapping[str, pd.DataFrame],
    monolingual: Sequence[str],
    manifests: Mapping[str, Path],
    trained: Path | None,
    output: Path,
    config: Any,
) -> None:
    """Write the outputs of generate_pseudo_glosses into `output`; `config` is that stage's.

    Args:
        tables: manifests of train, dev and test.
        manifests: paths of these manifests, for messages.
        trained: the pipeline of train_tagger, if it is used.
    """
    tagger = _Tagger(_pipeline(trained, output, config), config)
    lines = {
        split: tagger.lines(table["text"].tolist(), kept_alone=True)
        for split, table in tables.items()
    }
    text = tagger.lines(monolingual, kept_alone=False)
    splits = ["train"] if config.vocabulary == "train" else [*tables]
    vocabulary = PseudoGlossVocabulary.of(line for split in splits for line in lines[split])
    sentences = {sentence for split in splits for sentence in tables[split]["text"]}
    common = too_common(vocabulary, len(sentences), config.too_common)
    if len(vocabulary) == len(common):
        more = ", or keep more parts of speech (`parts_of_speech`)" if tagger.chooses_parts else ""
        raise InputError(
            f"{manifests['train']}: no pseudo-gloss is left of {len(tables['train'])} sentences; "
            f"{len(common)} are too common ({', '.join(sorted(common)[:SHOWN])}). Raise "
            f"`too_common`{more}."
        )
    lines = {split: [_without(line, common) for line in found] for split, found in lines.items()}
    for split, found in lines.items():
        if not any(vocabulary.targets(line) for line in found):
            raise InputError(
                f"{manifests[split]}: none of its {len(found)} sentences has a pseudo-gloss of the "
                f"vocabulary, which has {len(vocabulary)} from {' and '.join(splits)}, such as "
                f"{', '.join(vocabulary.words[:SHOWN])}. Is the split in the same language?"
            )
    empty = {split: sum(not line for line in found) for split, found in lines.items()}
    about = {
        **tagger.about,
        "language": config.language,
        "tokens": config.tokens,
        "form": tagger.form,
        "parts_of_speech": list(config.parts_of_speech) if tagger.chooses_parts else None,
        "vocabulary_of": splits,
        "leaks": config.vocabulary != "train",
        "pseudo_glosses": len(vocabulary),
        "too_common": sorted(common),
        "clips_without": empty,
    }
    with filling(output, last="about.json") as folder:
        for split, found in lines.items():
            write_pseudo_glosses(folder / f"{split}.tsv", tables[split]["id"].tolist(), found)
        write_vocabulary(folder / "vocabulary.tsv", vocabulary)
        (folder / "monolingual.txt").write_text("".join(f"{each}\n" for each in text), "utf-8")
        (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    log.info("%d pseudo-glosses, %d of them too common", len(vocabulary), len(common))
    log.info("clips without any: %s", empty)
    if about["leaks"]:
        log.warning("the vocabulary is of %s: it leaks words of dev and test", " and ".join(splits))


def too_common(vocabulary: PseudoGlossVocabulary, sentences: int, share: float) -> set[str]:
    """Return pseudo-glosses with at least `share` * `sentences` occurrences."""
    pairs = zip(vocabulary.words, vocabulary.counts, strict=True)
    return {word for word, count in pairs if count >= share * sentences}


def _without(line: str, words: set[str]) -> str:
    return " ".join(word for word in line.split() if word not in words)


class _Tagger:
    """Turns sentences into lines of words: with a pipeline, or by splitting at whitespace."""

    def __init__(self, pipeline: Pipeline | None, config: Any) -> None:
        self._pipeline, self._config, self.form = pipeline, config, form_of(config)
        self.about: dict[str, Any] = dict.fromkeys(("pipeline", "version", "sha256", "spacy"))
        published = config.pipeline == PAPER and config.language in PAPERS_LANGUAGES
        self.about["published"] = pipeline is not None and published
        # simplemma knows no parts of speech.
        self.chooses_parts = config.tokens != ALL_WORDS and config.pipeline != SIMPLEMMA
        if pipeline is not None:
            import spacy

            name, version, sha256 = pipeline[1:]
            self.about |= {"pipeline": name, "version": version, "sha256": sha256}
            self.about["spacy"] = spacy.__version__

    def lines(self, texts: Sequence[str], *, kept_alone: bool) -> list[str]:
        """Return a line of words for each text; `kept_alone`: only the kept parts of speech."""
        if self._pipeline is None:
            return [" ".join(text.lower().split()) for text in texts]
        kept = self._kept_parts() if kept_alone else None
        return [
            " ".join(chosen_words(words, kept, self.form == "lemma"))
            for words in tag_texts(self._pipeline.nlp, texts)
        ]

    def _kept_parts(self) -> Collection[str] | None:
        """Parts of speech of the pseudo-glosses; None: all."""
        if self._config.tokens == ALL_WORDS:
            return None
        if self._config.pipeline == SIMPLEMMA:
            from sign2text.text.lemma_pipeline import OPEN_CLASSES

            return OPEN_CLASSES
        return frozenset(self._config.parts_of_speech)


def form_of(config: Any) -> str:
    """Return the form of a pseudo-gloss, "lemma" or "word"."""
    if config.tokens == ALL_WORDS:
        return "word"
    return config.form or ("word" if is_chinese(config.language) else "lemma")


def _pipeline(trained: Path | None, output: Path, config: Any) -> Pipeline | None:
    """Open the configured pipeline; None where words are not tagged."""
    # A plan needs only files of the right form; its sentences are invented.
    planned = work_limit.active() is not None
    if planned or (config.tokens == ALL_WORDS and not is_chinese(config.language)):
        return None
    if config.pipeline == SIMPLEMMA:
        from sign2text.text.lemma_pipeline import lemma_pipeline

        return lemma_pipeline(config.language, sha256=config.sha256)
    expected, sha256 = PIPELINES[config.language][0], config.sha256
    if config.pipeline is None:
        if trained is None:
            raise InputError(
                "--trained: missing; with `pipeline` null the pipeline of train_tagger is expected."
            )
        place, sha256 = trained, None
    else:
        place = Path(place_of_pipeline(config.pipeline, config.language))
        if sha256 is None and config.pipeline == PAPER:
            sha256 = KNOWN_SHA256.get(expected)
        if sha256 is None:
            log.warning("%s: not pinned by sha256, so a change of it is not noticed", place)
    found = open_pipeline(
        place,
        language=config.language,
        lemmas=form_of(config) == "lemma",
        sha256=sha256,
        work=output,
    )
    log.info("%s %s, sha256 %s", found.name, found.version, found.sha256)
    if config.pipeline == PAPER and found.name != expected:
        raise InputError(
            f"{place}: the pipeline {found.name} found, {expected} expected. Put that there, or "
            "name another place in `pipeline`."
        )
    return found
