"""Stage settings: strict dataclasses, and readable errors about invalid values."""

import dataclasses
import difflib
import functools
import json
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

import pydantic
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sign2text.ground.addresses import concealed, masked
from sign2text.ground.errors import InputError

Settings = TypeVar("Settings")
Probability = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
MOST_BEAMS = 100
"""Memory grows with the beams: 100,000 take 9 GB for a small model. Papers use 1 to 10."""
MOST_NEW_TOKENS = 10_000
"""Tokens of a hypothesis; an endless search would fill memory. The longest sentences have 200."""
Beams = Annotated[int, Field(ge=1, le=MOST_BEAMS)]
NewTokens = Annotated[int, Field(ge=1, le=MOST_NEW_TOKENS)]
SentenceAdapter = Literal["avatar", "phoenix", "csl_daily", "how2sign", "table"]  # in data/adapters
ClassAdapter = Literal["avatar_classes", "wlasl", "kinetics"]  # data/class_adapters, and so on
CaptionAdapter = Literal["youtube_asl", "youtube_sl25", "fleurs_asl"]
LandmarkAdapter = Literal["poses", "vsl_gh"]
DrawnAdapter = Literal["avatar_second"]
AdapterName = Literal[SentenceAdapter, ClassAdapter, CaptionAdapter, LandmarkAdapter, DrawnAdapter]
Language = Literal["de", "en", "zh", "vi"]
LowestRate = Annotated[
    int,
    Field(
        ge=0,
        description="bytes a second over a minute, below which an attempt is broken off; 0: none",
    ),
]

LONGEST_SHOWN = 300
"""Characters of an invalid value that its message shows."""
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, validate_default=True)


@dataclass_transform(frozen_default=True)
def stage_config(cls: type[Settings]) -> type[Settings]:
    """Make `cls` a frozen pydantic dataclass that rejects unknown keys and converts no values.

    Whole numbers are accepted for floats. Use it for a stage's `Config` and for the dataclasses
    nested in it.
    """
    return pydantic.dataclasses.dataclass(frozen=True, config=_STRICT)(cls)


def read_settings(
    cls: type[Settings], given: Mapping[str, Any], where: str = "--settings"
) -> Settings:
    """Merge `given` (as from JSON or YAML) over the defaults of `cls` and check the result.

    Raises InputError that lists every problem with the key path under `where`, the found and the
    expected value.
    """
    problems = list(find_problems(cls, given, where))
    if problems:
        raise InputError("\n".join(problems))
    return _adapter(cls).validate_json(_to_json(merge(defaults(cls), given)))


def find_problems(
    cls: type[Settings], given: Mapping[str, Any], where: str, *, partial: bool = False
) -> Iterator[str]:
    """Report problems in `given`, one line each.

    With `partial`, `given` is one layer of several. Problems that only the merged settings can
    have are then ignored: a missing required key, or a rule about several keys.
    """
    try:
        _adapter(cls).validate_json(_to_json(merge(defaults(cls), given)))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            several = _is_of_several(problem)
            if partial and (problem["type"] == "missing" or several or not problem["loc"]):
                continue
            yield masked(_describe(cls, problem, where))


def defaults(cls: type) -> dict[str, Any]:
    """Return the defaults of `cls` as JSON values, without keys that have no default."""
    # Return a copy, since callers merge into it.
    return json.loads(_defaults_json(cls))


def to_json_values(settings: Any) -> dict[str, Any]:
    """Convert `settings` (an instance) to JSON values."""
    return _adapter(type(settings)).dump_python(settings, mode="json")


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings with dotted keys.

    >>> flattened({"seed": 1, "training": {"epochs": 3}})
    {'seed': 1, 'training.epochs': 3}
    """
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def differing(settings: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of `settings` that differ from `base`, also in nested mappings."""
    different = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            if inner := differing(value, base[key]):
                different[key] = inner
        elif key not in base or value != base[key]:
            different[key] = value
    return different


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `over` into a copy of `base`: mappings are merged, other values are replaced."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def check_heads(width: int, heads: int) -> None:
    """Raise ValueError unless `heads` attention heads share `width` evenly."""
    if width % heads:
        raise ValueError(f"width is {width} and heads {heads}; heads must divide width")


@functools.cache
def _adapter(cls: type) -> TypeAdapter:
    return TypeAdapter(cls)


@functools.cache
def _defaults_json(cls: type) -> str:
    values = {}
    for field in dataclasses.fields(cls):
        default = field.default
        if isinstance(default, pydantic.fields.FieldInfo):
            if not default.is_required():
                values[field.name] = default.get_default(call_default_factory=True)
        elif default is not dataclasses.MISSING:
            values[field.name] = default
        elif field.default_factory is not dataclasses.MISSING:
            values[field.name] = field.default_factory()
    return pydantic.TypeAdapter(dict[str, Any]).dump_json(values).decode()


def _to_json(values: Mapping[str, Any]) -> str:
    # Values that JSON lacks (a YAML date) become text, which validation rejects at their key.
    return json.dumps(values, default=str)


def _is_of_several(problem: Mapping[str, Any]) -> bool:
    """Return whether the problem is about several keys; its text then names their values."""
    return problem["type"] == "value_error" and isinstance(problem["input"], dict)


def _describe(cls: type, problem: Mapping[str, Any], where: str) -> str:
    """Describe a pydantic problem in one line."""
    location = problem["loc"]
    path = ".".join([*filter(None, [where]), *map(str, location)])
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return renamed_key(cls, path, location) or unknown_key(
            path, location[-1], _keys_at(cls, location[:-1])
        )
    if problem["type"] in ("missing", "missing_argument"):
        return f"{path}: is missing and has no default{_describe_field(cls, location)}"
    if not location or _is_of_several(problem):
        return f"{path}: {problem['msg'].removeprefix('Value error, ')}"
    found = shown(concealed(problem["input"]))
    expected = problem["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{path}: found {found}, {expected}{_hint(problem)}{_describe_field(cls, location)}"


def shown(value: Any) -> str:
    """Return a value as JSON for a message, cut if it is long."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except ValueError:  # a number with thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} ..."


def unknown_key(
    path: str,
    key: str,
    accepted: Collection[str],
    problem: str = "unknown key",
    listed: str = "accepted keys",
) -> str:
    """Return the message about a key that does not exist at `path`.

    `problem` describes the problem, and `listed` introduces the `accepted` keys.
    """
    accepted = sorted(accepted)
    near = difflib.get_close_matches(str(key), accepted, n=1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    return f"{path}: {problem}; {guess}{listed}: {', '.join(accepted) or 'none'}"


def renamed_key(cls: type, path: str, location: tuple) -> str | None:
    """Return the message about a renamed key; None for any other key.

    The dataclass that had the key declares it in a class variable RENAMED: old name -> new name,
    which is dotted if the key has moved into a nested dataclass.
    """
    kind, old = _type_at(cls, location[:-1]), location[-1]
    new = getattr(kind, "RENAMED", {}).get(old)
    if new is None:
        return None
    *outer, last = new.split(".")
    shape = "".join(f"{each}: {{" for each in outer) + f"{last}: ..." + "}" * len(outer)
    return f"{path}: renamed to {new}; write {{{shape}}} (docs/changes.md lists renamed keys)"


def unknown_name(path: str, name: str, accepted: Collection[str]) -> str:
    """Return the message about a name at `path` that is not in `accepted`."""
    return unknown_key(path, name, accepted, f'unknown name "{name}"', "accepted")


def _hint(problem: Mapping[str, Any]) -> str:
    """Explain that YAML reads 1e-4 as text, which surprises most people."""
    if problem["type"].startswith("float") and isinstance(problem["input"], str):
        try:
            value = float(problem["input"])
        except ValueError:
            return ""
        return f"; YAML takes {problem['input']} for text, write {_yaml_float(value)}"
    return ""


def _yaml_float(value: float) -> str:
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"


def _keys_at(cls: type, location: tuple) -> list[str]:
    """List the keys of the dataclass at `location` within `cls`; none for another type."""
    kind = _type_at(cls, location)
    return [field.name for field in dataclasses.fields(kind)] if kind else []


def _type_at(cls: type, location: tuple) -> type | None:
    """Find the dataclass at `location` within `cls`, through mappings, lists and `X | None`."""
    kind: Any = cls
    for part in location:
        kind = _only_type(kind)
        if dataclasses.is_dataclass(kind):
            field = kind.__pydantic_fields__.get(part)
            kind = field.annotation if field else None
        elif inner := typing.get_args(kind):
            kind = inner[1] if typing.get_origin(kind) is dict else inner[0]
        else:
            return None
    kind = _only_type(kind)
    return kind if dataclasses.is_dataclass(kind) else None


def _only_type(kind: Any) -> Any:
    """Return `X` for `X | None` and `Annotated[X, ...]`."""
    if typing.get_origin(kind) is Annotated:
        return _only_type(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(kind) if each is not type(None)]
        return _only_type(rest[0]) if len(rest) == 1 else kind
    return kind


def _describe_field(cls: type, location: tuple) -> str:
    """Return the meaning and the default of the key at `location`, in brackets."""
    *outer, name = location
    while isinstance(name, int) and outer:  # for a list's entry, describe the list
        name = outer.pop()
    field = getattr(_type_at(cls, tuple(outer)), "__pydantic_fields__", {}).get(name)
    if field is None:
        return ""
    parts = [field.description] if field.description else []
    if not field.is_required():
        default = field.get_default(call_default_factory=True)
        default = to_json_values(default) if dataclasses.is_dataclass(default) else default
        parts.append(f"default {json.dumps(default, default=str, ensure_ascii=False)}")
    return f" ({'; '.join(parts)})" if parts else ""
