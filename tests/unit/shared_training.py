"""Trainings of test_several_processes.py, by one process or by two under torchrun (as a script).

Each process writes its results into the given folder, as <name>-<process>.safetensors and .json.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook
from transformers import set_seed
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.ground.processes import process_number, processes
from sign2text.ground.settings import read_settings
from sign2text.methods.fla_llm.stages import finetune_llm, visual_init
from sign2text.models.shared_batch_norm import share_statistics
from sign2text.training.selection import Selection
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
import frozen_translator
import shared_landmarks
from tiny_corpus import run_visual_init
from tiny_training import Clips, Tiny, tiny_task


class Normed(Tiny):
    """A model with BatchNorm over the steps of all clips, as in the temporal module."""

    def __init__(self, dropout=0.0):
        super().__init__()
        # A bias before BatchNorm only gets gradients by rounding, which Adam turns into steps.
        self.steps, self.norm = nn.Linear(3, 8, bias=False), nn.BatchNorm1d(8)
        self.dropout.p = dropout

    def forward(self, features, lengths, decoder_input_ids):
        steps = torch.relu(self.norm(self.steps(features)))
        means = torch.stack([part.mean(0) for part in steps.split(lengths.tolist())])
        hidden = means[:, None] + self.words(decoder_input_ids)
        return Seq2SeqLMOutput(logits=self.head(self.dropout(hidden)))


class Uneven(Clips):
    """Sentences of different lengths, so that averaging two ranks' means gives another value."""

    def __getitem__(self, item):
        found = super().__getitem__(item)
        return found | {"target": [3 + item[0] % 2] * (1 + item[0] % 7) + [2]}


class Decoded:
    """Replacement for BLEU-4 on dev: depends on all of dev, and on the device of its batches."""

    def __init__(self, stop=None):
        self.seen, self.calls, self.stop = [], 0, stop

    def __call__(self, model, over):
        self.calls += 1

        def decode(number):
            if self.stop == (self.calls, process_number()):
                os.kill(os.getpid(), signal.SIGTERM)
            return float(model.head.weight[number % 6].sum()) * (number + 1)

        self.seen.append(list(over(decode, range(5))))
        return sum(self.seen[-1])


def fit(state, *, dropout=0.0, data=None, measure=None, **changes):
    """Train, and return the weights, the history, and the weights after each step."""
    set_seed(1)
    model, after = Normed(dropout), []
    parts = {"visual": model.norm, "language": model.words, "adapter": model.head}
    fixed = {"batch_size": 3, "checkpoints": 5, "parts": parts, "dev": Uneven()}
    selection = Selection(measure) if measure else None
    task = tiny_task(model, data or Uneven(), selection=selection, **(fixed | changes))
    hook = register_optimizer_step_post_hook(
        lambda *_: after.append(nn.utils.parameters_to_vector(model.parameters()).detach().clone())
    )
    try:
        rows = train(task, state)
    finally:
        hook.remove()
    weights = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    return weights, rows, torch.stack(after)


def normalized(share):
    """Train BatchNorm of images and of steps; return outputs, gradients and statistics."""
    generator, found = torch.Generator().manual_seed(5), {}
    for name, norm, shape in (
        ("pictures", nn.BatchNorm2d(3), (9, 3, 4, 5)),
        ("steps", nn.BatchNorm1d(3), (13, 3)),
    ):
        for step in range(3):
            x = 4 * torch.randn(shape, generator=generator) + 7
            weights = torch.randn(shape, generator=generator)
            with torch.no_grad():
                norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
            norm.zero_grad()
            for key, value in share(norm, x, weights, step).items():
                found[f"{name}.{step}.{key}"] = value
        found |= {f"{name}.{key}": value.clone() for key, value in norm.named_buffers()}
        norm.eval()
        found[f"{name}.evaluated"] = norm(x).detach()
    return found


def alone(norm, x, weights, step):
    """Process all of x in one process."""
    x.requires_grad_()
    y = norm(x)
    (y * weights).sum().backward()
    return {"y": y.detach(), "x": x.grad, "weight": norm.weight.grad, "bias": norm.bias.grad}


def together(norm, x, weights, step):
    """Split x into two uneven pieces; in the last step rank 0 has all, as in a small batch."""
    if type(norm) in (nn.BatchNorm1d, nn.BatchNorm2d):
        share_statistics(norm)
    cut = len(x) - 2 if step < 2 else len(x)
    rows = slice(None, cut) if process_number() == 0 else slice(cut, None)
    norm.counts = rows != slice(len(x), None)
    if not norm.counts:  # in step, but not part of it
        rows, weights = slice(0, 1), torch.zeros_like(weights)
    own = x[rows].clone().requires_grad_()
    y = norm(own)
    (y * weights[rows]).sum().backward()
    return {"y": y.detach(), "x": own.grad, "weight": norm.weight.grad, "bias": norm.bias.grad}


def stopped(state, **settings):
    """Train until a signal arrives, and return the exit code."""
    try:
        fit(state, **settings)
    except SystemExit as ended:
        return ended.code
    return None


def at_clip(process, clip):
    """Make clips that end the training when one process reads one of them."""
    return Uneven(clip if process == process_number() else None)


def main(folder):
    """Run all tasks of the two processes in one start, since a start takes long."""

    def note(name, weights, rows=None, after=None, **more):
        place = folder / f"{name}-{process_number()}"
        if after is not None:
            weights = {**weights, "after each step": after}
        save_file(weights, place.with_suffix(".safetensors"))
        place.with_suffix(".json").write_text(json.dumps({"rows": rows, **more}))

    processes()
    note("normalized", normalized(together))
    for name, changes in CASES.items():
        measure = Decoded()
        note(name, *fit(folder / f"{name}-state", measure=measure, **changes), decoded=measure.seen)
    note("drops", *fit(folder / "drops-state", dropout=0.3, measure=Decoded()))
    for name, settings in {
        "first": {"data": lambda: at_clip(0, 9), "measure": Decoded},
        "second": {"data": lambda: at_clip(1, 17), "measure": Decoded},
        "decoding": {"data": Uneven, "measure": lambda: Decoded(stop=(2, 1))},
    }.items():
        state = folder / f"stopped-{name}"
        code = stopped(state, dropout=0.3, **{key: make() for key, make in settings.items()})
        saved = sorted(path.name for path in state.iterdir() if path.name != "tensorboard")
        held = sorted(path.name for path in next(state.glob("checkpoint-*")).iterdir())
        processes().wait()
        found = fit(state, dropout=0.3, measure=Decoded())
        note(f"stopped-{name}", *found, code=code, saved=saved, held=held)
    note("taken over", *fit(folder / "by one", measure=Decoded()))
    stopped(folder / "by two", data=at_clip(0, 17), measure=Decoded())
    frozen = train_frozen(folder, folder / "frozen-two")
    note("frozen", {name: each.contiguous() for name, each in frozen.state_dict().items()})
    note("landmarks", *shared_landmarks.fit(folder / "landmarks-state"))
    shared_landmarks.fit_sharded(folder, note)
    run_visual_init(folder / "corpus", folder / "visual_init-two", **VISUAL)
    tune(folder / "corpus", folder / "finetune_llm-two")


CASES = {
    "plain": {},
    "parts": {"accumulation": 2},
    "alone": {"batch_size": 1, "epochs": 1},
    "sgd": {"optimizer": "sgd", "max_grad_norm": 0.0, "workers": 1},
}
SMALL = {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32, "positions": 64}
VISUAL = {
    "encoded": False,
    "light_t": visual_init.LightT(**SMALL, dropout=0.0, attention_dropout=0.0),
    "accumulation": 2,  # so that a process has no clip in many parts
    "checkpointing": True,
}
TUNED = {
    "training": {"epochs": 20, "batch_size": 3, "learning_rate": 0.02},
    "dev_bleu_every": 5,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "adapter_learning_rate": 0.02,
    "label_smoothing": 0.0,
    "dev_beams": 2,
    "dev_max_new_tokens": 40,
}


def train_frozen(folder, output):
    """Train with the frozen tower in `folder`, and write the trained parameters."""
    parts, data = {"tower": folder / "tower"}, Uneven()
    return frozen_translator.fit(parts, output, data, dropout=0.0, batch_size=3)


def inputs_of_tuning(corpus):
    """Return finetune_llm's inputs from `corpus`."""
    return {
        **{f"{split}_features": corpus / f"{split}.features" for split in ("train", "dev")},
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev")},
        "tokenizer": corpus / "tokenizer" / "tokenizer.json",
        "language_model": corpus / "language_model" / "model.safetensors",
        "visual_init": corpus / "visual" / "model.safetensors",
    }


def tune(corpus, output):
    """Fine-tune the small language model of `corpus` on stored features."""
    config = read_settings(finetune_llm.Config, TUNED)
    finetune_llm.run(**inputs_of_tuning(corpus), output=output, config=config)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
