"""Render a corpus of classes: isolated signs of invented words, or actions that movement tells.

These corpora replace WLASL and Kinetics-400, on which encoders are pretrained (MMTLB, section 3.2).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.avatar.class_corpus import ClassCorpus

SCOPE = "corpus"
READS = ()

MARKER = ".rendered_with.json"
"""File next to the videos that records the settings and code which made them."""
MOST_ACTIONS = 40
log = logging.getLogger(__name__)


@stage_config
class Config:
    """Defaults are near WLASL's numbers of classes, clips and signers."""

    kind: Annotated[
        Literal["isolated", "actions"],
        Field(description="signs of invented words, or movements with any hand at any place"),
    ] = "isolated"
    classes: Annotated[
        int, Field(ge=2, le=5000, description="classes (WLASL's number); of actions at most 40")
    ] = 2000
    train: Annotated[int, Field(ge=2, description="training clips a class; as in WLASL")] = 7
    dev: Annotated[int, Field(ge=1, description="development clips a class; as in WLASL")] = 2
    test: Annotated[int, Field(ge=1, description="test clips a class; as in WLASL, rounded up")] = 2
    signers: Annotated[
        int, Field(ge=1, le=999, description="people who sign in train alone; near WLASL's 119")
    ] = 100
    unseen_signers: Annotated[
        int, Field(ge=1, le=999, description="people in dev alone, and as many in test; ours")
    ] = 10
    seed: Annotated[int, Field(ge=0, description="the whole corpus follows from it")] = 1
    crf: Annotated[
        int, Field(ge=0, le=51, description="H.264 constant rate factor, smaller is better")
    ] = 26
    preset: Annotated[
        Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"],
        Field(description="x264's trade of time for size"),
    ] = "superfast"
    keyframes: Annotated[
        int, Field(ge=1, description="frames from one key frame to the next, at most")
    ] = 12

    @model_validator(mode="after")
    def _has_as_many_classes(self) -> Config:
        if self.kind == "actions" and self.classes > MOST_ACTIONS:
            raise ValueError(
                f"classes is {self.classes}, and there are {MOST_ACTIONS} actions; lower it"
            )
        return self


def run(*, output: Path, config: Config, threads: int = 1) -> None:
    """Write the corpus into the folder of `output` (checksums.tsv, written last).

    A killed run resumes: videos made with the same settings and code are kept.
    """
    from sign2text.avatar.class_corpus import plan_classes, write_tables

    folder = output.parent
    output.unlink(missing_ok=True)
    corpus = plan_classes(
        config.kind,
        config.classes,
        {"train": config.train, "dev": config.dev, "test": config.test},
        {"train": config.signers, "dev": config.unseen_signers, "test": config.unseen_signers},
        config.seed,
    )
    keep_only_equal(folder, config)
    kept = sum((folder / clip.video).exists() for clip in corpus.clips)
    log.info("%d clips of %d classes to make", len(corpus.clips), len(corpus.classes))
    if kept:
        log.info("%d videos are there already", kept)
    write_tables(folder, output, corpus, list(record_all(folder, corpus, config, threads)))


def keep_only_equal(folder: Path, config: Config) -> None:
    """Remove the videos of an earlier run unless this run would make the same ones."""
    import shutil

    from sign2text.ground.code_hash import code_hash
    from sign2text.ground.files import replacing
    from sign2text.ground.settings import to_json_values

    wanted = {"code": code_hash("synthesize_classes"), "settings": to_json_values(config)}
    marker, videos = folder / MARKER, folder / "videos"
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = None
    if found != wanted:
        if videos.exists():
            log.info("the videos in %s were made with other settings or code: removed", videos)
            # Remove the marker first: leftovers of a killed removal must not count as this run's.
            marker.unlink(missing_ok=True)
            shutil.rmtree(videos)
        with replacing(marker) as temporary:
            temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    for partial in videos.rglob(".*.partial.mp4"):
        partial.unlink()


def record_all(folder: Path, corpus: ClassCorpus, config: Config, threads: int) -> Iterator[int]:
    """Yield the number of frames of each clip, in order, recorded by `threads` processes."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm import tqdm

    from sign2text.avatar.class_corpus import record_class
    from sign2text.avatar.recording import Job

    (folder / "videos").mkdir(parents=True, exist_ok=True)
    made_with = {"quality": config.crf, "preset": config.preset, "keyframes": config.keyframes}
    jobs = [
        Job(clip.tokens, clip.signer, clip.seed, folder / clip.video, **made_with)
        for clip in corpus.clips
    ]
    progress = {"total": len(jobs), "unit": "clip", "mininterval": 5}
    if threads < 2:
        yield from tqdm(map(record_class, jobs), **progress)
        return
    pool = ProcessPoolExecutor(threads, mp_context=get_context("forkserver"))
    try:
        yield from tqdm(pool.map(record_class, jobs, chunksize=8), **progress)
    finally:
        # After an error or a signal, finish the clips in work and drop the waiting ones.
        pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    command_line(run)
