"""References in the pages are right: links, functions and classes, tests, tables' commands."""

import ast
import functools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sign2text.config.keys import Workflow
from sign2text.config.project import Project
from sign2text.ground.settings import merge
from sign2text.papers.published_numbers import tables_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "results" / "README.md"])
METHOD = ROOT / "docs" / "fla_llm.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def links(page: Path) -> list[tuple[str, Path, str]]:
    """Return (text, file, anchor) of the page's links to files."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = []
    for words, target in LINK.findall(text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            found.append((words, (page.parent / path).resolve() if path else page, anchor))
    return found


@functools.cache
def names_in(path: Path) -> frozenset[str]:
    """Return functions, classes, their methods and fields, and constants that a module defines."""
    found: set[str] = set()

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")
            targets = [node.target] if isinstance(node, ast.AnnAssign) else []
            targets += node.targets if isinstance(node, ast.Assign) else []
            found.update(prefix + each.id for each in targets if isinstance(each, ast.Name))

    walk(ast.parse(path.read_text(encoding="utf-8")).body, "")
    return frozenset(found)


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def what_is_wrong(words: str, path: Path, anchor: str) -> str | None:
    """Return why a link is broken, or None.

    Words in backquotes that link to a module name something in it, with or without the module's
    name before; the name of a test module in backquotes means all of it, and plain words that link
    to one are a test's name without `test_`.
    """
    if not path.exists():
        return "no such file"
    if anchor and anchor not in anchors_of(path):
        return f"no heading for #{anchor}"
    name = words.strip("`")
    if name == words and not path.name.startswith("test_"):
        return None
    if path.suffix == ".smk" and words.startswith("`rule "):
        rules = re.findall(r"^(rule \w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
        return None if name in rules else "no such rule"
    if path.suffix != ".py":
        return None
    if path.name.startswith("test_"):
        if words == f"`{path.stem}`":
            return None
        name = "test_" + words.replace(" ", "_")
    else:
        name = name.removeprefix(f"{path.stem}.")
    return None if name in names_in(path) else f"no {name} in it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_what_it_names(page: Path) -> None:
    found = {(words, str(path)): what_is_wrong(words, path, a) for words, path, a in links(page)}
    assert {link: wrong for link, wrong in found.items() if wrong} == {}


def test_a_link_to_what_is_gone_is_found(tmp_path: Path) -> None:
    module, page = tmp_path / "module.py", tmp_path / "page.md"
    module.write_text("LIMIT: int = 3\nclass A:\n    size = 1\n    def go(self):\n        b = 2\n")
    page.write_text("# One, two\n```\n[not](a_link)\n```\n")
    assert names_in(module) == {"LIMIT", "A", "A.size", "A.go"}
    for name in ("`A.go`", "`module.A.go`", "`LIMIT`", "that module"):
        assert what_is_wrong(name, module, "") is None
    assert what_is_wrong("`A.stop`", module, "") == "no A.stop in it"
    assert what_is_wrong("gone", tmp_path / "gone.py", "") == "no such file"
    assert what_is_wrong("there", page, "one-two") is None
    assert what_is_wrong("there", page, "three") == "no heading for #three"
    assert links(page) == []


def rows_of(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of all tables under a level-2 heading, without the tables' heads."""
    text = page.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_point_of_fla_llm_names_its_code_and_tests() -> None:
    rows = rows_of(METHOD, "Point by point")
    points = [row[0] for row in rows]
    assert len(points) == len(set(points)) > 40
    for point, _, _, code, tests in rows:
        assert "](../workflow/" in code or "](../rules/" in code, point
        assert "](../tests/" in tests, point


def test_the_page_names_every_tables_command() -> None:
    text = METHOD.read_text(encoding="utf-8")
    command = r"snakemake --cores all results/(\w+)/tables/(fla_llm_\d+)\.html"
    asked = {table: dataset for dataset, table in re.findall(command, text)}
    expected = {name: table.datasets[0] for name, table in tables_of("fla_llm").items()}
    assert len(expected) == 10
    assert asked == expected
    for figure in ("dominance/norms.html", "visual_init_length/compare.html"):
        assert f"snakemake --cores all results/phoenix/comparisons/{figure}" in text
    assert "snakemake --cores all fla_llm_phoenix\n" in text


def test_the_page_names_the_experiment_of_every_row() -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    listed = {
        f"fla_llm_{number}": config["tables"][f"fla_llm_{number}"]["rows"]
        for number in range(4, 11)
    }
    expected = {
        (table, row): each if isinstance(each, str) else each[0]
        for table, rows in listed.items()
        for row, each in rows.items()
    }
    found, figure = {}, []
    for table, rows, experiments, *_ in rows_of(METHOD, "Ablations"):
        names = re.findall(r"`(\w+)`", experiments)
        if table.isdigit():
            for row, name in zip(rows.split(", "), names, strict=True):
                found[f"fla_llm_{table}", row] = name
        elif table == "figure 4":
            figure += names
    assert found == expected
    assert set(figure) == {"fla_llm", *(f"fla_llm_vis_{epochs}" for epochs in (25, 50, 100))}
    assert set(figure) <= config["experiments"].keys()


def configurations(page: Path) -> dict[str, Any]:
    """Merge all excerpts of config.yaml on a page."""
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    for block in map(yaml.safe_load, blocks):
        if block.keys() <= Workflow.__pydantic_fields__.keys():
            found = merge(found, block)
    return found


@pytest.mark.parametrize(
    "page", [page for page in PAGES if configurations(page)], ids=lambda page: page.name
)
def test_what_is_to_be_written_into_config_yaml_is_accepted(page: Path) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    Project(merge(config, configurations(page)))
