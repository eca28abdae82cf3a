"""The training task of Sign2Text: learn each clip's glosses and sentence (section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from sign2text.data.clip_glosses import read_glosses
from sign2text.data.clips import Clips, Collator, check_lengths
from sign2text.data.manifest import read_manifest
from sign2text.data.stretched_clips import StretchedClips
from sign2text.losses.ctc import CTC
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.methods.mmtlb.gloss_targets import with_gloss_targets
from sign2text.methods.mmtlb.sign_translator import SignGlossTranslator
from sign2text.text.tokenizer import encode_targets
from sign2text.training.task import Task


def read_clips(
    split: str,
    manifest: Path,
    given: Mapping[str, Path | None],
    words: PreTrainedTokenizerFast,
    model: SignGlossTranslator,
    config: Any,
) -> Clips:
    """Open the clips of `split`, train or dev, with glosses and sentences.

    Args:
        given: the stored features or the frames.
        config: the `Config` of the stage train_sign2text.

    Raises:
        InputError: a clip has no glosses, or too few steps for them; features are from another
            model; a clip is too long for the language model.
    """
    rows = read_manifest(manifest)
    lines = read_glosses(manifest)
    clips = model.read_clips(
        rows["id"].tolist(),
        encode_targets(words, rows["text"]),
        given,
        seed=config.seed if split == "train" else None,
        option=f"{split}-",
    )
    if isinstance(clips, StretchedClips):
        clips.least = model.recogniser.least_frames(lines)
    check_lengths(clips, model.positions)
    on_short_clip = config.on_short_clip if split == "train" else "skip"
    return with_gloss_targets(clips, lines, model.recogniser.glosses, manifest, on_short_clip)


def joint_task(
    config: Any,
    model: SignGlossTranslator,
    words: PreTrainedTokenizerFast,
    data: Mapping[str, Clips],
    **more: Any,
) -> Task:
    """Return the task: CTC and cross-entropy, each summed over a batch and divided by its clips.

    Args:
        config: the `Config` of the stage train_sign2text.
        data: the clips of train and dev.
        more: further fields of the task.
    """
    return Task(
        model=model,
        losses={
            "recognition": CTC(),
            "translation": TokenCrossEntropy(config.label_smoothing, per="sentence"),
        },
        weights={"recognition": config.recognition_weight},
        groups=parameter_groups(config, model),
        train=data["train"],
        dev=data["dev"],
        collate=Collator(data["train"].key, words.pad_token_id, model.start_token),
        settings=config.training,
        seed=config.seed,
        parts=model.parts(),
        **more,
    )


def parameter_groups(config: Any, model: SignGlossTranslator) -> list[dict[str, Any]]:
    """Group the optimiser's parameters: language model, glosses; head, mapper; trained S3D."""
    language = [*model.language_model.parameters(), *model.gloss_table.parameters()]
    new = [*model.recogniser.head.parameters(), *model.mapper.parameters()]
    groups = [
        {"params": language, "lr": config.training.learning_rate},
        {"params": new, "lr": config.head_learning_rate},
    ]
    if visual := [each for each in model.recogniser.s3d.parameters() if each.requires_grad]:
        groups.append({"params": visual, "lr": config.visual_learning_rate})
    return groups
