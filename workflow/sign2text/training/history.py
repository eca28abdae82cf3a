"""The history of a training, history.tsv: measurements by step, and the step of the kept weights.

Tab-separated, with a row for each step with a measurement; missing values are empty. Every history
has the columns of CORE:

- `epoch` (a fraction within an epoch), `step`: progress of the training.
- `loss`: the training loss, averaged over the steps since the previous row with a loss, with label
  smoothing and dropout.
- `grad_norm`: norm of all gradients of that step, before clipping.
- `learning_rate`: at that step, of the first group of parameters (fine-tuning: the language model).
- `dev_loss`: the loss on dev, without label smoothing and dropout.
- `chosen`: 1 in the row of the step whose weights are kept, else 0.

Further columns of the training follow in alphabetical order:

- `dev_<metric>`: a metric of dev that selects weights, such as `dev_bleu4` (0 to 100).
- `loss_<name>`, `dev_loss_<name>`: each loss, unweighted, if there are several.
- `grad_norm_<part>`: norm of that step's gradients of a part of the model, before clipping;
  `norm_<part>`: norm of the part's parameters before that step. Frozen parts have no norms.

Readers accept any order of columns; older files have another one. A stage that trained nothing
(published weights) writes only the header.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CORE = ("epoch", "step", "loss", "grad_norm", "learning_rate", "dev_loss", "chosen")
FURTHER = re.compile(r"(loss|dev|grad_norm|norm)_[a-z][a-z0-9_]*")
FILE = "history.tsv"
_ALWAYS = ("epoch", "step", "chosen")  # columns that are never empty
_DIGITS = 8  # significant digits to write

Row = dict[str, float]


def history_rows(logged: Iterable[Mapping[str, Any]], chosen: int) -> list[Row]:
    """Return the rows from the Trainer's log, by step; `chosen` is the step of the kept weights."""
    rows: dict[int, Row] = {}
    for entry in logged:
        found = {_column(key): value for key, value in entry.items()}
        found = {key: found[key] for key in found if _is_column(key)}
        # Skip the library's summary of the whole training at its end.
        if not found.keys().isdisjoint(("loss", "dev_loss")):
            rows.setdefault(entry["step"], {}).update(found)
    for step, row in rows.items():
        row["chosen"] = int(step == chosen)
    columns = _columns(rows.values())
    return [{key: rows[step][key] for key in columns if key in rows[step]} for step in sorted(rows)]


def write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write `rows` to `path`, in a folder that is renamed when complete (`filling`)."""
    columns = _columns(rows)
    lines = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def read_history(path: Path) -> pd.DataFrame:
    """Return the table: the columns of CORE, then the file's further columns.

    Values are floats, NaN where nothing was measured; `step` and `chosen` are whole numbers.

    Raises:
        InputError: `write_history` did not make the file; the message says what was found and what
            was expected.
    """
    import pandas as pd

    advice = f"Run {path.parent.name} again."
    header, *lines = (line.split("\t") for line in _lines(path, advice))
    if not _is_header(header):
        raise InputError(
            f"{path}: found the columns {', '.join(header)[:500]}, expected {', '.join(CORE)}, and "
            "further ones named loss_, dev_, grad_norm_ or norm_ and a name, each once. "
            f"{advice}"
        )
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(line)} values found, {len(header)} expected. {advice}"
            )
        for column, text in zip(header, line, strict=True):
            needed = column in _ALWAYS
            whole = column not in ("step", "chosen") or _is_whole(text)
            if not whole or (not _is_number(text, finite=needed) and (text or needed)):
                raise InputError(
                    f"{path}, line {number}: {column} is {text[:40]!r}, expected a number. {advice}"
                )
    rows = [[float(text or "nan") for text in line] for line in lines]
    table = pd.DataFrame(rows, columns=header).astype({"step": int, "chosen": int})
    return table[[*CORE, *(column for column in header if column not in CORE)]]


def chosen_checkpoint(path: Path) -> dict[str, float | None] | None:
    """Return `epoch`, `step` and `dev_bleu4` of the kept weights; None if nothing was trained.

    Raises:
        InputError: see `read_history`.
    """
    table = read_history(path)
    if table.empty:
        return None
    chosen = table[table["chosen"] == 1]
    if chosen.empty:
        raise InputError(
            f"{path}: {len(table)} rows and none of them is chosen, so rows were lost. Run "
            f"{path.parent.name} again."
        )
    row = chosen.iloc[-1]
    bleu = row.get("dev_bleu4", math.nan)
    return {
        "epoch": float(row["epoch"]),
        "step": int(row["step"]),
        "dev_bleu4": None if bleu != bleu else round(float(bleu), 4),
    }


def _columns(rows: Iterable[Mapping[str, float]]) -> tuple[str, ...]:
    """Return the columns of a file with these rows, in order."""
    return (*CORE, *sorted({key for row in rows for key in row}.difference(CORE)))


def _column(key: str) -> str:
    """Return our column name for a key of the library's log."""
    return f"dev_{key.removeprefix('eval_')}" if key.startswith("eval_") else key


def _is_column(name: str) -> bool:
    return name in CORE or FURTHER.fullmatch(name) is not None


def _is_header(columns: Sequence[str]) -> bool:
    """Return whether all columns of CORE are present and all columns well-formed and distinct."""
    found = set(columns)
    return found >= set(CORE) and len(found) == len(columns) and all(map(_is_column, columns))


def _lines(path: Path, advice: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines() or [""]
    except FileNotFoundError:
        raise InputError(f"{path}: missing. {advice}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 ({error}). {advice}") from None


def _is_number(text: str, *, finite: bool) -> bool:
    """Return whether a text is a number; without `finite`, infinite values and NaN are allowed."""
    try:
        return math.isfinite(float(text)) or not finite
    except ValueError:
        return False


def _is_whole(text: str) -> bool:
    """Return whether a text is a whole number from 0, such as a step; `3.0` is one, too."""
    return _is_number(text, finite=True) and 0 <= float(text) < 2**53 and float(text) % 1 == 0


def _text(value: float | None) -> str:
    return "" if value is None else format(value, f".{_DIGITS}g")
