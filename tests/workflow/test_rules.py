"""The rules: their form, their commands and their resources."""

import importlib
import os
import re
import shlex
import typing
from pathlib import Path

import pytest
from dag import BOTH, FLA_LLM, ROOT, RULE, commands, planned, snakemake

from sign2text.config.methods import find_methods
from sign2text.ground.method_packages import stage_modules
from sign2text.jobs import command_line
from sign2text.lineage.provenance_file import SUFFIX, owner_of

OTHERS = (
    "results/avatar/mmtlb.bleu",
    "results/avatar/mmtlb_sign2gloss2text.bleu",
    "results/avatar/sign2gpt_z.bleu",
    "results/avatar/sign2gpt/report_localisation/localisation.html",
    "results/avatar/scaling_slt_augmented.bleu",
    "results/avatar/scaling_slt.bleu",
    "results/avatar/scaling_slt/score_alignment/alignment.json",
)
"""Targets that together have all stages of the methods but FLa-LLM."""


def test_commands_are_what_the_stages_take(dry_run: str) -> None:
    assert check_commands(dry_run) == set(FLA_LLM)


def check_commands(said: str) -> set[str]:
    """Parse all commands of a dry run, and return their stages."""
    found = re.findall(r"python -m sign2text\.[\w.]+\.(\w+) (.+)$", said, re.MULTILINE)
    for stage, arguments in found:
        module = importlib.import_module(stage_modules()[stage])
        hints = typing.get_type_hints(module.run)
        parser = command_line._make_parser(module.run, hints, stage)
        parser.parse_args(shlex.split(arguments))
        assert not re.search(r"(^|[ '\"=])/", arguments), f"{stage}: a path of this machine"
    return {stage for stage, _ in found}


def test_commands_of_other_methods_are_what_their_stages_take(tmp_path: Path) -> None:
    said = commands(tmp_path, *OTHERS)
    modules = {stage: name for stage, name in stage_modules().items() if ".methods." in name}
    own = {stage for stage, name in modules.items() if ".fla_llm." not in name}
    assert own <= check_commands(said)
    check_provenances(said)


@pytest.mark.parametrize("method", ["fla_llm", "sign2gpt"])
def test_a_training_with_several_gpus_is_started_by_torchrun(tmp_path: Path, method: str) -> None:
    """As many processes as GPUs, where the machine has them."""
    one, two = "python -m ", "--nproc-per-node 2 -m -- "
    for machine, expected in (([], one), (["--resources", "gpu=2"], two)):
        target = f"results/avatar/{method}.bleu"
        done = snakemake(tmp_path, "--dry-run", target, *several_gpus(method), *machine)
        assert done.returncode == 0, done.stdout
        for stage in find_methods()[method].trainings:
            assert f"{expected}{stage_modules()[stage]} --threads" in done.stdout


def several_gpus(method: str) -> tuple[str, ...]:
    """Options by which each training of a method asks for two GPUs."""
    return ("--set-resources", *(f"{each}:gpu=2" for each in find_methods()[method].trainings))


def test_another_number_of_gpus_makes_nothing_due(finished: Path) -> None:
    assert planned(finished, *BOTH, *several_gpus("fla_llm"), "--resources", "gpu=2") == {}


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
            assert "**params_of(" in body and f'"{name}",' in body.replace(")", ",")
            assert f'command(\n            "{name}"' in body or f'command("{name}"' in body
            assert "**needs(" in body or {"mem_mb=", "runtime="} <= set(re.findall(r"\w+=", body))
            # What a download needs does not grow with its attempts.
            fetched = name in ("acquire_corpus", "fetch_model")
            grows = "grows=False" not in body
            assert grows != fetched, f"rule {name}: grows"
            assert "gpus" not in body, "the resource is called gpu; gpus is ignored"
            assert ("retries:" in body) == (name == "fetch_model"), "only what fetches is retried"
    assert count >= len(FLA_LLM)


def test_a_provenance_lies_where_its_data_set_and_owner_are_known_by_its_place(
    dry_run: str,
) -> None:
    of_the_control = 2  # decode and score
    assert check_provenances(dry_run) == sum(FLA_LLM.values()) + of_the_control


def check_provenances(dry_run: str) -> int:
    """Check where the jobs of a dry run note what they make, and return their number."""
    form = r"^    wildcards: (.+)\n(?:.*\n)*?.* --provenance (\S+)$"
    jobs = re.findall(form, dry_run, re.MULTILINE)
    for said, place in jobs:
        assert place.endswith(SUFFIX)
        wildcards = dict(each.split("=") for each in said.split(", "))
        assert owner_of(place) == (wildcards["dataset"], wildcards.get("experiment"))
    return len(jobs)


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
