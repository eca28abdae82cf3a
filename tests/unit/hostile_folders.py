"""Folders of each kind of model that a stage loads, to be made hostile by tests."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tiny_corpus import SMALL
from transformers import BertConfig, BertForSequenceClassification, ResNetModel

from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.models.frame_encoder_sources import published_encoder
from sign2text.models.language_model import load_language_model
from sign2text.models.translator import load_translator
from sign2text.scoring.bleurt import load_bleurt

LOADERS: dict[str, Callable[[Path], Any]] = {
    "translator": load_translator,
    "frame encoder": load_frame_encoder,
    "language model": load_language_model,
    "published encoder": partial(published_encoder, architecture="resnet"),
    "bleurt": load_bleurt,
}


def save_folder(kind: str, folder: Path, published: Path, translator: Any, tokenizer: Any) -> Path:
    """Write a folder of that kind; `published` is a language model's folder."""
    if kind == "language model":
        shutil.copytree(published, folder)
    elif kind == "translator":
        translator.save_pretrained(folder)
    elif kind == "frame encoder":
        FrameEncoder(FrameEncoderConfig(resnet=SMALL)).save_pretrained(folder)
    elif kind == "published encoder":
        ResNetModel(SMALL).save_pretrained(folder)
    else:
        sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
        config = BertConfig(vocab_size=99, intermediate_size=8, num_labels=1, **sizes)
        BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def change(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
