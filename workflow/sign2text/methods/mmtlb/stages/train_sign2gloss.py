"""Sign2Gloss: S3D and the recogniser's head learn to find the glosses of each clip (section 3.1).

The loss is CTC, so glosses need no times. S3D starts from weights that were pretrained on another
data set, of isolated signs or actions; the head starts at random. The word error rate of the dev
split's glosses selects the epoch to keep.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from sign2text.config.reads import NamedDataSet, Read, Settings, kept_clips, stored_frames
from sign2text.data.augmentation import Augmentation
from sign2text.data.stretching import Stretching
from sign2text.ground.settings import AdapterName, Beams, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.mmtlb.public_training import PublicTraining
from sign2text.methods.mmtlb.training_clips import crops_and_colours
from sign2text.text.short_clips import OnShortClip

if TYPE_CHECKING:
    from sign2text.data.clips import Clips
    from sign2text.methods.mmtlb.recogniser import Recogniser
    from sign2text.text.gloss_vocabulary import GlossVocabulary
    from sign2text.training.selection import Selection

TRAINS = True
log = logging.getLogger(__name__)


PRETRAINED = NamedDataSet("train_sign2gloss", "pretrained_on")
"""Data set of the signs or actions on which S3D was pretrained."""
READS_GLOSSES = True
READS = (
    stored_frames("sample_frames", "train_", "train"),
    stored_frames("sample_frames", "dev_", "dev"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    Read(
        "pretrained",
        "pretrain_s3d",
        "model.safetensors",
        when=PRETRAINED.is_named,
        dataset=PRETRAINED,
    ),
)


@stage_config
class RecognitionTraining(PublicTraining):
    """The public code's training of S3D and head."""

    epochs: Annotated[
        int | None,
        Field(
            ge=0,
            description="epochs (public code); 0: S3D as pretrained, and a head at random (table "
            "3, without Sign2Gloss); null: as many `steps`",
        ),
    ] = 40
    learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of a cosine schedule (public code)")
    ] = 1e-3


@stage_config
class Config:
    pretrained_on: Annotated[
        str | None,
        Field(
            description="data set whose pretrain_s3d S3D starts from (section 3.1, table 3), which "
            "config.yaml says for each corpus; null: at random"
        ),
    ] = None
    blocks: Annotated[Literal[4, 5], Field(description="blocks of S3D (section 3.1)")] = 4
    width: Annotated[
        float, Field(gt=0, description="factor of the channels of S3D's layers; ours")
    ] = 1.0
    norm_momentum: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="a batch's share in BatchNorm's running statistics (public code); 37 % of "
            "the first ones are left after 1,000 batches, so a short training wants more",
        ),
    ] = 1e-3
    head_width: Annotated[
        int, Field(ge=2, multiple_of=2, description="width of a gloss representation")
    ] = 512
    dropout: Annotated[float, Field(ge=0, lt=1, description="of the head (public code)")] = 0.1
    freeze_block1: Annotated[
        bool, Field(description="keep S3D's block 1 as pretrained (public code)")
    ] = True
    crop_height: Annotated[int, Field(ge=16, description="height of the crop")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the crop")] = 224
    augmentation: Annotated[
        Augmentation, Field(description="changes of a clip's frames in training (public code)")
    ] = Field(default_factory=crops_and_colours)
    stretching: Annotated[
        Stretching, Field(description="stretching of clips in time in training (public code)")
    ] = Field(default_factory=Stretching)
    training: Annotated[
        RecognitionTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=RecognitionTraining)
    on_short_clip: Annotated[
        OnShortClip,
        Field(
            description="of training clips with fewer steps than their glosses need: fail, or skip "
            "them and name them in the log; ours"
        ),
    ] = "fail"
    dev_wer_every: Annotated[
        int, Field(ge=1, description="epochs between two measurements of dev's WER (public code)")
    ] = 1
    dev_beams: Annotated[Beams, Field(description="beam width on dev (public code)")] = 1
    adapter: Annotated[
        AdapterName,
        Field(description="decides how glosses are cleaned for WER; the data set's key `adapter`"),
    ] = "avatar"
    seed: Annotated[int, Field(ge=0, description="of weights, sampling, crops and order")] = 1


def check_settings(of: Settings) -> Iterator[str]:
    """Report a crop that is larger than the stored frames."""
    config, stored = of("train_sign2gloss"), of("sample_frames")
    for side in ("height", "width"):
        if (crop := getattr(config, f"crop_{side}")) > getattr(stored, side):
            yield (
                f"crop_{side}: found {crop}, expected at most {getattr(stored, side)}, "
                f"sample_frames.{side}"
            )


def run(
    *,
    train_frames: Path,
    dev_frames: Path,
    train_manifest: Path,
    dev_manifest: Path,
    output: Path,
    config: Config,
    pretrained: Path | None = None,
    threads: int = 0,
) -> None:
    """Write config.json, model.safetensors and history.tsv of the recogniser into `output`.

    Checkpoints and TensorBoard logs are in `output`/state; a killed training resumes from there.

    Raises:
        InputError: a clip has no glosses, or fewer steps than its glosses need; `pretrained` has
            other blocks or another width.
    """
    from sign2text.data.clip_glosses import read_glosses
    from sign2text.data.clips import Collator
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.losses.ctc import CTC
    from sign2text.methods.mmtlb.gloss_targets import with_gloss_targets
    from sign2text.methods.mmtlb.recogniser import build_recogniser
    from sign2text.text.gloss_vocabulary import GlossVocabulary
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.task import Task
    from sign2text.training.trainer import train

    use_threads(threads)
    manifests = {"train": train_manifest, "dev": dev_manifest}
    stores = {"train": train_frames, "dev": dev_frames}
    lines = {split: read_glosses(manifest) for split, manifest in manifests.items()}
    glosses = GlossVocabulary.of(lines["train"])
    model = build_recogniser(pretrained and pretrained.parent, train_frames, glosses, config)
    clips = {}
    for split, manifest in manifests.items():
        ids, seed = read_manifest(manifest)["id"].tolist(), None
        least = None
        if split == "train":
            seed, least = config.seed, model.least_frames(lines[split])
        opened = model.open_frames(stores[split], ids, None, seed, least)
        on_short_clip = config.on_short_clip if split == "train" else "skip"
        clips[split] = with_gloss_targets(opened, lines[split], glosses, manifest, on_short_clip)
    inputs = [*map(index_path, stores.values()), *manifests.values()]
    inputs += [pretrained] if pretrained else []
    task = Task(
        model=model,
        losses={"recognition": CTC()},
        groups=parameter_groups(config, model),
        train=clips["train"],
        dev=clips["dev"],
        collate=Collator("frames"),
        settings=config.training,
        seed=config.seed,
        selection=selection_of(clips["dev"], lines["dev"], glosses, config),
        parts=model.parts(),
        fingerprint=fingerprint("train_sign2gloss", config, inputs),
    )
    trained = train(task, output / STATE) if config.training.epochs != 0 else []
    write_model(output, model, trained)


def parameter_groups(config: Config, model: Recogniser) -> list[dict[str, Any]]:
    """Group the optimiser's parameters: one group of all that are not frozen."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [{"params": trained, "lr": config.training.learning_rate}]


def selection_of(
    clips: Clips, references: Sequence[str], glosses: GlossVocabulary, config: Config
) -> Selection:
    """Select an epoch by the word error rate on dev's `clips`, scored like the headline."""
    from sign2text.scoring.gloss_cleaning import rules_of
    from sign2text.training.dev_wer import DevWer
    from sign2text.training.selection import Selection

    rules = rules_of(config.adapter)
    measure = DevWer(glosses, clips, references, rules, beams=config.dev_beams)
    return Selection(measure, config.dev_wer_every, metric="wer", name="gloss WER", better="lower")


if __name__ == "__main__":
    command_line(run)
