"""A small corpus of glosses with sentences, and what a training of Gloss2Text needs of it."""

from pathlib import Path

import pandas as pd

from sign2text.data.manifest import write_manifest
from sign2text.text.tokenizer import train_unigram

PLACES = {"NORD": "im norden", "SUED": "im süden", "KUESTE": "an der küste", "BERG": "am berg"}
WEATHER = {"REGEN": "regnet es", "SONNE": "scheint die sonne", "SCHNEE": "schneit es",
           "WIND": "weht wind", "FROST": "friert es"}  # fmt: skip
PAIRS = [
    (f"{place} {weather}", f"{where} {what}")
    for place, where in PLACES.items()
    for weather, what in WEATHER.items()
]


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> list[str]:
    """Write a manifest of glosses and sentences; return the clips' ids."""
    ids = [f"{path.stem}-{number}" for number in range(len(pairs))]
    rows = {
        "id": ids,
        "video": "v.mp4",
        "frames": 20,
        "fps": 25.0,
        "signer": "signer01",
        "text": [text for _, text in pairs],
        "gloss": [gloss for gloss, _ in pairs],
        "language": "de",
        "phrasings": [[] for _ in ids],
    }
    write_manifest(pd.DataFrame(rows), path)
    return ids


def write_corpus(folder: Path) -> Path:
    """Write manifests and a tokenizer; dev holds every third pair of train."""
    write_pairs(folder / "train.tsv", PAIRS)
    write_pairs(folder / "dev.tsv", PAIRS[::3])
    tokenizer = train_unigram([text for _, text in PAIRS] * 3, 80, "de")
    tokenizer.save_pretrained(folder / "tokenizer")
    return folder
