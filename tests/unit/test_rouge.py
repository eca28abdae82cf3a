import random

import numpy as np
import pytest

from sign2text.scoring.conventions import CONVENTIONS
from sign2text.scoring.rouge import rouge_l_scores

GERMAN = "am Montag regnet es, dann Schnee .", "Am Montag regnet es , dann Sonne ."
MANDARIN = "今天有BMW车。", "今天没有BMW 车。"
# Longest common subsequence, tokens of the hypothesis, tokens of the reference.
BY_HAND = {
    "words": (4, 7, 8),  # Montag regnet dann .
    "words_no_point": (3, 6, 7),
    "words_point": (4, 7, 8),
    "words_lowercase": (5, 7, 8),  # am montag regnet dann .
    "13a": (6, 8, 8),  # Montag regnet es , dann .
    "13a_no_point": (5, 7, 7),
    "13a_lowercase": (7, 8, 8),  # all but schnee
    "zh": (6, 6, 7),  # 今 天 有 BMW 车 。
    "zh_no_point": (5, 5, 6),
    "characters": (8, 8, 9),  # 今 天 有 B M W 车 。
}


def rouge_l(hypothesis, reference, beta=1.2):
    """Compute ROUGE-L of one sentence."""
    return float(rouge_l_scores([hypothesis], [reference], beta)[0])


@pytest.mark.parametrize("name", CONVENTIONS)
def test_worked_by_hand(name):
    common, made, true = BY_HAND[name]
    texts = MANDARIN if name in ("zh", "zh_no_point", "characters") else GERMAN
    pair = [CONVENTIONS[name].tokens(text) for text in texts]
    precision, recall = common / made, common / true
    # Beta squared is 1.44; then (8/7)^2 under words, where P / R = (4/7) / (4/8).
    for beta, squared in ((1.2, 1.44), ("p/r", (true / made) ** 2)):
        expected = (1 + squared) * precision * recall / (recall + squared * precision)
        assert rouge_l(*pair, beta) == pytest.approx(expected, abs=1e-12)


def test_the_order_of_words_counts():
    # The LCS of a b c d and d c b a is 1 of 4: P = R = F = 1/4 for any beta.
    assert rouge_l(list("abcd"), list("dcba")) == pytest.approx(0.25)
    assert rouge_l(list("abcd"), list("dcba"), "p/r") == pytest.approx(0.25)


def plain_rouge_l(hypothesis, reference, beta):
    """Compute ROUGE-L by its definition: the table of common subsequences, then P, R and F."""
    table = [[0] * (len(reference) + 1) for _ in range(len(hypothesis) + 1)]
    for i, made in enumerate(hypothesis, start=1):
        for j, true in enumerate(reference, start=1):
            table[i][j] = (
                table[i - 1][j - 1] + 1 if made == true else max(table[i - 1][j], table[i][j - 1])
            )
    if not table[-1][-1]:
        return 0.0
    precision, recall = table[-1][-1] / len(hypothesis), table[-1][-1] / len(reference)
    beta = precision / recall if beta == "p/r" else beta
    return (1 + beta**2) * precision * recall / (recall + beta**2 * precision)


@pytest.mark.parametrize("beta", [1.2, 1.0, "p/r"])
def test_a_thousand_random_pairs_are_as_in_the_definition(beta):
    rng = random.Random(1)
    # Include one-letter words, and some beyond the basic plane.
    words = [*"abcdef", *(f"wort{n}" for n in range(30)), "\U00020000", "雨"]

    def sentence():
        return rng.choices(words, k=rng.randrange(40))

    pairs = [(sentence(), sentence()) for _ in range(1000)]
    expected = [plain_rouge_l(*pair, beta) for pair in pairs]
    found = rouge_l_scores(*zip(*pairs, strict=True), beta)
    assert np.abs(found - expected).max() < 1e-12
    assert found[:20].tolist() == [rouge_l(*pair, beta) for pair in pairs[:20]]
    assert sum(score == 0 for score in expected) > 10


@pytest.mark.parametrize("beta", [1.2, "p/r"])
@pytest.mark.parametrize(("hypothesis", "reference"), [([], ["a"]), (["a"], []), ([], [])])
def test_an_empty_side_is_worth_nothing(hypothesis, reference, beta):
    assert rouge_l(hypothesis, reference, beta) == 0


def test_numbers_that_differ_are_an_error():
    with pytest.raises(ValueError, match="shorter"):
        rouge_l_scores([["a"], ["b"]], [["a"]])
