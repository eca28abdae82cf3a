"""Base class of translators: the interface of decode, translate and the scoring of dev.

A method's class derives from `Translator` and is named in its `Method.translators`. It may be an
encoder-decoder, a decoder-only language model that takes features as a prefix, or a recogniser that
finds words by a CTC beam search.
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
from sign2text.models.model_base import TrainedModel
from sign2text.models.trained_model import load_trained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Given = Mapping[str, Path]
"""Paths of a split's stores, by the names of decode's options."""
Hypothesis = tuple[str, float]
"""A sentence, and its score: the length-normalised log-probability."""


class SeenGloss(NamedTuple):
    """A gloss that was recognised in a clip."""

    gloss: str
    first: int
    """First frame of the gloss among the frames that the model reads, counted from 0."""
    last: int
    """Last frame of the gloss, inclusive."""


Glosses = Sequence[SeenGloss]
"""Glosses of a clip in their order."""


class Translator(TrainedModel, ABC):
    """A trained model that writes sentences about clips.

    A batch is a dictionary: `lengths`, int64 [B], the steps of each clip, and the other inputs that
    `read_clips` provides, by name.
    """

    reads: ClassVar[tuple[str, ...]]
    """Options of decode that the model uses: of frames, features, landmarks and text."""
    writes_glosses: ClassVar[bool] = False
    """True if `translate` gives glosses too."""

    @property
    def positions(self) -> int | None:
        """Most steps of a clip, or tokens of a sentence; None if there is no limit."""
        return None

    @property
    def frame_rate(self) -> float | None:
        """Frames a second of the training clips; None if unknown or if no frames are read."""
        return getattr(self.config, "frame_rate", None)

    def steps_of(self, frames: int) -> int:
        """Return the language model's steps for `frames` frames, or for lengths of a batch.

        The number stays the same, unless a model that shortens time overrides this.
        """
        return frames

    @property
    def own_language(self) -> str | None:
        """Language that is written unless `write_in` chooses another; None if unknown."""
        return getattr(self.config, "language", None)

    def write_in(self, language: str) -> None:
        """Choose the language of the sentences that are generated from now on, such as `en`.

        Models that write several languages override this.

        Raises:
            InputError: the model does not write it; here, it is not `language` of config.json.
        """
        if language != self.own_language:
            own = self.own_language or "the language of its training sentences"
            raise InputError(
                f"language: found {language}, but a {self.config.model_type} writes {own} alone. "
                "Leave the language out, or choose a model that writes several."
            )

    def accept_any_extractor(self) -> None:
        """Read landmarks of any extractor from now on, also of another than in training.

        Raises:
            InputError: the model reads no landmarks of new clips.
        """
        raise InputError(
            f"--any-extractor: given, but a {self.config.model_type} extracts no landmarks. Leave "
            "it out."
        )

    def parts(self) -> dict[str, torch.nn.Module]:
        """Return the parts for which training records norms, by their names in `Norms.parts`."""
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
        """Open the clips `ids` of a split in the form that this model reads.

        Args:
            targets: tokens of the sentences, if known.
            given: paths of the split's stores, by the names in `reads`; None: not given.
            seed: seed of everything random about training clips; None: as in evaluation.
            option: prefix of the names in the command line's options, such as `train-`; for
                messages.

        Raises:
            InputError: the model cannot use a given store, or a store is missing.
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
        """Open clips as `read_clips` does; `given` has only names in `reads`."""

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        """Prepare a new clip like the corpus's clips in evaluation, as a batch of one.

        Args:
            video: a video file, or a folder of frames.

        Raises:
            InputError: the video cannot be read; by its header, before decoding, it has more
                sampled frames than the model has positions; or the model reads no images.
        """
        raise InputError(
            f"{video}: a {self.config.model_type} takes no pictures; it reads "
            f"{' or '.join(self.reads)}. Translate clips of a corpus by the stage decode."
        )

    def read_text(self, lines: Sequence[str]) -> dict[str, torch.Tensor]:
        """Prepare lines of text like the corpus's lines in evaluation, as a batch.

        Args:
            lines: for example gloss lines as in manifests (NFC, words one space apart), none empty.

        Raises:
            InputError: the model cannot read a line, or reads no text.
        """
        raise InputError(
            f"a {self.config.model_type} reads {' or '.join(self.reads)}, and no text. Give it "
            "clips of signing."
        )

    def read_sentences(self, sentences: Sequence[str], language: str) -> dict[str, torch.Tensor]:
        """Prepare sentences of `language`, none empty, for translation, as a batch.

        Models that have learned machine translation too override this.

        Raises:
            InputError: the model translates no sentences, or none of this language.
        """
        raise InputError(
            f"decode.pivot: found true, but a {self.config.model_type} translates no sentences of "
            f"{language}; expected false. Leave the key out."
        )

    @abstractmethod
    def to_features(self, lengths: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the features [sum(N), C] of a batch, the input of `generate`."""

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
        """Search for the sentences of a batch's features [sum(N), C].

        Returns:
            token ids, int64 [B * num_return_sequences, L], grouped by clip with the best first, and
            their scores, float [B * num_return_sequences].

        Raises:
            NotImplementedError: the class overrides `hypotheses` instead.
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
            tokenizer: the tokenizer that was saved with the model.
            inputs: a batch on the model's device.
            length_penalty: exponent of the length that divides a beam's score.
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

        Models that also recognise glosses override this, to compute the shared part once.

        Args:
            settings: see `hypotheses`.

        Returns:
            the result of `hypotheses`, and the glosses of each clip; None if the model writes none.
        """
        return self.hypotheses(tokenizer, inputs, **settings), None


def load_translator(folder: Path) -> Translator:
    """Load the translator that a training stage wrote, in evaluation mode.

    Raises:
        InputError: see `load_trained`.
    """
    return load_trained(folder, Translator)


def sentences(tokenizer: PreTrainedTokenizerFast, sequences: torch.Tensor) -> list[str]:
    """Decode tokens [B, L] to B sentences in NFC without special tokens, words one space apart."""
    texts = tokenizer.batch_decode(sequences, skip_special_tokens=True)
    return [composed(text) for text in texts]
