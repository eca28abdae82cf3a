"""A plan's request: a target of config.yaml, its jobs with all settings, and its data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    jobs = find_jobs(project, dataset, experiment)
    planned = {
        stage: own for stage in owned if (own := planned_jobs(project, dataset, stage, jobs))
    }
    elsewhere = [f"{job.stage} of {job.dataset}" for job in jobs if job.dataset != dataset]
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
    fps = project.stage_config(dataset, experiment, "sample_frames").fps
    return Request(
        target=target,
        jobs={each: own for each, own in planned.items() if not only or each in only},
        left_out=(*(each for each in owned if each not in planned), *dict.fromkeys(elsewhere)),
        corpus=find_corpus(dataset, adapter, owned["make_manifest"], tokenizer, rendering, fps),
        language=inherited(project.datasets, dataset, "language"),
        vocabulary=vocabulary or _vocabulary(words, tokenizer),
        **options,
    )


def planned_jobs(
    project: Project, dataset: str, stage: str, jobs: Sequence[Job]
) -> tuple[Job, ...]:
    """The jobs of a stage that are measured, training's split first.

    None of a training without epochs, which only writes its model.
    """
    if stage not in project.stages or not project.stages[stage].planned:
        return ()
    own = [job for job in jobs if (job.dataset, job.stage) == (dataset, stage)]
    measured = [job for job in own if _has_work(job.config)]
    return tuple(sorted(measured, key=lambda job: SPLITS.index(job.split) if job.split else 0))


def _has_work(config: Any) -> bool:
    """Return False for the settings of a training without epochs."""
    training = getattr(config, "training", None)
    return training is None or training.epochs != 0


def _vocabulary(config: Any, tokenizer: Path | None) -> int:
    if tokenizer is not None:
        from sign2text.text.tokenizer import load_tokenizer

        return len(load_tokenizer(tokenizer))
    return PUBLISHED_VOCABULARY if config.published else config.pieces + SPECIAL_TOKENS
