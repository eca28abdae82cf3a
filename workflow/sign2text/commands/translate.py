"""From a clip of signing to sentences, with a model that finetune_llm or visual_init wrote."""

from __future__ import annotations

from pathlib import Path

import torch

from sign2text.data.clips import Collator
from sign2text.data.frame_store import FrameFormat, decode_frames
from sign2text.data.sampling import crop_offset, sample_indices
from sign2text.data.video import read_frames
from sign2text.ground.device import best_device
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.translator import load_translator
from sign2text.models.beam_search import sentences
from sign2text.text.tokenizer import load_tokenizer

STAGE = "finetune_llm"


class Translator:
    """A trained model and all that a new clip needs to go through it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: an experiment's results, or the folder of its finetune_llm or visual_init.

        With that of visual_init, Light-T translates. Raises InputError when no trained model of
        FLa-LLM is there.
        """
        folder = find_model(folder)
        self.model = load_translator(folder).to(best_device())
        self.tokenizer = load_tokenizer(folder)

    def read(self, clip: Path) -> torch.Tensor:
        """Sampled, cropped frames of a clip, uint8 [N, h, w, 3].

        They are compressed as in the frame store, so a clip of the corpus gets the features that
        the workflow gives it, and its translation where `decode` has its default settings.
        """
        config = self.model.config
        frame_format = FrameFormat(
            tuple(config.frame_size), config.frame_quality, config.frame_codec
        )
        images = [frame_format.encode(frame) for frame in read_frames(clip)]
        chosen = sample_indices(len(images), config.sampling_rate)
        frames = decode_frames(images[index] for index in chosen)
        height, width = config.crop_size
        top, left = crop_offset(frames.shape[1:3], (height, width))
        return torch.from_numpy(frames[:, top : top + height, left : left + width])

    @torch.inference_mode()
    def translate(
        self, clip: Path, *, beams: int = 5, hypotheses: int = 1, max_new_tokens: int = 150
    ) -> list[tuple[str, float]]:
        """The best sentences for a clip with their length-normalised log-probabilities."""
        batch = Collator("frames", 0, 0)([{"steps": self.read(clip), "target": None}])
        steps, limit = len(batch["frames"]), self.model.positions
        if limit is not None and steps > limit:
            raise InputError(
                f"{clip}: {steps} sampled frames found, at most {limit} "
                "expected, the positions of the model. Cut the clip into sentences."
            )
        lengths = batch["lengths"].to(self.model.device)
        features = self.model.to_features(lengths, frames=batch["frames"].to(self.model.device))
        sequences, scores = self.model.generate(
            features,
            lengths,
            num_beams=beams,
            num_return_sequences=hypotheses,
            max_new_tokens=max_new_tokens,
        )
        pairs = zip(sentences(self.tokenizer, sequences), scores.tolist(), strict=True)
        return [(text, round(score, 4)) for text, score in pairs]


def find_model(folder: Path) -> Path:
    """The folder with the translator: `folder` itself or its finetune_llm."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder. Train a model first: snakemake --cores all {folder}.bleu"
        )
    if (folder / STAGE).is_dir():
        return folder / STAGE
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder}: holds no {STAGE}/config.json. If the experiment shares the model of its "
            "`base` (see config.yaml), give that experiment's folder; otherwise train it: "
            f"snakemake --cores all {folder}.bleu"
        )
    return folder
