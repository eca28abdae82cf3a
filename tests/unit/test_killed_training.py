"""A training killed at any point of its writing gives the same result, to the bit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crash_points.py")


def killed_at(folder: Path, *points: str) -> list[tuple[int, str]]:
    """Return where the training was killed; it must have survived all of these points."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), *points],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    lost = [each for each in found["survived"] if not each[2]]
    assert not lost, f"of {found['events']} events: {lost}\n{done.stderr}"
    return [(at, what) for at, what, _ in found["survived"]]


def test_killed_while_checkpoints_and_best_weights_are_written(tmp_path: Path) -> None:
    assert len(killed_at(tmp_path, "4")) == 4


@pytest.mark.long
def test_killed_at_every_single_thing_that_it_does_to_its_state(tmp_path: Path) -> None:
    written = " ".join(what for _, what in killed_at(tmp_path))
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "model.safetensors"):
        assert f"half of {name}" in written
    for name in ("trainer_state.json", "running_loss.json", "seal.partial.json", "choice.json"):
        assert name in written
