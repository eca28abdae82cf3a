"""The schema of config.yaml and the page docs/settings.md, both generated from the dataclasses.

`python -m sign2text.config.documentation` exits with 1 if one of them differs from the
dataclasses; with `--write` it updates them.
"""

import argparse
import dataclasses
import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from sign2text.config.keys import DataSet, Experiment, Pair, TableRows, Workflow
from sign2text.config.methods import find_methods
from sign2text.config.stages import (
    COMMON,
    CORPUS,
    EVERY_METHOD,
    PUBLISHED,
    Stage,
    find_stages,
    in_order,
)
from sign2text.ground.settings import defaults, flattened

_NAMES = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    type(None): "null",
    Any: "settings",
    DataSet: "data set",
    Experiment: "experiment",
    Pair: "settings",
    TableRows: "table",
}

COMMAND = "python -m sign2text.config.documentation"
ROOT = Path(__file__).resolve().parents[3]
SCHEMA = Path("workflow/schemas/config.schema.json")
PAGE = Path("docs/settings.md")
FEATURES = "extract_features"
"""The stage with the setting `feature`, which takes the names in a method's `features`."""


def make_schema(stages: Mapping[str, Stage]) -> str:
    """Make the JSON schema of config.yaml: its own keys, and each stage's settings in `stages`."""
    stages = {name: each for name, each in stages.items() if not each.is_published}
    adapters = [("config.yaml", "validation", TypeAdapter(Workflow))]
    adapters += [(name, "validation", TypeAdapter(each.config)) for name, each in stages.items()]
    by_key, shared = TypeAdapter.json_schemas(
        adapters, title="config.yaml", ref_template="#/$defs/{model}"
    )
    layers = {name: by_key[name, "validation"] for name in stages}
    definitions = shared["$defs"]
    for schema in definitions.values():
        # A layer sets only the keys that differ, so it requires none.
        schema.pop("required", None)
    of_experiments = [name for name, each in stages.items() if not each.is_corpus]
    for model, kept in ((DataSet, stages), (Experiment, of_experiments), (Pair, of_experiments)):
        definitions[model.__name__]["properties"]["stages"] |= {
            "additionalProperties": False,
            "properties": {name: layers[name] for name in kept},
        }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.yaml",
        **by_key["config.yaml", "validation"],
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def make_page(stages: Mapping[str, Stage]) -> str:
    """Make the Markdown page of all settings: key, default, accepted values, meaning."""
    lines = [
        "# Settings",
        "",
        f"Made from the dataclasses by `{COMMAND} --write`: do not edit.",
        "",
        "The defaults are the papers', or marked as ours. A data set or an experiment",
        "of `config.yaml` sets a key under `stages: {<stage>: {<key>: <value>}}`",
        "([add_experiment.md](add_experiment.md)). A stage that runs alone takes the same",
        "keys as `--settings '{\"<key>\": <value>}'`.",
        "",
        "## config.yaml",
    ]
    for title, model in (
        ("", Workflow),
        ("A data set", DataSet),
        ("An experiment", Experiment),
        ("A table", TableRows),
    ):
        lines += ["", *([f"### {title}", ""] if title else []), *_table(model)]
    for name in in_order(stages, stages):
        stage = stages[name]
        lines += ["", f"## {name}", "", f"{_first_line(stage)} {_whose(stage)}".strip(), ""]
        lines += _table(stage.config)
        if name == FEATURES:
            lines += ["", *_features()]
        lines += _method_defaults(name)
    return "\n".join(lines) + "\n"


def _features() -> Iterator[str]:
    """Yield a line for each feature that a method's encoder computes."""
    for method, about in find_methods().items():
        for feature, meaning in about.features.items():
            yield f"- `feature: {feature}` ({method}): {meaning}"


def _first_line(stage: Stage) -> str:
    module = sys.modules[stage.config.__module__]
    return (module.__doc__ or "").strip().splitlines()[0]


def _whose(stage: Stage) -> str:
    said = {
        CORPUS: "Makes a corpus: set at a data set only.",
        PUBLISHED: "Set by `published` and `revision` of the stages that need the model.",
        COMMON: "Shared by all methods.",
        EVERY_METHOD: "Each method has it.",
    }
    owners = [name for name, method in find_methods().items() if stage.is_of(name, method)]
    return said.get(stage.scope) or f"Methods: {', '.join(owners)}."


def _method_defaults(stage: str) -> list[str]:
    """List the defaults of `stage` that methods replace, a line for each method."""
    lines = []
    for name, method in find_methods().items():
        if given := flattened(method.defaults.get(stage, {})):
            shown = ", ".join(
                f"`{key}: {json.dumps(value, ensure_ascii=False)}`" for key, value in given.items()
            )
            lines += ["", f"Defaults of {name}: {shown}."]
    return lines


def _table(model: type) -> list[str]:
    rows = [_row(*entry) for entry in _fields(model, "", defaults(model))]
    if not rows:
        return ["No settings."]
    return ["| key | default | accepted | meaning |", "|---|---|---|---|", *rows]


def _fields(model: type, prefix: str, values: Mapping[str, Any]) -> Iterator[tuple]:
    """Yield (key, default, field, whether it has a default); nested keys are dotted."""
    for name, field in model.__pydantic_fields__.items():
        if dataclasses.is_dataclass(field.annotation):
            yield from _fields(field.annotation, f"{prefix}{name}.", values.get(name, {}))
        else:
            yield f"{prefix}{name}", values.get(name), field, name in values


def _row(key: str, default: Any, field: Any, has_default: bool) -> str:
    shown = f"`{json.dumps(default, ensure_ascii=False)}`" if has_default else "none: must be given"
    accepted = _accepted(field.annotation, field.metadata)
    cells = (f"`{key}`", shown, accepted, field.description or "")
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _accepted(kind: Any, metadata: list[Any]) -> str:
    """Return the type in words, with its limits."""
    limits = []
    for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        limits += [f"{sign} {getattr(m, name)}" for m in metadata if hasattr(m, name)]
    return ", ".join([_words(kind), *limits])


def _words(kind: Any) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _accepted(inner[0], list(_flat(inner[1:])))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_words, inner))
    if origin in (tuple, list):
        parts = [each for each in inner if each is not Ellipsis]
        return f"list of {', '.join(map(_words, parts))}"
    if origin is dict:
        return f"{_words(inner[1])} by name"
    return _NAMES.get(kind) or kind.__name__


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for each in metadata:
        yield from getattr(each, "metadata", None) or [each]


def find_drift(root: Path = ROOT) -> list[Path]:
    """Return the files that are out of date."""
    return [path for path, text in _files().items() if _read(root / path) != text]


def _files() -> dict[Path, str]:
    stages = find_stages()
    return {SCHEMA: make_schema(stages), PAGE: make_page(stages)}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> None:
    """Write the files that are out of date, or only report them."""
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--write", action="store_true", help="write what has drifted")
    write = parser.parse_args().write
    drifted = find_drift()
    for path in drifted:
        if write:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(_files()[path], encoding="utf-8")
        print(f"{path}: {'written' if write else f'has drifted; {COMMAND} --write'}")
    sys.exit(bool(drifted) and not write)


if __name__ == "__main__":
    main()
