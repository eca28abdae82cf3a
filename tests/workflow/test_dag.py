"""The workflow's graph, with the project's own configuration: nothing is run but one stage."""

import argparse
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
import yaml

from sign2text.config.stages import find_stages
from sign2text.ground.method_packages import stage_modules
from sign2text.jobs import command_line
from sign2text.lineage.provenance_file import SUFFIX, owner_of
from sign2text.papers.published_numbers import published_tables
from sign2text.stages.report_training import TRAININGS

ROOT = Path(__file__).resolve().parents[2]
BEFORE_TRAINING = {
    "synthesize_avatar": 1,
    "make_manifest": 1,
    "check_corpus": 1,
    "sample_frames": 3,
    "train_tokenizer": 1,
    "pretrain_language_model": 1,
    "pretrain_frame_encoder": 1,
    "encode_frames": 3,
}
FLA_LLM = {
    **BEFORE_TRAINING,
    "visual_init": 1,
    "extract_features": 3,
    "finetune_llm": 1,
    "decode": 1,
    "score": 1,
}
LONGER = "experiments={fla_llm: {stages: {finetune_llm: {training: {epochs: 3}}}}}"
BOTH = ("results/avatar/fla_llm.bleu", "results/avatar/fla_llm_blind.bleu")
RULE = re.compile(r"^rule (\w+):\n((?:(?:    .*)?\n)+)", re.MULTILINE)
# Upstream stages whose artefacts lie outside results/: a raw corpus has no owner among experiments.
FROM_RESOURCES = {"make_manifest": {"synthesize_avatar"}}


def snakemake(
    folder: Path, *arguments: str, package: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the workflow in `folder`, with the package in `package` instead of the installed one."""
    environment = dict(os.environ)
    if package is not None:
        environment["PYTHONPATH"] = str(package)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(ROOT / "config.yaml")]
    command += ["--workflow-profile", str(ROOT / "profiles/default"), *arguments]
    return subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def planned(folder: Path, *arguments: str, package: Path | None = None) -> dict[str, int]:
    """The jobs of a dry run: rule -> count, without `all`."""
    done = snakemake(folder, "--dry-run", *arguments, package=package)
    assert done.returncode == 0, done.stdout
    table = re.search(r"^Job stats:\n.*\n[- ]+\n((?:.+\n)+?)total", done.stdout, re.MULTILINE)
    if table is None:
        assert "Nothing to be done" in done.stdout, done.stdout
        return {}
    jobs = dict(line.split() for line in table[1].splitlines())
    return {rule: int(count) for rule, count in jobs.items() if rule != "all"}


def commands(folder: Path, *arguments: str) -> str:
    """What a dry run says, with all commands."""
    done = snakemake(folder, "--dry-run", "--printshellcmds", *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


def given_to(stage: str, said: str) -> argparse.Namespace:
    """What the one job of a stage is given, as its command line reads what a dry run said."""
    [command] = re.findall(rf"python -m sign2text\.[\w.]+\.{stage} (.+)$", said, re.MULTILINE)
    run = importlib.import_module(stage_modules()[stage]).run
    parser = command_line._make_parser(run, typing.get_type_hints(run), stage)
    return parser.parse_args(shlex.split(command))


@pytest.fixture(scope="module")
def dry_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = snakemake(tmp_path_factory.mktemp("empty"), "--dry-run", *BOTH)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, dry_run: str) -> Path:
    """A folder in which the workflow takes all for made: empty files, with Snakemake's records."""
    folder = tmp_path_factory.mktemp("finished")
    for outputs in re.findall(r"^    output: (.+)$", dry_run, re.MULTILINE):
        for name in outputs.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    done = snakemake(folder, "--touch", "--forceall", "--cores", "1", *BOTH)
    assert done.returncode == 0, done.stdout
    return folder


def test_one_target_plans_each_stage_once(tmp_path: Path) -> None:
    assert planned(tmp_path, "results/avatar/fla_llm.bleu") == FLA_LLM


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
    # What is clip by clip is of the first run of each.
    said = commands(tmp_path, f"{folder}/translations.html")
    assert len(re.findall("^rule score:", said, re.MULTILINE)) == 2
    given = given_to("report_translations", said)
    assert given.scores == [runs[0].with_suffix(".bleu"), runs[3].with_suffix(".bleu")]
    assert given.runs == [3, 3]


def test_the_page_of_norms_plans_the_trainings_and_no_score(tmp_path: Path) -> None:
    target = "results/avatar/comparisons/dominance/norms.html"
    jobs = {rule: n for rule, n in FLA_LLM.items() if rule not in ("decode", "score")}
    trained = {"visual_init": 2, "finetune_llm": 2, "report_norms": 1}
    # Joint training reads frames: features are stored for the other one, of train and dev.
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


def test_another_data_set_shares_nothing(finished: Path) -> None:
    assert planned(finished, "results/avatar_full/fla_llm.bleu") == FLA_LLM


@pytest.mark.parametrize("dataset", ["phoenix", "csl_daily", "how2sign"])
def test_a_published_corpus_is_acquired_and_goes_the_same_way(tmp_path: Path, dataset: str) -> None:
    jobs = {rule: count for rule, count in FLA_LLM.items() if rule != "synthesize_avatar"}
    # With the papers' settings the frame encoder is trained, so nothing is encoded before.
    del jobs["encode_frames"]
    # Of the hub: mBART, which tokenizer and language model start from, and the ResNet.
    fetched = {"acquire_corpus": 1, "fetch_model": 2}
    assert planned(tmp_path, f"results/{dataset}/fla_llm.bleu") == {**jobs, **fetched}
    name = f"download_{dataset}"
    assert planned(tmp_path, name) == {"acquire_corpus": 1, name: 1}


def test_a_corpus_that_signs_another_ones_sentences_acquires_that(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "results/phoenix_avatar/fla_llm.bleu")
    assert jobs == {**FLA_LLM, "acquire_corpus": 1}


def test_published_models_can_be_fetched_before_anything_else(tmp_path: Path) -> None:
    assert planned(tmp_path, "download_models") == {"fetch_model": 3, "download_models": 1}
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


def test_another_models_tokenizer_is_refused(tmp_path: Path) -> None:
    change = "experiments={more: {base: fla_llm, stages: {train_tokenizer: {published: null}}}}"
    done = snakemake(tmp_path, "--dry-run", "results/phoenix/fla_llm.bleu", "--config", change)
    assert done.returncode != 0
    assert (
        "pretrain_language_model of more on phoenix: published: found facebook/mbart-large-cc25 at "
        "f417e5563320b2cc8aabe4329d986b238809067f, but train_tokenizer has none; give both the same"
    ) in done.stdout


def test_finished_says_nothing_to_be_done(finished: Path) -> None:
    assert planned(finished, *BOTH) == {}


@pytest.mark.parametrize(
    ("override", "jobs"),
    [
        (
            "experiments={fla_llm_blind: {stages: {decode: {permutations: 2}}}}",
            {"decode": 1, "score": 1},
        ),
        (
            LONGER,
            {"finetune_llm": 1, "decode": 2, "score": 2},
        ),
        (
            "datasets={avatar: {stages: {pretrain_language_model: {dropout: 0.2}}}}",
            {"pretrain_language_model": 1, "finetune_llm": 1, "decode": 2, "score": 2},
        ),
        ("datasets={avatar: {stages: {score: {examples: 3}}}}", {"score": 2}),
        # What changes nothing re-runs nothing.
        ("experiments={more: {base: fla_llm, stages: {decode: {beams: 7}}}}", {}),
        ("datasets={avatar_full: {stages: {decode: {beams: 7}}}}", {}),
    ],
)
def test_a_setting_re_runs_its_stage_and_what_follows(
    finished: Path, override: str, jobs: dict[str, int]
) -> None:
    assert planned(finished, *BOTH, "--config", override) == jobs


def test_another_seed_is_another_training_on_the_same_corpus(finished: Path) -> None:
    jobs = planned(
        finished,
        "results/avatar/fla_llm-seed2.bleu",
        "--config",
        "experiments={fla_llm-seed2: {base: fla_llm, seed: 2}}",
    )
    assert jobs == {rule: count for rule, count in FLA_LLM.items() if rule not in BEFORE_TRAINING}


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
    # The experiments that are listed, each once, whatever number of tables it stands in.
    listed = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["tables"]
    rows = [rows for name, table in listed.items() for rows in table["rows"].values()]
    names = {name for each in rows for name in ([each] if isinstance(each, str) else each)}
    jobs = planned(tmp_path, target)
    assert jobs["summarise"] == 1
    assert jobs["score"] == len(names)
    other = "experiments={other: {base: fla_llm, seed: 9}}"
    rows = "{rows: {MMTLB (Sign2Text): [other, fla_llm]}}"
    jobs = planned(
        *(finished, "results/avatar/tables/mmtlb.html"),
        *("--config", other, f"tables={{mmtlb_1: {rows}, mmtlb_2: {rows}}}"),
    )
    assert (jobs["score"], jobs["summarise"]) == (1, 1)
    # A paper of which nothing is listed trains nothing.
    targets = [f"results/phoenix/tables/scaling_slt{suffix}" for suffix in (".csv", ".html")]
    assert planned(tmp_path, *targets) == {"summarise": 1}
    # What it reads is declared.
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
    # A configuration without these comparisons has the tables.
    tiny = ("--configfile", str(Path(__file__).parent / "tiny.yaml"))
    jobs = planned(tmp_path, "results/tiny/tables/fla_llm.html", *tiny)
    assert planned(tmp_path, "fla_llm_tiny", *tiny) == {**jobs, "fla_llm_tiny": 1}


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
    targets = [f"results/avatar/tables/{name}{suffixes[0]}" for name in published_tables()]
    # The ablations of tables 4 to 10, each with what it does not share (test_ablations.py), and two
    # more seeds of three of them, of which joint training stores no features.
    jobs = {"visual_init": 9 + 6, "extract_features": 30 + 12, "finetune_llm": 16 + 6}
    jobs |= {"decode": 17 + 6, "score": 17 + 6}
    jobs["pretrain_language_model"] = 4
    assert planned(tmp_path, *targets) == {**FLA_LLM, **jobs, "tabulate": len(targets)}
    # Nothing is trained for a table in which no experiment stands.
    targets = [f"results/phoenix/tables/mmtlb_6{suffix}" for suffix in suffixes]
    assert planned(tmp_path, *targets) == {"tabulate": 1}


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("stages/decode.py", {"decode": 2, "score": 2}),
        ("scoring/bleu.py", {"score": 2}),
        ("command_line.py", {}),
    ],
)
def test_an_edit_re_runs_the_stages_that_use_the_module(
    finished: Path, tmp_path: Path, module: str, jobs: dict[str, int]
) -> None:
    shutil.copytree(ROOT / "workflow" / "sign2text", tmp_path / "sign2text")
    edited = tmp_path / "sign2text" / module
    source = edited.read_text(encoding="utf-8")
    edited.write_text(source + "\n# a remark\n", encoding="utf-8")
    assert planned(finished, *BOTH, package=tmp_path) == {}
    edited.write_text(source + "\nEXTRA = 1\n", encoding="utf-8")
    assert planned(finished, *BOTH, package=tmp_path) == jobs


def test_a_stage_ended_while_it_ran_again_leaves_no_old_score(
    finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    # Snakemake removes the outputs of a job before it starts, and once more when it is ended.
    shutil.rmtree(folder / "results/avatar/fla_llm/finetune_llm")
    change = ("--config", LONGER)
    assert planned(folder, *BOTH, *change) == {"finetune_llm": 1, "decode": 2, "score": 2}


def test_touch_says_that_a_change_does_not_matter(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    change = ("--config", LONGER)
    assert planned(folder, *BOTH, *change) != {}
    assert snakemake(folder, "--touch", "--cores", "1", *BOTH, *change).returncode == 0
    assert planned(folder, *BOTH, *change) == {}
    # And the next change is seen again.
    assert planned(folder, *BOTH)["finetune_llm"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--config", "datasets={avatar: {stages: {visual_init: {training: {epochs: many}}}}}"),
            'avatar.stages.visual_init.training.epochs: found "many", expected a valid integer',
        ),
        (
            ("--config", "experiments={fla_llm: {stages: {decode: {beam: 2}}}}"),
            'experiments.fla_llm.stages.decode.beam: unknown key; did you mean "beams"? accepted '
            "keys: batch_steps, beams",
        ),
        (("--config", "target=x"), 'target: unknown key; did you mean "targets"?'),
    ],
)
def test_wrong_configuration_is_refused_before_the_graph(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = snakemake(tmp_path, "--dry-run", *BOTH, *arguments)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Building DAG" not in done.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/avatar/fla_lm.bleu", 'experiments.fla_lm: unknown key; did you mean "fla_llm"?'),
        (
            "results/avatar/comparisons/control/compare.html",
            'comparisons.control: unknown name "control"; did you mean "controls"?',
        ),
        (
            "results/avatar/tables/fla_llm_11.html",
            'tables.fla_llm_11: unknown name "fla_llm_11"; did you mean "fla_llm_1"? accepted: ',
        ),
        (
            "results/avatar/tables/fla_lm.html",
            'tables.fla_lm: unknown name "fla_lm"; did you mean "fla_llm"? accepted: ',
        ),
        ("results/avatr/tables/mmtlb.html", "datasets.avatr: unknown key"),
        ("results/avatr/tables/mmtlb_1.html", "datasets.avatr: unknown key"),
        ("results/avatr/fla_llm.bleu", 'datasets.avatr: unknown key; did you mean "avatar"?'),
        (
            "results/avatar/fla_llm_blind/visual_init/model.safetensors",
            "ask for results/avatar/fla_llm/visual_init instead",
        ),
    ],
)
def test_wrong_target_is_refused_with_advice(tmp_path: Path, target: str, message: str) -> None:
    done = snakemake(tmp_path, "--dry-run", target)
    assert done.returncode != 0
    assert message in done.stdout


def test_commands_are_what_the_stages_take(dry_run: str) -> None:
    commands = re.findall(r"python -m sign2text\.[\w.]+\.(\w+) (.+)$", dry_run, re.MULTILINE)
    assert {stage for stage, _ in commands} == set(FLA_LLM)
    for stage, arguments in commands:
        module = importlib.import_module(stage_modules()[stage])
        hints = typing.get_type_hints(module.run)
        parser = command_line._make_parser(module.run, hints, stage)
        parser.parse_args(shlex.split(arguments))
        assert not re.search(r"(^|[ '\"=])/", arguments), f"{stage}: a path of this machine"


def test_a_training_with_several_gpus_is_started_by_torchrun(
    finished: Path, tmp_path: Path
) -> None:
    """As many processes as GPUs, where the machine has them; nothing is out of date for that."""
    one, two = "python -m ", "--nproc-per-node 2 -m -- "
    asked = ["--set-resources", *(f"{stage}:gpu=2" for stage in TRAININGS)]
    for machine, expected in (([], one), (["--resources", "gpu=2"], two)):
        done = snakemake(tmp_path, "--dry-run", *BOTH, *asked, *machine)
        assert done.returncode == 0, done.stdout
        for stage in TRAININGS:
            assert f"{expected}{stage_modules()[stage]} --threads" in done.stdout
    assert planned(finished, *BOTH, *asked, "--resources", "gpu=2") == {}


def test_every_rule_has_what_the_house_asks_for() -> None:
    count = 0
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# "), f"{path.name} does not say what it needs and makes"
        assert "\n# Needs:" in text
        assert "\n# Makes:" in text
        for name, body in RULE.findall(text):
            count += 1
            keys = set(re.findall(r"^    (\w+):", body, re.MULTILINE))
            wanted = {"output", "log", "benchmark", "conda", "threads", "resources", "params"}
            assert wanted <= keys, f"rule {name} has no {wanted - keys}"
            python = "{params.python}" if "python=python_of" in body else "python -m"
            assert f"{python} {stage_modules()[name]} " in body, "thin rules, one stage each"
            for key in ("mem_mb=", "runtime="):
                assert key in body, f"rule {name} has no {key}"
            made = re.findall(r'^        provenance="(.+)\.provenance\.json",$', body, re.MULTILINE)
            assert len(made) == 1, f"rule {name} says not where its provenance goes"
            last = '"--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"'
            assert body.rstrip().endswith(last)
            assert f'code_of("{name}")' in body
            corpus = name in ("acquire_corpus", "synthesize_avatar", "fetch_model")
            several = "upstream_of_experiments(" in body
            assert f'upstream_of("{name}")' in body or several or corpus
            # What a download needs does not grow with its attempts.
            fetched = name in ("acquire_corpus", "fetch_model")
            grows = "mem_mb=memory(" in body or "attempt: attempt" in body
            assert grows != fetched, f"rule {name}: mem_mb=memory(...)"
            assert "gpus" not in body, "the resource is called gpu; gpus is ignored"
            assert ("retries:" in body) == (name == "fetch_model"), "only what fetches is retried"
    assert count >= len(FLA_LLM)


def test_a_provenance_lies_where_its_data_set_and_owner_are_known_by_its_place(
    dry_run: str,
) -> None:
    form = r"^    wildcards: (.+)\n(?:.*\n)*?.* --provenance (\S+)$"
    jobs = re.findall(form, dry_run, re.MULTILINE)
    assert len(jobs) == sum(FLA_LLM.values()) + 2  # decode and score of the control
    for said, place in jobs:
        assert place.endswith(SUFFIX)
        wildcards = dict(each.split("=") for each in said.split(", "))
        assert owner_of(place) == (wildcards["dataset"], wildcards.get("experiment"))


def stages_read(text: str) -> set[str]:
    """The stages whose files a rule, or a part of one, asks for."""
    found = set(re.findall(r'stage_file\(\s*"(\w+)"', text))
    # What is read with some settings and not with others: (the rule, a name, stages).
    for stages in re.findall(r'files_read\(\s*"\w+",\s*"[^"]+",([^()]+)\)', text):
        found |= set(re.findall(r'"(\w+)"', stages))
    return found


def before(stage: str) -> set[str]:
    """All stages upstream of a stage, at any distance."""
    direct = find_stages()[stage].upstream
    return set(direct).union(*map(before, direct))


def test_on_a_cluster_jobs_ask_for_what_they_need_and_more_memory_when_sent_again(
    tmp_path: Path,
) -> None:
    asked = []
    for attempt in ("1", "2"):
        cluster = ("--workflow-profile", str(ROOT / "profiles/slurm"), "--attempt", attempt)
        done = snakemake(tmp_path, "--dry-run", *cluster, *BOTH)
        assert done.returncode == 0, done.stdout
        found = re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: (.+)$", done.stdout, re.M)
        assert {rule for rule, _ in found} == set(FLA_LLM)
        assert all("runtime=" in each and "--signal=TERM@" in each for _, each in found)
        asked.append({rule: int(re.search(r"\bmem_mb=(\d+)", each)[1]) for rule, each in found})
    assert asked[1] == {rule: 2 * memory for rule, memory in asked[0].items()}
    assert {rule for rule, each in found if "gpu=1" in each} == {
        "pretrain_language_model",
        "pretrain_frame_encoder",
        "encode_frames",
        "visual_init",
        "extract_features",
        "finetune_llm",
        "decode",
    }


def test_rules_read_what_their_stages_say_they_read() -> None:
    """Experiments share an artefact while all upstream is equal, so what is missing is an error."""
    bodies = {}
    for path in (ROOT / "rules").glob("*.smk"):
        bodies |= RULE.findall(path.read_text(encoding="utf-8"))
    stages = find_stages()
    assert bodies.keys() == stages.keys()
    for name, stage in stages.items():
        if stage.is_corpus or stage.is_published:
            continue
        unknown = stages_read(bodies[name]) - before(name)
        assert not unknown, f"rule {name} reads {unknown}: add to UPSTREAM of stages/{name}.py"
        inputs = re.search(r"^    input:\n((?:        .*\n)+)", bodies[name], re.MULTILINE)
        unread = set(stage.upstream) - stages_read(inputs[1]) - FROM_RESOURCES.get(name, set())
        assert not unread, f"UPSTREAM of stages/{name}.py has {unread}: no input of its rule"


def test_dry_run_answers_in_five_seconds(tmp_path: Path) -> None:
    taken = []
    for _ in range(2):  # the first may read files from a cold disk
        before = os.times()
        planned(tmp_path, *BOTH)
        after = os.times()
        # Of a core, since other tests run beside this one; benchmarks/dry_run.py takes wall time.
        taken.append(
            after.children_user
            - before.children_user
            + after.children_system
            - before.children_system
        )
    assert min(taken) < 5


def test_a_dry_run_imports_nothing_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # as python -X importtime
    done = snakemake(tmp_path, "--dry-run", *BOTH, "results/avatar/tables/fla_llm.html")
    assert done.returncode == 0, done.stdout
    imported = re.findall(r"^import time: .*\| +(\w+)$", done.stdout, re.MULTILINE)
    # What comes before is Snakemake's own: its plugin for Slurm loads pandas, which is therefore
    # looked for where it is not loaded yet (tests/unit/test_listings.py).
    ours = imported[imported.index("sign2text") :]
    heavy = {"torch", "transformers", "pandas", "cv2", "decord", "matplotlib", "sacrebleu", "spacy"}
    assert heavy.intersection(ours) == set()


def test_failed_job_ends_with_its_log(tmp_path: Path) -> None:
    corpus = tmp_path / "resources/avatar/checksums.tsv"
    corpus.parent.mkdir(parents=True)
    corpus.write_text("not a table\n")
    target = "results/avatar/common/make_manifest/train.tsv"
    done = snakemake(tmp_path, "--cores", "1", "--rerun-triggers", "mtime", "--", target)
    assert done.returncode != 0
    log = (tmp_path / "logs/avatar/common/make_manifest.log").read_text(encoding="utf-8")
    shown = done.stdout[done.stdout.index("Error in rule make_manifest") :]
    assert log.strip()
    assert log.strip().splitlines()[-1] in shown
    assert not (tmp_path / target).exists()
