"""A run killed at random moments, with all its jobs, gives the score of an undisturbed run.

Each run starts from the shared finished folder, without the stages from one stage on. The same
command is repeated after each kill, and killed again, until every stage has been killed.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import MMTLB as MMTLB_OPTIONS
from tiny_runs import SCALING_SLT as SCALING_SLT_OPTIONS
from tiny_runs import SIGN2GPT as SIGN2GPT_OPTIONS
from tiny_runs import artefacts, jobs_below, snakemake, start

from sign2text.config.stages import find_stages

pytestmark = [pytest.mark.slow, pytest.mark.long]


@dataclass(frozen=True)
class Chain:
    """A target with all its stages, and the runs in which these are killed."""

    target: str
    settings: Mapping[str, Any]
    """Longer trainings than in the configuration, so that kills hit them in training, not only as
    they load their libraries.
    """
    places: Mapping[str, tuple[str, ...]]
    """Outputs of each stage, in the order in which they run; the score depends on all of them."""
    pages: Mapping[str, str]
    runs: Mapping[str, tuple[str, ...]]
    """Stages to kill, by the run's name, after removing the outputs from the first one on. A run of
    pages makes only these.
    """
    options: tuple[str, ...] = ()

    @property
    def longer(self) -> tuple[str, ...]:
        settings = {name: {"stages": stages} for name, stages in self.settings.items()}
        return (*self.options, "--config", f"datasets={json.dumps(settings)}")

    def removed(self, struck: Sequence[str]) -> tuple[str, ...]:
        """Return the stages without outputs at the start of a run that kills these."""
        stages = tuple(self.pages if struck[0] in self.pages else self.places)
        return stages[stages.index(struck[0]) :]

    def targets(self, struck: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.pages.values()) if struck[0] in self.pages else (self.target,)


def of(results: str, *stages: str) -> dict[str, tuple[str, ...]]:
    return {stage: (f"{results}/{stage}",) for stage in stages}


FLA_LLM = Chain(
    "results/tiny/fla_llm.bleu",
    {
        "tiny": {
            "pretrain_language_model": {"training": {"epochs": 4}},
            "pretrain_frame_encoder": {"training": {"epochs": 4}},
            "visual_init": {"training": {"epochs": 30}},
            "finetune_llm": {"training": {"epochs": 40}, "dev_bleu_every": 10},
        }
    },
    places={
        "synthesize_avatar": ("resources/tiny",),
        **of("results/tiny/common", "make_manifest", "check_corpus", "train_tokenizer"),
        **of("results/tiny/common", "sample_frames", "pretrain_language_model"),
        **of("results/tiny/common", "pretrain_frame_encoder", "encode_frames"),
        **of("results/tiny/fla_llm", "visual_init", "extract_features", "finetune_llm"),
        **of("results/tiny/fla_llm", "decode", "score"),
    },
    pages={
        "compare": "results/tiny/comparisons/controls/compare.html",
        "report_translations": "results/tiny/comparisons/controls/translations.html",
        "report_norms": "results/tiny/comparisons/controls/norms.html",
        "tabulate": "results/tiny/tables/fla_llm_1.html",
        "summarise": "results/tiny/tables/fla_llm.html",
        "report_training": "results/tiny/fla_llm/training.html",
    },
    runs={
        "from the start": (
            *("synthesize_avatar", "make_manifest", "check_corpus", "train_tokenizer"),
            *("sample_frames", "pretrain_language_model", "pretrain_frame_encoder"),
            *("encode_frames", "visual_init", "extract_features", "finetune_llm"),
            *("decode", "score"),
        ),
        "the trainings again": ("visual_init", "extract_features", "finetune_llm"),
        "fine-tuning": ("finetune_llm", "finetune_llm", "decode", "score"),
        "the pages": (
            *("compare", "report_translations", "report_norms"),
            *("tabulate", "summarise", "report_training"),
        ),
    },
)
MMTLB = Chain(
    "results/tiny/mmtlb.bleu",
    {
        "tiny": {
            "train_sign2gloss": {"training": {"epochs": 20}},
            "train_gloss2text": {"training": {"epochs": 40}, "dev_bleu_every": 10},
            "train_sign2text": {"training": {"epochs": 40}, "dev_bleu_every": 10},
        },
        "tiny_actions": {"pretrain_s3d": {"training": {"epochs": 20}}},
        "tiny_isolated": {"pretrain_s3d": {"training": {"epochs": 20}}},
    },
    places={
        "pretrain_s3d": (
            "results/tiny_actions/mmtlb/pretrain_s3d",
            "results/tiny_isolated/mmtlb/pretrain_s3d",
        ),
        **of("results/tiny/common", "pretrain_language_model"),
        **of("results/tiny/mmtlb", "train_gloss2text", "train_sign2gloss", "extract_features"),
        **of("results/tiny/mmtlb", "recognise_glosses", "train_sign2text", "decode", "score"),
    },
    pages={},
    runs={
        "from the start": (
            *("pretrain_s3d", "train_gloss2text", "train_sign2gloss"),
            *("recognise_glosses", "train_sign2text"),
        ),
        "the trainings again": ("pretrain_s3d", "train_sign2gloss", "train_sign2text"),
    },
    options=MMTLB_OPTIONS,
)
SIGN2GPT = Chain(
    "results/tiny/sign2gpt.bleu",
    {
        "tiny": {
            "pretrain_prototypes": {"training": {"epochs": 8}, "dev_f1_every": 4},
            "adapt_language_model": {"training": {"epochs": 8}, "dev_bleu_every": 4},
        }
    },
    places={
        **of("results/tiny/sign2gpt", "annotate_text", "train_tagger", "generate_pseudo_glosses"),
        **of("results/tiny/sign2gpt", "embed_pseudo_glosses", "pretrain_prototypes"),
        **of("results/tiny/sign2gpt", "adapt_language_model", "decode", "score"),
    },
    pages={
        "score_pseudo_glosses": "results/tiny/sign2gpt/score_pseudo_glosses/scores.json",
        "report_localisation": "results/tiny/sign2gpt/report_localisation/localisation.html",
    },
    runs={
        "from the start": (
            *("annotate_text", "train_tagger", "generate_pseudo_glosses"),
            *("embed_pseudo_glosses", "pretrain_prototypes", "adapt_language_model"),
        ),
        "the trainings again": ("pretrain_prototypes", "adapt_language_model", "decode", "score"),
        "pseudo-glosses": ("score_pseudo_glosses", "report_localisation"),
    },
    options=SIGN2GPT_OPTIONS,
)
SCALING_SLT = Chain(
    "results/tiny/scaling_slt_augmented.bleu",
    {
        "tiny": {
            stage: {"training": {"steps": 60, "dev_steps": 20}}
            for stage in ("pretrain_mt", "pretrain_tasks", "finetune_tasks")
        }
    },
    places={
        **of("results/tiny/common", "make_captions"),
        **of("results/tiny/scaling_slt", "extract_landmark_shards", "extract_landmarks"),
        **of("results/tiny/scaling_slt", "pretrain_mt", "translate_captions"),
        **of("results/tiny/scaling_slt_augmented", "pretrain_tasks", "finetune_tasks"),
    },
    pages={
        "score_alignment": "results/tiny/scaling_slt/score_alignment/alignment.json",
        "report_landmarks": "results/tiny/scaling_slt/report_landmarks/landmarks.html",
    },
    runs={
        "from the start": (
            *("make_captions", "extract_landmark_shards", "extract_landmarks"),
            *("pretrain_mt", "translate_captions", "pretrain_tasks"),
        ),
        "the trainings again": ("pretrain_mt", "pretrain_tasks", "finetune_tasks"),
        "pages": ("score_alignment", "report_landmarks"),
    },
    options=SCALING_SLT_OPTIONS,
)
CHAINS = {"fla_llm": FLA_LLM, "mmtlb": MMTLB, "sign2gpt": SIGN2GPT, "scaling_slt": SCALING_SLT}
STARTS = {
    "fla_llm": "as_made",
    "mmtlb": "mmtlb_run",
    "sign2gpt": "sign2gpt_run",
    "scaling_slt": "scaling_slt_run",
}
"""Fixtures of a finished folder, with shorter trainings, from which each starts."""
ELSEWHERE = {
    "acquire_corpus": "test_acquire_corpus.py::test_killed_fetch_goes_on_from_the_command_line",
    "fetch_model": "test_fetch_model.py::test_a_killed_fetch_is_resumed_by_the_next_one",
    "synthesize_classes": "test_synthesize_classes.py::"
    "test_a_killed_rendering_goes_on_and_other_settings_start_afresh",
    "synthesize_second_avatar": "test_second_sign_language.py::"
    "test_a_killed_rendering_of_the_second_corpus_resumes",
}
"""Unit tests that kill stages which need a network or end at once here."""


def seconds_of(folder: Path) -> dict[str, float]:
    """Return how long a job of each stage worked."""
    found: dict[str, float] = {}
    for path in folder.glob("re*/**/*.provenance.json"):
        made = json.loads(path.read_text(encoding="utf-8"))
        found[made["stage"]] = made["seconds"]
    return found


def remove(folder: Path, chain: Chain, stages: Sequence[str]) -> None:
    """Remove the outputs of these stages, and the score with its dependencies."""
    for stage in stages:
        if stage in chain.pages:
            (folder / chain.pages[stage]).unlink(missing_ok=True)
        for place in chain.places.get(stage, ()):
            shutil.rmtree(folder / place, ignore_errors=True)
            (folder / chain.target).unlink(missing_ok=True)


def at_work(process: subprocess.Popen[str], aims: Sequence[str]) -> str | None:
    """Wait until one of these stages is running; return None if the run ends well before that."""
    while process.poll() is None:
        if found := [stage for stage in aims if stage in jobs_below(process)]:
            return found[0]
        time.sleep(0.1)
    said = process.stdout.read()
    assert process.returncode == 0, said
    return None


def strike(process: subprocess.Popen[str], folder: Path) -> list[str]:
    """Kill the whole process tree, and return the stages that were running."""
    struck = sorted(jobs_below(process))
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    while jobs_below(process):
        time.sleep(0.1)
    for lock in (folder / ".snakemake/locks").glob("*"):  # none if it has just ended
        lock.unlink()  # like --unlock, in a thousandth of the time
    return struck


def killed_run(
    finished: Path, folder: Path, chain: Chain, aims: Sequence[str], seed: str
) -> list[tuple[str, float, list[str]]]:
    """Repeat a run that is killed as often as `aims` has entries, in each of these stages.

    A kill comes between a stage's start and a second after its usual end: while it works or records
    its outputs, or while Snakemake records its end.
    Return the kills: the intended stage, seconds after its start, and the killed stages.
    """
    shutil.copytree(finished, folder)
    removed, targets = chain.removed(aims), chain.targets(aims)
    remove(folder, chain, removed)
    rng, seconds, kills, left = random.Random(seed), seconds_of(finished), [], list(aims)
    while left or len(kills) < len(aims):
        process = start(folder, "--cores", "all", *targets, *chain.longer)
        aim = at_work(process, left or aims)
        if aim is None:  # it ran next to another target or had ended: once more
            again = removed[removed.index(left[0]) :] if left else removed
            remove(folder, chain, again)
            continue
        delay = rng.uniform(0, seconds[aim] + 4)  # loading the libraries takes some seconds
        time.sleep(delay)
        struck = strike(process, folder)
        kills.append((aim, round(delay, 2), struck))
        for stage in struck:
            if stage in left:
                left.remove(stage)
    snakemake(folder, "--cores", "all", *targets, *chain.longer)
    return kills


def test_every_stage_is_struck() -> None:
    struck = {stage for chain in CHAINS.values() for run in chain.runs.values() for stage in run}
    assert struck | ELSEWHERE.keys() == find_stages().keys()
    for place in ELSEWHERE.values():
        path, _, name = place.partition("::")
        text = (Path(__file__).parents[1] / "unit" / path).read_text(encoding="utf-8")
        assert f"def {name}(" in text


@pytest.mark.parametrize(
    ("name", "least"), [("fla_llm", 26), ("mmtlb", 8), ("sign2gpt", 12), ("scaling_slt", 11)]
)
def test_killed_at_random_moments_in_every_stage_it_gives_the_undisturbed_score(
    name: str, least: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    chain = CHAINS[name]
    finished = tmp_path / "finished"
    shutil.copytree(request.getfixturevalue(STARTS[name]), finished)
    snakemake(finished, "--cores", "all", chain.target, *chain.pages.values(), *chain.longer)
    seed = os.environ.get("SIGN2TEXT_KILLS") or str(random.SystemRandom().randrange(10**6))
    print(f"SIGN2TEXT_KILLS={seed} gives these moments again")
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(killed_run, finished, tmp_path / run, chain, struck, f"{seed} {run}")
            for run, struck in chain.runs.items()
        ]
        kills = [run.result() for run in runs]
    for each in kills:
        print(*each, sep="\n")
    wanted = artefacts(finished)
    for run in chain.runs:
        found = artefacts(tmp_path / run)
        assert found[chain.target] == wanted[chain.target]
        differ = {path for path in wanted.keys() | found if found.get(path) != wanted.get(path)}
        # These pages show how long stages took, and how fast landmarks were extracted.
        timed = {path for path in differ if "/report_landmarks/landmarks." in path}
        assert differ - timed - {chain.pages.get("report_training")} == set(), run
    assert sum(map(len, kills)) >= sum(map(len, chain.runs.values())) == least
    struck = {stage for run in kills for _, _, struck in run for stage in struck}
    assert struck >= {stage for run in chain.runs.values() for stage in run}
