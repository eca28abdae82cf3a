"""Annotation files and numbered videos that the tests make."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import quoteattr

import av
import numpy as np

SCHEMA = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd"'
)
BITS = 10  # blocks of a picture, which say its number


def attributes(**values: object) -> str:
    return " ".join(f"{key}={quoteattr(str(value))}" for key, value in values.items())


def aligned(name: str, begin: str, end: str, value: str) -> str:
    about = attributes(ANNOTATION_ID=name, TIME_SLOT_REF1=begin, TIME_SLOT_REF2=end)
    return (
        f"<ANNOTATION><ALIGNABLE_ANNOTATION {about}><ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>"
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def dependent(name: str, parent: str, value: str, before: str = "") -> str:
    about = attributes(ANNOTATION_ID=name, ANNOTATION_REF=parent)
    about += f" {attributes(PREVIOUS_ANNOTATION=before)}" if before else ""
    return (
        f"<ANNOTATION><REF_ANNOTATION {about}><ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>"
        "</REF_ANNOTATION></ANNOTATION>"
    )


def tier(name: str, *annotations: str, **about: str) -> str:
    said = attributes(LINGUISTIC_TYPE_REF="default-lt", TIER_ID=name, **about)
    return f"<TIER {said}>{''.join(annotations)}</TIER>"


def media(name: str, **about: object) -> str:
    said = {"MEDIA_URL": f"file:///C:/films/{name}", "MIME_TYPE": "video/mp4"} | about
    return f"<MEDIA_DESCRIPTOR {attributes(**said)}/>"


def write_eaf(
    path: Path,
    slots: Mapping[str, int | None],
    tiers: Sequence[str],
    videos: Sequence[str] = (),
    schema: str = SCHEMA,
    units: str = "milliseconds",
) -> Path:
    """Write a document as ELAN does; `tiers` and `videos` are made by `tier` and `media`."""
    times = "".join(
        f"<TIME_SLOT {attributes(TIME_SLOT_ID=name)}"
        + ("" if time is None else f' TIME_VALUE="{time}"')
        + "/>"
        for name, time in slots.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" '
        f'VERSION="3.0" {schema}>\n'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="{units}">{"".join(videos)}'
        '<PROPERTY NAME="lastUsedAnnotationId">9</PROPERTY></HEADER>\n'
        f"<TIME_ORDER>{times}</TIME_ORDER>\n"
        + "\n".join(tiers)
        + '\n<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" '
        'TIME_ALIGNABLE="true"/>\n</ANNOTATION_DOCUMENT>\n',
        encoding="utf-8",
    )
    return path


def write_numbered(path: Path, frames: int, rate: int = 25) -> Path:
    """Write an H.264 video of 160 x 32 pixels, each frame's number in ten black or white blocks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 16 * BITS, 32, "yuv420p"
        for number in range(frames):
            bits = np.array([number >> bit & 1 for bit in range(BITS)], np.uint8)
            picture = np.repeat(np.repeat(230 * bits + 10, 16)[None], 32, axis=0)
            picture = np.repeat(picture[..., None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def number_of(picture: np.ndarray) -> int:
    """The number that a picture [H, W, 3] of any size carries in its blocks."""
    width = picture.shape[1] // BITS
    blocks = [picture[:, block * width : (block + 1) * width].mean() for block in range(BITS)]
    return sum(1 << bit for bit, mean in enumerate(blocks) if mean > 125)
