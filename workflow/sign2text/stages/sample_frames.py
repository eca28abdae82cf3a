"""Decode every clip of a split once into the frame store: a tar of its frames with an index.

Training samples one random frame from each run of 1/rate frames, so the store keeps all frames of a
clip. The training stages choose frames when they read the store (`sampling_rate`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.data.resampling import MOST_FPS
from sign2text.ground import runner
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.data.clip_encoding import Clip, Encoded, LeftOut
    from sign2text.data.frame_store_writer import FrameStoreWriter

SCOPE = "common"
READS = (
    Read("manifest", "make_manifest", "{split}.tsv"),
    Read("variable_rate", "make_manifest", "variable_rate.tsv"),
    # Start nothing expensive on a corpus that cannot be used.
    Read("report", "check_corpus", "report.csv", is_option=False),
)
READS_VIDEOS = True
FOLLOWS = {"on_bad_clip": "make_manifest"}
PICTURES = ("*.tar",)

log = logging.getLogger(__name__)

CLIPS_AHEAD = 2
"""Clips per process that are in work or wait to be written; bounds the memory in use."""
SHOWN = 5  # clips that an error names


@stage_config
class Config:
    height: Annotated[
        int, Field(ge=16, description="height of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    width: Annotated[
        int, Field(ge=16, description="width of a stored frame in pixels (GFSLT-VLP's resize)")
    ] = 256
    fps: Annotated[
        float | None,
        Field(
            gt=0,
            le=MOST_FPS,
            description="frames a second that each clip is resampled to, by the times of its "
            "frames; null: all frames are kept as filmed; ours",
        ),
    ] = None
    codec: Annotated[
        Literal["jpeg", "png"],
        Field(description="how a frame is kept: jpeg, or png without any loss; ours"),
    ] = "jpeg"
    quality: Annotated[
        int, Field(ge=1, le=100, description="JPEG quality; of no effect with png; ours")
    ] = 90
    on_bad_clip: Annotated[
        Literal["fail", "skip"],
        Field(
            description="a clip that cannot be decoded ends the run, or is left out; that of "
            "make_manifest unless it is set here"
        ),
    ] = "fail"


def run(
    *,
    manifest: Path,
    output: Path,
    config: Config,
    variable_rate: Path | None = None,
    output_manifest: Path | None = None,
    output_left_out: Path | None = None,
    threads: int = 1,
) -> None:
    """Write `output` (a tar) and its index; resume a killed run.

    Args:
        variable_rate: make_manifest's list of clips with uneven frame times.
        output_manifest: file for the manifest of the stored clips.
        output_left_out: file for the list of left-out clips, with reasons.

    Raises:
        InputError: a clip is missing, truncated, damaged or empty, and `on_bad_clip` is fail; or no
            clip is left; or snakemake has ended meanwhile. Clips stored so far are kept, and the
            next run resumes after them.
    """
    from tqdm import tqdm

    from sign2text.data.clip_encoding import Clip, LeftOut
    from sign2text.data.frame_format import FrameFormat
    from sign2text.data.frame_store_writer import FrameStoreWriter
    from sign2text.data.manifest import read_manifest

    rows, skips = read_manifest(manifest), config.on_bad_clip == "skip"
    if skips and output_left_out is None:
        raise InputError(
            "--output-left-out: missing; with on_bad_clip: skip it names the table of the clips "
            "that are left out. Give it, or set on_bad_clip: fail."
        )
    frame_format = FrameFormat(
        (config.height, config.width),
        config.quality,
        config.codec,
        config.fps or natural_rate(rows, manifest.stem, variable_rate),
    )
    sources = [source_of(row.video, row.frames) for row in rows.itertuples()]
    if config.fps is not None:  # only the manifest knows the rate of a folder of images
        rates = rows["fps"].tolist()
        sources = [s and f"{s}, {r:g} a second" for s, r in zip(sources, rates, strict=True)]
    writer = FrameStoreWriter(output, frame_format, rows["id"].tolist(), sources, skips=skips)
    due = rows.iloc[writer.tried :]
    if writer.tried:
        log.info("%d clips are stored already, %d to do", len(writer), len(due))
    clips = (
        Clip(
            f"{manifest}, line {row.Index + 2}, clip '{row.id}'",
            *(row.video, row.frames, row.fps, config.fps, frame_format, skips),
        )
        for row in due.itertuples()
    )
    try:
        encoded = tqdm(encode_all(clips, max(1, threads)), total=len(due), unit="clip")
        for clip, found in zip(due["id"], encoded, strict=True):
            if isinstance(found, LeftOut):
                log.warning("clip '%s' is left out: %s", clip, found.reason)
                writer.leave_out(clip, found.reason)
                continue
            if found.note:
                log.warning("clip '%s': %s", clip, found.note)
            writer.add(clip, found.images)
        if runner.has_gone():
            # Snakemake would remake outputs that are finished without it, from the first clip on.
            raise InputError(
                f"{output}: not finished, since the snakemake that started this has ended. All "
                f"{len(writer)} clips are kept. Start the same command again, which only gives the "
                "store its name."
            )
        check_some_left(writer, manifest)
        write_tables(rows, writer, manifest.stem, output_manifest, output_left_out)
        writer.finish()
    finally:
        writer.close()
    log.info("%d clips, %d frames in %s", len(writer), writer.frames, output)


def natural_rate(rows: pd.DataFrame, split: str, variable_rate: Path | None) -> float | None:
    """Return the rate at which all clips were filmed; None if it varies between or within clips."""
    from sign2text.data.resampling import common_rate
    from sign2text.data.variable_rate import read_variable_rate

    if variable_rate is not None and (read_variable_rate(variable_rate)["split"] == split).any():
        return None
    return common_rate(rows["fps"])


def check_some_left(writer: FrameStoreWriter, manifest: Path) -> None:
    """Raise InputError, with the first reasons, if no clip can be decoded."""
    if len(writer):
        return
    lines = [f"{manifest}: nothing is left, all {len(writer.ids)} clips cannot be decoded:"]
    lines += [f"clip '{clip}': {writer.left_out[clip]}" for clip in writer.ids[:SHOWN]]
    lines.append("Fetch or make their videos again.")
    raise InputError("\n".join(lines))


def write_tables(
    rows: pd.DataFrame,
    writer: FrameStoreWriter,
    split: str,
    output_manifest: Path | None,
    output_left_out: Path | None,
) -> None:
    """Write the manifest of the clips that `writer` has stored, and the table of left-out clips."""
    from sign2text.data.left_out import write_left_out
    from sign2text.data.manifest import write_manifest

    gone = rows["id"].isin(writer.left_out)
    if output_manifest is not None:
        write_manifest(rows[~gone].reset_index(drop=True), output_manifest)
    if output_left_out is not None:
        left = rows[gone]
        left = left.assign(split=split, reason=left["id"].map(writer.left_out))
        write_left_out(left, output_left_out)


def encode_all(jobs: Iterable[Clip], processes: int) -> Iterator[Encoded | LeftOut]:
    """Encode each job's clip, in order, in `processes` processes.

    A new clip is submitted only when a result is taken, so that the encoders do not run ahead of
    the writer.
    """
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    from sign2text.data.clip_encoding import encode_clip

    waiting: deque[Future] = deque()
    pool = ProcessPoolExecutor(processes, mp_context=get_context("forkserver"))
    try:
        for job in jobs:
            waiting.append(pool.submit(encode_clip, job))
            if len(waiting) == CLIPS_AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # After an error or a signal, finish the clips in work and drop the waiting ones.
        pool.shutdown(cancel_futures=True)


def source_of(video: str, frames: int) -> str | None:
    """Describe a clip's video and row, to detect changes of either; None if the video is missing.

    For a folder, use the images' total size and newest modification time: replacing an image under
    its old name changes neither of the folder's.
    """
    from sign2text.data.fragments import split_box
    from sign2text.data.image_folder import IMAGE_SUFFIXES
    from sign2text.data.video import split_fragment

    path, times = split_fragment(video)
    box = split_box(video)[1]
    try:
        status = path.stat()
        size, changed = status.st_size, status.st_mtime_ns
        if path.is_dir():
            with os.scandir(path) as entries:
                images = [e.stat() for e in entries if e.name.lower().endswith(IMAGE_SUFFIXES)]
            size = sum(image.st_size for image in images)
            # The folder's time counts too, because it changes with the images' names.
            changed = max([changed, *(image.st_mtime_ns for image in images)])
    except OSError:  # missing or unreadable: its reader reports it
        return None
    part = f", {times[0]} to {times[1]} s" if times else ""
    part += f", box {','.join(map(str, box))}" if box else ""
    return f"{frames} frames, {size} bytes, {changed}{part}"


if __name__ == "__main__":
    command_line(run)
