"""Planned jobs of published tables of numbers that methods measure."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from dag import planned, snakemake

CONFIG = """
datasets:
  small: {adapter: avatar, language: de, stages: {generate_pseudo_glosses: {pipeline: null}}}
experiments:
  own:
    method: sign2gpt
    stages:
      train_tokenizer: {architecture: xglm}
      pretrain_language_model: {architecture: xglm}
      pretrain_frame_encoder: {architecture: dinov2}
  own-seed2: {base: own, seed: 2}
  unlearned: {base: own, stages: {pretrain_prototypes: {training: {epochs: 0}}}}
tables:
  sign2gpt_1a: {rows: {pseudo-gloss vocabulary (phoenix): own}}
  sign2gpt_pgp-datasets: {rows: {phoenix: [own, own-seed2]}}
  sign2gpt_pgp-tokens: {rows: {all words: unlearned}}
"""
FOLDER = "results/small"
MADE = {
    "synthesize_avatar": 1, "make_manifest": 1, "annotate_text": 1, "train_tagger": 1,
    "generate_pseudo_glosses": 1,
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return "--configfile", str(path)


def test_a_table_of_measurements_plans_what_measures_and_no_score(tmp_path, config) -> None:
    jobs = planned(tmp_path, f"{FOLDER}/tables/sign2gpt_1a.html", *config)
    assert jobs == {**MADE, "tabulate": 1}
    target = f"{FOLDER}/tables/sign2gpt_pgp-datasets.csv"
    done = snakemake(tmp_path, "--dry-run", "--printshellcmds", target, *config)
    rules = re.findall(r"^rule (\w+):$", done.stdout, re.MULTILINE)
    assert (rules.count("pretrain_prototypes"), rules.count("score_pseudo_glosses")) == (2, 2)
    assert {"score", "decode", "adapt_language_model"}.isdisjoint(rules)
    (inputs,) = re.findall(r"^rule tabulate:\n    input: (.+)$", done.stdout, re.MULTILINE)
    paths = [f"{FOLDER}/{each}/score_pseudo_glosses/scores.json" for each in ("own", "own-seed2")]
    assert inputs == ", ".join(paths)
    (measured,) = re.findall(r"--measured '(.+?)' ", done.stdout)
    (several,) = json.loads(measured).values()
    assert [each["files"]["scores"] for each in several] == paths


def test_an_experiment_without_the_measurement_is_refused(tmp_path, config) -> None:
    for page in ("sign2gpt_pgp-tokens", "sign2gpt"):
        done = snakemake(tmp_path, "--dry-run", f"{FOLDER}/tables/{page}.html", *config)
        assert done.returncode == 1
        message = "with its settings on small there is no score_pseudo_glosses/scores.json"
        assert message in " ".join(done.stdout.split())
