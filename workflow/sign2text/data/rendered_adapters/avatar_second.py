"""The avatar corpus in its second sign language: the same files, from another stage."""

from sign2text.data.adapters.avatar import (
    PUBLISHED,
    REQUIRED,
    SPLITS,
    annotations_of,
    find_root,
    read_monolingual,
    read_split,
)

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_monolingual",
           "read_split"]  # fmt: skip
