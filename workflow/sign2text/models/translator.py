"""The class of models that translate: what decode, translate and the scoring of dev ask of one.

A method's class derives from `Translator` and is named in its `Method.translators`. It may be an
encoder-decoder, a decoder-only language model that takes features as a prefix, or a recogniser that
finds its words by a CTC beam search.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch

from sign2text.data.clips import Clips, Targets
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.models.trained_model import TrainedModel, load_trained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Given = Mapping[str, Path]
"""Paths of what is stored of a split, by the names of decode's options."""
Hypothesis = tuple[str, float]
"""A sentence, and its score: the length-normalised log-probability."""


class SeenGloss(NamedTuple):
    """A gloss that was recognised in a clip."""

    gloss: str
    first: int
    """The first frame of it, of those that the model was given, counted from 0."""
    last: int
    """The last one, which belongs to it too."""


Glosses = Sequence[SeenGloss]
"""Those of a clip in their order."""


class Translator(TrainedModel, ABC):
    """A trained model that writes sentences about clips.

    A batch is a dictionary: `lengths`, int64 [B], the steps of each clip, and the inputs that the
    clips of `read_clips` have beside it, by name.
    """

    reads: ClassVar[tuple[str, ...]]
    """Options of decode that it has a use for: of frames, features, landmarks and text."""
    writes_glosses: ClassVar[bool] = False
    """True if `translate` gives glosses too."""

    @property
    def positions(self) -> int | None:
        """The most steps of a clip, or tokens of a sentence; None where there is no limit."""
        return None

    @property
    def frame_rate(self) -> float | None:
        """Frames a second of the clips that it was trained on; None: unknown, or it reads none."""
        return getattr(self.config, "frame_rate", None)

    def steps_of(self, frames: int) -> int:
        """Return the steps that the language model reads of so many frames, or lengths of a batch.

        As many by default; a model whose encoder halves time overrides it.
        """
        return frames

    def parts(self) -> dict[str, torch.nn.Module]:
        """Parts whose norms a training records, by their names in `Method.parts`."""
        return {}

    def read_clips(
        self,
        ids: Sequence[str],
        targets: Targets,
        given: Mapping[str, Path | None],
        *,
        seed: int | None = None,
        option: str = "",
    ) -> Clips:
        """Open the clips `ids` of a split as this model reads them.

        Args:
            targets: their sentences' tokens, where they are known.
            given: paths of what is stored of the split, by the names of `reads`; None: not given.
            seed: of everything that is random about training clips; None reads as in evaluation.
            option: stands before the names in the command line's options, as `train-`; for
                messages.

        Raises:
            InputError: something is given that the model cannot use, or something is missing.
        """
        found = {name: path for name, path in given.items() if path is not None}
        for name in found:
            if name not in self.reads:
                options = " or ".join(f"--{option}{each}" for each in self.reads)
                raise InputError(
                    f"--{option}{name}: given, but a {self.config.model_type} cannot read it; "
                    f"expected {options}. Leave it out."
                )
        return self.open_clips(ids, targets, found, seed=seed, option=option)

    @abstractmethod
    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> Clips:
        """Open clips as `read_clips` says; `given` has no names but those of `reads`."""

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        """Prepare a new clip as evaluation prepares those of the corpus: a batch of one.

        Args:
            video: a video file, or a folder of frames.

        Raises:
            InputError: it cannot be read, has more sampled frames than the model has positions (by
                its header, before it is decoded), or such a model takes no pictures.
        """
        raise InputError(
            f"{video}: a {self.config.model_type} takes no pictures; it reads "
            f"{' or '.join(self.reads)}. Translate clips of a corpus by the stage decode."
        )

    def read_text(self, lines: Sequence[str]) -> dict[str, torch.Tensor]:
        """Prepare lines of text as evaluation prepares those of a corpus: a batch.

        Args:
            lines: such as gloss lines, as manifests have them (NFC, words one space apart), none
                empty.

        Raises:
            InputError: a line holds something that the model cannot read, or such a model reads no
                text.
        """
        raise InputError(
            f"a {self.config.model_type} reads {' or '.join(self.reads)}, and no text. Give it "
            "clips of signing."
        )

    @abstractmethod
    def to_features(self, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the features [sum(N), C] of a batch, which `generate` starts from."""

    def generate(
        self,
        features: torch.Tensor,
        lengths: torch.Tensor,
        *,
        num_beams: int,
        max_new_tokens: int,
        length_penalty: float = 1.0,
        num_return_sequences: int = 1,
        **settings: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Search the sentences of a batch's features [sum(N), C].

        Returns:
            token ids, int64 [B * num_return_sequences, L], those of a clip together and best first,
            and their scores, float [B * num_return_sequences].

        Raises:
            NotImplementedError: the class has `hypotheses` of its own instead.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: define generate, or hypotheses where no tokens are generated"
        )

    def hypotheses(
        self,
        tokenizer: PreTrainedTokenizerFast,
        inputs: Mapping[str, torch.Tensor],
        *,
        beams: int,
        max_new_tokens: int,
        length_penalty: float = 1.0,
        count: int = 1,
    ) -> list[list[Hypothesis]]:
        """Find the `count` best sentences of each clip of a batch, best first.

        Args:
            tokenizer: the one that was written with the model.
            inputs: a batch on the model's device.
            length_penalty: exponent of the length that a beam's score is divided by.
        """
        return self.search(
            tokenizer,
            self.to_features(**inputs),
            inputs["lengths"],
            beams=beams,
            max_new_tokens=max_new_tokens,
            length_penalty=length_penalty,
            count=count,
        )

    def search(
        self,
        tokenizer: PreTrainedTokenizerFast,
        features: torch.Tensor,
        lengths: torch.Tensor,
        *,
        beams: int,
        max_new_tokens: int,
        length_penalty: float = 1.0,
        count: int = 1,
    ) -> list[list[Hypothesis]]:
        """Find the `count` best sentences for features [sum(N), C] of clips of `lengths` [B]."""
        sequences, scores = self.generate(
            features,
            lengths,
            num_beams=beams,
            max_new_tokens=max_new_tokens,
            length_penalty=length_penalty,
            num_return_sequences=count,
        )
        found = list(zip(sentences(tokenizer, sequences), scores.tolist(), strict=True))
        return [found[first : first + count] for first in range(0, len(found), count)]

    def translate(
        self,
        tokenizer: PreTrainedTokenizerFast,
        inputs: Mapping[str, torch.Tensor],
        **settings: Any,
    ) -> tuple[list[list[Hypothesis]], list[Glosses] | None]:
        """Find the best sentences of each clip of a batch, and its glosses.

        Models that recognise glosses on their way override it, so that what both need is computed
        once.

        Args:
            settings: as `hypotheses` takes them.

        Returns:
            what `hypotheses` returns, and the glosses of each clip; None: such a model writes none.
        """
        return self.hypotheses(tokenizer, inputs, **settings), None


def load_translator(folder: Path) -> Translator:
    """Load the translator that a training stage wrote, in evaluation mode.

    Raises:
        InputError: as `load_trained`.
    """
    return load_trained(folder, Translator)


def sentences(tokenizer: PreTrainedTokenizerFast, sequences: torch.Tensor) -> list[str]:
    """Decode tokens [B, L] to B sentences in NFC without special tokens, words one space apart."""
    texts = tokenizer.batch_decode(sequences, skip_special_tokens=True)
    return [composed(text) for text in texts]
