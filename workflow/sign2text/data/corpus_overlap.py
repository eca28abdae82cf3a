"""Overlaps between splits (ids, videos, sentences): a test clip seen in training tests nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import Row, counted
from sign2text.data.text_alone import has_videos

if TYPE_CHECKING:
    import pandas as pd

WHOLE = 1e9
"""End in seconds of a video that is used whole: longer than any video."""
SHARED = 0.5
"""Parts of one video count as the same clip if they share more than this of the shorter one: cuts
by sentence leave margins, so neighbours overlap slightly."""


_BY_HEART = "A model can have learnt these by heart; a score without them says more."


def check_overlaps(
    clips: Mapping[str, pd.DataFrame], allow_overlap: bool, copies: Mapping[str, str]
) -> Iterator[Row]:
    """Report duplicate ids and videos, within splits and between them.

    `copies` maps each file that is a copy to its original (`data.copies`). Text-only corpora have
    no videos to compare.
    """
    verdict = "note" if allow_overlap else "bad"
    seen = {split: table for split, table in clips.items() if has_videos(table)}
    parts = {split: _parts_of(table, copies) for split, table in seen.items()}
    yield from _check_twice(clips, parts)
    yield from _check_ids(clips, verdict)
    yield from _check_videos(parts, verdict)


def _check_twice(
    clips: Mapping[str, pd.DataFrame], parts: Mapping[str, pd.DataFrame]
) -> Iterator[Row]:
    for split, table in clips.items():
        yield counted(
            "ids twice",
            split,
            table["id"][table["id"].duplicated()].drop_duplicates(),
            verdict="bad",
            advice="Every clip needs an id of its own; rename or take out",
        )
        if split in parts:
            again = parts[split].duplicated(["file", "start", "end"])
            yield counted(
                "clips with another one's video",
                split,
                parts[split]["id"][again],
                advice="The same video under another id in this split, or a copy of it: look at",
            )


def _check_ids(clips: Mapping[str, pd.DataFrame], verdict: str) -> Iterator[Row]:
    for first, second in combinations(clips, 2):
        ids = clips[second]["id"]
        yield counted(
            f"ids also in {first}",
            second,
            ids[ids.isin(clips[first]["id"])].drop_duplicates(),
            verdict=verdict,
            advice=_advice(first, second),
        )


def _check_videos(parts: Mapping[str, pd.DataFrame], verdict: str) -> Iterator[Row]:
    """Compare whole videos by content, whatever their names, and parts by their times too."""
    for first, second in combinations(parts, 2):
        pairs = parts[second].merge(parts[first], on="file", suffixes=("", "_other"))
        shared = pairs[["end", "end_other"]].min(axis=1) - pairs[["start", "start_other"]].max(
            axis=1
        )
        shorter = (pairs["end"] - pairs["start"]).clip(
            upper=pairs["end_other"] - pairs["start_other"]
        )
        same = shared > SHARED * shorter
        yield counted(
            f"videos also in {first}",
            second,
            pairs["id"][same].drop_duplicates(),
            verdict=verdict,
            advice=_advice(first, second, pairs[same]),
        )
        yield counted(
            f"other parts of videos in {first}",
            second,
            pairs["id"][~pairs["id"].isin(pairs["id"][same])].drop_duplicates(),
            advice="The same signer in the same recording, though at another time:",
        )


def _parts_of(table: pd.DataFrame, copies: Mapping[str, str]) -> pd.DataFrame:
    """Tabulate id, file, start and end in seconds, and file name (`name`) of each clip's video.

    If the file is a copy, `file` is its original.
    """
    import pandas as pd

    from sign2text.data.fragments import split_fragment

    parts = []
    for clip, video in zip(table["id"], table["video"], strict=True):
        file, times = split_fragment(video)
        start, end = times or (0.0, WHOLE)
        name = str(file)
        parts.append((clip, copies.get(name, name), start, min(end, WHOLE), name))
    return pd.DataFrame(parts, columns=["id", "file", "start", "end", "name"])


def check_sentences(clips: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Report sentences of dev and test that also occur in train.

    Sentences are compared as written, and again without a full stop at the end and the whitespace
    around it.
    """
    for ending, form in (("", lambda text: text), (", final point aside", without_final_point)):
        known = set(form(clips["train"]["text"]))
        for split in clips:
            if split == "train":
                continue
            text = form(clips[split]["text"])
            again = text[text.isin(known)]
            yield Row(f"sentences also in train{ending}", split, again.nunique())
            yield Row(
                f"clips whose sentence is in train{ending}",
                split,
                len(again),
                verdict="note" if len(again) else "ok",
                advice=_BY_HEART if len(again) else "",
            )


def without_final_point(text: pd.Series) -> pd.Series:
    """Remove a full stop, "." or "。", at the end of each text, and the whitespace around it."""
    return text.str.replace(r"\s*[.。]?\s*$", "", regex=True)


def _advice(first: str, second: str, pairs: pd.DataFrame | None = None) -> str:
    """Return advice on an overlap; it names the first of `pairs` with two names for one video."""
    advice = "Overlapping splits make every score worthless (check_corpus: {allow_overlap: true} "
    advice += "accepts them). "
    if pairs is not None and (pairs["name"] != pairs["name_other"]).any():
        pair = pairs[pairs["name"] != pairs["name_other"]].iloc[0]
        advice += (
            f"{pair['name']} is the same video as {pair['name_other']}: a link to it or a copy. "
        )
    return f"{advice}Take out of {first} or of {second}:"
