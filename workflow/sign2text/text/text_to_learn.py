"""Text that tokenizers and small language models learn: monolingual, or in all languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.ground.files import check_end


def read_text_to_learn(
    monolingual: Path | None, captions: Path | None, parallel: Path | None
) -> list[str]:
    """Read the sentences of the monolingual text, or those in all languages.

    Raises:
        InputError: a file is missing or truncated, or there is no sentence in all languages.
    """
    if captions is not None and parallel is not None:
        return _multilingual(captions, parallel)
    if monolingual is None:
        raise InputError(
            "--monolingual: missing; expected the monolingual.txt of make_manifest, or with "
            "multilingual --captions and --parallel of make_captions."
        )
    check_end(monolingual)
    return monolingual.read_text(encoding="utf-8").splitlines()


def _multilingual(captions: Path, parallel: Path) -> list[str]:
    """Return each different sentence of captions and parallel text once, in a mixed order.

    The order is always the same, and mixes the languages, so that any part of it has all of them.

    """
    from sign2text.data.captions import read_captions, read_parallel

    found = [*read_captions(captions)["text"]]
    table = read_parallel(parallel)
    for language in table.columns:
        found += [*table[language]]
    sentences = [*dict.fromkeys(text for text in found if text.strip())]
    if not sentences:
        raise InputError(
            f"{captions} and {parallel}: no sentence found, expected captions or parallel text. "
            "Give make_captions text, or set multilingual to false."
        )
    order = np.random.default_rng(0).permutation(len(sentences))
    return [sentences[number] for number in order]
