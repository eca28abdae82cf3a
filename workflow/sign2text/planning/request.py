"""What is to be planned: a target of config.yaml, with all settings resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.config.keys import read_configuration
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.lineage.stage_times import stages_of
from sign2text.planning.corpus import Corpus, find_corpus

METHOD = "fla_llm"
PLANNED = ("encode_frames", "visual_init", "extract_features", "finetune_llm", "decode")
MODELS = ("pretrain_frame_encoder", "pretrain_language_model", "train_tokenizer", "sample_frames")
PUBLISHED_VOCABULARY = 2454
"""Of GFSLT-VLP's mBART, trimmed to the training text of PHOENIX-2014T."""
SPECIAL_TOKENS = 27
"""What mBART's special tokens and language codes add to a trained tokenizer's pieces."""
TARGET = re.compile(r"results/([^/]+)/([^/]+)\.bleu")


@dataclass(frozen=True)
class Request:
    """A target, what its stages are set to, and its data."""

    target: str
    configs: Mapping[str, Any]
    """Settings of PLANNED and MODELS, by stage."""
    corpus: Corpus
    stages: tuple[str, ...]
    """Which of PLANNED are measured, in order."""
    left_out: tuple[str, ...]
    """What else the target needs."""
    vocabulary: int
    steps: int = 20
    warm_up: int = 3
    threads: int = 0


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
        InputError: the target is none, config.yaml is wrong or lacks it, its method is another one
            than FLa-LLM, or it has no such stage.
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
    if project.method(experiment) != METHOD:
        raise InputError(
            f"{target}: its method is {project.method(experiment)}; only {METHOD} can be planned."
        )
    names = [each.rpartition("/")[2] for each in needed]
    untrained = project.stage_config(dataset, experiment, "visual_init").training.epochs == 0
    idle = ("visual_init",) if untrained else ()  # it writes weights, and that is all
    planned = tuple(each for each in PLANNED if each in names and each not in idle)
    if unknown := [each for each in only if each not in planned]:
        raise InputError(
            f"--stages: found {', '.join(unknown)}, expected some of {', '.join(planned)}."
        )
    configs = {s: project.stage_config(dataset, experiment, s) for s in (*PLANNED, *MODELS)}
    owned = {each.rpartition("/")[2]: Path("results", dataset, each) for each in needed}
    tokenizer = owned["train_tokenizer"]
    tokenizer = tokenizer if (tokenizer / "tokenizer.json").is_file() else None
    (adapter,) = project.adapters_of(dataset, "make_manifest")
    rendering = None
    if "synthesize_avatar" in names and project.sentences_of(dataset) is None:
        rendering = project.stage_config(dataset, experiment, "synthesize_avatar")
    corpus = find_corpus(dataset, adapter, owned["make_manifest"], tokenizer, rendering)
    return Request(
        target=target,
        configs=configs,
        corpus=corpus,
        stages=tuple(each for each in planned if not only or each in only),
        left_out=tuple(each for each in names if each not in planned),
        vocabulary=vocabulary or _vocabulary(configs["train_tokenizer"], tokenizer),
        **options,
    )


def _vocabulary(config: Any, tokenizer: Path | None) -> int:
    if tokenizer is not None:
        from sign2text.text.tokenizer import load_tokenizer

        return len(load_tokenizer(tokenizer))
    return PUBLISHED_VOCABULARY if config.published else config.pieces + SPECIAL_TOKENS
