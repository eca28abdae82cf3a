"""Numbers of each part from the norms of trainings: sentences to paste, and norms.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sign2text.comparing.part_learning import NO_NORMS, Training
from sign2text.scoring.statement import shown_seed

COLUMNS = (
    "data_set", "experiments", "training", "part", "name", "state", "values", "share_of_values",
    "share", "share_lowest", "share_highest", "grad_norm_first", "grad_norm_last", "norm_first",
    "norm_last", "norm_change", "logged_steps", "epoch_first", "epoch_last", "seed", "settings",
    "code",
)  # fmt: skip
"""Columns of norms.csv; docs/training.md explains them."""


def make_table(listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]) -> str:
    """Make the CSV, with a row per training and part; unknown values are empty.

    Args:
        listed: the result of `part_trainings`. The entry of a training's first experiment
            represents the training. An experiment without norms gets a row with NO_NORMS.
    """
    import pandas as pd

    rows = [
        {
            **_about(listed[training.experiments[0]]),
            "experiments": " ".join(training.experiments),
            "training": training.place,
            "part": part,
            "name": training.name(part),
            "state": training.state(part),
            **(_numbers(training, part) if part in training.trained else {}),
        }
        for training in trainings
        for part in training.parts
    ]
    rows += [
        {**_about(said), "experiments": name, "state": NO_NORMS}
        for name, said in listed.items()
        if not own_trainings(name, trainings)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"values": "Int64", "logged_steps": "Int64"})
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def own_trainings(experiment: str, trainings: Sequence[Training]) -> list[Training]:
    """Return the trainings behind an experiment's score."""
    return [training for training in trainings if experiment in training.experiments]


def _about(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data_set": said["data_set"],
        "seed": shown_seed(said["seed"]),
        "settings": said["settings"],
        "code": said["code"],
    }


def _numbers(training: Training, part: str) -> dict[str, Any]:
    """Return the numbers of a trained part, by column."""
    shares, norms = training.measured(part, "share"), training.points(part, "norm")
    found: dict[str, Any] = {
        "values": training.values.get(part),
        "share_of_values": training.share_of_values(part),
        "share": training.share(part),
        "share_lowest": shares.min(),
        "share_highest": shares.max(),
        "norm_change": training.change(part),
        "logged_steps": len(norms),
    }
    for column, points in (("grad_norm", training.points(part, "gradient")), ("norm", norms)):
        if points:
            found[f"{column}_first"], found[f"{column}_last"] = points[0][1], points[-1][1]
    if norms:
        found["epoch_first"], found["epoch_last"] = norms[0][0], norms[-1][0]
    return found


def statement(experiment: str, said: Mapping[str, Any], trainings: Sequence[Training]) -> str:
    """Write a sentence per training with the first part's share of the gradient."""
    own = own_trainings(experiment, trainings)
    sentences = [_sentence(training) for training in own] or [
        f"No training behind its score writes down norms of parts (method {said['method']})."
    ]
    return f"{experiment}: {' '.join(sentences)}"


def _sentence(training: Training) -> str:
    stage, trained = training.stage, training.trained
    if not trained:
        return (
            f"In {stage} no norms of parts were taken."
            if training.epochs
            else f"In {stage} nothing is trained."
        )
    first = training.parts[0]
    name = training.name(first)
    if first not in trained:
        names = " and ".join(map(training.name, trained))
        return f"In {stage} the {name} is frozen; trained: {names}."
    share = training.share(first)
    if share is None:
        return f"In {stage} the {name} is trained; no logged step has all gradients."
    values = training.share_of_values(first)
    of_values = "" if values is None else f" (with {percent(values)} of the trained values)"
    others = [
        f"{training.name(part)} {percent(training.share(part))}"
        for part in trained[1:]
        if training.share(part) is not None
    ]
    return (
        f"In {stage} {percent(share)} of the squared gradient norm is the {name}'s"
        f"{of_values}, beside {' and '.join(others) or 'nothing else'}: means over "
        f"{training.steps} logged steps."
    )


def percent(share: float, *, sign: bool = False) -> str:
    """Format a share in percent, below 1 % with two significant digits; `sign` adds a plus sign.

    >>> [percent(share) for share in (0.0412, 0.7812, 0.00031, 0.0)]
    ['4.1\\xa0%', '78.1\\xa0%', '0.031\\xa0%', '0\\xa0%']
    >>> percent(0.03, sign=True), percent(-0.0012, sign=True)
    ('+3.0\\xa0%', '-0.12\\xa0%')
    """
    value = 100 * share
    text = f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return f"{'+' if sign and value > 0 else ''}{text}\N{NO-BREAK SPACE}%"
