"""Files from the future: their times are set to the present, and their order stays."""

import os
import time
from pathlib import Path

import pytest

from sign2text.jobs.clock import bring_back

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


@pytest.mark.parametrize("since", [2.0, 0.0])
def test_none_gets_before_what_was_older_however_little_time_there_is(
    tmp_path: Path, since: float
) -> None:
    future = ["resources/a/checksums.tsv", "results/a/x.tsv", "results/a/y.tsv", "results/a/z.tsv"]
    make(tmp_path, {"results/a/old.tsv": -since, "results/a/older.tsv": -since - 9})
    make(tmp_path, dict(zip(future, (1, 3, 3, 25), strict=True)))
    link = tmp_path / "results/a/link.tsv"
    link.symlink_to("old.tsv")  # newer than all, and none of them
    found = bring_back(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == future
    old = (tmp_path / "results/a/old.tsv").stat().st_mtime_ns
    moved = [path.stat().st_mtime_ns for path in found]
    assert old <= moved[0] < moved[1] <= moved[2] < moved[3] <= time.time_ns()
    if since:
        between = [(each - moved[0]) / 1e9 / HOUR for each in moved]
        assert between == pytest.approx([0, 2 / 12, 2 / 12, 2], abs=0.01)


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, {"elsewhere/corpus.tsv": 4})
    (tmp_path / "results").mkdir()
    (tmp_path / "results/corpus.tsv").symlink_to(tmp_path / "elsewhere/corpus.tsv")
    assert bring_back(tmp_path) == []
    assert (tmp_path / "elsewhere/corpus.tsv").stat().st_mtime > time.time() + HOUR


def test_an_empty_folder_has_nothing_to_bring_back(tmp_path: Path) -> None:
    assert bring_back(tmp_path) == []
