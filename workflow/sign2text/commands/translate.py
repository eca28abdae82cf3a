"""From a clip of signing to sentences, with a translator that a method has trained."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from sign2text.config import methods
from sign2text.ground.device import best_device
from sign2text.ground.errors import InputError
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
        """Return the best sentences for a clip with their length-normalised log-probabilities."""
        inputs = self.model.read_video(clip)
        steps, limit = int(inputs["lengths"].max()), self.model.positions
        if limit is not None and steps > limit:
            raise InputError(
                f"{clip}: {steps} sampled frames found, at most {limit} "
                "expected, the positions of the model. Cut the clip into sentences."
            )
        (found,) = self.model.hypotheses(
            self.tokenizer,
            to_device(inputs, self.model.device),
            beams=beams,
            max_new_tokens=max_new_tokens,
            count=hypotheses,
        )
        return [(text, round(score, 4)) for text, score in found]


def find_model(folder: Path) -> Path:
    """Find the folder with the translator: that of a translating stage in `folder`, or itself.

    Where an experiment has several, its method's last one translates, as in decode.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder. Train a model first: snakemake --cores all {folder}.bleu"
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
    stages = (stage for method in methods.find_methods().values() for stage in method.translating)
    raise InputError(
        f"{folder}: holds no model that translates, which would be in a folder of it: "
        f"{', '.join(dict.fromkeys(stages))}. If the experiment shares the model of its `base` "
        "(see config.yaml), give that experiment's folder; otherwise train it: snakemake --cores "
        f"all {folder}.bleu"
    )
