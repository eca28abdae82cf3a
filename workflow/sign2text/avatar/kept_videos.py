"""Videos of an earlier run: kept if this run would make the same ones."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from sign2text.ground.files import replacing

MARKER = ".rendered_with.json"
"""File next to the videos that records the settings and code which made them."""
log = logging.getLogger(__name__)


def keep_only_equal(folder: Path, wanted: dict[str, Any]) -> None:
    """Remove the videos in `folder` unless its marker records `wanted`, and incomplete ones."""
    marker, videos = folder / MARKER, folder / "videos"
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = None
    if found != wanted:
        if videos.exists():
            log.info("the videos in %s were made with other settings or code: removed", videos)
            # Remove the marker first: leftovers of a killed removal must not count as this run's.
            marker.unlink(missing_ok=True)
            shutil.rmtree(videos)
        with replacing(marker) as temporary:
            temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    for partial in videos.rglob(".*.partial.mp4"):
        partial.unlink()
