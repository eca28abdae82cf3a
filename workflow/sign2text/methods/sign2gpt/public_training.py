"""Settings shared by the trainings of Sign2GPT's public code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.data.augmentation import Augmentation
from sign2text.ground.settings import BelowOne, Probability, stage_config
from sign2text.training.settings import Training

if TYPE_CHECKING:
    from torch import nn

    from sign2text.training.optimisers import Groups

WITHOUT_DECAY = ("_scale", "_temperature", "gate", ".positions")
"""Endings of parameters without weight decay, in addition to biases and norms (public code)."""


@stage_config
class PublicTraining(Training):
    """The paper's optimiser and schedule, with the batches of the public code."""

    epochs: Annotated[
        int | None,
        Field(ge=1, description="epochs (section 5.1); null: as many `steps`"),
    ] = 100
    batch_size: Annotated[
        int, Field(ge=1, description="clips in a batch on average (section 5.1)")
    ] = 8
    learning_rate: Annotated[
        float, Field(gt=0, description="highest rate of a cosine schedule (section 5.1)")
    ] = 3e-4
    warmup: Annotated[
        Probability,
        Field(description="share of the steps in which the rate rises: 5 epochs (section 5.1)"),
    ] = 0.05
    lowest: Annotated[
        BelowOne,
        Field(
            description="share of the highest rate that the warm-up begins with and the training "
            "ends with (section 5.1)"
        ),
    ] = 0.01
    weight_decay: Annotated[
        float,
        Field(ge=0, description="weight decay; none of biases, norms, scales (section 5.1)"),
    ] = 0.001
    max_grad_value: Annotated[
        float,
        Field(
            ge=0,
            description="each value of the gradients is clipped to this size, before their norm "
            "is, 0: never (public code)",
        ),
    ] = 1.0
    max_grad_norm: Annotated[
        float, Field(ge=0, description="gradients are clipped to this norm, 0: never (public code)")
    ] = 1.0
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(description="computed in while training; auto: bfloat16 where it is faster"),
    ] = "auto"


def public_augmentation() -> Augmentation:
    """Return the public code's augmentation of training clips."""
    return Augmentation(
        rotation=5.0,
        rotation_probability=0.3,
        scale=[0.875, 1.0],
        ratio=[0.9, 1.1],
        flip=0.5,
        brightness=0.16,
        contrast=0.16,
        saturation=0.16,
        hue=0.04,
        colour_probability=0.3,
        grey=0.2,
    )


def decayed_groups(model: nn.Module, rate: float) -> Groups:
    """Group a model's trained parameters: with and without weight decay."""
    from sign2text.training.optimisers import without_decay

    trained = [each for each in model.parameters() if each.requires_grad]
    return without_decay(model, [{"params": trained, "lr": rate}], WITHOUT_DECAY)
