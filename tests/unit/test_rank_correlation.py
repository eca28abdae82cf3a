"""Rank correlation of scores before and after fine-tuning."""

import json
from pathlib import Path

import pytest

from sign2text.commands import main as cli
from sign2text.comparing.rank_correlation import correlate, spearman
from sign2text.ground.errors import InputError


def scores(**values):
    """Score files by language; `own` has none, as for a method that writes one language."""
    return [
        (
            Path(f"{name}.bleu"),
            {"data_set": "avatar", "scores": {"all": {"chrf": value}}}
            | ({} if name == "own" else {"language": name}),
        )
        for name, value in values.items()
    ]


def test_spearman_by_hand():
    assert spearman([1, 2, 3], [5, 6, 70]) == 1
    assert spearman([1, 2, 3], [3, 2, 1]) == -1
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, sums of squares 4.5 and 5.
    assert spearman([0, 7, 7, 9], [1, 2, 3, 4]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_pairs_are_matched_by_language():
    found = correlate(scores(own=1, de=3, en=2), scores(en=20, own=30, de=40), "chrf")
    assert found.pairs == (("avatar", ""), ("avatar", "de"), ("avatar", "en"))
    assert (found.before, found.after) == ((1, 3, 2), (30, 40, 20))
    assert found.coefficient == 0.5  # ranks 1, 3, 2 and 2, 3, 1


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (scores(de=1, en=2), scores(de=1), "no score of avatar/en after fine-tuning"),
        (scores(de=1), scores(de=1, en=2), "no score of avatar/en before fine-tuning"),
        (scores(de=1, en=1), scores(de=1, en=2), "two or more different scores on each side"),
        (scores(de=1) * 2, scores(de=1), "a second score of avatar/de"),
    ],
)
def test_scores_that_do_not_match_are_refused(before, after, message):
    with pytest.raises(InputError, match=message):
        correlate(before, after, "chrf")


def test_a_metric_that_a_file_lacks_is_refused():
    with pytest.raises(InputError, match=r"de.bleu: has no bleurt of all clips"):
        correlate(scores(de=1, en=2), scores(de=1, en=2), "bleurt")


def test_the_command_prints_the_correlation(tmp_path, capsys):
    given = {}
    for side, values in (
        ("before", {"de": 1, "en": 2, "zh": 3}),
        ("after", {"de": 3, "en": 9, "zh": 7}),
    ):
        given[side] = []
        for path, result in scores(**values):
            place = tmp_path / side / path
            place.parent.mkdir(exist_ok=True)
            place.write_text(json.dumps(result))
            given[side].append(str(place))
    cli.main(["show", *given["after"], "--before", *given["before"], "--metric", "chrf"])
    said = capsys.readouterr().out.splitlines()
    assert said[1].split() == ["avatar/de", "1.00", "3.00"]
    assert said[-1] == "Spearman's rank correlation of chrF over 3 pairs: 0.500"
