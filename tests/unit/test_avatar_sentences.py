"""The plan of a corpus that signs another corpus's glosses."""

import pandas as pd
import pytest

from sign2text.avatar.sentences import clip_seed, plan_sentences
from sign2text.ground.errors import InputError

ROWS = {
    "train": [
        ("brot-1", "Signer01", "BROT KAUFEN", "ich kaufe brot"),
        ("brot-2", "Signer05", "neg-BROT KAUFEN", "ich kaufe kein brot"),
        ("brot-3", "Signer05", "BROT KAUFEN HEUTE", "ich kaufe brot"),
    ],
    "dev": [("milch-1", "Signer01", "MILCH", "milch")],
    "test": [("ei-1", "Signer07", "EI ESSEN", "er isst ein ei")],
}


def tables(**changed: list[tuple[str, str, str, str]]) -> dict[str, pd.DataFrame]:
    columns = ["id", "signer", "gloss", "text"]
    return {split: pd.DataFrame(rows, columns=columns) for split, rows in (ROWS | changed).items()}


def plan(**changed):
    return plan_sentences(tables(**changed), source="resources/bakery", language="de", seed=1)


def test_clips_are_those_of_the_corpus():
    corpus = plan()
    for split, rows in ROWS.items():
        for clip, (name, signer, gloss, text) in zip(corpus.clips[split], rows, strict=True):
            assert (clip.id, clip.split, clip.signer) == (name, split, signer)
            assert " ".join(token.gloss for token in clip.tokens) == gloss
            assert (clip.texts, clip.phrasings) == ({"de": text}, {"de": []})
    assert [token.negated for token in corpus.clips["train"][1].tokens] == [True, False]
    first, second, third = (clip.tokens for clip in corpus.clips["train"])
    assert first[0].sign == second[0].sign == third[0].sign
    assert first[0].sign != first[1].sign


def test_monolingual_text_is_the_training_sentences_each_once():
    assert plan().monolingual == {"de": ["ich kaufe brot", "ich kaufe kein brot"]}


def test_a_clip_moves_by_its_id_whatever_stands_beside_it():
    fewer = plan(train=ROWS["train"][1:])
    assert fewer.clips["train"][0] == plan().clips["train"][1]
    seeds = {clip.seed for clip in plan()}
    assert len(seeds) == 5
    assert clip_seed(2, "brot-1") not in seeds


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"dev": [("milch-1", "a", "MILCH", "milch"), ("milch-2", "a", " ", "keine milch")]},
            "resources/bakery, dev: 1 of 2 clips have no gloss: milch-2. The avatar signs glosses",
        ),
        (
            {"train": [(f"brot-{n}", "a", "", "brot") for n in range(8)]},
            "8 of 8 clips have no gloss: brot-0, brot-1, brot-2, brot-3, brot-4 and 3 more.",
        ),
        ({"test": [("ei-1", "a", "EI", "")]}, "test: 1 of 1 clips have no text: ei-1"),
        (
            {"test": [("brot-1", "a", "EI", "ei")]},
            "resources/bakery, test: id 'brot-1' stands in train already",
        ),
        ({"test": [("../ei", "a", "EI", "ei")]}, "id '../ei' cannot name a video file"),
        ({"test": [("/ei", "a", "EI", "ei")]}, "id '/ei' cannot name a video file"),
    ],
)
def test_what_cannot_be_signed_is_refused(changed, message):
    with pytest.raises(InputError) as refused:
        plan(**changed)
    assert message in str(refused.value)
