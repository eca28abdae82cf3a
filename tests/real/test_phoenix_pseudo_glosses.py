"""Number of PHOENIX-2014T's words in Sign2GPT's table 1a, counted on the real corpus."""

import pandas as pd
import pytest

from sign2text.data.adapters import phoenix
from sign2text.data.manifest import write_manifest
from sign2text.methods.sign2gpt.stages import generate_pseudo_glosses
from sign2text.stages.make_manifest import Config
from sign2text.text.pseudo_glosses import PseudoGlossVocabulary, read_vocabulary

pytestmark = pytest.mark.real

TRAIN, ALL = 2887, 3000
"""Words in table 1a: in the training split, and in all splits."""
LEMMAS_TRAIN, LEMMAS_ALL = 1911, 1983
"""Pseudo-glosses by simplemma 2.0.0, as measured here; the paper has 2,533, by de_core_news_lg."""


@pytest.fixture(scope="module")
def tables(phoenix_folder, tmp_path_factory) -> dict[str, pd.DataFrame]:
    raw = tmp_path_factory.mktemp("phoenix")
    (raw / "PHOENIX-2014-T").symlink_to(phoenix_folder.resolve())
    settings = Config(adapter="phoenix", language="de")
    return {
        split: phoenix.read_split(raw / "checksums.tsv", split, settings)
        for split in phoenix.SPLITS
    }


def test_all_words_of_train_are_those_of_table_1a(tables):
    assert len(PseudoGlossVocabulary.of(tables["train"]["text"])) == TRAIN
    assert len(PseudoGlossVocabulary.of(pd.concat(tables.values())["text"])) == ALL


@pytest.mark.parametrize(
    ("settings", "train", "of_all"),
    [
        ({"tokens": "all_words"}, TRAIN, ALL),
        ({"pipeline": "simplemma"}, LEMMAS_TRAIN, LEMMAS_ALL),
    ],
    ids=["all_words", "simplemma"],
)
@pytest.mark.parametrize("vocabulary", ["train", "all"])
def test_the_stage_finds_as_many(tables, tmp_path, settings, train, of_all, vocabulary):
    given = {}
    for split, table in tables.items():
        given[f"{split}_manifest"] = tmp_path / f"{split}.tsv"
        rows = table.assign(video="a.mp4", frames=1, fps=25.0)
        write_manifest(rows, given[f"{split}_manifest"])
    (tmp_path / "monolingual.txt").write_text("morgen regen\n")
    config = generate_pseudo_glosses.Config(vocabulary=vocabulary, **settings)
    generate_pseudo_glosses.run(
        **given, monolingual=tmp_path / "monolingual.txt", output=tmp_path / "out", config=config
    )
    found = read_vocabulary(tmp_path / "out" / "vocabulary.tsv")
    assert len(found) == (train if vocabulary == "train" else of_all)
