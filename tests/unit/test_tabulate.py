"""Published tables with our results: values, dashes, notes, and refused input."""

import json
import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from page_tags import Tags
from score_files import SIGNATURE, score_file
from tabulated import Made, result, tabulate_scores

from sign2text.comparing.table_text import published_number
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.papers.published_numbers import published_tables
from sign2text.stages import score, tabulate


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    monkeypatch.chdir(tmp_path)
    return tabulate_scores


def test_a_row_of_ours_stands_beside_the_published_one(make) -> None:
    made = make("fla_llm_1", {"FLa-LLM": [result("fla_llm")]})
    line = made.line("FLa-LLM")
    assert line["published_bleu4"] == "23.09"
    assert line["published_rouge_l"] == "45.27"
    assert line["source"] == "Chen et al., LREC-COLING 2024, arXiv 2403.12556, table 1"
    ours = {column: line[f"ours_{column}"] for column in ("rouge_l", "bleu1", "bleu2", "bleu4")}
    assert ours == {"rouge_l": "45.5", "bleu1": "46.1234", "bleu2": "35.5", "bleu4": "22.0049"}
    assert (line["ours_bleu4_low"], line["ours_bleu4_high"]) == ("20.5", "23.75")
    assert (line["experiments"], line["seeds"], line["runs"]) == ("fla_llm", "1", "1")
    assert (line["convention"], line["rouge_beta"]) == ("words", "1.2")
    assert line["signature"] == SIGNATURE.format("none")
    assert line["settings"] == "settings_fla_llm"
    assert line["time"] == "2026-01-02T03:04:05+00:00"
    cells = made.markdown("FLa-LLM")
    assert cells[1:7] == ["yes", "45.27", "46.29", "35.33", "28.03", "23.09"]
    assert cells[7:12] == ["45.50", "46.12", "35.50", "28.25", "22.00 [20.50, 23.75]"]
    assert cells[12:] == ["fla_llm (seed 1)", "0", "–", "0"]


def test_what_made_a_number_stands_below_and_is_linked(make) -> None:
    made = make("fla_llm_1", {"FLa-LLM": [result("fla_llm")]})
    for text in (made.text, made.page):
        for part in (
            "results/phoenix/fla_llm.bleu",
            "settings_fla_llm",
            "cccc22223333",
            SIGNATURE.format("none"),
            "2026-01-02T03:04:05+00:00",
            "test, 642 clips",
            "words; ROUGE-L with beta 1.2",
            "epoch 12, BLEU-4 23.46 on dev",
        ):
            assert part in text
    assert '<a href="#fla_llm">' in made.page
    assert '<h3 id="fla_llm">' in made.page
    assert 'title="fla_llm (settings settings_fla_llm); words; seed 1"' in made.page


def test_rows_that_were_not_run_have_dashes(make) -> None:
    made = make("fla_llm_1", {"FLa-LLM": [result("fla_llm")]})
    line = made.line("GFSLT-VLP (Zhou et al., 2023)")
    assert line["published_bleu4"] == "21.44"
    assert line["not_run"] == "not run"
    ours = [value for key, value in line.items() if key.startswith("ours_")]
    assert set(ours) == {""}
    assert made.markdown("GFSLT-VLP (Zhou et al., 2023)")[7:] == ["–"] * 9
    # An unpublished value is a dash too.
    assert made.markdown("SLRT (Camgoz et al., 2020)")[2] == "–"


def test_the_papers_convention_is_taken(make) -> None:
    """MMTLB's ROUGE-L has beta P / R, its texts have full stops; How2Sign is under 13a."""
    made = make("mmtlb_1", {"MMTLB (Sign2Text)": [result("mmtlb")]})
    (line,) = (line for line in made.lines if line["experiments"])
    assert (line["ours_rouge_l"], line["ours_bleu4"]) == ("50.5", "25.0049")
    assert (line["convention"], line["rouge_beta"]) == ("words_point", "p/r")
    line = make("fla_llm_3", {"FLa-LLM": [result("fla_llm")]}).line("FLa-LLM")
    assert (line["convention"], line["ours_bleu4"]) == ("13a", "23.0049")
    assert line["signature"] == SIGNATURE.format("13a")
    # Only the run's main convention has an interval.
    assert line["ours_bleu4_low"] == ""


def test_a_convention_that_the_language_has_not_is_said(make) -> None:
    made = make("fla_llm_2", {"FLa-LLM": [result("fla_llm")]})
    assert made.line("FLa-LLM")["convention"] == "words"
    assert made.line("FLa-LLM")["ours_bleu4"] == "22.0049"
    assert "ours are under words, since zh is not one for their language" in made.text
    assert "under the same convention" not in made.text


def test_rows_of_dev_have_dashes_beside_them(make) -> None:
    made = make("mmtlb_1", {"MMTLB (Sign2Text)": [result("mmtlb")]})
    rows = [line for line in made.lines if (line["row"], line["setting"]) == ("MMTLB", "Sign2Text")]
    assert [(line["published_split"], line["published_bleu4"]) for line in rows] == [
        ("dev", "27.61"),
        ("test", "28.39"),
    ]
    assert [line["ours_bleu4"] for line in rows] == ["", "25.0049"]
    assert rows[0]["not_run"] == "published on dev; ours are of test"


def leaky(name: str, **changes: Any) -> Path:
    path = result(
        name,
        in_train={"clips": 32, "sentences": 20},
        left_out={"train": 2, "dev": 0, "test": 1},
        **changes,
    )
    found = json.loads(path.read_text(encoding="utf-8"))
    found["scores"]["not_in_train"] = {"clips": 610, "bleu4": 21.25}
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def test_leaked_sentences_and_left_out_clips_stand_beside(make) -> None:
    made = make("fla_llm_1", {"FLa-LLM": [leaky("fla_llm")]})
    line = made.line("FLa-LLM")
    assert (line["in_train"], line["ours_bleu4_not_in_train"]) == ("32", "21.25")
    assert [line[f"left_out_{split}"] for split in ("train", "dev", "test")] == ["2", "0", "1"]
    assert made.markdown("FLa-LLM")[13:] == ["32", "21.25", "train 2, test 1"]
    assert "clips whose sentence is in train: 32" in made.text
    # A row without leaks has no separate number for clean clips.
    clean = make("fla_llm_1", {"FLa-LLM": [result("clean")]}).line("FLa-LLM")
    assert (clean["in_train"], clean["ours_bleu4_not_in_train"]) == ("0", "")


def test_leaks_under_another_convention_are_told_apart(make) -> None:
    made = make("fla_llm_3", {"FLa-LLM": [leaky("fla_llm")]})
    assert "FLa-LLM: BLEU-4 without the sentences of train is under words." in made.text


def test_a_control_shows_the_range_of_its_runs(make) -> None:
    path = result("blind", control="videos permuted among the clips", runs=5)
    found = json.loads(path.read_text(encoding="utf-8"))
    del found["scores"]["all"]["bleu4_interval"]
    found["scores"]["all"] |= {"bleu4_range": [1.25, 3.5], "runs": 5}
    path.write_text(json.dumps(found), encoding="utf-8")
    made = make("fla_llm_1", {"FLa-LLM": [path]})
    assert "22.00 runs 1.25 to 3.50" in made.markdown("FLa-LLM")
    line = made.line("FLa-LLM")
    assert (line["ours_bleu4_lowest_run"], line["ours_bleu4_highest_run"]) == ("1.25", "3.5")
    assert "ours is a control, videos permuted among the clips" in made.text


def first_note(made: Made) -> str:
    return next(line for line in made.text.splitlines() if line.startswith("- "))


def test_another_corpus_is_said_first(make) -> None:
    path = score_file(Path("results/avatar/fla_llm.bleu"), data_set="avatar")
    made = make("fla_llm_1", {"FLa-LLM": [path]}, data_set="avatar", adapter="avatar")
    note = "published: phoenix; ours: avatar; not comparable in level"
    assert first_note(made).startswith(f"- {note}")
    assert f'<p class="first-note">{note}' in made.page
    made = make("fla_llm_1", {"FLa-LLM": [result("fla_llm")]})
    assert first_note(made) == "- published: phoenix; ours: phoenix; the same corpus."
    # PHOENIX's sentences, but rendered video.
    path = score_file(Path("results/phoenix_avatar/x.bleu"), data_set="phoenix_avatar")
    made = make("fla_llm_1", {"FLa-LLM": [path]}, data_set="phoenix_avatar", adapter="avatar")
    assert "ours: phoenix_avatar; not comparable in level" in first_note(made)


def test_a_part_of_the_corpus_is_not_the_corpus(make) -> None:
    path = result("fla_llm")
    found = json.loads(path.read_text(encoding="utf-8"))
    found["scores"]["all"]["clips"] = 640
    path.write_text(json.dumps(found), encoding="utf-8")
    made = make("fla_llm_1", {"FLa-LLM": [path]})
    assert (
        "results/phoenix/fla_llm.bleu has scores of 640 test clips, the corpus as published has "
        "642: not comparable with the published numbers." in made.text
    )


@pytest.mark.parametrize("name", list(published_tables()))
def test_every_table_can_be_had_without_any_run(make, name: str) -> None:
    table = published_tables()[name]
    made = make(name, {})
    assert [line["row"] for line in made.lines] == [row.row for row in table.rows]
    rows = [line for line in made.text.splitlines() if line.startswith("|")][2:]
    for row, line, shown in zip(table.rows, made.lines, rows, strict=True):
        for column in table.columns:
            number = row.number(column)
            assert line[f"published_{column}"] == ("" if number is None else str(number))
            assert f" {published_number(column, number)} " in shown
            assert line[f"ours_{column}"] == "" or column in ("params_m", "params", "trainable")
        assert line["not_run"]
    assert "What made ours" not in made.page


def test_sizes_of_light_t_are_ours_without_training(make) -> None:
    made = make("fla_llm_7", {"Base": [result("fla_llm")]})
    shown = {line["row"]: line["ours_params_m"] for line in made.lines}
    assert shown == {"Tiny": "3.6142", "Small": "18.2548", "Base": "25.6113", "Large": "124.6556"}
    assert made.markdown("Small")[2:6] == ["22.36", "18.25", "–", "18.25"]
    assert made.markdown("Base")[2:6] == ["23.09", "25.61", "22.00 [20.50, 23.75]", "25.61"]
    assert 'title="counted, not trained: 18,254,848"' in made.page


REFUSED = {
    "unknown table": ("fla_llm_11", {}, '--table: unknown name "fla_llm_11"; did you mean'),
    "unknown row": ("fla_llm_1", {"FLaLLM": ["fla_llm"]}, 'unknown name "FLaLLM"; did you mean "F'),
    "missing": ("fla_llm_1", {"FLa-LLM": ["nothing"]}, "nothing.bleu: missing. Have it made: "),
    "cut": ("fla_llm_1", {"FLa-LLM": ["cut"]}, "cut.bleu: not a score file (Expecting"),
    "older": ("fla_llm_1", {"FLa-LLM": ["older"]}, "older.bleu: has no data_set, experiment, "),
    "dev": ("fla_llm_1", {"FLa-LLM": ["dev"]}, 'dev.bleu: found scores of split "dev", expected'),
    "other": ("fla_llm_1", {"FLa-LLM": ["other"]}, "other.bleu has scores on avatar, expected tho"),
    "half": ("fla_llm_1", {"FLa-LLM": ["half"]}, "half.bleu: has no 'bleu3' of all test clips"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_advice(make, case: str) -> None:
    table, rows, message = REFUSED[case]
    result("fla_llm")
    result("dev", split="dev")
    result("other", data_set="avatar")
    half = json.loads(result("half").read_text(encoding="utf-8"))
    del half["scores"]["all"]["bleu3"], half["conventions"]["words"]["bleu3"]
    Path("results/phoenix/half.bleu").write_text(json.dumps(half), encoding="utf-8")
    Path("results/phoenix/cut.bleu").write_text('{"split": ', encoding="utf-8")
    older = {"split": "test", "scores": {"all": {"bleu4": 1.0}}, "left_out": {}}
    Path("results/phoenix/older.bleu").write_text(json.dumps(older), encoding="utf-8")
    files = {
        row: [Path(f"results/phoenix/{name}.bleu") for name in names] for row, names in rows.items()
    }
    with pytest.raises(InputError) as refused:
        make(table, files)
    assert message in str(refused.value)


@pytest.mark.parametrize("rows", ["[]", "{", '{"FLa-LLM": "x.bleu"}', '{"FLa-LLM": []}'])
def test_rows_that_are_no_mapping_to_files_are_refused(rows: str) -> None:
    with pytest.raises(InputError, match=r"--rows: .* expected an object such as"):
        tabulate.read_rows(rows)


def test_files_that_score_writes_are_read(make, tmp_path: Path) -> None:
    """The invented files above would not notice a renamed key."""
    texts = {"t1": "am montag regnet es im norden", "t2": "in bayern scheint die sonne lange"}
    columns = ["id", "video", "frames", "fps", "signer", "text", "gloss", "language", "phrasings"]
    rows = [[clip, "v", "9", "25.0", "s1", text, "", "de", "[]"] for clip, text in texts.items()]
    for split, lines in (("test", rows), ("train", rows[:1])):
        lines = "".join("\t".join(line) + "\n" for line in [columns, *lines])
        Path(f"{split}.tsv").write_text(lines, encoding="utf-8")
    made = "".join(f"0\t{clip}\t{clip}\t-1\t{text} heute\n" for clip, text in texts.items())
    Path("hypotheses.tsv").write_text(f"run\tid\tvideo\tscore\thypothesis\n{made}")
    Path("left_out.tsv").write_text("split\tid\tvideo\treason\n")
    for control in (False, True):
        if control:
            swapped = made.replace("0\tt1\tt1", "0\tt1\tt2").replace("0\tt2\tt2", "0\tt2\tt1")
            both = swapped + swapped.replace("0\tt", "1\tt")
            Path("hypotheses.tsv").write_text(f"run\tid\tvideo\tscore\thypothesis\n{both}")
        score.run(
            hypotheses=Path("hypotheses.tsv"),
            manifest=Path("test.tsv"),
            train_manifest=Path("train.tsv"),
            left_out=Path("left_out.tsv"),
            output=Path("x.bleu"),
            texts=Path("score"),
            config=read_settings(score.Config, {"resamples": 10}),
            identity=json.dumps({"data_set": "phoenix", "experiment": "x", "seed": 1}),
        )
        found = json.loads(Path("x.bleu").read_text(encoding="utf-8"))
        line = make("fla_llm_1", {"FLa-LLM": [Path("x.bleu")]}).line("FLa-LLM")
        assert float(line["ours_bleu4"]) == found["scores"]["all"]["bleu4"] > 50
        assert float(line["ours_rouge_l"]) == found["scores"]["all"]["rouge_l"]
        assert line["in_train"] == "1"
        assert float(line["ours_bleu4_not_in_train"]) == found["scores"]["not_in_train"]["bleu4"]
        assert bool(line["control"]) == bool(line["ours_bleu4_lowest_run"]) == control
        assert bool(line["ours_bleu4_low"]) != control
        line = make("mmtlb_1", {"MMTLB (Sign2Text)": [Path("x.bleu")]}).lines[-1]
        pointed = found["conventions"]["words_point"]
        assert float(line["ours_rouge_l"]) == pointed["rouge_l_beta_pr"]


@pytest.mark.parametrize("name", ["fla_llm_1", "mmtlb_1", "sign2gpt_1a", "fla_llm_7"])
def test_the_page_is_whole_and_asks_for_nothing_else(make, name: str) -> None:
    scored = list(published_tables()[name].scored)
    made = make(name, {scored[-1]: [leaky("fla_llm")]} if scored else {})
    tags = Tags()
    tags.feed(made.page)
    assert tags.open == []
    groups, heads, *rows = chain.from_iterable(tags.widths)
    more = groups - heads
    assert more >= 1
    assert set(rows) == {groups}
    assert len(rows) == len(published_tables()[name].rows)
    assert not re.search(r"https?://|<(link|img|iframe)", made.page)
    # Wide tables scroll in a separate box.
    assert '<div class="scroll numbers"' in made.page


def test_texts_are_escaped(make) -> None:
    made = make("fla_llm_1", {"FLa-LLM": [result("fla_llm", settings="<b>&")]})
    assert "<b>" not in made.page
    assert "&lt;b&gt;&amp;" in made.page
    made = make("scaling_slt_recovered", {})
    assert "YouTube-ASL -&gt; How2Sign" in made.page
    assert made.line("YouTube-ASL -> How2Sign")["source"] == (
        "quoted by re-implementations; about Zhang et al., NeurIPS 2024, arXiv 2407.11855"
    )
