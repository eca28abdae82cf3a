"""Captions of joined clips put together with the starts that a model wrote."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest
from tiny_tasks import small_config, write_corpus, write_language_model

from sign2text import models
from sign2text.data.captions import read_languages
from sign2text.ground.errors import InputError
from sign2text.landmarks.store import LandmarkStore
from sign2text.methods.scaling_slt.alignment import aligned_clips, alignment_items
from sign2text.methods.scaling_slt.build_translator import build_translator
from sign2text.methods.scaling_slt.examples import Times, signed_examples
from sign2text.methods.scaling_slt.stages import pretrain_tasks, score_alignment
from sign2text.models.beam_search import beam_search
from sign2text.scoring.caption_times import AlignedClip, TimedCaption, score_starts
from sign2text.text.tokenizer import load_tokenizer

ROWS = [
    ("a+b", "de", "es regnet .", 1.5, 3.0, "human"),
    ("a+b", "de", "guten tag .", 0.0, 1.5, "human"),
    ("a+b", "en", "hello .", 0.0, 1.5, "human"),
    ("a+b", "de", "von der maschine", 0.0, 1.5, "machine:x"),
    ("c+d+e", "de", "eins", 0.0, 2.0, "human"),
    ("c+d+e", "de", "zwei", 2.0, 4.0, "human"),
    ("c+d+e", "de", "drei", 4.0, 6.0, "human"),
]
READ = {"a+b": 10.0, "c+d+e": 4.2}
"""Seconds of each clip that the model reads at most."""


@pytest.fixture
def corpus():
    """A split's captions, as a Corpus has them."""
    columns = ["clip", "language", "text", "start", "end", "origin"]
    table = pd.DataFrame(ROWS, columns=columns)
    human = table[table["origin"] == "human"]
    times = Times(0.5, 64, READ)
    found = signed_examples("alignment", human, sign_language="avs", language="de", times=times)
    return SimpleNamespace(
        config=SimpleNamespace(time_step=0.5),
        captions=table,
        files=SimpleNamespace(captions="test.tsv", joined="joined.test.tsv"),
        members={"a+b": ["a", "b"], "c+d+e": ["c", "d", "e"]},
        seconds={"a+b": 3.0, "c+d+e": 6.0},
        seconds_read=READ.__getitem__,
        examples=lambda task, seed: [(found, "test.tsv", None)],
    )


def test_captions_and_starts_are_put_together(corpus):
    [(examples, _, _)] = corpus.examples("alignment", None)
    items = SimpleNamespace(examples=examples)
    found = aligned_clips(corpus, items, ["<t0> <t3> <t4> <t6>", "<t1> <t4>"])
    first = (TimedCaption("guten tag .", 0, 1.5), TimedCaption("es regnet .", 1.5, 3))
    # The third caption ends after the part that is read: neither asked for nor scored.
    second = (TimedCaption("eins", 0, 2), TimedCaption("zwei", 2, 4))
    assert found == [
        AlignedClip("a+b", 3.0, first, (0.0, 2.0)),
        AlignedClip("c+d+e", 4.2, second, (0.5,)),
    ]
    scores = score_starts(found)
    assert (scores.captions, scores.missing) == (4, 1)
    assert scores.median_error == 0.5  # of 0, 0.5, 0.5 and 4.2


def test_an_output_without_times_gives_no_start(corpus):
    [(examples, _, _)] = corpus.examples("alignment", None)
    found = aligned_clips(corpus, SimpleNamespace(examples=examples), ["es regnet .", ""])
    assert [each.starts for each in found] == [(), ()]


def test_a_split_without_joined_clips_is_refused(corpus):
    corpus.members = {}
    with pytest.raises(InputError, match=r"test.tsv: no joined clip with captions in de found"):
        alignment_items(corpus, None, "de")
    corpus.examples = lambda task, seed: []
    with pytest.raises(InputError, match=r"no joined clip with captions in zh found"):
        alignment_items(corpus, None, "zh")


@pytest.fixture
def joined(tmp_path):
    """Files of a test split with two joined clips of two sentences, and an untrained model."""
    files = write_corpus(tmp_path) | write_language_model(tmp_path)
    words = load_tokenizer(tmp_path / "train_tokenizer")
    config = small_config(pretrain_tasks)
    about = read_languages(files["languages"])
    extractor = LandmarkStore(files["dev_landmarks"]).about
    model, words = build_translator(
        tmp_path / "pretrain_language_model", words, about, config, extractor=extractor
    )
    model.save_pretrained(tmp_path / "model")
    words.save_pretrained(tmp_path / "model")
    given = {name: files[f"dev_{name}"] for name in ("landmarks", "captions", "joined")}
    return given | {
        "languages": files["languages"],
        "model": tmp_path / "model" / "model.safetensors",
        "output": tmp_path / "alignment.json",
    }


def test_joined_clips_are_aligned_by_a_translator(joined, monkeypatch):
    asked = {}

    def write(network, words, items, **settings):
        asked.update({each.clip: each.prompt for each in items.examples})
        found = beam_search(network, words, items, **settings)
        assert len(found[0]) == 2, "the model writes something about each joined clip"
        return [each.output for each in items.examples], found[1]

    monkeypatch.setattr(models.beam_search, "beam_search", write)
    score_alignment.run(**joined, config=score_alignment.Config(max_new_tokens=4, resamples=50))
    found = json.loads(joined["output"].read_text(encoding="utf-8"))
    assert (found["clips"], found["captions"], found["missing"]) == (2, 4, 0)
    # Sentences of 0.64 s: even starts are exact, and 0.64 s is token 3 of 0.25 s.
    assert found["median_error_evenly_spread"] == 0
    assert found["median_error"] == pytest.approx((0.75 - 0.64) / 2)
    assert found["intervals"]["median_error_evenly_spread"] == [0, 0]
    assert found["statement"].startswith("a translator on a data set, 4 captions of 2 joined")
    assert len(asked) == 2
    assert all(each.startswith("align gsg de ") for each in asked.values())


def test_a_language_without_captions_of_joined_clips_is_refused(joined):
    with pytest.raises(InputError, match="no joined clip with captions in en found"):
        score_alignment.run(**joined, config=score_alignment.Config(captions_in="en"))
