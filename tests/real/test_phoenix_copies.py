"""Copies of the real PHOENIX-2014T's annotations: as pickles they are the same clips."""

import gzip
import logging
import pickle
from pathlib import Path

import pytest

from sign2text.data.adapters import phoenix
from sign2text.stages.make_manifest import Config

pytestmark = pytest.mark.real

SETTINGS = Config(adapter="phoenix", language="de")


def test_pickles_with_a_final_point_are_the_same_annotations(phoenix_folder, tmp_path, caplog):
    root = tmp_path / "resources/phoenix"
    root.mkdir(parents=True)
    (root / "annotations").symlink_to(phoenix_folder.resolve() / "annotations")
    tables = {
        split: phoenix.read_split(root / "checksums.tsv", split, SETTINGS)
        for split in phoenix.SPLITS
    }
    for split, table in tables.items():
        content = [
            {"name": f"{split}/{row.id}", "signer": row.signer, "gloss": row.gloss,
             "text": f"{row.text} ."}
            for row in table.itertuples()
        ]  # fmt: skip
        packed = gzip.compress(pickle.dumps(content))
        (root / f"phoenix14t.pami0.{split}.annotations_only.gzip").write_bytes(packed)
    with caplog.at_level(logging.INFO):
        for split in phoenix.SPLITS:
            phoenix.read_split(root / "checksums.tsv", split, SETTINGS)
    assert caplog.text.count("has the clips, texts and glosses of") == 3
    (root / "annotations").unlink()
    for split, table in tables.items():
        found = phoenix.read_split(root / "checksums.tsv", split, SETTINGS)
        assert found["id"].tolist() == table["id"].tolist()
        assert found["text"].tolist() == [f"{text} ." for text in table["text"]]
        assert found["gloss"].tolist() == table["gloss"].tolist()
        assert Path(found["video"][0]).name == table["id"][0]
