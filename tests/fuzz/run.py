"""Give one of the readers changed files for some seconds, or read one file that was found again.

python tests/fuzz/run.py tables --seconds 600 --seed 1
python tests/fuzz/run.py tables --replay results/fuzz/tables-01-00-1.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from cases import load_case, write_case
from fuzz_targets import TARGETS
from fuzzing import fuzz, replay


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("results/fuzz"))
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a file in that folder")
    parser.add_argument(
        "--unpack", type=Path, metavar="FOLDER", help="with --replay: keep its files"
    )
    options = parser.parse_args()
    target = TARGETS[options.target]
    if options.replay:
        case = load_case(options.replay)
        print("files:", {name: len(data) for name, data in case.items()})
        if options.unpack:
            write_case(case, options.unpack)
        sys.exit(bool(replay(target, case)))
    report = fuzz(target, options.seconds, options.seed, options.findings)
    print(report)
    for kind, count in report.findings.items():
        print(f"  {count} x {kind}")
    sys.exit(bool(report.findings))


if __name__ == "__main__":
    main()
