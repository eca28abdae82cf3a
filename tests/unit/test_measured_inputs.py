"""Inputs of published tables of numbers that methods measure, asked for without Snakemake."""

import json
import shlex

import pytest
import yaml

from sign2text.config.keys import with_command_line
from sign2text.config.project import Project
from sign2text.ground.code_hash import module_hash
from sign2text.ground.errors import InputError
from sign2text.pages import inputs
from sign2text.pages.inputs import PageInputs, measured_option, measured_paths

CONFIG = """
datasets:
  small:
    {adapter: avatar, language: de, stages: {generate_pseudo_glosses: {pipeline: null}}}
experiments:
  own:
    method: sign2gpt
    stages:
      train_tokenizer: {architecture: xglm}
      pretrain_language_model: {architecture: xglm}
      pretrain_frame_encoder: {architecture: dinov2}
  own-seed2: {base: own, seed: 2}
  unlearned: {base: own, stages: {pretrain_prototypes: {training: {epochs: 0}}}}
  words: {base: own, stages: {generate_pseudo_glosses: {tokens: all_words}}}
tables:
  sign2gpt_1a: {rows: {pseudo-gloss vocabulary (phoenix): own}}
  sign2gpt_2: {rows: {Sign2GPT: unlearned, Sign2GPT(w/PGP): [own, own-seed2]}}
  sign2gpt_pgp-tokens: {rows: {all words: words, pseudo-glosses: [own, own-seed2]}}
"""
FOUND = "results/small/{}/score_pseudo_glosses/scores.json"


def page(changes: str = "{}") -> PageInputs:
    config = with_command_line(yaml.safe_load(CONFIG), yaml.safe_load(changes))
    return PageInputs(Project(config), "small")


PAGE = page()


def test_a_table_reads_what_the_methods_of_its_experiments_measure() -> None:
    measured = PAGE.measured("sign2gpt_pgp-tokens")
    names = {row: [each["experiment"] for each in several] for row, several in measured.items()}
    assert names == {"all words": ["words"], "pseudo-glosses": ["own", "own-seed2"]}
    assert measured_paths({"sign2gpt_pgp-tokens": measured}) == [
        FOUND.format(name) for name in ("words", "own", "own-seed2")
    ]
    first, second = measured["pseudo-glosses"]
    assert (first["seed"], second["seed"]) == (1, 2)
    assert first["settings_without_seed"] == second["settings_without_seed"]
    assert first["settings"] != second["settings"]
    assert (first["method"], first["data_set"]) == ("sign2gpt", "small")
    assert PAGE.row_files("sign2gpt_pgp-tokens") == {}, "it has no scores"
    # A vocabulary is the same for all seeds.
    [[vocabulary]] = PAGE.measured("sign2gpt_1a").values()
    assert vocabulary["files"] == {
        "about": "results/small/own/generate_pseudo_glosses/about.json",
        "train_manifest": "results/small/common/make_manifest/train.tsv",
    }
    assert vocabulary["seed"] == {}


def test_a_paper_has_tables_with_scores_and_with_measurements() -> None:
    assert list(PAGE.paper_rows("sign2gpt")) == ["sign2gpt_2"]
    measured = PAGE.paper_measured("sign2gpt")
    assert list(measured) == ["sign2gpt_1a", "sign2gpt_pgp-tokens"]
    assert len(measured_paths(measured)) == 5
    option, value = shlex.split(measured_option(measured))
    assert (option, json.loads(value)) == ("--measured", measured)
    assert measured_option(PAGE.measured("sign2gpt_2")) == measured_option({}) == ""
    assert PAGE.row_files("sign2gpt_2") == {
        "Sign2GPT": ["results/small/unlearned.bleu"],
        "Sign2GPT(w/PGP)": ["results/small/own.bleu", "results/small/own-seed2.bleu"],
    }


def test_an_experiment_that_learns_no_pseudo_glosses_is_refused() -> None:
    rows = "{tables: {sign2gpt_pgp-tokens: {rows: {all words: unlearned}}}}"
    with pytest.raises(InputError) as refused:
        page(rows).measured("sign2gpt_pgp-tokens")
    assert str(refused.value) == (
        "tables.sign2gpt_pgp-tokens.rows.all words: found unlearned, expected an experiment with "
        "precision, recall, f1; with its settings on small there is no score_pseudo_glosses/"
        "scores.json. Take it out."
    )


def test_settings_code_and_what_measures_are_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    def upstream(of: PageInputs) -> str:
        return of.table_upstream([], {"x": of.measured("sign2gpt_pgp-tokens")})

    before, hashed = upstream(PAGE), inputs.table_hash("sign2gpt_1a")
    assert upstream(page()) == before
    longer = "{experiments: {own: {stages: {pretrain_prototypes: {training: {epochs: 7}}}}}}"
    assert upstream(page(longer)) != before
    assert PAGE.table_upstream(["own"], {}) == PAGE.upstream(["own"])

    def edited(module: str) -> str:
        return "edited" if module.endswith("sign2gpt.measured_numbers") else module_hash(module)

    monkeypatch.setattr(inputs, "module_hash", edited)
    assert upstream(PAGE) != before
    assert inputs.table_hash("sign2gpt_1a") != hashed
