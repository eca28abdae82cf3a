"""Runs of the whole workflow on a tiny avatar (tiny.yaml), started and ended as tests need it."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import snakemake_forks

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("results/tiny/fla_llm.bleu", "results/tiny/fla_llm_blind.bleu")
MMTLB = ("--configfile", str(ROOT / "tests/workflow/tiny_mmtlb.yaml"))
"""Options of a run of tiny_mmtlb.yaml in place of tiny.yaml: the last file counts."""
MMTLB_TARGETS = tuple(
    f"results/tiny/{name}.bleu"
    for name in (
        "mmtlb",
        "mmtlb_blind",
        "mmtlb_gloss2text",
        "mmtlb_sign2gloss2text",
        "mmtlb_through_s3d",
    )
)
SIGN2GPT = ("--configfile", str(ROOT / "tests/workflow/tiny_sign2gpt.yaml"))
"""The same with tiny_sign2gpt.yaml."""
SIGN2GPT_TARGETS = (
    *(
        f"results/tiny/{name}.bleu"
        for name in (
            "sign2gpt",
            "sign2gpt_blind",
            "sign2gpt_without_pgp",
            "sign2gpt_z",
            "sign2gpt_stored",
        )
    ),
    "results/tiny/sign2gpt/score_pseudo_glosses/scores.json",
    "results/tiny/sign2gpt/report_localisation/localisation.html",
)

SCALING_SLT = ("--configfile", str(ROOT / "tests/workflow/tiny_scaling_slt.yaml"))
"""The same with tiny_scaling_slt.yaml."""
SCALING_SLT_TARGETS = tuple(
    f"results/tiny/{name}"
    for name in (
        "scaling_slt.bleu",
        "scaling_slt/en.bleu",
        "scaling_slt_blind.bleu",
        "scaling_slt_augmented.bleu",
        "scaling_slt_two_sign_languages.bleu",
        "scaling_slt_pivot/en.bleu",
        "scaling_slt/score_alignment/alignment.json",
        "scaling_slt/report_landmarks/landmarks.html",
    )
)


def start(folder: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start snakemake in `folder`; `options` go to Popen."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *options_of(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that a test can end it with all its jobs
        **options,
    )


def options_of(folder: Path) -> list[str]:
    """Options that name the workflow, its configuration and where it runs."""
    options = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    options += ["--configfile", str(Path(__file__).parent / "tiny.yaml")]
    return [*options, "--workflow-profile", str(ROOT / "profiles/default")]


def snakemake(folder: Path, *arguments: str) -> str:
    """Run it to its end, which must be a good one; returns what it said."""
    if snakemake_forks.starts_no_job(arguments):
        done = snakemake_forks.run([*options_of(folder), *arguments])
        assert done.returncode == 0, done.stdout
        return done.stdout
    process = start(folder, *arguments)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def rules_of(said: str) -> list[str]:
    """The rules that a run or a dry run ran, in order."""
    return re.findall(r"^(?:local)?rule (\w+):$", said, re.MULTILINE)


def end_with_jobs(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to snakemake and all its jobs."""
    os.killpg(process.pid, number)
    process.communicate(timeout=60)


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Return when `condition` holds; an AssertionError when it does not come to that."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def artefacts(folder: Path) -> dict[str, str]:
    """SHA-256 of all that stages have made for others, by name: not of logs and states.

    What says when or how long something ran is left out: the time in a score file, and files of
    provenance.
    """
    found = {}
    for path in [*folder.glob("results/**/*"), *folder.glob("resources/**/*")]:
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if hidden or "state" in name.parts or not path.is_file():
            continue
        if path.name.endswith(".provenance.json"):
            continue
        data = path.read_bytes()
        if path.suffix == ".bleu":
            data = re.sub(rb'"time": "[^"]*"', b"", data)
        found[name.as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def jobs_below(process: subprocess.Popen[str]) -> dict[str, list[int]]:
    """The processes of stages that a snakemake has started: stage -> their numbers."""
    found: dict[str, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if session == process.pid and words[1:2] == [b"-m"]:
            module = words[2].decode()
            if module.startswith("sign2text.") and ".stages." in module:
                found.setdefault(module.rpartition(".")[2], []).append(int(folder.name))
    return found
