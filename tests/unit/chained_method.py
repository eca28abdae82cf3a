"""A small method for tests, with an encoder pretrained on one data set after another."""

from dataclasses import replace

from sign2text.config.methods import Method
from sign2text.config.reads import NamedDataSet, Read, stored_frames
from sign2text.config.stages import Stage, find_stages
from sign2text.ground.settings import stage_config

AFTER = NamedDataSet("pretrain_chained", "after")
PRETRAINED = NamedDataSet("train_chained", "pretrained_on")


@stage_config
class PretrainConfig:
    after: str | None = None
    width: int = 8
    seed: int = 1


@stage_config
class TrainConfig:
    pretrained_on: str | None = None
    seed: int = 1


def pretrain(*, frames, output, config, before=None) -> None:
    """Never run."""


def train(*, frames, output, config, encoder=None) -> None:
    """Never run."""


def started(option: str, data_set: NamedDataSet) -> Read:
    """Read the encoder that was pretrained on the data set in a setting."""
    return Read(
        option, "pretrain_chained", "model.safetensors", when=data_set.is_named, dataset=data_set
    )


PRETRAIN_READS = (stored_frames("sample_frames", split="train"), started("before", AFTER))
TRAIN_READS = (stored_frames("sample_frames", split="train"), started("encoder", PRETRAINED))
METHOD = Method(
    trainings=("pretrain_chained", "train_chained"),
    translating=("train_chained",),
    translators={},
    clips=(stored_frames("sample_frames"),),
)
METHODS = {"chained": METHOD}


def stage(name, config, run, reads, **more) -> Stage:
    return Stage(name, f"chained.{name}", config, run, "chained", lambda method: reads, **more)


def stages() -> dict[str, Stage]:
    """Return the workflow's stages without FLa-LLM's, and the method's stages.

    Shared stages are copied, so that they lose cached look-ups of other methods.
    """
    shared = {n: replace(each) for n, each in find_stages().items() if each.scope != "fla_llm"}
    return shared | {
        "pretrain_chained": stage(
            "pretrain_chained",
            PretrainConfig,
            pretrain,
            PRETRAIN_READS,
            shares_seeds=True,
            planned=True,
        ),
        "train_chained": stage("train_chained", TrainConfig, train, TRAIN_READS, planned=True),
    }
