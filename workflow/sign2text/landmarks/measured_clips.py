"""Quality of the clips of landmark stores, and tables of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import spread
from sign2text.landmarks.drawn_clips import video_frames
from sign2text.landmarks.points import COUNT, PARTS
from sign2text.landmarks.quality import ClipQuality, Summary, clip_quality, summarise

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.landmarks.store import LandmarkStore


class MeasuredClip(NamedTuple):
    """A clip's quality, and where the clip comes from."""

    split: str
    id: str
    signer: str
    quality: ClipQuality


class SplitClips(NamedTuple):
    """Clips of one split to be measured."""

    split: str
    store: LandmarkStore
    rows: pd.DataFrame
    """Rows of the manifest, of all clips or some."""
    clips: int
    """Clips of the store."""
    without: int
    """Clips of the manifest without landmarks."""


def choose(
    split: str, store: LandmarkStore, rows: pd.DataFrame, most: int, index: Path
) -> SplitClips:
    """Choose at most `most` clips of a split, evenly spread over its manifest `rows`.

    Raises:
        InputError: the store of `index` has clips that the manifest lacks.
    """
    stored = set(store.ids)
    if other := sorted(stored - set(rows["id"])):
        raise InputError(
            f"{index}: holds {len(other)} clips that the manifest of {split} lacks, first "
            f"'{other[0]}'; expected landmarks of its clips. Extract them again."
        )
    kept = rows[rows["id"].isin(stored)]
    chosen = kept.iloc[sorted(spread(range(len(kept)), most))]
    return SplitClips(split, store, chosen, len(stored), len(rows) - len(kept))


def measure(of: SplitClips, truth: Path | None) -> Iterator[MeasuredClip]:
    """Measure the clips one by one.

    Args:
        truth: file with the exact landmarks of each clip, float32 [T, 85, 3] of all frames of the
            video; None if nobody knows them.

    Raises:
        InputError: the file lacks a clip, or some of its frames.
    """
    exact = None if truth is None else _open(truth)
    for row in of.rows.itertuples():
        position = of.store.position(row.id)
        points = of.store.read(position)
        true = None
        if exact is not None:
            true = _true(exact, truth, row.id, points, float(of.store.fps[position]), row.fps)
        yield MeasuredClip(of.split, row.id, row.signer, clip_quality(points, true))


def _open(truth: Path) -> Any:
    from safetensors import safe_open

    from sign2text.ground.files import reading

    if not truth.is_file():
        raise InputError(f"{truth}: missing; run the rule synthesize_avatar again.")
    with reading(truth, "synthesize_avatar"):
        return safe_open(str(truth), framework="numpy")


def _true(exact: Any, path: Path, clip: str, points: Any, rate: float, of_video: float) -> Any:
    """Return the exact landmarks of the frames that `points` has."""
    if clip not in exact.keys():  # noqa: SIM118 (the file is no mapping)
        raise InputError(
            f"{path}: has no clip '{clip}', which has landmarks; expected the same clips. Run the "
            "rule synthesize_avatar again."
        )
    found = exact.get_tensor(clip)
    frames = video_frames(len(points), rate, of_video)
    if found.shape[1:] != (COUNT, 3) or len(found) <= frames[-1]:
        raise InputError(
            f"{path}, clip '{clip}': found {list(found.shape)}, expected more than {frames[-1]} "
            f"frames of [{COUNT}, 3], since landmarks of as many are compared. Extract them again."
        )
    return found[frames]


CLIP_COLUMNS = ("detected", "gaps", "longest_gap", "ends", "jitter", "true_jitter", "error")
SUMMARY_COLUMNS = tuple(Summary.__dataclass_fields__)


def clip_table(clips: Iterable[MeasuredClip]) -> pd.DataFrame:
    """Make the table of clips, a row each; counts are in frames, distances in shoulder widths."""
    import pandas as pd

    rows = []
    for clip in clips:
        row: dict[str, Any] = {
            "split": clip.split,
            "id": clip.id,
            "signer": clip.signer,
            "frames": clip.quality.frames,
            "shoulder_width": clip.quality.width,
            "share": clip.quality.share,
        }
        for name, part in clip.quality.parts.items():
            values = (
                *(part.detected, len(part.gaps), max(part.gaps, default=0), part.ends),
                *(part.jitter, part.true_jitter, part.error),
            )
            start = name.replace(" ", "_")
            row |= {f"{start}_{key}": v for key, v in zip(CLIP_COLUMNS, values, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows)


def summaries(clips: Sequence[MeasuredClip]) -> dict[tuple[str, str], dict[str, Summary]]:
    """Summarise each part by (split, signer): all clips ("", ""), of a split, of a signer."""
    groups: dict[tuple[str, str], list[ClipQuality]] = {("", ""): []}
    for clip in clips:
        for key in (("", ""), (clip.split, ""), ("", clip.signer)):
            groups.setdefault(key, []).append(clip.quality)
    return {key: {part: summarise(own, part) for part in PARTS} for key, own in groups.items()}


def summary_table(found: dict[tuple[str, str], dict[str, Summary]]) -> pd.DataFrame:
    """Make the table of summaries: a row for each part of all clips, a split's or a signer's."""
    import pandas as pd

    return pd.DataFrame(
        {"split": split, "signer": signer, "part": part}
        | {column: getattr(summary, column) for column in SUMMARY_COLUMNS}
        for (split, signer), parts in found.items()
        for part, summary in parts.items()
    )


def ranked(clips: Sequence[MeasuredClip], count: int) -> dict[str, list[MeasuredClip]]:
    """Return `count` clips each that are detected best, in the middle and worst; none is twice.

    >>> ranked([], 2)
    {'best': [], 'median': [], 'worst': []}
    """
    order = sorted(clips, key=lambda clip: (-clip.quality.share, clip.split, clip.id))
    count = min(count, -(-len(order) // 3))
    best, rest = order[:count], order[count:]
    worst = rest[max(0, len(rest) - count) :]
    middle = rest[: len(rest) - len(worst)]
    # `order`'s middle, which `middle` surrounds evenly.
    first = max(0, (len(middle) - count) // 2)
    return {"best": best, "median": middle[first : first + count], "worst": worst}
