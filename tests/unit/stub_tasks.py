"""Three small training tasks like those of later methods; as a script, kill and resume them.

python stub_tasks.py FOLDER                     each killed (SIGTERM, SIGKILL) and resumed
python -m torch.distributed.run ... FOLDER      each trained by all processes together

Weights and history of each training are written to FOLDER as <name>.safetensors and <name>.json.
"""

import gc
import importlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel, XGLMConfig, XGLMForCausalLM, set_seed
from transformers.utils import ModelOutput

sys.path.insert(0, str(Path(__file__).parent))
from crash_points import in_a_fork
from tiny_training import Clips, TinyConfig

from sign2text.data.batches import pad_flat
from sign2text.data.clips import IGNORED, pad_targets
from sign2text.ground.processes import process_count, processes
from sign2text.losses.ctc import CTC
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.training.mixing import Mixture, Source
from sign2text.training.optimisers import without_decay
from sign2text.training.selection import Selection
from sign2text.training.settings import Training
from sign2text.training.task import Task
from sign2text.training.trainer import train


@dataclass
class Outputs(ModelOutput):
    logits: torch.Tensor | None = None
    gloss_logits: torch.Tensor | None = None
    gloss_lengths: torch.Tensor | None = None


class Recognition(PreTrainedModel):
    """A model of glosses at each step by CTC, and of the sentence from the mean of the steps."""

    config_class = TinyConfig

    def __init__(self, dropout=0.3):
        super().__init__(TinyConfig())
        self.steps, self.words = nn.Linear(3, 8), nn.Embedding(6, 8)
        self.dropout, self.gloss, self.text = nn.Dropout(dropout), nn.Linear(8, 4), nn.Linear(8, 6)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, features, lengths, decoder_input_ids):
        steps, _ = pad_flat(self.dropout(torch.tanh(self.steps(features))), lengths)
        means = steps.sum(1) / lengths[:, None]
        return Outputs(
            gloss_logits=self.gloss(steps),
            gloss_lengths=lengths,
            logits=self.text(means[:, None] + self.words(decoder_input_ids)),
        )


class Either(PreTrainedModel):
    """A model of a sentence from the steps of a clip, or from another sentence."""

    config_class = TinyConfig

    def __init__(self, dropout=0.3):
        super().__init__(TinyConfig())
        self.steps, self.source = nn.Linear(3, 8), nn.Embedding(6, 8)
        self.dropout, self.text = nn.Dropout(dropout), nn.Linear(8, 6)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, length, features=None, lengths=None, source=None):
        if source is None:
            steps, _ = pad_flat(self.steps(features), lengths)
            mean = steps.sum(1) / lengths[:, None]
        else:
            mean = self.source(source).mean(1)
        logits = self.text(self.dropout(mean))[:, None]
        return Outputs(logits=logits.expand(-1, int(length.max()), -1))


class Annotated(Clips):
    """Sentences of different lengths; glosses for all clips except every third."""

    def __getitem__(self, item):
        found, clip = super().__getitem__(item), item[0]
        glosses = [] if clip % 3 == 0 else [1 + clip % 3] * (1 + (self.lengths[clip] > 3))
        return found | {"target": [3 + clip % 2] * (1 + clip % 5) + [2], "glosses": glosses}


class Sentences(Clips):
    """Tokens alone, of different lengths."""

    def __getitem__(self, item):
        super().__getitem__(item)
        clip, epoch = item
        return [1, *((clip + epoch + n) % 3 + 3 for n in range(self.lengths[clip])), 2]


def signs(items):
    """Collate concatenated steps of clips, and their lengths."""
    return {
        "features": torch.cat([item["steps"] for item in items]),
        "lengths": torch.tensor([len(item["steps"]) for item in items]),
    }


def padded(rows, filler):
    longest = max(1, *map(len, rows))
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])


def collate_annotated(items):
    batch = signs(items) | pad_targets([item["target"] for item in items], 1, 0)
    return batch | {"gloss_labels": padded([item["glosses"] for item in items], IGNORED)}


def collate_tokens(rows):
    """Collate a decoder's tokens and, as labels, the tokens after them."""
    tokens = padded([row[:-1] for row in rows], 0)
    return {
        "input_ids": tokens,
        "attention_mask": tokens.ne(0).long(),
        "labels": padded([row[1:] for row in rows], IGNORED),
    }


def collate_signed(items):
    labels = padded([item["target"] for item in items], IGNORED)
    return signs(items) | {"labels": labels, "length": torch.tensor([labels.shape[1]])}


def collate_written(rows):
    """Collate the first word of each sentence as source, and the whole sentence as labels."""
    labels = padded([row[1:] for row in rows], IGNORED)
    first = torch.tensor([[row[1]] for row in rows])
    return {"source": first, "text_labels": labels, "length": torch.tensor([labels.shape[1]])}


def mean_weight(model, over):
    """Replacement for a metric of decoded text, with its lowest value before the end."""
    total = sum(over(lambda number: float(model.text.weight.detach()[number].sum()), range(3)))
    return abs(total + 0.3)


def recognition(dropout=0.3, data=Annotated, **settings):
    """CTC and cross-entropy, each with its divisor; Adam with L2 decay; the lowest error rate."""
    model = Recognition(dropout)
    groups = without_decay(model, [{"params": list(model.parameters()), "lr": 0.02}])
    default = {"epochs": 2, "batch_size": 4, "optimizer": "adam", "betas": [0.9, 0.998]}
    default |= {"weight_decay": 0.01, "accumulation": 2, "warmup": 0.2}
    return Task(
        model=model,
        losses={"ctc": CTC(), "text": TokenCrossEntropy(0.1)},
        weights={"ctc": 0.5},
        groups=groups,
        train=data(),
        dev=Annotated(),
        collate=collate_annotated,
        settings=Training(**(default | settings)),
        seed=1,
        parts={"visual": model.steps, "gloss": model.gloss},
        selection=Selection(mean_weight, metric="wer", name="WER", better="lower"),
        checkpoints=6,
    )


def decoder_only(dropout=0.3, data=Sentences, **settings):
    """A language model of the decoder alone, by steps, with Adafactor; the lowest loss on dev."""
    model = XGLMForCausalLM(
        XGLMConfig(
            vocab_size=7, d_model=8, ffn_dim=16, num_layers=1, attention_heads=2, dropout=dropout,
            attention_dropout=dropout, activation_dropout=dropout, max_position_embeddings=16,
        )
    )  # fmt: skip
    model.set_attn_implementation("eager")
    default = {"epochs": None, "steps": 10, "batch_size": 4, "optimizer": "adafactor"}
    default |= {"schedule": "constant", "warmup": 0.2, "dev_steps": 4, "max_grad_norm": 1.0}
    return Task(
        model=model,
        losses={"text": TokenCrossEntropy()},
        groups=[{"params": list(model.parameters()), "lr": 0.02}],
        train=data(),
        dev=Sentences(),
        collate=collate_tokens,
        settings=Training(**(default | settings)),
        seed=1,
        selection=Selection(None, metric="loss", name="loss", better="lower"),
        checkpoints=4,
    )


def mixed(dropout=0.3, data=Annotated, **settings):
    """Two tasks in one batch, two clips for each sentence; dev has clips alone."""
    model = Either(dropout)
    default = {"epochs": 2, "batch_size": 6, "schedule": "one_cycle", "warmup": 0.3}
    return Task(
        model=model,
        losses={"signed": TokenCrossEntropy(), "written": TokenCrossEntropy(target="text_labels")},
        groups=[{"params": list(model.parameters()), "lr": 0.02}],
        train=(
            mixture := Mixture(
                {
                    "signed": Source(data(), collate_signed, 2.0),
                    "written": Source(Sentences(), collate_written, 1.0),
                }
            )
        ),
        dev=Annotated(),
        collate=mixture.collate,
        dev_collate=collate_signed,
        settings=Training(**(default | settings)),
        seed=1,
        checkpoints=6,
    )


TASKS = {"recognition": recognition, "decoder_only": decoder_only, "mixed": mixed}
DATA = {"recognition": Annotated, "decoder_only": Sentences, "mixed": Annotated}
ENDED = 31
"""Number of the item that ends a training when read: in the second epoch, after a checkpoint."""


def fit(name, state, **changes):
    """Train a task, and return its weights and history."""
    set_seed(1)
    task = TASKS[name](**changes)
    rows = train(task, state)
    return {key: value.clone() for key, value in task.model.state_dict().items()}, rows


def ending(name, number):
    """Make items of a task that send the process a signal when item ENDED is read."""

    class Ending(DATA[name]):
        def __getitem__(self, item):
            if self.read == ENDED:
                os.kill(os.getpid(), number)
            return super().__getitem__(item)

    return Ending


def end(name, state, number):
    """Train a task until a signal arrives, and end the process with the training's exit code."""
    try:
        fit(name, state, data=ending(name, number))
    except SystemExit as ended:
        os._exit(ended.code)


def note(place, weights, rows):
    save_file({key: value.contiguous() for key, value in weights.items()}, f"{place}.safetensors")
    Path(f"{place}.json").write_text(json.dumps(rows))


def kill_and_resume(folder):
    """Train each task undisturbed, and again for each signal that ends it halfway."""
    torch.set_num_threads(1)  # before any computation, because threads do not survive a fork
    importlib.import_module("torch.utils.tensorboard")  # once for all forks
    gc.freeze()  # otherwise each fork would copy the objects that it traverses

    def finish(name, run):
        found = fit(name, folder / "states" / run)
        note(folder / run, *found)

    for name in TASKS:
        assert in_a_fork(partial(finish, name, name)) == 0
        for number in (signal.SIGTERM, signal.SIGKILL):
            run = f"{name}-{number:d}"
            state = folder / "states" / run
            ended = in_a_fork(partial(end, name, state, number))
            saved = sorted(path.name for path in state.glob("checkpoint-*"))
            assert in_a_fork(partial(finish, name, run)) == 0
            (folder / f"{run}.ended").write_text(json.dumps([ended, saved]))


def train_together(folder):
    """Train each task without dropout, in parts so small that some give a process no clip."""
    number = processes().number
    for name in TASKS:
        state = folder / "states" / f"{name}-two"
        note(folder / f"{name}-{number}", *fit(name, state, dropout=0.0, accumulation=2))


if __name__ == "__main__":
    (train_together if process_count() > 1 else kill_and_resume)(Path(sys.argv[1]))
