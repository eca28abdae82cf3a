"""WLASL as published: isolated signs of American Sign Language. See docs/wlasl.md.

Li et al., Word-level Deep Sign Language Recognition from Video: A New Large-scale Dataset and
Methods Comparison, WACV 2020. A clip's class is its gloss.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import decode_utf8, read_bytes
from sign2text.data.clip_media import find_media
from sign2text.data.clip_table import FROM_VIDEO, clip_table
from sign2text.data.corpus_folder import corpus_folder, find_folder
from sign2text.data.splits import SPLITS
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.ground.json_bounds import check_count
from sign2text.untrusted.names import check_id, place_below
from sign2text.untrusted.video_header import read_header

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "published_counts",
           "read_monolingual", "read_split"]  # fmt: skip

REQUIRED = ("WLASL_v0.3.json",)
PUBLISHED = {
    split: {"clips": (clips,)} for split, clips in (("train", 14289), ("dev", 3916), ("test", 2878))
}
"""Presumed counts of all 2,000 classes: nobody here has counted the publisher's file."""
PLACES = ("videos", "raw_videos_mp4", "raw_videos", "")
"""Folders that may hold <video_id>.mp4; the folder of the publisher's scripts comes first."""
MOST_BYTES, MOST_VALUES = 64 * 2**20, 2_000_000
"""Limits on the file, which has 12 MB and about 340,000 values."""
_ALL_CLASSES = 2000
_THEIRS = {"train": "train", "dev": "val", "test": "test"}
_END_OF_VIDEO = -1
_LARGEST = 10**7  # limit on numbers of frames and pixels


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds WLASL_v0.3.json."""
    return find_folder(folder, REQUIRED)


def published_counts(clips: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, tuple[int]]]:
    """Return PUBLISHED if the clips are of all classes, not of a subset."""
    return PUBLISHED if clips["train"]["text"].nunique() > _ALL_CLASSES // 2 else {}


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the file of all splits. Raises InputError if the corpus is missing."""
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "wlasl.md")
    return root / REQUIRED[0]


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read a split's clips (`data.clip_table`), with the headers of videos that may be cut already.

    Raises InputError if the file is missing, damaged or of another form; it names the entry and the
    key.
    """
    import pandas as pd

    path = annotations_of(corpus, split, settings)
    found = _read(path)
    if settings.wlasl_classes is not None:
        first = dict.fromkeys(found["class"])
        if settings.wlasl_classes > len(first):
            raise InputError(
                f"{path}: {len(first)} classes found, expected wlasl_classes "
                f"({settings.wlasl_classes}) or more; lower it under make_manifest"
            )
        found = found[found["class"].isin(list(first)[: settings.wlasl_classes])]
    found = found[found["split"] == _THEIRS[split]]
    media = find_media(path.parent, corpus.parent, PLACES, split, found["video_id"].tolist())
    names = pd.Series(media.paths, index=found.index, name="video_id")
    usual = [name if "." in name else f"{name}.mp4" for name in names]  # of missing videos
    videos = place_below(path, media.folder, names.where(names == usual, usual))
    return clip_table(
        ids=found["video_id"],
        videos=[
            f"{video}{_fragment(video, *row)}"
            for video, row in zip(
                videos, found[["start", "end", "fps", "box"]].itertuples(index=False), strict=True
            )
        ],
        fps=FROM_VIDEO,
        signers=found["signer"],
        texts=found["class"],
        glosses="",
        language=settings.language,
    )


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """Return an empty list: classes are not sentences."""
    return []


def _fragment(video: str, start: int, end: int, fps: float, box: tuple[int, ...]) -> str:
    """Write the frames and the part of the picture of a clip as a media fragment.

    Frames are numbered from 1, at `fps` whatever the video's own rate. The times are therefore half
    a frame before the first frame and half a frame after the last one. A video that ends before
    `end` was cut by the publisher's script and holds exactly these frames, so it is taken whole.
    """
    left, top, right, bottom = box
    times = ""
    if (start > 1 or end != _END_OF_VIDEO) and not _is_cut(video, start, end, fps):
        last = "" if end == _END_OF_VIDEO else f"{(end - 0.5) / fps:.6g}"
        times = f"t={max(start - 1.5, 0) / fps:.6g},{last}&"
    return f"#{times}xywh={left},{top},{right - left},{bottom - top}"


def _is_cut(video: str, start: int, end: int, fps: float) -> bool:
    path = Path(video)
    if not is_file(path):
        return False
    try:
        header = read_header(path)
    except InputError:  # the clip check reports the problem
        return False
    needed = start if end == _END_OF_VIDEO else end
    return header.frames / header.rate < (needed - 0.5) / fps


def _read(path: Path) -> pd.DataFrame:
    """Read the file as a table, a row per instance; an unchanged file is read only once."""
    if not is_file(path):
        return _read_once(path)
    status = path.stat()
    return _read_once(path, status.st_mtime_ns, status.st_size, status.st_ino)


@functools.lru_cache(maxsize=1)  # each split needs the file of all splits
def _read_once(path: Path, *_: int) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(_entries(path)):
        where = f"{path}, entry {number}"
        _check(where, entry, "gloss", str, lambda value: composed(value) != "")
        label = "_".join(composed(entry["gloss"]).split())
        _check(where, entry, "instances", list, bool)
        for n, instance in enumerate(entry["instances"]):
            place = f"{where} ('{label[:40]}'), instance {n}"
            row = _row(place, instance) | {"class": label}
            if (first := seen.setdefault(row["video_id"], place)) != place:
                raise InputError(
                    f"{place}: video_id '{row['video_id']}' is that of {first} too; every clip "
                    "needs one of its own. Take one of them out."
                )
            rows.append(row)
    return pd.DataFrame(rows)


def _entries(path: Path) -> list[Any]:
    data = read_bytes(path)
    try:
        if len(data) > MOST_BYTES:
            raise ValueError(f"{len(data)} bytes, more than {MOST_BYTES}")
        values = json.loads(decode_utf8(path, data))
        check_count(values, MOST_VALUES)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: is not the publisher's JSON ({str(error)[:200]}). Fetch it again."
        ) from None
    if not isinstance(values, list) or not values:
        raise InputError(
            f"{path}: found {type(values).__name__}, expected a list of entries with the keys "
            "gloss and instances. It is not the publisher's file: fetch it again."
        )
    return values


def _row(where: str, instance: Any) -> dict[str, Any]:
    """Check an instance and return its values that are used."""
    _check(where, instance, "video_id", str, bool)
    check_id(where, instance["video_id"])
    _check(where, instance, "split", str, lambda value: value in _THEIRS.values())
    _check(where, instance, "fps", (int, float), lambda value: 1 <= value <= 1000)
    _check(where, instance, "signer_id", (int, str), lambda value: str(value).isalnum())
    _check(where, instance, "frame_start", int, lambda value: 1 <= value < _LARGEST)
    start = instance["frame_start"]
    _check(
        where,
        instance,
        "frame_end",
        int,
        lambda value: value == _END_OF_VIDEO or start <= value < _LARGEST,
    )
    _check(where, instance, "bbox", list, _is_box)
    return {
        "video_id": instance["video_id"],
        "split": instance["split"],
        "fps": float(instance["fps"]),
        "signer": f"signer{str(instance['signer_id'])[:20]}",
        "start": start,
        "end": instance["frame_end"],
        "box": tuple(instance["bbox"]),
    }


def _is_box(values: list[Any]) -> bool:
    """Return whether values are [left, top, right, bottom] in pixels of a box that is not empty."""
    if len(values) != 4 or any(type(value) is not int for value in values):
        return False
    left, top, right, bottom = values
    return 0 <= left < right <= 99999 and 0 <= top < bottom <= 99999


def _check(where: str, values: Any, key: str, kinds: Any, is_right: Any) -> None:
    found = values.get(key) if isinstance(values, dict) else None
    if isinstance(found, bool) or not isinstance(found, kinds) or not is_right(found):
        raise InputError(
            f"{where}: {key} is {json.dumps(found)[:80]}, expected {_EXPECTED[key]}. Correct it, "
            "or fetch the file again."
        )


_EXPECTED = {
    "gloss": "a gloss",
    "instances": "a list of instances",
    "video_id": "the name of a video",
    "split": "train, val or test",
    "fps": "frames a second, 1 to 1000",
    "signer_id": "a number",
    "frame_start": "the number of a frame, 1 or more",
    "frame_end": "the number of a frame, from frame_start on, or -1 for the last one",
    "bbox": "left, top, right and bottom of a box in whole pixels",
}
