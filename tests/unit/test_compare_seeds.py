"""Comparisons of experiments with several training seeds."""

import json
import math
import re
import statistics
import sys
from html import unescape
from pathlib import Path

import pytest

from sign2text.data.manifest import read_table
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.stages import compare

sys.path.insert(0, str(Path(__file__).parent))
from two_systems import rows, write_experiment

WORDS = list("abcdefghij")


def alike(right):
    """Make equal clips, where the first `right` of ten words are right and the rest missing."""
    said = " ".join(WORDS[:right])
    return [(f"c{number}", "s1", " ".join(WORDS), said, 0, 0) for number in range(6)]


def bleu1(right):
    """Compute BLEU-1: all present words are right; missing words cost brevity."""
    return 100 * math.exp(1 - 10 / right)


@pytest.fixture
def write(tmp_path):
    """Write the runs of a member: the first has the member's name, the others add their seed."""

    def write(name, *several, **changes):
        names = [name, *(f"{name}-seed{seed}" for seed in range(2, len(several) + 1))]
        shared = {"settings_without_seed": f"unseeded {name}", **changes}
        return [
            write_experiment(tmp_path, each, clips, **{"seed": seed, **shared})
            for seed, (each, clips) in enumerate(zip(names, several, strict=True), start=1)
        ]

    return write


@pytest.fixture
def run(tmp_path):
    """Compare members of several runs, and return the output by name."""

    def run(*members, runs=None, **settings):
        scores, sentences = zip(*(each for member in members for each in member), strict=True)
        compare.run(
            scores=list(scores),
            sentences=list(sentences),
            output=tmp_path / "named",
            config=read_settings(compare.Config, {"resamples": 200, "trials": 50, **settings}),
            runs=tuple(map(len, members)) if runs is None else runs,
        )
        return json.loads((tmp_path / "named/compare.json").read_text(encoding="utf-8"))

    return run


def test_means_deviations_and_the_interval_of_the_difference(run, write):
    base, system = (4, 5, 6), (8, 9, 10)
    found = run(write("base", *map(alike, base)), write("system", *map(alike, system)))
    seeds = found["over_seeds"]
    by_hand = {"base": [*map(bleu1, base)], "system": [*map(bleu1, system)]}
    for name, scores in by_hand.items():
        member = seeds["members"][name]
        assert [run["scores"]["bleu1"] for run in member["runs"].values()] == pytest.approx(
            scores, abs=1e-4
        )
        assert [run["seed"] for run in member["runs"].values()] == [1, 2, 3]
        assert member["mean"]["bleu1"] == pytest.approx(sum(scores) / 3, abs=1e-4)
        assert member["deviation"]["bleu1"] == pytest.approx(statistics.stdev(scores), abs=1e-4)
    apart = (sum(by_hand["system"]) - sum(by_hand["base"])) / 3
    # All clips are equal, so the interval is Student's: t at 97.5 % is 2.776 with 4 degrees.
    variance = sum(map(statistics.variance, by_hand.values())) / 2
    half = 2.776 * math.sqrt(variance * 2 / 3)
    bleu = seeds["differences"]["system"]["bleu1"]
    assert bleu["difference"] == pytest.approx(apart, abs=1e-4)
    assert bleu["interval"] == pytest.approx([apart - half, apart + half], abs=0.03 * half)
    assert bleu["over"] == "clips and seeds"
    assert set(seeds["differences"]["system"]) == set(found["differences"]["system"])


def test_clips_are_drawn_as_in_the_comparison_of_single_runs(run, write):
    """Seeds that score the same leave the interval over clips."""
    found = run(write("base", *[rows(0)] * 3), write("system", *[rows(1)] * 2))
    for metric, single in found["differences"]["system"].items():
        over_seeds = found["over_seeds"]["differences"]["system"][metric]
        assert over_seeds["interval"] == pytest.approx(single["interval"], abs=1e-3)
        assert over_seeds["difference"] == single["difference"]


def test_what_is_clip_by_clip_is_of_the_first_runs(run, write, tmp_path):
    base, system = write("base", rows(0), rows(1)), write("system", rows(1), rows(0), rows(0))
    found = run(base, system)
    table = read_table(tmp_path / "named/sentences.tsv")
    assert [column for column in table if column.endswith(":bleu")] == ["base:bleu", "system:bleu"]
    alone = run(base[:1], system[:1])
    assert "over_seeds" not in alone
    notes = found.pop("notes")
    assert [re.split(r" has | runs?\. ", note)[:2] for note in notes] == [
        ["base", "2"],
        ["system", "3"],
    ]
    assert "of the first one alone, seed 1;" in notes[0]
    del found["over_seeds"], alone["notes"]
    assert found == alone


def test_without_further_seeds_nothing_is_different(run, write, tmp_path):
    base, system = write("base", rows(0)), write("system", rows(1))

    def written(runs):
        run(base, system, runs=runs)
        return {path.name: path.read_bytes() for path in (tmp_path / "named").glob("c*")}

    assert written(()) == written((1, 1))
    assert b"Over seeds" not in written(())["compare.html"]


def test_one_side_of_several_seeds(run, write):
    found = run(
        write("base", alike(5)), write("system", alike(8), alike(9)), write("third", alike(7))
    )
    seeds = found["over_seeds"]
    assert seeds["members"]["base"]["deviation"] is None
    assert seeds["differences"]["system"]["bleu4"]["over"] == "clips and seeds of one side"
    text = seeds["statements"]["system"]
    assert text.startswith("Over 2 seeds of system and 1 seed of base, system against base on")
    assert "over clips and seeds of one side" in text and "1 degree of freedom" in text
    # Two single runs are compared as such, and the sentence about them stays true.
    third = seeds["differences"]["third"]["bleu4"]
    assert third == {**found["differences"]["third"]["bleu4"], "over": "clips"}
    assert "third" not in seeds["statements"]


def test_text_and_page_begin_with_the_seeds(run, write, tmp_path):
    found = run(
        write("base", alike(5), alike(6), alike(4)), write("system", alike(8), alike(9), alike(9))
    )
    seeds = found["over_seeds"]
    text, page = (
        (tmp_path / "named" / name).read_text(encoding="utf-8")
        for name in ("compare.md", "compare.html")
    )
    mean, deviation = (seeds["members"]["system"][key]["bleu4"] for key in ("mean", "deviation"))
    statement = seeds["statements"]["system"]
    assert statement.startswith("Over 3 seeds each, system against base on avatar, test split, 6 ")
    assert f"BLEU-4 {mean:.2f} ± {deviation:.2f} against" in statement
    low, high = seeds["differences"]["system"]["bleu4"]["interval"]
    assert f"[{low:+.2f}, {high:+.2f}] (95 % interval over clips and seeds:" in statement
    assert "4 degrees of freedom" in statement
    for shown in (text.replace("\\|", "|"), unescape(page)):
        places = [
            shown.index(part)
            for part in (
                *(statement, "Over seeds\n" if shown[0] == "#" else "Over seeds<"),
                *("system-seed3", found["statements"]["system"]),
                "Corpus scores, all clips",
            )
        ]
        assert places == sorted(places)
    assert f"| BLEU-4 | {seeds['members']['base']['mean']['bleu4']:.2f} ± " in text
    # The page also says what made the further runs.
    assert len(re.findall(r"settings of system-seed2", page)) == 1


def test_runs_that_are_no_seeds_of_one_experiment_are_refused(run, write, tmp_path):
    base, system = write("base", rows(0), rows(1)), write("system", rows(1))
    [other] = write("other", rows(1), seed=9)
    with pytest.raises(InputError, match=r"comparisons\.named: .* not the same settings beside"):
        run([*base, other], system)
    [twin] = write("twin", rows(1), settings_without_seed="unseeded base")
    with pytest.raises(InputError, match=r"comparisons\.named: .* both have the seed 1"):
        run([*base, twin], system)
    assert not (tmp_path / "named").exists()


@pytest.mark.parametrize("runs", [(2,), (2, 2), (3, 0), (1, 1)])
def test_numbers_of_runs_that_do_not_add_up_are_refused(run, write, runs):
    with pytest.raises(InputError, match=r"--runs: found .*, expected .* 3 together"):
        run(write("base", rows(0), rows(1)), write("system", rows(1)), runs=runs)


def test_a_further_score_file_of_other_sentences_is_refused(run, write):
    base, system = write("base", rows(0), rows(1)), write("system", rows(1))
    path = base[1][0]
    result = json.loads(path.read_text(encoding="utf-8"))
    result["scores"]["all"]["bleu4"] = 99.0
    path.write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(InputError, match=r"base-seed2\.bleu: BLEU-4 .* of different runs"):
        run(base, system)
