"""Made-up artefacts of the stages that every method starts from, in their file formats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from sign2text.data.frame_format import FrameFormat
from sign2text.data.frame_index import index_content
from sign2text.data.frame_store_writer import FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.ground.store_index import index_path
from sign2text.planning.corpus import Split
from sign2text.text.tokenizer import NAMES, language_code, unigram_tokenizer

RATE = 25.0  # frames a second of made-up videos
PICTURES = 128  # distinct images in a frame store
GRAIN, NOISE = 8, 5.0  # so that a JPEG of 256 x 256 has about 20 kB, as in PHOENIX-2014T
MOST_VIEWS = 2  # of a clip in a feature store: all views take equally long to read
LANDMARK_PICTURE = (210, 260)  # width and height of the picture around landmarks
CLASSES = 100  # of signs or actions
GLOSSES_A_TOKEN, GLOSSES = 0.43, 1085  # PHOENIX-2014T


def write_clips(
    path: Path, split: Split, ids: Sequence[str], sentences: Sequence[str], language: str
) -> None:
    """Write a manifest of clips with the frames of `split`."""
    import pandas as pd

    from sign2text.data.manifest import write_manifest

    rng = np.random.default_rng(0)
    glosses = [max(1, round(count * GLOSSES_A_TOKEN)) for count in split.tokens]
    rows = {
        "id": ids,
        "video": "made_up.mp4",
        "frames": split.frames,
        "fps": RATE,
        "signer": "made_up",
        "text": sentences,
        "gloss": [random_words(rng, "G", GLOSSES, count) for count in glosses],
        "language": language,
        "phrasings": [[] for _ in ids],
    }
    write_manifest(pd.DataFrame(rows), path)


def class_count(clips: int) -> int:
    """Return the number of made-up classes for `clips` training clips, at least two clips each."""
    return max(1, min(CLASSES, clips // 2))


def random_sentences(tokens: Sequence[int], vocabulary: int) -> list[str]:
    """Return sentences of `tokens` tokens each for a made-up tokenizer, `</s>` included."""
    rng, pieces = np.random.default_rng(0), pieces_of(vocabulary)
    return [random_words(rng, "w", pieces, max(1, count - 1)) for count in tokens]


def random_words(rng: np.random.Generator, letter: str, kinds: int, count: int) -> str:
    """Return `count` random words: the letter with a number below `kinds`, such as w0."""
    return " ".join(f"{letter}{number}" for number in rng.integers(kinds, size=count))


def pieces_of(vocabulary: int) -> int:
    """Return the number of pieces in a vocabulary; its other tokens are special.

    Raises:
        InputError: the vocabulary has too few tokens.
    """
    from transformers.models.mbart.tokenization_mbart import FAIRSEQ_LANGUAGE_CODES

    special = len(NAMES) + len(FAIRSEQ_LANGUAGE_CODES)
    if vocabulary <= special:
        raise InputError(
            f"vocabulary: {vocabulary} tokens found, at least {special + 1} expected, since "
            f"{special} are special ones. Give more."
        )
    return vocabulary - special


def tokenizer_of_size(size: int, language: str) -> PreTrainedTokenizerFast:
    """Make a tokenizer of `size` tokens, with words w0, w1, ...; raise InputError if too few."""
    made_up = [(f"▁w{number}", -1.0) for number in range(pieces_of(size))]
    return unigram_tokenizer(made_up, language_code(language))


def write_frames(
    path: Path, frame_format: FrameFormat, ids: Sequence[str], lengths: Sequence[int]
) -> None:
    """Write a frame store of clips that overlap in a small tar of random images.

    Clip c has the images c, c + 1, ... So each read decompresses bytes at an offset, as in a real
    store, and the file stays small for any corpus.
    """
    from safetensors.numpy import load_file

    images = random_pictures(frame_format)
    writer = FrameStoreWriter(path, frame_format, ["pictures"])
    count = len(ids) + max(lengths)
    writer.add("pictures", [images[number % PICTURES] for number in range(count)])
    writer.finish()
    index = load_file(index_path(path))
    rows = np.concatenate([np.arange(c, c + length) for c, length in enumerate(lengths)])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    content = index_content(
        ids, frame_format, index["offsets"][rows], index["sizes"][rows], starts, sha256_of(path)
    )
    index_path(path).write_bytes(content)


def write_landmarks(index: Path, ids: Sequence[str], lengths: Sequence[int], fps: float) -> None:
    """Write a landmark store with random places for every clip; `index` is its index's path."""
    from sign2text.landmarks.points import AXES, COUNT
    from sign2text.landmarks.store_writer import LandmarkStoreWriter

    rng, (width, height) = np.random.default_rng(0), LANDMARK_PICTURE
    shard = index.with_name(index.name.replace(".index.", "."))
    about = {"extractor": "made_up", "version": "1", "settings": {}}
    writer = LandmarkStoreWriter(shard, ids, about=about)
    for clip, length in zip(ids, lengths, strict=True):
        places = rng.random((length, COUNT, AXES), np.float32) * np.float32([width, height, width])
        writer.add(clip, places, fps, LANDMARK_PICTURE)
    writer.finish()


def random_pictures(frame_format: FrameFormat) -> list[bytes]:
    """Make PICTURES compressed random images."""
    import cv2

    rng, (height, width) = np.random.default_rng(0), frame_format.size
    images = []
    for _ in range(PICTURES):
        coarse = rng.integers(0, 256, (height // GRAIN + 1, width // GRAIN + 1, 3), dtype=np.uint8)
        smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        noisy = smooth + rng.normal(0, NOISE, smooth.shape)
        images.append(frame_format.encode(noisy.clip(0, 255).astype(np.uint8)))
    return images


def write_features_like(
    path: Path, example: Path, probe: int, ids: Sequence[str], frames: Sequence[int]
) -> None:
    """Write a feature store with random values.

    Args:
        example: a store that the stage wrote, with `probe` frames in its first clip; it provides
            width, steps per frame and description.
        frames: frames of each clip of the new store.
    """
    import torch

    from sign2text.data.feature_store import FeatureStore, write_features

    store = FeatureStore(example)
    rate = int(store.lengths[0]) / probe
    lengths = [max(1, math.ceil(round(count * rate, 6))) for count in frames]
    shape = sum(lengths), store.views[0].shape[1]
    views = [torch.randn(shape, dtype=view.dtype) for view in store.views[:MOST_VIEWS]]
    about = {key: value for key, value in store.about.items() if key not in ("ids", "views")}
    write_features(path, ids, lengths, views, **about)
