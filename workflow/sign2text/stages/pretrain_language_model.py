"""Make the initial language model: a published one, trimmed, or a small one trained here.

A published model (the paper's are mbart-large-cc25, section 4.1, and MT5-Base, table 10) is trimmed
to the tokenizer's vocabulary. Without one, a small model is pretrained on sentences that are in no
split, so that the workflow runs without downloads: mBART and mT5 by denoising, T5 and ByT5 by
writing hidden spans, GPT-2 and XGLM by predicting the next token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from sign2text.config.published_models import (
    DECODERS,
    SENTINELS,
    asked_for,
    check_published,
    manifest_of,
)
from sign2text.config.reads import Read, ReadPlace, text_to_learn
from sign2text.ground.settings import BelowOne, Probability, check_heads, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.training.settings import Training, moved

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

    from sign2text.training.history import Row

SCOPE = "common"
TRAINS = True
READS = (
    *text_to_learn("pretrain_language_model"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    ReadPlace("published", manifest_of("pretrain_language_model")),
)

log = logging.getLogger(__name__)


@stage_config
class Pretraining(Training):
    """Settings of pretraining a small model; the paper has no such training."""

    epochs: Annotated[
        int | None,
        Field(ge=1, description="epochs over the monolingual text; null: as many `steps`; ours"),
    ] = 10
    batch_size: Annotated[int, Field(ge=1, description="sentences in a batch; ours")] = 64
    warmup: Annotated[
        Probability, Field(description="share of the steps in which the rate rises; ours")
    ] = 0.1
    max_grad_norm: Annotated[
        float, Field(ge=0, description="gradients are clipped to this norm, 0: never; ours")
    ] = 1.0


@stage_config
class Config:
    RENAMED: ClassVar = moved(("epochs", "batch_size", "learning_rate", "warmup"))

    published: Annotated[
        str | None,
        Field(
            description="published model: paper is that of `architecture`; or a hub name or "
            "folder. null pretrains a small one"
        ),
    ] = "paper"
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch of it; null: the commit in published.py (ours)"),
    ] = None
    pretrained: Annotated[
        bool, Field(description='false: weights at random ("w/o pre" of table 10)')
    ] = True
    architecture: Annotated[
        Literal["mbart", "mt5", "t5", "byt5", "gpt2", "xglm"],
        Field(
            description="facebook/mbart-large-cc25 or google/mt5-base (table 10), "
            "google/t5-v1_1-base or google/byt5-base (Scaling SLT, section 3), or for methods "
            "that take a decoder dbmdz/german-gpt2 (ours) or facebook/xglm-1.7B; the small "
            "model's architecture too (ours)"
        ),
    ] = "mbart"
    layers: Annotated[int, Field(ge=1, description="small model: layers; ours")] = 3
    decoder_layers: Annotated[
        int | None,
        Field(ge=1, description="small T5, ByT5: layers of the decoder; null: `layers`; ours"),
    ] = None
    heads: Annotated[int, Field(ge=1, description="small model: attention heads; ours")] = 4
    width: Annotated[int, Field(ge=1, description="small model: hidden width; ours")] = 256
    feed_forward: Annotated[int, Field(ge=1, description="small model: feed-forward; ours")] = 1024
    positions: Annotated[
        int,
        Field(ge=8, description="small mBART, GPT-2, XGLM: longest sequence; T5s have no limit"),
    ] = 1024
    dropout: Annotated[BelowOne, Field(description="small model: dropout; ours")] = 0.1
    hidden_share: Annotated[
        Probability, Field(description="share of words that is hidden (mBART, section 2.1)")
    ] = 0.35
    span: Annotated[
        float, Field(gt=0, description="mean words in a hidden span (mBART, section 2.1)")
    ] = 3.5
    corrupted_share: Annotated[
        Probability, Field(description="T5, ByT5: share of tokens that is hidden (T5, table 6)")
    ] = 0.15
    corrupted_span: Annotated[
        float | None,
        Field(
            ge=1,
            description="T5, ByT5: mean tokens in a hidden span; null: 3 (T5, section 3.3.4), or "
            "20 bytes (ByT5, section 3.1)",
        ),
    ] = None
    multilingual: Annotated[
        bool,
        Field(
            description="learn the captions of train in all languages and the parallel text of "
            "make_captions, in place of the monolingual text; ours"
        ),
    ] = False
    training: Annotated[
        Pretraining, Field(description="small model: length, batches, optimiser and precision")
    ] = Field(default_factory=Pretraining)
    seed: Annotated[int, Field(ge=0, description="of weights, noise and order")] = 1

    @model_validator(mode="after")
    def _check_heads(self) -> Config:
        check_heads(self.width, self.heads)
        return self

    @model_validator(mode="after")
    def _check_published(self) -> Config:
        check_published(self)
        return self


def check_settings(of: Callable[[str], Any]) -> Iterator[str]:
    """Yield a message where the tokenizer is not the model's."""
    model, tokenizer = of("pretrain_language_model"), of("train_tokenizer")
    found, expected = asked_for(model), asked_for(tokenizer)
    kinds = [each.architecture for each in (model, tokenizer)]
    if found is None and expected is None and kinds[0] != kinds[1] and {*kinds} & {*SENTINELS}:
        yield (
            f"architecture: found {kinds[0]}, but train_tokenizer has {kinds[1]}; give both the "
            "same, since a small T5 or ByT5 needs the sentinels or bytes of its tokenizer"
        )
    if found is not None and found != expected:
        model, tokenizer = (" at ".join(map(str, each or ["none"])) for each in (found, expected))
        yield (
            f"published: found {model}, but train_tokenizer has {tokenizer}; give both the same "
            "published, revision and architecture"
        )


def run(
    *,
    tokenizer: Path,
    output: Path,
    config: Config,
    monolingual: Path | None = None,
    captions: Path | None = None,
    parallel: Path | None = None,
    published: Path | None = None,
    threads: int = 0,
) -> None:
    """Write config.json, generation_config.json, model.safetensors and history.tsv into `output`.

    `published` is the published model's manifest, written by fetch_model. The history of a
    model that was not trained here has only its header.
    """
    from transformers import set_seed

    from sign2text.ground.device import use_threads
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.text.text_to_learn import read_text_to_learn
    from sign2text.text.tokenizer import load_tokenizer
    from sign2text.training.model_folder import write_model

    use_threads(threads)
    words = load_tokenizer(tokenizer)
    rows: list[Row] = []
    set_seed(config.seed)
    if config.published is not None:
        model = trimmed_model(words, published, config)
    else:
        model = small_model(words, config)
        if config.pretrained:
            texts = [each for each in (monolingual, captions, parallel) if each is not None]
            sentences = read_text_to_learn(monolingual, captions, parallel)
            rows = pretrain(model, words, sentences, [*texts, tokenizer], output / STATE, config)
    write_model(output, model, rows)
    log.info("%.2f M parameters, %d tokens", model.num_parameters() / 1e6, len(words))


def trimmed_model(
    words: PreTrainedTokenizerFast, published: Path | None, config: Config
) -> PreTrainedModel:
    """Trim the published model to `words`; with `pretrained: false`, draw random weights."""
    from sign2text.config.published_models import open_model
    from sign2text.models.language_model import (
        has_own_head,
        load_language_model,
        make_language_model,
    )
    from sign2text.models.trim import trim_model
    from sign2text.text.published_tokenizer import load_published

    folder = open_model(published, *asked_for(config), weights=True)
    model = load_language_model(folder, decoders=True)
    before = model.num_parameters()
    trim_model(model, load_published(folder), words)
    log.info("%s: %.2f M parameters as published", folder, before / 1e6)
    if config.pretrained:
        return model
    return make_language_model(model.config, has_own_head(model), decoders=True)


def small_model(words: PreTrainedTokenizerFast, config: Config) -> PreTrainedModel:
    """Make a small model with random weights."""
    from sign2text.models.language_model import make_language_model

    own_head = config.architecture in ("mt5", *SENTINELS)
    return make_language_model(small_config(words, config), own_head, decoders=True)


def small_config(words: PreTrainedTokenizerFast, config: Config) -> PreTrainedConfig:
    """Return the configuration of the small model."""
    from sign2text.models.small_language_models import (
        gpt2_config,
        mbart_config,
        mt5_config,
        t5_config,
        xglm_config,
    )

    sizes = {
        "layers": config.layers,
        "heads": config.heads,
        "width": config.width,
        "feed_forward": config.feed_forward,
        "dropout": config.dropout,
    }
    if config.architecture == "mt5":
        return mt5_config(words, **sizes)
    if config.architecture in SENTINELS:
        return t5_config(words, **sizes, decoder_layers=config.decoder_layers)
    if config.architecture == "gpt2":
        return gpt2_config(words, **sizes, positions=config.positions)
    make = xglm_config if config.architecture == "xglm" else mbart_config
    return make(words, **sizes, positions=config.positions, attention_dropout=0.0)


def pretrain(
    model: PreTrainedModel,
    words: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    inputs: Sequence[Path],
    state: Path,
    config: Config,
) -> list[Row]:
    """Train a small model by its task on text: denoising, hidden spans, or the next token.

    `words` is its tokenizer; `inputs` are the files of the sentences, and of the tokenizer at the
    end. Returns the rows of the training's history.
    """
    from sign2text.losses.token_cross_entropy import TokenCrossEntropy
    from sign2text.text.text_tasks import tasks_on
    from sign2text.training.state import fingerprint
    from sign2text.training.task import Task
    from sign2text.training.trainer import train

    train_data, dev_data = tasks_on(words, sentences, inputs, config)
    if config.training.checkpointing:
        model.activation_checkpointing_enable()
    decoder = config.architecture in DECODERS
    task = Task(
        model=model,
        losses={"writing" if decoder else "denoising": TokenCrossEntropy()},
        groups=[{"params": list(model.parameters()), "lr": config.training.learning_rate}],
        train=train_data,
        dev=dev_data,
        collate=train_data.collate,
        settings=config.training,
        seed=config.seed,
        fingerprint=fingerprint("pretrain_language_model", config, inputs),
    )
    return train(task, state)


if __name__ == "__main__":
    command_line(run)
