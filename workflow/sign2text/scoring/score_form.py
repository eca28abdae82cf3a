"""The format of a score file, checked value by value, since it may come from anybody.

Unknown keys may have any value: later versions add keys.
"""

from __future__ import annotations

import functools
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    NotRequired,  # pydantic wants these before Python 3.12
)

from pydantic import ConfigDict, Field, Strict, ValidationError
from typing_extensions import TypedDict

from sign2text.ground.settings import shown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LARGEST_NUMBER = 2**53
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST_NUMBER)]
Number = Annotated[
    float, Strict(), Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, allow_inf_nan=False)
]
Text = Annotated[str, Strict()]
Interval = Annotated[list[Number], Field(min_length=2, max_length=2)]
_ANY = ConfigDict(extra="allow")


class Convention(TypedDict):
    """Scores of all clips under one convention."""

    __pydantic_config__ = _ANY

    bleu1: NotRequired[Number]
    bleu2: NotRequired[Number]
    bleu3: NotRequired[Number]
    bleu4: NotRequired[Number]
    chrf: NotRequired[Number]
    rouge_l: NotRequired[Number]
    rouge_l_beta_pr: NotRequired[Number]
    description: NotRequired[Text]
    signature: NotRequired[dict[str, Text]]


class Group(TypedDict):
    """Scores of a group of clips."""

    __pydantic_config__ = _ANY

    clips: NotRequired[Count]
    bleu1: NotRequired[Number]
    bleu4: NotRequired[Number]
    bleu2: NotRequired[Number]
    bleu3: NotRequired[Number]
    chrf: NotRequired[Number]
    rouge_l: NotRequired[Number]
    wer: NotRequired[Number]
    wer_clips: NotRequired[Count]
    wer_substitutions: NotRequired[Number]
    wer_deletions: NotRequired[Number]
    wer_insertions: NotRequired[Number]
    wer_not_cleaned: NotRequired[Number]
    wer_4_3_3: NotRequired[Number]
    wer_recogniser: NotRequired[Number]
    bleurt: NotRequired[Number]
    language_accuracy: NotRequired[Number]
    empty_rate: NotRequired[Number]
    cap_bleu4: NotRequired[Number | None]
    share_of_cap: NotRequired[Number | None]
    bleu4_all_phrasings_as_references: NotRequired[Number | None]
    runs: NotRequired[Count]
    bleu1_interval: NotRequired[Interval | None]
    bleu2_interval: NotRequired[Interval | None]
    bleu3_interval: NotRequired[Interval | None]
    bleu4_interval: NotRequired[Interval | None]
    chrf_interval: NotRequired[Interval | None]
    rouge_l_interval: NotRequired[Interval | None]
    wer_interval: NotRequired[Interval | None]
    wer_recogniser_interval: NotRequired[Interval | None]
    bleurt_interval: NotRequired[Interval | None]
    language_accuracy_interval: NotRequired[Interval | None]
    empty_rate_interval: NotRequired[Interval | None]
    cap_bleu4_interval: NotRequired[Interval | None]
    bleu4_range: NotRequired[Interval | None]
    signature: NotRequired[dict[str, Text]]


class Example(TypedDict):
    """A translation and its reference."""

    __pydantic_config__ = _ANY

    id: Text
    signer: Text
    reference: Text
    hypothesis: Text


class Checkpoint(TypedDict):
    """The best checkpoint of the training."""

    __pydantic_config__ = _ANY

    epoch: Number
    step: NotRequired[Number | None]
    dev_bleu4: NotRequired[Number | None]


class InTrain(TypedDict):
    """Clips with a sentence that training saw."""

    __pydantic_config__ = _ANY

    clips: Count
    sentences: NotRequired[Count]


class UnknownGlosses(TypedDict):
    """Glosses of a split that the training split lacks."""

    __pydantic_config__ = _ANY

    types: Count
    occurrences: Count


class ScoreFile(TypedDict, total=False):
    """A score file; docs/scores.md explains its keys."""

    __pydantic_config__ = _ANY

    statement: Text
    data_set: Text | None
    experiment: Text | None
    method: Text | None
    language: Text
    seed: Annotated[int, Strict()] | dict[str, Annotated[int, Strict()]] | None
    settings: Text | None
    settings_without_seed: Text | None
    code: Text | None
    split: Text
    time: Text
    control: Text | None
    runs: Count
    clips: Count
    left_out: dict[str, Count]
    in_train: InTrain
    checkpoint: Checkpoint | None
    gloss_cleaning: Text
    unknown_glosses: dict[str, UnknownGlosses]
    convention: Text
    scores: Annotated[dict[str, Group], Field(min_length=1)]
    conventions: dict[str, Convention]
    texts: Text
    stages: dict[str, Any] | None
    examples: list[Example]


def problem_of(result: dict[str, Any]) -> str | None:
    """Return the first invalid value of a score file (key, found, expected), if any."""
    try:
        _adapter().validate_python(result)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        if problem["type"] == "missing":
            return f"{where}: is missing"
        expected = problem["msg"].replace("Input should be", "expected")
        return f"{where}: found {shown(problem['input'])}, {expected}"
    return None


@functools.cache
def _adapter() -> TypeAdapter:
    import pydantic

    return pydantic.TypeAdapter(ScoreFile)
