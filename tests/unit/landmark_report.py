"""A few clips with landmarks, and the report that report_landmarks writes about them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numbered_videos import SIDE, write_numbered
from safetensors.numpy import save_file

from sign2text.data.manifest import write_manifest
from sign2text.landmarks.points import COUNT, LEFT_HAND, POSE, RIGHT_HAND
from sign2text.landmarks.store_writer import LandmarkStoreWriter
from sign2text.stages import report_landmarks

SPLITS = {"train": 4, "dev": 1, "test": 1}
"""Clips with landmarks; train has one more, which was left out."""
FRAMES, RATE = 12, 25.0
ABOUT = {"extractor": "mediapipe", "version": "0.10.21", "settings": {"every": 1}}
IDENTITY = {"data_set": "tiny <b>", "experiment": "common"}


def true_points() -> np.ndarray:
    """Somebody with shoulders 20 pixels apart, whose points all move down evenly."""
    points = np.random.default_rng(0).uniform(15, 45, (COUNT, 3)).astype(np.float32)
    points[POSE.start : POSE.start + 2] = (42, 30, 0), (22, 30, 0)
    return points + np.arange(FRAMES, dtype=np.float32)[:, None, None] * (0, 1, 0)


def write_corpus(folder: Path, signers: tuple[str, str] = ("signer01", "signer02")) -> None:
    """Write manifests, landmark stores, their truth, and the videos of all clips but one.

    Of clip n of train, the left hand is missing in frames 2 to n + 1, the right hand in all frames
    if n is 3; hands lie 2 pixels beside their true places.
    """
    (folder / "truth").mkdir(parents=True)
    for split, count in SPLITS.items():
        ids = [f"{split}-{number}" for number in range(count)]
        kept = [*ids, "train-lost"] if split == "train" else ids
        writer = LandmarkStoreWriter(folder / f"{split}.safetensors", kept, about=ABOUT, skips=True)
        for number, clip in enumerate(ids):
            points = true_points()
            points[:, LEFT_HAND.start : RIGHT_HAND.stop, 0] += 2
            points[2 : number + 2, LEFT_HAND] = np.nan
            if number == 3:
                points[:, RIGHT_HAND] = np.nan
            writer.add(clip, points, RATE, (SIDE, SIDE))
            if clip != "test-0":
                write_numbered(folder / f"{clip}.mp4", FRAMES)
        for clip in kept[count:]:
            writer.leave_out(clip, "no <person> in any frame")
        writer.finish()
        save_file({clip: true_points().astype(np.float32) for clip in ids},
                  folder / "truth" / f"{split}.safetensors")  # fmt: skip
        rows = {
            "id": kept, "video": [str(folder / f"{clip}.mp4") for clip in kept], "frames": FRAMES,
            "fps": RATE, "signer": [signers[n % 2] for n in range(len(kept))], "text": "hallo",
            "gloss": "", "language": "de", "phrasings": [[] for _ in kept],
        }  # fmt: skip
        write_manifest(pd.DataFrame(rows), folder / f"{split}.tsv")


def report(folder: Path, output: Path, *, truth: bool = True, **settings: Any) -> str:
    """Run the stage on the corpus in `folder`; return the page."""
    given = {split: folder / f"{split}.index.safetensors" for split in SPLITS}
    given |= {f"{split}_manifest": folder / f"{split}.tsv" for split in SPLITS}
    report_landmarks.run(
        **given,
        truth=folder / "truth" if truth else None,
        output=output,
        config=report_landmarks.Config(**settings),
        identity=json.dumps(IDENTITY),
    )
    return (output / "landmarks.html").read_text(encoding="utf-8")


def provenance_of(index: str, seconds: float | None, source: str = "mediapipe") -> str:
    """The provenance of an extraction of 50 s that wrote the index."""
    part = {"started": "2026-11-30T10:00:00+00:00", "seconds": 50.0, "peak_memory": 1}
    part |= {"ended": "done"} | ({} if seconds is None else {"cpu_seconds": seconds})
    made = {
        "stage": "extract_landmarks", "data_set": "one", "experiment": "common",
        "settings": {"source": source}, "code": "0123456789abcdef", "seed": None, "inputs": [],
        "outputs": [{"path": index, "bytes": 1, "sha256": "0" * 64}], "versions": {},
        "device": "cpu", "threads": 2, "peak_gpu_memory": None, "started": part["started"],
        "seconds": 50.0, "peak_memory": 1, "parts": [part],
    }  # fmt: skip
    return json.dumps(made)
