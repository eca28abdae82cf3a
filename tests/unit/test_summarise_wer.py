"""Directions by WER on a paper's page: orientation, intervals, texts, and refused input."""

import csv
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_summary import DIFFERENCE, RESULTS, Made, make_summary, numbers
from page_tags import Tags
from two_systems import write_experiment

from sign2text.config.methods import Method, find_methods
from sign2text.data.manifest import write_table
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.mmtlb.ablations import ABLATIONS
from sign2text.scoring.bootstrap import draws
from sign2text.stages import tabulate

GLOSSES = ["REGEN", "MORGEN", "NORD", "STARK"]
SETS = 100
TEXT = "morgen regnet es im norden stark"
S2G, K400, WLASL, NO_S2G = ABLATIONS["3"].rows


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Make MMTLB's page of a table 3 with these rows."""
    monkeypatch.chdir(tmp_path)
    method = Method((), (), {}, (), ablations=ABLATIONS)
    monkeypatch.setitem(find_methods(), "mmtlb", method)

    def make(rows: dict[str, Any], **settings: Any) -> Made:
        return make_summary({3: rows}, "mmtlb", settings={"resamples": SETS, **settings})

    return make


def glosses(wrong: int) -> str:
    """Make four glosses, with `wrong` wrong ones."""
    return " ".join(["X"] * wrong + GLOSSES[wrong:])


def experiment(
    name: str,
    wrong: int | Sequence[int],
    *,
    true: Sequence[str] | None = None,
    written: Sequence[str] | None = None,
    wer: float | None = None,
    seed: int = 1,
) -> str:
    """Write twenty clips of four glosses with right sentences and `wrong` wrong glosses each.

    Args:
        true, written: other lines of glosses.
        wer: the score file's WER, if it is not the share of wrong glosses.
    """
    each = [wrong] * 20 if isinstance(wrong, int) else list(wrong)
    true, written = true or [glosses(0)] * 20, written or [*map(glosses, each)]
    known = [number for number, line in enumerate(true) if line]
    errors = sum(each[number] for number in known)
    scores, sentences = write_experiment(
        RESULTS,
        name,
        [(f"c{number}", "s1", TEXT, TEXT, 0, 0) for number in range(20)],
        seed=seed,
        settings_without_seed=name.partition("-")[0],
        gloss_cleaning="none",
    )
    result = json.loads(scores.read_text(encoding="utf-8"))
    result["scores"]["all"] |= {
        "wer": 100 * errors / (4 * len(known)) if wer is None else wer,
        "wer_clips": len(known),
    }
    scores.write_text(json.dumps(result), encoding="utf-8")
    table = pd.read_csv(sentences, sep="\t")
    write_table(table.assign(gloss=true, gloss_hypothesis=written), sentences)
    return name


def without_glosses(name: str) -> str:
    """Write an experiment of a method without glosses."""
    clips = [(f"c{number}", "s1", TEXT, TEXT, 0, 0) for number in range(20)]
    write_experiment(RESULTS, name, clips)
    return name


def test_values_by_hand(make) -> None:
    made = make({S2G: experiment("one", 2), K400: experiment("two", 1)})
    line = made.line(K400, S2G, "wer")
    assert numbers(line, "published_better", "published_worse") == [23.5, 28.06]
    assert line["published_difference"] == "4.56"
    # Two and one wrong of four; all clips are equal, so intervals have no width.
    assert numbers(line, "ours_better", "ours_worse") == [25, 50]
    assert numbers(line, "ours_worse_low", "ours_worse_high") == [50, 50]
    assert numbers(line, *DIFFERENCE) == [25, 25, 25]
    assert (line["verdict"], line["over"], line["kind"]) == ("agrees", "clips", "others")
    assert (line["convention"], line["signature"], line["clips"]) == ("none", "", "20")
    # The sentences are equal.
    assert made.verdict(K400, S2G) == "cannot be told apart"
    assert made.line(K400, S2G)["convention"] == "words_point"
    shown = "| +4.56 | 25.00 [25.00, 25.00] | 50.00 [50.00, 50.00] | +25.00 [+25.00, +25.00] |"
    assert made.text.count(shown) == 1
    assert "| 28.06 |" in made.text and "| 50.00 |" in made.text


def test_a_higher_wer_disagrees_and_an_interval_that_holds_0_says_nothing(make) -> None:
    half = [3, 1] * 10
    made = make(
        {
            S2G: experiment("one", half),
            K400: experiment("two", half[::-1]),
            WLASL: experiment("w", 4),
        }
    )
    assert made.verdict(WLASL, S2G, "wer") == made.verdict(WLASL, K400, "wer") == "disagrees"
    difference, _, high = numbers(made.line(WLASL, S2G, "wer"), *DIFFERENCE)
    assert difference == -50 and high < 0
    line = made.line(K400, S2G, "wer")
    assert line["verdict"] == "cannot be told apart"
    assert line["ours_difference"] == "0.0"
    _, low, high = numbers(line, *DIFFERENCE)
    assert low < -5 and high > 5


def test_both_texts_say_which_metric_and_what_its_sign_means(make) -> None:
    made = make({S2G: experiment("one", 2), K400: experiment("two", 1)})
    for text in (made.text, made.page):
        assert (
            "31 published directions of MMTLB, ours: 1 agrees, 1 cannot be told apart, 29" in text
        )
        assert "28 of them are by BLEU-4, ours: 1 cannot be told apart, 27 not run." in text
        assert "3 of them are by WER, ours: 1 agrees, 2 not run." in text
        assert "5 of them carry its argument, ours: 5 not run." in text
        assert "interval of our difference in BLEU-4 or WER, the row that is better as" in text
        assert "A lower WER is better. Its differences have the opposite sign, so that" in text
        assert "A direction of which a run has no WER is not run." in text
        assert "Table 3 by BLEU-4: what the visual encoder is pretrained on" in text
        assert "Table 3 by WER, lower is better: what the visual encoder is pretrained on" in text
        assert "Table 4: which language model translates glosses" in text
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", made.page)
    assert titles == [
        "Difference in BLEU-4, and the 95 % interval of ours. Bold: carries the argument.",
        "Difference in WER, above 0 where the first row&#x27;s is lower, and the 95 % interval of "
        "ours.",
    ]
    first, second = made.page.split("<figcaption>")[1:]
    assert (first.count('<text class="label'), second.count('<text class="label')) == (28, 3)
    assert "published +4.56, ours +25.00 [+25.00, +25.00]: agrees" in second
    tags = Tags()
    tags.feed(made.page)
    assert tags.open == []


def test_a_run_without_glosses_is_not_run_for_the_reason_that_is_given(make) -> None:
    rows = {S2G: experiment("one", 2), K400: without_glosses("two"), NO_S2G: "two"}
    made = make(rows)
    line = made.line(K400, S2G, "wer")
    reason = "No WER of two: the method writes no glosses, or the test clips have none."
    assert (line["verdict"], line["not_run"]) == ("not run", reason)
    assert numbers(line, "ours_worse") == [50]
    assert (line["ours_better"], line["ours_difference"]) == ("", "")
    line = made.line(WLASL, K400, "wer")
    assert line["not_run"] == f"No experiment is listed for {WLASL}. {reason}"
    assert made.verdict(K400, S2G) == "cannot be told apart"
    # Once, although two directions lack it.
    assert made.text.count(f"- {reason}\n") == 1
    assert made.page.count(reason) == 1


def test_seeds_count_as_they_do_by_bleu4(make) -> None:
    worse = [experiment(f"one-seed{n}", wrong, seed=n) for n, wrong in enumerate((1, 2, 3))]
    better = [experiment(f"two-seed{n}", wrong, seed=n) for n, wrong in enumerate((0, 1, 2))]
    line = make({S2G: worse, K400: better}).line(K400, S2G, "wer")
    assert numbers(line, "ours_better", "ours_worse", "ours_better_deviation") == [25, 50, 25]
    difference, low, high = numbers(line, *DIFFERENCE)
    # Student's t of 4 degrees: 2.776 sqrt(2500 / 4 x 2 / 3).
    assert difference == 25
    assert (high - low) / 2 == pytest.approx(2.776 * math.sqrt(2500 / 4 * 2 / 3), rel=0.02)
    assert (low + high) / 2 == pytest.approx(25, abs=2)
    assert (line["verdict"], line["over"]) == ("cannot be told apart", "clips and seeds")


def test_clips_without_true_glosses_do_not_count(make) -> None:
    """Clips with glosses are resampled, as for the score file's interval."""
    true = [glosses(0)] * 12 + [""] * 8
    wrong = [[number % 5 for number in range(20)], [(number + 1) % 4 for number in range(20)]]
    experiment("one", wrong[0], true=true)
    experiment("two", wrong[1], true=true)
    line = make({S2G: "one", K400: "two"}).line(K400, S2G, "wer")
    errors = np.array(wrong)[:, :12]
    sets = 100 * (draws(12, SETS, 1) @ errors.T) / 48
    low, high = np.percentile(sets[:, 1], [2.5, 97.5])
    assert numbers(line, "ours_better_low", "ours_better_high") == [round(low, 4), round(high, 4)]
    expected = [100 * (errors[0].sum() - errors[1].sum()) / 48]
    expected += np.percentile(sets[:, 0] - sets[:, 1], [2.5, 97.5]).tolist()
    assert numbers(line, *DIFFERENCE) == pytest.approx(expected, abs=1e-4)
    assert line["clips"] == "12"


def test_glosses_are_cleaned_by_the_rules_of_the_data_set(make) -> None:
    """Equal neighbours are one gloss on PHOENIX, and two elsewhere."""
    true, written = ["REGEN REGEN"] * 20, ["REGEN"] * 20
    for name in ("one", "two"):
        experiment(name, 0, true=true, written=written)
    made = make({S2G: "one", K400: "two"}, adapter="phoenix")
    assert numbers(made.line(K400, S2G, "wer"), "ours_better") == [0]
    with pytest.raises(
        InputError, match=r"one.bleu: gloss WER of all clips is 0.0, but its table .* 50"
    ):
        make({S2G: "one", K400: "two"})


REFUSED = {
    "another WER": (
        {"wer": 49.0},
        "results/avatar/odd.bleu: gloss WER of all clips is 49.0, but its table of sentences "
        "has 50.0000; the two files are of different runs. Make it again: snakemake",
    ),
    "other true glosses": (
        {"true": [glosses(0)] * 19 + ["SONNE"]},
        "results/avatar/odd/score/sentences.tsv, clip 'c19': gloss is 'SONNE', expected 'REGEN MOR",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_advice(make, case: str) -> None:
    changes, message = REFUSED[case]
    experiment("odd", 2, **changes)
    with pytest.raises(InputError) as refused:
        make({S2G: experiment("one", 1), K400: "odd"})
    assert message in str(refused.value)


@pytest.mark.parametrize("lost", [["gloss"], ["gloss_hypothesis"], ["gloss", "gloss_hypothesis"]])
def test_sentences_without_the_glosses_of_the_score_file_are_refused(make, lost: list[str]) -> None:
    path = RESULTS / experiment("odd", 2) / "score/sentences.tsv"
    write_table(pd.read_csv(path, sep="\t").drop(columns=lost), path)
    message = "odd.bleu: has a WER of glosses, but the sentences beside it have no glosses; the two"
    with pytest.raises(InputError, match=message):
        make({S2G: experiment("one", 1), K400: "odd"})


def test_wer_of_ours_stands_beside_the_published_one(make) -> None:
    for name, wrong in (("s2g", 2), ("k400", 1)):
        experiment(name, wrong)
    without_glosses("no_s2g")
    rows: dict[str, Any] = {S2G: "s2g", K400: "k400", NO_S2G: "no_s2g"}
    tabulate.run(
        table="mmtlb_3",
        data_set="avatar",
        output=Path("alone.csv"),
        rows=json.dumps({row: [f"results/avatar/{name}.bleu"] for row, name in rows.items()}),
        config=read_settings(tabulate.Config, {}),
    )
    with Path("alone.csv").open(encoding="utf-8") as file:
        lines = {
            line["row"]: line for line in csv.DictReader(file) if line["published_split"] == "test"
        }
    found = {row: (lines[row]["published_wer"], lines[row]["ours_wer"]) for row in lines}
    assert found == {
        S2G: ("28.06", "50.0"),
        K400: ("23.5", "25.0"),
        WLASL: ("22.45", ""),
        NO_S2G: ("", ""),
    }
    text = Path("alone.md").read_text(encoding="utf-8")
    assert "WER published" in text and "WER ours" in text
