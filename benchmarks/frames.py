"""Readers of frames: the frame store, and the formats that earlier projects read each epoch.

    python benchmarks/frames.py

Clips as long as PHOENIX-2014T's are rendered at 256 x 256 and stored in each format. A reader reads
every 4th frame of each clip. All readers run on one core, in alternation, for several rounds. Each
round gives a ratio, and the median of these ratios is shown. docs/frame_store.md has the figures of
one run.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from claims import claim

from sign2text.avatar.corpus import plan_corpus
from sign2text.avatar.signing import SIGNERS, UNSEEN_SIGNER, sign
from sign2text.data.augmentation import Augmentation
from sign2text.data.batches import BalancedBatchSampler, EpochDataLoader
from sign2text.data.clips import Collator, FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.device import use_threads

SIDE, QUALITY, CROP, RATE = 256, 90, 224, 0.25
MEAN_FRAMES, SPREAD_FRAMES, LEAST, MOST = 116.6, 49.9, 16, 475
"""Mean, standard deviation, minimum and maximum of the frames of PHOENIX-2014T's training clips."""
SIGN2GPT = Augmentation(
    rotation=5.0,
    rotation_probability=0.3,
    scale=[0.875, 1.0],
    ratio=[0.9, 1.1],
    flip=0.5,
    brightness=0.16,
    contrast=0.16,
    saturation=0.16,
    hue=0.04,
    grey=0.2,
)
GFSLT_VLP = Augmentation(rotation=30.0, translation=0.04)
STORE = "frame store, jpeg"


@dataclass(frozen=True)
class Reader:
    """A way to read: `read` goes through all clips once and returns the number of frames."""

    name: str
    read: Callable[[], int]
    wanted: float | None = None
    """Minimum speed of the frame store relative to this reader."""


def lengths_like_phoenix(clips: int, seed: int) -> list[int]:
    """Draw numbers of frames from a gamma distribution with the real mean and deviation."""
    scale = SPREAD_FRAMES**2 / MEAN_FRAMES
    drawn = np.random.default_rng(seed).gamma(MEAN_FRAMES / scale, scale, clips)
    return np.clip(drawn.round().astype(int), LEAST, MOST).tolist()


def pictures(seed: int) -> Iterator[np.ndarray]:
    """Yield frames of one rendered sentence after the other, uint8 [256, 256, 3] RGB."""
    signers = [name for name in SIGNERS if name != UNSEEN_SIGNER]
    corpus = plan_corpus(
        {"train": 200, "dev": 1, "test": 1},
        seed=seed,
        monolingual=0,
        unseen_share=0.0,
        seen_signers=signers,
        unseen_signer=UNSEEN_SIGNER,
    )
    for clip in corpus:
        for frame in sign(clip.tokens, SIGNERS[clip.signer], clip.seed).frames():
            yield cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def keep_all_ways(folder: Path, lengths: list[int], seed: int, with_lmdb: bool) -> None:
    """Write the same clips as frame stores (JPEG and PNG), loose PNG, zip of PNG, and LMDBs."""
    ids = [f"clip{number:04d}" for number in range(len(lengths))]
    formats = {codec: FrameFormat((SIDE, SIDE), QUALITY, codec) for codec in ("jpeg", "png")}
    writers = {c: FrameStoreWriter(folder / f"{c}.tar", f, ids) for c, f in formats.items()}
    source = pictures(seed)
    with zipfile.ZipFile(folder / "frames.zip", "w", zipfile.ZIP_STORED) as archive:
        for clip, length in zip(ids, lengths, strict=True):
            frames = [next(source) for _ in range(length)]
            images = {c: [f.encode(frame) for frame in frames] for c, f in formats.items()}
            for codec, writer in writers.items():
                writer.add(clip, images[codec])
            (folder / "loose" / clip).mkdir(parents=True)
            for number, image in enumerate(images["png"]):
                (folder / "loose" / clip / name(number)).write_bytes(image)
                archive.writestr(f"{clip}/{name(number)}", image)
            if with_lmdb:
                write_lmdb(folder / "lmdb" / clip, images["jpeg"])
    for writer in writers.values():
        writer.finish()


def write_lmdb(path: Path, images: list[bytes]) -> None:
    """Write one database of one clip."""
    import lmdb

    path.mkdir(parents=True)
    with lmdb.open(str(path), map_size=1 << 30) as base, base.begin(write=True) as writing:
        for number, image in enumerate(images):
            writing.put(f"{number:06d}".encode(), image)


def name(number: int) -> str:
    """Return the file name of a frame."""
    return f"{number:06d}.png"


def from_store(path: Path) -> int:
    """Read with our frame store: byte offsets, only the sampled frames."""
    store, count = FrameStore(path), 0
    for clip, length in enumerate(store.lengths):
        count += len(store.read(clip, np.arange(0, length, 4)))
    return count


def from_loose(folder: Path, lengths: list[int], *, decode_all: bool) -> int:
    """Read loose PNG files with OpenCV; published code decodes all frames and then samples."""
    count = 0
    for clip, length in enumerate(lengths):
        paths = [folder / f"clip{clip:04d}" / name(n) for n in range(length)]
        frames = [
            cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            for path in (paths if decode_all else paths[::4])
        ]
        count += len(np.stack(frames[::4] if decode_all else frames))
    return count


def from_zip(path: Path, lengths: list[int]) -> int:
    """Read one zip of PNG files for the corpus, with Pillow."""
    from PIL import Image

    count = 0
    with zipfile.ZipFile(path) as archive:
        for clip, length in enumerate(lengths):
            members = [f"clip{clip:04d}/{name(n)}" for n in range(0, length, 4)]
            frames = [Image.open(io.BytesIO(archive.read(m))).convert("RGB") for m in members]
            count += len(np.stack([np.asarray(frame) for frame in frames]))
    return count


def from_lmdb(folder: Path, lengths: list[int]) -> int:
    """Read one LMDB of JPEG images per clip, with Pillow, opening it for each clip."""
    import lmdb
    from PIL import Image

    count = 0
    for clip, length in enumerate(lengths):
        path = str(folder / f"clip{clip:04d}")
        with lmdb.open(path, readonly=True, lock=False) as database, database.begin() as reading:
            images = [reading.get(f"{n:06d}".encode()) for n in range(0, length, 4)]
            frames = [Image.open(io.BytesIO(image)).convert("RGB") for image in images]
            count += len(np.stack([np.asarray(frame) for frame in frames]))
    return count


class Loader:
    """The training's data loader; each call reads the next epoch."""

    def __init__(self, store: Path, augmentation: Augmentation) -> None:
        frames = FrameStore(store)
        clips = FrameClips(
            frames,
            frames.ids,
            None,
            rate=RATE,
            crop=(CROP, CROP),
            seed=1,
            augmentation=augmentation,
        )
        sampler = BalancedBatchSampler(clips.lengths, 8, seed=1)
        self.loader = EpochDataLoader(
            clips, batch_sampler=sampler, collate_fn=Collator("frames", 1, 0)
        )
        self.epoch = 0

    def __call__(self) -> int:
        self.loader.set_epoch(self.epoch)
        self.epoch += 1
        return sum(len(batch["frames"]) for batch in self.loader)


def readers(folder: Path, lengths: list[int], with_lmdb: bool) -> list[Reader]:
    """Make all readers, the frame store first."""
    jpeg, loose = folder / "jpeg.tar", folder / "loose"
    found = [
        Reader(STORE, lambda: from_store(jpeg)),
        Reader("frame store, png", lambda: from_store(folder / "png.tar")),
        Reader("loose PNG, OpenCV", lambda: from_loose(loose, lengths, decode_all=False), 5.0),
        Reader(
            "loose PNG, OpenCV, all decoded", lambda: from_loose(loose, lengths, decode_all=True)
        ),
        Reader("zip of PNG, Pillow", lambda: from_zip(folder / "frames.zip", lengths), 6.0),
    ]
    if with_lmdb:
        found.append(
            Reader("LMDB a clip, Pillow", lambda: from_lmdb(folder / "lmdb", lengths), 1.5)
        )
    return [
        *found,
        Reader("loader, crop (FLa-LLM)", Loader(jpeg, Augmentation())),
        Reader("loader, GFSLT-VLP's changes", Loader(jpeg, GFSLT_VLP)),
        Reader("loader, Sign2GPT's changes", Loader(jpeg, SIGN2GPT)),
    ]


def measure(all_readers: list[Reader], rounds: int) -> dict[str, list[float]]:
    """Time each reader in each round, in seconds, after a discarded round that warms the caches."""
    seconds: dict[str, list[float]] = {reader.name: [] for reader in all_readers}
    counts = set()
    for number in range(rounds + 1):
        for reader in all_readers:
            start = time.perf_counter()
            counts.add(reader.read())
            if number:
                seconds[reader.name].append(time.perf_counter() - start)
    if len(counts) != 1:
        raise AssertionError(f"the readers gave {counts} frames, the same number was expected")
    return seconds


def ratio(slow: list[float], fast: list[float]) -> float:
    """Return the median over the rounds of how many times as long `slow` took as `fast`."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def report(all_readers: list[Reader], lengths: list[int], seconds: dict[str, list[float]]) -> bool:
    """Print the table; return whether every ratio meets its target."""
    frames, good = sum(-(-length // 4) for length in lengths), True
    loose = seconds["loose PNG, OpenCV"]
    print(f"{'reader':32}{'clips/s':>9}{'frames/s':>10}  frame store is   to be     loose PNG x")
    for reader in all_readers:
        took = statistics.median(seconds[reader.name])
        faster = ratio(seconds[reader.name], seconds[STORE])
        gain = ratio(loose, seconds[reader.name])
        wanted = f">= {reader.wanted:.1f} x" if reader.wanted else ""
        if reader.name.startswith("loader"):
            wanted = ">= 4.0 x of loose PNG"
            good &= claim(f"{reader.name}: of loose PNG", gain, at_least=4)
        elif reader.name != STORE:
            good &= claim(f"frame store: {reader.name}", faster, at_least=reader.wanted)
        print(
            f"{reader.name:32}{len(lengths) / took:9.1f}{frames / took:10.0f}{faster:12.2f} x  "
            f"{wanted:22}{gain:6.2f}"
        )
    print(
        "A ratio is the median of the rounds' ratios, each of two readers in the same round; it "
        "need not be that of the two medians of clips/s."
    )
    return good


def main() -> int:
    """Render, store, read and print; return 1 if a ratio is too low or was not measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    use_threads(1)  # as in the training stages; it also determines how memory is reused
    with_lmdb = importlib.util.find_spec("lmdb") is not None
    lengths = lengths_like_phoenix(options.clips, options.seed)
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        keep_all_ways(folder, lengths, options.seed, with_lmdb)
        print(
            f"{len(lengths)} clips, {sum(lengths)} frames of {SIDE} x {SIDE}, every 4th wanted, "
            f"one core, medians of {options.rounds} rounds"
        )
        found = readers(folder, lengths, with_lmdb)
        good = report(found, lengths, measure(found, options.rounds))
    if not with_lmdb:
        claim("frame store: LMDB a clip", None, at_least=1.5)
        print(
            "NOT MEASURED: one LMDB a clip, to be >= 1.5 x; lmdb is not installed: "
            "python -m pip install lmdb"
        )
    return 0 if good and with_lmdb else 1


if __name__ == "__main__":
    sys.exit(main())
