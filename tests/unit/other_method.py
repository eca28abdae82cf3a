"""A second method for tests of pages: other trainings, other parts, its own tables and counts."""

import sys

import pytest

from sign2text.config.methods import Counts, Method, Norms, Part, find_methods
from sign2text.papers.directions import Ablation

MMTLB = Method(
    trainings=("learn_glosses", "learn_sentences"),
    translating=("learn_sentences",),
    translators={},
    clips=(),
    said=("learning_rate",),
    norms=Norms(
        parts={
            "visual": Part("visual part", {"learn_sentences": "S3D"}),
            "mapper": Part("mapper", {"learn_sentences": "V-L mapper"}),
        },
        named_with="mapper",
        misleading=("The mapper is small.",),
        values="other_method:count_values",
    ),
    losses={"learn_glosses": "CTC in nats a gloss"},
    ablations={
        "6": Ablation(
            "what the mapper reads",
            {
                "Gloss2Text": "glosses",
                "Sign2Gloss2Text": "recognised glosses",
                "Sign2Text w/ Gloss Logits": "logits",
                "Sign2Text w/ Gloss Reps": "representations",
                "Sign2Text w/ S3D Features": "features",
            },
            argument=(("Sign2Text w/ Gloss Reps", "Sign2Text w/ S3D Features"),),
        )
    },
    timed="learn_glosses",
    figures={"mappers": "compare"},
)
SIGN2GPT = Method(
    trainings=("train_prompts",),
    translating=("train_prompts",),
    translators={},
    clips=(),
    counts=Counts("other_method:count_parameters", "a model made up for this test"),
)
"""A method without parts."""


def count_values(model, settings):
    """As `Norms.values`: the model is not looked at."""
    return {"visual": 30, "mapper": settings["learning_rate"]}


def count_parameters(row, setting):
    """As `Counts.function`."""
    return {"params": 1_234_567, "trainable": 1000, "bleu4": 5}


@pytest.fixture
def other_methods(monkeypatch):
    """FLa-LLM with both of these beside it, wherever methods are looked up."""
    known = find_methods()
    monkeypatch.setitem(sys.modules, "other_method", sys.modules[__name__])
    monkeypatch.setitem(known, "mmtlb", MMTLB)
    monkeypatch.setitem(known, "sign2gpt", SIGN2GPT)
    return known
