"""The language of sentences, by texts whose language is known."""

import numpy as np
import pandas as pd
import pytest

from sign2text.avatar.corpus import plan_corpus
from sign2text.data.caption_texts import human_texts, references_in, texts_by_language
from sign2text.ground.errors import InputError
from sign2text.scoring.language_identification import LanguageIdentifier
from sign2text.scoring.written_language import WrittenLanguage

REAL = {
    # Not of the avatar's grammar: PHOENIX's form of weather forecasts, documentation, daily talk.
    "de": ["am samstag ist es im norden oft freundlich", "und nun die wettervorhersage für morgen"],
    "en": ["The manifest has one row for each clip.", "A training may be killed and goes on."],
    "zh": ["请问火车站怎么走？", "他的母亲是一名医生。"],
}


@pytest.fixture(scope="module")
def corpus():
    sizes = {"train": 60, "dev": 10, "test": 40}
    people = {"seen_signers": ["a"], "unseen_signer": "b", "unseen_share": 0.2}
    return plan_corpus(sizes, seed=3, monolingual=300, **people)


@pytest.fixture(scope="module")
def identifier(corpus):
    texts = {
        language: [clip.texts[language] for clip in corpus.clips["train"]]
        + corpus.monolingual[language]
        for language in REAL
    }
    return LanguageIdentifier(texts)


def test_every_phrasing_of_the_avatar_is_recognised(corpus, identifier):
    found = [
        identifier.language_of(text) == language
        for clip in corpus.clips["test"]
        for language in REAL
        for text in [clip.texts[language], *clip.phrasings[language]]
    ]
    assert len(found) > 300
    assert all(found)


@pytest.mark.parametrize("language", REAL)
def test_sentences_of_other_corpora_are_recognised(identifier, language):
    assert [identifier.language_of(text) for text in REAL[language]] == [language] * 2


def test_probabilities_decide_by_hand():
    """One language has "ab" three times, the other once: counts decide, not their presence."""
    identifier = LanguageIdentifier({"x": ["ab", "ab", "ab", "cd"], "y": ["ab", "cd", "cd", "cd"]})
    assert identifier.language_of("ab") == "x"
    assert identifier.language_of("cd") == "y"
    assert identifier.language_of("AB cd AB") == "x"
    assert identifier.language_of(" ... ") is None


def test_one_language_alone_is_refused():
    with pytest.raises(InputError, match="found texts in de, expected at least two languages"):
        LanguageIdentifier({"de": ["guten tag ."], "en": ["", " "]})


def test_accuracy_and_empty_rate_are_of_all_hypotheses(identifier):
    hypotheses = ["it will rain tomorrow .", "morgen regnet es .", " ", "the sun shines ."]
    rows = WrittenLanguage("en", identifier).rows(hypotheses)
    assert {name: values.tolist() for name, values in rows.items()} == {
        "language_accuracy": [100, 0, 0, 100],
        "empty_rate": [0, 0, 100, 0],
    }
    assert np.mean(rows["language_accuracy"]) == 50


def test_a_language_without_texts_has_no_accuracy(identifier):
    assert list(WrittenLanguage("fr", identifier).rows(["oui"])) == ["empty_rate"]
    assert list(WrittenLanguage("de").rows(["ja"])) == ["empty_rate"]


def captions(*rows):
    names = ("clip", "language", "text", "start", "end", "origin")
    return pd.DataFrame(rows, columns=names)


TABLE = captions(
    ("a", "de", "es regnet .", None, None, "human"),
    ("a", "en", "tomorrow .", 2.0, 3.0, "human"),
    ("a", "en", "it  rains", 0.0, 2.0, "human"),
    ("b", "de", "sonne .", None, None, "human"),
    ("b", "en", "sun .", None, None, "machine:small"),
)


def test_references_are_human_captions_in_the_order_of_their_times(tmp_path):
    assert human_texts(TABLE, "en") == {"a": "it rains tomorrow ."}
    assert references_in(TABLE, "de", ["b", "a"], tmp_path) == ["sonne .", "es regnet ."]


def test_a_clip_without_a_human_caption_is_refused(tmp_path):
    path = tmp_path / "test.tsv"
    expected = rf"{path}: no human caption in en of 1 of 2 clips, such as 'b'; .* in de, en"
    with pytest.raises(InputError, match=expected):
        references_in(TABLE, "en", ["a", "b"], path)


def test_texts_by_language_leave_out_machine_translations():
    parallel = pd.DataFrame({"de": ["hallo .", "ja ."], "zh": ["你好 。", ""]})
    found = texts_by_language(TABLE, parallel)
    assert found["en"] == ["tomorrow .", "it  rains"]
    assert found["de"] == ["es regnet .", "sonne .", "hallo .", "ja ."]
    assert found["zh"] == ["你好 。"]
