"""Decode every clip of a split once into the frame store: a tar of its frames with an index.

Training takes one frame at random of each run of 1/rate, so the store keeps all frames of a clip;
which ones are used is decided when they are read (`sampling_rate` of the training stages).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.ground import runner
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
READS = (
    Read("manifest", "make_manifest", "{split}.tsv"),
    # Nothing expensive is made of a corpus that cannot be used.
    Read("report", "check_corpus", "report.csv", is_option=False),
)
PICTURES = ("*.tar",)

log = logging.getLogger(__name__)

CLIPS_AHEAD = 2
"""Clips a process that are in work or wait to be written. What is held in memory depends on it."""


@stage_config
class Config:
    height: Annotated[
        int, Field(ge=16, description="height of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    width: Annotated[
        int, Field(ge=16, description="width of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    codec: Annotated[
        Literal["jpeg", "png"],
        Field(description="how a frame is kept: jpeg, or png without any loss; ours"),
    ] = "jpeg"
    quality: Annotated[
        int, Field(ge=1, le=100, description="JPEG quality; of no effect with png; ours")
    ] = 90


def run(*, manifest: Path, output: Path, config: Config, threads: int = 1) -> None:
    """Write `output` (a tar) and its index; go on where a killed run stopped.

    Raises:
        InputError: a clip is missing, cut, damaged or empty. The clips before it stay stored, and
            the next run goes on behind them. So it does where snakemake has ended meanwhile.
    """
    from tqdm import tqdm

    from sign2text.data.frame_store_writer import FrameFormat, FrameStoreWriter
    from sign2text.data.manifest import read_manifest

    rows = read_manifest(manifest)
    frame_format = FrameFormat((config.height, config.width), config.quality, config.codec)
    sources = [source_of(row.video, row.frames) for row in rows.itertuples()]
    writer = FrameStoreWriter(output, frame_format, rows["id"].tolist(), sources)
    rows = rows.iloc[len(writer) :]
    if len(writer):
        log.info("%d clips are stored already, %d to do", len(writer), len(rows))
    jobs = (
        (manifest, line, row.id, row.video, row.frames, frame_format)
        for line, row in zip(rows.index + 2, rows.itertuples(), strict=True)
    )
    try:
        encoded = tqdm(encode_all(jobs, max(1, threads)), total=len(rows), unit="clip")
        for clip, images in zip(rows["id"], encoded, strict=True):
            writer.add(clip, images)
        if runner.has_gone():
            # What it gave their names now would be made anew, from the first clip on.
            raise InputError(
                f"{output}: not finished, since the snakemake that started this has ended. All "
                f"{len(writer)} clips are kept. Start the same command again, which only gives the "
                "store its name."
            )
        writer.finish()
    finally:
        writer.close()
    log.info("%d clips, %d frames in %s", len(writer), writer.frames, output)


def encode_all(jobs: Iterable[tuple], processes: int) -> Iterator[list[bytes]]:
    """Images of each job's clip in order, made by `processes` processes.

    A further clip is begun only when one is taken, so that those who encode do not run away from
    the one who writes.
    """
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    waiting: deque[Future] = deque()
    pool = ProcessPoolExecutor(processes, mp_context=get_context("forkserver"))
    try:
        for job in jobs:
            waiting.append(pool.submit(_encode_clip, job))
            if len(waiting) == CLIPS_AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # After an error or a signal the clips that wait are dropped; those in work are finished.
        pool.shutdown(cancel_futures=True)


def source_of(video: str, frames: int) -> str | None:
    """What changes when a clip's video or its row does; None where the video is gone.

    Of a folder it is the images' bytes together and their newest time: an image that is replaced
    under its name leaves the folder's own as they were.
    """
    from sign2text.data.image_folder import IMAGE_SUFFIXES
    from sign2text.data.video import split_fragment

    path, times = split_fragment(video)
    try:
        status = path.stat()
        size, changed = status.st_size, status.st_mtime_ns
        if path.is_dir():
            with os.scandir(path) as entries:
                images = [e.stat() for e in entries if e.name.lower().endswith(IMAGE_SUFFIXES)]
            size = sum(image.st_size for image in images)
            # The folder's own time too: it changes with the images' names.
            changed = max([changed, *(image.st_mtime_ns for image in images)])
    except OSError:  # gone, or without rights: its reader says it
        return None
    part = f", {times[0]} to {times[1]} s" if times else ""
    return f"{frames} frames, {size} bytes, {changed}{part}"


def _encode_clip(job: tuple) -> list[bytes]:
    """All frames of a clip, compressed; their number must be the manifest's."""
    import cv2

    from sign2text.data.video import read_frames

    manifest, line, clip, video, frames, frame_format = job
    cv2.setNumThreads(1)
    where = f"{manifest}, line {line}, clip '{clip}'"
    try:
        images = [frame_format.encode(frame) for frame in read_frames(video)]
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if len(images) != frames:
        raise InputError(
            f"{where}: {video} has {len(images)} frames, the manifest says {frames}. The video was "
            "cut or exchanged; fetch or make it again, or correct the manifest."
        )
    return images


if __name__ == "__main__":
    command_line(run)
