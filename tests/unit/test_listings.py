"""config.yaml's comparisons, tables and report: read before the graph is built, and refused."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sign2text.config.keys import with_command_line
from sign2text.config.listings import compared, rows_of, rows_of_paper
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.papers.published_numbers import published_tables

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
datasets: {small: {adapter: avatar, language: de}}
experiments:
  first: {method: fla_llm}
  second: {base: first, seed: 2}
  third: {base: first, seed: 3}
"""


def project(changes: str) -> Project:
    return Project(with_command_line(yaml.safe_load(CONFIG), yaml.safe_load(changes)))


def test_what_is_listed_is_found_again() -> None:
    found = project(
        "{comparisons: {seeds: [second, first], runs: [first, [second, third]]},"
        " report: [results/small/first.bleu],"
        " tables: {fla_llm_6: {rows: {25%: first, 50%: [first, second]}}, fla_llm_1: {}}}"
    )
    assert found.report == ("results/small/first.bleu",)
    assert compared(found.comparisons, "seeds") == [["second"], ["first"]]
    assert compared(found.comparisons, "runs") == [["first"], ["second", "third"]]
    assert rows_of(found.tables, "fla_llm_6") == {"25%": ["first"], "50%": ["first", "second"]}
    # A table without configured rows is a valid table.
    assert rows_of(found.tables, "fla_llm_1") == rows_of(found.tables, "mmtlb_6") == {}
    # A paper's tables that have rows.
    listed = {"fla_llm_6": {"25%": ["first"], "50%": ["first", "second"]}}
    assert rows_of_paper(found.tables, "fla_llm") == listed
    assert rows_of_paper(found.tables, "mmtlb") == {}


def test_rows_that_share_a_name_are_told_apart_by_their_setting() -> None:
    found = project("tables: {mmtlb_1: {rows: {MMTLB (Sign2Text): first}}}")
    assert rows_of(found.tables, "mmtlb_1") == {"MMTLB (Sign2Text)": ["first"]}


REFUSED = {
    "tables: {fla_llm_11: {}}": 'tables.fla_llm_11: unknown name "fla_llm_11"; did you mean '
    '"fla_llm_1"? accepted: fla_llm_1, fla_llm_10,',
    "tables: {fla_llm_4: {row: {}}}": 'tables.fla_llm_4.row: unknown key; did you mean "rows"?',
    "tables: {fla_llm_4: {rows: {factorised: first}}}": "tables.fla_llm_4.rows.factorised: unknown "
    'name "factorised"; did you mean "factorized"? accepted: factorized, joint',
    "tables: {mmtlb_1: {rows: {MMTLB: first}}}": 'unknown name "MMTLB"; accepted: BN-TIN-Transf,',
    "tables: {sign2gpt_4: {rows: {No downsampling: first}}}": "tables.sign2gpt_4.rows.No "
    'downsampling: unknown name "No downsampling"; did you mean "No Downsampling on Sign Encoder"?',
    "tables: {sign2gpt_pgp-tokens: {rows: {all words: [first, second]}}}": "tables.sign2gpt_pgp-"
    "tokens.rows.all words: found second, whose method fla_llm does not measure precision, recall, "
    "f1; expected an experiment of sign2gpt. Take it out",
    "tables: {sign2gpt_1b: {rows: {Total: first}}}": "tables.sign2gpt_1b.rows.Total: its published "
    'numbers are of split "none"',
    "tables: {fla_llm_4: {rows: {joint: frist}}}": "tables.fla_llm_4.rows.joint: unknown name "
    '"frist"; did you mean "first"? accepted: first, second, third',
    "tables: {fla_llm_4: {rows: {joint: [first, first]}}}": "tables.fla_llm_4.rows.joint: first is "
    "listed twice",
    "tables: {fla_llm_4: {rows: {joint: []}}}": "tables.fla_llm_4.rows.joint: found no experiment",
    "tables: {fla_llm_4: {rows: {joint: 3}}}": "tables.fla_llm_4.rows.joint: found 3, expected an "
    "experiment, or a list of an experiment and its further seeds",
    "comparisons: {both: [first]}": "comparisons.both: found first, expected at least two",
    "comparisons: {both: []}": "comparisons.both: found none, expected at least two",
    "comparisons: {both: first}": 'comparisons.both: found "first", expected a valid array',
    "comparisons: {both: [first, secnd]}": 'comparisons.both: unknown name "secnd"; did you mean '
    '"second"? accepted: first, second, third',
    "comparisons: {both: [first, second, first]}": "comparisons.both: first is listed twice",
    "comparisons: {both: [first, [second, first]]}": "comparisons.both: first is listed twice",
    "comparisons: {both: [first, [second, thrd]]}": 'comparisons.both: unknown name "thrd"',
    "comparisons: {both: [[first, second]]}": "comparisons.both: found first, second (seeds of one "
    "experiment), expected at least two",
    "comparisons: {both: [first, []]}": "comparisons.both: found a list of no experiment",
    "comparisons: {both: [first, 3]}": "found 3, expected an experiment, or a list of an "
    "experiment and its further seeds",
    "comparisons: {../up: [first, second]}": "comparisons.../up: a name is made of a-z",
    "report: [a.html, b.html, a.html]": "report: a.html is listed twice",
    "report: a.html": 'report: found "a.html", expected a valid array',
    "experiments: {comparisons: {method: fla_llm}}": "experiments.comparisons: the name is taken",
    "experiments: {tables: {method: fla_llm}}": "experiments.tables: the name is taken",
}


@pytest.mark.parametrize("changes", REFUSED)
def test_refused_with_the_path_of_the_key(changes: str) -> None:
    with pytest.raises(InputError) as refused:
        project(changes)
    assert REFUSED[changes] in str(refused.value)


def test_what_is_asked_for_and_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r'tables\.fla_llm1: .* did you mean "fla_llm_1"\?'):
        rows_of({}, "fla_llm1")
    with pytest.raises(
        InputError, match=r'comparisons\.tow: .* did you mean "two"\? accepted: two'
    ):
        compared({"two": (("first",), ("second",))}, "tow")


BEST = {
    "fla_llm": {"phoenix": 23.09, "csl_daily": 14.2, "how2sign": 9.66},
    "mmtlb": {"phoenix": 28.39, "csl_daily": 23.92},
}
ABLATIONS = {"fla_llm": range(4, 11), "mmtlb": range(3, 7)}
RESULTS = {"fla_llm": range(1, 4), "mmtlb": range(1, 3)}


@pytest.mark.parametrize("method", BEST)
def test_the_projects_own_rows_stand_beside_what_they_are_called(method: str) -> None:
    """A method is compared with the paper's best rows alone; each ablation has all its rows."""
    found = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    tables = {name: rows for name, rows in found.tables.items() if name.startswith(method)}
    numbers = (*RESULTS[method], *ABLATIONS[method])
    assert set(tables) == {f"{method}_{number}" for number in numbers}
    for name, rows in tables.items():
        published = published_tables()[name].scored
        for row, experiments in rows.items():
            is_best = published[row].number("bleu4") == BEST[method][published[row].dataset]
            assert is_best == (method in experiments), f"{name}: {row}"
        if int(name.rpartition("_")[2]) in ABLATIONS[method]:
            assert rows.keys() == published.keys()


def test_the_configuration_is_read_without_heavy_libraries() -> None:
    code = (
        "import sys, yaml; from sign2text.config.project import Project;"
        "Project(yaml.safe_load(open('config.yaml')));"
        "print([name for name in ('pandas', 'torch', 'sacrebleu') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
