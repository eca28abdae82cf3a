"""The page of an experiment's trainings: learning curves, time and memory of each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sign2text.comparing.part_learning import known_parts, part_name, parts_of
from sign2text.config.methods import Method
from sign2text.pages import curves
from sign2text.pages.curves import Series, curve
from sign2text.pages.identity_line import identity_line
from sign2text.pages.page import page
from sign2text.scoring.metrics import FURTHER_METRICS, METRICS

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.lineage.stage_times import StageTime

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
    """The history of one stage; its folder belongs to the experiment `owner`."""

    stage: str
    owner: str
    history: pd.DataFrame
    data_set: str | None = None
    """The data set where the encoder was pretrained, if it is not the experiment's."""

    @property
    def name(self) -> str:
        """The stage, and its data set if that is not the experiment's."""
        return f"{self.stage} on {self.data_set}" if self.data_set else self.stage


def make_page(
    identity: Mapping[str, Any],
    method: Method,
    trainings: Sequence[History],
    times: Sequence[StageTime],
) -> str:
    """Make the page; `identity` identifies the experiment (sign2text/lineage/identity.py)."""
    title = f"Training of {identity['experiment']} on {identity['data_set']}"
    parts = [_about(identity), "<h2>Learning curves</h2>", _reading()]
    parts += [_training(each, identity["experiment"], method) for each in trainings]
    parts += ["<h2>Stage times</h2>", _times(times)]
    return page(title, "\n".join(parts), style=STYLE)


def _about(identity: Mapping[str, Any]) -> str:
    return (
        f"{identity_line(identity)}\n"
        '<p class="soft">Settings and code are hashes, the same as in the score file of the '
        "experiment.</p>"
    )


def _reading() -> str:
    return (
        '<p class="soft">The training loss is a mean over the steps since the point before. It has '
        "the dropout and the label smoothing of the stage in it and the dev loss has neither, so "
        "the two are on different scales. Norms are over all values of a part, of gradients before "
        "they are clipped; a frozen part has none, and of several trained parts the first two are "
        "shown. The numbers: history.tsv in the folder of each stage.</p>"
    )


def _training(training: History, experiment: str, method: Method) -> str:
    history = training.history
    head = f"<h3>{escape(training.name)}</h3>\n"
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
    return f'{head}<p>{said}</p>\n<div class="plots">\n{_figures(training, epochs, method)}\n</div>'


def _kept(history: pd.DataFrame) -> str:
    """Say which epoch was kept, and how it was chosen."""
    kept = history[history["chosen"] == 1]
    if kept.empty:
        return ""
    row = kept.iloc[-1]
    said = f"Kept: epoch {row['epoch']:g}"
    for column in _metrics(history):
        if row[column] == row[column]:
            return f"{said}, the best on dev with {_metric_name(column)} {row[column]:.2f}."
    if row["step"] == history["step"].iloc[-1]:
        return f"{said}, the last one."
    return f"{said}, the best on dev."


def _metrics(history: pd.DataFrame) -> list[str]:
    """List the columns of dev metrics other than losses."""
    dev = [name for name in history.columns if name.startswith("dev_")]
    return [name for name in dev if name != "dev_loss" and not name.startswith("dev_loss_")]


def _metric_name(column: str) -> str:
    name = column.removeprefix("dev_")
    return (METRICS | FURTHER_METRICS).get(name, name)


def _figures(training: History, epochs: float, method: Method) -> str:
    """Draw all curves of a training."""
    return "\n".join(
        [
            *_losses(training, epochs, method.losses.get(training.stage, TOKENS)),
            *_dev_metrics(training.history, epochs),
            *_learning_rate(training.history, epochs),
            *_norms(training, epochs, method),
        ]
    )


def _losses(training: History, epochs: float, unit: str) -> Iterator[str]:
    """Draw the total loss, then each loss that has a name."""
    history = training.history
    losses = [
        Series("training", _points(history, "loss")),
        Series("dev", _points(history, "dev_loss"), dots=True),
    ]
    if losses := [each for each in losses if each.points]:
        yield curve("Loss", unit, losses, epochs)
    for column in (name for name in history.columns if name.startswith("loss_")):
        series = [
            Series("training", _points(history, column)),
            Series("dev", _points(history, f"dev_{column}"), dots=True),
        ]
        if series := [each for each in series if each.points]:
            name = column.removeprefix("loss_")
            yield curve(f"Loss: {name}", "without its weight", series, epochs, small=True)


def _dev_metrics(history: pd.DataFrame, epochs: float) -> Iterator[str]:
    for column in _metrics(history):
        if not (points := _points(history, column)):
            continue
        name = _metric_name(column)
        kept = None
        for row in history[history["chosen"] == 1].tail(1).to_dict("records"):
            if row[column] == row[column]:
                place = (row["epoch"], row[column])
                kept = place, f"kept: epoch {place[0]:g}, {place[1]:.2f}"
        unit = f"{name} (0 to 100)" if column.removeprefix("dev_") in METRICS else name
        series = [Series(f"dev {name}", points, dots=True)]
        yield curve(f"{name} on dev", unit, series, epochs, from_zero=True, kept=kept)


def _learning_rate(history: pd.DataFrame, epochs: float) -> Iterator[str]:
    if points := _points(history, "learning_rate"):
        series = [Series("learning rate", points)]
        yield curve(
            "Learning rate",
            "of the first group of parameters",
            series,
            epochs,
            from_zero=True,
            small=True,
        )


def _norms(training: History, epochs: float, method: Method) -> Iterator[str]:
    """Draw the norms of the first two trained parts, to show how much each part learns."""
    stage, history = training.stage, training.history
    for norm, title in NORMS.items():
        series = [
            Series(part_name(method.norms, stage, part), points)
            for part in known_parts(method.norms, stage, parts_of(history))
            if (points := _points(history, f"{norm}_{part}"))
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
        _line(each.stage, _folder(each), str(each.jobs or "–"), each.seconds, each.peak)
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
        "a run that was stopped and resumed, the last part). For runs on "
        "other machines: from the provenance (all parts; the memory of the largest process). The "
        "jobs of a stage, one for each split, are summed. The experiment in whose folder the stage "
        "is precedes its name."
        f"{note}</p>\n"
        '<div class="scroll"><table class="times">\n<thead><tr><th scope="col">stage</th>'
        '<th scope="col">jobs</th><th scope="col">wall time</th>'
        '<th scope="col">peak memory</th></tr></thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody>\n"
        f"<tfoot>\n{_line('all', '', jobs, total, max(peaks, default=None))}</tfoot>\n"
        "</table></div>"
    )


def _folder(time: StageTime) -> str:
    """Return the folder of a stage: its owner's, within another data set's if it runs there."""
    return "/".join(filter(None, (time.data_set, time.owner)))


def _line(stage: str, folder: str, jobs: str, seconds: float | None, peak: float | None) -> str:
    folder = f'<span class="soft">{escape(folder)}/</span><wbr>' if folder else ""
    return (
        f'<tr><th scope="row">{folder}{escape(stage)}</th><td>{jobs}</td>'
        f"<td>{duration(seconds)}</td><td>{memory(peak)}</td></tr>\n"
    )


def duration(seconds: float | None) -> str:
    """Format wall time for readers.

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
    """Format memory for readers.

    >>> memory(512.3), memory(2048), memory(None)
    ('512 MiB', '2.0 GiB', '–')
    """
    if mebibytes is None:
        return "–"
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"
