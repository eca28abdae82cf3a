"""Items of one task and pair for training and decoding: prompt, landmarks and output as tokens."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from sign2text.data.clips import Clips, pad_targets
from sign2text.ground.errors import InputError
from sign2text.landmarks.points import WIDTH
from sign2text.methods.scaling_slt.examples import Example
from sign2text.text.tokenizer import encode_targets

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

MOST_UNKNOWN = 0.1
"""Largest share of texts with unknown tokens in a task and pair; more are an error (ours)."""

log = logging.getLogger(__name__)


class TaskItems(Clips):
    """Items of one task and pair; those of text alone have no landmarks."""

    key = "landmarks"
    unit = "prompt tokens and landmark steps"

    def __init__(
        self,
        examples: Sequence[Example],
        prompts: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]] | None,
        signing: Clips | None,
    ) -> None:
        """Take the landmarks [N, 255] of each example's clip from `signing`, in the same order."""
        self.examples, self.targets, self.signing = list(examples), targets, signing
        self.ids = [example.clip for example in examples]
        self.prompts = [torch.tensor([*each], dtype=torch.int64) for each in prompts]
        self.lengths = self._with_prompts(None if signing is None else signing.lengths)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        """Return `prompt` [P], `steps` [N, 255] and `target` of an item (number, epoch)."""
        steps = torch.zeros(0, WIDTH) if self.signing is None else self.signing[item]["steps"]
        return {"prompt": self.prompts[item[0]]} | self.item(item[0], steps)

    @property
    def longest(self) -> Sequence[int]:
        return self._with_prompts(None if self.signing is None else self.signing.longest)

    def inputs(self, clips: Iterable[int], epoch: int = 0) -> dict[str, torch.Tensor]:
        return join_items([self[int(clip), epoch] for clip in clips])

    def _with_prompts(self, steps: Sequence[int] | None) -> list[int]:
        if steps is None:
            return [*map(len, self.prompts)]
        return [len(each) + int(count) for each, count in zip(self.prompts, steps, strict=True)]


class TaskCollator:
    """Collation of items into the model's inputs and the padded tokens of their outputs."""

    def __init__(self, pad: int, start: int) -> None:
        """Take the token that fills outputs, and the one that decoding starts from."""
        self.pad, self.start = pad, start

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        targets = [item["target"] for item in items]
        return join_items(items) | pad_targets(targets, self.pad, self.start)


def join_items(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Concatenate the prompts and landmarks of B items.

    Returns:
        `prompt` int64 [sum(P)], `prompt_lengths` int64 [B], `landmarks` float32 [sum(N), 255], and
        `lengths` int64 [B], the prompt tokens and landmark steps of each item together.
    """
    prompts = [len(item["prompt"]) for item in items]
    return {
        "prompt": torch.cat([item["prompt"] for item in items]),
        "prompt_lengths": torch.tensor(prompts),
        "landmarks": torch.cat([item["steps"] for item in items]),
        "lengths": torch.tensor([
            tokens + len(item["steps"]) for tokens, item in zip(prompts, items, strict=True)
        ]),
    }  # fmt: skip


def encoded_items(
    examples: Sequence[Example],
    tokenizer: PreTrainedTokenizerFast,
    signing: Clips | None,
    *,
    where: str,
    most_prompt: int,
    most_output: int,
) -> TaskItems:
    """Encode the examples of one task and pair as items.

    An output of more than `most_output` tokens is cut, and the log says how many are.

    Args:
        where: the file that the examples come from, for messages.
        most_prompt: most tokens of a prompt.

    Raises:
        InputError: a prompt is too long, or the tokenizer cannot write the texts.
    """
    prompts = encode_prompts(tokenizer, [example.prompt for example in examples])
    for example, tokens in zip(examples, prompts, strict=True):
        if len(tokens) > most_prompt:
            raise InputError(
                f"{where}: the prompt of {_named(example)} has {len(tokens)} tokens, expected at "
                f"most {most_prompt}. Raise prompt_tokens, or leave it out: "
                f"{example.prompt[:60]!r} ..."
            )
    targets = encode_targets(tokenizer, [example.output for example in examples])
    _check_writable(examples, prompts, targets, tokenizer, where)
    longer = sum(len(target) > most_output for target in targets)
    if longer:
        log.warning(
            "%s, %s %s: %d of %d outputs have more than %d tokens and are cut",
            *(where, examples[0].task, examples[0].pair, longer, len(targets), most_output),
        )
    return TaskItems(examples, prompts, [each[:most_output] for each in targets], signing)


def encode_prompts(tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str]) -> list[list[int]]:
    """Encode prompts as token ids; `</s>` separates a prompt from the landmarks (ours)."""
    return encode_targets(tokenizer, prompts)


def _check_writable(
    examples: Sequence[Example],
    prompts: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    tokenizer: PreTrainedTokenizerFast,
    where: str,
) -> None:
    """Raise InputError if too many texts have unknown tokens; log a few.

    Tokens are not counted, since neighbouring unknown characters are one token.
    """
    unknown = [
        example
        for example, *encoded in zip(examples, prompts, targets, strict=True)
        if any(tokenizer.unk_token_id in tokens for tokens in encoded)
    ]
    if not unknown:
        return
    first = unknown[0]
    told = (
        f"{where}, {first.task} {first.pair}: {len(unknown)} of {len(examples)} texts have "
        f"characters that the tokenizer cannot write, first {_named(first)}: "
        f"{(first.output or first.prompt)[:60]!r}"
    )
    if len(unknown) > MOST_UNKNOWN * len(examples):
        raise InputError(
            f"{told}; expected at most {MOST_UNKNOWN:.0%}. Train the tokenizer on this language, "
            "take a byte tokenizer (byt5), or leave the language out."
        )
    log.warning("%s", told)


def _named(example: Example) -> str:
    return f"row {example.clip}" if example.task == "mt" else f"clip '{example.clip}'"
