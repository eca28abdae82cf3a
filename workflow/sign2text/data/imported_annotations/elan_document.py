"""Read ELAN documents (.eaf): tiers with the times that ELAN shows, and the videos they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sign2text.data.imported_annotations.annotated_file import (
    AnnotatedFile,
    Annotation,
    Media,
    Tier,
    file_name,
    plain,
)
from sign2text.data.imported_annotations.elan_times import Times
from sign2text.ground.errors import InputError
from sign2text.untrusted.xml_document import check_xml

if TYPE_CHECKING:
    from pympi.Elan import Eaf

_ROOT = "ANNOTATION_DOCUMENT"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
_MOST_TIERS = 10_000  # documents of many cameras and annotators have a few hundred
_AUDIO = (".wav", ".mp3", ".aif", ".aiff", ".au", ".flac", ".m4a", ".aac", ".oga", ".opus")
_EXPORT = "Open it in ELAN and save it again, or take an export of ELAN."


def read_eaf(path: Path) -> AnnotatedFile:
    """Read an ELAN document.

    Annotations of dependent tiers get the times that ELAN shows. A symbolic association has the
    times of its parent, a symbolic subdivision an equal share of its parent's time. Time slots
    without values are evenly spaced. A time that cannot be derived is None.

    Raises:
        InputError: the file is missing, not XML or not an ELAN document; has a document type or
            entities; refers to a missing element; has a duplicate tier or annotation; or counts
            time in frames.
    """
    counts = check_xml(path, _ROOT)
    if counts["TIER"] > _MOST_TIERS:
        raise InputError(
            f"{path}: {counts['TIER']} tiers found, at most {_MOST_TIERS} expected. It is another "
            "file, or was damaged: export it again."
        )
    eaf = _parse(path)
    if (unit := eaf.header.get("TIME_UNITS", "milliseconds")) != "milliseconds":
        raise InputError(
            f"{path}: TIME_UNITS is {unit[:40]!r}, expected milliseconds. Convert it with ELAN."
        )
    aligned = sum(len(tier[0]) for tier in eaf.tiers.values())
    dependent = sum(len(tier[1]) for tier in eaf.tiers.values())
    for element, found in (
        ("TIER", len(eaf.tiers)),
        ("ALIGNABLE_ANNOTATION", aligned),
        ("REF_ANNOTATION", dependent),
        ("TIME_SLOT", len(eaf.timeslots)),
    ):
        if counts[element] != found:
            raise InputError(
                f"{path}: {counts[element]} elements {element} with {found} names found; expected "
                f"each with a name of its own, in its place. {_EXPORT}"
            )
    times = Times(path, eaf.timeslots, eaf.tiers)
    tiers = [
        Tier(
            name=name,
            annotations=sorted(_annotations(times, *eaf.tiers[name][:2]), key=_order),
            participant=plain(eaf.tiers[name][2].get("PARTICIPANT", "")),
            parents=tuple(times.parents_of(name)),
        )
        for name in eaf.tiers
    ]
    media = [_media(path, each) for each in eaf.media_descriptors]
    if not media and eaf.header.get("MEDIA_FILE"):  # in the oldest versions
        media = [_media(path, {"MEDIA_URL": eaf.header["MEDIA_FILE"]})]
    return AnnotatedFile(path, tiers, [each for each in media if each is not None])


def _parse(path: Path) -> Eaf:
    from pympi.Elan import Eaf, parse_eaf

    eaf = Eaf()
    eaf.tiers.clear()  # a new document has a default tier
    eaf.adocument[_SCHEMA] = ""  # pympi removes this key, which not every program writes
    try:
        parse_eaf(str(path), eaf, suppress_version_warning=True)
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        # A missing attribute, an id without a number, or an invalid time.
        raise InputError(
            f"{path}: not a document as ELAN writes it ({type(error).__name__}: {error}). {_EXPORT}"
        ) from None
    return eaf


def _annotations(
    times: Times, aligned: dict[str, Any], dependent: dict[str, Any]
) -> Iterator[Annotation]:
    for name, (_, _, value, _) in aligned.items():
        yield Annotation(*times.of(name), plain(value), place=f"annotation {name}")
    for name, (_, value, _, _) in dependent.items():
        yield Annotation(*times.of(name), plain(value), place=f"annotation {name}")


def _order(annotation: Annotation) -> tuple[bool, int, int]:
    if annotation.start is None or annotation.end is None:
        return (True, 0, 0)
    return (False, annotation.start, annotation.end)


def _media(path: Path, descriptor: dict[str, str]) -> Media | None:
    """Read the video of a media descriptor; None for sound alone and for one without a name."""
    relative, url = descriptor.get("RELATIVE_MEDIA_URL", ""), descriptor.get("MEDIA_URL", "")
    name = file_name(relative) or file_name(url)
    is_sound = descriptor.get("MIME_TYPE", "").startswith("audio/") or name.lower().endswith(_AUDIO)
    if not name or is_sound:
        return None
    origin = descriptor.get("TIME_ORIGIN") or "0"
    if not re.fullmatch(r"[+-]?\d{1,12}", origin.strip()):
        raise InputError(
            f"{path}: TIME_ORIGIN of {name} is {origin[:40]!r}, expected milliseconds. {_EXPORT}"
        )
    place = unquote(relative).replace("\\", "/").removeprefix("file:")
    if not file_name(relative) or not place.isprintable():
        place = ""
    return Media(name, place, int(origin))
