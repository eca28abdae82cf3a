"""From a clip of signing to sentences, with a translator that a method has trained."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from sign2text.config import methods
from sign2text.data.new_clip import check_steps
from sign2text.data.stored_paths import stored_videos
from sign2text.ground.device import best_device
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.files import FOLDER, NOTHING, is_utf8, kind_of
from sign2text.ground.memory import enough_memory
from sign2text.models.trained_model import to_device
from sign2text.models.translator import load_translator
from sign2text.text.tokenizer import load_tokenizer

log = logging.getLogger(__name__)


class ClipTranslator:
    """A trained translator with its tokenizer, for clips outside every corpus."""

    def __init__(self, folder: Path) -> None:
        """Load the translator of an experiment.

        Args:
            folder: an experiment's results, or the folder of one of its stages that translate.

        Raises:
            InputError: no trained translator is there.
        """
        folder = find_model(folder)
        self.model = load_translator(folder).to(best_device())
        self.tokenizer = load_tokenizer(folder)

    @torch.inference_mode()
    def translate(
        self, clip: Path, *, beams: int = 5, hypotheses: int = 1, max_new_tokens: int = 150
    ) -> list[tuple[str, float]]:
        """Return the best sentences for a clip with their length-normalised log-probabilities.

        Raises:
            InputError: the clip cannot be read, has more sampled frames than the model has
                positions, or takes more memory than there is.
        """
        try:
            with enough_memory(clip):
                # A name is typed in one Unicode form, and may be on the disk in another.
                stored = Path(*stored_videos([str(clip)]))
                inputs = self.model.read_video(stored)
                check_steps(clip, int(inputs["lengths"].max()), self.model.positions)
                (found,) = self.model.hypotheses(
                    self.tokenizer,
                    to_device(inputs, self.model.device),
                    beams=beams,
                    max_new_tokens=max_new_tokens,
                    count=hypotheses,
                )
        except torch.OutOfMemoryError as error:
            raise MemoryShortError(
                f"{clip}: {error}. Give fewer --beams, or cut the clip into sentences."
            ) from error
        return [(text, round(score, 4)) for text, score in found]


def find_model(folder: Path) -> Path:
    """Find the folder with the translator: that of a translating stage in `folder`, or itself.

    Where an experiment has several, its method's last one translates, as in decode.
    """
    if (found := kind_of(folder)) == NOTHING:
        raise InputError(
            f"{folder}: no such folder. Train a model first: snakemake --cores all {folder}.bleu"
        )
    if found != FOLDER:
        raise InputError(
            f"{folder}: {found} found, expected the folder of an experiment's results, such as "
            "results/avatar/fla_llm. Correct --model."
        )
    if not is_utf8(folder):
        raise InputError(
            f"{folder}: its name is not UTF-8, and the libraries that read models take no other. "
            "Rename the folder."
        )
    if (folder / "config.json").is_file():
        return folder
    for method in methods.find_methods().values():
        last, *others = reversed(method.translating)
        for stage in (last, *others):
            if (folder / stage).is_dir():
                if stage != last:
                    log.warning("%s: has no %s; the model of %s translates", folder, last, stage)
                return folder / stage
    stages = [stage for method in methods.find_methods().values() for stage in method.translating]
    below = sorted({each.parent for stage in stages for each in folder.glob(f"*/{stage}")})
    if below:
        raise InputError(
            f"{folder}: holds no model itself, but experiments that do: "
            f"{', '.join(map(str, below[:5]))}. Give one of them to --model."
        )
    raise InputError(
        f"{folder}: holds no model that translates, which would be in a folder of it: "
        f"{', '.join(dict.fromkeys(stages))}. If the experiment shares the model of its `base` "
        "(see config.yaml), give that experiment's folder; otherwise train it: snakemake --cores "
        f"all {folder}.bleu"
    )
