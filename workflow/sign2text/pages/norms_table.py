"""What the norms of trainings say of each part: sentences to paste, and the table norms.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sign2text.scoring.statement import shown_seed
from sign2text.training.history import PARTS
from sign2text.training.part_learning import Training

COLUMNS = (
    "data_set", "experiments", "training", "part", "name", "state", "values", "share_of_values",
    "share", "share_lowest", "share_highest", "grad_norm_first", "grad_norm_last", "norm_first",
    "norm_last", "norm_change", "logged_steps", "epoch_first", "epoch_last", "seed", "settings",
    "code",
)  # fmt: skip
"""Of norms.csv; docs/training.md says what each means."""
TRAINED, FROZEN, UNTRAINED = "trained", "frozen", "nothing trained"


def make_table(listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]) -> str:
    """The CSV: a row a training and part; empty where there is nothing to say.

    Args:
        listed: as `part_trainings` gives them; those of the first experiment of a training stand
            for it.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for training in trainings:
        said = listed[training.experiments[0]]
        for part in PARTS:
            row = {
                "data_set": said["data_set"],
                "experiments": " ".join(training.experiments),
                "training": training.place,
                "part": part,
                "name": training.name(part),
                "state": state(training, part),
                "seed": shown_seed(said["seed"]),
                "settings": said["settings"],
                "code": said["code"],
            }
            writer.writerow(row | dict(_numbers(training, part)))
    return text.getvalue()


def state(training: Training, part: str) -> str:
    """Whether the part is trained."""
    if not training.parts:
        return UNTRAINED
    return TRAINED if part in training.parts else FROZEN


def _numbers(training: Training, part: str) -> Iterator[tuple[str, Any]]:
    if part not in training.parts:
        return
    found = training.parts[part]
    yield "values", training.values.get(part, "")
    yield "share_of_values", _digits(training.share_of_values(part))
    yield "share", _digits(found.share)
    low, high = found.share_range or (None, None)
    yield from (("share_lowest", _digits(low)), ("share_highest", _digits(high)))
    for column, points in (("grad_norm", found.gradients), ("norm", found.norms)):
        if points:
            yield f"{column}_first", _digits(points[0][1])
            yield f"{column}_last", _digits(points[-1][1])
    yield "norm_change", _digits(found.change)
    yield "logged_steps", len(found.norms)
    if found.norms:
        yield "epoch_first", _digits(found.norms[0][0])
        yield "epoch_last", _digits(found.norms[-1][0])


def statement(experiment: str, trainings: Sequence[Training]) -> str:
    """Which share of the gradient is the visual encoder's, in a sentence a training."""
    own = [training for training in trainings if experiment in training.experiments]
    return f"{experiment}: {' '.join(_sentence(training) for training in own)}"


def _sentence(training: Training) -> str:
    if not training.parts:
        return f"In {training.stage} nothing is trained."
    visual = training.name("visual")
    if "visual" not in training.parts:
        names = " and ".join(training.name(part) for part in training.parts)
        return f"In {training.stage} the {visual} is frozen; trained: {names}."
    share = training.parts["visual"].share
    if share is None:
        return f"In {training.stage} the {visual} is trained; no logged step has all gradients."
    values = training.share_of_values("visual")
    of_values = "" if values is None else f" (with {percent(values)} of the trained values)"
    others = [
        f"{training.name(part)} {percent(found.share)}"
        for part, found in training.parts.items()
        if part != "visual" and found.share is not None
    ]
    return (
        f"In {training.stage} {percent(share)} of the squared gradient norm is the {visual}'s"
        f"{of_values}, beside {' and '.join(others) or 'nothing else'}: means over "
        f"{training.steps} logged steps."
    )


def percent(share: float, *, sign: bool = False) -> str:
    """A share in percent, small ones with two digits that count; with `sign`, a change.

    >>> [percent(share) for share in (0.0412, 0.7812, 0.00031, 0.0)]
    ['4.1\\xa0%', '78.1\\xa0%', '0.031\\xa0%', '0\\xa0%']
    >>> percent(0.03, sign=True), percent(-0.0012, sign=True)
    ('+3.0\\xa0%', '-0.12\\xa0%')
    """
    value = 100 * share
    text = f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return f"{'+' if sign and value > 0 else ''}{text}\N{NO-BREAK SPACE}%"


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
