"""All tables of a paper on one page: verdicts on its directions first, then the tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sign2text.comparing.comparison_tables import signed
from sign2text.comparing.paper_table import Table
from sign2text.comparing.seed_interval import OVER
from sign2text.comparing.summary import Summary
from sign2text.comparing.summary_text import made_by, our_difference, our_score
from sign2text.comparing.table_text import LABELS, citation
from sign2text.comparing.verdicts import Judged
from sign2text.pages import direction_plot, table_page
from sign2text.pages.direction_plot import CLASSES
from sign2text.pages.page import page
from sign2text.papers.directions import ARGUMENT, KINDS, LOWER_IS_BETTER

STYLE = (
    table_page.STYLE
    + direction_plot.STYLE
    + """
.lead { font-weight: 600; max-width: 85ch; margin: .5rem 0; }
.side { display: flex; flex-wrap: wrap; gap: 1rem 1.75rem; align-items: flex-start; }
.side .directions { flex: 1 1 20rem; max-width: 30rem; min-width: 0; }
.side .scroll { flex: 2 1 34rem; min-width: 0; }
.verdicts table { max-width: none; font-size: .86rem; }
.verdicts th, .verdicts td { padding: .3rem .4rem; }
.verdicts thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
summary { cursor: pointer; }
.verdicts td { white-space: nowrap; }
.verdicts .text, .verdicts thead .text { text-align: left; }
.verdicts .verdict { color: var(--own); font-weight: 600; text-align: left; white-space: normal;
  min-width: 5.5rem; }
.verdicts tbody th { min-width: 12rem; }
.verdicts tbody th small { display: block; color: var(--soft); }
.verdicts .heading th { font-weight: 600; padding-top: .9rem; }
.verdicts .argument th { font-weight: 600; } .verdicts .argument th small { font-weight: 400; }
.verdicts .first { border-left: 1px solid var(--line); padding-left: .7rem; }
.paper-table { margin-top: 2rem; } .paper-table h3 { font-size: 1.05rem; }
.paper-table .notes { margin: .25rem 0 .5rem; font-size: .9rem; color: var(--soft); }
@media (max-width: 30rem) { .verdicts tbody th { position: sticky; left: 0; min-width: 8rem;
  max-width: 9rem; background: var(--page); overflow-wrap: break-word; }
  .verdicts .heading th { max-width: none; }
  .verdicts .heading span { position: sticky; left: 0; } }
"""
)


def summary_page(summary: Summary) -> str:
    """Make the page."""
    parts = [f'<p class="lead">{escape(text)}</p>' for text in summary.statements]
    if summary.judged:
        parts += [
            _list(summary.notes),
            "<details><summary>How the verdicts are made</summary>\n"
            f"{_list(summary.reading)}</details>",
            "<h2>Published directions and ours</h2>",
            direction_plot.key(),
            f'<div class="side">{_plot(summary)}\n{_verdicts(summary)}</div>',
        ]
    parts += [
        "<h2>The tables</h2>",
        '<p class="soft">Notes above a table apply to the tables below it too.</p>',
    ]
    parts += [_table(table, notes) for table, notes in summary.fresh_notes()]
    tables = list(summary.tables.values())
    parts += [table_page.origins(tables), f'<p class="soft">{escape(citation(tables[0]))}</p>']
    return page(summary.title, "\n".join(parts), STYLE)


def _list(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>\n" for text in texts)
    return f'<ul class="notes">\n{items}</ul>\n' if texts else ""


def _plot(summary: Summary) -> str:
    """Draw a figure of each metric's differences."""
    figures = {}
    for metric in summary.metrics:
        part = [each for each in summary.judged if each.direction.metric == metric]
        lower = " above 0 where the first row's is lower," if metric in LOWER_IS_BETTER else ""
        bold = " Bold: carries the argument." if any(map(_argued, part)) else ""
        title = f"Difference in {LABELS[metric]},{lower} and the 95 % interval of ours.{bold}"
        figures[title] = [
            (f"{each.direction.table.number}: {each.direction.short}", _argued(each), each)
            for each in part
        ]
    return direction_plot.direction_plot(figures)


def _argued(judged: Judged) -> bool:
    return judged.direction.kind == ARGUMENT


def _verdicts(summary: Summary) -> str:
    body = []
    for heading, part in summary.by_table():
        body.append(
            f'<tr class="heading"><th scope=colgroup colspan=8><span>{escape(heading)}</span></th>'
            "</tr>"
        )
        body += [_direction(each) for each in part]
    heads = "".join(
        f"<th scope=col{' class=first' if name == 'better' else ''}>{name}</th>"
        for name in 2 * ("better", "worse", "difference")
    )
    ours = f"ours: {escape(summary.data_set)}"
    return (
        '<div class="scroll verdicts" tabindex="0" role="region" '
        'aria-label="Published directions and ours">\n<table>\n<thead>\n'
        '<tr><th scope=col rowspan=2 class="text">direction</th>'
        '<th scope=col rowspan=2 class="text">verdict</th>'
        '<th scope=colgroup colspan=3 class="text first">published</th>'
        f'<th scope=colgroup colspan=3 class="text first">{ours}</th></tr>\n'
        f"<tr>{heads}</tr>\n</thead>\n"
        "<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>\n</div>"
    )


def _direction(judged: Judged) -> str:
    direction = judged.direction
    about = direction.short + (f"; {KINDS[ARGUMENT]}" if _argued(judged) else "")
    better, worse = (f"{value:.2f}" for value in direction.published)
    row = [
        f"<th scope=row>{escape(_capital(direction.words))}<small>{escape(about)}</small></th>",
        f'<td class="verdict {CLASSES[judged.verdict]}">{escape(judged.verdict)}</td>',
        f"<td class=first>{better}</td><td>{worse}</td><td>{signed(direction.difference)}</td>",
        _cell(our_score(judged.better), made_by(judged.better), first=True),
        _cell(our_score(judged.worse), made_by(judged.worse)),
        _cell(our_difference(judged), OVER.get(judged.over, "")),
    ]
    return f"<tr{' class=argument' if _argued(judged) else ''}>{''.join(row)}</tr>"


def _capital(text: str) -> str:
    """Capitalise the first letter, except in names such as mBART."""
    return text if text[1:2].isupper() else text[0].upper() + text[1:]


def _cell(shown: tuple[str, str], title: str, *, first: bool = False) -> str:
    number, beside = shown
    small = f"<small>{escape(beside)}</small>" if beside else ""
    kind = " class=first" if first else ""
    about = f' title="{escape(title)}"' if title else ""
    return f"<td{kind}{about}>{escape(number)}{small}</td>"


def _table(table: Table, notes: Sequence[str]) -> str:
    return (
        f'<section class="paper-table"><h3>{escape(table.title)}</h3>\n{_list(notes)}'
        f"{table_page.numbers(table)}</section>"
    )
