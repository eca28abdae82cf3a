import json
import math
import re
import sys
from pathlib import Path

import pytest

from sign2text.data.manifest import read_table, write_table
from sign2text.ground.code_hash import modules_of
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.pages.interval_plot import LEFT, RIGHT, WIDTH, Mark, Row, interval_plot
from sign2text.scoring.by_group import bins
from sign2text.stages import compare

sys.path.insert(0, str(Path(__file__).parent))
from two_systems import CLIPS, rows, write_experiment

FILES = ("compare.json", "compare.md", "compare.html", "sentences.tsv")


@pytest.fixture
def run(tmp_path):
    """Compare experiments with the given files, and return the output by name."""

    def run(*experiments, **settings):
        scores, sentences = zip(*experiments, strict=True)
        compare.run(
            scores=list(scores),
            sentences=list(sentences),
            output=tmp_path / "named",
            config=read_settings(compare.Config, {"resamples": 50, "trials": 100, **settings}),
        )
        return json.loads((tmp_path / "named/compare.json").read_text(encoding="utf-8"))

    return run


@pytest.fixture
def pair(tmp_path):
    """Make two_systems.py's baseline and system; `clips` and `changes` are the system's."""

    def pair(clips=None, convention="words", **changes):
        return (
            write_experiment(tmp_path, "base", rows(0)),
            write_experiment(tmp_path, "system", clips or rows(1), convention, **changes),
        )

    return pair


def group(result, name):
    return next(each for each in result["groups"] if each["group"] == name)


def test_wins_losses_and_ties_are_counted(run, pair):
    result = run(*pair())
    for metric in ("chrf", "bleu", "rouge_l"):
        assert result["sentences"]["system"][metric] == {"wins": 3, "losses": 1, "ties": 2}


def test_each_clip_is_in_its_groups(run, pair):
    result = run(*pair())
    assert [(each["by"], each["group"], each["clips"]) for each in result["groups"]] == [
        ("reference length", "1-5", 2),
        ("reference length", "6-10", 2),
        ("reference length", "11-15", 1),
        ("reference length", "over 20", 1),
        ("signer", "s1", 3),
        ("signer", "s2", 3),
        ("words", "all seen in training", 4),
        ("words", "one or more not seen in training", 2),
        ("sentence", "stands in the training text", 1),
        ("sentence", "not in the training text", 5),
    ]
    assert all(each["small"] for each in result["groups"])
    result = run(*pair(), small_group=3, length_bins=[10])
    assert [each["group"] for each in result["groups"]][:2] == ["1-10", "over 10"]
    assert [each["small"] for each in result["groups"]][:4] == [False, True, False, False]


def test_labels_of_the_corpus_are_groups_too(run, pair):
    experiments = pair()
    for _, sentences in experiments:
        table = read_table(sentences)
        write_table(table.assign(group=["rain", "", "rain", "wind", "", ""]), sentences)
    result = run(*experiments)
    named = [each for each in result["groups"] if each["by"] == "group"]
    assert [(each["group"], each["clips"]) for each in named] == [
        ("(none)", 3),
        ("rain", 2),
        ("wind", 1),
    ]
    # c1 and c3: 3 + 6 of 9 words are right in the baseline, 0 + 6 in the system.
    assert named[1]["scores"]["base"]["bleu1"] == 100
    assert named[1]["scores"]["system"]["bleu1"] == round(100 * 6 / 9, 4)


def test_scores_of_a_group_are_those_of_its_clips(run, pair):
    result = run(*pair())
    # s1: 3 + 0 + 6 of 14 words are right in the baseline, 0 + 5 + 6 in the system.
    of_signer = group(result, "s1")
    assert of_signer["scores"]["base"]["bleu1"] == round(100 * 9 / 14, 4)
    assert of_signer["scores"]["system"]["bleu1"] == round(100 * 11 / 14, 4)
    assert of_signer["differences"]["system"]["bleu1"]["difference"] == round(100 * 2 / 14, 4)
    # ROUGE-L is a mean of clips: 100, 0, 100 and 0, 100, 100.
    assert of_signer["scores"]["base"]["rouge_l"] == round(200 / 3, 4)
    assert of_signer["differences"]["system"]["rouge_l"]["difference"] == 0
    # One clip with five of eleven words: the missing ones cost exp(1 - 11 / 5).
    alone = group(result, "11-15")
    expected = round(100 * math.exp(1 - 11 / 5), 4)
    assert alone["scores"]["base"]["bleu1"] == expected
    assert alone["scores"]["base"]["bleu1_interval"] == [expected, expected]
    assert alone["scores"]["system"]["bleu4"] == 100


def test_differences_are_of_the_scores(run, pair):
    result = run(*pair())
    base, system = (result["experiments"][name]["scores"] for name in ("base", "system"))
    for metric, found in result["differences"]["system"].items():
        assert found["difference"] == pytest.approx(system[metric] - base[metric], abs=2e-4)
        low, high = found["interval"]
        assert low <= found["difference"] <= high
    assert set(result["tests"]["system"]) == {"randomisation", "bootstrap"}


def test_equal_systems_do_not_differ_anywhere(run, pair):
    result = run(*pair(clips=rows(0)))
    assert all(
        found == {"difference": 0, "interval": [0, 0]}
        for part in (result, *result["groups"])
        for found in part["differences"]["system"].values()
    )
    assert all(
        test[metric]["p"] == 1
        for test in result["tests"]["system"].values()
        for metric in ("bleu4", "chrf")
    )
    assert result["sentences"]["system"]["bleu"] == {"wins": 0, "losses": 0, "ties": 6}


def test_the_same_seed_writes_the_same_files(run, pair, tmp_path):
    def written(**settings):
        run(*pair(), **settings)
        return [(tmp_path / "named" / name).read_bytes() for name in FILES]

    first = written()
    assert written() == first
    assert written(seed=2)[0] != first[0]


def test_a_third_experiment_is_compared_with_the_baseline_too(run, pair, tmp_path):
    third = write_experiment(tmp_path, "third", rows(0))
    result = run(*pair(), third)
    alone = run(*pair())
    assert list(result["differences"]) == ["system", "third"]
    assert result["differences"]["system"] == alone["differences"]["system"]
    assert result["tests"]["system"] == alone["tests"]["system"]
    assert result["differences"]["third"]["bleu4"]["difference"] == 0


def test_sentences_stand_side_by_side(run, pair, tmp_path):
    run(*pair(clips=rows(1)[::-1]))  # in another order
    table = read_table(tmp_path / "named/sentences.tsv")
    assert list(table.columns) == [
        "id", "signer", "reference", "words", "unseen_words", "in_train",
        "base:hypothesis", "base:bleu", "base:chrf", "base:rouge_l",
        "system:hypothesis", "system:bleu", "system:chrf", "system:rouge_l",
    ]  # fmt: skip
    assert list(table["id"]) == [clip[0] for clip in CLIPS]
    assert list(table["base:hypothesis"]) == [clip[3] for clip in CLIPS]
    assert list(table["system:hypothesis"]) == [clip[4] for clip in CLIPS]
    assert table.iloc[4][["words", "unseen_words", "in_train"]].tolist() == ["11", "2", "0"]
    assert table["system:rouge_l"].tolist()[:3] == ["0.0000", "100.0000", "100.0000"]


def test_text_and_page_show_the_numbers(run, pair, tmp_path):
    result = run(*pair())
    text, page = ((tmp_path / "named" / name).read_text(encoding="utf-8") for name in FILES[1:3])
    found = result["differences"]["system"]["bleu4"]
    assert f"BLEU-4 {result['experiments']['system']['scores']['bleu4']:.2f} against" in text
    test = result["tests"]["system"]["randomisation"]["bleu4"]
    low, high = found["interval"]
    line = f"| BLEU-4 | {found['difference']:+.2f} [{low:+.2f}, {high:+.2f}] | {test['p']:.2f} "
    # With so few clips, many trials are equal.
    assert f"{line}(sacrebleu prints {test['p_sacrebleu']:.2f}) |" in text
    assert "| system, chrF | 3 (50%) | 1 (17%) | 2 (33%) |" in text
    for part in (result["statements"]["system"], result["signature"]["chrf"], "settings of base"):
        assert part in page
        assert part in text.replace(r"\|", "|")
    # Six metrics, then a difference and two scores per group; all have few clips.
    assert page.count("<circle") == 6 + 3 * len(result["groups"])
    assert page.count('faint"') == 3 * len(result["groups"])
    assert not re.search(r"https?:|src=", page)


def test_a_control_takes_part_with_its_first_run(run, pair):
    changes = {"control": "videos permuted among the clips", "runs": 5}
    result = run(*pair(**changes, scores={"all": {"bleu4": 3.0}}))
    [note] = result["notes"]
    assert "system is a control (videos permuted among the clips)" in note
    assert "the first of its 5 runs" in note
    assert result["experiments"]["system"]["scores"]["bleu4"] > 3


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"settings_without_seed": "unseeded base"}, "differ in nothing but the seed of training"),
        ({"settings": "settings of base"}, "system has the same settings and seed as base"),
        ({}, None),
    ],
)
def test_what_two_experiments_have_in_common_is_said(run, pair, changes, note):
    notes = run(*pair(**changes))["notes"]
    assert [note in each for each in notes] == ([True] if note else [])


def test_another_training_text_is_said_and_the_baseline_counts(run, pair):
    result = run(*pair(clips=[(*row[:5], 1) for row in rows(1)]))
    assert "system was trained on other text than base" in result["notes"][0]
    assert group(result, "stands in the training text")["clips"] == 1


def edited(path, change):
    """Change the parsed JSON, or the text, of a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".bleu":
        result = json.loads(text)
        change(result)
        text = json.dumps(result)
    else:
        text = change(text)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_set": "phoenix"}, r"system\.bleu: data_set is 'phoenix', expected 'avatar'"),
        ({"split": "dev"}, r"system\.bleu: split is 'dev', expected 'test'"),
        ({"convention": "13a"}, r"system\.bleu: convention is '13a', expected 'words'"),
        ({"clips": 5}, r"sentences\.tsv: holds 6 clips, expected the 5 of .*system\.bleu"),
        ({"experiment": "base"}, r"system\.bleu: experiment base is there twice"),
        (
            {"clips": rows(1, [*CLIPS[:5], ("c9", *CLIPS[5][1:])])},
            r"sentences\.tsv: has no clip 'c6' of the baseline's .*, but a clip 'c9'",
        ),
        (
            {"clips": rows(1, [*CLIPS[:5], ("c6", "s2", "a b", *CLIPS[5][3:])])},
            r"sentences\.tsv, clip 'c6': reference is 'a b', expected 'a b c d e f a b",
        ),
        (
            {"clips": rows(1, [*CLIPS[:5], ("c6", "s3", *CLIPS[5][2:])])},
            r"sentences\.tsv, clip 'c6': signer is 's3', expected 's2'",
        ),
    ],
)
def test_experiments_that_cannot_be_compared_are_refused(run, pair, tmp_path, changes, message):
    # `clips` as a list is the table, as a number the score file's count.
    clips = changes.get("clips")
    if isinstance(clips, list):
        changes = {}
    base, system = pair(clips=clips if isinstance(clips, list) else None)
    edited(system[0], lambda result: result.update(changes))
    with pytest.raises(InputError, match=message):
        run(base, system)
    assert not (tmp_path / "named").exists()


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (0, lambda r: r.pop("convention"), r"system\.bleu: has no convention, .* older form"),
        (0, lambda r: r["scores"].pop("all"), r"has no scores\.all\.bleu4, .* older form"),
        (0, lambda r: r["scores"]["all"].update(bleu4=99.0), "are of different runs"),
        (1, lambda text: text.rpartition("c6")[0], r"holds 5 clips, expected the 6 of"),
        (1, lambda text: text.replace("c6", "c5"), r"id 'c5' is in line 6 and in line 7"),
        (1, lambda text: text.replace("chrf", "chr"), r"line 1: missing column chrf; found id"),
        (1, lambda text: text.replace("\t24\t", "\tx\t"), r"line 7, clip 'c6': words is 'x'"),
        (1, lambda text: "", r"is not a tab-separated table"),
    ],
)
def test_files_that_are_not_whole_are_refused(run, pair, file, change, message):
    base, system = pair()
    edited(system[file], change)
    with pytest.raises(InputError, match=message) as error:
        run(base, system)
    # The message names the command that fixes it.
    assert f"--forcerun score -- {system[0].as_posix()}" in str(error.value)


def test_a_cut_score_file_is_refused(run, pair):
    base, system = pair()
    system[0].write_text(system[0].read_text()[:40])
    with pytest.raises(InputError, match=r"system\.bleu: not a score file \(.* it was cut"):
        run(base, system)


def test_an_unknown_convention_is_refused(run, pair):
    base, system = pair()
    for scores, _ in (base, system):
        edited(scores, lambda result: result.update(convention="letters"))
    with pytest.raises(InputError, match=r"base\.bleu: convention is 'letters', expected one of"):
        run(base, system)


def test_one_experiment_is_no_comparison(run, pair):
    with pytest.raises(InputError, match="--scores names 1 files and --sentences 1"):
        run(pair()[0])


@pytest.mark.parametrize("wrong", [[], [10, 5], [5, 5]])
def test_bins_that_do_not_rise_are_refused(wrong):
    with pytest.raises(InputError, match="one or more rising numbers are needed"):
        read_settings(compare.Config, {"length_bins": wrong})


def test_no_length_falls_between_bins():
    found = bins([5, 10, 15, 20])
    for words in range(60):
        assert sum(low <= words <= high for _, low, high in found) == 1


def test_places_in_a_plot_are_those_of_the_numbers():
    marks = [Mark(1, -1, 3, 1, "+1.00", "a hint"), Mark(0.5, -90, 3, 2, "+0.50", "few", faint=True)]
    plot = interval_plot("title", [Row("row", marks)], "points", zero=True)
    # The axis goes from -1 to 3: few clips do not stretch it.
    unit = (WIDTH - LEFT - RIGHT) / 4
    assert [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', plot)] == pytest.approx(
        [LEFT + 2 * unit, LEFT + 1.5 * unit], abs=0.06
    )
    whiskers = re.findall(r'</title><path d="M([\d.]+) [\d.]+H([\d.]+)', plot)
    assert [tuple(map(float, each)) for each in whiskers] == [(LEFT, LEFT + 4 * unit)] * 2
    zero = re.search(r'class="zero" d="M([\d.]+)', plot)[1]
    assert float(zero) == pytest.approx(LEFT + unit, abs=0.06)


def test_how_the_page_is_made_counts_as_code_of_the_stage():
    used = modules_of("compare")
    for name in ("significance", "by_group", "bleu", "bootstrap"):
        assert f"sign2text.scoring.{name}" in used
    assert "sign2text.pages.comparison_page" in used
    assert "sign2text.pages.page" not in used
