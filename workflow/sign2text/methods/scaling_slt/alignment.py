"""Starts of captions that a translator finds on joined clips, by the task of alignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.data.caption_texts import HUMAN
from sign2text.ground.errors import InputError
from sign2text.methods.scaling_slt.prompts import times_in
from sign2text.methods.scaling_slt.tasks import TaskItems, encoded_items
from sign2text.scoring.caption_times import AlignedClip, TimedCaption

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.methods.scaling_slt.corpora import Corpus

TASK = "alignment"


def alignment_items(corpus: Corpus, words: PreTrainedTokenizerFast, language: str) -> TaskItems:
    """Return the joined clips of a split with their prompts, as in evaluation.

    Raises:
        InputError: no joined clip has captions in `language`.
    """
    for examples, where, signing in corpus.examples(TASK, None):
        if examples[0].clip in corpus.members and examples[0].target == language:
            return encoded_items(
                examples,
                words,
                signing,
                where=str(where),
                most_prompt=corpus.config.prompt_tokens,
                most_output=corpus.config.output_tokens,
            )
    raise InputError(
        f"{corpus.files.captions}: no joined clip with captions in {language} found, expected some,"
        f" whose clips {corpus.files.joined} lists. Let make_captions join clips of this split, or "
        "choose another language."
    )


def aligned_clips(corpus: Corpus, items: TaskItems, outputs: Sequence[str]) -> list[AlignedClip]:
    """Put together the captions of joined clips, and the starts that outputs name.

    Captions that the prompts leave out, since they end after the part of a clip that the model
    reads, are left out here too.

    Args:
        items: from `alignment_items`.
        outputs: the model's, in the order of the items: a start and an end of each caption.
    """
    step, found = corpus.config.time_step, []
    human = corpus.captions[corpus.captions["origin"] == HUMAN]
    for example, output in zip(items.examples, outputs, strict=True):
        rows = human[(human["clip"] == example.clip) & (human["language"] == example.target)]
        rows = rows.sort_values(["start", "end"], kind="stable")
        kept = len(times_in(example.output, step)) // 2
        captions = [
            TimedCaption(text, float(start), float(end))
            for text, start, end in zip(rows["text"], rows["start"], rows["end"], strict=True)
        ][:kept]
        seconds = min(corpus.seconds[example.clip], corpus.seconds_read(example.clip))
        # A caption may end half a time token after the part that is read.
        seconds = max(seconds, captions[-1].end)
        starts = tuple(times_in(output, step)[::2])
        found.append(AlignedClip(example.clip, seconds, tuple(captions), starts))
    return found
