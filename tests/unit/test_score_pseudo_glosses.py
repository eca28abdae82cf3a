"""The stage score_pseudo_glosses on clips of colours, each colour a pseudo-gloss and a gloss."""

import json

import pytest
import torch
from colour_clips import WORDS, inputs, write_corpus
from tiny_sign2gpt import prototype_model

from sign2text.data.frame_store import FrameStore
from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.stages import score_pseudo_glosses as stage

SPLITS = ("dev", "test")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("colours"))
    prototype_model(pseudo_glosses=WORDS.words).save_pretrained(folder / "model")
    return folder


def score(folder, output, **changes):
    given = inputs(folder, SPLITS) | {"model": folder / "model" / "model.safetensors"}
    given |= {"train_manifest": folder / "train.tsv", "corpus": folder / "checksums.tsv"}
    given |= {"train_pseudo_glosses": folder / "pseudo" / "train.tsv"}
    config = stage.Config(thresholds=[0.0, 1.0])
    stage.run(output=output, config=config, threads=1, **(given | changes))
    return json.loads(output.read_text())


def test_quality_and_places_of_what_is_found(corpus, tmp_path):
    found = score(corpus, tmp_path / "scores.json")
    assert found["signs"] == [
        {"pseudo_gloss": word, "gloss": word.upper(), "jaccard": 1.0} for word in WORDS.words
    ]
    all_found, nothing = found["dev"]["quality"]
    assert all_found["threshold"] == 0.0
    values = (all_found["precision"], all_found["recall"], all_found["f1"])
    assert values == pytest.approx((50, 100, 200 / 3))  # 3 of 6 are right
    assert nothing == {"threshold": 1.0, "precision": 0, "recall": 0, "f1": 0, "macro_f1": 0}
    # At the threshold of the public code, of each clip.
    model = prototype_model(pseudo_glosses=WORDS.words)
    clips = model.open_clips(FrameStore(corpus / "dev.tar"), ["dev-0", "dev-1"], None, None)
    with torch.no_grad():
        above = model(**clips.inputs([0, 1])).scores >= 0.5
    right = [int(above[0, 2]), int(above[1, :2].sum())]
    assert found["dev"]["finds"] == {
        "threshold": 0.5,
        "ids": ["dev-0", "dev-1"],
        "right": right,
        "found": above.sum(1).tolist(),
        "there": [1, 2],
    }
    assert 0 < sum(right) < 3, "some are found and some are not"
    # Steps of dev-0 (10 frames, the first 6 red) are frames 0, 4 and 8; of dev-1 (6 yellow, 6
    # blue, 4 grey) for 0, 4, 8 and 12.
    place = found["dev"]["localisation"]
    assert place["cases"] == 3
    assert place["chance"] == pytest.approx(100 * (2 / 3 + 2 / 4 + 1 / 4) / 3)
    with torch.no_grad():
        red, both = model(**clips.inputs([0, 1])).evidence
    yes = [red[:, 2].argmax() < 2, both[:, 1].argmax() < 2, both[:, 0].argmax() == 2]
    assert place["hits"] == pytest.approx(100 * sum(map(bool, yes)) / 3)
    assert found["test"]["clips"] == 1


def test_without_times_nothing_is_located(corpus, tmp_path):
    found = score(corpus, tmp_path / "scores.json", corpus=None)
    assert [found[split]["localisation"] for split in SPLITS] == [None, None]


def test_a_model_of_other_pseudo_glosses_is_refused(corpus, tmp_path):
    for words in ([], ["gelb", "blau", "rot"]):
        folder = tmp_path / str(len(words))
        prototype_model(pseudo_glosses=words).save_pretrained(folder)
        with pytest.raises(InputError, match=f"has prototypes of {len(words)} pseudo-glosses"):
            score(corpus, tmp_path / "scores.json", model=folder / "model.safetensors")
