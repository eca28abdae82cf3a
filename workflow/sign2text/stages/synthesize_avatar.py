"""Render the avatar corpus: signing videos with their sentences, glosses and landmarks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.command_line import command_line
from sign2text.settings import Probability, stage_config

if TYPE_CHECKING:
    from sign2text.data.avatar.corpus import Clip, Corpus
    from sign2text.data.avatar.recording import Job, Recording

METHODS = ("corpus",)
UPSTREAM = ()

MARKER = ".rendered_with.json"
"""Beside the videos: the settings and the code that those so far were made with."""
log = logging.getLogger(__name__)


@stage_config
class Config:
    """Defaults are the clip counts of PHOENIX-2014T."""

    train: Annotated[int, Field(ge=1, description="training clips (PHOENIX-2014T's number)")] = 7096
    dev: Annotated[int, Field(ge=1, description="development clips (PHOENIX-2014T's number)")] = 519
    test: Annotated[int, Field(ge=1, description="test clips (PHOENIX-2014T's number)")] = 642
    seed: Annotated[int, Field(ge=0, description="the whole corpus follows from it")] = 1
    unseen_share: Annotated[
        Probability, Field(description="share of the test clips by the signer who is only there")
    ] = 0.2
    monolingual: Annotated[
        int, Field(ge=0, description="further sentences a language, of meanings in no split")
    ] = 20000
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


def run(*, output: Path, config: Config, threads: int = 1) -> None:
    """Write the corpus into the folder of `output` (checksums.tsv, written last).

    A killed run goes on where it stopped: videos made with the same settings and code are kept.
    Landmarks and tables cost little and are made anew.
    """
    from sign2text.data.avatar.annotations import write_checksums, write_monolingual, write_split
    from sign2text.data.avatar.corpus import SPLITS

    folder = output.parent
    output.unlink(missing_ok=True)
    keep_only_equal(folder, config)
    corpus = plan(config)
    kept = sum((folder / video_path(clip.id)).exists() for clip in corpus)
    log.info(
        "%d clips to make%s",
        sum(map(len, corpus.clips.values())),
        f", {kept} videos are there already" if kept else "",
    )
    recordings = record_all(folder, corpus, config, threads)
    for split in SPLITS:
        clips = corpus.clips[split]
        write_split(folder, split, clips, [next(recordings) for _ in clips])
    write_monolingual(folder, corpus.monolingual)
    write_checksums(folder, output, [video_path(clip.id) for clip in corpus])


def plan(config: Config) -> Corpus:
    """The corpus that the settings describe."""
    from sign2text.data.avatar.corpus import plan_corpus
    from sign2text.data.avatar.signing import SIGNERS, UNSEEN_SIGNER

    return plan_corpus(
        {"train": config.train, "dev": config.dev, "test": config.test},
        seed=config.seed,
        monolingual=config.monolingual,
        unseen_share=config.unseen_share,
        seen_signers=[name for name in SIGNERS if name != UNSEEN_SIGNER],
        unseen_signer=UNSEEN_SIGNER,
    )


def video_path(clip: str) -> str:
    """A clip's video, relative to the corpus folder."""
    return f"videos/{clip}.mp4"


def keep_only_equal(folder: Path, config: Config) -> None:
    """Remove the videos of an earlier run unless they are what this one would make."""
    import shutil

    from sign2text.files import replacing
    from sign2text.provenance import code_hash
    from sign2text.settings import to_json_values

    settings = to_json_values(config)
    del settings["monolingual"]  # has no part in the videos
    wanted = {"code": code_hash("synthesize_avatar"), "settings": settings}
    marker, videos = folder / MARKER, folder / "videos"
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = None
    if found != wanted:
        if videos.exists():
            log.info("the videos in %s were made with other settings or code: removed", videos)
            # The marker goes first: what a killed removal leaves must not pass for this run's.
            marker.unlink(missing_ok=True)
            shutil.rmtree(videos)
        with replacing(marker) as temporary:
            temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    for partial in videos.glob(".*.partial.mp4"):
        partial.unlink()


def record_all(folder: Path, corpus: Corpus, config: Config, threads: int) -> Iterator[Recording]:
    """Recordings of all clips in order, made by `threads` processes."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm import tqdm

    from sign2text.data.avatar.recording import record

    (folder / "videos").mkdir(parents=True, exist_ok=True)
    jobs = [_job(folder, clip, config) for clip in corpus]
    pool = ProcessPoolExecutor(max(1, threads), mp_context=get_context("forkserver"))
    try:
        yield from tqdm(
            pool.map(record, jobs, chunksize=4), total=len(jobs), unit="clip", mininterval=5
        )
    finally:
        # After an error or a signal the clips that wait are dropped; those in work are finished.
        pool.shutdown(cancel_futures=True)


def _job(folder: Path, clip: Clip, config: Config) -> Job:
    from sign2text.data.avatar.recording import Job

    return Job(
        tokens=clip.tokens,
        signer=clip.signer,
        seed=clip.seed,
        video=folder / video_path(clip.id),
        quality=config.crf,
        preset=config.preset,
        keyframes=config.keyframes,
    )


if __name__ == "__main__":
    command_line(run)
