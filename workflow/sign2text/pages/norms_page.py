"""The page of norms of a comparison: which part learns how much, training beside training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from sign2text.pages import curves
from sign2text.pages.curves import KINDS, Point, Series, curve, log_ticks, ticks
from sign2text.pages.norms_table import FROZEN, percent, state, statement
from sign2text.pages.page import page
from sign2text.scoring.statement import shown_seed
from sign2text.training.history import PARTS
from sign2text.training.part_learning import Learning, Training

HEADS = {"visual": "visual part", "language": "language part", "adapter": "adapter"}
STYLE = (
    curves.STYLE
    + """
.panels { display: grid; gap: 1.25rem 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
.lead { margin: .5rem 0; }
.parts { max-width: 46rem; margin-bottom: 1rem; } .made { max-width: none; }
.parts td small, .parts td b { white-space: nowrap; }
.parts th small, .made th small { display: block; color: var(--soft); }
.made td, .made thead th { text-align: left; }
.made td:last-child { min-width: 15rem; } .made td:nth-child(3) { min-width: 9rem; }
td.frozen { color: var(--soft); font-style: italic; }
ul { max-width: 75ch; padding-left: 1.25rem; margin: .25rem 0; } li { margin: .25rem 0; }
"""
)
READING = (
    "A norm is over all trained values of a part: at the same size of each value, a part with four "
    "times as many has twice the norm and four times the squared norm. So the share of the trained "
    "values stands beside the share of the squared gradient norm.",
    "Gradients are not steps. With Adam or AdamW a value's step depends on its rate of learning, "
    "hardly on the size of its gradient, and the parts may have different rates (below); with SGD "
    "the step is rate times gradient. A small share says that the loss changes little when that "
    "part moves a little, not that it stays where it is.",
    "Gradients are taken before they are clipped. Clipping scales all parts by one factor, so it "
    "changes no share; but where one part is large, it is that one's norm which makes the others' "
    "steps small.",
    "In two separate trainings the visual encoder and the language model are never trained "
    "together. The visual encoder's share is then against Light-T, another model at another loss: "
    "it says what the encoder gets in its own training, and is not the counterpart of a share in "
    "joint training number by number.",
    "The visual part is what is trained of it: frame encoder and temporal module, or the temporal "
    "module alone (train_frame_encoder and trained_visual, below). A frozen part has no norms.",
    "The change of a norm is the least that a part can have moved: values can turn without their "
    "norm changing. It is counted from the first logged step, not from the start, so what is "
    "fastest may be missing; and pretrained weights need not go as far as random ones.",
    "Each point is one batch, so single points scatter.",
)
"""What would mislead, the most likely first."""


def make_page(
    name: str, listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]
) -> str:
    """The HTML page.

    Args:
        name: of the comparison.
        listed: whose trainings they are, by experiment (sign2text/lineage/part_trainings.py).
        trainings: of all of them, each once.
    """
    data_sets = " and ".join(dict.fromkeys(said["data_set"] for said in listed.values()))
    title = f"Who learns how much: comparison {name} on {data_sets}"
    return page(title, "\n".join(_body(listed, trainings)), STYLE)


def _body(listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]) -> Iterator[str]:
    for experiment in listed:
        yield f'<p class="lead">{escape(statement(experiment, trainings))}</p>'
    yield (
        '<p class="soft">FLa-LLM trains in two steps because, trained jointly, the language model '
        "does nearly all of the learning, which it shows by the norms of gradients and parameters. "
        "The numbers here are ours.</p>"
    )
    with_norms = [training for training in trainings if training.parts]
    yield "<h2>Share of the squared gradient norm</h2>"
    yield (
        '<p class="soft">Squared norms of the parts add up to that of the whole gradient. Mean '
        "over the logged steps; in brackets the lowest and the highest of a step; below, the "
        "part's share of the trained values.</p>"
    )
    yield _table(with_norms, _share)
    together = [training for training in with_norms if len(training.parts) > 1]
    yield from _panels(together, "share, %", _shares, lambda _: ticks(0, 100))
    yield "<h2>Norm of the gradients</h2>"
    yield (
        '<p class="soft">L2 norm before clipping. Both norms are on logarithmic axes, the same in '
        "all figures: equal distances are equal ratios.</p>"
    )
    yield from _panels(with_norms, "L2 norm", _gradients, _log_scale, log=True)
    yield "<h2>Norm of the parameters</h2>"
    yield from _panels(with_norms, "L2 norm", _norms, _log_scale, log=True)
    yield "<h2>How far the norms of the parameters moved</h2>"
    yield (
        '<p class="soft">Change of the norm since the first logged step; below, the norm then and '
        "at the last one. A part moved at least as far as its norm changed.</p>"
    )
    yield _table(with_norms, _moved)
    yield from _panels(with_norms, "change, %", _changes, _linear_scale)
    yield "<h2>What would mislead</h2>"
    yield f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in READING)}</ul>"
    yield "<h2>What the numbers were made from</h2>"
    yield (
        '<p class="soft">Steps are the logged ones, values the trained ones; settings and code are '
        "hashes, the same as in the score files. All numbers of this page, and more: norms.csv "
        "beside it; each logged step: history.tsv in the folder of each training.</p>"
    )
    yield _sources(listed, trainings)


def _panels(
    trainings: Sequence[Training],
    unit: str,
    points_of: Callable[[Learning], list[Point]],
    scale_of: Callable[[list[float]], list[float]],
    *,
    log: bool = False,
) -> Iterator[str]:
    """A figure a training, all with one axis of values; each part has its own kind of line."""
    found = []
    for training in trainings:
        series = [
            Series(part, points, kind=kind)
            for kind, part in zip(KINDS, PARTS, strict=True)
            if part in training.parts and (points := points_of(training.parts[part]))
        ]
        if series:
            found.append((training, series))
    if not found:
        yield "<p>No training has any.</p>"
        return
    scale = scale_of([value for _, all_of in found for each in all_of for _, value in each.points])
    yield '<div class="panels">'
    for training, series in found:
        yield curve(
            _label(training),
            unit,
            series,
            training.epochs,
            scale=scale,
            log=log,
            note=_note(training),
        )
    yield "</div>"


def _shares(found: Learning) -> list[Point]:
    return _in_percent(found.shares)


def _gradients(found: Learning) -> list[Point]:
    return [point for point in found.gradients if point[1] > 0]


def _norms(found: Learning) -> list[Point]:
    return [point for point in found.norms if point[1] > 0]


def _changes(found: Learning) -> list[Point]:
    return _in_percent(found.moved)


def _in_percent(points: Sequence[Point]) -> list[Point]:
    return [(epoch, 100 * value) for epoch, value in points]


def _log_scale(values: list[float]) -> list[float]:
    return log_ticks(min(values), max(values))


def _linear_scale(values: list[float]) -> list[float]:
    return ticks(min(0.0, *values), max(0.0, *values))


def _label(training: Training) -> str:
    return f"{training.experiments[0]}, {training.stage}"


def _note(training: Training) -> str:
    """What the language part is, what is frozen, and whose training it is too."""
    said = [_with(training)]
    said += [f"{HEADS[part]} frozen" for part in PARTS if state(training, part) == FROZEN]
    if len(training.experiments) > 1:
        said.append(f"also of {', '.join(training.experiments[1:])}")
    return "; ".join(said)


def _with(training: Training) -> str:
    return f"with {training.name('language')}"


def _table(trainings: Sequence[Training], cell: Callable[[Training, str], str]) -> str:
    """A row a training, a column a part."""
    head = "".join(f'<th scope="col">{each}</th>' for each in ("training", *HEADS.values()))
    rows = []
    for training in trainings:
        cells = "".join(
            f"<td>{cell(training, part)}</td>"
            if part in training.parts
            else f'<td class="frozen">{FROZEN}</td>'
            for part in PARTS
        )
        label = f"{_breakable(_label(training))}<small>{escape(_with(training))}</small>"
        rows.append(f'<tr><th scope="row">{label}</th>{cells}</tr>\n')
    return (
        f'<div class="scroll"><table class="parts"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody></table></div>"
    )


def _share(training: Training, part: str) -> str:
    found = training.parts[part]
    if found.share is None or found.share_range is None:
        return "–"
    low, high = found.share_range
    beside = f"<small>[{percent(low)}, {percent(high)}]</small>"
    values = training.share_of_values(part)
    if values is not None:
        beside += f"<small>{percent(values)} of values</small>"
    return f"<b>{percent(found.share)}</b>{beside}"


def _moved(training: Training, part: str) -> str:
    found = training.parts[part]
    if found.change is None:
        return "–"
    first, last = found.norms[0][1], found.norms[-1][1]
    return f"{percent(found.change, sign=True)}<small>{first:.4g} to {last:.4g}</small>"


def _sources(listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]) -> str:
    titles = ("training", "steps", "values", "seed", "settings", "code", "some of its settings")
    head = "".join(f'<th scope="col">{each}</th>' for each in titles)
    rows = []
    for training in trainings:
        said = listed[training.experiments[0]]
        values = [f"{part} {training.values[part]:,}" for part in training.parts if training.values]
        settings = ", ".join(f"{key} {_shown(value)}" for key, value in training.settings.items())
        cells = (
            str(training.steps),
            ", ".join(values),
            *(shown_seed(said["seed"]), said["settings"], said["code"]),
            settings,
        )
        also = f"also of {', '.join(training.experiments[1:])}" if training.experiments[1:] else ""
        label = f"{_breakable(training.place)}<small>{escape(also)}</small>"
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{label}</th>{row}</tr>\n')
    return (
        f'<div class="scroll"><table class="made"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody></table></div>"
    )


def _shown(value: Any) -> str:
    """A setting's value as config.yaml has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _breakable(name: str) -> str:
    """Names may break behind an underscore or a slash."""
    return escape(name).replace("_", "_<wbr>").replace("/", "/<wbr>")
