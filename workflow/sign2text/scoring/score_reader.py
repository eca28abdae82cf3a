"""Reading and checking the output of the stage score: score files and sentences.tsv."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.groups import GROUP
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_text
from sign2text.ground.json_bounds import check_count
from sign2text.ground.memory import enough_memory
from sign2text.scoring.metrics import SENTENCE_METRICS
from sign2text.scoring.score_form import problem_of
from sign2text.scoring.sentence_table import COLUMNS, COUNTS, GLOSSES

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 64 * 2**20
"""Maximum size of a score file in bytes; real ones have a few thousandths of it."""
MOST_VALUES = 100_000
"""Maximum count of numbers, texts, lists and mappings in a score file; real ones have thousands."""


def read_score_file(path: Path, wanted: Iterable[str]) -> dict[str, Any]:
    """Read a score file, results/<data set>/<experiment>.bleu; docs/scores.md explains its keys.

    Args:
        wanted: required keys; dots separate levels, as in scores.all.bleu4.

    Raises:
        InputError: it is missing, incomplete or not a score file, lacks a key of `wanted`, or has
            an invalid value.
    """
    try:
        with enough_memory(path):
            result = json.loads(read_text(path, LARGEST))
        check_count(result, MOST_VALUES)
    except FileNotFoundError:
        raise InputError(_missing(path)) from None
    except (ValueError, RecursionError, IsADirectoryError) as error:
        raise InputError(
            f"{path}: not a score file ({error}), expected JSON as the stage score writes it, such "
            f"as results/avatar/fla_llm.bleu; or it was cut. {make_again(path)}"
        ) from None
    if missing := [key for key in wanted if not _has(result, key)]:
        raise InputError(
            f"{path}: has no {', '.join(missing)}, expected a score file as the stage score of now "
            f"writes it; this one is of an older form. {make_again(path)}"
        )
    if problem := problem_of(result):
        raise InputError(
            f"{path}: {problem}; not a score file as the stage score writes it. {make_again(path)}"
        )
    return result


def read_sentences(path: Path, scores: Path) -> pd.DataFrame:
    """Read the table of sentences that belongs to the score file `scores`, indexed by id.

    Scores and counts are numbers. There are columns GLOSSES if the method writes glosses, and GROUP
    if the corpus has groups.

    Raises:
        InputError: it is missing, incomplete or in an older format, has a clip twice, or a score or
            count is not a number from 0.
    """
    import pandas as pd

    from sign2text.data.manifest import read_table

    again = make_again(scores)
    try:
        table = read_table(path)
    except FileNotFoundError:
        raise InputError(_missing(path)) from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: is not a tab-separated table with a header ({error}). {again}"
        ) from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found "
            f"{', '.join(table.columns)[:200]}. {again}"
        )
    if (repeated := table["id"].duplicated()).any():
        second = int(repeated.idxmax())
        clip = table["id"][second]
        first = int((table["id"] == clip).idxmax())
        raise InputError(
            f"{path}: id '{clip}' is in line {first + 2} and in line {second + 2}, expected "
            f"one line a clip. {again}"
        )
    for column in (*SENTENCE_METRICS, *COUNTS):
        table[column] = _numbers(path, table, column, again)
    kept = [*COLUMNS, *(column for column in (*GLOSSES, GROUP) if column in table)]
    return table[kept].set_index("id")


def make_again(*scores: Path) -> str:
    """Say how to remake unusable score files and their sentences."""
    targets = " ".join(path.as_posix() for path in scores)
    return f"Make it again: snakemake --cores all --forcerun score -- {targets}"


def _missing(path: Path) -> str:
    return f"{path}: missing. Have it made: snakemake --cores all {path}"


def _has(result: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(result, dict) or part not in result:
            return False
        result = result[part]
    return True


def _numbers(path: Path, table: pd.DataFrame, column: str, again: str) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(table[column], errors="coerce")
    good = (numbers >= 0) & (numbers < float("inf"))
    if not good.all():
        row = good.idxmin()
        raise InputError(
            f"{path}, line {row + 2}, clip '{table['id'][row]}': {column} is "
            f"{table[column][row]!r}, expected a number from 0. {again}"
        )
    return numbers.astype("int64") if column in COUNTS else numbers.astype("float64")
