"""Invented stages and methods, for tests of checks on config.yaml."""

from sign2text.config.methods import Method
from sign2text.config.reads import Read
from sign2text.config.stages import Stage


def made_stage(name: str, config: type, scope: str, upstream: tuple[str, ...] = ()) -> Stage:
    """Make a stage that reads a file of each stage in `upstream`, with any settings."""
    reads = tuple(Read(each, each, "file") for each in upstream)
    return Stage(name, f"made.{name}", config, lambda: None, scope, lambda method: reads)


def made_method(*trainings: str) -> Method:
    """Make a method with these trainings; the last one translates."""
    return Method(trainings, trainings[-1:], translators={}, clips=())
