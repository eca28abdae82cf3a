"""Glosses of the real PHOENIX-2014T: what cleaning removes, and what train does not know."""

import itertools
import math

import pandas as pd
import pytest

from sign2text.data.adapters import phoenix
from sign2text.ground.errors import InputError
from sign2text.scoring.gloss_cleaning import clean_phoenix
from sign2text.stages.make_manifest import Config
from sign2text.text.gloss_vocabulary import GlossVocabulary
from sign2text.text.short_clips import clips_to_align

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def lines(phoenix_folder, tmp_path_factory) -> dict[str, pd.Series]:
    """The glosses of each split, by clip."""
    raw = tmp_path_factory.mktemp("phoenix")
    (raw / "PHOENIX-2014-T").symlink_to(phoenix_folder.resolve())
    settings = Config(adapter="phoenix", language="de")
    return {
        split: phoenix.read_split(raw / "checksums.tsv", split, settings).set_index("id")["gloss"]
        for split in phoenix.SPLITS
    }


@pytest.mark.parametrize(("split", "removed"), [("train", 65), ("dev", 1), ("test", 5)])
def test_cleaning_removes_neighbours_that_repeat_and_nothing_else(lines, split, removed):
    count = 0
    for line in lines[split]:
        glosses = line.split()
        once = [gloss for gloss, _ in itertools.groupby(glosses)]
        assert clean_phoenix(line).split() == once
        count += len(glosses) - len(once)
    assert count == removed


def test_types_of_train_and_those_that_it_lacks(lines):
    vocabulary = GlossVocabulary.of(lines["train"])
    assert len(vocabulary.types) == 1085
    assert len(vocabulary.unknown(lines["dev"])) == 12
    assert len(vocabulary.unknown(lines["test"])) == 19


def test_one_training_clip_is_too_short_for_its_glosses(lines, phoenix_folder):
    """At a quarter of its frames, which are halved and rounded up twice."""
    table = pd.read_csv(phoenix_folder / "annotations/frames.train.csv").set_index("name")
    glosses = lines["train"]
    frames = table["num_frames"].loc[glosses.index]
    steps = [math.ceil(math.ceil(count / 2) / 2) for count in frames]
    vocabulary = GlossVocabulary.of(glosses)
    classes = [vocabulary.classes(line) for line in glosses]
    with pytest.raises(InputError, match=r"^clip '\S+': \d+ steps found, [^,]+\. CTC"):
        clips_to_align(glosses.index, steps, classes)
    assert len(clips_to_align(glosses.index, steps, classes, "skip")) == 7095
