"""All trainings by two processes, which their rules start as on a machine with two GPUs."""

import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import TARGETS, rules_of, snakemake

from sign2text.training.history import read_history

TRAININGS = {
    "pretrain_frame_encoder": "common",
    "pretrain_language_model": "common",
    "visual_init": "fla_llm",
    "finetune_llm": "fla_llm",
}
TWO = ["--resources", "gpu=2", "--set-resources", *(f"{each}:gpu=2" for each in TRAININGS), "--"]

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_each_training_by_two_processes_learns_what_one_learned(
    copied: Path, as_made: Path
) -> None:
    # Another number of GPUs makes nothing due; --forcerun makes these due.
    assert rules_of(snakemake(copied, "--dry-run", *TWO, *TARGETS)) == []
    snakemake(copied, "--cores", "2", "--forcerun", *TRAININGS, *TWO, *TARGETS)
    for stage, owner in TRAININGS.items():
        place = Path("results/tiny", owner, stage)
        said = (copied / "logs/tiny" / owner / f"{stage}.log").read_text()
        assert "by 2 processes" in said, stage
        one, two = (read_history(folder / place / "history.tsv") for folder in (as_made, copied))
        assert list(one["step"]) == list(two["step"])
        # Dropout draws other numbers in each process, but models that are too small to learn
        # anything have nearly the same loss.
        lost, found = (rows["dev_loss"].dropna() for rows in (one, two))
        assert found.to_numpy() == pytest.approx(lost.to_numpy(), rel=0.02), stage
    # Without dropout: equal except for rounding.
    place = Path("results/tiny/common/pretrain_frame_encoder/model.safetensors")
    one, two = (load_file(folder / place) for folder in (as_made, copied))
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert two[name].allclose(value, rtol=1e-3, atol=1e-4), name
