"""Published models: from a folder, or from the Hugging Face hub by name and revision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2text.errors import InputError

WEIGHTS = ("model*.safetensors*", "pytorch_model*.bin*")
"""Patterns of weights: a model's safetensors, or where it has none what torch saved."""


def fetch_model(name: str, revision: str, patterns: Sequence[str]) -> Path:
    """As `fetch`, with the model's weights.

    Weights that torch saved are read by transformers with `weights_only`, so they run no code; the
    stages write safetensors, which converts them once.

    Raises:
        InputError: as `fetch`; or there are no weights.
    """
    for weights in WEIGHTS:
        folder = fetch(name, revision, [*patterns, weights])
        if any(folder.glob(weights)):
            return folder
    raise InputError(
        f"published model '{name}' (revision {revision}): no weights in {folder}, expected "
        f"{' or '.join(WEIGHTS)}. Name another revision, or put the weights there."
    )


def fetch(name: str, revision: str, patterns: Sequence[str]) -> Path:
    """The folder with a published model's files; a hub download resumes and is cached.

    Args:
        name: a folder on this machine, or a name on the hub such as facebook/mbart-large-cc25.
        revision: branch, tag or commit on the hub.
        patterns: which files are wanted.

    Raises:
        InputError: there is no such folder and the hub cannot be reached or has no such model.
    """
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(patterns)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"published model '{name}' (revision {revision}): no such folder, and the hub did not "
            f"give it ({reason}). Check the name and the network, or download the model elsewhere "
            "and give its folder as the setting `published`."
        ) from error
