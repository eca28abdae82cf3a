"""Pseudo-glosses: words of a sentence that represent its signs (Sign2GPT, section 3.3).

There are three files: the pseudo-glosses of each clip, their vocabulary, and a vector for each
pseudo-gloss in the vocabulary. A pseudo-gloss's number is its row in the vocabulary, which is
sorted by frequency.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.manifest import read_table, write_table
from sign2text.ground.errors import InputError
from sign2text.ground.files import reading, replacing
from sign2text.ground.store_index import read_about

if TYPE_CHECKING:
    import pandas as pd
    import torch

CLIP_COLUMNS = ("id", "pseudo_glosses")
VOCABULARY_COLUMNS = ("pseudo_gloss", "count")
_AGAIN = "Delete it and run {} again."


class PseudoGlossVocabulary:
    """Pseudo-glosses by number, with their number of occurrences."""

    def __init__(self, words: Sequence[str], counts: Sequence[int]) -> None:
        """Take distinct `words` in the order of their numbers."""
        self.words, self.counts = list(words), list(counts)
        self._numbers = {word: number for number, word in enumerate(self.words)}

    @classmethod
    def of(cls, lines: Iterable[str]) -> PseudoGlossVocabulary:
        """Make the vocabulary of lines of pseudo-glosses, the most frequent first.

        >>> PseudoGlossVocabulary.of(["wind nord wind", "berg"]).words
        ['wind', 'berg', 'nord']
        """
        found = Counter(word for line in lines for word in line.split())
        ordered = sorted(found, key=lambda word: (-found[word], word))
        return cls(ordered, [found[word] for word in ordered])

    def __len__(self) -> int:
        return len(self.words)

    def targets(self, line: str) -> list[int]:
        """Return the numbers of a line's known pseudo-glosses, sorted and distinct."""
        return sorted({self._numbers[word] for word in line.split() if word in self._numbers})

    @property
    def sha256(self) -> str:
        """Return a hash of the words in order, which ties vectors to their vocabulary."""
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest()


def write_pseudo_glosses(path: Path, ids: Sequence[str], lines: Sequence[str]) -> None:
    """Write a line of pseudo-glosses, in text order, for each of the clips `ids`."""
    _write(path, dict(zip(CLIP_COLUMNS, (ids, lines), strict=True)))


def read_pseudo_glosses(path: Path, ids: Sequence[str]) -> list[str]:
    """Return lines of pseudo-glosses of the clips `ids`, in their order; a line may be empty.

    Raises:
        InputError: the file lacks these columns, or belongs to other clips.
    """
    table = _read(path, CLIP_COLUMNS)
    found = table["id"].tolist()
    missing, foreign = sorted(set(ids) - set(found)), sorted(set(found) - set(ids))
    if missing or foreign or len(found) != len(ids):
        raise InputError(
            f"{path}: pseudo-glosses of {len(found)} clips found, {len(ids)} expected; missing: "
            f"{missing[:3]}, not in the manifest: {foreign[:3]}. They are of another manifest. "
            f"{_again(path)}"
        )
    return table.set_index("id")["pseudo_glosses"].loc[list(ids)].tolist()


def write_vocabulary(path: Path, vocabulary: PseudoGlossVocabulary) -> None:
    """Write a row for each pseudo-gloss, in the order of the numbers."""
    columns = (vocabulary.words, vocabulary.counts)
    _write(path, dict(zip(VOCABULARY_COLUMNS, columns, strict=True)))


def read_vocabulary(path: Path) -> PseudoGlossVocabulary:
    """Read the vocabulary that `write_vocabulary` wrote.

    Raises:
        InputError: the table has another form or is empty, repeats a pseudo-gloss, or has a wrong
            count.
    """
    table = _read(path, VOCABULARY_COLUMNS)
    words, counts = table["pseudo_gloss"].tolist(), table["count"].tolist()
    if not words:
        raise InputError(f"{path}: no pseudo-gloss found, at least one expected. {_again(path)}")
    seen: set[str] = set()
    for line, (word, count) in enumerate(zip(words, counts, strict=True), 2):
        if word.split() != [word] or word in seen:
            problem = "is there twice" if word in seen else "is empty or has whitespace in it"
            raise InputError(
                f"{path}, line {line}: pseudo-gloss {word[:80]!r} {problem}; expected different "
                f"words. {_again(path)}"
            )
        if not (count.isascii() and count.isdigit() and len(count) < 12):
            raise InputError(
                f"{path}, line {line}, pseudo-gloss '{word[:80]}': count is {count[:80]!r}, "
                f"expected a whole number. {_again(path)}"
            )
        seen.add(word)
    return PseudoGlossVocabulary(words, [*map(int, counts)])


def write_vectors(
    path: Path,
    vocabulary: PseudoGlossVocabulary,
    vectors: torch.Tensor,
    known: torch.Tensor,
    **about: str,
) -> None:
    """Write `vectors` float32 [V, C] and `known` bool [V] in the order of the vocabulary.

    `about` describes their source; the vocabulary's hash is added. Rows without a vector are zero.
    """
    from safetensors.torch import save_file

    # One metadata key only: safetensors writes several in an order that changes between runs.
    described = json.dumps({**about, "vocabulary_sha256": vocabulary.sha256}, sort_keys=True)
    with replacing(path) as temporary:
        save_file({"vectors": vectors, "known": known}, temporary, {"about": described})


def read_vectors(
    path: Path, vocabulary: PseudoGlossVocabulary
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the vocabulary's vectors, float32 [V, C], and which rows are known, bool [V].

    Raises:
        InputError: the file is no such file, is damaged, or belongs to another vocabulary.
    """
    import torch
    from safetensors import safe_open

    if not path.is_file():
        raise InputError(f"{path}: no such file; expected vectors of pseudo-glosses. Make it.")
    with reading(path), safe_open(path, "pt") as file:
        metadata = file.metadata()
        if sorted(file.keys()) != ["known", "vectors"]:
            raise KeyError(f"tensors {sorted(file.keys())[:5]} found, known and vectors expected")
        vectors, known = file.get_tensor("vectors"), file.get_tensor("known")
    if (
        vectors.dtype != torch.float32
        or known.dtype != torch.bool
        or vectors.ndim != 2
        or vectors.shape[1] == 0
        or known.shape != vectors.shape[:1]
        or not torch.isfinite(vectors).all()
    ):
        raise InputError(
            f"{path}: vectors {vectors.dtype} {list(vectors.shape)} and known {known.dtype} "
            f"{list(known.shape)} found; expected finite float32 [V, C] and bool [V]. "
            f"{_again(path)}"
        )
    with reading(path):
        about = read_about(metadata, path)
    if len(vectors) != len(vocabulary) or about.get("vocabulary_sha256") != vocabulary.sha256:
        raise InputError(
            f"{path}: {len(vectors)} vectors of another vocabulary found; expected those of the "
            f"{len(vocabulary)} pseudo-glosses at hand. {_again(path)}"
        )
    return vectors, known


def _write(path: Path, columns: dict[str, Sequence[object]]) -> None:
    import pandas as pd

    with replacing(path) as temporary:
        write_table(pd.DataFrame(columns), temporary)


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a table. Run {path.parent.name}.")
    try:
        table = read_table(path)
    except ValueError as error:  # pandas' errors are ValueErrors, and so is UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table ({error}). {_again(path)}"
        ) from error
    if missing := [name for name in columns if name not in table]:
        raise InputError(
            f"{path}, line 1: no column {', '.join(missing)}; found "
            f"{', '.join(table.columns)[:200]}. {_again(path)}"
        )
    return table


def _again(path: Path) -> str:
    return _AGAIN.format(path.parent.name)
