"""Recognition of a split's glosses by a model, and the word error rate that selects weights."""

from collections import defaultdict

import numpy as np
import pytest
import torch

from sign2text.data.clips import Clips, join_steps
from sign2text.ground.errors import InputError
from sign2text.models.recognition import recognise
from sign2text.scoring.gloss_cleaning import NONE, rules_of
from sign2text.text.gloss_vocabulary import GlossVocabulary
from sign2text.training.dev_wer import DevWer

WORDS = GlossVocabulary(["NORD", "REGEN", "loc-NORD"])
REGEN, NORD, LOC_NORD = 2, 1, 3
SAID = [[REGEN, REGEN, 0, REGEN], [NORD], [0, NORD, LOC_NORD], [0, 0]]


class Spoken(Clips):
    """Clips with the model's classes as their steps."""

    key = "classes"

    def __init__(self, said):
        self.said, self.lengths = said, [*map(len, said)]
        self.ids = [f"clip{number}" for number in range(len(said))]

    def __len__(self):
        return len(self.said)

    def inputs(self, clips, epoch=0):
        return join_steps(self.key, [torch.tensor(self.said[int(clip)]) for clip in clips])


class Stub:
    """A model that is sure of each step's class, or unsure as in `probabilities`."""

    device = torch.device("cpu")

    def __init__(self, probabilities=None):
        self.probabilities, self.batches = probabilities, []

    def gloss_log_probs(self, inputs):
        assert not torch.is_grad_enabled()
        self.batches.append(inputs["lengths"].tolist())
        parts = inputs["classes"].split(self.batches[-1])
        table = np.full((4, 4), 0.01) + 0.96 * np.eye(4)
        if self.probabilities is not None:
            table = np.tile(self.probabilities, (4, 1))
        return [np.log(table[part.numpy()]) for part in parts]


def test_lines_come_in_the_clips_order_whatever_the_batches():
    for steps in (1, 4, 100):
        model = Stub()
        lines = recognise(model, Spoken(SAID), WORDS, beams=5, batch_steps=steps)
        assert lines == ["REGEN REGEN", "NORD", "NORD loc-NORD", ""]
        assert (len(model.batches) == 1) == (steps == 100)


def test_one_beam_is_the_best_path_and_more_sum_over_alignments():
    """With blank 0.6 and NORD 0.4 in two steps, NORD has the more probable alignments."""
    model, clips = Stub([0.6, 0.4 - 2e-12, 1e-12, 1e-12]), Spoken([[0, 0]])
    assert recognise(model, clips, WORDS, beams=1) == [""]
    assert recognise(model, clips, WORDS, beams=2) == ["NORD"]
    assert DevWer(WORDS, clips, ["NORD"], NONE)(model) == 100
    assert DevWer(WORDS, clips, ["NORD"], NONE, beams=2)(model) == 0


@pytest.mark.parametrize(("adapter", "expected"), [("avatar", 50.0), ("phoenix", 25.0)])
def test_it_is_the_rate_of_the_corpus_by_its_rules(adapter, expected):
    """One word of each clip is wrong, of 6; cleaned, only UNKNOWN of 4. One has no glosses."""
    references = ["REGEN REGEN loc-REGEN", "NORD UNKNOWN", "loc-NORD", ""]
    measure = DevWer(WORDS, Spoken(SAID), references, rules_of(adapter))
    assert measure(Stub()) == pytest.approx(expected)


def test_batches_are_shared_by_what_goes_over_them():
    calls = defaultdict(int)

    def over(function, items):
        calls["batches"] += len(items)
        return map(function, items)

    assert (
        DevWer(WORDS, Spoken(SAID), ["REGEN REGEN", "NORD", "NORD", ""], NONE)(Stub(), over) == 25
    )
    assert calls["batches"]


@pytest.mark.parametrize("references", [["", " "], ["__ON__", ""]])
def test_a_dev_split_without_glosses_is_refused(references):
    with pytest.raises(InputError, match="dev: 2 clips found and none with glosses"):
        DevWer(WORDS, Spoken(SAID[:2]), references, rules_of("phoenix"))
