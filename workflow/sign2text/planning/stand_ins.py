"""Random pictures, features, sentences and models, of the sizes that the true ones have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    ResNetConfig,
    ResNetModel,
)

from sign2text.config.published_models import asked_for, is_folder
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.loading import check_size, load_config
from sign2text.models.small_language_models import mbart_config, mt5_config
from sign2text.stages import pretrain_frame_encoder, pretrain_language_model
from sign2text.text.tokenizer import NAMES, language_code, unigram_tokenizer
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.model_weights import WEIGHTS, measure, weight_files

RESNETS = {
    "microsoft/resnet-18": {
        "embedding_size": 64,
        "hidden_sizes": [64, 128, 256, 512],
        "depths": [2, 2, 2, 2],
        "layer_type": "basic",
    }
}
LANGUAGE_MODELS = {
    "facebook/mbart-large-cc25": {
        "layers": 12,
        "heads": 16,
        "width": 1024,
        "feed_forward": 4096,
        "positions": 1024,
        "dropout": 0.1,
        "attention_dropout": 0.0,
    },
    "google/mt5-base": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 2048,
        "dropout": 0.1,
    },
}
"""Published models' sizes, from their configurations."""
SPECIAL = len(NAMES) - 1  # tokens before the pieces: all but the mask
PICTURES = 512  # in the store that all clips are read from
GRAIN, NOISE = 8, 5.0  # so that a JPEG of 256 x 256 has about 20 kB, as PHOENIX-2014T's have


class RandomFrames:
    """A frame store of clips of any lengths, which are read from one small store over and over.

    Each read is a true one: bytes at an offset, decompressed.
    """

    def __init__(self, store: FrameStore, lengths: Sequence[int]) -> None:
        self.store, self.format = store, store.format
        self.ids, self.lengths = clip_ids(len(lengths)), np.asarray(lengths)

    def position(self, clip: str) -> int:
        """Place of a clip by its id."""
        return int(clip.removeprefix("clip"))

    def read(self, position: int, frames: np.ndarray) -> np.ndarray:
        """The named frames of a clip, uint8 [N, H, W, 3]."""
        return self.store.read(0, (np.asarray(frames) + 7 * position) % self.store.lengths[0])


class RandomFeatures:
    """A feature store of clips of any lengths, in memory; all clips begin alike."""

    def __init__(self, lengths: Sequence[int], width: int, **about: Any) -> None:
        self.ids, self.lengths = clip_ids(len(lengths)), torch.tensor(lengths)
        self.path, self.about = Path("random features"), about
        self.views = [torch.randn(max(lengths), width)]

    def position(self, clip: str) -> int:
        """Place of a clip by its id."""
        return int(clip.removeprefix("clip"))

    def read(self, position: int, view: int = 0) -> torch.Tensor:
        """Features [N, C] of a clip, float32."""
        return self.views[0][: int(self.lengths[position])].clone()


def clip_ids(count: int) -> list[str]:
    """The ids of that many clips."""
    return [f"clip{number}" for number in range(count)]


def write_pictures(path: Path, frame_format: FrameFormat, count: int = PICTURES) -> FrameStore:
    """A frame store of one clip of `count` random pictures."""
    import cv2

    rng, (height, width) = np.random.default_rng(0), frame_format.size
    writer = FrameStoreWriter(path, frame_format, ["pictures"])
    images = []
    for _ in range(count):
        coarse = rng.integers(0, 256, (height // GRAIN + 1, width // GRAIN + 1, 3), dtype=np.uint8)
        smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        noisy = smooth + rng.normal(0, NOISE, smooth.shape)
        images.append(frame_format.encode(noisy.clip(0, 255).astype(np.uint8)))
    writer.add("pictures", images)
    writer.finish()
    return FrameStore(path)


def tokenizer_of_size(size: int, language: str) -> PreTrainedTokenizerFast:
    """A tokenizer with `size` tokens, made-up pieces among them."""
    from transformers.models.mbart.tokenization_mbart import FAIRSEQ_LANGUAGE_CODES

    pieces = size - SPECIAL - len(FAIRSEQ_LANGUAGE_CODES) - 1
    if pieces < 1:
        raise InputError(
            f"vocabulary: {size} tokens found, at least {size - pieces + 1} expected, since "
            f"{size - pieces} are special ones. Give more."
        )
    made_up = [(f"▁w{number}", -1.0) for number in range(pieces)]
    return unigram_tokenizer(made_up, language_code(language))


def random_targets(tokens: Sequence[int], vocabulary: int, end: int) -> list[list[int]]:
    """Sentences of so many tokens, `end` the last of each."""
    rng = np.random.default_rng(0)
    pieces = (SPECIAL, max(SPECIAL + 1, vocabulary - 26))
    return [[*rng.integers(*pieces, max(count, 1) - 1).tolist(), end] for count in tokens]


def frame_encoder_config(config: pretrain_frame_encoder.Config) -> FrameEncoderConfig:
    """What the stage pretrain_frame_encoder would make, or fetch."""
    if config.start != "published":
        return pretrain_frame_encoder.small_encoder(config)
    name, _ = asked_for(config)
    if is_folder(name):
        return FrameEncoderConfig(resnet=_config_in(Path(name), ResNetConfig, ResNetModel))
    sizes = _known("pretrain_frame_encoder", name, RESNETS)
    return FrameEncoderConfig(resnet=ResNetConfig(**sizes))


def language_model_config(
    config: pretrain_language_model.Config, words: PreTrainedTokenizerFast
) -> PreTrainedConfig:
    """What the stage pretrain_language_model would make, or fetch and trim to `words`."""
    if config.published is None:
        return pretrain_language_model.small_config(words, config)
    name, _ = asked_for(config)
    if is_folder(name):
        found = _config_in(Path(name), AutoConfig, AutoModelForSeq2SeqLM)
        found.vocab_size = len(words)
        return found
    sizes = _known("pretrain_language_model", name, LANGUAGE_MODELS)
    return mbart_config(words, **sizes) if "positions" in sizes else mt5_config(words, **sizes)


def _config_in(folder: Path, kind: Any, model: Any) -> PreTrainedConfig:
    """The configuration in a folder, of a model as large as its weights where they are there."""
    folder, advice = folder.expanduser(), "Correct `published`, or fetch the model again."
    check_folder(folder, advice)
    config = load_config(folder, kind, advice)
    if (folder / WEIGHTS).is_file():
        check_size(model, config, measure(weight_files(folder), advice=advice), folder)
    return config


def _known(stage: str, name: str, sizes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if name not in sizes:
        raise InputError(
            f"{stage}.published: nothing is known here of the sizes of '{name}', expected "
            f"{', '.join(sizes)} or a folder on this machine. Give the folder of a downloaded copy."
        )
    return sizes[name]
