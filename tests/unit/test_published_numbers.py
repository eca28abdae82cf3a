"""The papers' numbers: none is lost, and an invalid file is refused."""

import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from sign2text.ground.errors import InputError
from sign2text.papers.published_numbers import FILE, NUMBERS, published_tables
from sign2text.papers.sources import PAPERS
from sign2text.scoring.conventions import CONVENTIONS, main_convention

ROOT = Path(__file__).resolve().parents[2]
ROWS = {
    "fla_llm_1": 13,
    "fla_llm_2": 9,
    "fla_llm_3": 4,
    "fla_llm_4": 2,
    "fla_llm_5": 3,
    "fla_llm_6": 4,
    "fla_llm_7": 4,
    "fla_llm_8": 3,
    "fla_llm_9": 3,
    "fla_llm_10": 4,
    "sign2gpt_2": 14,
    "sign2gpt_3": 12,
    "sign2gpt_1a": 2,
    "sign2gpt_1b": 4,
    "sign2gpt_4": 8,
    "sign2gpt_backbone": 2,
    "sign2gpt_pgp-encoder": 2,
    "sign2gpt_pgp-tokens": 2,
    "sign2gpt_pgp-datasets": 2,
    "sign2gpt_11": 3,
    "mmtlb_1": 23,
    "mmtlb_2": 20,
    "mmtlb_3": 8,
    "mmtlb_4": 8,
    "mmtlb_5": 8,
    "mmtlb_6": 10,
    "scaling_slt_recovered": 4,
}
# Number of rows with a number in a column, and the sum of these in hundredths.
COLUMNS = {
    "rouge_l": (145, 638742),
    "bleu1": (150, 664456),
    "bleu2": (150, 477601),
    "bleu3": (150, 365000),
    "bleu4": (167, 325511),
    "bleurt": (2, 8970),
    "wer": (6, 14621),
    "hours": (4, 3605),
    "params_m": (4, 17213),
    "params": (4, 354330521600),
    "trainable": (4, 3337804800),
    "vocab": (2, 523000),
    "pseudo_glosses": (2, 1045100),
    "precision": (6, 299),
    "recall": (6, 204),
    "f1": (6, 238),
}
HEADER = FILE.read_text(encoding="utf-8").splitlines()[0]


def all_rows():
    return [row for table in published_tables().values() for row in table.rows]


def test_no_row_is_lost() -> None:
    assert {name: len(table.rows) for name, table in published_tables().items()} == ROWS
    assert sum(ROWS.values()) == 181
    assert Counter(row.paper for row in all_rows()) == {
        "mmtlb": 77,
        "sign2gpt": 51,
        "fla_llm": 49,
        "scaling_slt": 4,
    }
    datasets = {"phoenix": 124, "csl_daily": 45, "how2sign": 8, "": 4}
    assert Counter(row.dataset for row in all_rows()) == datasets
    assert Counter(row.split for row in all_rows()) == {"test": 123, "dev": 38, "dev?": 8, "": 12}
    assert Counter(row.gloss_free for row in all_rows()) == {True: 90, False: 91}


def test_no_number_is_lost() -> None:
    found = {}
    for column in NUMBERS:
        numbers = [row.number(column) for row in all_rows() if row.number(column) is not None]
        found[column] = (len(numbers), round(100 * sum(numbers)))
    assert found == COLUMNS


def test_numbers_are_those_of_the_papers() -> None:
    best = published_tables()["fla_llm_1"].scored["FLa-LLM"]
    scores = {"rouge_l": 45.27, "bleu1": 46.29, "bleu2": 35.33, "bleu3": 28.03, "bleu4": 23.09}
    assert dict(best.numbers) == scores
    assert published_tables()["sign2gpt_1b"].rows[-1].numbers == (
        ("params", 1771652608),
        ("trainable", 16689024),
    )
    assert published_tables()["fla_llm_6"].columns == (
        *("rouge_l", "bleu1", "bleu2", "bleu3", "bleu4"),
        "hours",
    )


def test_every_row_of_the_test_split_has_a_name_of_its_own() -> None:
    for table in published_tables().values():
        on_test = [row for row in table.rows if row.split == "test"]
        assert len(table.scored) == len(on_test), table.name
        assert list(table.scored.values()) == on_test
    mmtlb = published_tables()["mmtlb_1"].scored
    assert mmtlb["MMTLB (Sign2Text)"].number("bleu4") == 28.39
    assert mmtlb["MMTLB (Sign2Gloss2Text)"].number("bleu4") == 24.6


def test_rows_that_experiments_can_be_compared_with() -> None:
    """Rows of test, rows without a stated split, and measurements of methods."""
    tables = published_tables()
    assert list(tables["sign2gpt_4"].comparable.values()) == list(tables["sign2gpt_4"].rows)
    assert tables["sign2gpt_4"].scored == {} and tables["sign2gpt_4"].is_scored
    assert list(tables["sign2gpt_1a"].comparable) == [
        "pseudo-gloss vocabulary (phoenix)",
        "pseudo-gloss vocabulary (csl_daily)",
    ]
    assert tables["sign2gpt_1a"].measured == ("vocab", "pseudo_glosses")
    assert list(tables["sign2gpt_pgp-tokens"].comparable) == ["all words", "pseudo-glosses"]
    assert tables["sign2gpt_pgp-tokens"].measured == ("precision", "recall", "f1")
    assert not tables["sign2gpt_pgp-tokens"].is_scored
    assert tables["sign2gpt_1b"].comparable == {}
    for name, table in tables.items():
        if not name.startswith("sign2gpt"):
            assert (table.comparable, table.measured) == (table.scored, ()), name


def test_every_paper_says_how_it_scored() -> None:
    for row in all_rows():
        if row.split in ("test", "dev"):
            scoring = PAPERS[row.paper].scoring[row.dataset]
            assert scoring.convention in CONVENTIONS
            assert scoring.rouge_beta in (1.2, "p/r")
    languages = {"phoenix": "de", "csl_daily": "zh", "how2sign": "en"}
    for dataset, scoring in PAPERS["fla_llm"].scoring.items():
        # The paper does not state it, so take the data set's.
        assert scoring.convention == main_convention(dataset, languages[dataset]).name


def test_the_file_comes_with_the_package() -> None:
    assert (files("sign2text.papers") / FILE.name).is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.csv" in project["tool"]["setuptools"]["package-data"]["sign2text.papers"]


GOOD = "fla_llm,1,phoenix,test,FLa-LLM,,yes,45.27,46.29,35.33,28.03,23.09,,,,,,,,,,,"
REFUSED = {
    GOOD.replace("fla_llm,", "fla_lm,"): 'paper: found "fla_lm", expected one of fla_llm, sign2gpt',
    GOOD.replace("phoenix", "Phoenix"): 'dataset: found "Phoenix", expected one of phoenix, csl',
    GOOD.replace("test", "tset"): 'split: found "tset", expected one of dev, test, dev?, nothing',
    GOOD.replace("yes", "true"): 'gloss_free: found "true", expected one of yes, no',
    GOOD.replace(",FLa-LLM", ","): "row: is empty",
    GOOD.replace("23.09", "23,09"): "expected 23 cells, found another number",
    GOOD.replace("23.09", "l3.09"): 'bleu4: found "l3.09", expected a number from 0 to 100',
    GOOD.replace("23.09", "230.9"): 'bleu4: found "230.9", expected a number from 0 to 100',
    GOOD.replace("23.09", "nan"): 'bleu4: found "nan", expected a number from 0 to 100',
    GOOD + "1.2": 'f1: found "1.2", expected a number from 0 to 1',
    "fla_llm,1,phoenix,test,x,,yes" + 9 * "," + ",2.5" + 6 * ",": 'params: found "2.5", expected a',
    "fla_llm,1,phoenix,test,x,,yes" + 16 * ",": "has no number at all",
    f"{GOOD}\n{GOOD}": 'line 3: the row "FLa-LLM" is in line 2 already',
    "\n".join([GOOD, GOOD.replace(",1,", ",2,"), GOOD.replace("FLa-LLM", "x")]): "line 4: table 1 "
    "of fla_llm began further up",
}


@pytest.mark.parametrize("lines", REFUSED)
def test_a_file_that_is_not_in_order_is_refused(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "published.csv"
    path.write_text(f"{HEADER}\n{lines}\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        published_tables(path)
    assert str(path) in str(refused.value)
    assert REFUSED[lines] in str(refused.value)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text(f"{HEADER.replace('bleu4', 'bleu')}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"found the columns .*; expected paper, table"):
        published_tables(path)


def test_the_hash_of_a_table_is_that_of_its_rows(tmp_path: Path) -> None:
    hashes = []
    for number, lines in enumerate(
        ([GOOD], [GOOD, GOOD.replace(",1,", ",2,")], [GOOD.replace("23.09", "23.10")])
    ):
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        hashes.append(published_tables(path)["fla_llm_1"].hash)
    assert hashes[0] == hashes[1] != hashes[2]
