"""Groups of clips with separate scores: by length, by signer, by what training saw.

The corpus itself may name further groups (data/groups.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_list import read_list
from sign2text.data.groups import COLUMNS, GROUP

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Group:
    """A group of clips; `members` are their positions in the table of sentences."""

    by: str
    name: str
    members: np.ndarray


LENGTH, SIGNER, NAMED = "reference length", "signer", "group"
UNNAMED = "(none)"
WORDS, SENTENCE = "words", "sentence"
ALL_SEEN, SOME_UNSEEN = "all seen in training", "one or more not seen in training"
IN_TRAIN, NOT_IN_TRAIN = "stands in the training text", "not in the training text"


def with_groups(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Add the column GROUP to a split's manifest, indexed by id, if one of its clips has a label.

    Clips without a label get "". Raises InputError if a column is missing or an id is duplicate.

    Args:
        path: the labels, from `data.groups.write_groups`.
    """
    from sign2text.untrusted.names import check_ids

    table = read_list(path, COLUMNS, "make_manifest")
    check_ids(path, table["id"].set_axis(table.index + 2))
    labels = rows.index.map(table.set_index("id")[GROUP])
    return rows if labels.isna().all() else rows.assign(**{GROUP: labels.fillna("")})


def find_groups(sentences: pd.DataFrame, length_bins: Sequence[int]) -> list[Group]:
    """Find all groups that are not empty, ordered by kind.

    Args:
        sentences: table with the columns signer, words, unseen_words and in_train, and GROUP if
            the corpus names groups.
        length_bins: the largest number of tokens of each bin except the last, ascending.
    """
    return [group for group in _groups(sentences, length_bins) if len(group.members)]


def _groups(sentences: pd.DataFrame, length_bins: Sequence[int]) -> Iterator[Group]:
    words = sentences["words"].to_numpy()
    for name, low, high in bins(length_bins):
        yield Group(LENGTH, name, _where((words >= low) & (words <= high)))
    yield from _by_value(SIGNER, sentences["signer"])
    if GROUP in sentences:
        yield from _by_value(NAMED, sentences[GROUP].replace("", UNNAMED))
    unseen = sentences["unseen_words"].to_numpy() > 0
    yield Group(WORDS, ALL_SEEN, _where(~unseen))
    yield Group(WORDS, SOME_UNSEEN, _where(unseen))
    known = sentences["in_train"].to_numpy() > 0
    yield Group(SENTENCE, IN_TRAIN, _where(known))
    yield Group(SENTENCE, NOT_IN_TRAIN, _where(~known))


def _by_value(kind: str, values: pd.Series) -> Iterator[Group]:
    for name in sorted(values.unique()):
        yield Group(kind, name, _where((values == name).to_numpy()))


def bins(upper: Sequence[int]) -> list[tuple[str, float, float]]:
    """Return (name, smallest, largest number of tokens) of each bin of lengths.

    References without tokens have a separate bin. An example is a full stop alone under a
    convention that removes full stops.

    >>> bins([5, 10])
    [('0', 0, 0), ('1-5', 1, 5), ('6-10', 6, 10), ('over 10', 11, inf)]
    """
    lower = [1, *(each + 1 for each in upper)]
    middle = [
        (str(low) if low == high else f"{low}-{high}", low, high)
        for low, high in zip(lower, upper, strict=False)
    ]
    return [("0", 0, 0), *middle, (f"over {upper[-1]}", lower[-1], float("inf"))]


def _where(mask: np.ndarray) -> np.ndarray:
    return mask.nonzero()[0]
