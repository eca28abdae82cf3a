"""Errors of the captions' starts, beside two trivial answers, computed by hand."""

import pytest

from sign2text.ground.errors import InputError
from sign2text.scoring.caption_times import (
    AlignedClip,
    AlignmentScores,
    TimedCaption,
    by_text_length,
    evenly_spread,
    score_starts,
)

# Texts of 2, 6 and 4 characters on 12 s: even starts 0, 4, 8; by length 0, 2, 8.
THREE = (TimedCaption("ja", 0, 3), TimedCaption("morgen", 3, 7), TimedCaption("nein", 7, 12))


def clip(*starts, captions=THREE, seconds=12.0):
    return AlignedClip("a", seconds, captions, starts)


def test_trivial_answers():
    assert evenly_spread(clip()) == [0, 4, 8]
    assert by_text_length(clip()) == [0, 2, 8]


def test_errors_are_medians_over_all_captions():
    """Errors: model 0.5, 0, 2; even 0, 1, 1; by length 0, 1, 1; of the second clip 0 each."""
    other = clip(0.0, captions=(TimedCaption("gut", 0, 4),), seconds=4.0)
    found = score_starts([clip(0.5, 3, 9), other])
    assert found == AlignmentScores(2, 4, 0, 0.25, 0.5, 0.5)
    assert score_starts([clip(0.5, 3, 9)]) == AlignmentScores(1, 3, 0, 0.5, 1, 1)


def test_a_missing_start_is_wrong_by_the_clips_length():
    """Errors 0, 12, 12; a second start at 99 s counts as 12 s: 0, 9, 12."""
    assert score_starts([clip(0)]) == AlignmentScores(1, 3, 2, 12, 1, 1)
    assert score_starts([clip(-1, 99)]) == AlignmentScores(1, 3, 1, 9, 1, 1)


def test_intervals_are_over_clips():
    """One clip is wrong by 4 s in each caption, two are right: the median is 0 or 4."""
    clips = [clip(4, 7, 11), clip(0, 3, 7), clip(0, 3, 7)]
    found = score_starts(clips, resamples=200, seed=1)
    assert found.median_error == 0
    assert found.intervals["median_error"] == (0, 4)
    assert found.intervals == score_starts(clips, resamples=200, seed=1).intervals
    assert score_starts(clips).intervals == {}


def test_further_starts_are_ignored():
    assert score_starts([clip(0, 3, 7, 11)]).median_error == 0


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        ((), "found no caption"),
        ((TimedCaption("", 0, 1),), "clip 'a', caption 1: is empty"),
        ((TimedCaption("ja", 2, 1),), "from 2 to 1 s found, expected times inside the clip's 12"),
        ((TimedCaption("ja", 0, 13),), "from 0 to 13 s found, expected times inside the clip's"),
        ((TimedCaption("ja", -1, 3),), "from -1 to 3 s found"),
    ],
)
def test_captions_without_valid_times_are_refused(captions, message):
    with pytest.raises(InputError, match=message):
        score_starts([clip(captions=captions)])
