"""Files and options of pages over several experiments, asked for without Snakemake."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.ground.code_hash import module_hash
from sign2text.ground.errors import InputError
from sign2text.lineage.part_trainings import part_trainings
from sign2text.pages import inputs
from sign2text.pages.inputs import PageInputs, each_once, each_once_of_tables

sys.path.insert(0, str(Path(__file__).parent))
from other_method import other_methods  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
AVATAR = PageInputs(PROJECT, "avatar")


METHODS = {"ours": "mmtlb", "bare": "sign2gpt"}
USED = {"ours": ("learn_sentences", "learn_glosses", "decode"), "bare": ("decode",)}


class OtherProject:
    """A project whose experiments are of FLa-LLM and of the two methods of other_method.py."""

    def __init__(self):
        self.comparisons = {"mappers": (("ours",), ("fla_llm",))}

    def __getattr__(self, name):
        return getattr(PROJECT, name)

    def method(self, experiment):
        return METHODS.get(experiment) or PROJECT.method(experiment)

    def signature(self, dataset, experiment, stage):
        used = USED.get(experiment)
        if not used:
            return PROJECT.signature(dataset, experiment, stage)
        return {(dataset, each): "{}" for each in used}

    def owner(self, dataset, experiment, stage):
        return experiment if experiment in USED else PROJECT.owner(dataset, experiment, stage)

    def has_stage(self, experiment, stage):
        used = USED.get(experiment)
        return stage in used if used else PROJECT.has_stage(experiment, stage)


OTHER = PageInputs(OtherProject(), "avatar")


def test_a_comparison_reads_the_runs_of_its_members() -> None:
    assert AVATAR.first_runs("views") == ["fla_llm_views_1", "fla_llm_views_4"]
    assert AVATAR.all_runs("views")[:2] == ["fla_llm_views_1", "fla_llm_views_1-seed2"]
    assert (AVATAR.runs_option("views"), AVATAR.runs_option("seeds")) == ("--runs 3 3", "")
    assert AVATAR.manifest("views") == "results/avatar/common/make_manifest/test.tsv"
    assert AVATAR.scores(["a", "b"]) == ["results/avatar/a.bleu", "results/avatar/b.bleu"]
    with pytest.raises(InputError, match=r'comparisons\.veiws: .* did you mean "views"'):
        AVATAR.manifest("veiws")


def test_a_page_of_trainings_reads_those_of_the_experiments_method(
    other_methods,  # noqa: F811
) -> None:
    places = [path.removeprefix("results/avatar/") for path in AVATAR.histories("fla_llm")]
    assert places == [
        "common/pretrain_language_model/history.tsv",
        "common/pretrain_frame_encoder/history.tsv",
        "fla_llm/visual_init/history.tsv",
        "fla_llm/finetune_llm/history.tsv",
    ]
    # Of a method with other trainings those, in its order and not in that of the signature.
    assert OTHER.histories("ours") == [
        f"results/avatar/ours/{stage}/history.tsv" for stage in ("learn_glosses", "learn_sentences")
    ]
    # Only what is behind the score.
    assert [path.split("/")[3] for path in AVATAR.histories("fla_llm_vis_only")] == [
        "pretrain_frame_encoder",
        "visual_init",
    ]
    with pytest.raises(InputError, match=r"experiments\.bare: none of the trainings of its method"):
        OTHER.histories("bare")


def test_norms_are_of_the_trainings_that_a_methods_parts_name(
    monkeypatch,
    other_methods,  # noqa: F811
) -> None:
    def identity(project, dataset, experiment, stage):
        values = {"method": project.method(experiment), "seed": 1, "settings": "a", "code": "b"}
        return json.dumps({"data_set": dataset, **values})

    monkeypatch.setattr("sign2text.lineage.part_trainings.identity_json", identity)
    monkeypatch.setattr(
        "sign2text.lineage.part_trainings.to_json_values",
        lambda config: {"learning_rate": 0.5, "optimizer": {"learning_rate": 3}},
    )
    monkeypatch.setattr(OtherProject, "stage_config", lambda *_: None, raising=False)
    found = part_trainings(OtherProject(), "avatar", ["ours", "bare", "fla_llm"])
    assert found["ours"]["trainings"] == {"ours/learn_sentences": {"learning_rate": 0.5}}
    assert (found["bare"]["trainings"], found["bare"]["method"]) == ({}, "sign2gpt")
    assert list(found["fla_llm"]["trainings"]) == ["fla_llm/visual_init", "fla_llm/finetune_llm"]
    assert OTHER.trained("mappers", "model.safetensors") == [
        "results/avatar/ours/learn_sentences/model.safetensors",
        "results/avatar/fla_llm/visual_init/model.safetensors",
        "results/avatar/fla_llm/finetune_llm/model.safetensors",
    ]


def test_hours_are_of_the_timed_stage_of_the_papers_method() -> None:
    option = AVATAR.timed_option(["fla_llm_6"], ["fla_llm", "fla_llm_joint"])
    words = shlex.split(option)
    assert words[:2] == ["--logs", "logs/avatar"]
    assert json.loads(words[3]) == {
        "results/avatar/fla_llm.bleu": "fla_llm/visual_init",
        "results/avatar/fla_llm_joint.bleu": "fla_llm_joint/visual_init",
    }
    assert AVATAR.timed_option(["fla_llm_1"], ["fla_llm"]) == "", "it has no column of hours"
    assert json.loads(shlex.split(OTHER.timed_option(["fla_llm_6"], ["ours"]))[3]) == {}


def test_a_paper_has_the_page_of_its_tables_and_its_figures_that_are_compared(
    other_methods,  # noqa: F811
) -> None:
    folder = "results/avatar"
    assert AVATAR.paper_pages("fla_llm") == [
        f"{folder}/tables/fla_llm.html",
        f"{folder}/comparisons/visual_init_length/compare.html",
        f"{folder}/comparisons/dominance/norms.html",
    ]
    assert AVATAR.paper_pages("mmtlb") == [f"{folder}/tables/mmtlb.html"], "no such comparison"
    assert OTHER.paper_pages("mmtlb")[1:] == [f"{folder}/comparisons/mappers/compare.html"]
    assert AVATAR.paper_pages("scaling_slt") == [
        f"{folder}/tables/scaling_slt.html",
        f"{folder}/comparisons/scaling_slt_text/compare.html",
    ]


def test_experiments_of_rows_are_listed_once() -> None:
    rows = AVATAR.paper_rows("fla_llm")
    assert each_once(rows["fla_llm_6"]) == [
        *("fla_llm_sampling_100", "fla_llm_sampling_50", "fla_llm", "fla_llm_sampling_12")
    ]
    names = each_once_of_tables(rows)
    assert names[0] == "fla_llm" and len(names) == len(set(names))
    assert AVATAR.row_files("fla_llm_1") == {"FLa-LLM": ["results/avatar/fla_llm.bleu"]}


def test_what_a_method_says_is_upstream_of_its_pages_alone(monkeypatch) -> None:
    papers = ("fla_llm", "scaling_slt")
    before = [inputs.paper_hash(paper) for paper in papers]
    upstream = [AVATAR.upstream(["fla_llm"], methods=said) for said in (False, True)]
    table = inputs.table_hash("fla_llm_7")

    def edited(module):
        counts = module.endswith("fla_llm.parameter_counts")
        return "edited" if counts else module_hash(module)

    monkeypatch.setattr(inputs, "module_hash", edited)
    after = [inputs.paper_hash(paper) for paper in papers]
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)
    assert inputs.table_hash("fla_llm_7") != table
    assert AVATAR.upstream(["fla_llm"]) == upstream[0], "a comparison shows nothing of it"
    assert AVATAR.upstream(["fla_llm"], methods=True) != upstream[1]


def test_a_module_found_by_name_has_a_hash_of_all_that_it_imports(tmp_path) -> None:
    def hashed(number, counts, sizes):
        folder = tmp_path / str(number) / "sign2text/methods/x"
        folder.mkdir(parents=True)
        (folder / "counts.py").write_text(f"{counts}from sign2text.methods.x import sizes\n")
        (folder / "sizes.py").write_text(sizes)
        return module_hash("sign2text.methods.x.counts", tmp_path / str(number))

    first = hashed(1, "", "SIZE = 1\n")
    assert hashed(2, '"""Words."""\n# More of them\n', "SIZE = 1\n") == first
    assert hashed(3, "", "SIZE = 2\n") != first


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, yaml; from sign2text.config.project import Project;"
        "from sign2text.pages.inputs import PageInputs;"
        "page = PageInputs(Project(yaml.safe_load(open('config.yaml'))), 'avatar');"
        "page.trainings('dominance'), page.paper_pages('fla_llm'), page.upstream(['fla_llm']);"
        "print([name for name in ('pandas', 'torch', 'numpy', 'sacrebleu') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
