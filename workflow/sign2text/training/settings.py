"""Settings common to all trainings: the field `training` of each training stage's `Config`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sign2text.ground.settings import BelowOne, Probability, stage_config

OptimizerName = Literal["sgd", "adam", "adamw", "adafactor"]
ScheduleName = Literal["cosine", "one_cycle", "constant"]


@stage_config
class Training:
    """Length, batches, optimiser, schedule and precision of a training.

    A stage derives a class and sets defaults and descriptions of the fields that the paper gives
    values for.
    """

    epochs: Annotated[
        int | None, Field(ge=1, description="epochs; null where `steps` gives the length; ours")
    ] = 1
    steps: Annotated[
        int | None,
        Field(ge=1, description="steps of the optimiser, in place of epochs (epochs: null); ours"),
    ] = None
    batch_size: Annotated[
        int, Field(ge=1, description="clips or sentences in a batch on average; ours")
    ] = 8
    optimizer: Annotated[
        OptimizerName,
        Field(
            description="sgd has momentum 0.9; adam decays by L2, adamw apart from the gradient; "
            "adafactor is transformers', without a rate of its own; ours"
        ),
    ] = "adamw"
    learning_rate: Annotated[float, Field(gt=0, description="highest rate; ours")] = 1e-3
    schedule: Annotated[
        ScheduleName,
        Field(description="course of the rate after the warm-up; cosine goes to `lowest`; ours"),
    ] = "cosine"
    warmup: Annotated[
        Probability, Field(description="share of the steps in which the rate rises; ours")
    ] = 0.0
    lowest: Annotated[
        BelowOne,
        Field(
            description="cosine: share of the highest rate that the warm-up begins with and the "
            "training ends with; ours"
        ),
    ] = 0.0
    betas: Annotated[
        list[BelowOne],
        Field(min_length=2, max_length=2, description="of adam and adamw; ours"),
    ] = Field(default_factory=lambda: [0.9, 0.999])
    weight_decay: Annotated[float, Field(ge=0, description="weight decay; ours")] = 0.0
    max_grad_value: Annotated[
        float,
        Field(
            ge=0,
            description="each value of the gradients is clipped to this size, before their norm "
            "is, 0: never; ours",
        ),
    ] = 0.0
    max_grad_norm: Annotated[
        float, Field(ge=0, description="gradients are clipped to this norm, 0: never; ours")
    ] = 0.0
    average: Annotated[
        BelowOne,
        Field(
            description="share of the average of weights that is kept at each step; the average is "
            "measured on dev and written. 0: the weights themselves are; ours"
        ),
    ] = 0.0
    dev_steps: Annotated[
        int | None,
        Field(ge=1, description="steps between two measurements on dev; null: each epoch; ours"),
    ] = None
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(
            description="computed in while training; auto: bfloat16 where it is faster; bfloat16: "
            "refused on a CPU without units for it; ours"
        ),
    ] = "float32"
    accumulation: Annotated[
        int,
        Field(
            ge=1,
            description="micro-batches of a batch, for less memory; a trained BatchNorm sees "
            "each one separately, so prefer checkpointing; ours",
        ),
    ] = 1
    checkpointing: Annotated[
        bool,
        Field(description="compute layers twice instead of keeping what they gave: exact; ours"),
    ] = False
    sharded: Annotated[
        bool,
        Field(
            description="several processes: weights, gradients and the optimiser's state are "
            "divided among them (FSDP2), for models too large for one; adamw alone; ours"
        ),
    ] = False
    workers: Annotated[
        int, Field(ge=0, description="processes that read data, 0: none of their own; ours")
    ] = 0

    @field_validator("precision", mode="before")
    @classmethod
    def _refuse_float16(cls, value: Any) -> Any:
        if value in ("float16", "fp16"):
            raise ValueError(
                "expected 'auto', 'float32' or 'bfloat16': values of T5 overflow in float16, and "
                "bfloat16 takes as little memory"
            )
        return value

    @model_validator(mode="after")
    def _check_length(self) -> Training:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(
                f"epochs is {self.epochs} and steps {self.steps}; exactly one of them is expected. "
                "Set the other one to null"
            )
        return self

    @model_validator(mode="after")
    def _check_sharded(self) -> Training:
        if self.sharded and self.optimizer != "adamw":
            raise ValueError(
                f"sharded is true and optimizer {self.optimizer}; only adamw is expected, since "
                "the state of Adafactor is not made for shards, and the others are not tried. Set "
                "optimizer to adamw, or sharded to false"
            )
        return self

    @model_validator(mode="after")
    def _check_lowest(self) -> Training:
        if self.lowest and self.schedule != "cosine":
            raise ValueError(
                f"lowest is {self.lowest} and schedule {self.schedule}; only the schedule cosine "
                "ends with a share of the highest rate. Set lowest to 0"
            )
        return self


NEUTRAL = {"workers": 0, "checkpointing": False, "sharded": False}
"""Settings that do not affect the result: a resumed training may change them."""


def moved(keys: Iterable[str]) -> dict[str, str]:
    """Return the renames of a stage's flat `keys` into `training`: old name -> new name.

    >>> moved(["epochs"])
    {'epochs': 'training.epochs'}
    """
    return {key: f"training.{key}" for key in keys}
