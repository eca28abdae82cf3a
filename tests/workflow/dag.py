"""Dry runs of the workflow with the project's configuration, for the tests of its graph."""

import argparse
import importlib
import os
import re
import shlex
import subprocess
import sys
import typing
from pathlib import Path

import snakemake_forks

from sign2text.ground.method_packages import stage_modules
from sign2text.jobs import command_line

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
BOTH = ("results/avatar/fla_llm.bleu", "results/avatar/fla_llm_blind.bleu")
RULE = re.compile(r"^rule (\w+):\n((?:(?:    .*)?\n)+)", re.MULTILINE)


def snakemake(
    folder: Path, *arguments: str, package: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the workflow in `folder`, with the package in `package` instead of the installed one."""
    options = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    options += ["--configfile", str(ROOT / "config.yaml")]
    options += ["--workflow-profile", str(ROOT / "profiles/default"), *arguments]
    fresh = package is not None or "PYTHONPROFILEIMPORTTIME" in os.environ
    if not fresh and snakemake_forks.starts_no_job(options):
        return snakemake_forks.run(options)
    environment = {"PYTHONPATH": str(package)} if package is not None else {}
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *options],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def planned(folder: Path, *arguments: str, package: Path | None = None) -> dict[str, int]:
    """Return the jobs of a dry run: rule -> count, without `all`."""
    done = snakemake(folder, "--dry-run", *arguments, package=package)
    assert done.returncode == 0, done.stdout
    table = re.search(r"^Job stats:\n.*\n[- ]+\n((?:.+\n)+?)total", done.stdout, re.MULTILINE)
    if table is None:
        assert "Nothing to be done" in done.stdout, done.stdout
        return {}
    jobs = dict(line.split() for line in table[1].splitlines())
    return {rule: int(count) for rule, count in jobs.items() if rule != "all"}


def commands(folder: Path, *arguments: str) -> str:
    """Return the output of a dry run, with all commands."""
    done = snakemake(folder, "--dry-run", "--printshellcmds", *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


def given_to(stage: str, said: str) -> argparse.Namespace:
    """Parse the command of a stage's only job in the output of a dry run."""
    [command] = re.findall(rf"python -m sign2text\.[\w.]+\.{stage} (.+)$", said, re.MULTILINE)
    run = importlib.import_module(stage_modules()[stage]).run
    parser = command_line._make_parser(run, typing.get_type_hints(run), stage)
    return parser.parse_args(shlex.split(command))
