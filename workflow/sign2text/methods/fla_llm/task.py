"""The training task of both trainings: learn to write each clip's sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import PreTrainedTokenizerFast

from sign2text.data.clips import Collator, EncodedClips, FeatureClips, FrameClips
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.methods.fla_llm.translator import SignTranslator
from sign2text.training.task import Task


def translation_task(
    config: Any,
    model: SignTranslator,
    tokenizer: PreTrainedTokenizerFast,
    data: Mapping[str, FrameClips | EncodedClips | FeatureClips],
    groups: Sequence[dict[str, Any]],
    **more: Any,
) -> Task:
    """Return the task: cross-entropy of the sentence's tokens, with label smoothing (section 4.1).

    Args:
        config: the stage's `Config`, with `training`, `label_smoothing` and `seed`.
        data: the clips of train and dev.
        groups: the optimiser's parameter groups.
        more: further fields of the task.
    """
    return Task(
        model=model,
        losses={"translation": TokenCrossEntropy(config.label_smoothing)},
        groups=groups,
        train=data["train"],
        dev=data["dev"],
        collate=Collator(data["train"].key, tokenizer.pad_token_id, model.start_token),
        settings=config.training,
        seed=config.seed,
        parts=model.parts(),
        **more,
    )
