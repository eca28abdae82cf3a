"""Small valid files of words: vectors, pseudo-glosses, annotated sentences, pipelines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from cases import Case, read_folder
from tiny_pipelines import fasttext_bytes, pipeline_files, with_config, with_meta

from sign2text.text.pseudo_glosses import PseudoGlossVocabulary, write_vectors, write_vocabulary


def word_files(folder: Path) -> list[Case]:
    vocabulary = PseudoGlossVocabulary(["regnet", "montag", "es"], [3, 2, 1])
    write_vocabulary(folder / "vocabulary.tsv", vocabulary)
    vectors = torch.arange(6.0).view(3, 2)
    write_vectors(folder / "vectors.safetensors", vocabulary, vectors, vectors[:, 0] > 0)
    rows = np.arange(36, dtype=np.float32).reshape(12, 3)
    head = "part\twords\tlemmas\tparts_of_speech\n"
    rest = "train\tes regnet\tes regnen\tPRON VERB\nheld_out\tmorgen\tmorgen\tADV\n"
    return [
        read_folder(folder),
        {"a.bin": fasttext_bytes(["</s>", "regnet", "am"], rows)},
        {"a.bin": fasttext_bytes(["</s>", "es"], rows[:2], shortest=0, longest=0, labels=1)},
        {"a.vec": b"2 3\nregnet 1 2 3 \nam 0.5 -1e-3 2 \n"},
        {"sentences.tsv": (head + rest).encode()},
        {"train.tsv": b"id\tpseudo_glosses\na\tregnen norden regnen\nb\t\n"},
    ]


def pipelines(folder: Path) -> list[Case]:
    files = dict(pipeline_files("de"))
    return [
        files,
        {f"de_avatar/de_avatar-1.0.0/{name}": data for name, data in files.items()},
        with_meta(files, name="other", spacy_version=">=3.8"),
        with_config(files, "batch_size = 1000", "batch_size = 2"),
    ]
