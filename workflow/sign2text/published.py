"""Published models: from a folder, or from the Hugging Face hub by name and revision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2text.errors import InputError


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
