import random

import jiwer
import numpy as np
import pytest

from sign2text.scoring.wer import error_rates, wer, wer_statistics


def test_worked_by_hand():
    rows = wer_statistics(
        ["am montag regnet es oft", "sonne", ""],
        ["am montag scheint oft die sonne", "sonne", "heute regen"],
    )
    # regnet for scheint, es too many, die and sonne missing: 4 of 6; none of 1; 2 missing of 2.
    assert rows[1:].tolist() == [[0, 0, 0, 1], [0, 2, 0, 2]]
    substituted, deleted, inserted, words = rows[0].tolist()
    assert (substituted + deleted + inserted, deleted - inserted, words) == (4, 1, 6)
    assert wer(rows) == pytest.approx(100 * 6 / 9)
    assert wer(rows.sum(axis=0)) == wer(rows)
    assert wer(rows[:1]) == pytest.approx(100 * 4 / 6)


def test_the_rate_of_a_corpus_is_not_the_mean_of_its_sentences():
    rows = wer_statistics(["a", "b c d x"], ["x", "b c d e"])
    assert wer(rows) == pytest.approx(100 * 2 / 5)
    assert np.mean([wer(row) for row in rows]) == pytest.approx((100 + 25) / 2)


def test_too_many_words_may_exceed_100():
    assert wer(wer_statistics(["a b c"], ["x"])) == 300


def test_the_rate_is_the_sum_of_its_parts():
    rows = wer_statistics(["a x c", "a b c d", "a"], ["a b c", "a b c", "a b"])
    assert rows.tolist() == [[1, 0, 0, 3], [0, 0, 1, 3], [0, 1, 0, 2]]
    rates = error_rates(rows)
    assert rates == {"substitutions": 12.5, "deletions": 12.5, "insertions": 12.5}
    assert wer(rows) == 37.5


def random_pairs(count):
    rng = random.Random(1)
    words = ["REGEN", "SONNE", "NORD", "SUED", "loc-WEST", "a", "雨"]
    hypotheses = [" ".join(rng.choices(words, k=rng.randrange(12))) for _ in range(count)]
    references = [" ".join(rng.choices(words, k=rng.randrange(1, 12))) for _ in range(count)]
    return hypotheses, references


def test_random_sentences_are_as_jiwer_has_them():
    hypotheses, references = random_pairs(1000)
    rows = wer_statistics(hypotheses, references)
    assert wer(rows) == pytest.approx(100 * jiwer.wer(references, hypotheses), abs=1e-9)
    for row, reference, hypothesis in zip(rows, references, hypotheses, strict=True):
        theirs = jiwer.process_words(reference, hypothesis)
        counts = theirs.substitutions, theirs.deletions, theirs.insertions
        assert row.tolist() == [*counts, len(reference.split())]


def test_by_4_3_3_five_errors_by_1_1_1_four():
    """Three substitutions and a deletion cost 15 too; from the end, insertions come first."""
    pair = ["c e a d"], ["a b c d e"]
    assert wer_statistics(*pair)[0, :3].sum() == 4
    assert wer_statistics(*pair, "4/3/3").tolist() == [[0, 3, 2, 5]]
    assert wer(wer_statistics(*pair, "4/3/3")) == 100


def alignments(hypothesis, reference):
    """(substitutions, deletions, insertions) of every alignment."""
    if not hypothesis or not reference:
        yield 0, len(reference), len(hypothesis)
        return
    wrong = hypothesis[0] != reference[0]
    for s, d, i in alignments(hypothesis[1:], reference[1:]):
        yield s + wrong, d, i
    for s, d, i in alignments(hypothesis, reference[1:]):
        yield s, d + 1, i
    for s, d, i in alignments(hypothesis[1:], reference):
        yield s, d, i + 1


def test_each_is_the_least_of_all_alignments_by_its_costs():
    rng = random.Random(2)
    for _ in range(80):
        pair = [rng.choices("abcde", k=rng.randrange(6)) for _ in range(2)]
        every = set(alignments(*pair))
        texts = [[" ".join(each)] for each in pair]
        plain = wer_statistics(*texts)[0, :3]
        weighted = wer_statistics(*texts, "4/3/3")[0, :3]
        assert tuple(plain) in every and plain.sum() == min(map(sum, every))
        assert tuple(weighted) in every
        assert weighted @ [4, 3, 3] == min(4 * s + 3 * (d + i) for s, d, i in every)


def test_a_line_of_over_85_glosses_has_its_true_cost():
    """In an array of bytes the cost of its deletions would run over."""
    assert wer_statistics([""], ["a " * 90], "4/3/3").tolist() == [[0, 90, 0, 90]]
    assert wer_statistics(["b " * 90], ["a " * 90], "4/3/3").tolist() == [[90, 0, 0, 90]]


def test_no_reference_words_and_numbers_that_differ_are_errors():
    with pytest.raises(ValueError, match="1 errors in references without any word"):
        wer(wer_statistics(["a"], [""]))
    for costs in ("1/1/1", "4/3/3"):
        with pytest.raises(ValueError, match="longer"):
            wer_statistics(["a"], ["a", "b"], costs)
