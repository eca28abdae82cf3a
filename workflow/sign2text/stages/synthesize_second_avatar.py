"""Render a corpus in the avatar's second sign language: another lexicon and another order."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.config.corpora import CHECKSUMS
from sign2text.config.reads import ReadPlace
from sign2text.ground.settings import Probability, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.config.reads import Settings


def first_list(settings: Settings) -> str:
    """Return the file list of the corpus in the first sign language."""
    return f"resources/{settings('synthesize_second_avatar').unlike}/{CHECKSUMS}"


SCOPE = "corpus"
# Only annotations are read, so videos that are rendered again change nothing.
READS = (ReadPlace("first", first_list, by_content=False),)


@stage_config
class Config:
    """Defaults are small, for two cores; all are ours."""

    unlike: Annotated[
        str,
        Field(
            min_length=1,
            description="data set in the first sign language, of which no sentence is signed",
        ),
    ] = "avatar"
    train: Annotated[int, Field(ge=1, description="training clips")] = 1200
    dev: Annotated[int, Field(ge=1, description="development clips")] = 40
    test: Annotated[int, Field(ge=1, description="test clips")] = 100
    seed: Annotated[int, Field(ge=0, description="the whole corpus follows from it")] = 2
    unseen_share: Annotated[
        Probability, Field(description="share of the test clips by the signer who is only there")
    ] = 0.2
    monolingual: Annotated[
        int, Field(ge=0, description="further sentences a language at most, in neither corpus")
    ] = 4000
    crf: Annotated[
        int, Field(ge=0, le=51, description="H.264 constant rate factor, smaller is better")
    ] = 26
    preset: Annotated[
        Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"],
        Field(description="x264's trade of time for size"),
    ] = "ultrafast"
    keyframes: Annotated[
        int, Field(ge=1, description="frames from one key frame to the next, at most")
    ] = 12


def run(*, first: Path, output: Path, config: Config, threads: int = 1) -> None:
    """Write the corpus into the folder of `output` (checksums.tsv, written last).

    `first` is the checksums.tsv of the corpus in the first sign language. A killed run resumes:
    videos made with the same settings and code are kept.
    """
    from sign2text.avatar.annotations import write_checksums, write_monolingual, write_split
    from sign2text.avatar.kept_videos import keep_only_equal
    from sign2text.avatar.parallel_text import read_signed
    from sign2text.avatar.second_corpus import plan_second
    from sign2text.avatar.signing import SIGNERS, UNSEEN_SIGNER
    from sign2text.data.splits import SPLITS
    from sign2text.ground.code_hash import code_hash
    from sign2text.ground.settings import to_json_values
    from sign2text.stages.synthesize_avatar import record_all, video_path

    folder = output.parent
    output.unlink(missing_ok=True)
    corpus = plan_second(
        {"train": config.train, "dev": config.dev, "test": config.test},
        read_signed([first]),
        source=first,
        seed=config.seed,
        monolingual=config.monolingual,
        unseen_share=config.unseen_share,
        seen_signers=[name for name in SIGNERS if name != UNSEEN_SIGNER],
        unseen_signer=UNSEEN_SIGNER,
    )
    signed = [(clip.id, clip.tokens, clip.signer, clip.seed) for clip in corpus]
    settings = to_json_values(config)
    del settings["monolingual"]  # does not affect the videos
    keep_only_equal(
        folder,
        {
            "code": code_hash("synthesize_second_avatar"),
            "settings": settings,
            "clips": hashlib.sha256(repr(signed).encode()).hexdigest(),
        },
    )
    recordings = record_all(folder, corpus, config, threads)
    for split in SPLITS:
        clips = corpus.clips[split]
        write_split(folder, split, clips, [next(recordings) for _ in clips])
    write_monolingual(folder, corpus.monolingual)
    write_checksums(folder, output, [video_path(clip.id) for clip in corpus])


if __name__ == "__main__":
    command_line(run)
