import math

import pytest
from sacrebleu.metrics import BLEU

from sign2text.scoring.bleu import bleu_scores


def test_a_hand_worked_corpus():
    """Hypothesis of 6 words, reference of 7."""
    found = bleu_scores(
        ["am montag regnet es im norden"], [["am montag regnet es oft im norden"]], "de", 1, 0
    )
    # The words: 6 of 6; pairs: 4 of 5; threes: 2 of 4; fours: 1 of 3.
    penalty = math.exp(1 - 7 / 6)
    precisions = [6 / 6, 4 / 5, 2 / 4, 1 / 3]
    for order in range(1, 5):
        expected = 100 * penalty * math.prod(precisions[:order]) ** (1 / order)
        assert found[f"bleu{order}"] == pytest.approx(expected, abs=1e-4)


def test_each_order_is_what_sacrebleu_gives_for_it_alone():
    hypotheses = ["a b c d e f", "g h i", "", "x"]
    references = [["a b c x e f"], ["g h i j"], ["k l m"], ["y"]]
    found = bleu_scores(hypotheses, references, "de", 1, 0)
    for order in range(1, 5):
        alone = BLEU(max_ngram_order=order, tokenize="none")
        expected = alone.corpus_score(hypotheses, [[r[0] for r in references]]).score
        assert found[f"bleu{order}"] == pytest.approx(expected, abs=1e-4)


def test_chinese_is_scored_by_characters():
    found = bleu_scores(["今天下雨"], [["今天下雪"]], "zh", 1, 0)
    assert found["bleu1"] == pytest.approx(75)


def test_several_references_count_for_the_clip_that_has_them():
    one = bleu_scores(["a b c d", "e f g h"], [["x y z w"], ["e f g h"]], "de", 1, 0)
    more = bleu_scores(["a b c d", "e f g h"], [["x y z w", "a b c d"], ["e f g h"]], "de", 1, 0)
    assert one["bleu4"] < 60
    assert more["bleu4"] == pytest.approx(100)


def test_the_interval_holds_the_score_and_hangs_on_the_seed():
    hypotheses = [f"a b c d e {n % 3}" for n in range(40)]
    references = [[f"a b c d e {n % 5}"] for n in range(40)]
    first = bleu_scores(hypotheses, references, "de", 1, 200)
    low, high = first["bleu4_interval"]
    assert low < first["bleu4"] < high
    assert bleu_scores(hypotheses, references, "de", 1, 200) == first
    assert bleu_scores(hypotheses, references, "de", 2, 200)["bleu4_interval"] != [low, high]


def test_a_missing_hypothesis_is_an_error():
    with pytest.raises(ValueError, match="1 hypotheses for 2 references"):
        bleu_scores(["a"], [["a"], ["b"]], "de", 1, 0)
