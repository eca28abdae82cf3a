"""The data set key `text_alone`: corpora whose annotations are read and whose videos are not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sign2text.config.corpora import RENDERED
from sign2text.config.reads import Made

KEY = "text_alone"


def check_text_alone(name: str, of: Callable[[str, str], Any]) -> Iterator[str]:
    """Report a rendered data set that is to be read by its text alone.

    `of` gives a data set's key, inherited or its own.
    """
    if of(name, KEY) and of(name, "adapter") == RENDERED:
        yield (
            f'datasets.{name}.{KEY}: found true with adapter "{RENDERED}", which renders a video '
            "of each clip; expected false. Experiments that read text alone need no frames there "
            "either: take the key out"
        )


def check_not_given(path: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Report the key where a stage's `settings` have it: the data set says it for all stages."""
    if KEY in settings:
        yield (
            f"{path}.{KEY}: is filled in from the data set; expected under datasets.<name>.{KEY}. "
            "Move it there"
        )


def refusal(experiment: str, way: Sequence[Made]) -> str:
    """The message about an artefact that cannot be made without videos.

    Args:
        way: data sets and stages, each of which reads the next; the last one reads videos.
    """
    (dataset, stage), (lacking, reader) = way[0], way[-1]
    steps = [f"{one} reads {other}" for (_, one), (_, other) in pairwise(way)]
    steps.append(f"{reader} reads videos")
    return (
        f"{stage} of {experiment} on {dataset}: needs the videos of {lacking} ({', '.join(steps)}),"
        f" and {lacking} is read by its text alone (datasets.{lacking}.{KEY}). Choose an "
        "experiment that translates text, such as glosses, or a data set with its videos."
    )
