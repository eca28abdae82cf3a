"""Translation of clips of signing, or lines of glosses, with a trained translator."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch

from sign2text.commands.translate_text import read_lines
from sign2text.config import methods
from sign2text.data.batches import batches_by_length
from sign2text.data.frames_at_rate import clip_rate
from sign2text.data.new_clip import check_steps
from sign2text.data.stored_paths import stored_videos
from sign2text.ground.device import best_device
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.files import FOLDER, NOTHING, is_utf8, kind_of
from sign2text.ground.memory import enough_memory
from sign2text.models.beam_search import BATCH_STEPS
from sign2text.models.trained_model import to_device
from sign2text.models.translator import Glosses, Hypothesis, load_translator
from sign2text.text.tokenizer import load_tokenizer

log = logging.getLogger(__name__)


class TimedGloss(NamedTuple):
    """A gloss of a clip, with its start and end."""

    gloss: str
    start: float | None
    """Seconds; None if the clip's frame rate is unknown, as for a folder of images."""
    end: float | None


class Translation(NamedTuple):
    """Translation of a clip."""

    hypotheses: list[Hypothesis]
    """The best sentences with their length-normalised log-probabilities, best first."""
    glosses: list[TimedGloss] | None
    """Recognised glosses; None for models that recognise none."""


class ClipTranslator:
    """A trained translator with its tokenizer, for clips and lines outside a corpus."""

    def __init__(
        self, folder: Path, language: str | None = None, *, any_extractor: bool = False
    ) -> None:
        """Load the translator of an experiment.

        Args:
            folder: an experiment's results, or the folder of one of its translating stages.
            language: language of the sentences; None: the model's own.
            any_extractor: accept landmarks of another extractor than that of training.

        Raises:
            InputError: the folder has no trained translator, or it does not write `language` or
                reads no landmarks.
        """
        folder = find_model(folder)
        self.model = load_translator(folder).to(best_device())
        self.tokenizer = load_tokenizer(folder)
        if language is not None:
            self.model.write_in(language)
        if any_extractor:
            self.model.accept_any_extractor()

    @property
    def reads_text(self) -> bool:
        """True if it translates lines of text, such as glosses, instead of clips."""
        return self.model.reads == ("text",)

    @property
    def writes_glosses(self) -> bool:
        """True if it also recognises the glosses of clips."""
        return self.model.writes_glosses

    def translate(self, clip: Path, **settings: int) -> list[Hypothesis]:
        """Return the best sentences for a clip as `translate_clip` does, without glosses."""
        return self.translate_clip(clip, **settings).hypotheses

    def translate_clip(
        self, clip: Path, *, beams: int = 5, hypotheses: int = 1, max_new_tokens: int = 150
    ) -> Translation:
        """Return the best sentences for a clip, and its glosses if the model recognises them.

        Raises:
            InputError: the clip cannot be read, has more sampled frames than the model has
                positions, or needs too much memory.
        """
        with _enough_memory(clip):
            # The typed name and the name on disk may have different Unicode forms.
            stored = Path(*stored_videos([str(clip)]))
            inputs = self.model.read_video(stored)
            steps = self.model.steps_of(int(inputs["lengths"].max()))
            check_steps(clip, steps, self.model.positions)
            (found,), glosses = self._search(inputs, beams, hypotheses, max_new_tokens)
        return Translation(found, glosses and self._in_seconds(stored, glosses[0]))

    def _in_seconds(self, clip: Path, glosses: Glosses) -> list[TimedGloss]:
        """Add times to glosses, by the model's frame rate, else by the clip's."""
        fps = self.model.frame_rate
        if fps is None and (rate := clip_rate(clip)) is not None:
            fps = rate.mean
        if not fps:
            return [TimedGloss(each.gloss, None, None) for each in glosses]
        return [
            TimedGloss(each.gloss, round(each.first / fps, 3), round((each.last + 1) / fps, 3))
            for each in glosses
        ]

    def translate_lines(
        self, path: Path, *, beams: int = 5, hypotheses: int = 1, max_new_tokens: int = 150
    ) -> list[tuple[str, list[Hypothesis]]]:
        """Return each normalised line of a text file with its best sentences, as `translate` does.

        An empty line has none. Lines of similar length are translated together.

        Raises:
            InputError: the file cannot be read, the model does not read text, or a line is too long
                for the model.
        """
        lines = read_lines(path)
        numbers = [number for number, line in enumerate(lines) if line]
        steps = [self._steps_of_line(path, number + 1, lines[number]) for number in numbers]
        found: list[list[Hypothesis]] = [[] for _ in lines]
        for batch in batches_by_length(steps, BATCH_STEPS):
            chosen = [numbers[place] for place in batch]
            inputs = self.model.read_text([lines[number] for number in chosen])
            with _enough_memory(path):
                searched, _ = self._search(inputs, beams, hypotheses, max_new_tokens)
            for number, best in zip(chosen, searched, strict=True):
                found[number] = best
        return list(zip(lines, found, strict=True))

    def _steps_of_line(self, path: Path, number: int, line: str) -> int:
        """Return the model's steps for a line; raise InputError if it cannot take the line."""
        place = f"{path}, line {number}"
        try:
            steps = int(self.model.read_text([line])["lengths"][0])
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        if (most := self.model.positions) is not None and steps > most:
            raise InputError(
                f"{place}: {steps} steps found, at most {most} expected, the positions of the "
                "model. Cut the line into sentences."
            )
        return steps

    @torch.inference_mode()
    def _search(
        self, inputs: Mapping[str, torch.Tensor], beams: int, count: int, max_new_tokens: int
    ) -> tuple[list[list[Hypothesis]], list[Glosses] | None]:
        """Find the `count` best sentences of each clip in a batch, with scores rounded to 4 digits.

        Also return the clips' glosses, or None if the model recognises none.
        """
        found, glosses = self.model.translate(
            self.tokenizer,
            to_device(inputs, self.model.device),
            beams=beams,
            max_new_tokens=max_new_tokens,
            count=count,
        )
        return [[(text, round(score, 4)) for text, score in each] for each in found], glosses


@contextmanager
def _enough_memory(path: Path) -> Iterator[None]:
    """Turn exhausted memory, also a GPU's, into a MemoryShortError that names `path`."""
    try:
        with enough_memory(path):
            yield
    except torch.OutOfMemoryError as error:
        raise MemoryShortError(
            f"{path}: {error}. Give fewer --beams, or cut the clip into sentences."
        ) from error


def find_model(folder: Path) -> Path:
    """Find the folder with the translator: a translating stage's in `folder`, or `folder` itself.

    If an experiment has several, the last one of its method translates, as in decode.
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
