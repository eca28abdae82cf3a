"""The skeleton of every page that a stage writes: one self-contained file."""

from __future__ import annotations

from html import escape

# The browser shows and runs only the file's own contents, and refuses everything else.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:"
)
STYLE = """
:root { color-scheme: light dark; --page: #fcfcfb; --text: #1f1f1e; --soft: #5f5e59;
  --line: #dddcd6;
  --bar: #2a78d6; --bad: #c22f2f; --differs: #a85a00; --note: #2a78d6; --ok: #1c7c3c; }
@media (prefers-color-scheme: dark) { :root { --page: #1a1a19; --text: #ececea; --soft: #a9a8a2;
  --line: #3b3a37; --bar: #5598e7; --bad: #f08080; --differs: #f0a848; --note: #7db3f0;
  --ok: #6cc48a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1320px; padding: 1rem; background: var(--page);
  color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; max-width: 75ch; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { flex: 1 1 20rem; margin: 0; max-width: 30rem; min-width: 0; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; max-width: 60rem;
  font-variant-numeric: tabular-nums; }
th, td { border-top: 1px solid var(--line); padding: .3rem .4rem; text-align: right;
  vertical-align: top; }
th:first-child { text-align: left; font-weight: 400; }
thead th { border-top: 0; font-weight: 600; }
td small { display: block; color: var(--soft); }
@media (max-width: 30rem) { body { padding: .75rem; } table { font-size: .82rem; }
  th, td { padding: .3rem .2rem; } }
"""
"""Colours of both schemes, text, tables, and figures side by side (`<div class="plots">`).

Content that may be wider than a phone, such as a table with many columns, goes into
`<div class="scroll">`.
"""


def page(title: str, body_html: str, style: str = "", script: str = "") -> str:
    """Make an HTML page: `title` is plain text, `body_html` follows it unescaped.

    `style` is appended to `STYLE`, `script` to the page. Pictures and videos are data URIs. The
    page fetches nothing, and its policy makes the browser refuse to.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n"
        f"<h1>{escape(title)}</h1>\n{body_html}\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</html>\n"
    )
