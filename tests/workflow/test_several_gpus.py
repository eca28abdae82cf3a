"""All trainings by two processes, which their rules start as on a machine with two GPUs."""

import shutil
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import SIGN2GPT, TARGETS, rules_of, snakemake

from sign2text.training.history import read_history

FLA_LLM = {
    "pretrain_frame_encoder": "common",
    "pretrain_language_model": "common",
    "visual_init": "fla_llm",
    "finetune_llm": "fla_llm",
}
OF_SIGN2GPT = dict.fromkeys(
    (
        *("pretrain_frame_encoder", "pretrain_language_model"),
        *("pretrain_prototypes", "adapt_language_model"),
    ),
    "sign2gpt",
)
CASES = {
    "fla_llm": ("as_made", FLA_LLM, (), TARGETS),
    "sign2gpt": ("sign2gpt_run", OF_SIGN2GPT, SIGN2GPT, ["results/tiny/sign2gpt.bleu"]),
}
"""Of each method: the fixture of its finished folder, the trainings with their owners, options of
Snakemake and targets.
"""

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.mark.parametrize("method", CASES)
def test_each_training_by_two_processes_learns_what_one_learned(
    request: pytest.FixtureRequest, tmp_path: Path, method: str
) -> None:
    fixture, trainings, options, targets = CASES[method]
    made = request.getfixturevalue(fixture)
    copied = Path(shutil.copytree(made, tmp_path / "copy"))
    asked = (f"{each}:gpu=2" for each in trainings)
    gpus = (*options, "--resources", "gpu=2", "--set-resources", *asked, "--", *targets)
    # Another number of GPUs makes nothing due; --forcerun makes these due.
    assert rules_of(snakemake(copied, "--dry-run", *gpus)) == []
    snakemake(copied, "--cores", "2", "--forcerun", *trainings, *gpus)
    for stage, owner in trainings.items():
        place = Path("results/tiny", owner, stage)
        said = (copied / "logs/tiny" / owner / f"{stage}.log").read_text()
        assert "by 2 processes" in said, stage
        one, two = (read_history(folder / place / "history.tsv") for folder in (made, copied))
        assert list(one["step"]) == list(two["step"])
        # Dropout draws other numbers in each process, but models that are too small to learn
        # anything have nearly the same loss.
        lost, found = (rows["dev_loss"].dropna() for rows in (one, two))
        assert found.to_numpy() == pytest.approx(lost.to_numpy(), rel=0.02), stage
    # Without dropout: equal except for rounding.
    owner = trainings["pretrain_frame_encoder"]
    place = Path("results/tiny", owner, "pretrain_frame_encoder/model.safetensors")
    one, two = (load_file(folder / place) for folder in (made, copied))
    assert one.keys() == two.keys()
    for name, value in one.items():
        # Attention does not depend on this bias: its gradient is rounding, which Adam turns into
        # steps.
        if not name.endswith("key.bias"):
            assert two[name].allclose(value, rtol=1e-3, atol=1e-4), name
