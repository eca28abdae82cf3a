"""The splits that every corpus has."""

SPLITS = ("train", "dev", "test")
