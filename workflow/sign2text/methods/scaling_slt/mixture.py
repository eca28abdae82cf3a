"""The mixture of tasks, pairs and data sets that one training learns from.

The mixture is never written: a batch follows from the seed and the step (training/mixing.py). Text
alone and clips are in separate micro-batches, so that neither is padded for the other.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sign2text.data.captions import read_parallel
from sign2text.ground.errors import InputError
from sign2text.methods.scaling_slt.corpora import Corpus
from sign2text.methods.scaling_slt.examples import Example, text_examples, text_pairs
from sign2text.methods.scaling_slt.task_settings import Fitting, OnClips
from sign2text.methods.scaling_slt.task_shares import item_shares
from sign2text.methods.scaling_slt.tasks import TaskCollator, TaskItems, encoded_items
from sign2text.training.mixing import Mixture, Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.data.clips import Clips

CLIPS, TEXT = "clips", "text"
"""Groups of sources that share micro-batches."""

log = logging.getLogger(__name__)


class Part(NamedTuple):
    """Items of one task and pair, with their share of a batch."""

    task: str
    pair: str
    items: TaskItems
    share: float = 0.0


def encode(
    examples: Sequence[Example],
    words: PreTrainedTokenizerFast,
    config: Fitting,
    where: Path,
    signing: Clips | None = None,
) -> TaskItems:
    """Encode examples from the file `where` with the limits of a training's settings."""
    return encoded_items(
        examples,
        words,
        signing,
        where=str(where),
        most_prompt=config.prompt_tokens,
        most_output=config.output_tokens,
    )


def signed_parts(
    corpora: Sequence[Corpus], words: PreTrainedTokenizerFast, config: OnClips, seed: int | None
) -> list[Part]:
    """Make the parts of all tasks on clips, SLT of the first data set first.

    Args:
        seed: seed of the clips' augmentation; None: as in evaluation.

    Raises:
        InputError: a language, or a task with a share, has no items; see `encoded_items` too.
    """
    found = []
    for task, share in config.tasks.of_tasks.items():
        if not share or (task == "augmented" and not config.augmented):
            continue
        made = [
            Part(task, examples[0].pair, encode(examples, words, config, where, signing))
            for corpus in corpora
            for examples, where, signing in corpus.examples(task, seed)
        ]
        if not made:
            raise InputError(
                f"tasks.{task}: its share is {share}, but no caption of "
                f"{', '.join(str(corpus.files.captions) for corpus in corpora)} has times. Set "
                f"tasks.{task} to 0, or let make_captions join clips."
            )
        found += made
    return found


def text_parts(
    parallel: Path, own: str, words: PreTrainedTokenizerFast, config: Fitting, directions: str
) -> list[Part]:
    """Make the parts of translating text.

    Args:
        own: the data set's written language.
        directions: `none`, `to_own` or `both`.

    Raises:
        InputError: there is no text for it.
    """
    if directions == "none":
        return []
    table = read_parallel(parallel)
    found = []
    for source, target in text_pairs(table, own, directions):
        if examples := text_examples(table, source, target):
            found.append(Part("mt", examples[0].pair, encode(examples, words, config, parallel)))
    if not found:
        raise InputError(
            f"{parallel}: {len(table)} rows with the languages {', '.join(table) or '(none)'} "
            f"found, expected sentences in '{own}' and another language, since text is translated "
            f"({directions}). Give make_captions parallel text, or set mt to none."
        )
    return found


def with_shares(
    parts: Sequence[Part], tasks: Mapping[str, float], p_mt: float, temperature: float
) -> list[Part]:
    """Set each part's share of a batch."""
    counts: dict[tuple[str, str], int] = {}
    for part in parts:
        key = part.task, part.pair
        counts[key] = counts.get(key, 0) + len(part.items)
    shares = item_shares(counts, tasks, p_mt, temperature)
    return [
        part._replace(share=shares[part.task, part.pair] * len(part.items) / counts[part[:2]])
        for part in parts
    ]


def mixed(parts: Sequence[Part], collate: TaskCollator) -> Mixture:
    """Mix parts by their shares; an epoch is one pass over the first."""
    return Mixture(
        {
            f"{number} {part.task} {part.pair}": Source(
                part.items, collate, part.share, TEXT if part.items.signing is None else CLIPS
            )
            for number, part in enumerate(parts)
        }
    )
