"""What an adapter gives for a split: a manifest's columns, before anybody has looked at a video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "video", "fps", "signer", "text", "gloss", "language", "phrasings")
FROM_VIDEO = float("nan")
"""`fps` of a clip whose container says it."""


def clip_table(
    *,
    ids: Sequence[str],
    videos: Sequence[str],
    fps: float | Sequence[float],
    signers: Sequence[str],
    texts: Sequence[str],
    glosses: str | Sequence[str],
    language: str,
) -> pd.DataFrame:
    """A row a clip with `COLUMNS`, numbered from 0; published corpora have no `phrasings`.

    An adapter may add `expected_frames`, what the annotations say of the videos' lengths (0 where
    they do not): the clip check compares it, and the manifest does not have it.

    `videos` are relative to the working folder. `fps` and `glosses` may be one for all clips. In
    texts and glosses, runs of white space become one blank.
    """
    import pandas as pd

    table = pd.DataFrame({"id": list(ids), "video": list(videos)})
    return table.assign(
        fps=fps if isinstance(fps, float) else list(fps),
        signer=list(signers),
        text=[_spaced(text) for text in texts],
        gloss=glosses if isinstance(glosses, str) else [_spaced(gloss) for gloss in glosses],
        language=language,
        phrasings=[[] for _ in range(len(table))],
    )[list(COLUMNS)]


def sentences_once(table: pd.DataFrame) -> list[str]:
    """The sentences of a split in their order, each once, empty ones left out."""
    return [text for text in dict.fromkeys(table["text"]) if text]


def _spaced(text: str) -> str:
    return " ".join(text.split())
