"""Numbers of Sign2GPT's tables that are not scores, read from what its stages wrote.

Table 1a has sizes of vocabularies; section 5.3 has precision, recall and F1 of pseudo-glosses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json

if TYPE_CHECKING:
    import numpy as np

SPLIT = "test"
COUNTS = ("right", "found", "there")


def vocabularies(about: Path, train_manifest: Path) -> dict[str, int]:
    """Count the different words of the training text and the pseudo-glosses (table 1a).

    Raises:
        InputError: a file is not as generate_pseudo_glosses or make_manifest writes it.
    """
    from sign2text.data.corpus_vocabulary import tokens, unit_of
    from sign2text.data.manifest import read_manifest

    made, again = read_json(about), "Run generate_pseudo_glosses again."
    if not isinstance(made, dict):
        raise InputError(f"{about}: found a {type(made).__name__}, expected an object. {again}")
    size, language = made.get("pseudo_glosses"), made.get("language")
    if type(size) is not int or not isinstance(language, str):
        raise InputError(
            f"{about}: found pseudo_glosses {size!r:.80} and language {language!r:.80}, expected a "
            f"whole number and a text. {again}"
        )
    words = tokens(read_manifest(train_manifest)["text"], unit_of(language))
    return {"vocab": words.nunique(), "pseudo_glosses": size}


def finds(scores: Path) -> dict[str, float]:
    """Return precision, recall and F1, from 0 to 1, over all pseudo-glosses of test together.

    Raises:
        InputError: the file is not as score_pseudo_glosses writes it.
    """
    _, counts = _read_finds(scores)
    right, found, there = map(int, counts.sum(axis=0))
    return {
        "precision": right / max(found, 1),
        "recall": right / max(there, 1),
        "f1": f1_of((right, found, there)),
    }


def clip_statistics(
    scores: Path,
) -> dict[str, tuple[list[str], np.ndarray, Callable[[Sequence[int]], float]]]:
    """Return F1's statistics of each clip of test: ids, `COUNTS` [clips, 3], and F1 of their sum.

    Raises:
        InputError: the file is not as score_pseudo_glosses writes it.
    """
    return {"f1": (*_read_finds(scores), f1_of)}


def f1_of(counts: Sequence[int]) -> float:
    """Return F1, from 0 to 1, of pseudo-glosses found rightly, found, and there.

    >>> f1_of((2, 3, 5))
    0.5
    """
    right, found, there = map(float, counts)
    return 2 * right / max(found + there, 1.0)


def _read_finds(path: Path) -> tuple[list[str], np.ndarray]:
    """Read the clips' ids and their counts, int64 [clips, 3]."""
    import numpy as np

    made = read_json(path)
    found = made.get(SPLIT) if isinstance(made, dict) else None
    found = found.get("finds") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not _are_finds(found):
        raise InputError(
            f"{path}: {SPLIT}.finds is missing or has no ids, or not as many of "
            f"{', '.join(COUNTS)}. Make it again: snakemake --cores all --forcerun "
            f"score_pseudo_glosses -- {path}"
        )
    return found["ids"], np.array([found[name] for name in COUNTS], dtype=np.int64).T


def _are_finds(found: dict[str, object]) -> bool:
    ids = found.get("ids")
    if not isinstance(ids, list) or not ids or not all(type(each) is str for each in ids):
        return False
    return all(
        isinstance(counts := found.get(name), list)
        and len(counts) == len(ids)
        and all(type(count) is int and 0 <= count < 10**9 for count in counts)
        for name in COUNTS
    )
