"""The avatar corpus as manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_numbers
from sign2text.data.corpus_folder import find_folder
from sign2text.data.splits import SPLITS
from sign2text.data.text_form import nfc, with_composed_texts
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = tuple(f"annotations/{split}.tsv" for split in SPLITS)
PUBLISHED: dict[str, dict[str, int]] = {}


def find_root(folder: Path, settings: Any) -> Path | None:
    """The folder that holds annotations/ and videos/."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """The annotation file of a split."""
    return corpus.parent / "annotations" / f"{split}.tsv"


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """The manifest table of a split, `frames` included; `corpus` is the corpus's checksums.tsv.

    `video` is relative to the working folder. Raises InputError when a video is missing or has not
    the size that checksums.tsv says.
    """
    from sign2text.data.manifest import read_phrasings, read_table

    language = settings.language
    annotations = annotations_of(corpus, split, settings)
    try:
        table = read_table(annotations)
    except FileNotFoundError:
        raise _incomplete(corpus, annotations, "is missing") from None
    except ValueError as error:  # pandas' errors are ValueErrors, and so is UnicodeDecodeError
        raise _incomplete(corpus, annotations, f"is no table ({error})", damaged=True) from None
    table = table.set_axis(table.index + 2)  # the lines' numbers
    needed = {"id", "video", "frames", f"text_{language}", f"phrasings_{language}"}
    if missing := sorted(needed - set(table.columns)):
        raise _incomplete(corpus, annotations, f"has no column {', '.join(missing)}", damaged=True)
    check_ids(annotations, table["id"])
    videos = table["video"]
    placed = place_below(annotations, corpus.parent, videos)
    _check_sizes(corpus, videos.tolist())
    table = table.assign(
        video=placed,
        text=table[f"text_{language}"],
        language=language,
        frames=read_numbers(annotations, table["frames"], least=1).astype("int64"),
        phrasings=read_phrasings(annotations, table, f"phrasings_{language}"),
    )
    return with_composed_texts(table).reset_index(drop=True)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """Sentences of meanings that are in no split."""
    path = corpus.parent / "monolingual" / f"{settings.language}.txt"
    if not path.is_file():
        raise _incomplete(corpus, path, "is missing")
    return nfc(path.read_text(encoding="utf-8")).splitlines()


def _check_sizes(corpus: Path, videos: list[str]) -> None:
    """Sizes only: hashing every file would cost more than it finds."""
    from sign2text.data.manifest import read_table

    checksums = read_table(corpus)
    checksums = checksums.set_axis(checksums.index + 2)
    if missing := sorted({"path", "bytes"} - set(checksums.columns)):
        raise _incomplete(corpus, corpus, f"has no column {', '.join(missing)}", damaged=True)
    sizes = dict(zip(checksums["path"], read_numbers(corpus, checksums["bytes"]), strict=True))
    for video in videos:
        path = corpus.parent / video
        if video not in sizes:
            raise _incomplete(corpus, path, f"is not listed in {corpus}")
        if not path.is_file():
            raise _incomplete(corpus, path, "is missing")
        if (found := path.stat().st_size) != sizes[video]:
            raise _incomplete(
                corpus, path, f"has {found} bytes, {corpus} says {sizes[video]}", damaged=True
            )


def _incomplete(corpus: Path, path: Path, problem: str, *, damaged: bool = False) -> InputError:
    files = f"{path} and {corpus}" if damaged else f"{corpus}"
    return InputError(
        f"{path}: {problem}. Delete {files} and run the same command again: only what is missing "
        "is rendered anew."
    )
