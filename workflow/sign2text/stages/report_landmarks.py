"""Measure how well landmarks were extracted, and draw the clips where they are best and worst."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.config.corpora import landmarks_folder, rendered_list
from sign2text.config.reads import Read, ReadPlace
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    from sign2text.landmarks.measured_clips import MeasuredClip, SplitClips
    from sign2text.pages.landmarks_page import Picture, Shown

SCOPE = "some methods"
READS = (
    Read("train", "extract_landmarks", "train.index.safetensors"),
    Read("dev", "extract_landmarks", "dev.index.safetensors"),
    Read("test", "extract_landmarks", "test.index.safetensors"),
    # All clips, also those that cannot be decoded: the page counts clips without landmarks.
    Read("train_manifest", "make_manifest", "train.tsv"),
    Read("dev_manifest", "make_manifest", "dev.tsv"),
    Read("test_manifest", "make_manifest", "test.tsv"),
    ReadPlace("truth", rendered_list, given=landmarks_folder),
)
PICTURES = ("*.html",)

log = logging.getLogger(__name__)

JPEG_QUALITY = 80
DIGITS = 5  # of numbers in tables


@stage_config
class Config:
    most: Annotated[
        int,
        Field(
            ge=1,
            description="clips of a split that are measured, at most, evenly spread over it; ours",
        ),
    ] = 20_000
    clips: Annotated[
        int,
        Field(
            ge=0,
            le=30,
            description="clips that are drawn of each kind: best, median and worst; 0: the page "
            "shows nobody; ours",
        ),
    ] = 2
    pictures: Annotated[
        int, Field(ge=1, le=60, description="frames that are drawn of each of these clips; ours")
    ] = 6
    height: Annotated[
        int, Field(ge=64, le=2160, description="height of these frames in pixels, at most; ours")
    ] = 480


def run(
    *,
    train: Path,
    dev: Path,
    test: Path,
    train_manifest: Path,
    dev_manifest: Path,
    test_manifest: Path,
    output: Path,
    config: Config,
    identity: str,
    truth: Path | None = None,
) -> None:
    """Write landmarks.html, landmarks.tsv and clips.tsv into the folder `output`.

    Args:
        train: index of the split's landmark store; `dev` and `test` likewise.
        identity: the experiment's identity as JSON (sign2text/lineage/identity.py).
        truth: folder with a rendered corpus's exact landmarks, a file for each split.

    Raises:
        InputError: a store has clips that the manifest lacks, no clip has landmarks, or the exact
            landmarks are of other clips.
    """
    from tqdm import tqdm

    from sign2text.config.json_options import read_mapping
    from sign2text.data.manifest import read_manifest, write_table
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import filling
    from sign2text.landmarks.extraction_times import extraction_times
    from sign2text.landmarks.measured_clips import (
        choose,
        clip_table,
        measure,
        ranked,
        summaries,
        summary_table,
    )
    from sign2text.landmarks.store import LandmarkStore
    from sign2text.pages.landmarks_page import Facts, make_page, statement

    whose = read_mapping("--identity", identity)
    splits: dict[str, SplitClips] = {}
    clips: list[MeasuredClip] = []
    indices = {"train": train, "dev": dev, "test": test}
    manifests = {"train": train_manifest, "dev": dev_manifest, "test": test_manifest}
    for split, index in indices.items():
        store, rows = LandmarkStore(index), read_manifest(manifests[split])
        splits[split] = choose(split, store, rows, config.most, index)
    for split, chosen in splits.items():
        true = None if truth is None else truth / f"{split}.safetensors"
        measured = measure(chosen, true)
        clips += tqdm(measured, total=len(chosen.rows), unit="clip", desc=split)
    if not clips:
        raise InputError(f"{train}: no clip of the manifest has landmarks. Extract them again.")
    found = summaries(clips)
    shown = {
        rank: [draw(clip, splits[clip.split], config) for clip in own]
        for rank, own in ranked(clips, config.clips).items()
    }
    facts = Facts(
        data_set=whose["data_set"],
        about=splits["train"].store.about,
        stored={split: each.clips for split, each in splits.items()},
        without={split: each.without for split, each in splits.items()},
        left_out={
            clip: reason for each in splits.values() for clip, reason in each.store.left_out.items()
        },
        times={
            split: times
            for split, each in splits.items()
            if (times := extraction_times(each.store)) is not None
        },
        shown=shown,
    )
    text = make_page(facts, clips, found)
    with filling(output, last="landmarks.html") as temporary:
        write_table(summary_table(found).round(DIGITS), temporary / "landmarks.tsv")
        write_table(clip_table(clips).round(DIGITS), temporary / "clips.tsv")
        (temporary / "landmarks.html").write_text(text, encoding="utf-8")
    log.info("%s", statement(found["", ""]))


def draw(clip: MeasuredClip, of: SplitClips, config: Config) -> Shown:
    """Draw a clip's frames; the log and the page say why if its video cannot be shown."""
    from sign2text.landmarks.drawn_clips import draw_clip
    from sign2text.pages.landmarks_page import Shown

    row = of.rows[of.rows["id"] == clip.id].iloc[0]
    position = of.store.position(clip.id)
    width, height = of.store.sizes[position].tolist()
    drawn = draw_clip(
        row["video"],
        of.store.read(position),
        rate=float(of.store.fps[position]),
        of_video=float(row["fps"]),
        size=(width, height),
        pictures=config.pictures,
    )
    if drawn.reason:
        log.warning("clip '%s': drawn without its video. %s", clip.id, drawn.reason)
    return Shown(clip, [jpeg(*frame, config.height) for frame in drawn.frames], drawn.reason)


def jpeg(seconds: float, picture: object, highest: int) -> Picture:
    """Compress a picture, scaled down to the height `highest` if it is higher."""
    import cv2

    from sign2text.pages.landmarks_page import Picture

    height, width = picture.shape[:2]
    if height > highest:
        size = (max(1, round(width * highest / height)), highest)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, found = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return Picture(seconds, found.tobytes())


if __name__ == "__main__":
    command_line(run)
