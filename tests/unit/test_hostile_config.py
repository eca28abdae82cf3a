"""Attacks with config.yaml and --configfile: what expands, nests, repeats or never ends."""

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import refusal

from sign2text.commands import main as cli
from sign2text.config.keys import parse_yaml, read_configuration, with_command_line
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.ground.yaml_bounds import DEEPEST, LARGEST, MOST_VALUES, check_values, check_yaml

ROOT = Path(__file__).resolve().parents[2]


def laughs(levels: int, inner: str = "[x]", repeated: str = "[{}]") -> str:
    """Aliases that expand tenfold at each level."""
    lines = [f"a0: &a0 {inner}"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} " + repeated.format(aliases))
    return "\n".join(lines) + "\n"


MANY, DEEP, ROUND = "expand to more than", f"nested more than {DEEPEST} deep", "holds itself"
NUMBER, OTHER = "found a number of more than", "is not YAML in UTF-8"
TEXTS = {
    "billion laughs": (laughs(30), MANY),
    "few laughs": (laughs(6), MANY),
    "laughs in mappings": (
        "a0: &a0 {x: 1}\n"
        + "".join(
            f"a{n}: &a{n} {{" + ", ".join(f"k{k}: *a{n - 1}" for k in range(10)) + "}\n"
            for n in range(1, 20)
        ),
        MANY,
    ),
    "laughs in merge keys": (laughs(20, "{x: 1}", "{{<<: [{}]}}"), MANY),
    "laughs of long text": (laughs(4, "x" * 500_000), MANY),
    "laughs in keys": (laughs(4, "'" + "x" * 100_000 + "'", "[{}]"), MANY),
    "many values": ("a: [" + "1," * MOST_VALUES + "]", MANY),
    "deep flow": ("a: " + "[" * 100_000, OTHER),
    "deep mappings": ("{a: " * 100_000, DEEP),
    "deep dashes": ("- " * 100_000, DEEP),
    "deep keys": ("? " * 100_000, DEEP),
    "deep, within the reader's limit": ("a: " + "[" * 200 + "]" * 200, DEEP),
    "deep by aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 5000)),
        DEEP,
    ),
    "circle": ("a: &a [*a]", ROUND),
    "circle of mappings": ("a: &a {b: {c: *a}}", ROUND),
    "circle at the top": ("&a {b: *a}", ROUND),
    "base 60": ("seed: 1" + ":1" * 200_000, NUMBER),
    "long number": ("seed: " + "9" * 200_000, NUMBER),
    "long hexadecimal": ("seed: 0x" + "f" * 200_000, NUMBER),
    "long fraction": ("seed: 0." + "9" * 200_000, NUMBER),
    "a date that is none": ("a: 2026-99-99", OTHER),
    "integer of nothing": ('a: !!int ""', OTHER),
    "truth of nothing": ("a: !!bool maybe", OTHER),
    "time of nothing": ("a: !!timestamp x", OTHER),
    "Python's objects": ("a: !!python/object/apply:os.mkdir [harm]", OTHER),
    "unhashable key": ("? [a]\n: b", OTHER),
    "date as a key": ("2026-01-01: a", "found a key that is a date"),
    "bytes as a key": ("!!binary YWJj: a", "found a key that is a bytes"),
    "two documents": ("a: 1\n---\nb: 2", OTHER),
    "unknown alias": ("a: *b", OTHER),
    "a list": ("[" + "x," * 20_000 + "]", "expected keys such as datasets"),
    "text": ("x" * 1000, "expected keys such as datasets"),
    "long text": ("x" * 100_000, "found a text of 100000 characters"),
    "control characters": ("a: \0", OTHER),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", ["config.yaml", "other.yaml"])
def test_a_configuration_that_expands_or_breaks_is_refused(kind: str, name: str) -> None:
    text, said = TEXTS[kind]
    Path("config.yaml").write_text("datasets: {}\n")
    Path(name).write_text(text, encoding="utf-8")
    message = refusal(lambda: read_configuration(Path(name)))
    assert message.startswith(name) and said in message and len(message) < 1000
    assert not Path("harm").exists()


@pytest.mark.parametrize("command", ["explain", "plan", "verify"])
def test_every_command_that_reads_one_says_so(command: str) -> None:
    Path("config.yaml").write_text(laughs(30))
    target = "results/avatar/fla_llm.bleu"

    def call() -> None:
        options = cli.make_parser().parse_args([command, target, "--configfile", "config.yaml"])
        options.command(options)

    assert f"config.yaml, line 6: its values {MANY}" in refusal(call)


def test_a_hundred_megabytes_are_not_read() -> None:
    with Path("config.yaml").open("wb") as file:
        file.truncate(100 * 2**20)
    assert f"expected at most {LARGEST}" in refusal(read_configuration)


def shared(levels: int, kind: type = list) -> Any:
    """Billion laughs as Snakemake parses them: values that share all their parts."""
    value: Any = ["x"]
    for _ in range(levels):
        value = {str(n): value for n in range(10)} if kind is dict else kind([value] * 10)
    return value


def circle() -> dict[str, Any]:
    values: dict[str, Any] = {"datasets": {}}
    values["datasets"]["a"] = values
    return values


def deep() -> Any:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    return value


VALUES = {
    "lists": (lambda: {"datasets": shared(30)}, MANY),
    "mappings": (lambda: {"datasets": shared(30, dict)}, MANY),
    "tuples": (lambda: {"targets": shared(30, tuple)}, MANY),
    "circle": (circle, ROUND),
    "deep": (lambda: {"targets": deep()}, DEEP),
    "number": (lambda: {"targets": 10**5000}, NUMBER),
    "negative number": (lambda: {"targets": -(10**5000)}, NUMBER),
    "object": (lambda: {"targets": object()}, "found a object, expected values"),
    "key": (lambda: {datetime.date(2026, 1, 1): 1}, "found a key that is a date"),
    "pair as a key": (lambda: {(1, 2): 1}, "found a key that is a tuple"),
    "texts": (lambda: {"targets": ["x" * 1000] * 10_000}, MANY),
    "long text": (lambda: {"targets": ["x" * 10**6] * 100}, "found a text of 1000000 characters"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_that_snakemake_has_read_are_refused_too(kind: str) -> None:
    make, said = VALUES[kind]
    message = refusal(lambda: Project(make()))
    assert message.startswith("config.yaml: ") and said in message and len(message) < 500
    assert said in refusal(lambda: with_command_line({}, make()))


def test_text_of_the_command_line_is_bounded_as_files_are() -> None:
    assert MANY in refusal(lambda: with_command_line({}, {"datasets": laughs(30)}))
    assert OTHER in refusal(lambda: with_command_line({}, {"datasets": {"a": "{b"}}))
    assert with_command_line({"a": {"b": 1}}, {"a": {"c": "[1, 2]"}}) == {
        "a": {"b": 1, "c": [1, 2]}
    }


@pytest.mark.parametrize(
    "config",
    [
        {"datasets": {"a": ["x" * 1000] * 90}},
        {"datasets": {"x" * 9000: 5}},
        {"experiments": {"a": {"method": "y" * 100_000}}},
        {"targets": [float("nan")]},
        {"targets": ["\ud800"]},
        {"experiments": {"a": {"seed": 10**100}}},
        {"experiments": {"a": {"seed": float("inf")}}},
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said_without_traceback(config: dict[str, Any]) -> None:
    assert refusal(lambda: Project(config))


def test_the_message_shows_little_of_a_long_value() -> None:
    message = refusal(lambda: Project({"datasets": {"a": {"stages": ["x" * 1000] * 90}}}))
    assert "datasets.a.stages: found" in message and " ..." in message and len(message) < 1000


def test_honest_anchors_merge_keys_and_dates_are_read() -> None:
    text = (
        "base: &base {seed: 1, stages: {a: {b: 1.5e-3}}}\nmore: {<<: *base, seed: 2}\n"
        "list: [*base, *base]\nday: 2026-01-01\nnothing: ~\nhash: " + "1f" * 64 + "\n"
        "3: x\nyes: x\nset: !!set {a, b}\n"
    )
    check_yaml(text, "config.yaml")
    assert parse_yaml(text, "config.yaml") == yaml.safe_load(text)
    Path("config.yaml").write_text(text, encoding="utf-8")
    assert read_configuration() == yaml.safe_load(text)


def test_the_project_s_own_and_a_large_configuration_are_read() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    for number in range(1000):
        values["experiments"][f"x{number}"] = {"base": "fla_llm", "seed": number}
    check_values(values, "config.yaml")
    assert parse_yaml(yaml.safe_dump(values), "config.yaml") == values


def test_with_libyaml_or_without_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    for kind in ("billion laughs", "laughs in merge keys", "circle", "deep flow", "deep dashes"):
        text, said = TEXTS[kind]
        expected = DEEP if kind == "deep flow" else said
        assert expected in refusal(lambda text=text: parse_yaml(text, "config.yaml"))
    with pytest.raises(InputError, match=NUMBER):
        parse_yaml("a: " + "9" * 1000, "config.yaml")
