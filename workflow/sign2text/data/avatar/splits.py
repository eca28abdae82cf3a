"""The parts of the avatar corpus, in the order in which they are planned and written."""

SPLITS = ("train", "dev", "test")
