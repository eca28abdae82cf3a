"""BLEURT: a trained model rates how well a hypothesis conveys the meaning of its reference.

The model is a local folder with a sequence classifier of transformers with one label. Published
models come in other formats: a TensorFlow checkpoint, weights saved by torch, a model with custom
code. They are converted once, outside this project. This module reads only safetensors and the
architectures that transformers includes, so that a loaded file cannot run code.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WANTED = (
    "Expected a sequence classifier of transformers with one label: config.json, model.safetensors "
    "and the tokenizer's files, such as BLEURT converted to a BertForSequenceClassification and "
    "saved with save_pretrained."
)
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
"""Files of which a tokenizer needs one; without any, transformers may make an empty tokenizer."""
_SIZES = {"input_ids": "vocab_size", "token_type_ids": "type_vocab_size"}
"""For each kind of id from the tokenizer, the configuration's key for the number of rows."""
MOST_TOKENS = 512
"""Maximum number of tokens of reference and hypothesis together, BLEURT's own limit."""


def bleurt_scores(
    folder: Path, hypotheses: Sequence[str], references: Sequence[str], batch_size: int = 32
) -> list[float]:
    """Score each hypothesis against its reference, in their order.

    The model determines the scale, mostly about 0 to 1; papers multiply by 100. A pair that is
    longer than the model allows is truncated, the longer side first. Runs on the GPU if there is
    one.

    Args:
        folder: folder with the model and its tokenizer.
        hypotheses: one per clip.
        references: one per clip.
        batch_size: pairs per batch; pairs of similar length share a batch, which does not change
            the scores.

    Raises:
        InputError: the folder has no such model, see `load_bleurt`; the tokenizer belongs to a
            larger model; a score is not finite.
        ValueError: the numbers of hypotheses and references differ, or there are none.
    """
    import torch

    from sign2text.text.tokenizer import using

    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(
            f"{len(hypotheses)} hypotheses for {len(references)} references; expected as many of "
            "each, and at least one"
        )
    model, tokenizer = load_bleurt(folder)
    # The published models expect the reference first.
    with using(folder / "tokenizer.json", WANTED):
        pairs = tokenizer(
            list(references),
            list(hypotheses),
            truncation=True,
            max_length=_most_tokens(model, tokenizer),
        )
    _check_ids(pairs, model, folder)
    lengths = [len(ids) for ids in pairs["input_ids"]]
    longest_first = sorted(range(len(lengths)), key=lambda clip: -lengths[clip])
    scores = [0.0] * len(lengths)
    with torch.inference_mode():
        for start in range(0, len(lengths), batch_size):
            clips = longest_first[start : start + batch_size]
            batch = tokenizer.pad(
                {name: [values[clip] for clip in clips] for name, values in pairs.items()},
                return_tensors="pt",
            ).to(model.device)
            # [B, 1] -> [B]
            logits = model(**batch).logits.squeeze(1).tolist()
            for clip, score in zip(clips, logits, strict=True):
                scores[clip] = score
    if unfit := [score for score in scores if not math.isfinite(score)]:
        raise InputError(
            f"{folder}: {len(unfit)} of {len(scores)} scores are {unfit[0]}, expected finite "
            f"numbers; its weights are damaged. {WANTED}"
        )
    return scores


def load_bleurt(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load the model, ready to score on the best device, and its tokenizer.

    Raises:
        InputError: there is no safetensors file or no tokenizer, the configuration requires custom
            code or an architecture that transformers does not have, the model does not have
            exactly one label, weights are missing, or there is no padding token.
    """
    import torch
    from transformers import AutoModelForSequenceClassification
    from transformers.utils.logging import disable_progress_bar

    from sign2text.ground.device import best_device
    from sign2text.models.loading import load_config, load_model
    from sign2text.text.published_tokenizer import library_tokenizer
    from sign2text.untrusted.model_folder import check_folder

    _check_files(folder)
    check_folder(folder, WANTED)
    disable_progress_bar()  # loading takes only a moment
    config = load_config(folder, advice=WANTED)
    if config.num_labels != 1:
        raise InputError(
            f"{folder / 'config.json'}: {config.num_labels} labels found, expected 1, the "
            f"score. {WANTED}"
        )
    tokenizer = library_tokenizer(folder, WANTED)
    if tokenizer.pad_token_id is None:
        raise InputError(
            f"{folder / 'tokenizer_config.json'}: no pad_token found, which pairs of unlike length "
            f"need. {WANTED}"
        )
    model, report = load_model(
        AutoModelForSequenceClassification,
        folder,
        config,
        advice=WANTED,
        cut=WANTED,
        dtype=torch.float32,
    )
    if report["missing_keys"]:
        raise InputError(
            f"{folder}: missing weights: {sorted(map(str, report['missing_keys']))[:5]}. They "
            f"would be random, and so would the scores. {WANTED}"
        )
    return model.eval().to(best_device()), tokenizer


def _check_files(folder: Path) -> None:
    """Refuse an incomplete folder, or a model with custom code."""
    if not is_file(folder / "config.json"):
        raise InputError(f"{folder / 'config.json'}: missing. {WANTED}")
    names = sorted(path.name for path in folder.iterdir())
    found = ", ".join(names)
    if not any(folder.glob("model*.safetensors")):
        raise InputError(f"{folder}: no model.safetensors, found {found}. {WANTED}")
    if not any(fnmatch.filter(names, pattern) for pattern in VOCABULARIES):
        raise InputError(
            f"{folder}: no tokenizer, none of {', '.join(VOCABULARIES)}, found {found}. {WANTED}"
        )
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if not is_file(path):
            continue
        settings = read_json(path, advice=WANTED)
        if not isinstance(settings, dict) or "auto_map" in settings:
            raise InputError(
                f"{path}: 'auto_map' found, so the model brings code of its own, which is never "
                f"run. {WANTED}"
            )


def _check_ids(pairs: Mapping[str, list[list[int]]], model: PreTrainedModel, folder: Path) -> None:
    """Refuse ids beyond the model's embedding tables."""
    for name, key in _SIZES.items():
        rows = getattr(model.config, key, None)
        largest = max((max(ids, default=0) for ids in pairs.get(name, ())), default=0)
        if rows and largest >= rows:  # 0: the model has no such table
            raise InputError(
                f"{folder}: its tokenizer gives {name} up to {largest}, but {key} of its "
                f"config.json is {rows}. One of both is of another model. {WANTED}"
            )


def _most_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the length of the longest pair that both tokenizer and model allow."""
    positions = getattr(model.config, "max_position_embeddings", None) or MOST_TOKENS
    return min(tokenizer.model_max_length, positions, MOST_TOKENS)
