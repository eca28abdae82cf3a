"""How2Sign's real re-aligned files: their counts, their broken characters, and mending them."""

from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.adapters import how2sign
from sign2text.data.corpus_findings import Row
from sign2text.data.corpus_report import compare
from sign2text.data.mojibake import is_broken
from sign2text.stages.make_manifest import Config

pytestmark = pytest.mark.real

BROKEN = {"dev": 2, "test": 23}


@pytest.fixture(scope="module")
def corpus(how2sign_folder, tmp_path_factory) -> Path:
    """checksums.tsv next to links to the files; val's file replaces train's, which is larger."""
    raw = tmp_path_factory.mktemp("how2sign")
    for split, source in (("train", "val"), ("val", "val"), ("test", "test")):
        target = (how2sign_folder / f"how2sign_realigned_{source}.csv").resolve()
        (raw / f"how2sign_realigned_{split}.csv").symlink_to(target)
    return raw / "checksums.tsv"


def read(corpus: Path, *, mend: bool = False) -> dict[str, pd.DataFrame]:
    settings = Config(adapter="how2sign", language="en", mend_mojibake=mend)
    return {split: how2sign.read_split(corpus, split, settings) for split in BROKEN}


def test_clips_as_counted(corpus):
    splits = read(corpus)
    rows = [Row("clips", split, len(table)) for split, table in splits.items()]
    found = compare(rows, how2sign.published_counts(splits), dict.fromkeys(splits, 0))
    assert [(row.found, row.verdict) for row in found] == [(1741, "ok"), (2357, "ok")]
    assert all(table["id"].is_unique for table in splits.values())


def test_broken_characters_are_counted_and_all_mended(corpus):
    mended = read(corpus, mend=True)
    for split, table in read(corpus).items():
        before, after = table["text"], mended[split]["text"]
        assert before.map(is_broken).sum() == (before != after).sum() == BROKEN[split]
        assert not after.map(is_broken).any()
        # Apostrophes alone are broken there, so nothing else may change.
        assert (after == before.str.replace("â\x80\x99", "’")).all()
