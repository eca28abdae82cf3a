"""The training of a translator on a mixture of tasks, from files to the model's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.jobs.finished_trainings import STATE
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.methods.scaling_slt.corpora import Corpus
from sign2text.methods.scaling_slt.dev_pairs import DevPair, pair_selection
from sign2text.methods.scaling_slt.mixture import (
    Part,
    encode,
    mixed,
    signed_parts,
    text_parts,
    with_shares,
)
from sign2text.methods.scaling_slt.mixture_plan import write_plan
from sign2text.methods.scaling_slt.task_settings import OnClips
from sign2text.methods.scaling_slt.tasks import TaskCollator
from sign2text.training.model_folder import write_model
from sign2text.training.state import fingerprint
from sign2text.training.task import Task
from sign2text.training.trainer import train

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.methods.scaling_slt.translator import LandmarkTranslator


def clip_parts(
    corpora: Sequence[Corpus],
    parallel: Path | None,
    words: PreTrainedTokenizerFast,
    config: OnClips,
    seed: int,
) -> list[Part]:
    """Make the parts of a training on clips with their shares.

    Args:
        corpora: the train splits, that of the job's own data set first.
        parallel: parallel text of train; None if no text is translated.
        seed: seed of the clips' augmentation.
    """
    parts = signed_parts(corpora, words, config, seed)
    if parallel is not None:
        parts += text_parts(parallel, corpora[0].own, words, config, config.mt)
    return with_shares(parts, config.tasks.of_tasks, config.p_mt, config.temperature)


def clip_pairs(
    corpora: Sequence[Corpus], words: PreTrainedTokenizerFast, config: OnClips
) -> dict[str, DevPair]:
    """Make the pairs of SLT of the dev splits, by name; each clip with its whole caption."""
    found: dict[str, DevPair] = {}
    for corpus in corpora:
        for examples, where, signing in corpus.examples("slt", None):
            if examples[0].clip not in corpus.members:
                items = encode(examples, words, config, where, signing)
                found[examples[0].pair] = DevPair(items, examples[0].target)
    return found


def train_on_clips(
    stage: str,
    model: LandmarkTranslator,
    words: PreTrainedTokenizerFast,
    train_corpora: Sequence[Corpus],
    dev_corpora: Sequence[Corpus],
    parallel: Path | None,
    config: Any,
    *,
    inputs: Sequence[Path],
    output: Path,
) -> None:
    """Train `model` on the clips of data sets and on parallel text; see `train_parts`.

    Args:
        train_corpora, dev_corpora: that of the job's own data set first.
        inputs: further small files that represent the data.
    """
    files = [path for corpus in (*train_corpora, *dev_corpora) for path in corpus.files.all]
    train_parts(
        stage,
        model,
        words,
        clip_parts(train_corpora, parallel, words, config, config.seed),
        clip_pairs(dev_corpora, words, config),
        config,
        inputs=[*dict.fromkeys(files), *([] if parallel is None else [parallel]), *inputs],
        output=output,
    )


def train_parts(
    stage: str,
    model: LandmarkTranslator,
    words: PreTrainedTokenizerFast,
    parts: Sequence[Part],
    pairs: Mapping[str, DevPair],
    config: Any,
    *,
    inputs: Sequence[Path],
    output: Path,
) -> None:
    """Train `model` on a mixture; write it, its tokenizer, history and plan into `output`.

    Args:
        config: the stage's settings: those of `Fitting`, with `training` and `seed`.
        inputs: small files that represent the data.
    """
    collate = TaskCollator(words.pad_token_id, model.start_token)
    mixture = mixed(parts, collate)
    dev = mixed([Part("slt", name, pair.items, 1.0) for name, pair in pairs.items()], collate)
    loss = TokenCrossEntropy(config.label_smoothing)
    task = Task(
        model=model,
        losses={"translation": loss},
        groups=[{"params": [*model.parameters()], "lr": config.training.learning_rate}],
        train=mixture,
        dev=dev,
        collate=mixture.collate,
        dev_collate=dev.collate,
        settings=config.training,
        seed=config.seed,
        parts=model.parts(),
        selection=pair_selection(pairs, words, collate, loss, config),
        fingerprint=fingerprint(stage, config, inputs),
    )
    batches = len(mixture.batches(config.training.batch_size, config.seed))
    write_plan(
        output,
        parts,
        mixture,
        words,
        batch_size=config.training.batch_size,
        steps=task.steps(batches),
        seed=config.seed,
    )
    write_model(output, model, train(task, output / STATE), words)
