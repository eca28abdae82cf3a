"""A few clips of random pictures with sentences, and what visual initialising needs beside them."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from tiny_training import configure
from transformers import ResNetConfig, set_seed

from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.data.manifest import write_manifest
from sign2text.methods.fla_llm.stages import visual_init
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.stages import encode_frames

LENGTHS = {"train": [9, 14, 6, 11, 8, 7], "dev": [10, 5]}
SMALL = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")
TEXTS = ["am montag regnet es", "im norden scheint die sonne"]
SETTINGS = {
    "light_t": visual_init.LightT(layers=1, heads=2, width=16, feed_forward=32, positions=64),
    "sampling_rate": 0.5,
    "crop_height": 32,
    "crop_width": 32,
    "epochs": 2,
    "batch_size": 2,
}
"""Of visual_init."""


def write_corpus(folder, tokenizer):
    """Frame stores, manifests, a tokenizer, a frame encoder, and its features of every frame.

    The pictures of dev are in `folder`/dev-<number>/ too, as PNG.
    """
    rng = np.random.default_rng(0)
    set_seed(0)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL)).train()
    with torch.no_grad():  # running statistics as after some training, so that they matter
        encoder(torch.randint(0, 255, (16, 32, 32, 3), dtype=torch.uint8))
    encoder.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "tokenizer")
    for split, lengths in LENGTHS.items():
        ids = [f"{split}-{n}" for n in range(len(lengths))]
        writer = FrameStoreWriter(folder / f"{split}.tar", FrameFormat((36, 36), 95), ids)
        for clip, length in zip(ids, lengths, strict=True):
            pictures = rng.integers(0, 255, (length, 36, 36, 3), dtype=np.uint8)
            writer.add(clip, [writer.format.encode(picture) for picture in pictures])
            if split == "dev":
                _write_pictures(folder / clip, pictures)
        writer.finish()
        rows = {
            "id": ids,
            "video": "x.mp4",
            "frames": lengths,
            "fps": 25.0,
            "signer": "signer01",
            "text": TEXTS * (len(ids) // 2),
            "gloss": "",
            "language": "de",
            "phrasings": [[] for _ in ids],
        }
        write_manifest(pd.DataFrame(rows), folder / f"{split}.tsv")
        encode_frames.run(
            frames=folder / f"{split}.tar",
            frame_encoder=folder / "encoder" / "model.safetensors",
            output=folder / f"{split}.safetensors",
            config=encode_frames.Config(crop_height=32, crop_width=32),
        )


def run_visual_init(corpus: Path, output: Path, *, encoded=True, **settings):
    """Run the stage; returns the folder that it wrote."""
    stored = {f"{split}_encoded": corpus / f"{split}.safetensors" for split in LENGTHS}
    visual_init.run(
        train_frames=corpus / "train.tar",
        dev_frames=corpus / "dev.tar",
        train_manifest=corpus / "train.tsv",
        dev_manifest=corpus / "dev.tsv",
        tokenizer=corpus / "tokenizer" / "tokenizer.json",
        frame_encoder=corpus / "encoder" / "model.safetensors",
        output=output,
        config=configure(visual_init, **(SETTINGS | settings)),
        **(stored if encoded else {}),
    )
    return output


def _write_pictures(folder, pictures):
    folder.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:04d}.png"), picture[..., ::-1])
