"""Folders of clips in copies of published corpora."""

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
"""Folders of PHOENIX-2014T; the publisher's own comes first."""
