"""Labels of a corpus's clips, for separate scores by label: groups.tsv."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GROUP = "group"
"""Name of the label column, in tables of labelled clips."""
COLUMNS = ("id", GROUP)


def write_groups(tables: Iterable[pd.DataFrame], path: Path) -> None:
    """Write id and label of the clips of all splits; without labels, write a header only."""
    import pandas as pd

    from sign2text.data.manifest import write_table
    from sign2text.ground.files import replacing

    labelled = [table.loc[table[GROUP] != "", list(COLUMNS)] for table in tables if GROUP in table]
    with replacing(path) as temporary:
        write_table(pd.concat([pd.DataFrame(columns=list(COLUMNS)), *labelled]), temporary)
