"""A small corpus of landmarks and captions, and a small T5, for the trainings of Scaling SLT."""

import dataclasses
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from tiny_training import configure
from transformers import set_seed

from sign2text.data.captions import write_captions
from sign2text.data.manifest import write_table
from sign2text.ground.store_index import index_path
from sign2text.landmarks.store_writer import LandmarkStoreWriter
from sign2text.models.language_model import make_language_model
from sign2text.models.small_language_models import t5_config
from sign2text.text.t5_tokenizer import train_t5_unigram
from sign2text.training.settings import Training

GERMAN = ("heute", "morgen", "regen", "sonne", "wind")
ENGLISH = ("today", "tomorrow", "rain", "sun", "wind")
CHINESE = ("今天", "明天", "雨", "太阳", "风")
WORDS = {"de": GERMAN, "en": ENGLISH, "zh": CHINESE}
FRAMES = 16
FPS = 25.0
SETTINGS = {
    "epochs": None,
    "steps": 6,
    "batch_size": 6,
    "dev_steps": 3,
    "precision": "float32",
    "learning_rate": 0.01,
}
SMALL = {"time_tokens": 16, "time_step": 0.25, "dev_max_new_tokens": 4, "dropout": 0.1}


def meaning(number: int) -> tuple[int, int]:
    """Return the two words of a meaning."""
    return number % 5, (number // 5 + number) % 5


def said(number: int, language: str) -> str:
    """Return a meaning in a language."""
    return " ".join(WORDS[language][word] for word in meaning(number))


def signed(number: int) -> np.ndarray:
    """Return the landmarks of a meaning: each word is a movement in half of the frames."""
    points = np.random.default_rng(0).normal(100, 30, (FRAMES, 85, 3)).astype(np.float32)
    for half, word in enumerate(meaning(number)):
        points[half * FRAMES // 2 : (half + 1) * FRAMES // 2, : 10 * (word + 1)] += 20 * (word + 1)
    return points


def write_landmarks(folder: Path, split: str, clips: dict[str, np.ndarray]) -> Path:
    """Write a store of clips; return its index."""
    shard = folder / f"{split}.safetensors"
    about = {"extractor": "rendered", "version": "1", "settings": {}}
    writer = LandmarkStoreWriter(shard, list(clips), about=about)
    for clip, points in clips.items():
        writer.add(clip, points, FPS, (210, 260))
    writer.finish()
    return index_path(shard)


def write_corpus(folder: Path, sign_language: str = "gsg", first: int = 0) -> dict[str, Path]:
    """Write a corpus of 12 training clips and 4 of dev; return its files by option."""
    captions, files = folder / "make_captions", {}
    captions.mkdir(parents=True)
    for split, count in (("train", 12), ("dev", 4)):
        numbers = {f"{split}-{place}": first + place for place in range(count)}
        files[f"{split}_landmarks"] = write_landmarks(
            folder / "extract_landmarks",
            split,
            {clip: signed(number) for clip, number in numbers.items()},
        )
        rows = [
            (clip, language, said(number, language), np.nan, np.nan, "human")
            for clip, number in numbers.items()
            for language in ("de", "en")
        ]
        joined, seconds, clips = [], FRAMES / FPS, list(numbers)
        for place in range(0, count, 2):
            for number, clip in enumerate(clips[place : place + 2]):
                times = (number * seconds, (number + 1) * seconds)
                joined.append((f"{split}-joined-{place}", number, clip, *times))
                text = said(numbers[clip], "de")
                rows.append((f"{split}-joined-{place}", "de", text, *times, "human"))
        columns = ["clip", "language", "text", "start", "end", "origin"]
        write_captions(pd.DataFrame(rows, columns=columns), captions / f"{split}.tsv")
        columns = ["joined", "number", "clip", "start", "end"]
        table = pd.DataFrame(joined, columns=columns)
        write_table(table.astype(str), captions / f"joined.{split}.tsv")
        parallel = pd.DataFrame({each: [said(n, each) for n in range(count, 25)] for each in WORDS})
        write_table(parallel, captions / f"parallel.{split}.tsv")
        files[f"{split}_captions"] = captions / f"{split}.tsv"
        files[f"{split}_joined"] = captions / f"joined.{split}.tsv"
        files[f"{split}_parallel"] = captions / f"parallel.{split}.tsv"
    files["languages"] = captions / "languages.json"
    about = {"sign_language": sign_language, "own": "de", "languages": ["de", "en", "zh"]}
    files["languages"].write_text(json.dumps(about) + "\n", encoding="utf-8")
    return files


def write_language_model(folder: Path) -> dict[str, Path]:
    """Write a T5 of one layer and its tokenizer; return their files by option."""
    sentences = [said(number, language) for language in WORDS for number in range(25)]
    prompts = ["translate gsg avn de en zh", "translate timed gsg de", "align gsg de x | y"]
    words = train_t5_unigram(sentences + prompts * 5, 120)
    words.save_pretrained(folder / "train_tokenizer")
    set_seed(0)
    sizes = t5_config(words, layers=1, heads=2, width=16, feed_forward=32, dropout=0.1)
    model = make_language_model(sizes, own_head=True)
    model.save_pretrained(folder / "pretrain_language_model")
    return {
        "tokenizer": folder / "train_tokenizer" / "tokenizer.json",
        "language_model": folder / "pretrain_language_model" / "model.safetensors",
    }


def options_of(stage: ModuleType, files: dict[str, Path], **more: Any) -> dict[str, Any]:
    """Return the files that the stage always reads, and `more`."""
    needed = {each.option for each in stage.READS if each.is_option and each.when is None}
    return {name: path for name, path in files.items() if name in needed} | more


def small_config(stage: ModuleType, settings: dict | None = None) -> Any:
    """Return a training's `Config` with small settings."""
    known = {field.name for field in dataclasses.fields(Training)}
    fields = {field.name for field in dataclasses.fields(stage.Config)} | known
    chosen = SETTINGS | SMALL | (settings or {})
    return configure(stage, **{key: value for key, value in chosen.items() if key in fields})


def run(
    stage: ModuleType, files: dict[str, Path], output: Path, settings: dict | None = None, **more
) -> Path:
    """Run a training with small settings; return its weights."""
    config = small_config(stage, settings)
    stage.run(**options_of(stage, files, **more), output=output, config=config, threads=1)
    return output / "model.safetensors"
