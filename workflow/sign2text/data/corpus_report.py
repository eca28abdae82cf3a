"""Report on a corpus's manifests before anything expensive starts: counts and findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.corpus_findings import Row, counted, names
from sign2text.data.text_form import with_composed_texts
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("check", "split", "found", "expected", "verdict", "advice")
VERDICTS = ("bad", "differs", "note", "ok")
"""Verdicts by severity: `bad` ends the stage, and `ok` needs no reading."""
PUBLISHED_KEYS = {
    "clips": "clips",
    "frames": "frames",
    "longest": "longest clip, frames",
    "word_types": "word types",
    "gloss_types": "gloss types",
}
"""Keys of an adapter's PUBLISHED, and the checks that they are compared with."""
Count = int | tuple[int, ...]
"""A count from the publisher's files; a tuple if it is presumed to be one of several."""


def make_report(
    clips: Mapping[str, pd.DataFrame],
    left_out: pd.DataFrame,
    published: Mapping[str, Mapping[str, Count]],
    settings: Any,
    copies: Mapping[str, str] | None = None,
    uneven: pd.DataFrame | None = None,
    *,
    of_classes: bool = False,
) -> pd.DataFrame:
    """Run all checks; return a table with `COLUMNS`, every value as text.

    Args:
        clips: a manifest table per split (`read_clips`), in the order train, dev, test.
        left_out: the clips that make_manifest left out (`data.left_out`).
        published: the adapter's PUBLISHED, {} if it has none.
        settings: the `Config` of check_corpus.
        copies: maps each file that is a copy to its original (`data.copies`).
        uneven: the clips with frames at uneven times (`data.variable_rate`); None if unknown.
        of_classes: True if the texts are names of classes, which all splits share.
    """
    import pandas as pd

    from sign2text.data.class_corpus import class_rows
    from sign2text.data.corpus_names import check_names
    from sign2text.data.corpus_overlap import check_overlaps, check_sentences
    from sign2text.data.corpus_rates import check_rates
    from sign2text.data.corpus_texts import check_forms, check_texts
    from sign2text.data.corpus_vocabulary import check_vocabulary
    from sign2text.data.text_alone import has_videos

    missing = {split: int((left_out["split"] == split).sum()) for split in clips}
    forms = list(check_forms(clips))
    clips = {split: with_composed_texts(table) for split, table in clips.items()}
    seen = {split: table for split, table in clips.items() if has_videos(table)}
    rows = [
        *check_lengths(clips, settings),
        *(check_rates(seen, uneven, settings.fps) if seen else ()),
        *check_left_out(left_out, list(clips)),
        *check_overlaps(clips, settings.allow_overlap, copies or {}),
        *(() if of_classes else check_sentences(clips)),
        *check_signers(clips),
        *(class_rows(clips) if of_classes else check_vocabulary(clips, settings.language)),
        *check_texts(clips),
        *forms,
        *check_names(clips),
    ]
    rows = compare(rows, published, missing)
    if not published:
        rows.insert(0, Row("published counts", "", "none", verdict="note", advice=_UNPUBLISHED))
    return pd.DataFrame([tuple(map(str, row)) for row in rows], columns=list(COLUMNS))


_UNPUBLISHED = (
    "No counts are known for this adapter, so nothing here shows that clips are missing. Compare "
    "the number of clips with what you rendered, or with the corpus's own description."
)


_TEXT_ALONE = (
    "This data set is read by its text alone (its key text_alone): nothing is known of its frames."
)


def compare(
    rows: list[Row], published: Mapping[str, Mapping[str, Count]], missing: Mapping[str, int]
) -> list[Row]:
    """Add the published counts to their rows, and judge the differences."""
    known = {
        (PUBLISHED_KEYS[key], split): count
        for split, counts in published.items()
        for key, count in counts.items()
        if key in PUBLISHED_KEYS
    }
    return [_compared(row, known.get((row.check, row.split)), missing) for row in rows]


def _compared(row: Row, expected: Count | None, missing: Mapping[str, int]) -> Row:
    if expected is None:
        return row
    presumed = isinstance(expected, tuple)
    counts = expected if presumed else (expected,)
    shown = f"{' or '.join(map(str, counts))}, presumed" if presumed else expected
    row = row._replace(expected=shown)
    gone = missing.get(row.split, 0)
    if row.found in counts:
        return row
    if gone and any(_explained(row, count, gone) for count in counts):
        advice = f"{gone} clips were left out; the publisher's count is of all."
        return row._replace(verdict="note", advice=advice)
    if presumed:
        return row._replace(
            verdict="note",
            advice="Nobody here has counted the publisher's file, so this count may be wrong. "
            "Compare the number with the lines of yours.",
        )
    return row._replace(
        verdict="differs",
        advice="Not the publisher's count: another release, missing files, or removed clips. "
        "If that is intended, report it with your scores.",
    )


def _explained(row: Row, expected: int, gone: int) -> bool:
    """Return whether `gone` left-out clips can explain the difference."""
    if row.check == "clips":
        return row.found + gone == expected
    return row.found < expected


def check_lengths(clips: Mapping[str, pd.DataFrame], settings: Any) -> Iterator[Row]:
    """Report clips and frames of each split, and clips with too few or too many sampled frames.

    For a text-only corpus, report the number of clips only.
    """
    from sign2text.data.corpus_rates import frames_at
    from sign2text.data.sampling import sampled_length
    from sign2text.data.text_alone import has_videos

    for split, table in clips.items():
        frames = table["frames"]
        yield Row("clips", split, len(table))
        if not has_videos(table):
            yield Row("videos", split, 0, "", "note", _TEXT_ALONE)
            continue
        yield Row("frames", split, int(frames.sum()))
        yield Row("shortest clip, frames", split, int(frames.min()))
        yield Row("median clip, frames", split, f"{frames.median():g}")
        yield Row("longest clip, frames", split, int(frames.max()))
        stored = frames_at(table, settings.fps)
        steps = stored.map({n: sampled_length(n, settings.sampling_rate) for n in set(stored)})
        short, long = table[steps < settings.least_steps], table[steps > settings.most_steps]
        yield counted(
            "clips too short",
            split,
            short["id"],
            expected=f"{settings.least_steps} sampled frames or more",
            advice="Too few frames to hold a sign: look at",
        )
        yield counted(
            "clips too long",
            split,
            long["id"],
            expected=f"{settings.most_steps} sampled frames or fewer",
            verdict="bad",
            advice="Training would stop at these. Lower sampling_rate or raise the positions of "
            "the models, the same here as there, or take out",
        )


def check_left_out(left_out: pd.DataFrame, splits: list[str]) -> Iterator[Row]:
    """Report the number of left-out clips, in total and by kind of reason."""
    for split in splits:
        part = left_out[left_out["split"] == split]
        advice = "Scores of the test split are not comparable with published ones."
        yield Row(
            "clips left out",
            split,
            len(part),
            verdict="note" if len(part) else "ok",
            advice=advice if len(part) and split == "test" else "",
        )
        kinds = [_kind_of(*each) for each in zip(part["video"], part["reason"], strict=True)]
        # Group by a column: a list of one column would name the groups by tuples.
        for kind, group in part.assign(kind=kinds).groupby("kind", sort=False):
            named = names(group["id"])
            yield Row("left out, by reason", split, len(group), "", "note", f"{kind} ({named})")


def _kind_of(video: str, reason: str) -> str:
    """Generalise a reason: replace the clip's path and all numbers by placeholders."""
    return re.sub(r"\d+", "#", reason.replace(video, "…") if video else reason)


def check_signers(clips: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Report the number of signers per split, and the signers that are not in train."""
    trained = set(clips["train"]["signer"])
    for split, table in clips.items():
        yield Row("signers", split, table["signer"].nunique())
        if split != "train":
            unseen = table["signer"][~table["signer"].isin(trained)]
            yield counted(
                "signers not in train",
                split,
                unseen.drop_duplicates(),
                advice="Scores are reported of seen and of unseen signers apart:",
            )
            yield Row("clips of signers not in train", split, len(unseen))


def read_clips(path: Path) -> pd.DataFrame:
    """Read a split's table; accept duplicate ids and empty texts, which the report checks.

    Raises InputError as `read_manifest`. A table with such rows is checked only for its columns and
    its values of `frames` and `fps`.
    """
    import pandas as pd

    from sign2text.data.manifest import COLUMNS as MANIFEST
    from sign2text.data.manifest import read_manifest, read_table

    try:
        return read_manifest(path)
    except InputError:
        try:
            table = read_table(path)
        except (OSError, ValueError):
            table = pd.DataFrame()
        if table.empty or not set(MANIFEST) <= set(table):
            raise
        frames, fps = (pd.to_numeric(table[each], errors="coerce") for each in ("frames", "fps"))
        if not (table["id"].duplicated().any() or (table["text"].str.strip() == "").any()):
            raise
        if not ((frames > 0) & (frames % 1 == 0) & (fps > 0)).all():
            raise
        return table.assign(frames=frames.astype("int64"), fps=fps)
