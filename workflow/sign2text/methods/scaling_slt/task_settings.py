"""Settings that the trainings of Scaling SLT share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sign2text.ground.settings import (
    Beams,
    BelowOne,
    NewTokens,
    Probability,
    stage_config,
)
from sign2text.landmarks.augmentation import LandmarkAugmentation
from sign2text.landmarks.normalising import Landmarks
from sign2text.training.dev_decoding import DevDecoding
from sign2text.training.settings import OptimizerName, ScheduleName, Training

Directions = Literal["none", "to_own", "both"]
"""Directions of text translation: none, X -> own language, or X <-> own language."""
MOST_DATA_SETS = 4
"""Further data sets of a training; table 5 has five benchmarks."""
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


@stage_config
class TaskTraining(Training):
    """The paper's training by steps, with values that re-implementations give."""

    epochs: Annotated[
        int | None, Field(ge=1, description="epochs; null where `steps` gives the length; ours")
    ] = None
    steps: Annotated[
        int | None,
        Field(ge=1, description="steps of the optimiser (re-implementations); null: `epochs`"),
    ] = 200_000
    batch_size: Annotated[
        int, Field(ge=1, description="items in a batch on average (re-implementations)")
    ] = 128
    optimizer: Annotated[
        OptimizerName,
        Field(description="adafactor is transformers', without a rate of its own (section 3)"),
    ] = "adafactor"
    learning_rate: Annotated[float, Field(gt=0, description="rate (re-implementations)")] = 1e-3
    schedule: Annotated[
        ScheduleName,
        Field(description="course of the rate after the warm-up (re-implementations)"),
    ] = "constant"
    warmup: Annotated[
        Probability, Field(description="share of the steps in which the rate rises; ours")
    ] = 0.01
    dev_steps: Annotated[
        int | None,
        Field(ge=1, description="steps between two measurements on dev; null: each epoch; ours"),
    ] = 5_000
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(
            description="computed in while training; auto: bfloat16 where it is faster. T5 does "
            "not work in float16, so it is not offered (re-implementations)"
        ),
    ] = "auto"


@stage_config
class FineTuning(TaskTraining):
    """The fine-tuning on benchmarks; its length is ours."""

    steps: Annotated[
        int | None, Field(ge=1, description="steps of the optimiser; ours; null: `epochs`")
    ] = 20_000
    dev_steps: Annotated[
        int | None,
        Field(ge=1, description="steps between two measurements on dev; null: each epoch; ours"),
    ] = 1_000


@stage_config
class TaskShares:
    """Relative shares of the tasks on clips in a batch; 0 leaves a task out."""

    slt: Annotated[float, Field(ge=0, description="clip -> captions; ours")] = 1.0
    slt_timed: Annotated[float, Field(ge=0, description="clip -> captions and times; ours")] = 0.0
    alignment: Annotated[float, Field(ge=0, description="clip, captions -> times; ours")] = 0.25
    augmented: Annotated[
        float,
        Field(ge=0, description="clip -> machine-translated captions, where `augmented`; ours"),
    ] = 1.0

    @property
    def of_tasks(self) -> dict[str, float]:
        """Shares by task."""
        return {
            "slt": self.slt,
            "slt_timed": self.slt_timed,
            "alignment": self.alignment,
            "augmented": self.augmented,
        }


@stage_config
class Fitting(DevDecoding):
    """Settings of every training: the model's dropout, length limits, and selection on dev."""

    select: Annotated[
        Literal["bleu4", "loss"],
        Field(
            description="mean over the pairs of dev that selects the weights; loss needs no "
            "decoding; ours"
        ),
    ] = "bleu4"
    dev_beams: Annotated[Beams, Field(description="beam width on dev; ours")] = 1
    dev_max_new_tokens: Annotated[
        NewTokens, Field(description="longest hypothesis on dev, in tokens (re-implementations)")
    ] = 128
    label_smoothing: Annotated[BelowOne, Field(description="ours")] = 0.0
    dropout: Annotated[
        BelowOne | None, Field(description="the language model's; null keeps its own; ours")
    ] = None
    prompt_tokens: Annotated[
        int, Field(ge=8, description="most tokens of a prompt; a longer one is an error; ours")
    ] = 1024
    output_tokens: Annotated[
        int, Field(ge=2, description="longer outputs are cut in training (re-implementations)")
    ] = 128
    time_step: Annotated[
        float, Field(gt=0, description="seconds that a time token covers; ours")
    ] = 0.25
    time_tokens: Annotated[int, Field(ge=1, description="number of time tokens; ours")] = 256


@stage_config
class OnClips(Fitting):
    """Settings of trainings on clips: landmarks, the choice of data, and its mixture."""

    landmarks: Annotated[
        Landmarks, Field(description="normalising of the landmarks at reading")
    ] = Field(default_factory=Landmarks)
    augmentation: Annotated[
        LandmarkAugmentation, Field(description="random changes of training clips; ours")
    ] = Field(default_factory=LandmarkAugmentation)
    languages: Annotated[
        list[LanguageCode] | None,
        Field(
            min_length=1,
            description="written languages whose human captions are learned; null: the data set's "
            "own alone, so that other pairs are zero-shot",
        ),
    ] = None
    tasks: Annotated[TaskShares, Field(description="relative shares of the tasks on clips")] = (
        Field(default_factory=TaskShares)
    )
    mt: Annotated[
        Directions,
        Field(description="translation of text: none, X -> own language, or both directions"),
    ] = "both"
    p_mt: Annotated[
        float, Field(gt=0, lt=1, description="share of text translation in a batch (figure 3)")
    ] = 0.5
    temperature: Annotated[
        float,
        Field(
            ge=1, description="pairs of a task share a batch by items ** (1 / temperature); ours"
        ),
    ] = 1.0
    data_share: Annotated[
        float,
        Field(gt=0, le=1, description="share of the training clips; smaller ones are nested; ours"),
    ] = 1.0
    augmented: Annotated[
        float,
        Field(ge=0, le=1, description="share of these clips with machine-translated captions"),
    ] = 0.0
    subset_seed: Annotated[int, Field(ge=0, description="of the choice of clips; ours")] = 1
    with_data_sets: Annotated[
        list[str],
        Field(
            max_length=MOST_DATA_SETS,
            description="data sets whose clips are learned too: of another sign language, or the "
            "other benchmarks (row 9 of table 5)",
        ),
    ] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_tasks(self) -> OnClips:
        if not any(self.tasks.of_tasks[task] for task in ("slt", "slt_timed")):
            raise ValueError(
                "tasks.slt and tasks.slt_timed are 0, so nothing is translated; expected one above "
                "0"
            )
        return self
