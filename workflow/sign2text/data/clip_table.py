"""The table that an adapter returns for a split: manifest columns known without the videos."""

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
"""`fps` of a clip that gets its rate from its container."""


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
    """Build a table with `COLUMNS`, a row per clip, numbered from 0; `phrasings` are empty lists.

    With `groups`, the table has the column GROUP too (data/groups.py).

    An adapter may add `expected_frames`: video lengths from the annotations, 0 if unknown. The clip
    check compares them with the videos, and the manifest omits them. It may also add `unusable`:
    the reason why a clip is left out whatever its video is like, "" for the others.

    `videos` are relative to the working folder. `fps` and `glosses` may be one value for all clips.
    Texts and glosses are composed (NFC), and each run of whitespace becomes one space; a text of
    invisible characters alone becomes empty. `mend_mojibake` first repairs UTF-8 that was read as
    Latin-1 or Windows-1252 (`data.mojibake`).
    """
    import pandas as pd

    def written(text: str) -> str:
        # Repair first, since mojibake contains no-break spaces, which `composed` turns into spaces.
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
    """List the distinct, non-empty sentences of a split in their order."""
    return [text for text in dict.fromkeys(table["text"]) if text]
