"""The plan of a rendered corpus of classes, the recording of its clips, and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Literal

from sign2text.avatar.actions import ACTIONS, action_tokens
from sign2text.avatar.class_signers import class_signer
from sign2text.avatar.geometry import random_stream
from sign2text.avatar.invented_signs import invented_signs
from sign2text.avatar.phonology import Sign
from sign2text.avatar.recording import Job, encode
from sign2text.avatar.sentences import clip_seed
from sign2text.avatar.signing import FPS, sign
from sign2text.avatar.utterance import SignToken
from sign2text.data.manifest import write_table
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing, sha256_of

Kind = Literal["isolated", "actions"]
CLASSES = "annotations/classes.tsv"


@dataclass(frozen=True)
class ClassClip:
    """A clip to be made."""

    id: str
    split: str
    label: str
    """Name of the clip's class."""
    tokens: tuple[SignToken, ...]
    signer: str
    seed: int

    @property
    def video(self) -> str:
        """The video's path within the corpus's folder."""
        return f"videos/{self.id}.mp4"


@dataclass(frozen=True)
class ClassCorpus:
    """Clips in the order of the splits, and the parameters of each class by its name."""

    clips: list[ClassClip]
    classes: dict[str, dict[str, str]]


def plan_classes(
    kind: Kind, classes: int, sizes: Mapping[str, int], signers: Mapping[str, int], seed: int
) -> ClassCorpus:
    """Plan `sizes` clips per class and split, signed by `signers` people per split.

    Nobody is in two splits. Each clip's performance depends only on the seed and its id, so it
    stays the same when sizes change.

    Raises InputError if there are fewer classes than requested.
    """
    signs = invented_signs(classes, seed) if kind == "isolated" else {}
    if kind == "actions" and classes > len(ACTIONS):
        raise InputError(
            f"classes: {classes} found, at most {len(ACTIONS)} expected, the avatar's actions; "
            "lower it"
        )
    labels = list(signs or ACTIONS)[:classes]
    clips = []
    for split in SPLITS:
        for label in labels:
            for number in range(1, sizes[split] + 1):
                clip = f"{split}-{label}-{number:03d}"
                rng = random_stream(seed, kind, clip)
                person = 1 + int(rng.integers(signers[split]))
                tokens = (
                    (SignToken(label.upper(), sign=signs[label]),)
                    if signs
                    else action_tokens(label, rng)
                )
                signer = f"{kind}-{split}-{person:02d}"
                clips.append(
                    ClassClip(clip, split, label, tokens, signer, clip_seed(seed, f"{kind} {clip}"))
                )
    made = {label: _parameters(signs[label]) if signs else _moves(label) for label in labels}
    return ClassCorpus(clips, made)


def _parameters(made: Sign) -> dict[str, str]:
    values = {each.name: getattr(made, each.name) for each in fields(made)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}


def _moves(action: str) -> dict[str, str]:
    return {"moves": " ".join(ACTIONS[action])}


def record_class(job: Job) -> int:
    """Record a clip, unless its video exists, and return its number of frames."""
    performance = sign(job.tokens, class_signer(job.signer), job.seed)
    if not job.video.exists():
        with replacing(job.video) as temporary:
            encode(performance, temporary, job.quality, job.preset, job.keyframes)
    return len(performance)


def write_tables(folder: Path, output: Path, corpus: ClassCorpus, frames: Sequence[int]) -> None:
    """Write annotations/<split>.tsv, annotations/classes.tsv, and the checksums to `output`."""
    import pandas as pd

    rows = pd.DataFrame(
        {
            "id": clip.id,
            "video": clip.video,
            "frames": count,
            "fps": float(FPS),
            "signer": clip.signer,
            "class": clip.label,
        }
        for clip, count in zip(corpus.clips, frames, strict=True)
    )
    splits = [clip.split for clip in corpus.clips]
    tables = {f"annotations/{split}.tsv": rows[[s == split for s in splits]] for split in SPLITS}
    tables[CLASSES] = pd.DataFrame(
        {"class": label, **made} for label, made in corpus.classes.items()
    )
    for name, table in tables.items():
        with replacing(folder / name) as temporary:
            write_table(table, temporary)
    listed = sorted([*tables, *(clip.video for clip in corpus.clips)])
    sums = pd.DataFrame(
        {"path": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for name in listed
        for path in [folder / name]
    )
    with replacing(output) as temporary:
        write_table(sums, temporary)
