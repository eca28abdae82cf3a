"""Corpora of classes: isolated signs or actions, with the class name in the manifest's `text`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import NAMED, Row, counted
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

LEAST_CLIPS = 2
"""Minimum training clips of a class: one clip does not show what the class has in common."""
UNKNOWN_SIGNERS = frozenset({"", "unknown"})


def class_problems(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Find classes that cannot be learned or scored: reasons by class, sorted by class.

    Args:
        tables: a manifest table per split, "train" among them.
    """
    counts = tables["train"]["text"].value_counts()
    problems = {}
    for label in sorted({label for table in tables.values() for label in table["text"]}):
        found = int(counts.get(label, 0))
        where = [split for split, table in tables.items() if (table["text"] == label).any()]
        if not found:
            problems[label] = f"in {' and '.join(where)}, and not in train"
        elif found < LEAST_CLIPS:
            problems[label] = f"{found} training clip, expected {LEAST_CLIPS} or more"
    return problems


def check_classes(tables: Mapping[str, pd.DataFrame], where: str) -> None:
    """Raise InputError for a class with one training clip, or one in dev or test that train lacks.

    Args:
        tables: a manifest table per split, "train" among them.
        where: file or folder at the start of the message.
    """
    problems = class_problems(tables)
    if not problems:
        return
    lines = [f"{where}: {len(problems)} classes cannot be used:"]
    lines += [f"class '{label}': {why}" for label, why in list(problems.items())[:NAMED]]
    if len(problems) > NAMED:
        lines.append(f"... and {len(problems) - NAMED} more")
    lines.append(
        "Add training clips of them, or set on_bad_clip: skip under this data set's "
        "stages.make_manifest: their clips are then left out, and left_out.tsv lists them."
    )
    raise InputError("\n".join(lines))


def without_poor_classes(
    tables: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Leave out the clips of classes that cannot be used (`class_problems`).

    Returns the kept tables, and a table of the split, id, video and reason of each left-out clip.
    """
    import pandas as pd

    problems = class_problems(tables)
    kept, left_out = {}, []
    for split, table in tables.items():
        gone = table["text"].isin(problems)
        kept[split] = table[~gone].reset_index(drop=True)
        reasons = table["text"].map(lambda label: f"class '{label}': {problems.get(label)}")
        left_out.append(table.assign(split=split, reason=reasons)[gone])
    return kept, pd.concat(left_out)[["split", "id", "video", "reason"]].reset_index(drop=True)


def shared_signers(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """List the known signers that are in both manifest tables, sorted.

    In two published corpora, names do not identify people: `signer01` of each may be two people.
    """
    return sorted((set(one["signer"]) & set(other["signer"])) - UNKNOWN_SIGNERS)


def class_rows(tables: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Yield findings about classes for the report of check_corpus."""
    counts = tables["train"]["text"].value_counts()
    for split, table in tables.items():
        clips = table["text"].value_counts()
        yield Row("classes", split, len(clips))
        yield Row("clips of a class, fewest", split, int(clips.min()))
        yield Row("clips of a class, most", split, int(clips.max()))
        labels = table["text"].drop_duplicates()
        if split == "train":
            yield counted(
                "classes with one training clip",
                split,
                labels[labels.map(counts) < LEAST_CLIPS],
                verdict="bad",
                advice="Nothing can be learned of them; add clips, or take out",
            )
        else:
            yield counted(
                "classes not in train",
                split,
                labels[~labels.isin(counts.index)],
                verdict="bad",
                advice="No model can find them; take out",
            )
