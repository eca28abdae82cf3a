"""Published tables of numbers that methods measure, and of rows whose split is not stated."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from made_summary import DIFFERENCE, make_summary, numbers
from measured_files import finds, vocabulary
from page_tags import Tags
from score_files import score_file
from tabulated import Made

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.stages import tabulate

HALF = [(1, 2, 2)] * 4
"""Clips of which one of two finds is right, and one of two pseudo-glosses is found."""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tabulated(
    table: str, measured: dict[str, Any], data_set: str = "avatar", rows: str = "{}"
) -> Made:
    output = Path(f"results/{data_set}/tables/{table}.csv")
    tabulate.run(
        table=table,
        data_set=data_set,
        output=output,
        rows=rows,
        measured=json.dumps(measured),
        config=read_settings(tabulate.Config, {"adapter": data_set}),
    )
    return Made(output)


def test_precision_recall_and_f1_are_over_all_clips_together() -> None:
    """By hand: 3 of 4 finds are right, of 6 pseudo-glosses; 2 * 3 / (4 + 6)."""
    own = finds("own", [(2, 3, 4), (1, 1, 2)])
    made = tabulated("sign2gpt_pgp-tokens", {"pseudo-glosses": [own]})
    line = made.line("pseudo-glosses")
    ours = [line[f"ours_{column}"] for column in ("precision", "recall", "f1")]
    assert ours == ["0.75", "0.5", "0.6"]
    assert (line["published_f1"], line["experiments"], line["seeds"]) == ("0.44", "own", "1")
    assert (line["split"], line["settings"], line["code"]) == (
        *("test", "0123456789ab", "ba9876543210"),
    )
    assert "(micro), those with a score of 0.5 or more are found" in line["measured"]
    assert made.markdown("pseudo-glosses") == [
        *("pseudo-glosses", "0.52", "0.39", "0.44", "0.75", "0.50", "0.60", "own (seed 1)"),
    ]
    assert made.markdown("all words")[4:] == ["–"] * 4
    assert made.line("all words")["not_run"] == "not run"
    for text in (made.text, made.page):
        assert "Precision, recall, f1 of ours: over all pseudo-glosses of test together" in text
        assert "results/avatar/own/score_pseudo_glosses/scores.json" in text
    assert '<a href="#own">' in made.page and '<h3 id="own">' in made.page
    tags = Tags()
    tags.feed(made.page)
    groups, _, *rows = chain.from_iterable(tags.widths)
    assert (tags.open, set(rows)) == ([], {groups})


def test_several_seeds_have_mean_and_deviation() -> None:
    first, second = finds("own", HALF), finds("own-seed2", [(1, 1, 1)] * 4, seed=2)
    made = tabulated("sign2gpt_pgp-encoder", {"sign encoder": [first, second]})
    assert made.markdown("sign encoder")[-2:] == [
        "0.75 ± 0.35",
        "own, own-seed2 (2 seeds: 1, 2)",
    ]
    for changes, message in (
        ({"settings_without_seed": "b"}, "have not the same settings beside the seed"),
        ({"code": "b"}, "have not the same code"),
        ({"seed": 1}, "both have the seed 1"),
        ({"data_set": "phoenix"}, "has scores on phoenix, expected those on avatar"),
    ):
        with pytest.raises(InputError, match=message):
            tabulated("sign2gpt_pgp-encoder", {"sign encoder": [first, {**second, **changes}]})


TEXTS = ["am montag regen", "regen am Montag", "im norden"]


def test_sizes_of_vocabularies_are_counted() -> None:
    own = vocabulary("own", TEXTS, 1234)
    made = tabulated("sign2gpt_1a", {"pseudo-gloss vocabulary (phoenix)": [own]})
    assert [line["ours_vocab"] for line in made.lines] == ["6", ""]
    assert [line["ours_pseudo_glosses"] for line in made.lines] == ["1234", ""]
    shown = "| phoenix | 2,887 | 2,533 | 6 | 1,234 | own (seed none) |"
    assert shown in made.text
    # Characters of Chinese, without blanks.
    other = vocabulary("zh", ["今天 下雨", "今天晴"], 9, "zh")
    made = tabulated("sign2gpt_1a", {"pseudo-gloss vocabulary (phoenix)": [other]})
    assert made.lines[0]["ours_vocab"] == "5"


def test_a_row_of_another_corpus_stays_empty_where_the_table_has_rows_of_ours() -> None:
    own = {**vocabulary("own", TEXTS, 7), "data_set": "phoenix"}
    rows = {f"pseudo-gloss vocabulary ({name})": [own] for name in ("phoenix", "csl_daily")}
    made = tabulated("sign2gpt_1a", rows, "phoenix")
    assert [line["ours_pseudo_glosses"] for line in made.lines] == ["7", ""]
    assert made.lines[1]["not_run"] == "published on csl_daily; ours are of phoenix"
    assert "ours: phoenix; the same corpus in the rows of phoenix." in made.text
    # On a corpus that neither row is of, both have ours.
    both = {row: [{**own, "data_set": "avatar"}] for row in rows}
    made = tabulated("sign2gpt_1a", both)
    assert [line["ours_pseudo_glosses"] for line in made.lines] == ["7", "7"]
    assert "ours: avatar; not comparable in level" in made.text


def test_a_row_whose_split_is_not_stated_says_of_which_ours_are() -> None:
    path = score_file(Path("results/avatar/own.bleu"), data_set="avatar")
    rows = json.dumps({"Sinusoidal positional": [str(path)]})
    made = tabulated("sign2gpt_4", {}, rows=rows)
    line = made.line("Sinusoidal positional", "dev?")
    assert (line["published_split"], line["split"]) == ("dev?", "test")
    assert (line["published_bleu4"], line["ours_bleu4"]) == ("23.2", "22.0049")
    cells = made.markdown("Sinusoidal positional")
    assert cells[1:4] == [
        *("with pseudo-gloss pretraining", "not stated, dev fits; ours: test", "23.20"),
    ]
    for text in (made.text, made.page):
        assert "does not say on which split these rows are, and dev fits; ours are of test" in text
    assert made.page.count("not stated, dev fits; ours: test") == 8


def test_f1_decides_a_direction_by_an_interval_over_clips() -> None:
    """All clips are alike, so intervals have no width; then half of them are found by each."""
    pair = {"sign encoder": [finds("own", [(2, 2, 2)] * 4)], "no sign encoder": [finds("x", HALF)]}
    made = summary(pair)
    line = made.line("sign encoder", "no sign encoder", "f1")
    assert numbers(line, "ours_better", "ours_worse", *DIFFERENCE) == [1, 0.5, 0.5, 0.5, 0.5]
    assert (line["verdict"], line["over"], line["kind"]) == ("agrees", "clips", "argument")
    assert (line["published_difference"], line["clips"], line["split"]) == ("0.11", "4", "test")
    assert "0.5 or more are found" in line["convention"]
    assert (line["better_experiments"], line["worse_seeds"]) == ("own", "1")
    assert "Numbers on pgp-encoder by F1: pseudo-gloss pretraining with or without sign enc" in (
        made.text
    )
    assert "A lower F1" not in made.text
    assert made.verdict("Sign2GPT(w/PGP)", "Sign2GPT") == "not run"
    pair["no sign encoder"] = [finds("x", [(0, 2, 2), (2, 2, 2)] * 2)]
    pair["sign encoder"] = [finds("own", [(2, 2, 2), (0, 2, 2)] * 2)]
    assert summary(pair).verdict("sign encoder", "no sign encoder", "f1") == "cannot be told apart"


def summary(pair: dict[str, Any]) -> Any:
    measured = json.dumps({"sign2gpt_pgp-encoder": pair})
    return make_summary({}, "sign2gpt", measured=measured)


def test_f1_of_other_clips_is_not_compared() -> None:
    other = finds("x", HALF, ids=["c0", "c1", "c2", "c9"])
    with pytest.raises(InputError, match=r"x/.*scores.json: f1 is of 4 clips, other ones than in"):
        summary({"sign encoder": [finds("own", HALF)], "no sign encoder": [other]})
    with pytest.raises(InputError, match='--measured: unknown name "sign2gpt_12"'):
        make_summary({}, "sign2gpt", measured='{"sign2gpt_12": {}}')
    with pytest.raises(InputError, match="--measured, sign2gpt_1a: found 3, expected experiments"):
        make_summary({}, "sign2gpt", measured='{"sign2gpt_1a": 3}')


DAMAGED = [
    "[]",
    '{"test": {}}',
    '{"test": {"finds": {"ids": ["a"], "right": [1], "found": [1]}}}',
    '{"test": {"finds": {"ids": ["a"], "right": [1], "found": [1, 2], "there": [1]}}}',
    '{"test": {"finds": {"ids": ["a"], "right": [1], "found": [true], "there": [1]}}}',
    '{"test": {"finds": {"ids": [], "right": [], "found": [], "there": []}}}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_or_older_file_is_refused(text: str) -> None:
    own = finds("own", HALF)
    Path(own["files"]["scores"]).write_text(text, "utf-8")
    with pytest.raises(
        InputError, match=r"scores.json: test.finds is missing or has no ids, or no"
    ):
        tabulated("sign2gpt_pgp-tokens", {"pseudo-glosses": [own]})


def test_refused_with_advice() -> None:
    own, row = finds("own", HALF), "pseudo-glosses"
    with pytest.raises(InputError, match='unknown name "words"; did you mean "all words"'):
        tabulated("sign2gpt_pgp-tokens", {"words": [own]})
    with pytest.raises(InputError, match="its method mmtlb does not measure precision, recall, f1"):
        tabulated("sign2gpt_pgp-tokens", {row: [{**own, "method": "mmtlb"}]})
    for measured in (
        [own],
        {row: []},
        {row: [{"experiment": "own"}]},
        {row: [{**own, "files": 3}]},
    ):
        with pytest.raises(InputError, match=r"--measured: found .*expected"):
            tabulated("sign2gpt_pgp-tokens", measured)
    about = vocabulary("text", TEXTS, 3)
    Path(about["files"]["about"]).write_text('{"pseudo_glosses": "3", "language": "de"}', "utf-8")
    with pytest.raises(InputError, match=r"about.json: found pseudo_glosses '3' and language 'de'"):
        tabulated("sign2gpt_1a", {"pseudo-gloss vocabulary (phoenix)": [about]})
    Path(own["files"]["scores"]).unlink()
    with pytest.raises(InputError, match=r"scores.json: missing. Have it made: snakemake --cores"):
        tabulated("sign2gpt_pgp-tokens", {row: [own]})
