"""The data set key `sentences`: the data sets that the avatar can sign, and how it reads them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sign2text.config.corpora import (
    CLASS_ADAPTERS,
    RENDERED,
    RENDERED_LANGUAGES,
    WITH_LANDMARKS,
    WITHOUT_GLOSSES,
    WITHOUT_VIDEOS,
)
from sign2text.ground.settings import unknown_name

FILLED_IN = ("sentences_adapter", "sentences_settings")
"""Settings of the rendering stage that the workflow copies from the named data set."""
_SIZES = frozenset({"train", "dev", "test", "unseen_share", "monolingual"})
"""Settings of the rendering stage that the other corpus determines."""
# Bad clips are clips with bad media, and the avatar reads no media of the other corpus.
_OF_NO_CONCERN = ("adapter", "on_bad_clip")


def settings_of_sentences(
    adapter: str, manifest: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the avatar's settings to read a corpus: its adapter and its manifest's settings.

    Settings without effect are reset to their defaults. If they are inherited, changing them then
    causes no new rendering.
    """
    unused = {key: value for key, value in defaults.items() if key in _SIZES}
    kept = {key: value for key, value in manifest.items() if key not in _OF_NO_CONCERN}
    return unused | dict(zip(FILLED_IN, (adapter, kept), strict=True))


def check_filled_in(path: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Report keys in a stage's `settings` that only the workflow may set."""
    for key in FILLED_IN:
        if key in settings:
            yield (
                f"{path}.{key}: is filled in from the data set that the key `sentences` names; "
                "take it out"
            )


def check_sentences(
    name: str, names: Collection[str], of: Callable[[str, str], Any]
) -> Iterator[str]:
    """Report problems with the key `sentences` of data set `name`, and with a rendered language.

    `of` returns the value of a data set's key, own or inherited.
    """
    path, source, adapter = f"datasets.{name}.sentences", of(name, "sentences"), of(name, "adapter")
    if source is None:
        language = of(name, "language")
        if adapter in WITH_LANDMARKS and language not in (None, *RENDERED_LANGUAGES):
            yield (
                f'datasets.{name}.language: found "{language}", expected one of '
                f"{', '.join(RENDERED_LANGUAGES)}, which the avatar's own sentences are written in"
            )
        return
    if adapter != RENDERED:
        yield (
            f"{path}: only the avatar signs the sentences of another data set; found adapter "
            f'"{adapter}", expected "{RENDERED}": change it, or take `sentences` out'
        )
    elif source not in names:
        yield unknown_name(path, source, [each for each in names if each != name])
    elif of(source, "adapter") in WITH_LANDMARKS:
        yield (
            f'{path}: found "{source}", which the avatar renders itself; expected a data set with '
            "another adapter"
        )
    elif of(source, "adapter") in CLASS_ADAPTERS:
        yield (
            f'{path}: found "{source}", whose clips have a class instead of a sentence (adapter '
            f"{of(source, 'adapter')}); name a data set of sentences"
        )
    elif of(source, "adapter") in WITHOUT_GLOSSES:
        yield (
            f'{path}: found "{source}", whose corpus ({of(source, "adapter")}) has no glosses to '
            "sign; name a data set that has them"
        )
    elif of(source, "adapter") in WITHOUT_VIDEOS:
        yield (
            f'{path}: found "{source}", whose clips are landmarks alone (adapter '
            f"{of(source, 'adapter')}); name a data set of videos or text"
        )
    elif of(source, "language") != of(name, "language"):
        yield (
            f'datasets.{name}.language: found "{of(name, "language")}", expected that of '
            f'{source}, "{of(source, "language")}": its texts stay as they are'
        )
