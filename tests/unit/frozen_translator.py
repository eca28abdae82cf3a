"""A toy translator of frozen parts and one trained layer, with trainings of it."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from stub_translators import PrefixTranslator
from tiny_training import Clips, tiny_task
from torch import nn
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel, set_seed
from transformers.configuration_utils import PreTrainedConfig
from transformers.modeling_outputs import CausalLMOutput

from sign2text.config import methods
from sign2text.config.methods import Method
from sign2text.ground.errors import InputError
from sign2text.jobs.finished_trainings import STATE
from sign2text.models.translator import load_translator
from sign2text.training.model_folder import write_model
from sign2text.training.selection import Selection
from sign2text.training.trainer import train

WIDTH = 32
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
OWN = sorted(
    [
        *("head.weight", "head.bias", "norm.weight", "norm.bias"),
        *(f"{module}.{each}" for module in ("norm", "tower.norm") for each in BUFFERS),
    ]
)
"""Tensors in the translator's own file: trained parameters, and all buffers."""
BASE = Path("results/tiny/base")
MODEL = Path("results/tiny/stub/train_frozen")


class TowerConfig(PreTrainedConfig):
    model_type = "stub_tower"

    layers: int = 4


class Tower(PreTrainedModel):
    """Linear layers of one width, each after BatchNorm, as a pretrained encoder."""

    config_class = TowerConfig

    def __init__(self, config):
        super().__init__(config)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(config.layers))
        self.unused = nn.Linear(2, 2)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, x):
        x = self.norm(x)
        for layer in self.layers:
            x = x + torch.tanh(layer(x))
        return x


class Beside(nn.Module):
    """A frozen layer with a parallel trained one."""

    wrapped = "layer"

    def __init__(self, layer):
        super().__init__()
        self.layer, self.added = layer, nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x):
        return self.layer(x) + self.added(x)


class FrozenConfig(PreTrainedConfig):
    model_type = "stub_frozen"

    writes: bool = False
    adapted: bool = False


def writer():
    """Make a small GPT-2, whose head is tied to its embeddings."""
    sizes = {"n_embd": WIDTH, "n_head": 2, "n_layer": 1, "n_positions": 16, "vocab_size": WIDTH}
    return GPT2LMHeadModel(GPT2Config(**sizes))


class FrozenTranslator(PrefixTranslator):
    """Maps features to words with a frozen tower and a trained layer; or has a language model."""

    config_class = FrozenConfig
    reads = ("features",)

    def __init__(self, config):
        PreTrainedModel.__init__(self, config)
        self.tower = Tower(TowerConfig())
        del self.tower.unused
        if config.adapted:
            self.tower.layers[1] = Beside(self.tower.layers[1])
        self.norm, self.dropout = nn.BatchNorm1d(WIDTH), nn.Dropout(0.3)
        self.head = nn.Linear(WIDTH, WIDTH)
        self.language_model = writer() if config.writes else None
        self.post_init()

    def train(self, mode=True):
        super().train(mode)
        self.tower.eval()  # its statistics are frozen too
        return self

    def forward(self, features, lengths, decoder_input_ids):
        steps = self.tower(functional.pad(features, (0, WIDTH - features.shape[1])))
        steps = self.norm(steps)
        means = torch.stack([part.mean(0) for part in steps.split(lengths.tolist())])
        words = functional.one_hot(decoder_input_ids, WIDTH)
        x = self.dropout(torch.tanh(self.head(means)))[:, None] + words
        if self.language_model is not None:
            return CausalLMOutput(logits=self.language_model(inputs_embeds=x).logits)
        return CausalLMOutput(logits=x)


METHOD = Method(
    trainings=("train_frozen",),
    translating=("train_frozen",),
    translators={"stub_frozen": "frozen_translator:FrozenTranslator"},
    clips=(),
)


def make_parts(folder, *, half=False):
    """Write folders of a pretrained tower and language model; `half`: the latter in float16."""
    set_seed(7)
    Tower(TowerConfig()).save_pretrained(folder / "tower")
    (writer().half() if half else writer()).save_pretrained(folder / "language_model")
    return {"tower": folder / "tower", "language_model": folder / "language_model"}


def make_model(parts, *, seed=1, **config):
    """Make a translator with new trained layers and the used ones of `parts`."""
    set_seed(seed)
    model = FrozenTranslator(FrozenConfig(**config))
    tower = Tower.from_pretrained(parts["tower"])
    state = tower.state_dict()
    if model.config.adapted:
        state = {name.replace("layers.1.", "layers.1.layer."): v for name, v in state.items()}
    model.tower.load_state_dict(state, strict=False)
    model.frozen_parts = {"tower": Path(parts["tower"])}
    if model.config.writes:
        found = GPT2LMHeadModel.from_pretrained(parts["language_model"], dtype=torch.float32)
        model.language_model.load_state_dict(found.state_dict())
        model.frozen_parts["language_model"] = Path(parts["language_model"])
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith(("head.", "norm.")) or ".added." in name)
    return model


def task_of(model, data=None, **changes):
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    fixed = {"groups": [{"params": trained, "lr": 0.01}], "checkpoints": 6}
    return tiny_task(model, data or Clips(), **(fixed | changes))


def fit(parts, output, data=None, *, dropout=0.3, tokenizer=None, model=None, **changes):
    """Train and write a translator; resume a training with a state in `output`."""
    model = model or make_model(parts)
    model.dropout.p = dropout
    rows = train(task_of(model, data, **changes), output / STATE)
    write_model(output, model, rows, tokenizer)
    return model


def up_and_down(model, _):
    """Replace BLEU-4 on dev by a number that depends on the weights and is not best at the end."""
    return 50 + 1000 * float(model.head.weight.detach()[0, 0])


BEST = Selection(up_and_down)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Make an empty project, and register the toy method."""
    found = methods.find_methods() | {"stub": METHOD}
    monkeypatch.setattr(methods, "find_methods", lambda: found)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def parts(project):
    return make_parts(BASE)


def saved(parts, folder=MODEL, **config):
    """Save a translator without training it."""
    model = make_model(parts, **config).eval()
    model.save_pretrained(folder)
    return model


def same(model, other):
    first, second = model.state_dict(), other.state_dict()
    assert first.keys() == second.keys()
    return all(torch.equal(value, second[name]) for name, value in first.items())


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def about(folder=MODEL):
    return json.loads((folder / "config.json").read_text())


def change(folder=MODEL, part="tower", **values):
    """Edit the entry of a part in config.json."""
    config = about(folder)
    config["frozen_parts"][part] |= values
    (folder / "config.json").write_text(json.dumps(config))


def rewrite(path, edit):
    """Change the tensors of a file of weights."""
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path, {"format": "pt"})


def refused(folder=MODEL):
    """Return the message with which loading a translator is refused."""
    with pytest.raises(InputError) as caught:
        load_translator(folder)
    return str(caught.value)
