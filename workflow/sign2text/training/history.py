"""The history of a training, history.tsv: what was measured at which step, and what was kept.

Tab-separated, a row a step at which something was measured, empty where something was not:

- `epoch` (a fraction within one), `step`: how far the training was.
- `loss`: the training's loss, a mean over the steps since the row before that has one, with label
  smoothing and dropout.
- `grad_norm`: norm of all gradients of that step, before they are clipped.
- `learning_rate`: of that step and the first group of parameters (fine-tuning: the language model).
- `grad_norm_visual`, `grad_norm_language`, `grad_norm_adapter`: norms of that step's gradients of
  the visual encoder, the language model (in visual initialising Light-T) and the adapter, before
  they are clipped; `norm_visual`, `norm_language`, `norm_adapter`: norms of their parameters before
  that step. Empty where a part is frozen, and of models that have no such parts.
- `dev_loss`: the loss on dev, without label smoothing and dropout.
- `dev_bleu4`: BLEU-4 of dev, decoded by beam search, 0 to 100.
- `chosen`: 1 in the row of the epoch whose weights are kept, else 0.

A stage that trained nothing (published weights) has the header alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("visual", "language", "adapter")
COLUMNS = (
    "epoch",
    "step",
    "loss",
    "grad_norm",
    "learning_rate",
    *(f"grad_norm_{part}" for part in PARTS),
    *(f"norm_{part}" for part in PARTS),
    "dev_loss",
    "dev_bleu4",
    "chosen",
)
FILE = "history.tsv"
_ALWAYS = ("epoch", "step", "chosen")  # columns that are never empty
_DIGITS = 8  # significant ones that are written
_NAMES = {"eval_loss": "dev_loss", "eval_bleu4": "dev_bleu4"}  # the library's names for ours

Row = dict[str, float]


def history_rows(logged: Iterable[Mapping[str, Any]], chosen: int) -> list[Row]:
    """The rows from the Trainer's log, by step; `chosen` is the step whose weights are kept."""
    rows: dict[int, Row] = {}
    for entry in logged:
        found = {_NAMES.get(key, key): value for key, value in entry.items()}
        found = {key: found[key] for key in COLUMNS if key in found}
        # What the library says of the whole training at its end is none of it.
        if not found.keys().isdisjoint(("loss", "dev_loss")):
            rows.setdefault(entry["step"], {}).update(found)
    for step, row in rows.items():
        row["chosen"] = int(step == chosen)
    return [rows[step] for step in sorted(rows)]


def write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write `rows` to `path`, a file in a folder that is put in place as a whole (`filling`)."""
    lines = [COLUMNS, *([_text(row.get(column)) for column in COLUMNS] for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def read_history(path: Path) -> pd.DataFrame:
    """The table of COLUMNS: floats, NaN where nothing was measured; `step`, `chosen` whole numbers.

    Raises:
        InputError: the file is not one that `write_history` made; names the file, what was found
            and what was expected.
    """
    import pandas as pd

    advice = f"Run {path.parent.name} again."
    header, *lines = (line.split("\t") for line in _lines(path, advice))
    if tuple(header) != COLUMNS:
        raise InputError(
            f"{path}: found the columns {', '.join(header)}, expected {', '.join(COLUMNS)}. "
            f"{advice}"
        )
    for number, line in enumerate(lines, start=2):
        if len(line) != len(COLUMNS):
            raise InputError(
                f"{path}, line {number}: {len(line)} values found, {len(COLUMNS)} expected. "
                f"{advice}"
            )
        for column, text in zip(COLUMNS, line, strict=True):
            needed = column in _ALWAYS
            whole = column not in ("step", "chosen") or _is_whole(text)
            if not whole or (not _is_number(text, finite=needed) and (text or needed)):
                raise InputError(
                    f"{path}, line {number}: {column} is {text[:40]!r}, expected a number. {advice}"
                )
    rows = [[float(text or "nan") for text in line] for line in lines]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"step": int, "chosen": int})


def chosen_checkpoint(path: Path) -> dict[str, float | None] | None:
    """`epoch`, `step` and `dev_bleu4` of the weights that were kept; None if nothing was trained.

    Raises:
        InputError: as `read_history`.
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
    bleu = row["dev_bleu4"]
    return {
        "epoch": float(row["epoch"]),
        "step": int(row["step"]),
        "dev_bleu4": None if bleu != bleu else round(float(bleu), 4),
    }


def _lines(path: Path, advice: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines() or [""]
    except FileNotFoundError:
        raise InputError(f"{path}: missing. {advice}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 ({error}). {advice}") from None


def _is_number(text: str, *, finite: bool) -> bool:
    """Whether it is a number; a loss or norm may be one without end, or none at all."""
    try:
        return math.isfinite(float(text)) or not finite
    except ValueError:
        return False


def _is_whole(text: str) -> bool:
    """Return whether a text is a whole number from 0, as steps are; `3.0` is one too."""
    return _is_number(text, finite=True) and 0 <= float(text) < 2**53 and float(text) % 1 == 0


def _text(value: float | None) -> str:
    return "" if value is None else format(value, f".{_DIGITS}g")
