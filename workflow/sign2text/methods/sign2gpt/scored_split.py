"""A split whose pseudo-glosses were scored: how many are right, and where they are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from sign2text.data.annotation_file import read_numbers
from sign2text.data.clips import EncodedClips
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.data.rendered_files import read_rendered
from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import Over
from sign2text.methods.sign2gpt.localisation import Case, Match, Sign, cases_of, summary
from sign2text.methods.sign2gpt.pseudo_gloss_f1 import quality, score_clips
from sign2text.methods.sign2gpt.pseudo_gloss_targets import targets_of
from sign2text.models.trained_model import load_trained
from sign2text.text.pseudo_glosses import PseudoGlossVocabulary, read_pseudo_glosses

if TYPE_CHECKING:
    from sign2text.methods.sign2gpt.prototype_model import PrototypeModel

THRESHOLD = 0.5
"""Score from which the public code counts a pseudo-gloss as found."""


def load_prototypes(model: Path, words: PseudoGlossVocabulary, vocabulary: Path) -> PrototypeModel:
    """Load a pretrained model, whose weights are the file `model`.

    Args:
        words: content of the file `vocabulary`.

    Raises:
        InputError: the model has no prototypes, or those of another vocabulary.
    """
    from sign2text.methods.sign2gpt.prototype_model import PrototypeModel

    network = load_trained(model.parent, PrototypeModel)
    if list(network.config.pseudo_glosses) != words.words:
        raise InputError(
            f"{model}: has prototypes of {len(network.config.pseudo_glosses)} pseudo-glosses, "
            f"expected the {len(words.words)} of {vocabulary}. Run pretrain_prototypes again, with "
            "at least one epoch."
        )
    return network


class ScoredSplit:
    """The clips of a split, the scores of all pseudo-glosses, and the evidence of their own."""

    def __init__(
        self,
        model: PrototypeModel,
        words: PseudoGlossVocabulary,
        split: str,
        frames: Path,
        manifest: Path,
        pseudo_glosses: Path,
        encoded: Path | None,
        *,
        over: Over = map,
        choose: Callable[[Sequence[Sequence[int]]], Sequence[int]] | None = None,
    ) -> None:
        """Score the clips in a manifest.

        Args:
            choose: select rows of the manifest from the targets of all; None: score all clips.

        Raises:
            InputError: the files are of different clips, or none has a pseudo-gloss.
        """
        table, self.store = read_manifest(manifest), FrameStore(frames)
        self.split, self.total = split, len(table)
        lines = read_pseudo_glosses(pseudo_glosses, table["id"].tolist())
        targets = targets_of(lines, words, pseudo_glosses)
        rows = range(len(table)) if choose is None else choose(targets)
        self.table = table.iloc[list(rows)]
        self.ids = self.table["id"].tolist()
        self.lines, self.targets = [lines[row] for row in rows], [targets[row] for row in rows]
        features = FeatureStore(encoded) if encoded else None
        clips = model.open_clips(self.store, self.ids, self.targets, None, features)
        self.scores, self.evidence = score_clips(model, clips, over)
        sampled = clips.clips if isinstance(clips, EncodedClips) else clips
        self.rates = [self.store.format.fps or float(each) for each in self.table["fps"]]
        every = 2**model.encoder.config.halvings  # sampled frames from one step to the next
        self.times = [
            (sampled.sample(clip, None)[::every] + 0.5) / rate
            for clip, rate in enumerate(self.rates)
        ]
        self.true = torch.zeros(self.scores.shape, dtype=torch.bool)
        for row, numbers in zip(self.true, self.targets, strict=True):
            row[numbers] = True

    def qualities(self, thresholds: Sequence[float]) -> list[dict[str, float]]:
        """Precision, recall, F1 and macro F1 in percent at each threshold of the score."""
        return [
            {"threshold": each, **quality(self.scores >= each, self.true)._asdict()}
            for each in thresholds
        ]

    def finds(self, threshold: float = THRESHOLD) -> dict[str, object]:
        """Count pseudo-glosses of each clip: those found rightly, found, and there."""
        found = self.scores >= threshold
        counts = {"right": found & self.true, "found": found, "there": self.true}
        return {
            "threshold": threshold,
            "ids": self.ids,
            **{name: each.sum(1).tolist() for name, each in counts.items()},
        }

    def signs(self, corpus: Path) -> list[list[Sign]]:
        """Read the signs of each clip, with their times, of a rendered corpus.

        Args:
            corpus: the list of its files.
        """
        path = corpus.parent / "annotations" / f"{self.split}.glosses.tsv"
        table = read_rendered(corpus, path, {"id", "gloss", "start", "end"})
        starts, ends = (read_numbers(path, table[column]) for column in ("start", "end"))
        signs: dict[str, list[Sign]] = {}
        for clip, *sign in zip(table["id"], table["gloss"], starts, ends, strict=True):
            signs.setdefault(clip, []).append(Sign(*sign))
        return [signs.get(clip, []) for clip in self.ids]

    def localise(self, corpus: Path, matches: Mapping[int, Match]) -> dict[str, object] | None:
        """Compare evidence with the times of the signs (see `localisation.summary`).

        Args:
            corpus: the list of a rendered corpus's files.
            matches: the sign of each pseudo-gloss.
        """
        signs = self.signs(corpus)
        cases: list[Case] = []
        for clip in range(len(self.ids)):
            heat = np.asarray(self.evidence[clip])
            own, times = self.targets[clip], self.times[clip]
            cases += cases_of(clip, heat, own, times, signs[clip], matches)
        return summary(cases, len(self.ids))
