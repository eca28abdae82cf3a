"""Clips of colours (each a pseudo-gloss and a gloss), and the inputs of pretrain_prototypes."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tiny_sign2gpt import SIDE, vision
from tiny_training import configure
from transformers import ResNetConfig, set_seed

from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.data.manifest import write_manifest, write_table
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig
from sign2text.methods.sign2gpt.stages import pretrain_prototypes as stage
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.text.pseudo_glosses import (
    PseudoGlossVocabulary,
    write_pseudo_glosses,
    write_vectors,
    write_vocabulary,
)

COLOURS = {"rot": (230, 20, 20), "blau": (20, 20, 230), "gelb": (230, 230, 20)}
LINES = {
    "train": ["rot blau", "blau", "gelb rot rot", "gelb", "", "blau gelb"],
    "dev": ["rot", "gelb blau"],
    "test": ["blau"],
}
TRAINED = ("train", "dev")
WORDS = PseudoGlossVocabulary.of(LINES["train"])
FRAMES, FPS = 6, 25.0
"""Frames of each colour, and frames per second."""
SIZES = {"width": 16, "heads": 2, "feed_forward": 32, "layer_scale": 0.5, "window": 3}
SETTINGS = {
    "lora_blocks": [1], "crop_height": SIDE, "crop_width": SIDE, "augmentation": Augmentation(),
    "sign_encoder": SignEncoderConfig(**SIZES), "epochs": 2,
    "batch_size": 3, "learning_rate": 0.003, "precision": "float32",
}  # fmt: skip
RESNET = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")


def write_corpus(folder: Path) -> Path:
    """Write frames, manifests, pseudo-glosses, vectors, gloss times and two frame encoders."""
    for name in ("pseudo", "annotations"):
        (folder / name).mkdir()
    for split in LINES:
        write_clips(folder, split)
    write_vocabulary(folder / "pseudo" / "vocabulary.tsv", WORDS)
    set_seed(7)
    write_vectors(folder / "vectors.safetensors", WORDS, torch.randn(3, 6), torch.ones(3).bool())
    set_seed(0)
    FrameEncoder(FrameEncoderConfig(dinov2=vision())).save_pretrained(folder / "encoder")
    FrameEncoder(FrameEncoderConfig(resnet=RESNET)).save_pretrained(folder / "resnet")
    return folder


def write_clips(folder: Path, split: str) -> None:
    """Write FRAMES frames of each colour in a clip's line, and four grey ones."""
    rng, lines = np.random.default_rng(len(split)), LINES[split]
    ids = [f"{split}-{n}" for n in range(len(lines))]
    writer = FrameStoreWriter(folder / f"{split}.tar", FrameFormat((32, 32), 95), ids)
    counts, signs = [], []
    for clip, line in zip(ids, lines, strict=True):
        colours = [COLOURS[word] for word in line.split() for _ in range(FRAMES)] + [(90,) * 3] * 4
        frames = [rng.integers(-20, 20, (32, 32, 3)) + np.array(each) for each in colours]
        writer.add(clip, [writer.format.encode(f.clip(0, 255).astype(np.uint8)) for f in frames])
        counts.append(len(frames))
        for number, word in enumerate(line.split()):
            start, end = (FRAMES * each / FPS for each in (number, number + 1))
            row = {"id": clip, "gloss": word.upper(), "start": f"{start:.3f}", "end": f"{end:.3f}"}
            signs.append(row)
    writer.finish()
    rows = {
        "id": ids, "video": "x.mp4", "frames": counts, "fps": FPS, "signer": "s",
        "text": [f"satz {n}" for n in range(len(ids))], "gloss": [line.upper() for line in lines],
        "language": "de", "phrasings": [[] for _ in ids],
    }  # fmt: skip
    write_manifest(pd.DataFrame(rows), folder / f"{split}.tsv")
    write_pseudo_glosses(folder / "pseudo" / f"{split}.tsv", ids, lines)
    write_table(pd.DataFrame(signs), folder / "annotations" / f"{split}.glosses.tsv")


def inputs(corpus: Path, splits: tuple[str, ...]) -> dict[str, Path]:
    """Return frames, manifests and pseudo-glosses of some splits, and the vocabulary."""
    files = {f"{split}_frames": corpus / f"{split}.tar" for split in splits}
    files |= {f"{split}_manifest": corpus / f"{split}.tsv" for split in splits}
    files |= {f"{split}_pseudo_glosses": corpus / "pseudo" / f"{split}.tsv" for split in splits}
    return files | {"vocabulary": corpus / "pseudo" / "vocabulary.tsv"}


def pretrain(
    corpus: Path, output: Path, *, encoder: str = "encoder", files: dict | None = None, **changes
) -> Path:
    """Run the stage; return its output folder."""
    given = inputs(corpus, TRAINED) | {"vectors": corpus / "vectors.safetensors"}
    given |= {"frame_encoder": corpus / encoder / "model.safetensors"}
    config = configure(stage, **(SETTINGS | changes))
    stage.run(output=output, config=config, threads=1, **(given | (files or {})))
    return output
