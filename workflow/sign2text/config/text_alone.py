"""The data set key `text_alone`: corpora whose annotations are read and whose videos are not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sign2text.config.corpora import RENDERED

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
