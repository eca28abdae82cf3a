"""A small method for tests: a decoder that is given the mean colours of frames before the words."""

from pathlib import Path

import torch
from stub_translators import PrefixConfig, PrefixTranslator
from transformers.modeling_outputs import CausalLMOutput

from sign2text.config.methods import Method
from sign2text.config.reads import Read, ReadPlace, stored_frames
from sign2text.config.stages import Stage
from sign2text.data.clips import Collator, FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.ground.settings import stage_config
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.text.tokenizer import encode_targets, load_tokenizer
from sign2text.training.model_folder import write_model
from sign2text.training.selection import Selection
from sign2text.training.settings import Training
from sign2text.training.task import Task
from sign2text.training.trainer import train


@stage_config
class PickConfig:
    every: int = 2


def pick_colours(*, frames: Path, output: Path, config: PickConfig) -> None:
    """Mean colours of every second frame of a clip: a stage with a loop that knows no limit."""
    store, rows = FrameStore(frames), []
    for clip, length in enumerate(store.lengths):
        shown = torch.from_numpy(store.read(clip, range(0, length, config.every)))
        rows.append(shown.float().mean((1, 2)))
    write_features(output, store.ids, [*map(len, rows)], [torch.cat(rows)], feature="colours")


@stage_config
class WordsConfig:
    training: Training = Training(epochs=None, steps=24, dev_steps=10, batch_size=4)
    seed: int = 3


class WordsConfigOfModel(PrefixConfig):
    model_type = "stub_words"


class WordsTranslator(PrefixTranslator):
    """A decoder that is given colours before the words."""

    config_class = WordsConfigOfModel
    reads = ("features",)

    def open_clips(self, ids, targets, given, *, seed, option):
        return FeatureClips(FeatureStore(given["features"]), ids, targets, seed=seed)

    def to_features(self, lengths, features):
        return features

    def forward(self, features, lengths, decoder_input_ids):
        before, mask = self.before(features, lengths)
        words = self.language_model.get_input_embeddings()(decoder_input_ids)
        mask = torch.cat([mask, mask.new_ones(decoder_input_ids.shape)], 1)
        both = torch.cat([before, words], 1)
        logits = self.language_model(inputs_embeds=both, attention_mask=mask).logits
        return CausalLMOutput(logits=logits[:, before.shape[1] :])


MEASURED = []


def train_words(
    *,
    train_features: Path,
    dev_features: Path,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    output: Path,
    config: WordsConfig,
    unused: Path | None = None,
) -> None:
    words = load_tokenizer(tokenizer)
    sizes = {
        "n_embd": 16, "n_head": 2, "n_layer": 1, "n_positions": 256, "vocab_size": len(words),
        "bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }  # fmt: skip
    model = WordsTranslator(WordsConfigOfModel(language_model=sizes, features=3))
    data = {}
    for split, manifest, features in (
        ("train", train_manifest, train_features),
        ("dev", dev_manifest, dev_features),
    ):
        rows = read_manifest(manifest)
        targets = encode_targets(words, rows["text"])
        data[split] = model.read_clips(rows["id"].tolist(), targets, {"features": features}, seed=1)

    def errors(model, over):
        MEASURED.append([*over(lambda clip: clip, range(len(data["dev"])))])
        return 0.0

    task = Task(
        model=model,
        losses={"words": TokenCrossEntropy()},
        groups=[{"params": list(model.parameters()), "lr": 0.01}],
        collate=Collator("features", words.pad_token_id, words.start_token_id),
        settings=config.training,
        seed=config.seed,
        selection=Selection(errors, every=2, metric="wer", name="WER", better="lower"),
        **data,
    )
    write_model(output, model, train(task, output / "state"), words)


def stage(name, config, run, reads, **more):
    return Stage(name, f"words.{name}", config, run, "words", lambda method: reads, **more)


READS = (
    Read("train_features", "pick_colours", "train.safetensors"),
    Read("dev_features", "pick_colours", "dev.safetensors"),
    Read("train_manifest", "make_manifest", "train.tsv"),
    Read("dev_manifest", "make_manifest", "dev.tsv"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    ReadPlace("unused", lambda settings: "resources/words/list.txt"),
)
METHOD = Method(
    trainings=("train_words",),
    translating=("train_words",),
    translators={"stub_words": "words_method:WordsTranslator"},
    clips=(Read("features", "pick_colours", "{split}.safetensors"),),
)
STAGES = (
    stage("pick_colours", PickConfig, pick_colours, (stored_frames("sample_frames"),)),
    stage("train_words", WordsConfig, train_words, READS, trains=True, planned=True),
)
