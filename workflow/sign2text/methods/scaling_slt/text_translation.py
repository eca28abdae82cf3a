"""Translation of sentences by a model that has learned to translate text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sign2text.ground.work_limit import Over
from sign2text.methods.scaling_slt.examples import Example
from sign2text.methods.scaling_slt.prompts import prompt
from sign2text.methods.scaling_slt.tasks import encoded_items
from sign2text.models.beam_search import beam_search

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.models.translator import Translator


class Settings(Protocol):
    """Settings of the search."""

    beams: int
    max_new_tokens: int
    prompt_tokens: int
    batch_steps: int


def translate_text(
    network: Translator,
    words: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    *,
    source: str,
    target: str,
    where: str,
    config: Settings,
    over: Over = map,
) -> list[str]:
    """Translate sentences from one written language into another; each once.

    Args:
        where: the file of the sentences, for messages; a row's number is that of its sentence.

    Raises:
        InputError: no prompt names the pair, a sentence is too long, or cannot be encoded.
    """
    examples = [
        Example("mt", source, target, prompt("mt", source=source, target=target, text=text),
                "", str(row))
        for row, text in enumerate(sentences, start=1)
    ]  # fmt: skip
    items = encoded_items(
        examples, words, None, where=where, most_prompt=config.prompt_tokens, most_output=1
    )
    return beam_search(
        network,
        words,
        items,
        beams=config.beams,
        max_new_tokens=config.max_new_tokens,
        batch_steps=config.batch_steps,
        over=over,
    )[0]
