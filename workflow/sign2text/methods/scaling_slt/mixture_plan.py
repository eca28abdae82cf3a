"""The plan of a mixture, as a table, and examples of it as the model sees them, as a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.files import replacing
from sign2text.ground.processes import is_first
from sign2text.pages.page import page

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.methods.scaling_slt.mixture import Part
    from sign2text.training.mixing import Mixture

PLAN, EXAMPLES = "mixture.tsv", "examples.html"
"""Files in the folder of a training."""
COLUMNS = ("task", "pair", "items", "share", "draws", "passes")
SHOWN = 20
"""Inputs and outputs on the page."""

_ABOUT = (
    "Inputs and outputs of the first epoch as the model sees them: the prompt with its special "
    "tokens, the landmark steps, and the output."
)


def plan_rows(parts: Sequence[Part], items_drawn: int) -> list[list[str]]:
    """Return a row a part: its items, its share of a batch, and the expected draws.

    Args:
        items_drawn: items of all parts in the whole training, batch size times steps.
    """
    rows = []
    for part in parts:
        draws = part.share * items_drawn
        rows.append(
            [
                part.task,
                part.pair,
                str(len(part.items)),
                f"{part.share:.6f}",
                f"{draws:.0f}",
                f"{draws / len(part.items):.3f}",
            ]
        )
    return rows


def write_plan(
    output: Path,
    parts: Sequence[Part],
    mixture: Mixture,
    words: PreTrainedTokenizerFast,
    *,
    batch_size: int,
    steps: int,
    seed: int,
) -> None:
    """Write the plan and the page of examples into the folder `output`; the first rank writes."""
    if not is_first():
        return
    lines = [COLUMNS, *plan_rows(parts, batch_size * steps)]
    with replacing(output / PLAN) as temporary:
        temporary.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    shown = list(itertools.islice(_in_turn(parts, mixture, batch_size, seed), SHOWN))
    body = f'<p class="soft">{escape(_ABOUT)}</p>\n' + "".join(
        _shown(parts[number], mixture[item][1], words, parts[number].items.ids[place])
        for number, place, item in shown
    )
    with replacing(output / EXAMPLES) as temporary:
        temporary.write_text(page("Mixture of tasks", body, _STYLE), encoding="utf-8")


def _in_turn(
    parts: Sequence[Part], mixture: Mixture, batch_size: int, seed: int
) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Yield part, number and item of the first epoch, from each part in turn."""
    drawn: list[list[tuple[int, int]]] = [[] for _ in parts]
    for batch in mixture.batches(batch_size, seed):
        for item in batch:
            drawn[mixture.source_of(item)].append(item)
        if all(len(each) >= SHOWN for each in drawn):
            break
    for items in itertools.zip_longest(*drawn):
        for number, item in enumerate(items):
            if item is not None:
                yield number, item[0] - mixture.start(number), item


def _shown(part: Part, item: dict, words: PreTrainedTokenizerFast, clip: str) -> str:
    """Return an item as HTML."""
    steps = len(item["steps"])
    landmarks = f" [{steps} steps of {item['steps'].shape[1]} landmark values]" if steps else ""
    given = words.decode(item["prompt"].tolist()) + landmarks
    output = words.decode(list(item["target"]))
    about = (
        f"{part.task}, {part.pair}, {'row' if part.task == 'mt' else 'clip'} {clip}: "
        f"{len(item['prompt'])} tokens and {steps} steps in, {len(item['target'])} tokens out"
    )
    return f"<h2>{escape(about)}</h2>\n<pre>{escape(given)}</pre>\n<pre>{escape(output)}</pre>\n"


_STYLE = "pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0; }"
