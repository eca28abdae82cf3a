"""Stage settings: strict dataclasses, and readable errors about what was given for them."""

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
"""Memory grows with the beams: 100,000 take 9 GB for a small model. Papers have 1 to 10."""
MOST_NEW_TOKENS = 10_000
"""Of a hypothesis; a search without end would fill the memory. The longest sentences have 200."""
Beams = Annotated[int, Field(ge=1, le=MOST_BEAMS)]
NewTokens = Annotated[int, Field(ge=1, le=MOST_NEW_TOKENS)]
# The modules of data/adapters, and those of data/class_adapters: clips have a class, no sentence.
SentenceAdapter = Literal["avatar", "phoenix", "csl_daily", "how2sign", "table"]
ClassAdapter = Literal["avatar_classes", "wlasl", "kinetics"]
AdapterName = Literal[SentenceAdapter, ClassAdapter]
Language = Literal["de", "en", "zh"]
LowestRate = Annotated[
    int,
    Field(
        ge=0,
        description="bytes a second, averaged over a minute, under which an attempt counts as "
        "broken off; 0: none",
    ),
]

LONGEST_SHOWN = 300
"""Characters of a wrong value that its message shows."""
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, validate_default=True)


@dataclass_transform(frozen_default=True)
def stage_config(cls: type[Settings]) -> type[Settings]:
    """Make `cls` a frozen pydantic dataclass that takes no unknown key and converts no value.

    Whole numbers are accepted where a float is wanted. Use it for a stage's `Config` and for the
    dataclasses nested in it.
    """
    return pydantic.dataclasses.dataclass(frozen=True, config=_STRICT)(cls)


def read_settings(
    cls: type[Settings], given: Mapping[str, Any], where: str = "--settings"
) -> Settings:
    """Merge `given` (as from JSON or YAML) over the defaults of `cls` and check the whole.

    Raises InputError that lists every problem: key's path under `where`, what was found, what is
    expected.
    """
    problems = list(find_problems(cls, given, where))
    if problems:
        raise InputError("\n".join(problems))
    return _adapter(cls).validate_json(_to_json(merge(defaults(cls), given)))


def find_problems(
    cls: type[Settings], given: Mapping[str, Any], where: str, *, partial: bool = False
) -> Iterator[str]:
    """Say what is wrong with `given`, one line a problem.

    With `partial`, what only the settings as a whole can show (a required key that is missing, a
    rule about several keys) is passed over: `given` is one layer of several.
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
    """The defaults of `cls` as JSON values; keys without a default are left out."""
    # A copy: callers merge into it.
    return json.loads(_defaults_json(cls))


def to_json_values(settings: Any) -> dict[str, Any]:
    """`settings` (an instance) as JSON values."""
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
    """What of `settings` differs from `base`, key by key, in nested mappings too."""
    different = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            if inner := differing(value, base[key]):
                different[key] = inner
        elif key not in base or value != base[key]:
            different[key] = value
    return different


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over` in it; mappings are merged, everything else is replaced."""
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
    # What JSON has no form for (a YAML date) becomes text, and is refused as such where it stands.
    return json.dumps(values, default=str)


def _is_of_several(problem: Mapping[str, Any]) -> bool:
    """True for a rule about several keys, whose values its text names."""
    return problem["type"] == "value_error" and isinstance(problem["input"], dict)


def _describe(cls: type, problem: Mapping[str, Any], where: str) -> str:
    """One line on one pydantic problem."""
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
    """A value as a message shows it: as JSON, cut where it is long."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except ValueError:  # a number of thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} ..."


def unknown_key(
    path: str,
    key: str,
    accepted: Collection[str],
    problem: str = "unknown key",
    listed: str = "accepted keys",
) -> str:
    """The message about a key that does not exist at `path`.

    `problem` says what is wrong with it, and `listed` what the `accepted` ones are.
    """
    accepted = sorted(accepted)
    near = difflib.get_close_matches(str(key), accepted, n=1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    return f"{path}: {problem}; {guess}{listed}: {', '.join(accepted) or 'none'}"


def renamed_key(cls: type, path: str, location: tuple) -> str | None:
    """Return the message about a key that has another name now; None for any other key.

    The dataclass at the key's place declares such keys in a class variable RENAMED: old name -> new
    name, dotted where the key has moved into a nested dataclass.
    """
    kind, old = _type_at(cls, location[:-1]), location[-1]
    new = getattr(kind, "RENAMED", {}).get(old)
    if new is None:
        return None
    *outer, last = new.split(".")
    shape = "".join(f"{each}: {{" for each in outer) + f"{last}: ..." + "}" * len(outer)
    return f"{path}: renamed to {new}; write {{{shape}}} (docs/changes.md lists renamed keys)"


def unknown_name(path: str, name: str, accepted: Collection[str]) -> str:
    """The message about a name, found at `path`, that is none of `accepted`."""
    return unknown_key(path, name, accepted, f'unknown name "{name}"', "accepted")


def _hint(problem: Mapping[str, Any]) -> str:
    """YAML reads 1e-4 as text: say so, since nobody expects it."""
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
    """The keys that the dataclass at `location` within `cls` takes; none for another type."""
    kind = _type_at(cls, location)
    return [field.name for field in dataclasses.fields(kind)] if kind else []


def _type_at(cls: type, location: tuple) -> type | None:
    """The dataclass at `location` within `cls`, through mappings, lists and `X | None`."""
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
    """`X` for `X | None` and `Annotated[X, ...]`."""
    if typing.get_origin(kind) is Annotated:
        return _only_type(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(kind) if each is not type(None)]
        return _only_type(rest[0]) if len(rest) == 1 else kind
    return kind


def _describe_field(cls: type, location: tuple) -> str:
    """What the key at `location` means, and its default."""
    *outer, name = location
    while isinstance(name, int) and outer:  # an entry of a list: speak of the list
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
