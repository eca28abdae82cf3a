"""The rooms of the library: who may import whom, who may name a method, how long a file may be."""

import ast
import functools
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import get_args

import pytest

from sign2text.ground.languages import MBART_CODES
from sign2text.ground.settings import Language

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "workflow" / "sign2text"
MAP = ROOT / "docs" / "architecture.md"
UPWARDS: set[tuple[str, str]] = set()
"""(importer, imported): modules that may import from a room below theirs in the map's table."""
LINES = {"workflow/sign2text": 300, "tests": 400}
"""Most lines of a Python file."""
METHODS = sorted(path.parent.name for path in LIBRARY.glob("methods/*/method.py"))
EXAMPLE = re.compile(r"\bsuch as .*", re.DOTALL)
"""The rest of a message that says how a target or a setting may look."""


def rooms() -> list[str]:
    """The rooms in the order of the map's table: each may import those before it."""
    return re.findall(r"^\| `(\w+)` \|", MAP.read_text(encoding="utf-8"), re.MULTILINE)


def room(module: str) -> str:
    return module.split(".")[1]


@functools.cache
def modules() -> dict[str, Path]:
    """Files of the library by the names of their modules; packages by their own names."""
    found = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
        found[".".join(parts[:-1] if path.stem == "__init__" else parts)] = path
    return found


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(module: str) -> Iterator[tuple[int, str]]:
    """(line, module of the library) of every import, at any depth, also for types alone."""
    for node in ast.walk(tree(modules()[module])):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}, line {node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else node.module for name in names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name in modules())


def test_the_map_has_every_room_once() -> None:
    folders = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    assert sorted(rooms()) == sorted(folders)


def test_no_room_imports_one_below_it() -> None:
    order = rooms()
    found = [
        f"{module}, line {line}: imports {imported}"
        for module in modules()
        for line, imported in imports(module)
        if "." in imported
        and "." in module
        and order.index(room(imported)) > order.index(room(module))
        and (module, imported) not in UPWARDS
    ]
    assert not found, "\n" + "\n".join(found)


def test_nothing_is_allowed_that_nobody_does() -> None:
    done = {(module, imported) for module in modules() for _, imported in imports(module)}
    assert done >= UPWARDS


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {module: {each for _, each in imports(module)} - {module} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def spelled(name: str) -> str:
    """A pattern of a method's name, as in fla_llm, FlaLlm and FLa-LLM."""
    return name.replace("_", "[_-]?")


def words_of(method: str) -> re.Pattern[str]:
    """The method's name, in any spelling, and the exact names of its own stages."""
    folder = LIBRARY / "methods" / method / "stages"
    stages = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    each = "|".join([f"(?i:{spelled(method)})", *(rf"\b{stage}\b" for stage in stages)])
    return re.compile(each)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of identifiers, imports and strings; docstrings and examples left out.

    Descriptions of settings are as docstrings: they cite papers.
    """
    strings = set()  # docstrings, those that stand alone behind a constant, descriptions
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            strings.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "description":
            strings.update(ast.walk(node.value))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node not in strings:
                yield node.lineno, EXAMPLE.sub("", node.value)
        elif isinstance(node, ast.alias):
            yield node.lineno, node.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
        else:
            for field in ("id", "attr", "arg", "name"):
                text = getattr(node, field, None)
                if isinstance(text, str):
                    yield node.lineno, text


def outside(method: str) -> list[Path]:
    """Files of the library that are not the method's; the papers' tables are named by paper."""
    own = (LIBRARY / "methods" / method, LIBRARY / "papers")
    return [p for p in modules().values() if not any(p.is_relative_to(each) for each in own)]


@pytest.mark.parametrize("method", METHODS)
def test_no_file_outside_a_methods_folder_names_it(method: str) -> None:
    words = words_of(method)
    found = [
        f"{path.relative_to(ROOT)}, line {line}: {text.strip()[:80]!r}"
        for path in outside(method)
        for line, text in said(path)
        if words.search(text)
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("method", METHODS)
def test_no_rule_of_others_names_a_method(method: str) -> None:
    """Comments aside; a method's own rules are in rules/<its name>.smk."""
    words = words_of(method)
    files = [ROOT / "Snakefile", ROOT / "dvc.yaml", *sorted((ROOT / "rules").glob("*.smk"))]
    found = [
        f"{path.name}, line {number}: {line.strip()}"
        for path in files
        if path.stem != method
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(EXAMPLE.sub("", line.partition("#")[0]))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("folder", LINES)
def test_files_stay_short(folder: str) -> None:
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert {path: count for path, count in lines.items() if count > LINES[folder]} == {}


def test_a_language_is_known_in_one_room() -> None:
    assert tuple(MBART_CODES) == get_args(Language)


def test_names_and_examples_are_told_apart(tmp_path: Path) -> None:
    """The test above would notice names in all these places, and none in prose or examples."""
    path = tmp_path / "module.py"
    path.write_text(
        '"""About fla_llm."""\n'
        "import sign2text.methods.fla_llm as a\n"
        "from sign2text.methods import fla_llm\n"
        "from sign2text.methods.fla_llm.method import METHOD  # FLa-LLM's\n"
        "X = 'results/avatar/fla_llm'\n"
        '"""The target of fla_llm."""\n'
        "Y = f'{X}, such as results/avatar/fla_llm'\n"
        "class FlaLlm: pass\n"
        "def fla_llm_table(fla_llm=1): a.fla_llm(finetune_llm=2)\n"
        "Z = 'FLa-LLM trains'\n"
        "field(description='FLa-LLM 0.5' 'FLa-LLM')\n"
    )
    words = words_of("fla_llm")
    lines = sorted({line for line, text in said(path) if words.search(text)})
    assert lines == [2, 3, 4, 5, 8, 9, 10]
