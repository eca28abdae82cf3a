"""Time that `snakemake -n` takes to answer, with all experiments of config.yaml.

    python benchmarks/dry_run.py

It measures one target, then all tables of FLa-LLM, in a folder without results, so that all jobs
are planned.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claims import claim

MOST_SECONDS = 5.0
TARGETS = {
    "one score": "results/avatar/fla_llm.bleu",
    "all tables of FLa-LLM": "results/avatar/tables/fla_llm.html",
}
PROJECT = Path(__file__).resolve().parents[1]
COMMAND = (
    sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile",
    "--configfile", PROJECT / "config.yaml", "--workflow-profile", PROJECT / "profiles" / "default",
    "--cores", "1", "--dry-run", "--quiet", "rules",
)  # fmt: skip


def main() -> int:
    """Plan and print; return 1 if an answer takes too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options, good = parser.parse_args(), True
    for name, target in TARGETS.items():
        seconds = []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                planned = subprocess.run(
                    [*COMMAND, "--directory", folder, "--", target],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                seconds.append(time.perf_counter() - start)
        took = statistics.median(seconds)
        jobs = next(line for line in planned.stdout.splitlines() if line.startswith("total"))
        print(f"{name}: {jobs.split()[1]} jobs planned in {took:.1f} s (median of {seconds})")
        good &= claim(f"dry run, {name}", took, "s", at_most=MOST_SECONDS)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
