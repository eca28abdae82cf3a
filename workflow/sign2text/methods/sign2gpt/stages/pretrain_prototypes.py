"""Pretraining on pseudo-glosses: which words of its sentence a clip shows (section 4.3).

Spatial backbone and sign encoder learn to bring the sign features of a clip close to the word
vectors of its pseudo-glosses, whose times are unknown. The epoch with the best F1 on dev is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from sign2text.config.reads import Read, Settings, kept_clips, stored_frames
from sign2text.data.augmentation import Augmentation
from sign2text.ground.settings import BelowOne, Probability, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.sign2gpt.prototype_config import PrototypeConfig, blocks_of
from sign2text.methods.sign2gpt.public_training import PublicTraining, public_augmentation
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig

if TYPE_CHECKING:
    from sign2text.data.clips import Clips
    from sign2text.methods.sign2gpt.build_prototypes import PseudoGlosses
    from sign2text.methods.sign2gpt.prototype_model import PrototypeModel
    from sign2text.training.task import Task

TRAINS = True


def pretrains(settings: Settings) -> bool:
    """Return whether the model is pretrained on pseudo-glosses at all."""
    return settings("pretrain_prototypes").training.epochs != 0


def reads_stored(settings: Settings) -> bool:
    """Return whether training reads stored features of frames instead of frames."""
    return pretrains(settings) and settings("pretrain_prototypes").stored_features


READS = (
    stored_frames("sample_frames", "train_", "train"),
    stored_frames("sample_frames", "dev_", "dev"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    Read("frame_encoder", "pretrain_frame_encoder", "model.safetensors"),
    Read("train_encoded", "encode_frames", "train.safetensors", when=reads_stored),
    Read("dev_encoded", "encode_frames", "dev.safetensors", when=reads_stored),
    Read("train_pseudo_glosses", "generate_pseudo_glosses", "train.tsv", when=pretrains),
    Read("dev_pseudo_glosses", "generate_pseudo_glosses", "dev.tsv", when=pretrains),
    Read("vocabulary", "generate_pseudo_glosses", "vocabulary.tsv", when=pretrains),
    Read("vectors", "embed_pseudo_glosses", "vectors.safetensors", when=pretrains),
)


@stage_config
class PrototypeTraining(PublicTraining):
    """Training on pseudo-glosses as in the public code."""

    epochs: Annotated[
        int | None,
        Field(
            ge=0,
            description="epochs (section 5.1); 0: the untrained model is written, without pseudo-"
            "gloss pretraining (table 2); null: as many `steps`",
        ),
    ] = 100


@stage_config
class Config:
    lora_blocks: Annotated[
        list[Annotated[int, Field(ge=0)]] | None,
        Field(
            description="blocks of the frame encoder with increments, from 0; null: its last three "
            "(public code), or none if it is a ResNet or with stored_features; []: none (table 4)"
        ),
    ] = None
    lora_rank: Annotated[int, Field(ge=1, description="rank of an increment (section 5.1)")] = 4
    lora_alpha: Annotated[
        float, Field(gt=0, description="an increment's factor times its rank (section 5.1)")
    ] = 4.0
    lora_dropout: Annotated[BelowOne, Field(description="of increments (section 5.1)")] = 0.1
    train_frame_encoder: Annotated[
        bool, Field(description="train the frame encoder itself too; ours")
    ] = False
    stored_features: Annotated[
        bool,
        Field(
            description="read encode_frames' features of every frame instead of images, which "
            "needs lora_blocks: [] and is without augmentation; ours"
        ),
    ] = False
    frame_stride: Annotated[
        int, Field(ge=1, description="frames from one that is used to the next (public code)")
    ] = 2
    frame_play: Annotated[
        int,
        Field(ge=1, description="first frames that training may start with (public code); as many "
              "at the end may be left out"),
    ] = 4  # fmt: skip
    most_frames: Annotated[
        int, Field(ge=1, description="frames that are used at most (public code)")
    ] = 256
    crop_height: Annotated[int, Field(ge=16, description="height of the crop (section 5.1)")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the crop (section 5.1)")] = 224
    augmentation: Annotated[
        Augmentation, Field(description="changes of a clip's frames in training (public code)")
    ] = Field(default_factory=public_augmentation)
    sign_encoder: Annotated[SignEncoderConfig, Field(description="the sign encoder")] = Field(
        default_factory=SignEncoderConfig
    )
    prototypes: Annotated[PrototypeConfig, Field(description="the prototypes")] = Field(
        default_factory=PrototypeConfig
    )
    loss_weight: Annotated[
        float, Field(gt=0, description="factor of the mean binary cross-entropy (public code)")
    ] = 10.0
    training: Annotated[
        PrototypeTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=PrototypeTraining)
    threshold: Annotated[
        Probability, Field(description="score from which a pseudo-gloss is found (public code)")
    ] = 0.5
    select_by: Annotated[
        Literal["macro_f1", "f1"],
        Field(
            description="F1 on dev that selects an epoch: the mean over pseudo-glosses that occur "
            "(public code), or that of all finds together"
        ),
    ] = "macro_f1"
    dev_f1_every: Annotated[
        int, Field(ge=1, description="epochs between two measurements of dev's F1 (public code)")
    ] = 1
    seed: Annotated[int, Field(ge=0, description="of weights, sampling, crops and order")] = 1

    @model_validator(mode="after")
    def _check_stored(self) -> Config:
        if self.stored_features and (self.lora_blocks or self.train_frame_encoder):
            raise ValueError(
                f"stored_features is true with lora_blocks {self.lora_blocks} and "
                f"train_frame_encoder {str(self.train_frame_encoder).lower()}; expected [] and "
                "false, since features are stored of a frame encoder that stays as it is"
            )
        if self.stored_features:  # no image is read
            object.__setattr__(self, "lora_blocks", [])
            object.__setattr__(self, "augmentation", Augmentation())
        return self


def check_settings(of: Settings) -> Iterator[str]:
    """Yield a message where this stage's settings do not fit the stages that supply its frames."""
    config, stored, encoded = of("pretrain_prototypes"), of("sample_frames"), of("encode_frames")
    encoder = of("pretrain_frame_encoder")
    blocks, wanted = blocks_of(encoder), config.lora_blocks or ()
    if blocks is not None and (missing := [each for each in wanted if each >= blocks]):
        has = f"blocks 0 to {blocks - 1}" if blocks else "none, being a ResNet"
        yield (
            f"lora_blocks: found {', '.join(map(str, missing))}, expected some of those of the "
            f"encoder of pretrain_frame_encoder, which has {has}, or null"
        )
    sizes = config.sign_encoder
    if sizes.positions.startswith("learnable") and sizes.most_steps < config.most_frames:
        yield (
            f"sign_encoder.most_steps: found {sizes.most_steps}, expected at least most_frames, "
            f"{config.most_frames}: each sampled frame has a learned position"
        )
    for side in ("height", "width"):
        crop = getattr(config, f"crop_{side}")
        if crop > getattr(stored, side):
            yield (
                f"crop_{side}: found {crop}, expected at most {getattr(stored, side)}, "
                f"sample_frames.{side}"
            )
        if config.stored_features and crop != getattr(encoded, f"crop_{side}"):
            yield (
                f"crop_{side}: found {crop}, expected {getattr(encoded, f'crop_{side}')} as in "
                "encode_frames, whose features stored_features: true reads"
            )


def run(
    *,
    train_frames: Path,
    dev_frames: Path,
    train_manifest: Path,
    dev_manifest: Path,
    frame_encoder: Path,
    output: Path,
    config: Config,
    train_encoded: Path | None = None,
    dev_encoded: Path | None = None,
    train_pseudo_glosses: Path | None = None,
    dev_pseudo_glosses: Path | None = None,
    vocabulary: Path | None = None,
    vectors: Path | None = None,
    threads: int = 0,
) -> None:
    """Write config.json, model.safetensors and history.tsv of the model into the folder `output`.

    The weights are those of the epoch with the best F1 on dev. With `epochs: 0`, the initial
    weights are written, without prototypes, and no pseudo-glosses are read.

    Checkpoints and TensorBoard logs are in `output`/state; a killed training resumes from there.

    Raises:
        InputError: pseudo-glosses are missing or belong to other clips, the frame encoder lacks
            blocks of `lora_blocks`, or a split has no pseudo-gloss of the vocabulary.
    """
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.frame_store import FrameStore
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.ground.errors import InputError
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.sign2gpt.build_prototypes import build_model, read_pseudo_glosses_of
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    stores = {"train": FrameStore(train_frames), "dev": FrameStore(dev_frames)}
    if config.training.epochs == 0:
        write_model(output, build_model(frame_encoder.parent, stores["train"], None, config), [])
        return
    tables = {split: read_manifest(path) for split, path in
              (("train", train_manifest), ("dev", dev_manifest))}  # fmt: skip
    lines = {"train": train_pseudo_glosses, "dev": dev_pseudo_glosses}
    glosses = read_pseudo_glosses_of(tables, lines, vocabulary, vectors)
    model = build_model(frame_encoder.parent, stores["train"], glosses, config)
    encoded = {"train": train_encoded, "dev": dev_encoded}
    for split, path in encoded.items():
        if config.stored_features and path is None:
            raise InputError(
                f"--{split}-encoded: missing. With stored_features: true, give what the stage "
                "encode_frames makes of the split."
            )
    data = {
        split: model.open_clips(
            stores[split],
            table["id"].tolist(),
            glosses.targets[split],
            config.seed if split == "train" else None,
            FeatureStore(encoded[split]) if config.stored_features else None,
        )
        for split, table in tables.items()
    }
    inputs = [*map(index_path, (train_frames, dev_frames)), train_manifest, dev_manifest]
    inputs += [frame_encoder, vocabulary, vectors, *lines.values()]
    inputs += [each for each in encoded.values() if each]
    task = task_of(model, data, glosses, config)
    depends_on = fingerprint("pretrain_prototypes", config, inputs)
    rows = train(replace(task, fingerprint=depends_on), output / STATE)
    write_model(output, model, rows)


def task_of(
    model: PrototypeModel, data: dict[str, Clips], glosses: PseudoGlosses, config: Config
) -> Task:
    """Return the training task; `data` has the clips of train and dev."""
    from sign2text.losses.binary_cross_entropy import BinaryCrossEntropy
    from sign2text.methods.sign2gpt.pseudo_gloss_f1 import DevF1
    from sign2text.methods.sign2gpt.pseudo_gloss_targets import LABELS, MultiHot
    from sign2text.methods.sign2gpt.public_training import decayed_groups
    from sign2text.training.selection import Selection
    from sign2text.training.task import Task

    name = {"macro_f1": "macro F1", "f1": "F1"}[config.select_by]
    measure = DevF1(data["dev"], config.threshold)
    return Task(
        model=model,
        losses={"pseudo_glosses": BinaryCrossEntropy(target=LABELS)},
        weights={"pseudo_glosses": config.loss_weight},
        groups=decayed_groups(model, config.training.learning_rate),
        train=data["train"],
        dev=data["dev"],
        collate=MultiHot(data["train"].key, glosses.known),
        settings=config.training,
        seed=config.seed,
        selection=Selection(measure, config.dev_f1_every, metric=config.select_by, name=name),
        parts=model.parts(),
    )


if __name__ == "__main__":
    command_line(run)
