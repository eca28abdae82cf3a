"""The avatar's signs for PHOENIX-2014T's glosses. Needs SIGN2TEXT_PHOENIX, the corpus's folder."""

import os
from itertools import combinations
from pathlib import Path

import pytest

from sign2text.avatar.derived import look_of
from sign2text.avatar.glosses import GlossSigns
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import parameters_that_differ
from sign2text.avatar.sentences import plan_sentences
from sign2text.data.adapters import find_adapter
from sign2text.data.splits import SPLITS
from sign2text.stages.make_manifest import Config

FOLDER = os.environ.get("SIGN2TEXT_PHOENIX")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER, reason="SIGN2TEXT_PHOENIX does not name PHOENIX-2014T's folder"),
]


@pytest.fixture(scope="module")
def tables():
    settings = Config(adapter="phoenix", language="de")
    corpus = Path(FOLDER) / "checksums.tsv"
    return {split: find_adapter("phoenix").read_split(corpus, split, settings) for split in SPLITS}


def test_the_signs_of_all_gloss_types_differ(tables):
    glosses = {gloss for line in tables["train"]["gloss"] for gloss in line.split()}
    assert len(glosses) == 1085
    signs = GlossSigns(glosses)
    assert len(signs.signs) == 1030  # the others are negated by the face
    assert len(signs.signs.keys() & LEXICON.keys()) == 123
    assert len({look_of(sign) for sign in signs.signs.values()}) == 1030
    tokens = [signs.token(gloss) for gloss in glosses]
    assert len({(look_of(token.sign), token.negated) for token in tokens}) == 1085
    pairs = combinations(signs.signs.values(), 2)
    assert sum(len(parameters_that_differ(*pair)) == 1 for pair in pairs) == 80


def test_glosses_of_dev_and_test_change_no_sign(tables):
    lines = {split: table["gloss"] for split, table in tables.items()}
    train = {gloss for line in lines["train"] for gloss in line.split()}
    every = {gloss for split in SPLITS for line in lines[split] for gloss in line.split()}
    assert len(every) == 1115
    signs = GlossSigns(every).signs
    assert all(signs[name] == sign for name, sign in GlossSigns(train).signs.items())


def test_every_clip_can_be_signed(tables):
    corpus = plan_sentences(tables, source="phoenix", language="de", seed=1)
    assert {split: len(corpus.clips[split]) for split in SPLITS} == {
        "train": 7096,
        "dev": 519,
        "test": 642,
    }
    assert len({clip.signer for clip in corpus}) == 9
