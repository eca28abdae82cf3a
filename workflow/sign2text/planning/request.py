"""A plan's request: a target of config.yaml, its jobs with all settings, and its data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.config.inheritance import inherited
from sign2text.config.keys import read_configuration
from sign2text.config.project import Project
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.lineage.stage_times import stages_of
from sign2text.planning.corpus import Corpus, find_corpus
from sign2text.planning.jobs import Job, find_jobs

PUBLISHED_VOCABULARY = 2454
"""Of GFSLT-VLP's mBART, trimmed to the training text of PHOENIX-2014T."""
SPECIAL_TOKENS = 27
"""What mBART's special tokens and language codes add to a trained tokenizer's pieces."""
TARGET = re.compile(r"results/([^/]+)/([^/]+)\.bleu")


@dataclass(frozen=True)
class Request:
    """A target, what its stages are set to, and its data."""

    target: str
    jobs: Mapping[str, tuple[Job, ...]]
    """Jobs of each stage that is measured, in order; of several, training's split comes first."""
    left_out: tuple[str, ...]
    """Further stages that the target needs."""
    corpus: Corpus
    language: str
    vocabulary: int
    steps: int = 20
    warm_up: int = 3
    threads: int = 0

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that are measured."""
        return tuple(self.jobs)


def read_request(
    target: str,
    configfile: Path,
    *,
    vocabulary: int | None = None,
    only: tuple[str, ...] = (),
    **options: int,
) -> Request:
    """Resolve a target's settings and sizes; artefacts are looked for under results/.

    Raises:
        InputError: the target is none, config.yaml is wrong or lacks it, it has no such stage, or
            nothing is known of its data.
    """
    found = TARGET.fullmatch(target)
    if found is None:
        raise InputError(
            f"{target}: not a target, expected results/<data set>/<experiment>.bleu, such as "
            "results/phoenix/fla_llm.bleu."
        )
    dataset, experiment = found.groups()
    project = Project(read_configuration(configfile))
    needed = stages_of(project, dataset, experiment)
    owned = {each.rpartition("/")[2]: Path("results", dataset, each) for each in needed}
    jobs = planned_jobs(project, dataset, experiment)
    planned = {stage: jobs[stage] for stage in owned if stage in jobs}
    if unknown := [each for each in only if each not in planned]:
        raise InputError(
            f"--stages: found {', '.join(unknown)}, expected some of {', '.join(planned)}."
        )
    (adapter,) = project.adapters_of(dataset, "make_manifest")
    rendering = None
    if "synthesize_avatar" in owned and project.sentences_of(dataset) is None:
        rendering = project.stage_config(dataset, experiment, "synthesize_avatar")
    tokenizer = owned.get("train_tokenizer", Path()) / "tokenizer.json"
    tokenizer = tokenizer.parent if tokenizer.is_file() else None
    words = project.stage_config(dataset, experiment, "train_tokenizer")
    return Request(
        target=target,
        jobs={each: own for each, own in planned.items() if not only or each in only},
        left_out=tuple(each for each in owned if each not in planned),
        corpus=find_corpus(dataset, adapter, owned["make_manifest"], tokenizer, rendering),
        language=inherited(project.datasets, dataset, "language"),
        vocabulary=vocabulary or _vocabulary(words, tokenizer),
        **options,
    )


def planned_jobs(project: Project, dataset: str, experiment: str) -> dict[str, tuple[Job, ...]]:
    """The jobs of stages that are measured, by stage; those of training's split come first.

    A training without epochs only writes its model, so it is none of them.
    """
    found: dict[str, tuple[Job, ...]] = {}
    for job in sorted(find_jobs(project, dataset, experiment), key=_place_of_split):
        training = getattr(job.config, "training", None)
        trains = training is None or training.epochs != 0
        if job.dataset == dataset and project.stages[job.stage].planned and trains:
            found[job.stage] = (*found.get(job.stage, ()), job)
    return found


def _place_of_split(job: Job) -> int:
    return SPLITS.index(job.split) if job.split else 0


def _vocabulary(config: Any, tokenizer: Path | None) -> int:
    if tokenizer is not None:
        from sign2text.text.tokenizer import load_tokenizer

        return len(load_tokenizer(tokenizer))
    return PUBLISHED_VOCABULARY if config.published else config.pieces + SPECIAL_TOKENS
