"""Keys of config.yaml and their meanings, and the functions that read it."""

import re
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field

from sign2text.ground.addresses import concealed
from sign2text.ground.errors import InputError
from sign2text.ground.files import FILE, NOTHING, is_file, kind_of
from sign2text.ground.settings import merge, stage_config
from sign2text.ground.yaml_bounds import LARGEST, check_values, check_yaml

CONFIG = Path("config.yaml")
Layers = dict[str, dict[str, Any]]
# Errors that PyYAML's constructors raise for values such as 2020-99-99, `!!int ""`, `!!bool maybe`.
_OF_CONSTRUCTORS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
SIGN_LANGUAGE = r"^[a-z]{3}$"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def check_name(path: str, name: str) -> Iterator[str]:
    """Report `name`, the key at `path`, if folders and wildcards cannot have it."""
    if not NAME.fullmatch(name):
        yield (
            f"{path}: a name is made of a-z, 0-9, _ and -, and starts with a letter or "
            "a digit; rename it"
        )


def _runs(value: Any) -> Any:
    """Convert one experiment, or several seeds of one, to a tuple."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError("expected an experiment, or a list of an experiment and its further seeds")


Runs = Annotated[str | tuple[str, ...], BeforeValidator(_runs)]


@stage_config
class Pair:
    """Settings of one experiment on one data set."""

    stages: Annotated[
        Layers, Field(description="settings by stage, over those of the experiment itself")
    ] = Field(default_factory=dict)


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
    sign_language: Annotated[
        str | None,
        Field(
            pattern=SIGN_LANGUAGE,
            description="sign language of the clips, a code of ISO 639-3 such as gsg; null: the "
            "corpus's, where it has one (docs/captions.md)",
        ),
    ] = None
    sentences: Annotated[
        str | None,
        Field(description="data set whose clips the avatar signs; only with adapter avatar"),
    ] = None
    text_alone: Annotated[
        bool | None,
        Field(
            description="true: the annotations are read and the videos are not, nor need they be "
            "there; what reads frames is refused"
        ),
    ] = None
    stages: Annotated[Layers, Field(description="settings by stage, over the defaults")] = Field(
        default_factory=dict
    )
    experiments: Annotated[
        dict[str, Pair],
        Field(description="settings on this data set alone, by experiment: `stages`, as there"),
    ] = Field(default_factory=dict)


@stage_config
class Experiment:
    """A method with settings."""

    base: Annotated[str | None, Field(description="experiment whose settings hold here too")] = None
    method: Annotated[str | None, Field(description="method; not needed where there is a base")] = (
        None
    )
    seed: Annotated[
        int | None,
        Field(
            ge=0,
            description="`seed` of every stage of the method that has one; not of pretrainings "
            "that further seeds share",
        ),
    ] = None
    stages: Annotated[
        Layers, Field(description="settings by stage, over the data set's and the base's")
    ] = Field(default_factory=dict)


@stage_config
class TableRows:
    """Experiments that are shown with the rows of a published table."""

    rows: Annotated[
        dict[str, Runs],
        Field(description="experiment by row as published; with further seeds of it, their mean"),
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
    comparisons: Annotated[
        dict[str, tuple[Runs, ...]],
        Field(
            description="compared experiments, by name; the first is the baseline. A "
            "list is one experiment and its further seeds"
        ),
    ] = Field(default_factory=dict)
    tables: Annotated[
        dict[str, TableRows],
        Field(
            description="experiments for the rows of published tables, by table: `<paper>_<table>`"
        ),
    ] = Field(default_factory=dict)
    report: Annotated[
        tuple[str, ...], Field(description="pages and scores that `make report` makes")
    ] = ()


def read_configuration(configfile: Path = CONFIG) -> dict[str, Any]:
    """Read config.yaml in the current folder, if any, and merge `configfile` over it.

    `snakemake --configfile` does the same.

    Raises:
        InputError: `configfile` is missing, or one of the files is not YAML with keys.
    """
    if (kind := kind_of(configfile)) == NOTHING:
        raise InputError(f"{configfile}: missing. Start in the project's folder.")
    if kind != FILE:
        raise InputError(f"{configfile}: {kind} found, expected a configuration in YAML.")
    found: dict[str, Any] = {}
    for path in dict.fromkeys([CONFIG, configfile]):
        if is_file(path):
            found = merge(found, _read_yaml(path))
    return found


def _read_yaml(path: Path) -> dict[str, Any]:
    if (size := path.stat().st_size) > LARGEST:
        raise InputError(
            f"{path}: has {size} bytes, expected at most {LARGEST} of a configuration. It is a "
            "file of another kind; name the right one."
        )
    try:
        values = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not YAML in UTF-8 ({error}). Correct it.") from None
    if not isinstance(values, dict):
        raise InputError(
            f"{path}: found {reprlib.repr(values)}, expected keys such as datasets. Correct it."
        )
    return values


def parse_yaml(text: str, place: str) -> Any:
    """Parse YAML from an untrusted source; aliases share their values.

    Raises:
        InputError: it is not YAML, or its values are too many, too deep or circular.
    """
    try:
        check_yaml(text, place)
        values = yaml.safe_load(text)
    except (yaml.YAMLError, *_OF_CONSTRUCTORS) as error:
        said = str(error) if isinstance(error, yaml.YAMLError) else repr(error)
        raise InputError(
            f"{place}: is not YAML in UTF-8 ({concealed(said)[:500]}). Correct it."
        ) from None
    check_values(values, place)
    return values


def with_command_line(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the values of `snakemake --config` over `config`; nested values arrive as text.

    Raises InputError if the text is not valid YAML.
    """

    check_values(overrides, "--config")

    def typed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: typed(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [typed(each) for each in value]
        return parse_yaml(value, "--config") if isinstance(value, str) else value

    return merge(config, typed(overrides))
