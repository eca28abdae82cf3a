"""Stages and methods that are none of the workflow's, for tests of what config.yaml says."""

from sign2text.config.methods import Method
from sign2text.config.reads import Read
from sign2text.config.stages import Stage


def made_stage(name: str, config: type, scope: str, upstream: tuple[str, ...] = ()) -> Stage:
    """A stage that reads a file of each stage of `upstream`, whatever its settings."""
    reads = tuple(Read(each, each, "file") for each in upstream)
    return Stage(name, f"made.{name}", config, lambda: None, scope, lambda method: reads)


def made_method(*trainings: str) -> Method:
    """A method with these trainings, the last of which translates."""
    return Method(trainings, trainings[-1:], translators={}, clips=())
