"""The page of an experiment's trainings: learning curves, and what each stage took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sign2text.pages import curves
from sign2text.pages.curves import Series, curve
from sign2text.pages.page import page
from sign2text.scoring.statement import shown_seed
from sign2text.training.history import PARTS
from sign2text.training.part_learning import part_name

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.lineage.stage_times import StageTime

LOSSES = {"pretrain_frame_encoder": "distance in crop widths"}
TOKENS = "cross-entropy in nats a token"
NORMS = {"grad_norm": "Norm of the gradients", "norm": "Norm of the parameters"}
STYLE = (
    curves.STYLE
    + """
.times { max-width: 40rem; }
.times td { white-space: nowrap; }
.times thead th:first-child { font-weight: 600; }
tfoot th, tfoot td { border-top: 2px solid var(--line); font-weight: 600; }
tfoot th:first-child { font-weight: 600; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
"""
)


@dataclass(frozen=True)
class History:
    """The history of one stage; `owner` is the experiment whose folder it is in."""

    stage: str
    owner: str
    history: pd.DataFrame


def make_page(
    identity: Mapping[str, Any], trainings: Sequence[History], times: Sequence[StageTime]
) -> str:
    """The HTML page; `identity` says whose it is (sign2text/lineage/identity.py)."""
    title = f"Training of {identity['experiment']} on {identity['data_set']}"
    parts = [_about(identity), "<h2>Learning curves</h2>", _reading()]
    parts += [_training(each, identity["experiment"]) for each in trainings]
    parts += ["<h2>Stage times</h2>", _times(times)]
    return page(title, "\n".join(parts), style=STYLE)


def _about(identity: Mapping[str, Any]) -> str:
    facts = {
        "Data set": identity["data_set"],
        "experiment": identity["experiment"],
        "method": identity["method"],
        "seed": shown_seed(identity["seed"]),
        "settings": identity["settings"],
        "code": identity["code"],
    }
    said = ", ".join(f"{name} {escape(str(value))}" for name, value in facts.items())
    return (
        f"<p>{said}.</p>\n"
        '<p class="soft">Settings and code are hashes, the same as in the score file of the '
        "experiment.</p>"
    )


def _reading() -> str:
    return (
        '<p class="soft">The training loss is a mean over the steps since the point before. It has '
        "the dropout and the label smoothing of the stage in it and the dev loss has neither, so "
        "the two are on different scales. Norms are over all values of a part, of gradients before "
        "they are clipped; a frozen part has none, and the adapter is shown where only one other "
        "part is trained. The numbers: history.tsv in the folder of each stage.</p>"
    )


def _training(training: History, experiment: str) -> str:
    history = training.history
    head = f"<h3>{escape(training.stage)}</h3>\n"
    shared = (
        f" Shared: it is in the folder of {escape(training.owner)}."
        if training.owner != experiment
        else ""
    )
    if history.empty:
        said = "Nothing was trained here: the weights are published or random ones."
        return f"{head}<p>{said}{shared}</p>"
    epochs, steps = history["epoch"].iloc[-1], history["step"].iloc[-1]
    said = f"{epochs:g} epoch{'' if epochs == 1 else 's'}, {steps:,} steps. {_kept(history)}"
    said += shared
    return f'{head}<p>{said}</p>\n<div class="plots">\n{_figures(training, epochs)}\n</div>'


def _kept(history: pd.DataFrame) -> str:
    kept = history[history["chosen"] == 1]
    if kept.empty:
        return ""
    row = kept.iloc[-1]
    bleu = row.get("dev_bleu4", float("nan"))
    if bleu == bleu:
        return f"Kept: epoch {row['epoch']:g}, the best on dev with BLEU-4 {bleu:.2f}."
    return f"Kept: epoch {row['epoch']:g}, the last one."


def _figures(training: History, epochs: float) -> str:
    history = training.history
    losses = [
        Series("training", _points(history, "loss")),
        Series("dev", _points(history, "dev_loss"), dots=True),
    ]
    unit = LOSSES.get(training.stage, TOKENS)
    figures = []
    if losses := [each for each in losses if each.points]:
        figures.append(curve("Loss", unit, losses, epochs))
    if bleu := _points(history, "dev_bleu4"):
        row = history[history["chosen"] == 1].iloc[-1]
        place = (row["epoch"], row["dev_bleu4"])
        figures.append(
            curve(
                "BLEU-4 on dev",
                "BLEU-4 (0 to 100)",
                [Series("dev BLEU-4", bleu, dots=True)],
                epochs,
                from_zero=True,
                kept=(place, f"kept: epoch {place[0]:g}, {place[1]:.2f}"),
            )
        )
    if rate := _points(history, "learning_rate"):
        figures.append(
            curve(
                "Learning rate",
                "of the first group of parameters",
                [Series("learning rate", rate)],
                epochs,
                from_zero=True,
                small=True,
            )
        )
    return "\n".join([*figures, *_norms(training, epochs)])


def _norms(training: History, epochs: float) -> Iterator[str]:
    """Which part learns how much: the first two that are trained, of which the adapter is last."""
    for norm, title in NORMS.items():
        series = [
            Series(part_name(training.stage, part), points)
            for part in PARTS
            if (points := _points(training.history, f"{norm}_{part}"))
        ]
        if series:
            yield curve(title, "L2 norm", series[:2], epochs, from_zero=True)


def _points(history: pd.DataFrame, column: str) -> list[tuple[float, float]]:
    if column not in history:
        return []
    rows = history[history[column].notna()]
    return [*zip(rows["epoch"].tolist(), rows[column].tolist(), strict=True)]


def _times(times: Sequence[StageTime]) -> str:
    measured = [each.seconds for each in times if each.seconds is not None]
    peaks = [each.peak for each in times if each.peak is not None]
    lines = [
        _line(each.stage, each.owner, str(each.jobs or "–"), each.seconds, each.peak)
        for each in times
    ]
    jobs = str(sum(each.jobs for each in times) or "–")
    total = sum(measured) if measured else None
    missing = len(times) - len(measured)
    note = (
        f" Of {missing} of {len(times)} stages there is none here: neither of these files is, and "
        "the total is without them."
        if missing
        else ""
    )
    return (
        '<p class="soft">Wall time of the newest run of each stage, and the most memory that a job '
        "held (resident): from the benchmark files in logs/ of the machine that made this page (of "
        "a run that was stopped and resumed, the last part). Of what was run elsewhere: from "
        "the provenance beside what it made (all parts; the memory of the largest process). The "
        "jobs of a stage, one a split, are summed. Before the stage stands the experiment in whose "
        "folder it is."
        f"{note}</p>\n"
        '<div class="scroll"><table class="times">\n<thead><tr><th scope="col">stage</th>'
        '<th scope="col">jobs</th><th scope="col">wall time</th>'
        '<th scope="col">peak memory</th></tr></thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody>\n"
        f"<tfoot>\n{_line('all', '', jobs, total, max(peaks, default=None))}</tfoot>\n"
        "</table></div>"
    )


def _line(stage: str, owner: str, jobs: str, seconds: float | None, peak: float | None) -> str:
    folder = f'<span class="soft">{escape(owner)}/</span><wbr>' if owner else ""
    return (
        f'<tr><th scope="row">{folder}{escape(stage)}</th><td>{jobs}</td>'
        f"<td>{duration(seconds)}</td><td>{memory(peak)}</td></tr>\n"
    )


def duration(seconds: float | None) -> str:
    """Wall time as a person reads it.

    >>> duration(3.14), duration(200), duration(7384), duration(None)
    ('3.1 s', '3 min 20 s', '2 h 3 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return "{} h {} min".format(*divmod(round(seconds / 60), 60))


def memory(mebibytes: float | None) -> str:
    """Memory as a person reads it.

    >>> memory(512.3), memory(2048), memory(None)
    ('512 MiB', '2.0 GiB', '–')
    """
    if mebibytes is None:
        return "–"
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"
