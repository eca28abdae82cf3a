"""The data set key `text_alone`: corpora whose annotations are read without their videos."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sign2text.config.corpora import RENDERED

KEY = "text_alone"


def check_text_alone(name: str, of: Callable[[str, str], Any]) -> Iterator[str]:
    """Report a rendered data set that has `text_alone`.

    `of` returns the value of a data set's key, own or inherited.
    """
    if of(name, KEY) and of(name, "adapter") == RENDERED:
        yield (
            f'datasets.{name}.{KEY}: found true with adapter "{RENDERED}", which renders a video '
            "of each clip; expected false. Experiments that read text alone need no frames there "
            "either: take the key out"
        )


def check_not_given(path: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Report the key in a stage's `settings`: the data set sets it for all stages."""
    if KEY in settings:
        yield (
            f"{path}.{KEY}: is filled in from the data set; expected under datasets.<name>.{KEY}. "
            "Move it there"
        )
