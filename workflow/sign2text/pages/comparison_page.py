"""A comparison as a self-contained page: plots of differences and groups, and all tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from sign2text.comparing.comparison_tables import (
    Cell,
    Table,
    difference_tables,
    differing,
    facts,
    group_tables,
    groups_by_kind,
    score_table,
    scored,
    sentence_table,
    source_table,
)
from sign2text.comparing.seed_tables import (
    FIRST_RUNS,
    TITLE,
    further_runs,
    has_seeds,
    leading,
    of_first_runs,
    reading,
    seed_tables,
)
from sign2text.pages.interval_plot import Mark, Row, interval_plot
from sign2text.pages.page import page
from sign2text.scoring.metrics import METRICS

COLOURS = 6  # of systems; the baseline has the first
STYLE = """
:root { --system0: #6b6a65; --system1: #2a78d6; --system2: #b4540a; --system3: #1c7c3c;
  --system4: #8a3fb5; --system5: #b02a5b; }
@media (prefers-color-scheme: dark) { :root { --system0: #b5b4ae; --system1: #5598e7;
  --system2: #f0a848; --system3: #6cc48a; --system4: #c39af0; --system5: #f08fb5; } }
.system0 { --own: var(--system0); } .system1 { --own: var(--system1); }
.system2 { --own: var(--system2); } .system3 { --own: var(--system3); }
.system4 { --own: var(--system4); } .system5 { --own: var(--system5); }
svg g path { stroke: var(--own); stroke-width: 1.5; fill: none; }
svg g circle { fill: var(--own); stroke: var(--own); stroke-width: 1.5; }
svg g.faint circle { fill: var(--page); }
svg g:hover text { fill: var(--text); }
svg .grid { stroke: var(--line); } svg .zero { stroke: var(--text); }
svg .label { fill: var(--text); stroke: var(--page); stroke-width: 4px; paint-order: stroke; }
.plots { align-items: flex-start; } .plots .scroll { flex: 2 1 24rem; min-width: 0; }
figcaption { margin-bottom: .4rem; font-weight: 400; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 1rem; }
.legend b { color: var(--own); }
.lead { margin: .5rem 0; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; max-width: 75ch; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 1rem 0; } summary { cursor: pointer; }
td small { white-space: nowrap; } tbody th { min-width: 5.5em; }
thead th { min-width: 5em; }
@media (max-width: 30rem) { dl { display: block; } dd { margin: 0 0 .5rem; } }
"""


def make_page(result: Mapping[str, Any]) -> str:
    """Make the page compare.html from a comparison (`make_comparison`)."""
    return page(
        f"Comparison {result['comparison']} on {result['data_set']}",
        "\n".join(_body(result)),
        STYLE,
    )


def _body(result: Mapping[str, Any]) -> Iterator[str]:
    for text in leading(result):
        yield f'<p class="lead">{escape(text)}</p>'
    for note in result["notes"]:
        yield f'<p class="note">{escape(note)}</p>'
    if has_seeds(result):
        yield from _over_seeds(result)
    yield (
        '<p class="soft">Brackets and whiskers: 95 % intervals over clips. They and the p-values '
        "say how much depends on which clips were tested, not how much on the seed of training.</p>"
    )
    yield f"<h2>Differences from {escape(result['baseline'])}</h2>"
    for plot, table in zip(_difference_plots(result), difference_tables(result), strict=True):
        yield f'<h3>{escape(table.title)}</h3><div class="plots">{plot}{_table(table)}</div>'
    yield "<h2>Scores</h2>"
    for table in (score_table(result), sentence_table(result)):
        yield f"<h3>{escape(table.title)}</h3>{_table(table)}"
    yield "<h2>Groups of clips</h2>"
    yield (
        '<p class="soft">With this many intervals, one or another will leave out 0 by chance. '
        "Hollow: few clips; such an interval may leave the picture.</p>"
    )
    yield _legend(result)
    for groups, table in zip(
        groups_by_kind(result).values(), group_tables(result, "bleu4"), strict=True
    ):
        yield f'<h3>{escape(table.title)}</h3><div class="plots">'
        yield from _group_plots(result, groups)
        yield f"</div>{_table(table)}"
    for metric in METRICS:
        if metric != "bleu4":
            tables = "\n".join(
                f"<h3>{escape(table.title)}</h3>{_table(table)}"
                for table in group_tables(result, metric)
            )
            yield f"<details><summary>{METRICS[metric]} of all groups</summary>{tables}</details>"
    yield "<h2>What the numbers were made from</h2>"
    entries = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts(result))
    yield f"<dl>{entries}</dl>"
    yield _table(source_table(result, further_runs(result)))


def _over_seeds(result: Mapping[str, Any]) -> Iterator[str]:
    """Make the section over seeds, and the head of the section on the first runs."""
    yield f"<h2>{TITLE}</h2>"
    yield f'<p class="soft">{escape(" ".join(reading(result)))}</p>'
    means, apart, runs = seed_tables(result)
    differences = result["over_seeds"]["differences"]
    rows = [
        Row(
            title,
            [
                _difference(found[metric], number, f"{name}, {title}")
                for number, (name, found) in enumerate(differences.items(), start=1)
            ],
        )
        for metric, title in METRICS.items()
    ]
    if len(differences) > 1:
        yield _legend(result)
    plot = interval_plot("Difference and 95 % interval", rows, "points", zero=True)
    yield f'<h3>{escape(apart.title)}</h3><div class="plots">{plot}{_table(apart)}</div>'
    for table in (means, runs):
        yield f"<h3>{escape(table.title)}</h3>{_table(table)}"
    yield f"<h2>{FIRST_RUNS}</h2>"
    for text in of_first_runs(result):
        yield f"<p>{escape(text)}</p>"


def _difference_plots(result: Mapping[str, Any]) -> Iterator[str]:
    """Plot the differences of each experiment from the baseline, with a row per metric."""
    for number, (name, found) in enumerate(result["differences"].items(), start=1):
        rows = [
            Row(title, [_difference(found[metric], number, f"{name}, {title}")])
            for metric, title in METRICS.items()
        ]
        yield interval_plot("Difference and 95 % interval", rows, "points", zero=True)


def _group_plots(result: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Plot the groups of one kind: BLEU-4 differences from the baseline, then BLEU-4 itself."""
    apart, scores = [], []
    for group in groups:
        label = f"{group['group']} ({group['clips']:,} clip{'s' * (group['clips'] != 1)})"
        few = group["small"]
        differences = [
            _difference(found["bleu4"], number, f"{name}, {label}", few)
            for number, (name, found) in enumerate(group["differences"].items(), start=1)
        ]
        apart.append(Row(label, differences))
        scores.append(
            Row(
                label,
                [
                    _score(found, number, f"{name}, {label}", few)
                    for number, (name, found) in enumerate(group["scores"].items())
                ],
            )
        )
    yield interval_plot(f"Difference from {result['baseline']}", apart, "points", zero=True)
    yield interval_plot("BLEU-4", scores, "BLEU-4")


def _difference(found: Mapping[str, Any], system: int, of: str, faint: bool = False) -> Mark:
    cell = differing(found)
    low, high = found["interval"]
    hint = f"{of}: {cell.text} {cell.beside}"
    return Mark(found["difference"], low, high, _colour(system), cell.text, hint, faint)


def _score(scores: Mapping[str, Any], system: int, of: str, faint: bool) -> Mark:
    cell = scored(scores, "bleu4")
    low, high = scores["bleu4_interval"]
    hint = f"{of}: {cell.text} {cell.beside}"
    return Mark(scores["bleu4"], low, high, _colour(system), cell.text, hint, faint)


def _colour(system: int) -> int:
    return 0 if system == 0 else 1 + (system - 1) % (COLOURS - 1)


def _legend(result: Mapping[str, Any]) -> str:
    entries = "".join(
        f'<span class="system{_colour(number)}"><b>●</b> {escape(name)}'
        f"{' (baseline)' if number == 0 else ''}</span>"
        for number, name in enumerate(result["experiments"])
    )
    return f'<div class="legend">{entries}</div>'


def _table(table: Table) -> str:
    # Names of experiments may break after an underscore; other words do not break.
    names = (escape(name).replace("_", "_<wbr>") for name in table.head)
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    body = "".join(
        f"<tr><th scope=row>{_cell(first)}</th>"
        f"{''.join(f'<td>{_cell(cell)}</td>' for cell in rest)}</tr>\n"
        for first, *rest in table.rows
    )
    return (
        '<div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    return escape(cell.text) + (f" <small>{escape(cell.beside)}</small>" if cell.beside else "")
