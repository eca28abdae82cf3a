"""The page of norms of a comparison: how much each part learns, side by side for all trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from sign2text.comparing.part_learning import FROZEN, Training
from sign2text.pages import curves
from sign2text.pages.norms_figures import (
    also_of,
    figures,
    label,
    linear_scale,
    log_scale,
    named_with,
    percent_scale,
)
from sign2text.pages.norms_table import percent, statement
from sign2text.pages.page import page
from sign2text.scoring.statement import shown_seed

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
    "values is next to the share of the squared gradient norm.",
    "Gradients are not steps. With Adam or AdamW a value's step depends on its rate of learning, "
    "hardly on the size of its gradient, and the parts may have different rates (below); with SGD "
    "the step is rate times gradient. A small share says that the loss changes little when that "
    "part moves a little, not that it stays where it is.",
    "Gradients are taken before they are clipped. Clipping scales all parts by one factor, so it "
    "changes no share; but where one part is large, it is that one's norm which makes the others' "
    "steps small.",
)
LAST_READING = (
    "The change of a norm is the least that a part can have moved: values can turn without their "
    "norm changing. It is counted from the first logged step, not from the start, so what is "
    "fastest may be missing; and pretrained weights need not go as far as random ones.",
    "Each point is one batch, so single points scatter.",
)
"""Cautions, the most likely mistake first; each method's cautions go between the two lists."""


def make_page(
    name: str, listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]
) -> str:
    """Make the HTML page.

    Args:
        name: name of the comparison.
        listed: experiments with their trainings (sign2text/lineage/part_trainings.py).
        trainings: the trainings of all experiments, each once.
    """
    data_sets = " and ".join(dict.fromkeys(said["data_set"] for said in listed.values()))
    title = f"Who learns how much: comparison {name} on {data_sets}"
    sections = (
        _leading(listed, trainings),
        _share_of_gradients(trainings),
        _norms(trainings),
        _how_far_moved(trainings),
        _misleading(trainings),
        _made_from(listed, trainings),
    )
    return page(title, "\n".join(line for section in sections for line in section), STYLE)


def _leading(
    listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]
) -> Iterator[str]:
    for experiment, said in listed.items():
        yield f'<p class="lead">{escape(statement(experiment, said, trainings))}</p>'
    if abouts := _of_methods(training.norms.about for training in trainings):
        yield _soft(" ".join([*abouts, "The numbers here are ours."]))


def _share_of_gradients(trainings: Sequence[Training]) -> Iterator[str]:
    yield "<h2>Share of the squared gradient norm</h2>"
    yield _soft(
        "Squared norms of the parts add up to that of the whole gradient. Mean over the logged "
        "steps; in brackets the lowest and the highest of a step; below, the part's share of the "
        "trained values."
    )
    yield _part_table(trainings, _share)
    together = [training for training in trainings if len(training.trained) > 1]
    yield from figures(together, "share, %", "share", percent_scale, percents=True)


def _norms(trainings: Sequence[Training]) -> Iterator[str]:
    yield "<h2>Norm of the gradients</h2>"
    yield _soft(
        "L2 norm before clipping. Both norms are on logarithmic axes, the same in all figures: "
        "equal distances are equal ratios."
    )
    yield from figures(trainings, "L2 norm", "gradient", log_scale, log=True)
    yield "<h2>Norm of the parameters</h2>"
    yield from figures(trainings, "L2 norm", "norm", log_scale, log=True)


def _how_far_moved(trainings: Sequence[Training]) -> Iterator[str]:
    yield "<h2>How far the norms of the parameters moved</h2>"
    yield _soft(
        "Change of the norm since the first logged step; below, the norm then and at the last one. "
        "A part moved at least as far as its norm changed."
    )
    yield _part_table(trainings, _moved)
    yield from figures(trainings, "change, %", "moved", linear_scale, percents=True)


def _misleading(trainings: Sequence[Training]) -> Iterator[str]:
    own = _of_methods(text for training in trainings for text in training.norms.misleading)
    items = "".join(f"<li>{escape(text)}</li>" for text in (*READING, *own, *LAST_READING))
    yield "<h2>What would mislead</h2>"
    yield f"<ul>{items}</ul>"


def _made_from(
    listed: Mapping[str, Mapping[str, Any]], trainings: Sequence[Training]
) -> Iterator[str]:
    yield "<h2>What the numbers were made from</h2>"
    yield _soft(
        "Steps are the logged ones, values the trained ones; settings and code are hashes, the "
        "same as in the score files. All numbers of this page, and more: norms.csv beside it; each "
        "logged step: history.tsv in the folder of each training."
    )
    titles = ("training", "steps", "values", "seed", "settings", "code", "some of its settings")
    rows = [_source(training, listed[training.experiments[0]]) for training in trainings]
    yield _table("made", titles, rows)


def _of_methods(texts: Iterator[str]) -> list[str]:
    """Return the different texts of the methods."""
    return [text for text in dict.fromkeys(texts) if text]


def _soft(text: str) -> str:
    return f'<p class="soft">{escape(text, quote=False)}</p>'


def _part_table(trainings: Sequence[Training], cell: Callable[[Training, str], str]) -> str:
    """Make a table with a row per training with norms, and a column per part."""
    heads = list(dict.fromkeys(each.head(part) for each in trainings for part in each.parts))
    rows = []
    for training in trainings:
        if training.trained:
            parts = {training.head(part): part for part in training.parts}
            cells = [_part_cell(training, parts.get(head), cell) for head in heads]
            rows.append((label(training), named_with(training), cells))
    return _table("parts", ("training", *heads), rows)


def _part_cell(training: Training, part: str | None, cell: Callable[[Training, str], str]) -> str:
    if part is None:
        return '<td class="frozen">–</td>'
    if part not in training.trained:
        return f'<td class="frozen">{FROZEN}</td>'
    return f"<td>{cell(training, part)}</td>"


def _share(training: Training, part: str) -> str:
    shares = training.measured(part, "share")
    if shares.empty:
        return "–"
    beside = f"<small>[{percent(shares.min())}, {percent(shares.max())}]</small>"
    values = training.share_of_values(part)
    if values is not None:
        beside += f"<small>{percent(values)} of values</small>"
    return f"<b>{percent(training.share(part))}</b>{beside}"


def _moved(training: Training, part: str) -> str:
    change, norms = training.change(part), training.points(part, "norm")
    if change is None:
        return "–"
    first, last = norms[0][1], norms[-1][1]
    return f"{percent(change, sign=True)}<small>{first:.4g} to {last:.4g}</small>"


def _source(training: Training, said: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Make the row with the origin of a training's numbers."""
    known = (part for part in training.trained if part in training.values)
    values = [f"{part} {training.values[part]:,}" for part in known]
    settings = ", ".join(f"{key} {_shown(value)}" for key, value in training.settings.items())
    cells = (
        *(str(training.steps), ", ".join(values), shown_seed(said["seed"])),
        *(said["settings"], said["code"], settings),
    )
    return training.place, also_of(training), [f"<td>{escape(cell)}</td>" for cell in cells]


def _table(kind: str, titles: Sequence[str], rows: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """Make a table of rows (label, text below it, cells)."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in titles)
    body = "".join(
        f'<tr><th scope="row">{_breakable(label)}<small>{escape(below)}</small></th>'
        f"{''.join(cells)}</tr>\n"
        for label, below, cells in rows
    )
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>"
    )


def _shown(value: Any) -> str:
    """Format a setting's value as in config.yaml."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _breakable(name: str) -> str:
    """Allow line breaks after underscores and slashes in a name."""
    return escape(name).replace("_", "_<wbr>").replace("/", "/<wbr>")
