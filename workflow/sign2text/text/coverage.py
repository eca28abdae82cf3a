"""Coverage of each split by a tokenizer: tokens, unknown tokens and removed pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

COLUMNS = (
    "split",
    "sentences",
    "tokens_published",
    "tokens",
    "pieces_cut",
    "unknown_published",
    "unknown",
)


def count_coverage(
    split: str,
    sentences: Sequence[str],
    tokenizer: PreTrainedTokenizerFast,
    published: PreTrainedTokenizerFast | None,
) -> dict[str, Any]:
    """Make a row of coverage.tsv; its columns on the published tokenizer are empty without one.

    Returns:
        tokens_published and tokens: number of the sentences' tokens before and after trimming.
        pieces_cut: number of tokens_published that trimming removed, so that others spell them.
        unknown_published and unknown: number of unknown tokens before and after trimming.
    """
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"split": split, "sentences": len(sentences)}
    ids = _ids(tokenizer, sentences)
    row |= {"tokens": len(ids), "unknown": ids.count(tokenizer.unk_token_id)}
    if published is not None:
        kept = tokenizer.get_vocab()
        cut = {id_ for token, id_ in published.get_vocab().items() if token not in kept}
        before = _ids(published, sentences)
        row |= {
            "tokens_published": len(before),
            "pieces_cut": sum(token in cut for token in before),
            "unknown_published": before.count(published.unk_token_id),
        }
    return row


def write_coverage(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write coverage.tsv, with a row per split."""
    import pandas as pd

    from sign2text.data.manifest import write_table

    write_table(pd.DataFrame(rows, columns=COLUMNS), path)


def _ids(tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str]) -> list[int]:
    encoded = tokenizer(list(sentences), add_special_tokens=False)["input_ids"]
    return [token for sentence in encoded for token in sentence]
