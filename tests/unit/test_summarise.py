"""All tables of a paper on one page: verdicts on invented score files, and refused input."""

import csv
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_summary import DIFFERENCE, RESULTS, Made, make_summary, numbers
from page_tags import Tags
from two_systems import write_experiment

from sign2text.comparing.summary_text import COLUMNS
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.papers.published_numbers import tables_of
from sign2text.stages import compare, summarise, tabulate

WORDS = ["eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"]


def bleu(right: int) -> float:
    """Compute BLEU-4 of the first words of ten: all are right, so only brevity counts."""
    return 100 * math.exp(1 - 10 / right)


def experiment(name: str, right: int | Sequence[int], seed: int = 1, **changes: Any) -> str:
    """Write scores of clips of ten words, the first `right` of them found (per clip, or all)."""
    each = [right] * 20 if isinstance(right, int) else right
    clips = [
        (f"c{n}", "s1", " ".join(WORDS), " ".join(WORDS[:found]), 0, 0)
        for n, found in enumerate(each)
    ]
    unseeded = {"settings_without_seed": name.partition("-")[0]}
    write_experiment(RESULTS, name, clips, seed=seed, **{**unseeded, **changes})
    return name


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    monkeypatch.chdir(tmp_path)
    return make_summary


def test_values_by_hand(make) -> None:
    made = make({4: {"factorized": experiment("two", 10), "joint": experiment("one", 5)}})
    line = made.line("factorized", "joint")
    assert (line["published_better"], line["published_worse"]) == ("23.09", "12.9")
    assert line["published_difference"] == "10.19"
    # 100, and 100 e^-1 = 36.7879; all clips are equal, so intervals have no width.
    assert numbers(line, "ours_better", "ours_worse") == [100, 36.7879]
    assert numbers(line, "ours_worse_low", "ours_worse_high") == [36.7879, 36.7879]
    assert numbers(line, *DIFFERENCE) == [63.2121, 63.2121, 63.2121]
    assert (line["verdict"], line["over"], line["kind"]) == ("agrees", "clips", "argument")
    assert (line["better_experiments"], line["worse_experiments"]) == ("two", "one")
    assert (line["convention"], line["clips"], line["resamples"]) == ("words", "20", "1000")
    assert line["source"] == "Chen et al., LREC-COLING 2024, arXiv 2403.12556, table 4"
    assert list(line) == list(COLUMNS)
    assert (line["metric"], line["not_run"]) == ("bleu4", "")
    shown = "| +10.19 | 100.00 [100.00, 100.00] | 36.79 [36.79, 36.79] | +63.21 [+63.21, +63.21] |"
    assert shown in made.text


def test_the_verdict_depends_on_the_interval(make) -> None:
    half = [10, 5] * 10
    made = make(
        {
            8: {
                "Sign-wise": experiment("sign", half),
                "Hidden states": experiment("hidden", half[::-1]),
                "Frame-wise": experiment("frame", 10),
            }
        }
    )
    assert made.verdict("Sign-wise", "Hidden states") == "cannot be told apart"
    assert made.verdict("Sign-wise", "Frame-wise") == "disagrees"
    difference, low, high = numbers(made.line("Sign-wise", "Hidden states"), *DIFFERENCE)
    assert difference == 0 and low < -5 and high > 5
    assert numbers(made.line("Sign-wise", "Frame-wise"), DIFFERENCE[2])[0] < 0
    assert made.verdict("factorized", "joint") == "not run"
    line = made.line("factorized", "joint")
    assert (line["ours_difference"], line["not_run"]) == (
        "",
        "No experiment is listed for factorized. No experiment is listed for joint.",
    )
    said = "28 published directions of FLa-LLM, ours: 2 disagree, 1 cannot be told apart, 25 not r"
    for text in (made.text, made.page):
        assert said in text
        assert "2 of them carry its argument, ours: 2 not run." in text


def test_one_row_alone_is_shown_and_not_judged(make) -> None:
    made = make({5: {"VIS + LFS": experiment("both", 8)}})
    line = made.line("VIS + LFS", "LFS only")
    assert numbers(line, "ours_better") == [round(bleu(8), 4)]
    assert (line["ours_worse"], line["verdict"]) == ("", "not run")


def test_one_seed_of_each_is_what_compare_says(make) -> None:
    sides = [[10, 5, 7, 4, 9] * 4, [9, 6, 7, 5, 4] * 4]
    names = [experiment(name, right) for name, right in zip("ab", sides, strict=True)]
    made = make({4: {"joint": "a", "factorized": "b"}})
    compare.run(
        scores=[RESULTS / f"{name}.bleu" for name in names],
        sentences=[RESULTS / name / "score/sentences.tsv" for name in names],
        output=RESULTS / "comparisons/ab",
        config=read_settings(compare.Config, {"trials": 1}),
    )
    text = (RESULTS / "comparisons/ab/compare.json").read_text(encoding="utf-8")
    found = json.loads(text)["differences"]["b"]["bleu4"]
    line = made.line("factorized", "joint")
    assert numbers(line, *DIFFERENCE) == [found["difference"], *found["interval"]]
    scores = json.loads(text)["experiments"]["a"]["scores"]
    assert numbers(line, "ours_worse_low", "ours_worse_high") == scores["bleu4_interval"]


def test_several_seeds_have_an_interval_over_them_too(make) -> None:
    better = [experiment(f"two-seed{n}", right, seed=n) for n, right in enumerate((8, 9, 10))]
    worse = [experiment(f"one-seed{n}", right, seed=n) for n, right in enumerate((7, 8, 9))]
    made = make({4: {"factorized": better, "joint": worse}})
    line = made.line("factorized", "joint")
    # 77.880, 89.484, 100 and 65.144, 77.880, 89.484: means 89.121 and 77.503; deviations from them
    # -11.241, 0.363, 10.879 and -12.359, 0.377, 11.981 have squares that sum to 244.8 and 296.4.
    assert numbers(line, "ours_better", "ours_worse") == pytest.approx([89.121, 77.503], abs=2e-3)
    assert numbers(line, "ours_better_deviation", "ours_worse_deviation") == pytest.approx(
        [11.064, 12.174], abs=2e-3
    )
    difference, low, high = numbers(line, *DIFFERENCE)
    assert difference == pytest.approx(11.618, abs=2e-3)
    # All clips are equal, so this is Student's t of 4 degrees: 2.776 sqrt(541.2 / 4 x 2 / 3).
    assert (high - low) / 2 == pytest.approx(26.37, rel=0.02)
    assert (line["verdict"], line["over"]) == ("cannot be told apart", "clips and seeds")
    assert line["ours_better_low"] == ""
    assert line["better_seeds"] == "0; 1; 2"
    assert "89.12 ± 11.06" in made.text
    # With one training each, the same difference is significant over clips alone.
    made = make({4: {"factorized": better[1], "joint": worse[1]}})
    assert made.verdict("factorized", "joint") == "agrees"
    # If only one side has several, the other is assumed to vary as much.
    made = make({4: {"factorized": better, "joint": worse[1]}})
    line = made.line("factorized", "joint")
    assert (line["verdict"], line["over"]) == (
        "cannot be told apart",
        "clips and seeds of one side",
    )
    assert "which is taken to scatter as much" in made.page


def test_a_difference_beyond_all_seeds_is_seen(make) -> None:
    better = [experiment(f"two-seed{n}", 10, seed=n) for n in range(3)]
    worse = [experiment(f"one-seed{n}", right, seed=n) for n, right in enumerate((4, 5, 4))]
    assert make({4: {"factorized": better, "joint": worse}}).verdict("factorized", "joint") == (
        "agrees"
    )


def test_the_papers_convention_is_taken(make) -> None:
    """We scored under 13a; the paper's table is under words."""
    for name, right in (("two", [10, 7] * 10), ("one", 5)):
        experiment(name, right, convention="13a")
    line = make({4: {"factorized": "two", "joint": "one"}}).line("factorized", "joint")
    assert line["convention"] == "words"
    assert line["ours_better_low"] < line["ours_better"] < line["ours_better_high"]


def test_a_control_takes_part_with_its_first_run_and_it_is_said(make) -> None:
    experiment("two", 10)
    experiment("blind", 5, control="videos permuted", runs=5)
    made = make({4: {"factorized": "two", "joint": "blind"}})
    assert made.verdict("factorized", "joint") == "agrees"
    assert "blind is a control (videos permuted) and takes part with the first" in made.page


def test_every_table_stands_below_as_its_own_page_has_it(make) -> None:
    made = make({4: {"factorized": experiment("two", 10), "joint": experiment("one", 5)}})
    tabulate.run(
        table="fla_llm_4",
        data_set="avatar",
        output=Path("alone.csv"),
        rows=json.dumps({"factorized": ["results/avatar/two.bleu"]}),
        config=read_settings(tabulate.Config, {}),
    )
    row = re.compile(r'<tr class="ours"><th scope=row>factorized<.*?</tr>')
    (alone,) = row.findall(Path("alone.html").read_text(encoding="utf-8"))
    assert alone in made.page
    for table in tables_of("fla_llm").values():
        assert f"Table {table.number} of FLa-LLM, with ours on avatar" in made.page
        for published in table.rows:
            assert f"| {published.row} |" in made.text
    # Statements about all tables appear once, before the tables.
    assert made.page.count("Of ours, compare rows with each other") == 1


def benchmark(owner: str, seconds: float) -> None:
    path = Path(f"logs/avatar/{owner}/visual_init.benchmark.tsv")
    path.parent.mkdir(parents=True)
    path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t-\t900\n", encoding="utf-8")


def test_hours_are_those_of_the_benchmark_files(make) -> None:
    for name in ("all", "quarter", "half"):
        experiment(name, 9)
    benchmark("all", 5400)
    benchmark("quarter", 450)
    files = {"100%": "all", "50%": "half", "25%": "quarter"}
    timed = json.dumps(
        {f"results/avatar/{name}.bleu": f"{name}/visual_init" for name in files.values()}
    )
    made = make({6: files}, logs="logs/avatar", timed=timed)
    tabulate.run(
        table="fla_llm_6",
        data_set="avatar",
        output=Path("alone.csv"),
        rows=json.dumps({row: [f"results/avatar/{name}.bleu"] for row, name in files.items()}),
        config=read_settings(tabulate.Config, {}),
        logs="logs/avatar",
        timed=timed,
    )
    with Path("alone.csv").open(encoding="utf-8") as file:
        lines = {line["row"]: line for line in csv.DictReader(file)}
    # `half` has neither this nor a provenance here.
    assert [lines[row]["ours_hours"] for row in files] == ["1.5", "", "0.125"]
    for text in (made.text, Path("alone.md").read_text(encoding="utf-8")):
        (line,) = (line for line in text.splitlines() if line.startswith("| 100% |"))
        assert "| 17.90 |" in line and "| 1.50 |" in line
        assert "Hours of ours: wall time of the newest run of visual_init" in text


def test_a_paper_without_directions_has_its_tables(make) -> None:
    made = make({}, "scaling_slt")
    assert made.lines == []
    assert "No directions of Scaling SLT are written down." in made.page
    assert "Quoted numbers of Scaling SLT, with ours on avatar" in made.page
    assert "<svg" not in made.page


def test_nothing_run_gives_the_published_side(make) -> None:
    RESULTS.mkdir(parents=True)
    made = make({})
    assert len(made.lines) == 28
    assert {line["verdict"] for line in made.lines} == {"not run"}
    assert made.page.count('class="published"') == 28


def test_the_page_is_whole_and_asks_for_nothing_else(make) -> None:
    experiment("two", 10, settings="<b>&")
    experiment("one", 5)
    made = make({1: {"FLa-LLM": "two"}, 3: {"FLa-LLM": "two"}, 4: {"joint": "one"}})
    tags = Tags()
    tags.feed(made.page)
    assert tags.open == []
    assert len(set(tags.ids)) == len(tags.ids)
    assert tags.links == {"two", "one"} == set(tags.ids)
    assert "&lt;b&gt;&amp;" in made.page and "<b>&" not in made.page
    # All rows of the verdicts have one width, except the second row of the head.
    first = tags.widths[0]
    assert {*first[:1], *first[2:]} == {8}
    assert len(tags.widths) == 11
    assert not re.search(r"https?://|<(link|img|iframe)", made.page)
    assert made.page.count('<text class="label') == 28
    assert made.page.count("argued") >= 2


REFUSED = {
    "unknown paper": ("fla_lm", {}, '--paper: unknown name "fla_lm"; did you mean "fla_llm"?'),
    "unknown table": (
        "fla_llm",
        {"11": {}},
        '--rows: unknown name "fla_llm_11"; did you mean "fla',
    ),
    "unknown row": (
        "fla_llm",
        {"4": {"factorised": "two"}},
        'tables.fla_llm_4.rows.factorised: unknown name "factorised"; did you mean "factorized"?',
    ),
    "no score file": (
        "fla_llm",
        {"4": {"joint": "gone"}},
        "results/avatar/gone.bleu: missing. Have it made: snakemake --cores all results/avatar/gon",
    ),
    "no sentences": (
        "fla_llm",
        {"4": {"joint": "bare"}},
        "results/avatar/bare/score/sentences.tsv: missing. Have it made: snakemake --cores all",
    ),
    "other clips": (
        "fla_llm",
        {"4": {"factorized": "two", "joint": "few"}},
        "results/avatar/few.bleu: clips is 7, expected 20 as in the baseline results/avatar/two",
    ),
    "other sentences": (
        "fla_llm",
        {"4": {"factorized": "two", "joint": "mixed"}},
        "results/avatar/mixed.bleu: BLEU-4 of all clips is 36.7879, but its table of sentences ha",
    ),
    "one seed twice": (
        "fla_llm",
        {"4": {"joint": ["two", "two-again"]}},
        "results/avatar/two.bleu and results/avatar/two-again.bleu both have the seed 1; list eac",
    ),
    "other data set": (
        "fla_llm",
        {"4": {"joint": "strange"}},
        "results/avatar/strange.bleu has scores on phoenix, expected those on avatar",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_advice(make, case: str) -> None:
    paper, rows, message = REFUSED[case]
    for name in ("two", "two-again"):
        experiment(name, 10)
    experiment("few", [5] * 7)
    experiment("strange", 5, data_set="phoenix")
    experiment("bare", 5)
    (RESULTS / "bare/score/sentences.tsv").unlink()
    experiment("mixed", 5)
    other = pd.read_csv(RESULTS / "two/score/sentences.tsv", sep="\t")
    other.to_csv(RESULTS / "mixed/score/sentences.tsv", sep="\t", index=False)
    with pytest.raises(InputError) as refused:
        make(rows, paper)
    assert message in str(refused.value)
    assert not (RESULTS / "tables").exists()


@pytest.mark.parametrize("rows", ["[]", "{", '{"fla_llm_4": []}', '{"fla_llm_4": {"joint": []}}'])
def test_rows_that_are_no_mapping_are_refused(rows: str) -> None:
    with pytest.raises(InputError, match=r"--rows: "):
        summarise.read_rows(rows, ())
