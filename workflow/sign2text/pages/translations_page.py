"""The page of translations: each clip's video, reference and hypotheses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.pages.page import page
from sign2text.scoring.alignment import Part
from sign2text.scoring.metrics import SENTENCE_METRICS
from sign2text.scoring.statement import shown_seed

if TYPE_CHECKING:
    from sign2text.data.small_video import SmallVideo

SCRIPT = Path(__file__).with_name("translations_page.js")
_TAGS = {"same": "", "added": "ins", "missing": "del"}
STYLE = """
.about th, .about td { text-align: left; }
.about td.number, .about th.number { text-align: right; }
.about table { max-width: none; }
.about thead th { font-weight: 600; }
ins, del, .legend span { border-radius: .2em; padding: 0 .15em; }
ins { text-decoration: underline 2px; text-underline-offset: .2em; color: var(--bad);
  font-weight: 600; }
del { text-decoration: line-through; color: var(--soft); }
.plain ins { font-weight: inherit; text-decoration: none; color: inherit; padding: 0; }
.plain del { display: none; }
form { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 1rem;
  align-items: end; background: var(--page); border-bottom: 1px solid var(--line);
  margin-top: 1rem; padding: .5rem 0; }
form label { display: grid; color: var(--soft); font-size: .85rem; min-width: 0; }
form .tick { display: flex; gap: .35rem; align-items: center; padding-bottom: .35rem; }
form input[type=search], form select { font: inherit; font-size: 1rem; color: var(--text);
  background: var(--page); border: 1px solid var(--soft); border-radius: .3rem;
  padding: .25rem .4rem; width: 100%; max-width: 100%; }
.search { flex: 1 1 14rem; }
output { flex-basis: 100%; color: var(--soft); font-size: .85rem; }
.clip { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: .75rem 1.25rem;
  border-bottom: 1px solid var(--line); padding: 1rem 0; content-visibility: auto;
  contain-intrinsic-size: auto 20rem; }
.clip[hidden] { display: none; }
video { display: block; max-width: 100%; width: auto; height: auto; max-height: 15rem;
  background: #000; border-radius: .3rem; }
.none { max-width: 15rem; border: 1px dashed var(--line); border-radius: .3rem; padding: .75rem;
  font-size: .85rem; color: var(--soft); }
.none.lost { color: var(--bad); border-color: var(--bad); }
h3 { font-size: 1rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h3 small { font-weight: 400; color: var(--soft); margin-left: .5rem; }
h3 .gain { color: var(--text); font-variant-numeric: tabular-nums; }
dl { margin: 0; }
.row { display: grid; grid-template: "who text scores" auto / 9.5rem minmax(0, 1fr) 18.5rem;
  gap: 0 1rem; padding: .15rem 0; }
dt { grid-area: who; color: var(--soft); overflow-wrap: anywhere; }
dd { grid-area: text; margin: 0; overflow-wrap: anywhere; max-width: 75ch; }
dd.scores { grid-area: scores; color: var(--soft); font-size: .85rem; padding-top: .1rem;
  font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
dd.scores b { color: var(--text); font-weight: 600; }
@media (max-width: 64rem) { .row { grid-template: "who scores" auto "text text" auto
  / minmax(0, 1fr) auto; } }
@media (max-width: 40rem) { .clip { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 30rem) { form { position: static; } }
@media print { form { display: none; } .clip { break-inside: avoid; } }
"""


GLOSS_STYLE = """
.glosses dt, .glosses dd { font-size: .85rem; }
"""
GLOSS_LEGEND = (
    "<p>Glosses are as they are scored, after the cleaning rules of their corpus, and marked like "
    "words.</p>\n"
)


@dataclass(frozen=True)
class Translation:
    """One experiment's output for a clip, with its sentence scores in SENTENCE_METRICS' order."""

    parts: Sequence[Part]
    scores: tuple[float, ...]
    glosses: Sequence[Part] | None = None
    """Its gloss line; None if the experiment writes no glosses."""


@dataclass(frozen=True)
class Clip:
    """A clip with its translations, in the order of the experiments."""

    id: str
    signer: str
    language: str
    reference: str
    in_train: bool
    unseen_words: int
    translations: Sequence[Translation]
    video: SmallVideo | str | None
    """The video, or the reason why it cannot be shown; None if it was not requested."""
    glosses: str | None = None
    """The reference gloss line; None if it is unknown or no experiment writes glosses."""


def make_page(
    name: str,
    experiments: Sequence[Mapping[str, Any]],
    convention: str,
    clips: Sequence[Clip],
    runs: Sequence[int] = (),
) -> str:
    """Make the page of a comparison.

    Args:
        name: name of the comparison in config.yaml.
        experiments: the score file of each experiment, the baseline first.
        convention: description of the convention in a line.
        clips: the clips in the corpus's order.
        runs: number of runs of each experiment in the comparison, if any has several.
    """
    names = [each["experiment"] for each in experiments]
    first = experiments[0]
    title = f"Translations: {name}, {first['data_set']}"
    shown = sum(hasattr(clip.video, "poster") for clip in clips)
    glosses = any(each.glosses is not None for clip in clips for each in clip.translations)
    body = (
        f"<p>{len(clips):,} clips of the {escape(first['split'])} split of data set "
        f"{escape(first['data_set'])}, {shown:,} of them with video. Scores are of the convention "
        f"{escape(first['convention'])} ({escape(convention)}); those at a clip are of that "
        "sentence alone.</p>\n"
        f"{_about(experiments, runs or [1] * len(experiments))}\n"
        '<p class="legend">Compared with the reference, <ins>words like these</ins> '
        "(underlined) are added or replace others, and <del>words like these</del> "
        "(struck out) are missing.</p>\n"
        f"{GLOSS_LEGEND if glosses else ''}"
        f"{_form(names)}\n<main>\n{''.join(_clip(clip, names) for clip in clips)}</main>"
    )
    style = STYLE + GLOSS_STYLE if glosses else STYLE
    return page(title, body, style, SCRIPT.read_text(encoding="utf-8"))


def _about(experiments: Sequence[Mapping[str, Any]], runs: Sequence[int]) -> str:
    """Make a row per experiment: scores on all test clips, seed, hash of the settings."""
    lines = []
    for each, count in zip(experiments, runs, strict=True):
        scores = each["scores"]["all"]
        beside = ""
        for key, what in (("bleu4_interval", ""), ("bleu4_range", " in its runs")):
            if low_high := scores.get(key):
                beside = f" ({low_high[0]:.2f} to {low_high[1]:.2f}{what})"
        control = ""
        if each["control"]:
            control = f"<small>control: {escape(each['control'])}; below, its first run</small>"
        first = f"<small>the first of {count} runs</small>" if count > 1 else ""
        rouge = f"{scores['rouge_l']:.2f}" if "rouge_l" in scores else ""
        lines.append(
            f"<tr><th scope=row>{escape(each['experiment'])}</th>"
            f"<td>{escape(each['method'])}{control}</td>"
            f"<td class=number>{scores['bleu4']:.2f}{beside}</td>"
            f"<td class=number>{scores['chrf']:.2f}</td><td class=number>{rouge}</td>"
            f"<td>{escape(shown_seed(each['seed']))}{first}</td>"
            f"<td><code>{escape(each['settings'])}</code></td></tr>\n"
        )
    return (
        '<div class="scroll about"><table><thead><tr><th scope=col>experiment</th>'
        "<th scope=col>method</th><th scope=col class=number>BLEU-4 (95 % interval)</th>"
        "<th scope=col class=number>chrF</th><th scope=col class=number>ROUGE-L</th>"
        "<th scope=col>seed</th><th scope=col>settings</th></tr></thead>\n"
        f"<tbody>\n{''.join(lines)}</tbody></table></div>"
    )


def _form(names: Sequence[str]) -> str:
    orders = {"corpus": "as in the corpus"}
    for number, name in enumerate(names):
        orders[f"best {number}"] = f"{name}: best first"
        orders[f"worst {number}"] = f"{name}: worst first"
    if len(names) > 1:
        orders["gain"] = f"{names[1]} better than {names[0]}, most first"
        orders["loss"] = f"{names[1]} worse than {names[0]}, most first"
    metrics = "".join(
        f'<option value="{key}">{name}</option>' for key, name in SENTENCE_METRICS.items()
    )
    options = "".join(f'<option value="{k}">{escape(text)}</option>' for k, text in orders.items())
    return (
        '<form><label class="search">Only clips with (id, signer, words)'
        '<input type="search" name="filter" autocomplete="off" spellcheck="false"></label>\n'
        f'<label>Order<select name="order">{options}</select></label>\n'
        f'<label>by<select name="metric">{metrics}</select></label>\n'
        '<label class="tick"><input type="checkbox" name="video"> with video only</label>\n'
        '<label class="tick"><input type="checkbox" name="marks" checked> mark words</label>\n'
        "<output></output></form>"
    )


def _clip(clip: Clip, names: Sequence[str]) -> str:
    said = [clip.reference, *(_plain(each.parts) for each in clip.translations)]
    lines = [each.glosses for each in clip.translations if each.glosses is not None]
    said += [*filter(None, [clip.glosses]), *map(_plain, lines)]
    words = " ".join((clip.id, clip.signer, *said))
    scores = " ".join(
        f'data-{key.replace("_", "-")}="{_column(clip, number)}"'
        for number, key in enumerate(SENTENCE_METRICS)
    )
    notes = [clip.signer]
    if clip.in_train:
        notes.append("sentence is in train")
    if clip.unseen_words:
        notes.append(f"words not in train: {clip.unseen_words}")
    language = escape(clip.language)
    true = None if clip.glosses is None else [Part("same", clip.glosses)]
    rows = "".join(
        f'<div class="row"><dt>{escape(name)}</dt>'
        f'<dd lang="{language}">{_marked(translation.parts)}</dd>'
        f'<dd class="scores">{_scores(translation.scores)}</dd></div>\n'
        f"{_gloss_line(translation.glosses, language)}"
        for name, translation in zip(names, clip.translations, strict=True)
    )
    return (
        f'<article class="clip" data-words="{escape(words)}" {scores}>\n'
        f"<div>{_video(clip)}</div>\n"
        f"<div><h3>{escape(clip.id)}<small>{escape(' · '.join(notes))}</small>"
        f'<small class="gain"></small></h3>\n'
        f'<dl><div class="row"><dt>reference</dt>'
        f'<dd lang="{language}">{escape(clip.reference)}</dd></div>\n'
        f"{_gloss_line(true, language)}{rows}</dl></div></article>\n"
    )


def _gloss_line(parts: Sequence[Part] | None, language: str) -> str:
    """Make a row with a gloss line; empty if there is none."""
    if parts is None:
        return ""
    line = f'<dd lang="{language}">{_marked(parts)}</dd>'
    return f'<div class="row glosses"><dt>glosses</dt>{line}</div>\n'


def _column(clip: Clip, metric: int) -> str:
    return " ".join(f"{each.scores[metric]:.2f}" for each in clip.translations)


def _plain(parts: Sequence[Part]) -> str:
    return "".join(part.text for part in parts if part.kind != "missing")


def _marked(parts: Sequence[Part]) -> str:
    said = "".join(
        f"<{_TAGS[kind]}>{escape(text)}</{_TAGS[kind]}>" if _TAGS[kind] else escape(text)
        for kind, text in parts
    )
    if all(part.kind == "missing" for part in parts):
        return f'<span class="soft">(nothing)</span> {said}'
    return said


def _scores(scores: Sequence[float]) -> str:
    return " · ".join(
        f"{name} <b>{score:.1f}</b>"
        for name, score in zip(SENTENCE_METRICS.values(), scores, strict=True)
    )


def _video(clip: Clip) -> str:
    if clip.video is None:
        return '<p class="none">listed without its video</p>'
    if isinstance(clip.video, str):
        return f'<p class="none lost">The video cannot be shown: {escape(clip.video)}</p>'
    # Videos are not decoded until they are played, so hundreds of clips do not stall the page.
    return (
        f'<video muted loop playsinline controls preload="none" width="{clip.video.width}" '
        f'height="{clip.video.height}" aria-label="{escape(clip.id)}" '
        f'poster="data:image/jpeg;base64,{b64encode(clip.video.poster).decode()}" '
        f'src="data:video/mp4;base64,{b64encode(clip.video.video).decode()}"></video>'
    )
