"""Files from the future: their times are set to the present, and their order stays."""

import os
import time
from pathlib import Path

import pytest

from sign2text.clock import bring_back

HOUR = 3600


def make(folder: Path, ages: dict[str, float]) -> None:
    for name, hours in ages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() + hours * HOUR,) * 2)


def test_what_lies_in_the_future_comes_back_in_its_order(tmp_path: Path) -> None:
    ages = {
        "results/a/x.tsv": 5,
        "results/a/fla_llm/decode/test.tsv": 9,
        "resources/a/checksums.tsv": 2,
        "resources/models/m/r/manifest.json": 3,
        "results/a/old.tsv": -7,
        "resources/a/videos/clip.mp4": 8,  # no rule looks at its time
    }
    make(tmp_path, ages)
    before = {name: (tmp_path / name).stat().st_mtime for name in ages}
    found = bring_back(tmp_path)
    now = time.time()
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "resources/a/checksums.tsv",
        "resources/models/m/r/manifest.json",
        "results/a/x.tsv",
        "results/a/fla_llm/decode/test.tsv",
    ]
    after = {name: (tmp_path / name).stat().st_mtime for name in ages}
    for name in ("results/a/old.tsv", "resources/a/videos/clip.mp4"):
        assert after[name] == before[name]
    moved = [after[path.relative_to(tmp_path).as_posix()] for path in found]
    assert moved == sorted(moved)
    assert now - 5 < moved[-1] <= now
    assert moved[-1] - moved[0] == pytest.approx(7 * HOUR, abs=0.01)
    assert bring_back(tmp_path) == []


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, {"elsewhere/corpus.tsv": 4})
    (tmp_path / "results").mkdir()
    (tmp_path / "results/corpus.tsv").symlink_to(tmp_path / "elsewhere/corpus.tsv")
    assert bring_back(tmp_path) == []
    assert (tmp_path / "elsewhere/corpus.tsv").stat().st_mtime > time.time() + HOUR


def test_an_empty_folder_has_nothing_to_bring_back(tmp_path: Path) -> None:
    assert bring_back(tmp_path) == []
