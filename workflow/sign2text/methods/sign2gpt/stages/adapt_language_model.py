"""Adapt a language model to sign features: gates and increments learn to translate (section 4.2).

The language model stays frozen. Backbone and sign encoder start from the pretraining on
pseudo-glosses; they are trained further, or stay frozen too (Sign(Z)2GPT). The epoch with the best
BLEU-4 on dev is kept, decoded by beam search; the public code selects by teacher-forced BLEU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sign2text.config.reads import Read, Settings, frames_or_features
from sign2text.ground.settings import Beams, BelowOne, NewTokens, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.methods.sign2gpt.public_training import PublicTraining
from sign2text.training.dev_decoding import DevDecoding

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.data.clips import Clips
    from sign2text.methods.sign2gpt.translator import SignTranslator
    from sign2text.training.task import Task

TRAINS = True


def trains_on_frames(settings: Settings) -> bool:
    """Return whether training reads frames and also trains backbone and sign encoder."""
    return settings("adapt_language_model").through_encoder


def reads_stored(settings: Settings) -> bool:
    """Return whether training reads stored features of the frame encoder instead of frames."""
    return trains_on_frames(settings) and settings("pretrain_prototypes").stored_features


READS = (
    *frames_or_features(trains_on_frames),
    Read("train_encoded", "encode_frames", "train.safetensors", when=reads_stored),
    Read("dev_encoded", "encode_frames", "dev.safetensors", when=reads_stored),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("language_model", "pretrain_language_model", "model.safetensors"),
    Read("prototypes", "pretrain_prototypes", "model.safetensors"),
)


@stage_config
class Config(DevDecoding):
    through_encoder: Annotated[
        bool,
        Field(
            description="train spatial backbone and sign encoder too, from frames; false: on their "
            "stored features (Sign(Z)2GPT, table 2)"
        ),
    ] = True
    decoder: Annotated[
        GatedDecoderConfig, Field(description="what is added to the language model")
    ] = Field(default_factory=GatedDecoderConfig)
    training: Annotated[
        PublicTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=PublicTraining)
    gate_rate: Annotated[
        float,
        Field(gt=0, description="factor of the learning rate of the gates; 1 as published; ours"),
    ] = 1.0
    label_smoothing: Annotated[BelowOne, Field(description="public code")] = 0.1
    most_tokens: Annotated[
        int,
        Field(
            ge=3,
            description="tokens of a sentence with the first and the last one; training cuts "
            "longer ones (public code)",
        ),
    ] = 64
    dropout: Annotated[
        BelowOne | None, Field(description="the language model's; null keeps its own (public code)")
    ] = None
    attention_dropout: Annotated[BelowOne | None, Field(description="the same (public code)")] = (
        None
    )
    dev_beams: Annotated[Beams, Field(description="beam width on dev (public code)")] = 4
    dev_max_new_tokens: Annotated[
        NewTokens, Field(description="longest hypothesis on dev, in tokens (public code)")
    ] = 63
    seed: Annotated[int, Field(ge=0, description="of what is added, dropout and order")] = 1


def check_settings(of: Settings) -> Iterator[str]:
    """Yield a message where the language model or the stored features are of the wrong kind."""
    config, stored = of("adapt_language_model"), of("extract_features")
    language_model = of("pretrain_language_model")
    if (found := language_model.architecture) != "xglm":
        yield (
            f"found pretrain_language_model.architecture {found}, expected xglm: gates are added "
            "to the attention of a decoder"
        )
    if language_model.published is None and language_model.positions < config.most_tokens:
        yield (
            f"most_tokens: found {config.most_tokens}, expected at most "
            f"{language_model.positions}, pretrain_language_model.positions"
        )
    if not config.through_encoder and stored.feature != "sign_features":
        yield (
            "through_encoder: found false, which reads stored features; expected "
            f"extract_features.feature sign_features, found {stored.feature}"
        )


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    language_model: Path,
    prototypes: Path,
    output: Path,
    config: Config,
    train_features: Path | None = None,
    dev_features: Path | None = None,
    train_frames: Path | None = None,
    dev_frames: Path | None = None,
    train_encoded: Path | None = None,
    dev_encoded: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the translator, its tokenizer and history.tsv into the folder `output`.

    Give frame stores, or stored features with `through_encoder: false`. Checkpoints and TensorBoard
    logs are in `output`/state; a killed training resumes from there.

    Args:
        train_encoded, dev_encoded: features of every frame, written by encode_frames. Training
            reads them instead of images if the frame encoder has no increments.

    Raises:
        InputError: the language model is not an XGLM, features come from another model, or a clip
            is too long for the learned positions.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.sign2gpt.build_translator import build_translator
    from sign2text.text.tokenizer import load_tokenizer
    from sign2text.training.dev_bleu import bleu_selection
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    words = load_tokenizer(tokenizer)
    model = build_translator(prototypes.parent, language_model.parent, config)
    given = {
        "train": (train_manifest, {"features": train_features, "frames": train_frames}),
        "dev": (dev_manifest, {"features": dev_features, "frames": dev_frames}),
    }
    encoded = {"train": train_encoded, "dev": dev_encoded}
    data = {
        split: read_clips(split, *paths, words, model, config, encoded[split])
        for split, paths in given.items()
    }
    stores = [train_features, dev_features]
    if train_features is None:
        stores = [index_path(train_frames), index_path(dev_frames)]
    inputs = [*stores, prototypes, language_model, train_manifest, dev_manifest, tokenizer]
    inputs += [each for each in encoded.values() if each]
    depends_on = fingerprint("adapt_language_model", config, inputs)
    selection = bleu_selection(words, data["dev"], read_manifest(dev_manifest)["text"], config)
    task = task_of(config, model, words, data, fingerprint=depends_on, selection=selection)
    write_model(output, model, train(task, output / STATE), words)


def read_clips(
    split: str,
    manifest: Path,
    given: Mapping[str, Path | None],
    words: PreTrainedTokenizerFast,
    model: SignTranslator,
    config: Config,
    encoded: Path | None = None,
) -> Clips:
    """Open the clips of `split` (train or dev), with sentences cut to `most_tokens`.

    Args:
        encoded: features of every frame, read instead of frames.
    """
    from sign2text.data.clips import check_lengths
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.frame_store import FrameStore
    from sign2text.data.manifest import read_manifest
    from sign2text.text.tokenizer import encode_targets

    rows = read_manifest(manifest)
    # The limit includes the start token. The public code may cut off the end token as well.
    targets = [each[: config.most_tokens - 1] for each in encode_targets(words, rows["text"])]
    ids, seed = rows["id"].tolist(), config.seed if split == "train" else None
    if encoded is not None:
        frames, stored = FrameStore(given["frames"]), FeatureStore(encoded)
        clips = model.encoder.open_clips(frames, ids, targets, seed, stored)
    else:
        clips = model.read_clips(ids, targets, given, seed=seed, option=f"{split}-")
    check_lengths(clips, model.positions)
    return clips


def task_of(
    config: Config,
    model: SignTranslator,
    words: PreTrainedTokenizerFast,
    data: Mapping[str, Clips],
    **more: Any,
) -> Task:
    """Return the training task (cross-entropy of the sentences' tokens); `data` is by split."""
    from sign2text.data.clips import Collator
    from sign2text.losses.token_cross_entropy import TokenCrossEntropy
    from sign2text.training.task import Task

    return Task(
        model=model,
        losses={"translation": TokenCrossEntropy(config.label_smoothing)},
        groups=parameter_groups(config, model),
        train=data["train"],
        dev=data["dev"],
        collate=Collator(data["train"].key, words.pad_token_id, model.start_token),
        settings=config.training,
        seed=config.seed,
        parts=model.parts(),
        **more,
    )


def parameter_groups(config: Config, model: SignTranslator) -> list[dict[str, Any]]:
    """Group parameters for the optimiser: gates and others, with and without weight decay."""
    from sign2text.methods.sign2gpt.public_training import WITHOUT_DECAY
    from sign2text.training.optimisers import without_decay

    rate = config.training.learning_rate
    trained = [(name, each) for name, each in model.named_parameters() if each.requires_grad]
    gates = [each for name, each in trained if name.endswith(".gate")]
    rest = [each for name, each in trained if not name.endswith(".gate")]
    groups = [{"params": rest, "lr": rate}, {"params": gates, "lr": rate * config.gate_rate}]
    return without_decay(model, groups, WITHOUT_DECAY)


if __name__ == "__main__":
    command_line(run)
