"""A published table with our numbers as a page: the table, and the origin of our numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sign2text.comparing.paper_table import Row, Table
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.table_numbers import DASH, our_number, published_number
from sign2text.comparing.table_origins import origin, runs_of
from sign2text.comparing.table_text import (
    ABOUT,
    LABELS,
    VARYING,
    about,
    around_bleu4,
    citation,
    seeds_of,
    varying,
    varying_cells,
)
from sign2text.pages.page import page
from sign2text.papers.published_numbers import MEASURED

STYLE = """
.first-note { font-weight: 600; max-width: 85ch; }
.notes { margin: .75rem 0 1.25rem; padding-left: 1.1rem; }
.notes li { border: 0; margin: .35rem 0; max-width: 85ch; padding: 0; overflow-wrap: anywhere; }
.numbers table { width: auto; max-width: none; font-size: .86rem; }
.numbers th, .numbers td { padding: .35rem .4rem; white-space: nowrap; }
.numbers thead th { color: var(--soft); font-weight: 600; text-align: right;
  vertical-align: bottom; white-space: normal; }
.numbers thead .whole { white-space: nowrap; }
.numbers thead .group { border-top: 0; color: var(--text); }
.numbers .text, .numbers thead .text { text-align: left; }
.numbers .first { border-left: 1px solid var(--line); padding-left: .7rem; }
.numbers tbody th { min-width: 10rem; max-width: 17rem; white-space: normal; }
.numbers .wrap { white-space: normal; }
.numbers tr.ours > * { background: color-mix(in srgb, var(--bar) 11%, var(--page)); }
.numbers tr.ours th { font-weight: 600; }
.numbers small { display: block; color: var(--soft); font-weight: 400; }
.dash { color: var(--soft); }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
.origin { margin: 0 0 1.5rem; display: grid; grid-template-columns: max-content minmax(0, 1fr);
  gap: .15rem 1rem; }
.origin dt { color: var(--soft); }
.origin dd { margin: 0; overflow-wrap: anywhere; }
a { color: inherit; text-decoration-color: var(--bar); text-underline-offset: .15em; }
@media (max-width: 30rem) { .numbers th, .numbers td { padding: .3rem .4rem; }
  .numbers tbody th, .numbers thead .corner { position: sticky; left: 0; min-width: 7rem;
    max-width: 9rem; overflow-wrap: break-word; }
  .numbers th small { font-size: .68rem; }
  .numbers tr:not(.ours) th { background: var(--page); }
  .origin { grid-template-columns: 1fr; gap: 0; } .origin dd { margin-bottom: .4rem; } }
"""


def table_page(table: Table) -> str:
    """Make the page: notes, then the table, then the origin of our numbers."""
    first, *others = [*notes_on(table), rows_are(table)]
    items = "".join(f"<li>{escape(note)}</li>\n" for note in others if note)
    notes = (
        f'<p class="first-note">{escape(first)}</p>\n<ul class="notes">\n{items}'
        f'<li class="soft">{escape(citation(table))}</li></ul>'
    )
    return page(table.title, f"{notes}\n{numbers(table)}\n{origins([table])}", STYLE)


def rows_are(table: Table) -> str:
    """List the facts that hold for all rows and so have no column; empty if there are none."""
    first, known = table.rows[0].published, varying(table)
    parts = []
    if "split" not in known and first.split:
        parts.append(f"published on split {first.split}")
    if "gloss_free" not in known:
        parts.append("gloss-free" if first.gloss_free else "with glosses")
    return f"All rows: {', '.join(parts)}." if parts else ""


def numbers(table: Table) -> str:
    """Make the table alone."""
    columns = table.published.columns
    extra = about(table)
    groups = "".join(
        [
            '<th scope=col rowspan=2 class="text corner">row</th>',
            *(f'<th scope=col rowspan=2 class="text">{VARYING[n]}</th>' for n in varying(table)),
            f'<th scope=colgroup colspan={len(columns)} class="text first group">published: '
            f"{escape(table.published_in)}</th>",
            f'<th scope=colgroup colspan={len(columns) + len(extra)} class="text first group">'
            f"ours: {escape(table.data_set)}</th>",
        ]
    )
    labels = [_head(LABELS[column], first=n == 0) for n, column in enumerate(columns)]
    heads = "".join([*labels, *labels, *map(_head, extra)])
    body = "\n".join(_row(row, table) for row in table.rows)
    return (
        '<div class="scroll numbers" tabindex="0" role="region" '
        f'aria-label="{escape(table.title)}">\n<table>\n<thead>\n<tr>{groups}</tr>\n'
        f"<tr>{heads}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _head(label: str, *, first: bool = False) -> str:
    kinds = {"first": first, "whole": " " not in label, "text": label == ABOUT[0]}
    return f"<th scope=col{_class(kinds)}>{escape(label)}</th>"


def _class(kinds: Mapping[str, bool]) -> str:
    names = " ".join(name for name, holds in kinds.items() if holds)
    return f' class="{names}"' if names else ""


def _row(row: Row, table: Table) -> str:
    published, columns = row.published, table.published.columns
    cells = [f"<th scope=row>{escape(published.row)}{_small(published.setting)}</th>"]
    cells += [f'<td class="text">{escape(told)}</td>' for told in varying_cells(row, table)]
    for number, column in enumerate(columns):
        shown = published_number(column, published.number(column))
        cells.append(_cell(shown, title=row.source, first=number == 0))
    for number, column in enumerate(columns):
        found = row.numbers.get(column)
        title = row.why_not if found is None else _made_by(row, column)
        small = around_bleu4(row) if column == "bleu4" else ""
        cells.append(_our_cell(our_number(found, column), small, title, first=number == 0))
    own = _about(row)
    cells += own + [_cell(DASH, title=row.why_not)] * (len(about(table)) - len(own))
    kind = ' class="ours"' if row.ours else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _cell(shown: str, small: str = "", title: str = "", *, first: bool = False) -> str:
    more = f' title="{escape(title)}"' if title else ""
    kinds = _class({"first": first, "dash": shown == DASH})
    return f"<td{kinds}{more}>{escape(shown)}{_small(small)}</td>"


def _our_cell(text: str, small: str = "", title: str = "", *, first: bool = False) -> str:
    """Make the cell of one of our numbers, with its deviation and interval underneath."""
    shown, _, deviation = text.partition(" ")
    return _cell(shown, " ".join(filter(None, (deviation, small))), title, first=first)


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _made_by(row: Row, column: str) -> str:
    """Describe a number's origin for its tooltip."""
    if column in row.exact:
        return f"counted, not trained: {row.exact[column]:,}"
    runs = row.measured if column in MEASURED else row.runs
    names = ", ".join(f"{run.experiment} (settings {run.result['settings']})" for run in runs)
    first = runs[0]
    how = first.result.get("measured_as") or first.convention(row.scoring)
    return f"{names}; {how}; {seeds_of(row)}"


def _about(row: Row) -> list[str]:
    """Make the cells about the runs of a row; none if there are no runs."""
    links = "<br>".join(
        f'<a href="#{escape(run.experiment)}">{escape(run.experiment)}</a>' for run in row.ours
    )
    experiment = f'<td class="text">{links}{_small(seeds_of(row))}</td>'
    if not row.runs:
        return [experiment] if row.ours else []
    parts = row.runs[0].left_out.split(", ")
    left_out = ", ".join(escape(part).replace(" ", "&nbsp;") for part in parts)
    return [
        experiment,
        _cell(f"{row.leaked:,}", title="test clips whose sentence is in the training text"),
        _our_cell(our_number(row.not_in_train)),
        f'<td class="wrap" title="clips that are in no split\'s table">{left_out}</td>',
    ]


def origins(tables: Sequence[Table]) -> str:
    """List the origin of our numbers, once for each run and convention."""
    made = runs_of(tables)
    parts = ["<h2>What made ours</h2>"] if made else []
    linked = set()
    for row, run, how in made:
        facts = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
            for name, value in origin(row, run).items()
        )
        name = escape(run.experiment)
        if name in linked:
            head = f"<h3>{name}, under {escape(how)}</h3>"
        else:
            head = f'<h3 id="{name}">{name}</h3>'
            linked.add(name)
        parts.append(f'{head}\n<dl class="origin">{facts}</dl>')
    return "\n".join(parts)
