"""Texts in sacrebleu's input format, and its signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.scoring.conventions import Convention

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


def reference_streams(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], convention: Convention
) -> tuple[list[str], list[list[str | None]]]:
    """Normalise hypotheses and references, and transpose the references into streams.

    Args:
        hypotheses: one per clip.
        references: one or several reference sentences per clip; their number may differ by clip.
        convention: how texts are normalised.

    Raises:
        ValueError: see `check_pairs`.
    """
    check_pairs(hypotheses, references)
    streams = [
        [convention.normalise(each[n]) if n < len(each) else None for each in references]
        for n in range(max(map(len, references)))
    ]
    return [convention.normalise(text) for text in hypotheses], streams


def check_pairs(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Refuse input that sacrebleu would truncate to the shorter side, or read letter by letter.

    Raises:
        ValueError: the numbers of hypotheses and references differ, there are none, a clip has no
            reference, or references are a string instead of a list.
    """
    if len(hypotheses) != len(references) or not len(hypotheses):
        raise ValueError(
            f"{len(hypotheses)} hypotheses for {len(references)} references; expected a list of "
            "references for each hypothesis, and at least one hypothesis"
        )
    for number, each in enumerate(references):
        if isinstance(each, str) or not len(each):
            raise ValueError(
                f"references of clip {number} (from 0): {each!r} found, expected a list of one or "
                "more sentences"
            )


def signature_of(metric: Metric, convention: Convention) -> str:
    """Return sacrebleu's signature; `final_point:no` or `added` if the convention changes it."""
    signature = metric.get_signature()
    if not convention.final_point:
        signature.update("final_point", "no")
    if convention.add_point:
        signature.update("final_point", "added")
    return str(signature)
