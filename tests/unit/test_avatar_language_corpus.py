"""The plan of the avatar corpus: splits, signers, phrasings, monolingual sentences."""

import numpy as np
import pytest
import sacrebleu

from sign2text.avatar.corpus import LANGUAGES, Corpus, plan_corpus
from sign2text.avatar.lexicon import LEXICON
from sign2text.ground.errors import InputError

DEMO = {"train": 2000, "dev": 100, "test": 250}
SIGNERS = [f"signer{n:02d}" for n in range(1, 9)]


def make(sizes=DEMO, seed=1, monolingual=2000, unseen_share=0.2) -> Corpus:
    return plan_corpus(sizes, seed=seed, monolingual=monolingual, unseen_share=unseen_share,
                       seen_signers=SIGNERS, unseen_signer="signer09")  # fmt: skip


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make()


def test_sizes_and_ids(corpus):
    assert {split: len(clips) for split, clips in corpus.clips.items()} == DEMO
    assert corpus.clips["train"][0].id == "train-00001"
    assert len({clip.id for clip in corpus}) == sum(DEMO.values())
    assert len({clip.seed for clip in corpus}) == sum(DEMO.values())


def test_splits_share_no_text_and_no_gloss_sequence(corpus):
    for split, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        here, there = corpus.clips[split], corpus.clips[other]
        for language in LANGUAGES:
            assert {c.texts[language] for c in here}.isdisjoint(c.texts[language] for c in there)
        glosses = [{tuple(t.gloss for t in c.tokens) for c in clips} for clips in (here, there)]
        assert glosses[0].isdisjoint(glosses[1])


def test_no_sentence_is_repeated(corpus):
    clips = list(corpus)
    assert len({clip.tokens for clip in clips}) == len(clips)


def test_same_glosses_with_another_face_occur_with_another_text(corpus):
    by_glosses: dict[tuple[str, ...], list] = {}
    for clip in corpus.clips["train"]:
        by_glosses.setdefault(tuple(t.gloss for t in clip.tokens), []).append(clip)
    pairs = [clips for clips in by_glosses.values() if len(clips) > 1]
    assert len(pairs) > 10
    for clips in pairs:
        assert len({clip.texts["de"] for clip in clips}) == len(clips)


def test_every_gloss_occurs_in_training(corpus):
    assert {t.gloss for clip in corpus.clips["train"] for t in clip.tokens} == set(LEXICON)


def test_unseen_signer_is_only_in_test(corpus):
    signers = {split: [c.signer for c in clips] for split, clips in corpus.clips.items()}
    assert set(signers["train"]) == set(SIGNERS)
    assert set(signers["dev"]) <= set(SIGNERS)
    assert signers["test"].count("signer09") == 50


def test_phrasings_are_others_than_the_text(corpus):
    for clip in corpus:
        for language in LANGUAGES:
            others = clip.phrasings[language]
            assert 1 <= len(others) <= 4
            assert clip.texts[language] not in others
            assert len(set(others)) == len(others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_monolingual_sentences_are_in_no_split(corpus, language):
    sentences = corpus.monolingual[language]
    assert len(sentences) == len(set(sentences)) == 2000
    signed = {text for clip in corpus for text in (clip.texts[language], *clip.phrasings[language])}
    assert signed.isdisjoint(sentences)


@pytest.mark.parametrize(("language", "tokenize"), [("de", "none"), ("en", "none"), ("zh", "zh")])
def test_ambiguity_is_natural(corpus, language, tokenize):
    """A second phrasing against the first: neither one template nor any wording whatever."""
    clips = corpus.clips["train"]
    first = [clip.texts[language] for clip in clips]
    second = [clip.phrasings[language][0] for clip in clips]
    assert 42 < sacrebleu.corpus_bleu(second, [first], tokenize=tokenize).score < 66


def test_german_vocabulary(corpus):
    assert len({word for clip in corpus for word in clip.texts["de"].split()}) > 350


def test_plan_follows_from_the_seed():
    sizes = {"train": 60, "dev": 10, "test": 20}
    assert make(sizes, monolingual=50) == make(sizes, monolingual=50)
    other = make(sizes, seed=2, monolingual=50)
    assert [c.tokens for c in other] != [c.tokens for c in make(sizes, monolingual=50)]


def test_number_of_monolingual_sentences_leaves_the_clips_as_they_are():
    sizes = {"train": 60, "dev": 10, "test": 20}
    assert make(sizes, monolingual=0).clips == make(sizes, monolingual=50).clips


def test_unseen_share_leaves_the_sentences_as_they_are():
    sizes = {"train": 60, "dev": 10, "test": 20}
    plain, none = make(sizes, monolingual=0), make(sizes, monolingual=0, unseen_share=0.0)
    assert [c.texts for c in plain] == [c.texts for c in none]
    assert "signer09" not in {c.signer for c in none}


def test_splits_too_large_for_their_neighbours_are_refused(monkeypatch):
    monkeypatch.setattr("sign2text.avatar.corpus.DRAWS_A_SENTENCE", 0)
    with pytest.raises(InputError, match="ask for fewer clips"):
        make({"train": 5, "dev": 1, "test": 1})


def test_signers_are_uneven(corpus):
    counts = np.array([[c.signer for c in corpus.clips["train"]].count(s) for s in SIGNERS])
    assert counts.max() > 2 * counts.min()
