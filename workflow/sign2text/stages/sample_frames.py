"""Decode every clip of a split once into the frame store: a tar of JPEG frames with an index.

Training takes one frame at random of each run of 1/rate, so the store keeps all frames of a clip;
which ones are used is decided when they are read (`sampling_rate` of the training stages).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.command_line import command_line
from sign2text.settings import stage_config

METHODS = ("common",)
UPSTREAM = ("make_manifest",)

log = logging.getLogger(__name__)


@stage_config
class Config:
    height: Annotated[
        int, Field(ge=16, description="height of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    width: Annotated[
        int, Field(ge=16, description="width of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    quality: Annotated[int, Field(ge=1, le=100, description="JPEG quality; ours")] = 90


def run(*, manifest: Path, output: Path, config: Config, threads: int = 1) -> None:
    """Write `output` (a tar) and its index; go on where a killed run stopped.

    Raises:
        InputError: a clip is missing, cut, damaged or empty. The clips before it stay stored, and
            the next run goes on behind them.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm import tqdm

    from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
    from sign2text.data.manifest import read_manifest

    rows = read_manifest(manifest)
    frame_format = FrameFormat((config.height, config.width), config.quality)
    sources = [source_of(Path(row.video), row.frames) for row in rows.itertuples()]
    writer = FrameStoreWriter(output, frame_format, rows["id"].tolist(), sources)
    rows = rows.iloc[len(writer.done) :]
    if writer.done:
        log.info("%d clips are stored already, %d to do", len(writer.done), len(rows))
    jobs = [
        (manifest, line, row.id, row.video, row.frames, frame_format)
        for line, row in zip(rows.index + 2, rows.itertuples(), strict=True)
    ]
    try:
        with ProcessPoolExecutor(max(1, threads), mp_context=get_context("forkserver")) as pool:
            results = pool.map(_encode_clip, jobs)
            for job, images in zip(jobs, tqdm(results, total=len(jobs), unit="clip"), strict=True):
                writer.add(job[2], images)
    except BaseException:
        writer.close()
        raise
    writer.finish()
    log.info("%d clips, %d frames in %s", len(writer.clips), writer.frames, output)


def source_of(video: Path, frames: int) -> str | None:
    """What changes when a clip's video or its row does; None where the video is gone."""
    try:
        status = video.stat()
    except FileNotFoundError:
        return None
    return f"{frames} frames, {status.st_size} bytes, {status.st_mtime_ns}"


def _encode_clip(job: tuple) -> list[bytes]:
    """All frames of a clip as JPEG; their number must be the manifest's."""
    import cv2

    from sign2text.data.video import read_frames
    from sign2text.errors import InputError

    manifest, line, clip, video, frames, frame_format = job
    cv2.setNumThreads(1)
    where = f"{manifest}, line {line}, clip '{clip}'"
    try:
        images = [frame_format.encode(frame) for frame in read_frames(Path(video))]
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
