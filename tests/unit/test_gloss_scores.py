"""Word error rates of glosses in a score file, and the recogniser's beside them."""

import json

import pandas as pd
import pytest

from sign2text.config.methods import Method
from sign2text.config.reads import Read
from sign2text.data.manifest import read_table, write_manifest
from sign2text.data.recognised_glosses import read_recognised, write_recognised
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.scoring.gloss_cleaning import rules_of
from sign2text.scoring.gloss_scores import gloss_scores, unknown_glosses
from sign2text.scoring.score_form import problem_of
from sign2text.scoring.score_reader import read_sentences
from sign2text.scoring.sentence_table import COLUMNS, GLOSSES
from sign2text.scoring.show import format_scores
from sign2text.stages import score

TRUE = {"t1": "REGEN REGEN NORD", "t2": "SONNE SUED", "t3": "SCHNEE", "t4": ""}
WRITTEN = {"t1": "loc-REGEN NORD", "t2": "SONNE NORD SUED", "t3": "WIND", "t4": "WIND"}
ALONE = {"t1": "REGEN", "t2": "SONNE SUED", "t3": "SCHNEE", "t4": ""}


def manifest(path, glosses, signer="signer01"):
    rows = pd.DataFrame({"id": [*glosses], "gloss": [*glosses.values()]})
    table = rows.assign(
        video="v", frames=50, fps=25.0, signer=signer, text="es regnet im norden", language="de",
        phrasings=[[]] * len(rows),
    )  # fmt: skip
    write_manifest(table, path)
    return path


@pytest.fixture
def run(tmp_path):
    def run(runs=(WRITTEN,), recognised=None, adapter="phoenix", videos=None, **options):
        rows = [
            {"run": number, "id": clip, "video": (videos or {}).get(clip, clip), "score": "-1",
             "hypothesis": "es regnet", **({"gloss": glosses[clip]} if glosses else {})}
            for number, glosses in enumerate(runs) for clip in TRUE
        ]  # fmt: skip
        pd.DataFrame(rows).to_csv(tmp_path / "h.tsv", sep="\t", index=False, quoting=3)
        (tmp_path / "left_out.tsv").write_text("split\tid\tvideo\treason\n")
        if recognised:
            write_recognised(tmp_path / "r.tsv", [*recognised], [*recognised.values()])
            options["recognised"] = tmp_path / "r.tsv"
        score.run(
            hypotheses=tmp_path / "h.tsv",
            manifest=manifest(tmp_path / "test.tsv", TRUE),
            train_manifest=manifest(tmp_path / "train.tsv", {"a": "REGEN NORD SONNE", "b": "SUED"}),
            left_out=tmp_path / "left_out.tsv",
            output=tmp_path / "x.bleu",
            texts=tmp_path / "score",
            config=read_settings(score.Config, {"resamples": 50, "adapter": adapter}),
            **options,
        )
        return json.loads((tmp_path / "x.bleu").read_text(encoding="utf-8"))

    return run


def test_rates_and_their_parts_cleaned_and_not(run):
    """Cleaned: right; NORD too many; WIND for SCHNEE. Of 2 + 2 + 1 reference glosses."""
    result = run()
    found = result["scores"]["all"]
    assert (found["wer"], found["wer_clips"]) == (40.0, 3)
    assert [found[f"wer_{k}"] for k in ("substitutions", "deletions", "insertions")] == [20, 0, 20]
    # As written: loc-REGEN for REGEN and one REGEN missing besides, of 6.
    assert found["wer_not_cleaned"] == pytest.approx(100 * 4 / 6, abs=1e-4)
    assert found["wer_4_3_3"] == 40.0
    low, high = found["wer_interval"]
    assert low < 40 < high
    assert result["gloss_cleaning"] == "phoenix"
    assert "gloss WER 40.00 [" in result["statement"]
    assert result["statement"].endswith(
        "Gloss WER in percent of 3 clips: substitutions 20.00, deletions 0.00, insertions 20.00, "
        "each counted once; cleaning rules: phoenix."
    )
    assert problem_of(result) is None


def test_a_corpus_without_rules_is_scored_as_written(run):
    result = run(adapter="avatar")
    found = result["scores"]["all"]
    assert found["wer"] == found["wer_not_cleaned"] == pytest.approx(100 * 4 / 6, abs=1e-4)
    assert result["gloss_cleaning"] == "none"


def test_a_gloss_signed_twice_is_two_glosses_where_no_rule_says_else(run):
    once = TRUE | {"t1": "REGEN NORD"}
    for adapter, expected in (("avatar", 100 / 6), ("phoenix", 0)):
        assert run(runs=[TRUE], adapter=adapter)["scores"]["all"]["wer"] == 0
        found = run(runs=[once], adapter=adapter)["scores"]["all"]
        assert found["wer"] == found["wer_deletions"] == pytest.approx(expected, abs=1e-4)


def test_the_recogniser_after_its_own_training_is_told_apart(run, tmp_path):
    result = run(recognised=ALONE)
    found = result["scores"]["all"]
    assert (found["wer"], found["wer_recogniser"]) == (40.0, 20.0)  # NORD is missing, of 5
    assert len(found["wer_recogniser_interval"]) == 2
    assert "gloss WER of the recogniser after its own training 20.00 [" in result["statement"]
    shown = format_scores([(tmp_path / "x.bleu", result)])
    assert "x.bleu: gloss WER 40.00 (" in shown and "own training 20.00 (" in shown
    assert "substitutions 20.00, deletions 0.00, insertions 20.00." in shown
    alone = run(runs=[None], recognised=ALONE)["scores"]["all"]
    assert (alone["wer_recogniser"], alone["wer_clips"]) == (20.0, 3) and "wer" not in alone


def test_a_method_without_glosses_has_none_of_the_keys(run, tmp_path):
    result = run(runs=[None])
    assert not [
        key for key in (*result, *result["scores"]["all"]) if "gloss" in key or "wer" in key
    ]
    assert "loss WER" not in result["statement"]
    assert "WER" not in format_scores([(tmp_path / "x.bleu", result)])
    assert [*read_table(tmp_path / "score/sentences.tsv")] == [*COLUMNS]


def test_a_control_has_means_over_its_runs(run):
    found = run(runs=[WRITTEN, TRUE], recognised=ALONE)["scores"]["all"]
    assert (found["wer"], found["wer_clips"], found["runs"]) == (20.0, 3, 2)
    assert (found["wer_substitutions"], found["wer_recogniser"]) == (10.0, 20.0)
    assert found["wer_not_cleaned"] == pytest.approx(100 * 4 / 6 / 2, abs=1e-4)
    assert "wer_interval" not in found and "wer_recogniser_interval" not in found


def test_a_control_has_the_recogniser_see_its_videos_too(run):
    """t1 and t2 change videos: each is wrong in all of its two glosses; t3 is right."""
    result = run(runs=[None], recognised=TRUE, videos={"t1": "t2", "t2": "t1"})
    assert result["control"] and result["scores"]["all"]["wer_recogniser"] == 80.0
    with pytest.raises(
        InputError, match=r"h\.tsv, run 0, clip 't1': video is 'x', expected a clip"
    ):
        run(runs=[None], recognised=TRUE, videos={"t1": "x"})


def test_glosses_that_train_lacks_are_counted(run, tmp_path):
    assert run()["unknown_glosses"] == {"test": {"types": 1, "occurrences": 1}}
    dev = manifest(tmp_path / "dev.tsv", {"d": "SCHNEE WIND", "e": "SCHNEE REGEN"})
    found = run(dev_manifest=dev)["unknown_glosses"]
    assert found == {
        "dev": {"types": 2, "occurrences": 3},
        "test": {"types": 1, "occurrences": 1},
    }
    assert unknown_glosses(["A B"], [""]) == {"types": 2, "occurrences": 2}


def test_a_reference_of_marks_alone_counts_as_none():
    rules, said = rules_of("phoenix"), pd.Series({"a": "REGEN"})
    for line in ("", " ", "__ON__"):
        assert gloss_scores(said, None, pd.Series({"a": line}), rules, None) == {}


def test_sentences_have_both_lines_of_glosses(run, tmp_path):
    run()
    path = tmp_path / "score/sentences.tsv"
    table = read_table(path).set_index("id")
    assert [*table] == [*COLUMNS[1:], *GLOSSES]
    assert table["gloss"].to_dict() == TRUE
    assert table["gloss_hypothesis"].to_dict() == WRITTEN
    assert read_sentences(path, tmp_path / "x.bleu")["gloss_hypothesis"].to_dict() == WRITTEN


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id\tgloss\nt1\tA\nt2\tA\nt3\tA\n", r"3 lines of glosses found for 4 .* \['t4'\]"),
        ("id\tgloss\nt1\tA\nt2\tA\nt3\tA\nx\tA\n", r"not in the manifest: \['x'\]"),
        ("id\tgloss\nt1\tA\nt1\tA\nt2\tA\nt3\tA\nt4\tA\n", "5 lines of glosses found for 4"),
        ("id\ttext\nt1\tA\n", "line 1: no column gloss; found id, text"),
        ("", "is not a tab-separated UTF-8 table"),
    ],
)
def test_a_table_of_recognised_glosses_that_does_not_fit_is_refused(tmp_path, table, message):
    path = tmp_path / "r.tsv"
    path.write_text(table)
    with pytest.raises(InputError, match=rf"r\.tsv.*{message}"):
        read_recognised(path, [*TRUE])


def test_recognised_glosses_come_back_in_the_manifests_order(tmp_path):
    write_recognised(tmp_path / "r.tsv", ["b", "a"], ["", "NULL Ü"])
    assert read_recognised(tmp_path / "r.tsv", ["a", "b"]).to_dict() == {"a": "NULL Ü", "b": ""}


def test_score_reads_the_recognisers_glosses_of_a_method_that_has_one():
    table = Read("recognised", "recognise", "test.tsv")
    without = Method((), ("train",), {}, ())
    with_one = Method((), ("train",), {}, (), recognised=table)
    added = [read for read in score.reads(with_one) if read not in score.reads(without)]
    assert [(read.option, read.file) for read in added] == [
        ("recognised", "test.tsv"),
        ("dev_manifest", "dev.tsv"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("wer_insertions", "x"), ("wer_recogniser", float("nan")), ("wer_4_3_3", None)],
)
def test_a_rate_that_is_no_number_is_named(run, key, value):
    result = run(recognised=ALONE)
    result["scores"]["all"][key] = value
    assert f"scores.all.{key}" in problem_of(result)
    result = run()
    result["unknown_glosses"]["test"]["types"] = -1
    assert "unknown_glosses.test.types" in problem_of(result)
