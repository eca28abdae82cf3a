"""Batches of the real training split of PHOENIX-2014T: padding, number, change.

`SIGN2TEXT_PHOENIX` names the folder that holds `annotations/`.
"""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.sampling import sampled_length
from sign2text.methods.fla_llm.stages import finetune_llm, visual_init

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def lengths():
    """Sampled frames of each training clip at the default rate."""
    folder = os.environ.get("SIGN2TEXT_PHOENIX")
    if not folder:
        pytest.skip("SIGN2TEXT_PHOENIX names no folder with PHOENIX-2014T")
    with (Path(folder) / "annotations" / "frames.train.csv").open(encoding="utf-8") as file:
        frames = [int(row["num_frames"]) for row in csv.DictReader(file)]
    assert (len(frames), sum(frames)) == (7096, 827_354)
    rate = visual_init.Config().sampling_rate
    return np.array([sampled_length(each, rate) for each in frames])


@pytest.mark.parametrize("stage", [visual_init, finetune_llm])
def test_an_epoch_is_padded_by_at_most_3_per_cent_and_differs_from_the_others(lengths, stage):
    size = stage.Config().training.batch_size
    sampler, seen = BalancedBatchSampler(lengths, size, seed=1), set()
    for epoch in range(5):
        sampler.set_epoch(epoch)
        batches = [[clip for clip, _ in batch] for batch in sampler]
        assert len(batches) == len(sampler) == -(-7096 // size)
        assert sorted(clip for batch in batches for clip in batch) == list(range(7096))
        padded = sum(len(batch) * lengths[batch].max() for batch in batches)
        print(f"{stage.__name__}, epoch {epoch}: {100 * (padded / lengths.sum() - 1):.2f} %")
        assert padded / lengths.sum() <= 1.03
        made = {tuple(sorted(batch)) for batch in batches}
        assert len(made & seen) < 0.01 * len(made)
        seen |= made
