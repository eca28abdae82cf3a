"""Examples of the tasks in words: prompts and outputs from captions and parallel text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.languages import is_chinese
from sign2text.methods.scaling_slt.prompts import prompt, timed

if TYPE_CHECKING:
    import pandas as pd

TIMED = ("slt_timed", "alignment")
"""Tasks whose captions need times."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """One input and output of a task, before tokenisation."""

    task: str
    source: str
    """Code of the sign language, or of the language of the text to translate."""
    target: str
    prompt: str
    output: str
    clip: str
    """Id of the clip or of the joined clip; of parallel text, the number of its row."""

    @property
    def pair(self) -> str:
        """The languages, such as `gsg-de`."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class Times:
    """Times that outputs can name."""

    step: float
    """Seconds that a time token covers."""
    count: int
    """Number of time tokens."""
    visible: Mapping[str, float]
    """Seconds of each clip that the model reads; clips that are missing are read whole."""


def signed_examples(
    task: str, captions: pd.DataFrame, *, sign_language: str, language: str, times: Times
) -> list[Example]:
    """Make the examples of a task on clips, one a clip with captions in `language`.

    Captions of a clip are in the order of their times. A caption that ends after the part of
    the clip that the model reads is left out, and the log says how many are.

    Args:
        task: `slt` and `augmented` take all captions, `slt_timed` and `alignment` only clips whose
            captions have times.
        captions: as in data/captions.py.

    Raises:
        InputError: no prompt names the pair; a caption ends after the last time token.
    """
    between = "" if is_chinese(language) else " "
    found, rows, left = [], captions[captions["language"] == language], 0
    for clip, group in rows.groupby("clip", sort=False):
        given = [*zip(group["text"], group["start"], group["end"], strict=True)]
        has_times = all(start == start and end == end for _, start, end in given)
        if has_times:
            limit = times.visible.get(str(clip), float("inf")) + times.step / 2
            kept = sorted((row for row in given if row[2] <= limit), key=lambda row: row[1:])
            left += len(given) - len(kept)
            given = kept
        if not given or (task in TIMED and not has_times):
            continue
        if task in TIMED:
            _check_times(str(clip), given[-1][2], times)
        texts = [text for text, _, _ in given]
        output = timed(given, times.step, texts=task != "alignment") if task in TIMED else None
        found.append(
            Example(
                task,
                sign_language,
                language,
                prompt(
                    task,
                    source=sign_language,
                    target=language,
                    captions=texts if task == "alignment" else (),
                ),
                between.join(texts) if output is None else output,
                str(clip),
            )
        )
    if left:
        log.warning(
            "%s %s-%s: %d of %d captions end after the part of the clip that is read; left out",
            *(task, sign_language, language, left, len(rows)),
        )
    return found


def text_examples(parallel: pd.DataFrame, source: str, target: str) -> list[Example]:
    """Make the examples of translating text, one a row that has both languages.

    Args:
        parallel: a column a language code, a row a meaning; empty where a language is missing.

    Raises:
        InputError: no prompt names the pair.
    """
    return [
        Example("mt", source, target, prompt("mt", source=source, target=target, text=text),
                output, str(row))
        for row, (text, output) in enumerate(
            zip(parallel[source], parallel[target], strict=True), start=2)
        if text.strip() and output.strip()
    ]  # fmt: skip


def text_pairs(parallel: pd.DataFrame, own: str, directions: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of languages to translate text between.

    Args:
        own: the data set's written language.
        directions: `none`, `to_own` (each other language into it), `from_own` or `both`.
    """
    others = [each for each in parallel.columns if each != own and own in parallel.columns]
    for other in others:
        if directions in ("to_own", "both"):
            yield other, own
        if directions in ("from_own", "both"):
            yield own, other


def _check_times(clip: str, end: float, times: Times) -> None:
    """Raise InputError if a caption's end is after the last time token."""
    if round(end / times.step) >= times.count:
        raise InputError(
            f"captions, clip '{clip}': a caption ends at {end:.2f} s, expected at most "
            f"{(times.count - 1) * times.step:.2f} s, the last of {times.count} time tokens of "
            f"{times.step} s. Raise time_tokens or time_step, or leave the clip out."
        )
