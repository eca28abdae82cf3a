"""The tables of faults and of attacks name tests that exist; profiles have what they speak of."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("faults", "security")
}
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`(\*?)", "".join(PAGES.values()))))


def decorators(path: str, name: str) -> str:
    """The marks of a test, and of its file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    assert found, f"docs/ names {path}::{name}, which is not there"
    marks = [n for n in tree.body if isinstance(n, ast.Assign) and "pytestmark" in ast.unparse(n)]
    return " ".join(ast.unparse(each) for each in [*found[0].decorator_list, *marks])


@pytest.mark.parametrize(("path", "name", "star"), NAMED)
def test_each_row_names_a_test_and_when_it_runs(path: str, name: str, star: str) -> None:
    assert ("mark.long" in decorators(path, name)) == bool(star)


@pytest.mark.parametrize(("page", "least"), [("faults", 25), ("security", 30)])
def test_each_row_has_a_test(page: str, least: int) -> None:
    tables = re.findall(r"(?m)^\| \w[^\n]*\| test \|\n\|[-|]+\n((?:\|.*\n)+)", PAGES[page])
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > least and [row for row in rows if "::test_" not in row] == []


@pytest.mark.parametrize("profile", sorted((ROOT / "profiles").glob("*/config.yaml")), ids=str)
def test_every_profile_makes_anew_what_a_kill_left(profile: Path) -> None:
    settings = yaml.safe_load(profile.read_text(encoding="utf-8"))
    assert settings["rerun-incomplete"] is True
    assert settings["max-checksum-file-size"], "times alone would decide what is due"
