"""Parallel text in the avatar's languages, of meanings that no clip signs.

The monolingual text of `corpus` draws each language on its own, so its lines do not correspond.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sign2text.avatar.corpus import DRAWS_A_SENTENCE, LANGUAGES
from sign2text.avatar.grammar import signs
from sign2text.avatar.sampler import sample_meaning
from sign2text.data.rendered_files import read_rendered
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_STREAM = 100
"""Random stream of the parallel text; `corpus` has lower ones."""


class Signed(NamedTuple):
    """Everything that the clips of rendered corpora say."""

    texts: dict[str, set[str]]
    """Texts and further phrasings, by language."""
    meanings: set[str]
    """Meanings in JSON."""
    glosses: set[str]
    """Sequences of glosses."""


def read_signed(corpora: Iterable[Path]) -> Signed:
    """Read what the clips of rendered corpora say, from their checksums.tsv."""
    found = Signed({language: set() for language in LANGUAGES}, set(), set())
    for corpus in corpora:
        for split in SPLITS:
            path = corpus.parent / "annotations" / f"{split}.tsv"
            names = {f"{kind}_{each}" for each in LANGUAGES for kind in ("text", "phrasings")}
            table = read_rendered(corpus, path, {"meaning", "gloss", *names})
            found.meanings.update(table["meaning"])
            found.glosses.update(table["gloss"])
            for language, texts in found.texts.items():
                texts.update(table[f"text_{language}"])
                for others in table[f"phrasings_{language}"]:
                    texts.update(json.loads(others))
    return found


def parallel_text(sizes: dict[str, int], signed: Signed, seed: int) -> dict[str, pd.DataFrame]:
    """Write parallel text: by name a table with a column a language and `sizes[name]` rows.

    No row has a meaning of `signed`, its sequence of glosses, or a text of it in any language. No
    text of a language is in two rows.

    Raises InputError if the grammar has too few sentences.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, _STREAM])
    taken = {language: set(texts) for language, texts in signed.texts.items()}
    total, rows = sum(sizes.values()), []
    for _ in range(total * DRAWS_A_SENTENCE):
        if len(rows) == total:
            break
        meaning = sample_meaning(rng)
        texts = {name: module.sentence(meaning, rng) for name, module in LANGUAGES.items()}
        is_signed = json.dumps(meaning.as_json(), ensure_ascii=False) in signed.meanings
        glosses = " ".join(token.gloss for token in signs(meaning))
        if is_signed or glosses in signed.glosses:
            continue
        if any(text in taken[name] for name, text in texts.items()):
            continue
        for name, text in texts.items():
            taken[name].add(text)
        rows.append(texts)
    if len(rows) < total:
        raise InputError(
            f"parallel: the avatar's grammar gave {len(rows)} meanings that no clip signs with "
            f"seed {seed}, {total} are wanted for train and dev together; ask for fewer"
        )
    table, found, first = pd.DataFrame(rows, columns=[*LANGUAGES], dtype=str), {}, 0
    for name, size in sizes.items():
        found[name] = table[first : first + size].reset_index(drop=True)
        first += size
    return found
