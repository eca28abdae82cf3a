"""Readers of untrusted bytes, and how to call each of them."""

from __future__ import annotations

import contextlib
import json
import os
from itertools import islice
from pathlib import Path
from typing import Any

import fuzz_seeds
import word_seeds
from cases import Case
from fuzzing import Target
from hostile_folders import LOADERS
from tiny_fla_llm import make

from sign2text.config.json_options import read_mapping
from sign2text.config.keys import read_configuration, with_command_line
from sign2text.config.project import Project
from sign2text.data.adapters import csl_daily, how2sign, phoenix, table
from sign2text.data.class_adapters import kinetics, wlasl
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.imported_annotations.clips_file import write_clips
from sign2text.data.imported_annotations.import_files import READERS, Request, import_files
from sign2text.data.left_out import read_left_out
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.data.recognised_glosses import read_recognised
from sign2text.data.video import (
    count_frames,
    frame_rate,
    frame_times,
    has_even_times,
    read_frames,
)
from sign2text.fetching.archive_parts import group_parts
from sign2text.fetching.archives import unpack
from sign2text.fetching.model_files import bring_files
from sign2text.fetching.model_sources import Folder
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.lineage.provenance_file import read_provenance
from sign2text.methods.fla_llm.stages import visual_init
from sign2text.models.translator import load_translator
from sign2text.scoring.score_reader import read_score_file, read_sentences
from sign2text.scoring.show import format_scores
from sign2text.stages import tabulate
from sign2text.stages.make_manifest import Config, check_splits
from sign2text.text.annotated_text import read_annotated
from sign2text.text.fasttext_model import FastTextModel
from sign2text.text.pseudo_glosses import read_pseudo_glosses, read_vectors, read_vocabulary
from sign2text.text.published_tokenizer import load_published
from sign2text.text.spacy_pipeline import load_pipeline
from sign2text.text.tagged_words import tag_texts
from sign2text.text.tokenizer import encode_targets, load_tokenizer, train_unigram, trim_tokenizer
from sign2text.text.word_vectors import read_word_vectors
from sign2text.untrusted.packed_pickles import load_annotations
from sign2text.untrusted.pickles import load_data
from sign2text.untrusted.torch_weights import convert

LONGEST_OPTION = 2**16
"""Characters; the system's limit for an option is about the same."""
MOST_FRAMES = 20
"""Frames to decode of a clip."""
_ADAPTERS = {
    "phoenix": (phoenix, "de"),
    "how2sign": (how2sign, "en"),
    "csl_daily": (csl_daily, "zh"),
    "wlasl": (wlasl, "en"),
    "kinetics": (kinetics, "en"),
}


def read_tables(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == "clips.csv":
            _read_corpus(table, folder, Config(adapter="table", language="en"))
        elif path.name == "manifest.tsv":
            read_manifest(path)
        elif path.name == "left_out.tsv":
            read_left_out(path)
        elif path.name == "hypotheses.tsv":
            read_hypotheses(path, ["a", "b"])
        elif path.name == "recognised.tsv":
            read_recognised(path, ["a", "b"])
        elif path.name == "sentences.tsv":
            read_sentences(path, path.with_name("a.bleu"))


def read_annotations(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == "imported":
            _import(path)
            continue
        adapter, language = _ADAPTERS[path.name]
        for cut in ("realigned", "published") if path.name == "how2sign" else ("realigned",):
            settings = Config(adapter=path.name, language=language, how2sign_cut=cut)
            _read_corpus(adapter, path, settings)


def _import(folder: Path) -> None:
    """Import with the available tiers, and add the clips to the table."""
    for path in folder.iterdir():
        if path.name not in ("clips.csv", "a.mp4"):
            file = READERS[path.suffix](path, "utf-8")
            tiers = [each.name for each in file.tiers if each.name]
            request = Request("train", tiers[:1], tiers[1:2], offset=250)
            (found,) = import_files([path], folder, request)
            write_clips(folder / "clips.csv", found.clips, append=True)


def _read_corpus(adapter: Any, folder: Path, settings: Config) -> None:
    """Read all splits, and write their manifests as if all clips existed."""
    corpus = folder / "checksums.tsv"
    tables = {split: adapter.read_split(corpus, split, settings) for split in adapter.SPLITS}
    check_splits(
        tables, {split: adapter.annotations_of(corpus, split, settings) for split in tables}
    )
    adapter.read_monolingual(corpus, settings)
    for split, rows in tables.items():
        rows = rows.assign(frames=1, fps=rows["fps"].fillna(25.0))
        write_manifest(rows[rows["text"] != ""], folder / f"{split}.manifest.tsv")


def read_pickles(folder: Path) -> object:
    for path in folder.iterdir():
        if path.suffix == ".bin":
            return convert([path], folder / "weights.safetensors")
        if path.suffix == ".gz":
            return load_annotations(path)
        return load_data(path)
    return None


def read_archives(folder: Path) -> None:
    """Unpack in both ways; nothing may be written outside the target folder."""
    (archive,) = group_parts(folder.iterdir())
    before = _listed(folder)
    refused = None
    for own_folder in (False, True):
        target = folder / "unpacked" / str(own_folder)
        target.mkdir(parents=True)
        try:
            unpack(archive, target, own_folder=own_folder)
        except InputError as error:
            refused = error
            assert not any(target.iterdir()), f"{list(target.iterdir())} was left"
        for path in target.rglob("*"):
            assert path.resolve().is_relative_to(target.resolve()), f"{path} leads out"
    assert {path: size for path, size in _listed(folder).items() if path in before} == before
    if refused:
        raise refused


def _listed(folder: Path) -> dict[str, int]:
    return {entry.name: entry.stat().st_size for entry in os.scandir(folder) if entry.is_file()}


def read_videos(folder: Path) -> None:
    for path in folder.iterdir():
        count = count_frames(path)
        rate = frame_rate(path)
        assert count > 0 and rate > 0 and has_even_times(path) in (True, False)
        assert len(frame_times(path)) > 0
        for clip in (str(path), f"{path}#t=0.1,0.3"):
            for frame in islice(read_frames(clip), MOST_FRAMES):
                assert frame.ndim == 3 and frame.shape[2] == 3


def read_images(folder: Path) -> None:
    count = count_frames(folder / "clip")
    frames = [frame.shape for frame in islice(read_frames(folder / "clip"), MOST_FRAMES)]
    assert len(frames) == min(count, MOST_FRAMES)


def read_models(folder: Path) -> None:
    for path in folder.iterdir():
        kind = path.name.replace("_", " ")
        if path.name == "fetched":
            source = Folder(str(path))
            bring_files(source, source.list_files(None).files, folder / "brought")
        elif path.name in ("tokenizer", "published"):
            tokenizer = load_published(path, "de")
            encode_targets(tokenizer, fuzz_seeds.SENTENCES)
            if path.name == "published":
                trim_tokenizer(tokenizer, fuzz_seeds.SENTENCES)
        elif kind == "translator":
            load_translator(path)
            encode_targets(load_tokenizer(path), fuzz_seeds.SENTENCES)
        elif kind in LOADERS:
            LOADERS[kind](path)


def read_word_files(folder: Path) -> None:
    """Read word vectors, pseudo-glosses and the training data of a tagger."""
    words = fuzz_seeds.SENTENCES[0].split()
    for path in folder.iterdir():
        if path.suffix == ".bin":
            model = FastTextModel(path, words)
            assert all(model.vector(word) is None or model.width for word in words)
        elif path.suffix == ".vec":
            read_word_vectors(path, words)
        elif path.name == "sentences.tsv":
            read_annotated(path)
        elif path.name == "vocabulary.tsv":
            vocabulary = read_vocabulary(path)
            if path.with_name("vectors.safetensors").exists():
                read_vectors(path.with_name("vectors.safetensors"), vocabulary)
        elif path.name == "train.tsv":
            read_pseudo_glosses(path, ["a", "b"])


def read_pipelines(folder: Path) -> None:
    """Load a spaCy pipeline, and tag with it; the tags do not matter."""
    pipeline = load_pipeline(folder, "de", lemmas=True)
    for words in tag_texts(pipeline.nlp, fuzz_seeds.SENTENCES):
        assert all(word.text for word in words)


def read_scores(folder: Path) -> None:
    scores = sorted(folder.glob("*.bleu"))
    if scores:
        format_scores([(path, read_score_file(path, ["scores"])) for path in scores])
        rows = json.dumps({"joint": [str(path) for path in scores]})
        with contextlib.suppress(InputError):
            tabulate.run(
                table="fla_llm_4", data_set="phoenix", output=folder / "table.csv", rows=rows,
                config=tabulate.Config(adapter="phoenix"),
            )  # fmt: skip
    for path in folder.glob("*.json"):
        read_provenance(path)


def read_configurations(folder: Path) -> None:
    os.chdir(folder)
    for path in folder.iterdir():
        if path.name == "config.yaml":
            Project(read_configuration(Path("config.yaml")))
        elif path.name == "settings.json":
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            text = text[:LONGEST_OPTION]
            read_settings(visual_init.Config, read_mapping("--settings", text, "an object"))
        else:  # as Snakemake has read them from its command line
            with contextlib.suppress(ValueError, RecursionError):
                asked = json.loads(path.read_text(encoding="utf-8", errors="replace"))
                if isinstance(asked, dict):
                    Project(with_command_line({}, asked))


def make_models(folder: Path) -> list[Case]:
    tokenizer = train_unigram(fuzz_seeds.SENTENCES * 9, 60, "de")
    return fuzz_seeds.models(folder, make("mBART", tokenizer), tokenizer)


TARGETS = {
    target.name: target
    for target in (
        Target("tables", fuzz_seeds.tables, read_tables),
        Target("annotations", fuzz_seeds.annotations, read_annotations),
        Target("pickles", fuzz_seeds.pickles, read_pickles),
        Target("archives", fuzz_seeds.archives, read_archives),
        # Decoding takes its time for each frame, of which a file of 9 MiB may have 40,000.
        Target("videos", fuzz_seeds.videos, read_videos, largest=2**21),
        Target("images", fuzz_seeds.images, read_images, names=True),
        Target("models", make_models, read_models, names=True),
        Target("words", word_seeds.word_files, read_word_files),
        Target("pipelines", word_seeds.pipelines, read_pipelines),
        Target("scores", fuzz_seeds.scores, read_scores),
        Target("config", fuzz_seeds.configurations, read_configurations),
    )
}
