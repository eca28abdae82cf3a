#!/usr/bin/env bash
# Run by Snakemake in the new conda environment, from the workflow's folder.
set -euo pipefail
python -m pip install -r envs/requirements.txt
python -m pip install --no-deps --no-build-isolation --editable .
