"""Targets in further languages: their inputs, options, identity and what is refused."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from made_jobs import make_job
from snakemake.exceptions import WorkflowError

from sign2text.config.methods import find_methods
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.jobs.rules import Rules
from sign2text.lineage.chain import trace
from sign2text.lineage.identity import identity_json
from sign2text.lineage.up_to_date import find_problems
from sign2text.pages.inputs import PageInputs
from sign2text.planning.request import TARGET, read_request
from sign2text.sharing.dvc_files import dvc_place, published_targets

SIGN2GPT = {
    "train_tokenizer": {"published": None},
    "pretrain_language_model": {"architecture": "xglm", "published": None},
}
CONFIG = {
    "datasets": {"avatar": {"adapter": "avatar", "language": "de"}},
    "experiments": {
        "fla_llm": {"method": "fla_llm"},
        "fla_llm_blind": {"base": "fla_llm", "stages": {"decode": {"permutations": 2}}},
        "sign2gpt": {"method": "sign2gpt", "stages": SIGN2GPT},
    },
}
SCORED = ("avatar", "fla_llm", "score")
CAPTIONS = ("avatar", "make_captions")


def project_of(**listed):
    """A project whose FLa-LLM writes three languages, and Sign2GPT its own alone."""
    methods = find_methods()
    several = dataclasses.replace(methods["fla_llm"], languages=lambda settings: ("de", "en", "zh"))
    return Project(CONFIG | listed, methods=methods | {"fla_llm": several})


@pytest.fixture(scope="module")
def project():
    return project_of()


def job(**values):
    """Make wildcards like Snakemake's."""
    return SimpleNamespace(items=values.items, **values)


def inputs(rules, stage, **wildcards):
    """Return a job's inputs by option, without those that it does not read."""
    found = {
        name: getattr(find, "callable", find)(job(**wildcards))
        for name, find in rules.inputs_of(stage).items()
    }
    return {name: path for name, path in found.items() if path}


def test_a_language_is_scored_against_captions(project):
    rules = Rules(project)
    plain = inputs(rules, "score", dataset="avatar", experiment="fla_llm")
    english = inputs(rules, "score", dataset="avatar", experiment="fla_llm", language="en")
    folder = "results/avatar/common/make_captions"
    both = {
        "train_captions": f"{folder}/train.tsv",
        "parallel": f"{folder}/parallel.train.tsv",
    }
    decoded = "results/avatar/fla_llm/decode"
    assert plain | both | {"hypotheses": f"{decoded}/test.tsv"} == plain
    assert english == plain | {
        "hypotheses": f"{decoded}/en.test.tsv",
        "captions": f"{folder}/test.tsv",
        "corpus": "resources/avatar/checksums.tsv",
    }


def test_a_method_of_one_language_reads_no_captions(project):
    found = inputs(Rules(project), "score", dataset="avatar", experiment="sign2gpt")
    assert not {"captions", "train_captions", "parallel", "corpus"} & found.keys()
    assert CAPTIONS not in project.signature("avatar", "sign2gpt", "score")


def test_both_stages_are_given_the_language(project):
    rules = Rules(project)
    for stage, more in (("decode", {"split": "test"}), ("score", {})):
        wildcards = job(dataset="avatar", experiment="fla_llm", language="en", **more)
        given = {name: [] for name in rules.inputs_of(stage)}
        options = rules.params_of(stage)["options"]
        assert options(wildcards, SimpleNamespace(**given)) == "--language en"
        plain = job(dataset="avatar", experiment="fla_llm", **more)
        assert options(plain, SimpleNamespace(**given)) == ""


def test_captions_are_upstream_of_a_target_with_a_language(project):
    english = project.signature(*SCORED, True)
    assert english.keys() >= {CAPTIONS, ("avatar", "decode")}
    given = {n: json.loads(identity_json(project, *SCORED, n)) for n in ("en", "zh", None)}
    assert (given["en"]["language"], given["zh"]["language"]) == ("en", "zh")
    assert "language" not in given[None]
    assert given["en"]["settings"] == given["zh"]["settings"]
    upstream = Rules(project).params_of("score", "results/{dataset}/{experiment}/{language}")
    of = {"dataset": "avatar", "experiment": "fla_llm"}
    assert upstream["folder"](job(**of, language="en")) == "results/avatar/fla_llm"
    assert upstream["upstream"](job(**of)) == upstream["upstream"](job(**of, language="en"))


@pytest.mark.parametrize(
    ("experiment", "language", "message"),
    [
        (
            "sign2gpt",
            "en",
            r"results/avatar/sign2gpt/en.bleu: language en found, but experiments.sign2gpt of "
            r"config.yaml has the method sign2gpt, which writes the data set's own language alone, "
            r"de. Ask for results/avatar/sign2gpt.bleu, or choose an experiment of fla_llm",
        ),
        (
            "fla_llm",
            "fr",
            r"language fr found, expected one that make_captions writes for datasets.avatar of "
            r"config.yaml: en, zh",
        ),
        (
            "fla_llm",
            "de",
            r"de is the language of the data set itself \(config.yaml, datasets.avatar.language\)",
        ),
        ("fla_lm", "en", r"config.yaml, experiments.fla_lm: .*did you mean \"fla_llm\"\?"),
    ],
)
def test_another_language_is_refused_before_the_graph(project, experiment, language, message):
    with pytest.raises(InputError, match=message):
        project.check_language("avatar", experiment, language)
    if experiment in project.experiments:
        of = {"dataset": "avatar", "experiment": experiment, "language": language}
        with pytest.raises(WorkflowError, match=message):
            inputs(Rules(project), "score", **of)


def test_a_comparison_takes_scores_of_a_language():
    listed = {"comparisons": {"zero_shot": ["fla_llm/en", "fla_llm_blind/en"]}}
    page = PageInputs(project_of(**listed), "avatar")
    names = page.first_runs("zero_shot")
    assert page.scores(names) == [
        f"results/avatar/{n}/en.bleu" for n in ("fla_llm", "fla_llm_blind")
    ]
    assert page.sentences(names)[0] == "results/avatar/fla_llm/score/en/sentences.tsv"
    assert page.manifest("zero_shot") == "results/avatar/common/make_manifest/test.tsv"
    assert page.upstream(names) != page.upstream(["fla_llm", "fla_llm_blind"])
    with pytest.raises(InputError, match="language fr found, expected one that make_captions"):
        page.scores(["fla_llm/fr"])
    with pytest.raises(InputError, match=r'comparisons.zero_shot: unknown name "fla_lm/en"'):
        project_of(comparisons={"zero_shot": ["fla_lm/en", "fla_llm/en"]})


def test_a_missing_target_is_explained_with_what_it_would_read(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chain = trace("results/avatar/fla_llm/en.bleu", project)
    assert (chain.root.name, chain.root.language) == ("score en", "en")
    assert "results/avatar/common/make_captions" in chain.root.reads
    plain = trace("results/avatar/sign2gpt.bleu", project)
    assert plain.root.name == "score"
    assert "results/avatar/common/make_captions" not in plain.root.reads
    with pytest.raises(InputError, match="which writes the data set's own language alone"):
        trace("results/avatar/sign2gpt/en.bleu", project)


def test_a_made_score_of_a_language_is_explained(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    captions = "results/avatar/common/make_captions/test.tsv"
    place = captions.replace("test.tsv", "make_captions.provenance.json")
    make_job(project, place, "make_captions", [], {captions: "clip"})
    sentences = "results/avatar/fla_llm/score/en/sentences.tsv"
    outputs = {"results/avatar/fla_llm/en.bleu": "{}", sentences: "id"}
    place = "results/avatar/fla_llm/en.provenance.json"
    make_job(project, place, "score", [captions], outputs, owner="fla_llm")
    chain = trace(sentences, project)
    assert (chain.root.name, chain.root.key) == ("score en", place)
    found = find_problems(chain, project)[place]
    assert "would read results/avatar/fla_llm/decode now" in found
    assert not any("make_captions" in each for each in found), "captions are read by this target"
    assert dvc_place(place).as_posix() == "artefacts/results/avatar/fla_llm/en.dvc"


def test_a_plan_refuses_another_language(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert TARGET.fullmatch("results/avatar/x/en.bleu").groups() == ("avatar", "x", "en")
    assert TARGET.fullmatch("results/avatar/x.bleu").groups() == ("avatar", "x", None)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG))
    with pytest.raises(InputError, match="which writes the data set's own language alone"):
        read_request("results/avatar/sign2gpt/en.bleu", Path("config.yaml"))


def test_published_targets_include_those_of_languages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("x", "x/en", "tables/mmtlb_1", "x/decode/decode.test"):
        place = Path(f"artefacts/results/avatar/{name}.dvc")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert published_targets() == ["results/avatar/x.bleu", "results/avatar/x/en.bleu"]
