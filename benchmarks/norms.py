"""Cost of recording the norms of a model's parts, in steps of fine-tuning.

    python benchmarks/norms.py

Steps of fine-tuning with and without the norms alternate, on the same batch. Training computes
them only at its logging steps. The table also shows the cost of computing them at every step, and
the cost of the library's way, which computes the norm of all gradients at every step.
docs/published_size.md has the figures of one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import torch
from claims import claim
from side_by_side import bench_of, in_turn, options_of, ratio, timed

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.clips import Collator
from sign2text.losses.token_cross_entropy import token_loss
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.training.norms import part_norms

MOST = 0.03
"""Maximum share of a step for the norms."""


def main() -> int:
    """Step and print; return 1 if the norms cost too much."""
    options = options_of(__doc__, rounds=5)
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_of(options, Path(folder))
        config, model, given = bench.config, bench.translator(), bench.given
        model = model.to(bench.device).train()
        stored = given["train_manifest"], given["train_features"], None
        clips = finetune_llm.read_clips("train", *stored, bench.words, model, config)
        sampler = BalancedBatchSampler(clips.lengths, config.training.batch_size, config.seed)
        collate = Collator("features", bench.words.pad_token_id, model.start_token)
        batch = collate([clips[item] for item in next(iter(sampler))])
        batch = {key: value.to(bench.device) for key, value in batch.items()}
        labels = batch.pop("labels")
        optimizer = torch.optim.AdamW(finetune_llm.parameter_groups(config, model), fused=True)
        batches = len(bench.request.corpus.splits["train"].frames) // config.training.batch_size
        every = max(1, min(50, batches // 4))  # logging interval of the training loop
        taken: list[float] = []

        def step(way: str) -> None:
            loss = token_loss(model(**batch).logits, labels, config.label_smoothing)
            (loss / labels.ne(-100).sum()).backward()
            if way == "norms of the parts":
                taken.append(timed(lambda: part_norms(model.parts()), bench.device))
            elif way == "norm of all gradients":
                trained = [p for p in model.parameters() if p.requires_grad]
                torch.nn.utils.clip_grad_norm_(trained, float("inf"))
            optimizer.step()
            optimizer.zero_grad()

        ways = ("plain", "norms of the parts", "norm of all gradients")
        step("plain")
        taken.clear()
        seconds = in_turn(
            {way: lambda way=way: timed(lambda: step(way), bench.device) for way in ways},
            options.rounds,
        )
    plain = statistics.median(seconds["plain"])
    share = statistics.median(taken) / plain
    print(f"\nmedians of {options.rounds} rounds, {len(labels)} clips a step")
    for way in ways:
        took = statistics.median(seconds[way])
        print(f"{way:24}{took:9.3f} s a step{ratio(seconds[way], seconds['plain']):8.3f} x")
    print(f"taking the norms: {statistics.median(taken):.4f} s, {share:.2%} of a step")
    print(
        f"at every {every}th step, as in training: {share / every:.4%} of the time (<= {MOST:.0%})"
    )
    good = claim("norms of the parts, of a step", share / every, "%", at_most=MOST)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
