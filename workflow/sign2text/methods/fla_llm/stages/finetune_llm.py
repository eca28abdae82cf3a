"""LLM fine-tuning: LLM-Adapter and language model learn from the frozen features (section 3.3).

Light-T is discarded. The visual encoder's features go through the LLM-Adapter into the encoder of
mBART (or mT5), where they replace word embeddings. LLM-Adapter and language model are trained.
BLEU-4 on the dev split selects the epoch to keep. The paper's ablations also train parts of the
visual encoder (`trained_visual`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from sign2text.config.published_models import DECODERS
from sign2text.config.reads import Read, Settings, frames_or_features
from sign2text.ground.settings import BelowOne, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.training.dev_decoding import DevDecoding
from sign2text.training.settings import Training, moved

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.data.clips import Clips
    from sign2text.methods.fla_llm.translator import LLMTranslator
    from sign2text.training.task import Task

TRAINS = True


def trains_on_frames(settings: Settings) -> bool:
    """Return whether training reads frames, because it trains the frame encoder too."""
    return settings("finetune_llm").trained_visual == "all"


READS = (
    *frames_or_features(trains_on_frames),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("language_model", "pretrain_language_model", "model.safetensors"),
    Read("visual_init", "visual_init", "model.safetensors"),
)


@stage_config
class TuningTraining(Training):
    """The paper's training of language model and LLM-Adapter."""

    epochs: Annotated[
        int | None,
        Field(ge=1, description="epochs; the paper does not say, ours; null: as many `steps`"),
    ] = 80
    batch_size: Annotated[
        int, Field(ge=1, description="clips in a batch on average (section 4.1)")
    ] = 16
    learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of the language model (section 4.1)")
    ] = 1e-5
    weight_decay: Annotated[
        float, Field(ge=0, description="weight decay; with adamw 0 is Adam (section 4.1)")
    ] = 0.0


@stage_config
class Config(DevDecoding):
    RENAMED: ClassVar = moved(
        (
            *("epochs", "batch_size", "learning_rate", "warmup", "weight_decay", "max_grad_norm"),
            *("precision", "accumulation", "checkpointing", "workers"),
        )
    )

    trained_visual: Annotated[
        Literal["nothing", "temporal_module", "all"],
        Field(
            description="what of the visual encoder is trained too (table 9); with temporal_module "
            "frame-wise features are read, with all frames"
        ),
    ] = "nothing"
    training: Annotated[
        TuningTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=TuningTraining)
    adapter_learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of the LLM-Adapter (section 4.1)")
    ] = 1e-3
    visual_learning_rate: Annotated[
        float,
        Field(
            gt=0,
            description="highest rate of what trained_visual names; ours: between the paper's "
            "for pretrained weights (1e-5) and for new ones (1e-3)",
        ),
    ] = 1e-4
    label_smoothing: Annotated[BelowOne, Field(description="section 4.1")] = 0.2
    dropout: Annotated[
        BelowOne | None,
        Field(description="the language model's (GFSLT-VLP); null keeps its own"),
    ] = 0.3
    attention_dropout: Annotated[
        BelowOne | None,
        Field(description="the same; of no use to T5, which has one rate for all"),
    ] = 0.1
    seed: Annotated[int, Field(ge=0, description="of the adapter, dropout and order")] = 1


def check_settings(of: Settings) -> Iterator[str]:
    """Report features that do not fit the trained parts, and a language model without encoder."""
    if (found := of("pretrain_language_model").architecture) in DECODERS:
        yield (
            f"found pretrain_language_model.architecture {found}, expected mbart or mt5: features "
            "are read by an encoder, which such a model lacks"
        )
    trained, feature = of("finetune_llm").trained_visual, of("extract_features").feature
    if trained == "temporal_module" and feature != "frame_wise":
        yield (
            f"trained_visual: found temporal_module, which reads what comes before it; expected "
            f"extract_features.feature frame_wise, found {feature}"
        )
    if trained == "all" and feature != "sign_wise":
        yield (
            f"trained_visual: found all, which reads frames and trains the encoder up to its "
            f"sign-wise features; expected extract_features.feature sign_wise, found {feature}"
        )


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    language_model: Path,
    visual_init: Path,
    output: Path,
    config: Config,
    train_features: Path | None = None,
    dev_features: Path | None = None,
    train_frames: Path | None = None,
    dev_frames: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the whole translator, visual encoder included, and its tokenizer into `output`.

    history.tsv (training/history.py) in the same folder also names the kept epoch.
    Checkpoints and TensorBoard logs are in `output`/state; a killed training resumes from there.

    Give stored features, or, with `trained_visual: all`, frame stores.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.fla_llm.llm_translator import build_translator, stored_feature
    from sign2text.text.tokenizer import load_tokenizer
    from sign2text.training.dev_bleu import bleu_selection
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    words = load_tokenizer(tokenizer)
    stored = stored_feature(train_features)
    model = build_translator(visual_init.parent, language_model.parent, stored, config)
    given = {
        "train": (train_manifest, train_features, train_frames),
        "dev": (dev_manifest, dev_features, dev_frames),
    }
    data = {
        split: read_clips(split, *paths, words, model, config) for split, paths in given.items()
    }
    stores = [train_features, dev_features]
    if train_features is None:
        stores = [index_path(train_frames), index_path(dev_frames)]
    inputs = [*stores, visual_init, language_model, train_manifest, dev_manifest, tokenizer]
    depends_on = fingerprint("finetune_llm", config, inputs)
    selection = bleu_selection(words, data["dev"], read_manifest(dev_manifest)["text"], config)
    task = task_of(config, model, words, data, fingerprint=depends_on, selection=selection)
    write_model(output, model, train(task, output / STATE), words)


def read_clips(
    split: str,
    manifest: Path,
    features: Path | None,
    frames: Path | None,
    tokenizer: PreTrainedTokenizerFast,
    model: LLMTranslator,
    config: Config,
) -> Clips:
    """Open the clips of `split`, train or dev, for `model`: stored features or frames.

    Raises:
        InputError: see `model.read_clips`; or a clip is too long for the language model.
    """
    from sign2text.data.clips import check_lengths
    from sign2text.data.manifest import read_manifest
    from sign2text.text.tokenizer import encode_targets

    rows = read_manifest(manifest)
    clips = model.read_clips(
        rows["id"].tolist(),
        encode_targets(tokenizer, rows["text"]),
        {"features": features, "frames": frames},
        seed=config.seed if split == "train" else None,
        option=f"{split}-",
    )
    check_lengths(clips, model.positions)
    return clips


def task_of(
    config: Config,
    model: LLMTranslator,
    tokenizer: PreTrainedTokenizerFast,
    data: Mapping[str, Clips],
    **more: Any,
) -> Task:
    """Return the training task (section 3.3); `data` has the clips of train and dev."""
    from sign2text.methods.fla_llm.task import translation_task

    groups = parameter_groups(config, model)
    return translation_task(config, model, tokenizer, data, groups, **more)


def parameter_groups(config: Config, model: LLMTranslator) -> list[dict[str, Any]]:
    """Group the optimiser's parameters: language model, adapter, trained visual encoder parts."""
    groups = [
        {"params": list(model.language_model.parameters()), "lr": config.training.learning_rate},
        {"params": list(model.adapter.parameters()), "lr": config.adapter_learning_rate},
    ]
    if visual := [each for each in model.encoder.parameters() if each.requires_grad]:
        groups.append({"params": visual, "lr": config.visual_learning_rate})
    return groups


if __name__ == "__main__":
    command_line(run)
