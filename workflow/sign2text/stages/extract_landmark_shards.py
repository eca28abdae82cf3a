"""Obtain the landmarks of one shard of a split: its clips are extracted by one job."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.config.corpora import CHECKSUMS, landmarks_folder, rendered_list
from sign2text.config.reads import Read, ReadPlace, Settings
from sign2text.ground import runner
from sign2text.ground.errors import InputError, StorageError
from sign2text.jobs.command_line import command_line
from sign2text.landmarks.extraction import Extraction

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.landmarks.store_writer import LandmarkStoreWriter

SCOPE = "some methods"


def rendered_from(settings: Settings) -> str | None:
    """Return the file list of the avatar whose true landmarks are read, if they are."""
    chosen = settings("extract_landmark_shards").source == "rendered"
    return rendered_list(settings) if chosen else None


def poses_from(settings: Settings) -> str | None:
    """Return the file list of the corpus whose .pose files are read, if they are."""
    chosen = settings("extract_landmark_shards").source == "pose_files"
    return f"resources/{settings.dataset}/{CHECKSUMS}" if chosen else None


def corpus_folder(path: str) -> str:
    """Return the folder of the corpus with the file list `path`."""
    return path.rpartition("/")[0]


def reads_videos(settings: Settings) -> bool:
    """Return whether landmarks are extracted from videos."""
    return settings("extract_landmark_shards").source == "mediapipe"


READS_VIDEOS = reads_videos
READS = (
    Read("manifest", "make_manifest", "{split}.tsv"),
    ReadPlace("rendered", rendered_from, given=landmarks_folder),
    ReadPlace("corpus", poses_from, given=corpus_folder),
    # Start nothing expensive on a corpus that cannot be used.
    Read("report", "check_corpus", "report.csv", is_option=False),
)
# All settings are those of extract_landmarks.
FOLLOWS = dict.fromkeys(Extraction.__dataclass_fields__, "extract_landmarks")
Config = Extraction

log = logging.getLogger(__name__)

SHOWN = 20  # clips that an error names


def run(
    *,
    manifest: Path,
    split: str,
    shard: int,
    output: Path,
    config: Config,
    rendered: Path | None = None,
    corpus: Path | None = None,
    threads: int = 1,
) -> None:
    """Write the shard `output` and its index; resume a killed run.

    Args:
        shard: number of the shard, from 0.
        rendered: folder with the avatar's true landmarks, <split>.safetensors.
        corpus: folder with the corpus's folder of .pose files.

    Raises:
        InputError: clips have no landmarks, and `on_bad_clip` is fail: all others are extracted
            and kept for a run that skips. Or the source cannot be used, or snakemake has ended
            meanwhile: clips extracted so far are kept, and the next run resumes after them.
    """
    from tqdm import tqdm

    from sign2text.data.manifest import read_manifest
    from sign2text.ground.code_hash import code_hash
    from sign2text.landmarks.extraction import describe, extract, shard_bounds, shard_count
    from sign2text.landmarks.mediapipe_frames import Clip, Missed
    from sign2text.landmarks.store_writer import LandmarkStoreWriter

    rows, shards = read_manifest(manifest), shard_count(split, config)
    if not 0 <= shard < shards:
        raise InputError(
            f"--shard: {shard} found, 0 to {shards - 1} expected, as {split} is divided into "
            f"{shards} (extract_landmarks.shards)."
        )
    files = source_files(config, split, rendered, corpus)
    first, end = shard_bounds(len(rows), shard, shards)
    rows = rows.iloc[first:end]
    writer = LandmarkStoreWriter(
        output,
        rows["id"].tolist(),
        [source_of(row, config, files) for row in rows.itertuples()],
        about=describe(config),
        skips=config.on_bad_clip == "skip",
        code=code_hash("extract_landmark_shards"),
    )
    try:
        due = rows.iloc[writer.tried :]
        if writer.tried:
            log.info("%d clips are stored already, %d to do", len(writer), len(due))
        clips = [Clip(row.id, row.video, row.fps, row.frames) for row in due.itertuples()]
        extracted = extract(clips, config, files, max(1, threads)) if clips else ()
        for row, found in zip(
            due.itertuples(), tqdm(extracted, total=len(due), unit="clip"), strict=True
        ):
            try:
                if isinstance(found, Missed):
                    raise InputError(found.reason)
                writer.add(found.id, found.points, found.fps or row.fps, found.size)
            except StorageError:
                raise
            except InputError as error:
                log.warning("clip '%s' has no landmarks: %s", row.id, error)
                writer.leave_out(row.id, str(error))
        if not writer.skips:
            check_none_left_out(writer, rows, manifest)
        if runner.has_gone():
            # Snakemake would remake outputs that are finished without it, from the first clip on.
            raise InputError(
                f"{output}: not finished, since the snakemake that started this has ended. All "
                f"{len(writer)} clips are kept. Start the same command again, which only gives the "
                "shard its name."
            )
        report_unseen(writer)
        writer.finish()
    finally:
        writer.close()
    log.info("%d clips in %s", len(writer), output)


def source_files(
    config: Extraction, split: str, rendered: Path | None, corpus: Path | None
) -> Path | None:
    """Return the file or folder that the source reads in place of videos.

    Raises:
        InputError: the corpus has none.
    """
    if config.source == "mediapipe":
        return None
    if config.source == "rendered":
        if rendered is None:
            raise InputError(
                "--rendered: missing; expected the folder of the avatar's true landmarks. Only a "
                "corpus that is rendered here has them: set extract_landmarks.source to mediapipe."
            )
        return rendered / f"{split}.safetensors"
    if corpus is None:
        raise InputError(
            "--corpus: missing; expected the folder of the corpus that has the clips' .pose files."
        )
    return corpus / config.poses


def source_of(row: object, config: Extraction, files: Path | None) -> str | None:
    """Describe a clip's source, to detect changes of it; None if it is missing."""
    from sign2text.landmarks.pose_clips import find_file
    from sign2text.stages.sample_frames import source_of as source_of_video

    if config.source == "mediapipe":
        return source_of_video(row.video, row.frames)
    times = None
    if config.source == "pose_files":
        files, times = find_file(row.id, row.video, files)
    try:
        status = files.stat()
    except OSError:  # missing: its reader reports it
        return None
    return f"{row.frames} frames of {times}, {status.st_size} bytes, {status.st_mtime_ns}"


def check_none_left_out(writer: LandmarkStoreWriter, rows: pd.DataFrame, manifest: Path) -> None:
    """Raise InputError that names the clips without landmarks, if there are any."""
    if not writer.left_out:
        return
    lines = [f"{manifest}: {len(writer.left_out)} of {len(rows)} clips have no landmarks:"]
    for row in rows[rows["id"].isin(writer.left_out)].head(SHOWN).itertuples():
        lines.append(f"line {row.Index + 2}, clip '{row.id}': {writer.left_out[row.id]}")
    lines.append(
        f"The other {len(writer)} are extracted and kept. With extract_landmarks.on_bad_clip: skip "
        "the next run only leaves these out. Otherwise correct them: it goes on at the first one."
    )
    raise InputError("\n".join(lines))


def report_unseen(writer: LandmarkStoreWriter) -> None:
    """Log how many clips never show a part: no error, but worth a look."""
    from sign2text.landmarks.points import PARTS

    for number, part in enumerate(PARTS):
        never = [record["id"] for record in writer.records if not record["seen"][number]]
        if never:
            shown = ", ".join(never[:5])
            log.warning("%d clips never show the %s: %s", len(never), part, shown)


if __name__ == "__main__":
    command_line(run)
