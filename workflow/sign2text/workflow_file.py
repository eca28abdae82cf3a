"""The form of config.yaml: which keys it takes, and what they mean."""

from collections.abc import Mapping
from typing import Annotated, Any

import yaml
from pydantic import Field

from sign2text.settings import merge, stage_config

Layers = dict[str, dict[str, Any]]


@stage_config
class DataSet:
    """A corpus, its language, and the stage settings that it needs."""

    base: Annotated[str | None, Field(description="data set whose keys hold unless said here")] = (
        None
    )
    adapter: Annotated[str | None, Field(description="what turns the corpus into a manifest")] = (
        None
    )
    language: Annotated[str | None, Field(description="language of the text")] = None
    sentences: Annotated[
        str | None,
        Field(description="data set whose clips the avatar signs; only with adapter avatar"),
    ] = None
    stages: Annotated[Layers, Field(description="settings by stage, over the defaults")] = Field(
        default_factory=dict
    )


@stage_config
class Experiment:
    """A method with settings."""

    base: Annotated[str | None, Field(description="experiment whose settings hold here too")] = None
    method: Annotated[str | None, Field(description="method; not needed where there is a base")] = (
        None
    )
    seed: Annotated[
        int | None, Field(ge=0, description="`seed` of every stage of the method that has one")
    ] = None
    stages: Annotated[
        Layers, Field(description="settings by stage, over the data set's and the base's")
    ] = Field(default_factory=dict)


@stage_config
class Workflow:
    """The whole of config.yaml."""

    targets: Annotated[
        tuple[str, ...], Field(description="what the command makes when it names no target")
    ] = ()
    datasets: Annotated[dict[str, DataSet], Field(description="data sets by name")] = Field(
        default_factory=dict
    )
    experiments: Annotated[dict[str, Experiment], Field(description="experiments by name")] = Field(
        default_factory=dict
    )


def with_command_line(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with what `snakemake --config` says, whose nested values arrive as text."""

    def typed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: typed(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [typed(each) for each in value]
        return yaml.safe_load(value) if isinstance(value, str) else value

    return merge(config, typed(overrides))
