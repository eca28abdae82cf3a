"""The readers of foreign files, each with changed files for some seconds (tests/fuzz/run.py)."""

from pathlib import Path

import pytest
from cases import write_case
from fuzz_targets import TARGETS
from fuzzing import fuzz

SECONDS = 7  # nine readers: a minute


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed files test nothing if the reader refuses the original ones."""
    (tmp_path / "seeds").mkdir()
    cases = TARGETS[name].seeds(tmp_path / "seeds")
    assert len(cases) > 3
    for number, case in enumerate(cases):
        monkeypatch.chdir(tmp_path)
        write_case(case, tmp_path / f"case-{number}")
        TARGETS[name].read(tmp_path / f"case-{number}")


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_changed_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    report = fuzz(TARGETS[name], SECONDS, 1, tmp_path)
    assert report.findings == {}, f"{report}; run: python tests/fuzz/run.py {name}"
    assert 0 < report.read < report.tried, report
    assert report.tried > 20  # on a machine with much other work; else some hundreds
