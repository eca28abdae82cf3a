"""Visual initialising: visual encoder and Light-T learn to write the sentence (section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from sign2text.config.reads import Read, Settings, kept_clips, stored_frames
from sign2text.data.augmentation import Augmentation
from sign2text.ground.settings import BelowOne, check_heads, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.training.settings import OptimizerName, Training, moved

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.data.clips import EncodedClips, FrameClips
    from sign2text.methods.fla_llm.translator import LightTranslator
    from sign2text.training.task import Task

TRAINS = True


def trains_on_features(settings: Settings) -> bool:
    """Return whether training reads stored features, because the frame encoder stays frozen."""
    return settings("visual_init").reads_features


READS = (
    stored_frames("sample_frames", "train_", "train"),
    stored_frames("sample_frames", "dev_", "dev"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("frame_encoder", "pretrain_frame_encoder", "model.safetensors"),
    Read("train_encoded", "encode_frames", "train.safetensors", when=trains_on_features),
    Read("dev_encoded", "encode_frames", "dev.safetensors", when=trains_on_features),
)


@stage_config
class LightT:
    """The small encoder-decoder; the defaults are Light-T Base (table 7)."""

    layers: Annotated[int, Field(ge=1, description="layers of encoder and of decoder")] = 3
    heads: Annotated[int, Field(ge=1, description="attention heads")] = 8
    width: Annotated[int, Field(ge=1, description="hidden width")] = 512
    feed_forward: Annotated[int, Field(ge=1, description="width of the feed-forward part")] = 2048
    positions: Annotated[int, Field(ge=8, description="longest input or output, in steps")] = 1024
    dropout: Annotated[BelowOne, Field(description="dropout; ours")] = 0.1
    attention_dropout: Annotated[BelowOne, Field(description="attention dropout; ours")] = 0.1

    @model_validator(mode="after")
    def _check_heads(self) -> LightT:
        check_heads(self.width, self.heads)
        return self


@stage_config
class VisualTraining(Training):
    """The paper's training of visual encoder and Light-T."""

    epochs: Annotated[
        int | None,
        Field(
            ge=0,
            description="epochs (figure 4); 0: the untrained model is written (table 4); null: as "
            "many `steps`",
        ),
    ] = 75
    batch_size: Annotated[
        int, Field(ge=1, description="clips in a batch on average (section 4.1)")
    ] = 8
    optimizer: Annotated[OptimizerName, Field(description="sgd has momentum 0.9 (section 4.1)")] = (
        "sgd"
    )
    learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of a cosine schedule (section 4.1)")
    ] = 0.01


@stage_config
class Config:
    RENAMED: ClassVar = moved(
        (
            *("epochs", "batch_size", "optimizer", "learning_rate", "warmup", "weight_decay"),
            *("max_grad_norm", "precision", "accumulation", "checkpointing", "workers"),
        )
    )

    light_t: Annotated[LightT, Field(description="the light Transformer")] = Field(
        default_factory=LightT
    )
    train_frame_encoder: Annotated[
        bool, Field(description="train the frame encoder too, as the paper does; false freezes it")
    ] = True
    temporal_kernel: Annotated[
        int, Field(ge=1, description="width of the temporal convolution, odd; ours")
    ] = 3
    sampling_rate: Annotated[
        float, Field(gt=0, le=1, description="share of frames that is used (table 6)")
    ] = 0.25
    crop_height: Annotated[int, Field(ge=16, description="height of the crop (GFSLT-VLP)")] = 224
    crop_width: Annotated[int, Field(ge=16, description="width of the crop (GFSLT-VLP)")] = 224
    augmentation: Annotated[
        Augmentation,
        Field(description="changes of a clip's frames in training, beside the crop; off: ours"),
    ] = Field(default_factory=Augmentation)
    training: Annotated[
        VisualTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=VisualTraining)
    label_smoothing: Annotated[BelowOne, Field(description="section 4.1")] = 0.2
    seed: Annotated[int, Field(ge=0, description="of weights, sampling, crops and order")] = 1

    @model_validator(mode="after")
    def _check_kernel(self) -> Config:
        if self.temporal_kernel % 2 == 0:
            raise ValueError(
                f"temporal_kernel is {self.temporal_kernel}; an odd number is expected, since an "
                "even one has no middle and would shift the features"
            )
        return self

    @property
    def reads_features(self) -> bool:
        """True if training reads encode_frames' features instead of frames."""
        return self.training.epochs != 0 and not self.train_frame_encoder


def check_settings(of: Settings) -> Iterator[str]:
    """Report conflicts with the settings of the stages that provide frames and features."""
    config, stored, encoded = of("visual_init"), of("sample_frames"), of("encode_frames")
    positions, passed = config.light_t.positions, of("check_corpus").most_steps
    if passed > positions:
        yield (
            f"light_t.positions: found {positions}, but check_corpus lets clips of up to {passed} "
            f"sampled frames pass; set its most_steps to {positions}"
        )
    if config.reads_features and of("pretrain_frame_encoder").start == "random":
        yield (
            "train_frame_encoder: found false, expected true where pretrain_frame_encoder.start is "
            "random: an encoder that has learned nothing would never learn to read the video"
        )
    if not config.train_frame_encoder and config.augmentation != Augmentation():
        yield (
            "augmentation: found changes of the frames, expected none with train_frame_encoder: "
            "false, which reads stored features; remove them"
        )
    for side in ("height", "width"):
        crop = getattr(config, f"crop_{side}")
        if crop > getattr(stored, side):
            yield (
                f"crop_{side}: found {crop}, expected at most {getattr(stored, side)}, "
                f"sample_frames.{side}"
            )
        if not config.train_frame_encoder and crop != getattr(encoded, f"crop_{side}"):
            yield (
                f"crop_{side}: found {crop}, expected {getattr(encoded, f'crop_{side}')} as in "
                "encode_frames, whose features train_frame_encoder: false reads"
            )


def run(
    *,
    train_frames: Path,
    dev_frames: Path,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    frame_encoder: Path,
    output: Path,
    config: Config,
    train_encoded: Path | None = None,
    dev_encoded: Path | None = None,
    threads: int = 0,
) -> None:
    """Write config.json, model.safetensors, history.tsv and the tokenizer into the folder `output`.

    The weights are the last epoch's, because the paper uses a fixed epoch (figure 4). With zero
    epochs they are the initial weights: the given frame encoder, and random weights elsewhere.

    `train_encoded` and `dev_encoded` are encode_frames' features of every frame. Training needs
    them if the frame encoder stays frozen (`train_frame_encoder: false`), because it is not run
    again.

    Checkpoints and TensorBoard logs are in `output`/state; a killed training resumes from there.
    """
    from sign2text.ground.device import use_threads
    from sign2text.ground.store_index import index_path
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.methods.fla_llm.light_translator import build_translator
    from sign2text.text.tokenizer import load_tokenizer
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.trainer import train

    use_threads(threads)
    words = load_tokenizer(tokenizer)
    data = {
        "train": read_clips("train", train_frames, train_manifest, train_encoded, words, config),
        "dev": read_clips("dev", dev_frames, dev_manifest, dev_encoded, words, config),
    }
    model = build_translator(frame_encoder.parent, train_frames, words, config)
    inputs = [index_path(train_frames), index_path(dev_frames), train_manifest, dev_manifest]
    inputs += [tokenizer, frame_encoder]
    inputs += [encoded for encoded in (train_encoded, dev_encoded) if encoded]
    depends_on = fingerprint("visual_init", config, inputs)
    task = task_of(config, model, words, data, fingerprint=depends_on)
    rows = train(task, output / STATE) if config.training.epochs != 0 else []
    write_model(output, model, rows, words)


def read_clips(
    split: str,
    frames: Path,
    manifest: Path,
    encoded: Path | None,
    tokenizer: PreTrainedTokenizerFast,
    config: Config,
) -> FrameClips | EncodedClips:
    """Open the clips of `split`, train or dev: their frames, or the stored features `encoded`.

    Raises:
        InputError: a clip is too long for Light-T, or `encoded` is needed but missing.
    """
    from sign2text.data.clips import EncodedClips, FrameClips, check_lengths
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.frame_store import FrameStore
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.errors import InputError
    from sign2text.text.tokenizer import encode_targets

    rows = read_manifest(manifest)
    clips = FrameClips(
        FrameStore(frames),
        rows["id"],
        encode_targets(tokenizer, rows["text"]),
        rate=config.sampling_rate,
        crop=(config.crop_height, config.crop_width),
        seed=config.seed if split == "train" else None,
        augmentation=config.augmentation,
    )
    if config.reads_features:
        if encoded is None:
            raise InputError(
                f"--{split}-encoded: missing. With train_frame_encoder: false, give what the stage "
                "encode_frames makes of the split."
            )
        clips = EncodedClips(clips, FeatureStore(encoded))
    check_lengths(clips, config.light_t.positions)
    return clips


def task_of(
    config: Config,
    model: LightTranslator,
    tokenizer: PreTrainedTokenizerFast,
    data: Mapping[str, FrameClips | EncodedClips],
    **more: Any,
) -> Task:
    """Return the training task (section 3.2); `data` has the clips of train and dev."""
    from sign2text.methods.fla_llm.task import translation_task

    groups = parameter_groups(config, model)
    return translation_task(config, model, tokenizer, data, groups, **more)


def parameter_groups(config: Config, model: LightTranslator) -> list[dict[str, Any]]:
    """Group the optimiser's parameters: one group of all that are not frozen."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [{"params": trained, "lr": config.training.learning_rate}]


if __name__ == "__main__":
    command_line(run)
