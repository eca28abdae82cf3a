"""Join the shards of a split's landmarks to one store, and list the clips that it has.

extract_landmark_shards extracts them, a job a shard, with the settings of this stage.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.config.corpora import rendered_list
from sign2text.config.reads import Listed, Read, Settings
from sign2text.ground.errors import InputError
from sign2text.jobs.command_line import command_line
from sign2text.landmarks.extraction import Extraction

if TYPE_CHECKING:
    import pandas as pd

SCOPE = "some methods"
READS = (
    Read("manifest", "make_manifest", "{split}.tsv"),
    Read("first", "extract_landmark_shards", "{split}.000.index.safetensors"),
    # Their number follows from the setting `shards`.
    Listed("further"),
)
FOLLOWS = {"on_bad_clip": "make_manifest"}
Config = Extraction

log = logging.getLogger(__name__)

SHOWN = 5  # clips that an error names


def check_settings(settings: Settings) -> Iterator[str]:
    """Report a source that the data set does not have, and settings at the wrong stage."""
    config = settings("extract_landmarks")
    if config != settings("extract_landmark_shards"):
        yield (
            "its settings differ from those of extract_landmark_shards, expected the same; set "
            "them under extract_landmarks alone"
        )
    if config.source == "rendered" and rendered_list(settings) is None:
        yield (
            f"source: rendered found, but {settings.dataset} is no corpus that the avatar renders; "
            "expected mediapipe or pose_files"
        )


def run(
    *,
    manifest: Path,
    first: Path,
    output: Path,
    config: Config,
    further: list[Path] = (),
    output_manifest: Path | None = None,
    output_left_out: Path | None = None,
) -> None:
    """Write the index `output` of all shards.

    Args:
        first: index of the first shard; `further` of the others, in order.
        output_manifest: file for the manifest of the clips with landmarks.
        output_left_out: file for the list of left-out clips, with reasons.

    Raises:
        InputError: the shards are not of this manifest, or hold no clip.
    """
    from sign2text.data.manifest import read_manifest, write_manifest
    from sign2text.landmarks.index import join_indices

    rows = read_manifest(manifest)
    joined = join_indices([first, *further], output)
    check_clips(rows, joined.ids, joined.left_out, manifest, first)
    gone = rows["id"].isin(joined.left_out)
    if output_manifest is not None:
        write_manifest(rows[~gone].reset_index(drop=True), output_manifest)
    if output_left_out is not None:
        from sign2text.data.left_out import write_left_out

        left = rows[gone]
        left = left.assign(split=manifest.stem, reason=left["id"].map(joined.left_out))
        write_left_out(left, output_left_out)
    frames = int(joined.starts[-1])
    log.info("%d clips, %d frames in %d shards", len(joined.ids), frames, 1 + len(further))


def check_clips(
    rows: pd.DataFrame, ids: list[str], left_out: dict[str, str], manifest: Path, first: Path
) -> None:
    """Raise InputError unless all clips have landmarks or were left out, and some have."""
    tried = [clip for clip in rows["id"] if clip not in left_out]
    if tried != ids:
        other = sorted(set(ids).symmetric_difference(tried))
        raise InputError(
            f"{first}: the shards hold {len(ids)} clips, {len(tried)} expected, those of "
            f"{manifest} in their order; they differ in {', '.join(other[:SHOWN]) or 'the order'}. "
            "The landmarks belong to another manifest; run extract_landmark_shards again."
        )
    if not ids:
        lines = [f"{manifest}: nothing is left, all {len(rows)} clips are without landmarks:"]
        lines += [f"clip '{clip}': {reason}" for clip, reason in [*left_out.items()][:SHOWN]]
        raise InputError("\n".join(lines))


if __name__ == "__main__":
    command_line(run)
