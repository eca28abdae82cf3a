"""Render the avatar corpus: signing videos with their sentences, glosses and landmarks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from sign2text.config.corpora import signed_list
from sign2text.config.reads import ReadPlace
from sign2text.ground.errors import InputError
from sign2text.ground.settings import Probability, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.avatar.corpus import Clip, Corpus
    from sign2text.avatar.recording import Job, Recording

SCOPE = "corpus"
READS = (
    # Only the corpus's annotations are read, so videos that arrive later change nothing.
    ReadPlace("sentences", signed_list, by_content=False),
)

MARKER = ".rendered_with.json"
"""File next to the videos that records the settings and code which made them."""
log = logging.getLogger(__name__)


@stage_config
class Config:
    """Defaults are the clip counts of PHOENIX-2014T.

    If the data set signs another corpus's sentences, that corpus provides the clips, and train,
    dev, test, unseen_share and monolingual have no effect.
    """

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
    limit: Annotated[
        int | None,
        Field(ge=1, description="with `sentences`: only the first clips of each split, for trials"),
    ] = None
    sentences_adapter: Annotated[
        str | None,
        Field(description="adapter of the data set's `sentences`; filled in from there"),
    ] = None
    sentences_settings: Annotated[
        dict[str, Any],
        Field(description="settings of make_manifest of the data set's `sentences`; filled in"),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _limit_needs_sentences(self) -> Config:
        if self.limit is not None and self.sentences_adapter is None:
            raise ValueError(
                f"limit is {self.limit}, and there is no corpus whose sentences are signed; set "
                "train, dev and test instead"
            )
        return self


def run(*, output: Path, config: Config, sentences: Path | None = None, threads: int = 1) -> None:
    """Write the corpus into the folder of `output` (checksums.tsv, written last).

    With `sentences`, the checksums.tsv of another corpus, that corpus's clips are signed.
    A killed run resumes: videos made with the same settings and code are kept.
    Landmarks and tables are cheap and are always remade.
    """
    from sign2text.avatar.annotations import write_checksums, write_monolingual, write_split
    from sign2text.data.splits import SPLITS

    folder = output.parent
    output.unlink(missing_ok=True)
    corpus = plan(config, sentences)
    keep_only_equal(folder, config, corpus)
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


def plan(config: Config, sentences: Path | None = None) -> Corpus:
    """Plan the corpus that the settings describe, or the one in `sentences`.

    Raises InputError if only one of `sentences` and the settings names another corpus.
    """
    from sign2text.avatar.corpus import plan_corpus
    from sign2text.avatar.signing import SIGNERS, UNSEEN_SIGNER

    if (sentences is None) != (config.sentences_adapter is None):
        raise InputError(
            f"--sentences: found {sentences}, with sentences_adapter: {config.sentences_adapter} "
            "in --settings; give both to have another corpus signed, or neither for the avatar's "
            "own sentences"
        )
    if sentences is not None:
        return plan_other(config, sentences)
    return plan_corpus(
        {"train": config.train, "dev": config.dev, "test": config.test},
        seed=config.seed,
        monolingual=config.monolingual,
        unseen_share=config.unseen_share,
        seen_signers=[name for name in SIGNERS if name != UNSEEN_SIGNER],
        unseen_signer=UNSEEN_SIGNER,
    )


def plan_other(config: Config, sentences: Path) -> Corpus:
    """Plan the clips of another corpus, read by its adapter without looking at its videos."""
    from sign2text.avatar.sentences import plan_sentences
    from sign2text.config.stages import find_stages
    from sign2text.data.adapters import find_adapter
    from sign2text.data.splits import SPLITS
    from sign2text.ground.settings import read_settings

    # Use the registry: only the form of make_manifest's settings is needed, not its code.
    settings = read_settings(
        find_stages()["make_manifest"].config,
        {"adapter": config.sentences_adapter, **config.sentences_settings},
        "--settings: sentences_settings",
    )
    adapter = find_adapter(settings.adapter)
    tables = {
        split: adapter.read_split(sentences, split, settings)[: config.limit] for split in SPLITS
    }
    return plan_sentences(
        tables,
        source=str(sentences.parent),
        language=settings.language,
        seed=config.seed,
    )


def video_path(clip: str) -> str:
    """Return the path of a clip's video, relative to the corpus folder."""
    return f"videos/{clip}.mp4"


def keep_only_equal(folder: Path, config: Config, corpus: Corpus) -> None:
    """Remove the videos of an earlier run unless this run would make the same ones."""
    import hashlib
    import shutil

    from sign2text.ground.code_hash import code_hash
    from sign2text.ground.files import replacing
    from sign2text.ground.settings import to_json_values

    settings = to_json_values(config)
    del settings["monolingual"]  # does not affect the videos
    # The signed content, which also depends on another corpus's annotations.
    signed = [(clip.id, clip.tokens, clip.signer, clip.seed) for clip in corpus]
    wanted = {
        "code": code_hash("synthesize_avatar"),
        "settings": settings,
        "clips": hashlib.sha256(repr(signed).encode()).hexdigest(),
    }
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


def record_all(folder: Path, corpus: Corpus, config: Config, threads: int) -> Iterator[Recording]:
    """Yield the recordings of all clips in order, made by `threads` processes."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm import tqdm

    from sign2text.avatar.recording import record

    (folder / "videos").mkdir(parents=True, exist_ok=True)
    jobs = [_job(folder, clip, config) for clip in corpus]
    pool = ProcessPoolExecutor(max(1, threads), mp_context=get_context("forkserver"))
    try:
        yield from tqdm(
            pool.map(record, jobs, chunksize=4), total=len(jobs), unit="clip", mininterval=5
        )
    finally:
        # After an error or a signal, finish the clips in work and drop the waiting ones.
        pool.shutdown(cancel_futures=True)


def _job(folder: Path, clip: Clip, config: Config) -> Job:
    from sign2text.avatar.recording import Job

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
