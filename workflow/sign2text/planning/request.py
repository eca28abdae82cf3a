"""A plan's request: a target of config.yaml, its jobs with all settings, and its data."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sign2text.config.corpora import RENDERINGS
from sign2text.config.inheritance import inherited
from sign2text.config.keys import read_configuration
from sign2text.config.project import Project
from sign2text.config.published_models import asked_for
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.lineage.stage_times import LAST, stages_of
from sign2text.planning.corpus import BYTES_A_WORD, TOKENS_A_WORD, Corpus, find_corpus
from sign2text.planning.extraction import STAGE as EXTRACTION
from sign2text.planning.extraction import Extraction, extractions
from sign2text.planning.jobs import Job, find_jobs

PUBLISHED_VOCABULARY = 2454
"""Vocabulary of GFSLT-VLP's mBART, trimmed to the training text of PHOENIX-2014T."""
WHOLE_VOCABULARIES = {"facebook/xglm-1.7B": 256_008, "facebook/xglm-564M": 256_008}
"""Of published tokenizers that may be kept whole."""
SPECIAL_TOKENS = 27
"""Number of mBART's special tokens and language codes, added to a trained tokenizer's pieces."""
TARGET = re.compile(r"results/([^/]+)/([^/]+?)(?:/([^/]+))?\.bleu")
"""Data set, experiment, and language of a target with one."""


@dataclass(frozen=True)
class Request:
    """A target, the settings of its stages, and its data."""

    target: str
    jobs: Mapping[str, tuple[Job, ...]]
    """Jobs of each measured stage, in order; training's split comes first.

    A stage on another data set, for example a pretraining, is named <data set>/<stage>."""
    left_out: tuple[str, ...]
    """Further stages that the target needs, which are not measured."""
    corpus: Corpus
    language: str
    vocabulary: int
    other_corpora: Mapping[str, Corpus] = field(default_factory=dict)
    """Corpora of further data sets on which stages are measured, by data set."""
    extractions: tuple[Extraction, ...] = ()
    """Extractions of landmarks that the target needs."""
    steps: int = 20
    warm_up: int = 3
    threads: int = 0

    @property
    def dataset(self) -> str:
        """Data set of the target."""
        return TARGET.fullmatch(self.target)[1]

    def corpus_of(self, dataset: str) -> Corpus:
        """Return the corpus of a data set; the target's corpus if that one is unknown."""
        return self.other_corpora.get(dataset, self.corpus)

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the measured stages."""
        return tuple(self.jobs)


def read_request(
    target: str,
    configfile: Path,
    *,
    vocabulary: int | None = None,
    only: tuple[str, ...] = (),
    **options: int,
) -> Request:
    """Resolve a target's settings and sizes, with the help of artefacts under results/.

    Raises:
        InputError: the target is invalid, config.yaml is wrong or lacks it, it has no stage in
            `only`, or the lengths of its data are unknown.
    """
    found = TARGET.fullmatch(target)
    if found is None:
        raise InputError(
            f"{target}: not a target, expected results/<data set>/<experiment>.bleu, such as "
            "results/phoenix/fla_llm.bleu."
        )
    dataset, experiment, language = found.groups()
    project = Project(read_configuration(configfile))
    if language is not None:
        project.check_language(dataset, experiment, language)
    project.check_needs(dataset, experiment, LAST)
    needed = stages_of(project, dataset, experiment)
    owned = {each.rpartition("/")[2]: Path("results", dataset, each) for each in needed}
    jobs = find_jobs(project, dataset, experiment)
    others = _other_corpora(project, dataset, experiment, jobs)
    planned = {
        f"{of}/{stage}": planned_jobs(project, of, stage, jobs)
        for of, stage in dict.fromkeys((job.dataset, job.stage) for job in jobs)
        if of in others
    }
    planned |= {stage: planned_jobs(project, dataset, stage, jobs) for stage in owned}
    planned = {name: own for name, own in planned.items() if own}
    elsewhere = (f"{job.dataset}/{job.stage}" for job in jobs if job.dataset != dataset)
    if unknown := [each for each in only if each not in planned]:
        raise InputError(
            f"--stages: found {', '.join(unknown)}, expected some of {', '.join(planned)}."
        )
    tokenizer = owned.get("train_tokenizer", Path()) / "tokenizer.json"
    tokenizer = tokenizer.parent if tokenizer.is_file() else None
    words = project.stage_config(dataset, experiment, "train_tokenizer")
    corpus = _corpus(project, dataset, experiment, tokenizer)
    return Request(
        target=target,
        jobs={each: own for each, own in planned.items() if not only or each in only},
        left_out=tuple(each for each in dict.fromkeys((*owned, *elsewhere)) if each not in planned),
        corpus=corpus,
        other_corpora=others,
        extractions=extractions(jobs, {dataset: corpus} | others),
        language=inherited(project.datasets, dataset, "language"),
        vocabulary=vocabulary or _vocabulary(words, tokenizer),
        **options,
    )


def _corpus(project: Project, dataset: str, experiment: str, tokenizer: Path | None) -> Corpus:
    (adapter,) = project.adapters_of(dataset, "make_manifest")
    rendering = None
    if project.is_rendered(dataset) and project.sentences_of(dataset) is None:
        rendering = project.stage_config(dataset, experiment, RENDERINGS[adapter])
    manifests = Path(project.folder(dataset, experiment, "make_manifest"))
    fps = project.stage_config(dataset, experiment, "sample_frames").fps
    words = project.stage_config(dataset, experiment, "train_tokenizer")
    each = BYTES_A_WORD if words.architecture == "byt5" else TOKENS_A_WORD
    return find_corpus(dataset, adapter, manifests, tokenizer, rendering, fps, each)


def _other_corpora(
    project: Project, dataset: str, experiment: str, jobs: Sequence[Job]
) -> dict[str, Corpus]:
    """Find corpora of other data sets that a planned stage or an extraction reads, if known."""
    found = {}
    for job in jobs:
        counted = job.stage == EXTRACTION or project.stages[job.stage].planned
        if job.dataset not in (dataset, *found) and counted:
            with contextlib.suppress(InputError):
                found[job.dataset] = _corpus(project, job.dataset, experiment, None)
    return found


def planned_jobs(
    project: Project, dataset: str, stage: str, jobs: Sequence[Job]
) -> tuple[Job, ...]:
    """Return the jobs of a stage to measure, training's split first.

    A training without epochs has no such job, because it only writes its model.
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
    if (published := asked_for(config)) is None:
        return config.pieces + SPECIAL_TOKENS
    return (
        PUBLISHED_VOCABULARY
        if config.trim
        else WHOLE_VOCABULARIES.get(published[0], PUBLISHED_VOCABULARY)
    )
