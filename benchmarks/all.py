"""All ratios of the project in one table.

    python benchmarks/all.py

Runs the benchmarks one after the other, in the order of benchmarks/README.md, and then prints each
figure with its target. Names select benchmarks: `python benchmarks/all.py frames scoring`. Exits
with 1 if a figure misses its target or a benchmark fails.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claims import GATHERED

from sign2text.ground.settings import unknown_name

BENCHMARKS = (
    "dry_run", "frames", "videos", "scoring", "stored_features", "decoding", "norms",
    "ctc_search", "landmarks", "s3d", "gated_decoding", "paired_tests", "seed_intervals",
    "byte_tokenizer",
)  # fmt: skip
AT_TARGET = ("stored_features", "decoding", "norms")
"""Benchmarks that run in the sizes of a target."""


def run(name: str, target: str | None) -> tuple[list[dict], int, float]:
    """Run one benchmark; return its claims, its exit status, and the seconds it took."""
    given = ["--target", target] if target and name in AT_TARGET else []
    print(f"\n== {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "claims"
        start = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *given],
            env=os.environ | {GATHERED: str(found)},
            check=False,
        )
        took = time.perf_counter() - start
        lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    return [json.loads(line) for line in lines], ended.returncode, took


def shown(value: float | None, unit: str) -> str:
    """Format a figure with its unit."""
    if value is None:
        return "not measured"
    return f"{value:.2%}" if unit == "%" else f"{value:.2f} {unit}"


def main() -> int:
    """Run the benchmarks and print the table; return 1 if a figure misses its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--target", help="whose sizes are used, where not the published ones")
    options = parser.parse_args()
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(unknown_name("name", name, BENCHMARKS))
    names = options.names or BENCHMARKS
    results = {name: run(name, options.target) for name in names}
    lines = [("benchmark", "what", "figure", "to be", "")]
    for name, (claims, status, took) in results.items():
        for each in claims:
            figure = shown(each["value"], each["unit"])
            verdict = "" if each["good"] else "NO"
            lines.append((name, each["what"], figure, each["wanted"], verdict))
        if status and all(each["good"] for each in claims):
            lines.append((name, f"ended with {status} after {took:.0f} s", "", "", "NO"))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    print(f"\n{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores")
    for line in lines:
        print(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        )
    return int(any(line[4] == "NO" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
