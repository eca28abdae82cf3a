"""Prompts: the text before the landmarks, which names task and languages (section 2).

The paper's prompts contain control tokens for task and languages; their wording is not public, so
all templates here are ours. They are plain words and language codes, which every published
tokenizer can write. Times are tokens of their own, one a step of the clip (ours).

task        prompt                                      output
----------  ------------------------------------------  ------------------------------------------
slt         translate gsg de                            morgen regnet es .
slt_timed   translate timed gsg de                      <t0> morgen regnet es . <t12>
alignment   align gsg de morgen regnet es . | und dann  <t0> <t12> <t12> <t20>
mt          translate de en morgen regnet es .          it will rain tomorrow .
augmented   translate gsg en                            it will rain tomorrow .

Augmented SLT, whose captions are machine-translated, has the prompt of SLT: decoding asks for a
clip in that language with the same prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from sign2text.ground.errors import InputError

Task = Literal["slt", "slt_timed", "alignment", "mt", "augmented"]
TASKS: tuple[str, ...] = get_args(Task)
SEPARATOR = " | "
"""Between the captions of a prompt (ours)."""

_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TIME = re.compile(r"<t(\d+)>")


def prompt(
    task: str, *, source: str, target: str, text: str = "", captions: Sequence[str] = ()
) -> str:
    """Write the prompt of an item (templates: ours).

    Args:
        source: code of the sign language of the clip; for `mt`, of the language of `text`.
        target: code of the written language of the output; for `alignment`, of `captions`.
        text: the sentence to translate; for `mt` alone.
        captions: the captions of the clip in their order; for `alignment` alone.

    Raises:
        InputError: no template names this task and pair, or text or captions are missing or
            given to a task without them.

    >>> prompt("slt", source="gsg", target="de")
    'translate gsg de'
    >>> prompt("mt", source="de", target="en", text="morgen regnet es .")
    'translate de en morgen regnet es .'
    >>> prompt("alignment", source="gsg", target="de", captions=["guten tag .", "es regnet ."])
    'align gsg de guten tag . | es regnet .'
    """
    pair = f"the pair {source or '(none)'} -> {target or '(none)'} of the task {task}"
    if task not in TASKS:
        raise InputError(f"task '{task}' found, expected one of {', '.join(TASKS)}.")
    for code in (source, target):
        if not _CODE.fullmatch(code):
            raise InputError(
                f"{pair}: no prompt can name '{code}', expected a language code such as de or gsg. "
                "Correct the data set's sign_language, or the column language of the captions."
            )
    if source == target:
        raise InputError(
            f"{pair}: no prompt can name it, expected two different languages. Leave it out."
        )
    if bool(text.strip()) != (task == "mt") or bool(captions) != (task == "alignment"):
        raise InputError(
            f"{pair}: found {'a' if text.strip() else 'no'} text and {len(captions)} captions, "
            "expected a text for mt alone and captions for alignment alone."
        )
    return _TEMPLATES[task](f"{source} {target}", text, captions)


def _slt(pair: str, text: str, captions: Sequence[str]) -> str:
    """Ask for the caption of a clip: `translate gsg de`."""
    return f"translate {pair}"


def _slt_timed(pair: str, text: str, captions: Sequence[str]) -> str:
    """Ask for the captions of a clip with their times: `translate timed gsg de`."""
    return f"translate timed {pair}"


def _alignment(pair: str, text: str, captions: Sequence[str]) -> str:
    """Ask for the times of captions: `align gsg de guten tag . | es regnet .`."""
    return f"align {pair} {SEPARATOR.join(captions)}"


def _mt(pair: str, text: str, captions: Sequence[str]) -> str:
    """Ask for the translation of a text: `translate de en morgen regnet es .`."""
    return f"translate {pair} {text}"


_TEMPLATES: dict[str, Callable[[str, str, Sequence[str]], str]] = {
    "slt": _slt,
    "slt_timed": _slt_timed,
    "alignment": _alignment,
    "mt": _mt,
    "augmented": _slt,
}


def time_tokens(count: int) -> list[str]:
    """Return the tokens of the first `count` times (ours).

    >>> time_tokens(3)
    ['<t0>', '<t1>', '<t2>']
    """
    return [f"<t{number}>" for number in range(count)]


def time_token(seconds: float, step: float) -> str:
    """Return the token of a time of a clip; a token covers `step` seconds (ours).

    >>> time_token(0.0, 0.25), time_token(3.1, 0.25)
    ('<t0>', '<t12>')
    """
    return f"<t{round(seconds / step)}>"


def timed(captions: Sequence[tuple[str, float, float]], step: float, *, texts: bool = True) -> str:
    """Write captions (text, start, end) with their times in seconds: an output with times.

    `slt_timed` has `texts`, `alignment` has times alone.

    >>> timed([("guten tag .", 0, 1.5), ("es regnet .", 1.5, 3)], 0.5)
    '<t0> guten tag . <t3> <t3> es regnet . <t6>'
    >>> timed([("guten tag .", 0, 1.5), ("es regnet .", 1.5, 3)], 0.5, texts=False)
    '<t0> <t3> <t3> <t6>'
    """
    words = []
    for text, start, end in captions:
        words += [time_token(start, step), *([text] if texts else []), time_token(end, step)]
    return " ".join(words)


def times_in(output: str, step: float) -> list[float]:
    """Return the times that an output names, in seconds and in its order.

    >>> times_in("<t0> <t3> <t3><t6>", 0.5)
    [0.0, 1.5, 1.5, 3.0]
    """
    return [int(number) * step for number in _TIME.findall(output)]
