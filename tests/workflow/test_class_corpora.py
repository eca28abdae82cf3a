"""Rendered corpora of classes through the workflow: rendering, manifests, check, frame stores."""

from pathlib import Path

import pytest
from tiny_runs import rules_of, snakemake

from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest

TINY = (
    "datasets={each: {adapter: avatar_classes, language: de, stages: {synthesize_classes: {kind: "
    "each, classes: 3, train: 2, dev: 1, test: 1}, sample_frames: {height: 56, width: 46}}}}"
)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["isolated", "actions"])
def test_classes_are_rendered_checked_and_stored(tmp_path: Path, kind: str) -> None:
    common = f"results/{kind}/common"
    targets = [f"{common}/sample_frames/{split}.tar" for split in ("train", "test")]
    settings = ("--config", TINY.replace("each", kind))
    said = snakemake(tmp_path, "--cores", "2", *targets, *settings)
    assert rules_of(said)[:3] == ["synthesize_classes", "make_manifest", "check_corpus"]
    table = read_manifest(tmp_path / common / "sample_frames/train.tsv")
    assert table["text"].nunique() == 3 and len(table) == 6
    store = FrameStore(tmp_path / targets[0])
    assert store.lengths.tolist() == table["frames"].tolist()
    assert (tmp_path / common / "check_corpus/report.html").is_file()
    assert not rules_of(snakemake(tmp_path, "--dry-run", *targets, *settings))
