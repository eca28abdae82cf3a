"""Frame rates of a corpus: a sign has twice as many frames at 50 frames per second as at 25."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import Row, counted
from sign2text.data.resampling import is_same_rate, resampled_length

if TYPE_CHECKING:
    import pandas as pd

LISTED = 5
"""Maximum number of rates that a report lists; above it: lowest, median and highest."""

_MIXED = (
    "The same sign has more frames in one clip than in another, and a model learns both. Set "
    "sample_frames.fps, to 25 for example, which resamples all clips; look at"
)
_UNEVEN = (
    "As phones and screen recorders make them: frames by number are no measure of time there. Set "
    "sample_frames.fps, to 25 for example, which resamples by the times of frames; look at"
)


def check_rates(
    clips: Mapping[str, pd.DataFrame], uneven: pd.DataFrame | None, fps: float | None
) -> Iterator[Row]:
    """Report the rates of each split, with clips at an unusual or uneven rate.

    Args:
        clips: a manifest table per split.
        uneven: the clips with frames at uneven times (`data.variable_rate`); None if unknown.
        fps: rate of sample_frames; if set, all clips are resampled and other rates do no harm.
    """
    import pandas as pd

    verdict = "note" if fps is None else "ok"
    usual = pd.concat([table["fps"] for table in clips.values()]).round(2).mode()
    for split, table in clips.items():
        yield Row("frames a second", split, describe(table["fps"]))
        # If two rates are equally frequent, the lower one counts.
        other = ~table["fps"].map(lambda rate: is_same_rate(rate, usual[0]))
        yield counted(
            "clips of another frame rate",
            split,
            table["id"][other],
            expected=f"{usual[0]:g} a second",
            verdict=verdict,
            advice=_MIXED if fps is None else f"Resampled to {fps:g} a second:",
        )
        if uneven is not None:
            yield counted(
                "clips with frames at uneven times",
                split,
                uneven["id"][uneven["split"] == split],
                verdict=verdict,
                advice=_UNEVEN if fps is None else f"Resampled to {fps:g} a second:",
            )
        if fps is not None:
            frames = frames_at(table, fps)
            yield Row(f"frames, resampled to {fps:g} a second", split, int(frames.sum()))


def describe(rates: pd.Series) -> str:
    """List the different rates, or the lowest, the median and the highest of many."""
    different = sorted({f"{rate:.2f}".rstrip("0").rstrip(".") for rate in rates}, key=float)
    if len(different) <= LISTED:
        return ", ".join(different)
    return f"{different[0]} to {different[-1]}, median {rates.median():.4g}"


def frames_at(table: pd.DataFrame, fps: float | None) -> pd.Series:
    """Return the number of frames of each clip as sample_frames stores them."""
    if fps is None:
        return table["frames"]
    import pandas as pd

    pairs = list(zip(table["frames"].tolist(), table["fps"].tolist(), strict=True))
    found = {pair: resampled_length(*pair, fps) for pair in set(pairs)}
    return pd.Series([found[pair] for pair in pairs], table.index, "int64")
