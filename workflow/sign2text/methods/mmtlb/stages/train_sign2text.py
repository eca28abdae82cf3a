"""Sign2Text: recogniser, V-L mapper and translation network learn together (section 3.3).

The loss adds CTC of the glosses and cross-entropy of the sentence's tokens, each summed over the
batch and divided by its number of clips. The recogniser comes from Sign2Gloss, the translation
network from Gloss2Text, and the mapper is new. BLEU-4 on the dev split selects the epoch to keep.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.reads import Read, Settings, frames_or_features
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.mmtlb.public_training import PublicTraining, Translating
from sign2text.text.short_clips import OnShortClip

TRAINS = True


def trains_on_frames(settings: Settings) -> bool:
    """Return whether training reads frames, because S3D is trained too."""
    return settings("train_sign2text").through_s3d


def starts_from_glosses(settings: Settings) -> bool:
    """Return whether the translation network starts from Gloss2Text."""
    return settings("train_sign2text").translation == "gloss2text"


def starts_from_text(settings: Settings) -> bool:
    """Return whether the translation network starts from the pretrained language model."""
    return not starts_from_glosses(settings)


READS_GLOSSES = True
READS = (
    *frames_or_features(trains_on_frames),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("recogniser", "train_sign2gloss", "model.safetensors"),
    Read("gloss2text", "train_gloss2text", "model.safetensors", when=starts_from_glosses),
    Read("language_model", "pretrain_language_model", "model.safetensors", when=starts_from_text),
)


@stage_config
class JointTraining(PublicTraining):
    """The public code's training on PHOENIX-2014T."""

    epochs: Annotated[
        int | None, Field(ge=1, description="epochs (public code); null: as many `steps`")
    ] = 40
    learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of the language model (public code)")
    ] = 1e-5


@stage_config
class Config(Translating):
    through_s3d: Annotated[
        bool,
        Field(
            description="train S3D too, from frames (section 3.3); false: on its stored features "
            "(public code)"
        ),
    ] = True
    mapper_input: Annotated[
        Literal["gloss_representations", "gloss_logits", "gloss_probabilities", "s3d_features"],
        Field(
            description="what the V-L mapper reads (table 6); gloss_probabilities: one linear "
            "layer started from the glosses' embeddings, as the public code has it for CSL-Daily"
        ),
    ] = "gloss_representations"
    translation: Annotated[
        Literal["gloss2text", "language_model"],
        Field(
            description="what the translation network starts from: Gloss2Text, or the language "
            "model as pretrained (table 5)"
        ),
    ] = "gloss2text"
    freeze_block1: Annotated[
        bool, Field(description="through S3D: keep its block 1 as it is; ours, as in Sign2Gloss")
    ] = True
    training: Annotated[
        JointTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=JointTraining)
    head_learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of head and mapper (public code)")
    ] = 1e-3
    visual_learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of S3D where it is trained; ours")
    ] = 1e-3
    recognition_weight: Annotated[
        float, Field(ge=0, description="of the loss of glosses (public code)")
    ] = 1.0
    on_short_clip: Annotated[
        OnShortClip,
        Field(
            description="of training clips with fewer steps than their glosses need: fail, or skip "
            "their glosses and name them in the log; ours"
        ),
    ] = "fail"
    seed: Annotated[int, Field(ge=0, description="of the mapper, dropout and order")] = 1


def check_settings(of: Settings) -> Iterator[str]:
    """Report stored features other than S3D's, if they are read."""
    config, stored = of("train_sign2text"), of("extract_features")
    if not config.through_s3d and stored.feature != "s3d":
        yield (
            f"through_s3d: found false, which reads S3D's stored features; expected "
            f"extract_features.feature s3d, found {stored.feature}"
        )


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    recogniser: Path,
    output: Path,
    config: Config,
    train_features: Path | None = None,
    dev_features: Path | None = None,
    train_frames: Path | None = None,
    dev_frames: Path | None = None,
    gloss2text: Path | None = None,
    language_model: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the whole translator, S3D included, its tokenizer and history.tsv into `output`.

    Give stored features, or frame stores with `through_s3d`. Also give the model of Gloss2Text, or
    the language model alone.

    Raises:
        InputError: a clip has no glosses, or too few steps for them; features are from another
            model; a clip is too long for the language model.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.mmtlb.build_translator import build_translator
    from sign2text.methods.mmtlb.joint_task import joint_task, read_clips
    from sign2text.text.tokenizer import load_tokenizer
    from sign2text.training.dev_bleu import bleu_selection
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    words = load_tokenizer(tokenizer)
    manifests = {"train": train_manifest, "dev": dev_manifest}
    given = {
        "train": {"features": train_features, "frames": train_frames},
        "dev": {"features": dev_features, "frames": dev_frames},
    }
    model = build_translator(recogniser.parent, gloss2text, language_model, words, config)
    data = {
        split: read_clips(split, manifest, given[split], words, model, config)
        for split, manifest in manifests.items()
    }
    stores = [train_features, dev_features]
    if train_features is None:
        stores = [index_path(train_frames), index_path(dev_frames)]
    inputs = [*stores, recogniser, gloss2text or language_model, *manifests.values(), tokenizer]
    texts = read_manifest(dev_manifest)["text"]
    task = joint_task(
        config,
        model,
        words,
        data,
        fingerprint=fingerprint("train_sign2text", config, inputs),
        selection=bleu_selection(words, data["dev"], texts, config),
    )
    write_model(output, model, train(task, output / STATE), words)


if __name__ == "__main__":
    command_line(run)
