# One obvious way to run each thing. Needs Python 3.11 or newer, make, and a package index for pip.

PYTHON ?= python3
LANDMARKS_PYTHON ?= $(PYTHON)
CORES ?= all
BIN := .venv/bin
REQUIREMENTS := envs/requirements.txt envs/dev-requirements.txt
# Two processes share the tests (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder
DEMO := results/avatar/fla_llm.bleu results/avatar/fla_llm_blind.bleu

.DEFAULT_GOAL := help
.PHONY: help landmarks demo report test test-long test-real test-all lint format clean

help: ## list what there is to make
	@sed -n 's/^\([.a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.venv: .venv/installed ## make the environment with the pinned packages

# Installed anew only when what is to be installed has changed.
.venv/installed: $(REQUIREMENTS) pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(None if sys.version_info >= (3, 11) else f"{sys.executable} is Python {v}; 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r envs/dev-requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --editable .
	@touch $@

landmarks: .venv-landmarks/installed ## make MediaPipe's own environment, for landmarks of videos

# MediaPipe's wheel is for Python up to 3.12, which may be another one than the workflow's.
.venv-landmarks/installed: envs/landmarks-requirements.txt
	@$(LANDMARKS_PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(None if (3, 11) <= sys.version_info < (3, 13) else f"{sys.executable} is Python {v}; MediaPipe needs 3.11 or 3.12: make landmarks LANDMARKS_PYTHON=/path/to/python3.12")'
	rm -rf .venv-landmarks
	$(LANDMARKS_PYTHON) -m venv .venv-landmarks
	.venv-landmarks/bin/python -m pip install --disable-pip-version-check --no-deps -r envs/landmarks-requirements.txt || { rm -rf .venv-landmarks; exit 1; }
	.venv-landmarks/bin/python -c 'import mediapipe.python.solutions.holistic'
	@touch $@

demo: .venv ## render the avatar, train FLa-LLM on it, score it, show translations
	$(BIN)/snakemake --cores $(CORES) $(DEMO)
	$(BIN)/sign2text show $(DEMO)

report: .venv ## make the pages that config.yaml lists, and one report of them all
	$(BIN)/snakemake --cores $(CORES) report_pages
	$(BIN)/snakemake --report results/report.zip report_pages
	rm -rf results/report
	$(BIN)/python -m zipfile -e results/report.zip results
	@echo "Open results/report/report.html; to share it, give results/report.zip away."

test: .venv ## run the tests that need no published corpus and take minutes
	$(PYTEST) -m 'not real and not long'

test-long: .venv ## run the long ones; LATEST=18 begins none after 18 minutes
	-$(MAKE) landmarks
	$(PYTEST) -m 'long and not real' $(if $(LATEST),--minutes $(LATEST))

test-real: .venv ## run those that need a corpus; SIGN2TEXT_PHOENIX, _HOW2SIGN, _REAL_LANDMARKS name folders
	$(BIN)/python -m pytest -m real tests/real

test-all: .venv ## run all tests; those whose corpus is missing are skipped
	$(PYTEST)

lint: .venv ## check style and the workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

format: .venv ## put all files into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

clean: ## remove what the demo made (the environment and other data sets stay)
	rm -rf resources/avatar results/avatar logs/avatar results/report results/report.zip
