"""Published directions: every pair of rows of an ablation table, as published.csv has them."""

import csv
from collections import Counter

import pytest

from sign2text.config.methods import find_methods
from sign2text.methods.mmtlb.ablations import ABLATIONS as MMTLB
from sign2text.papers import directions as module
from sign2text.papers.directions import ARGUMENT, KINDS, OTHER, OWN, Ablation, directions
from sign2text.papers.published_numbers import (
    FILE,
    PublishedRow,
    PublishedTable,
    published_tables,
)
from sign2text.papers.sources import PAPERS

ABLATIONS = find_methods()["fla_llm"].ablations
FLA_LLM = {
    (each.table.number, each.better, each.worse): each for each in directions("fla_llm", ABLATIONS)
}
BEST = {
    "4": "factorized",
    "5": "VIS + LFS",
    "6": "25%",
    "7": "Base",
    "8": "Sign-wise",
    "9": "VB + TM frozen",
    "10": "MBart w/ pre",
}


def test_every_pair_of_rows_of_the_file_has_a_direction() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["paper"] == "fla_llm"]
    expected = {}
    for first in lines:
        for second in lines:
            if first["table"] == second["table"] in BEST:
                difference = round(float(first["bleu4"]) - float(second["bleu4"]), 4)
                if difference > 0:
                    expected[first["table"], first["row"], second["row"]] = difference
    assert {key: each.difference for key, each in FLA_LLM.items()} == expected
    # Of n rows n (n - 1) / 2 pairs; no two rows of a table are level.
    counts = Counter(table for table, _, _ in FLA_LLM)
    assert counts == {"4": 1, "5": 3, "6": 6, "7": 6, "8": 3, "9": 3, "10": 6}


@pytest.mark.parametrize(
    ("table", "better", "worse", "difference"),
    [
        ("4", "factorized", "joint", 10.19),
        ("5", "VIS + LFS", "LFS only", 17.47),
        ("5", "VIS + LFS", "VIS only", 5.40),
        ("5", "VIS only", "LFS only", 12.07),
        ("6", "25%", "50%", 0.05),
        ("6", "25%", "100%", 0.13),
        ("6", "25%", "12.5%", 3.07),
        ("7", "Base", "Large", 0.60),
        ("8", "Sign-wise", "Hidden states", 0.49),
        ("8", "Hidden states", "Frame-wise", 2.30),
        ("9", "VB + TM frozen", "VB frozen", 2.69),
        ("9", "VB frozen", "none frozen", 2.54),
        ("10", "MBart w/ pre", "MT5-Base w/ pre", 3.38),
        ("10", "MT5-Base w/ pre", "MT5-Base w/o pre", 12.32),
    ],
)
def test_what_the_paper_claims(table: str, better: str, worse: str, difference: float) -> None:
    assert FLA_LLM[table, better, worse].difference == difference


def test_what_carries_the_argument_comes_first() -> None:
    argued = [key for key, each in FLA_LLM.items() if each.kind == ARGUMENT]
    assert argued == [("4", "factorized", "joint"), ("5", "VIS + LFS", "LFS only")]
    for table, best in BEST.items():
        part = [each for key, each in FLA_LLM.items() if key[0] == table]
        order = [list(KINDS).index(each.kind) for each in part]
        assert order == sorted(order)
        assert all((each.better == best) == (each.kind != OTHER) for each in part)
    assert FLA_LLM["6", "25%", "50%"].kind == OWN


def test_the_best_row_of_each_ablation_is_the_papers_system() -> None:
    tables = published_tables()
    whole = tables["fla_llm_1"].scored["FLa-LLM"].number("bleu4")
    for number, best in BEST.items():
        assert tables[f"fla_llm_{number}"].scored[best].number("bleu4") == whole


def test_every_row_has_its_words_and_no_other() -> None:
    tables = published_tables()
    for paper, method in find_methods().items():
        for number, ablation in method.ablations.items():
            rows = tables[f"{paper}_{number}"].comparable
            assert list(ablation.rows) == [key for key in rows if key in ablation.rows], number
            assert len(set(ablation.rows.values())) == len(ablation.rows)
        claims = directions(paper, method.ablations) if paper in PAPERS else []
        given = {(each.table.number, each.better, each.worse) for each in claims}
        for number, ablation in method.ablations.items():
            assert {(number, *pair) for pair in ablation.argument} <= given
    assert FLA_LLM["8", "Sign-wise", "Frame-wise"].words == (
        "sign-wise features better than frame-wise features"
    )


def test_a_paper_of_which_none_is_written_down_has_none() -> None:
    assert directions("scaling_slt", {}) == []


def test_mmtlb_has_28_directions_by_bleu4_and_3_by_wer() -> None:
    found = directions("mmtlb", MMTLB)
    counts = Counter((each.table.number, each.metric) for each in found)
    by_bleu4 = {(table, "bleu4"): n for table, n in {"3": 6, "4": 6, "5": 6, "6": 10}.items()}
    assert counts == {**by_bleu4, ("3", "wer"): 3}
    # Of test: 28.06, 23.5 and 22.45; the fourth row, without Sign2Gloss, has none.
    assert [
        (each.better, each.worse, each.published, each.difference, each.kind)
        for each in found
        if each.metric == "wer"
    ] == [
        ("K400 + WLASL + S2G", "S2G only", (22.45, 28.06), 5.61, OWN),
        ("K400 + WLASL + S2G", "K400 + S2G", (22.45, 23.5), 1.05, OWN),
        ("K400 + S2G", "S2G only", (23.5, 28.06), 4.56, OTHER),
    ]
    assert [each.table.number for each in found] == sorted(each.table.number for each in found)
    argued = [(each.better, each.worse) for each in found if each.kind == ARGUMENT]
    assert argued == [pair for ablation in MMTLB.values() for pair in ablation.argument]
    tables = published_tables()
    for number, ablation in MMTLB.items():
        assert list(ablation.rows) == list(tables[f"mmtlb_{number}"].scored)
        assert len(set(ablation.rows.values())) == len(ablation.rows)


def test_sign2gpt_compares_rows_of_one_setting_and_those_of_its_own_systems() -> None:
    ablations = find_methods()["sign2gpt"].ablations
    found = directions("sign2gpt", ablations)
    counts = Counter((each.table.number, each.metric) for each in found)
    assert counts == {
        ("2", "bleu4"): 3,
        ("4", "bleu4"): 6 + 6,
        ("backbone", "bleu4"): 1,
        ("11", "bleu4"): 1,
        ("pgp-encoder", "f1"): 1,
        ("pgp-tokens", "f1"): 1,
    }
    of = {(each.table.number, each.better, each.worse): each for each in found}
    assert of["2", "Sign2GPT(w/PGP)", "Sign2GPT"].difference == 3.1
    assert of["11", "Sign2GPT(w/ PGP) (XGLM-1.7B)", "Sign2GPT(w/ PGP) (XGLM-564M)"].difference == (
        0.23
    )
    assert of["backbone", "DinoV2 (ViT-S/14)", "ResNet18"].published == (12.96, 12.28)
    assert of["pgp-encoder", "sign encoder", "no sign encoder"].difference == 0.11
    assert of["pgp-tokens", "pseudo-glosses", "all words"].difference == 0.07
    # Without pretraining 19.55 is the best, with it 23.20: rows of the two are not compared.
    rows = published_tables()["sign2gpt_4"].comparable
    part = [each for each in found if each.table.number == "4"]
    assert all(rows[each.better].setting == rows[each.worse].setting for each in part)
    own = ("Spatial Adapters + Local Attention + Downsampling", "Sinusoidal positional")
    assert [each.better in own for each in part] == [True] * 6 + [False] * 6
    assert {each.kind for each in part} == {ARGUMENT, OTHER}
    assert of["4", "No Downsampling on Sign Encoder", "No Spatial Adapters"].difference == 2.92
    argued = {(each.better, each.worse) for each in found if each.kind == ARGUMENT}
    assert argued == {pair for ablation in ablations.values() for pair in ablation.argument}


def test_the_own_setting_is_that_of_the_first_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    """By WER alone another row would be the best one."""
    rows = tuple(
        PublishedRow("mmtlb", "3", "phoenix", "test", name, "", False, (("bleu4", b), ("wer", w)))
        for name, b, w in (("a", 20.0, 30.0), ("b", 21.0, 40.0), ("c", 19.0, 30.0))
    )
    table = PublishedTable("mmtlb_3", "mmtlb", "3", rows)
    ablation = Ablation("?", {name: name for name in "abc"}, metrics=("bleu4", "wer"))
    monkeypatch.setattr(module, "tables_of", lambda paper: {table.name: table})
    found = directions("mmtlb", {"3": ablation})
    assert [(each.metric, each.better, each.worse, each.kind) for each in found] == [
        ("bleu4", "b", "c", OWN),
        ("bleu4", "b", "a", OWN),
        ("bleu4", "a", "c", OTHER),
        ("wer", "a", "b", OTHER),
        ("wer", "c", "b", OTHER),
    ]


def test_another_papers_directions_follow_from_its_method_alone() -> None:
    table = published_tables()["mmtlb_6"]
    keys = list(table.scored)
    words = {key: f"row {number}" for number, key in enumerate(keys)}
    found = directions("mmtlb", {"6": Ablation("input of the mapper", words)})
    scores = {key: row.number("bleu4") for key, row in table.scored.items()}
    assert {(each.better, each.worse) for each in found} == {
        (a, b)
        for a in keys
        for b in keys
        if scores[a] > scores[b] and table.scored[a].dataset == table.scored[b].dataset
    }
    assert found[0].words == f"{words[found[0].better]} better than {words[found[0].worse]}"
