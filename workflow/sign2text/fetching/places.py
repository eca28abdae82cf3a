"""Folders in which copies of published corpora keep their clips."""

PHOENIX = (
    "features/fullFrame-210x260px",
    "features/fullFrame-227x227px",
    "fullFrame-210x260px",
    "fullFrame-227x227px",
    "videos_phoenix/videos",
    "videos_phoenix",
    "features/videos",
    "videos",
)
"""Of PHOENIX-2014T, the publisher's first."""
