"""What an adapter gives for a split: a manifest's columns, before anybody has looked at a video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.data.groups import GROUP
from sign2text.data.mojibake import mend
from sign2text.data.text_form import composed

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
    groups: Sequence[str] | None = None,
    mend_mojibake: bool = False,
) -> pd.DataFrame:
    """A row a clip with `COLUMNS`, numbered from 0; published corpora have no `phrasings`.

    With `groups` it has the column GROUP too (data/groups.py).

    An adapter may add `expected_frames`, what the annotations say of the videos' lengths (0 where
    they do not): the clip check compares it, and the manifest does not have it.

    `videos` are relative to the working folder. `fps` and `glosses` may be one for all clips. Texts
    and glosses are composed (NFC), and their runs of whitespace become one blank; one of invisible
    characters alone is empty. With `mend_mojibake`, UTF-8 that was read as Latin-1 or Windows-1252
    is undone in them first (`data.mojibake`).
    """
    import pandas as pd

    def written(text: str) -> str:
        # First, since a wrong reading leaves no-break spaces, which become blanks.
        return composed(mend(text) if mend_mojibake else text)

    table = pd.DataFrame({"id": list(ids), "video": list(videos)})
    table = table.assign(
        fps=fps if isinstance(fps, float) else list(fps),
        signer=list(signers),
        text=[written(text) for text in texts],
        gloss=glosses if isinstance(glosses, str) else [written(gloss) for gloss in glosses],
        language=language,
        phrasings=[[] for _ in range(len(table))],
    )[list(COLUMNS)]
    return table if groups is None else table.assign(**{GROUP: [written(each) for each in groups]})


def sentences_once(table: pd.DataFrame) -> list[str]:
    """The sentences of a split in their order, each once, empty ones left out."""
    return [text for text in dict.fromkeys(table["text"]) if text]
