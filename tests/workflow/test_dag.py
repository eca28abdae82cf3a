"""Planned jobs of each target, with the project's configuration."""

import json
import re
from pathlib import Path

import pytest
import yaml
from dag import BEFORE_TRAINING, BOTH, FLA_LLM, ROOT, commands, given_to, planned, snakemake

from sign2text.config.methods import find_methods
from sign2text.papers.published_numbers import published_tables
from sign2text.papers.sources import PAPERS


def test_one_target_plans_each_stage_once(tmp_path: Path) -> None:
    assert planned(tmp_path, "results/avatar/fla_llm.bleu") == FLA_LLM


SIGN2GPT = {
    **BEFORE_TRAINING,
    "encode_frames": 2,  # of train and dev; the translator reads frames of test
    "pretrain_prototypes": 1,
    "adapt_language_model": 1,
    "decode": 1,
    "score": 1,
}
PSEUDO_GLOSSES = ("generate_pseudo_glosses", "embed_pseudo_glosses")
AVATAR_PIPELINE = ("annotate_text", "train_tagger")


def test_sign2gpt_plans_pseudo_glosses_only_where_it_is_pretrained_on_them(
    tmp_path: Path,
) -> None:
    words = dict.fromkeys((*AVATAR_PIPELINE, *PSEUDO_GLOSSES), 1)
    assert planned(tmp_path, "results/avatar/sign2gpt.bleu") == {**SIGN2GPT, **words}
    assert planned(tmp_path, "results/avatar/sign2gpt_without_pgp.bleu") == SIGN2GPT
    # Both, with Sign(Z)2GPT and another seed: what is the same is made once.
    names = ("sign2gpt", "sign2gpt_without_pgp", "sign2gpt_z", "sign2gpt-seed2")
    assert planned(tmp_path, *(f"results/avatar/{name}.bleu" for name in names)) == {
        **SIGN2GPT,
        **words,
        "extract_features": 3,
        "pretrain_prototypes": 3,
        "adapt_language_model": 4,
        "decode": 4,
        "score": 4,
    }


def test_scaling_slt_reads_landmarks_and_captions_and_scores_each_language(tmp_path: Path) -> None:
    corpus = ("synthesize_avatar", "make_manifest", "check_corpus", "make_captions")
    models = ("train_tokenizer", "pretrain_language_model", "pretrain_tasks", "finetune_tasks")
    jobs = {
        **dict.fromkeys((*corpus, *models, "decode", "score"), 1),
        **dict.fromkeys(("extract_landmark_shards", "extract_landmarks"), 3),
    }
    target, english = "results/avatar/scaling_slt.bleu", "results/avatar/scaling_slt/en.bleu"
    assert planned(tmp_path, target) == jobs
    assert planned(tmp_path, target, english) == {**jobs, "decode_language": 1, "score_language": 1}
    # Pretrained on YouTube-ASL, of which test is not read.
    published = planned(tmp_path, "results/how2sign/scaling_slt.bleu")
    assert published["acquire_corpus"] == published["make_captions"] == 2
    assert published["extract_landmarks"] == 5
    assert published["fetch_model"] == published["pretrain_tasks"] == 1


def test_sign2gpt_as_published_fetches_its_models_and_trains_no_pipeline(tmp_path: Path) -> None:
    jobs = {rule: n for rule, n in SIGN2GPT.items() if rule != "synthesize_avatar"}
    del jobs["encode_frames"]  # with increments the frame encoder is run in training
    fetched = {"acquire_corpus": 1, "fetch_model": 2}
    words = dict.fromkeys(PSEUDO_GLOSSES, 1)
    assert planned(tmp_path, "results/phoenix/sign2gpt.bleu") == {**jobs, **fetched, **words}
    without = planned(tmp_path, "results/phoenix/sign2gpt_without_pgp.bleu")
    assert without == {**jobs, **fetched}


def test_blind_control_shares_all_but_decode_and_score(tmp_path: Path) -> None:
    assert planned(tmp_path, *BOTH) == {**FLA_LLM, "decode": 2, "score": 2}
    assert planned(tmp_path, "results/avatar/fla_llm_blind.bleu") == FLA_LLM


def test_a_comparison_reads_scores_of_each_experiment_made_once(tmp_path: Path) -> None:
    target = "results/avatar/comparisons/controls/compare.html"
    assert planned(tmp_path, target) == {**FLA_LLM, "decode": 2, "score": 2, "compare": 1}
    given = given_to("compare", commands(tmp_path, target))
    # The baseline first, in both lists.
    both = [Path(f"results/avatar/{name}") for name in ("fla_llm", "fla_llm_blind")]
    assert given.scores == [each.with_suffix(".bleu") for each in both]
    assert given.sentences == [each / "score/sentences.tsv" for each in both]
    assert given.runs == ()


def test_a_comparison_of_several_seeds_reads_the_scores_of_all_runs(tmp_path: Path) -> None:
    folder = "results/avatar/comparisons/views"
    said = commands(tmp_path, f"{folder}/compare.json")
    assert len(re.findall("^rule score:", said, re.MULTILINE)) == 6
    given = given_to("compare", said)
    names = [
        f"fla_llm_views_{views}{seed}" for views in (1, 4) for seed in ("", "-seed2", "-seed3")
    ]
    runs = [Path(f"results/avatar/{name}") for name in names]
    assert given.scores == [each.with_suffix(".bleu") for each in runs]
    assert given.sentences == [each / "score/sentences.tsv" for each in runs]
    assert given.runs == [3, 3]
    # Clip-by-clip parts use the first run of each.
    said = commands(tmp_path, f"{folder}/translations.html")
    assert len(re.findall("^rule score:", said, re.MULTILINE)) == 2
    given = given_to("report_translations", said)
    assert given.scores == [runs[0].with_suffix(".bleu"), runs[3].with_suffix(".bleu")]
    assert given.runs == [3, 3]


def test_the_page_of_norms_plans_the_trainings_and_no_score(tmp_path: Path) -> None:
    target = "results/avatar/comparisons/dominance/norms.html"
    jobs = {rule: n for rule, n in FLA_LLM.items() if rule not in ("decode", "score")}
    trained = {"visual_init": 2, "finetune_llm": 2, "report_norms": 1}
    # Joint training reads frames; features of train and dev are stored for the other one.
    assert planned(tmp_path, target) == {
        **jobs,
        **trained,
        "extract_features": 2,
        "sample_frames": 2,
        "encode_frames": 2,
    }
    given = given_to("report_norms", commands(tmp_path, target))
    assert given.results == Path("results/avatar")
    listed = json.loads(given.experiments)
    assert {name: list(said["trainings"]) for name, said in listed.items()} == {
        name: [f"{name}/visual_init", f"{name}/finetune_llm"]
        for name in ("fla_llm", "fla_llm_joint")
    }
    joint = listed["fla_llm_joint"]["trainings"]["fla_llm_joint/finetune_llm"]
    assert (joint["trained_visual"], joint["learning_rate"]) == ("all", 0.001)
    # A training that several experiments share is read once.
    shared = given_to("report_norms", commands(tmp_path, target.replace("dominance", "controls")))
    listed = json.loads(shared.experiments)
    assert list(listed["fla_llm_blind"]["trainings"]) == list(listed["fla_llm"]["trainings"])


@pytest.mark.parametrize("dataset", ["phoenix", "csl_daily", "how2sign"])
def test_a_published_corpus_is_acquired_and_goes_the_same_way(tmp_path: Path, dataset: str) -> None:
    jobs = {rule: count for rule, count in FLA_LLM.items() if rule != "synthesize_avatar"}
    # With the papers' settings the frame encoder is trained, so nothing is encoded first.
    del jobs["encode_frames"]
    # From the hub: mBART, for tokenizer and language model, and the ResNet.
    fetched = {"acquire_corpus": 1, "fetch_model": 2}
    assert planned(tmp_path, f"results/{dataset}/fla_llm.bleu") == {**jobs, **fetched}
    name = f"download_{dataset}"
    assert planned(tmp_path, name) == {"acquire_corpus": 1, name: 1}


def test_a_corpus_that_signs_another_ones_sentences_acquires_that(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "results/phoenix_avatar/fla_llm.bleu")
    assert jobs == {**FLA_LLM, "acquire_corpus": 1}


def test_published_models_can_be_fetched_before_anything_else(tmp_path: Path) -> None:
    # mBART, mT5, a GPT-2, two XGLM and three ByT5, the ResNet, DINOv2 and S3D.
    assert planned(tmp_path, "download_models") == {"fetch_model": 11, "download_models": 1}
    any_other = "resources/models/google--mt5-small/refs--pr--5/manifest.json"
    done = snakemake(tmp_path, "--dry-run", "--printshellcmds", any_other)
    assert """--settings '{"name": "google/mt5-small", "revision": "refs/pr/5"}'""" in done.stdout


def test_a_model_in_a_folder_is_taken_from_there(tmp_path: Path) -> None:
    folder = tmp_path / "given" / "mbart"
    folder.mkdir(parents=True)
    stages = ", ".join(
        f"{stage}: {{published: {folder}}}"
        for stage in ("train_tokenizer", "pretrain_language_model")
    )
    change = ("--config", f"datasets={{phoenix: {{stages: {{{stages}}}}}}}")
    target = "results/phoenix/common/pretrain_language_model/model.safetensors"
    done = snakemake(tmp_path, "--dry-run", "--printshellcmds", target, *change)
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"--published resources/models/mbart-\w{8}/folder/m", done.stdout)) == 2
    assert f'"name": "{folder}"' in done.stdout


def test_a_table_plans_what_its_rows_need(tmp_path: Path, finished: Path) -> None:
    target = "results/avatar/tables/fla_llm_1.html"
    assert planned(tmp_path, target) == {**FLA_LLM, "tabulate": 1}
    assert planned(finished, target) == {"tabulate": 1}
    seeds = "tables={fla_llm_1: {rows: {FLa-LLM: [fla_llm, fla_llm-seed2]}}}"
    jobs = planned(finished, target, "--config", seeds)
    trained = {rule: n for rule, n in FLA_LLM.items() if rule not in BEFORE_TRAINING}
    assert jobs == {**trained, "tabulate": 1}


def test_the_page_of_a_paper_plans_what_its_tables_list(tmp_path: Path, finished: Path) -> None:
    target = "results/avatar/tables/fla_llm.html"
    # The listed experiments, each once, even if it is in several tables.
    listed = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["tables"]
    own = (table for name, table in listed.items() if name.startswith("fla_llm_"))
    rows = [rows for table in own for rows in table["rows"].values()]
    names = {name for each in rows for name in ([each] if isinstance(each, str) else each)}
    jobs = planned(tmp_path, target)
    assert jobs["summarise"] == 1
    assert jobs["score"] == len(names)
    other = "experiments={other: {base: fla_llm, seed: 9}}"
    rows = "{rows: {'Scaling SLT, How2Sign only': [other, fla_llm]}}"
    jobs = planned(
        *(finished, "results/avatar/tables/scaling_slt.html"),
        *("--config", other, f"tables={{scaling_slt_recovered: {rows}}}"),
    )
    # The other row's is that of config.yaml.
    assert (jobs["score"], jobs["summarise"]) == (2, 1)
    # Its inputs are declared.
    only = "tables={fla_llm_4: {rows: {joint: fla_llm_blind}}}"
    shown = snakemake(finished, "--dry-run", "--printshellcmds", target, "--config", only).stdout
    (inputs,) = re.findall(r"^rule summarise:\n    input: (.+)$", shown, re.MULTILINE)
    for name in ("fla_llm", "fla_llm_blind"):
        assert f"results/avatar/{name}.bleu" in inputs
        assert f"results/avatar/{name}/score/sentences.tsv" in inputs
    given = given_to("summarise", shown)
    assert json.loads(given.rows)["fla_llm_4"]["joint"] == ["fla_llm_blind"]
    assert json.loads(given.timed)["results/avatar/fla_llm_blind.bleu"] == "fla_llm/visual_init"
    assert given.logs == "logs/avatar"


def test_one_target_makes_a_papers_tables_and_figures(tmp_path: Path) -> None:
    pages = ["tables/fla_llm", "comparisons/visual_init_length/compare"]
    pages += ["comparisons/dominance/norms"]
    jobs = planned(tmp_path, *(f"results/phoenix/{page}.html" for page in pages))
    assert jobs["summarise"] == jobs["compare"] == jobs["report_norms"] == 1
    assert planned(tmp_path, "fla_llm_phoenix") == {**jobs, "fla_llm_phoenix": 1}
    # A configuration without these comparisons also has the tables.
    tiny = ("--configfile", str(Path(__file__).parent / "tiny.yaml"))
    jobs = planned(tmp_path, "results/tiny/tables/fla_llm.html", *tiny)
    assert planned(tmp_path, "fla_llm_tiny", *tiny) == {**jobs, "fla_llm_tiny": 1}


def test_every_paper_has_its_target(tmp_path: Path) -> None:
    """For a paper without its method or experiments, the page has the published numbers."""
    for paper in PAPERS:
        if paper not in find_methods():
            name = f"{paper}_phoenix"
            assert planned(tmp_path, name) == {"summarise": 1, name: 1}


def test_the_report_is_whole(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    jobs = planned(tmp_path, *config["report"])
    assert jobs.items() >= {**FLA_LLM, "decode": 2, "score": 2}.items()
    assert jobs["tabulate"] == 1
    assert jobs["compare"] == jobs["report_translations"] == 1


def test_language_models_are_compared_on_the_same_features(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "results/avatar/tables/fla_llm_10.csv")
    four = ("pretrain_language_model", "finetune_llm", "decode", "score")
    assert jobs == {**FLA_LLM, **dict.fromkeys(four, 4), "tabulate": 1}


def test_every_published_table_is_a_target(tmp_path: Path) -> None:
    suffixes = (".csv", ".md", ".html")
    # Those of the other methods with rows have tests of their own.
    others = ("mmtlb", "sign2gpt", "scaling_slt")
    names = [name for name in published_tables() if not name.startswith(others)]
    targets = [f"results/avatar/tables/{name}{suffixes[0]}" for name in names]
    # The ablations of tables 4 to 10, each with its own jobs (test_ablations.py), and two more
    # seeds of three of them; joint training stores no features.
    jobs = {"visual_init": 9 + 6, "extract_features": 30 + 12, "finetune_llm": 16 + 6}
    jobs |= {"decode": 17 + 6, "score": 17 + 6}
    jobs["pretrain_language_model"] = 4
    assert planned(tmp_path, *targets) == {**FLA_LLM, **jobs, "tabulate": len(targets)}
    # A table without experiments trains nothing.
    targets = [f"results/phoenix/tables/sign2gpt_1b{suffix}" for suffix in suffixes]
    assert planned(tmp_path, *targets) == {"tabulate": 1}


def test_all_tables_of_mmtlb_share_what_is_trained_before(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "results/avatar/tables/mmtlb.html")
    # 14 rows; six of them have two more seeds.
    assert jobs["score"] == jobs["decode"] == 14 + 6 * 2
    assert jobs["pretrain_s3d"] == 2, "of actions and of isolated signs, shared by all seeds"
    # Three seeds; without isolated signs; on actions alone; without Sign2Gloss in three seeds.
    assert jobs["train_sign2gloss"] == jobs["recognise_glosses"] == 3 + 1 + 1 + 3
    assert jobs["extract_features"] == 3 * 8
    # mBART, pretrained and random, in three seeds; GPT-2, pretrained and random.
    assert jobs["train_gloss2text"] == 3 + 3 + 2
    assert jobs["train_sign2text"] == 3 + 1 + 1 + 3 + 1 + 3 + 1 + 2
