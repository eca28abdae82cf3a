"""Frames of a clip that are shown at another rate, worked out by hand."""

from fractions import Fraction

import pytest

from sign2text.data.resampling import (
    ClipRate,
    common_rate,
    is_same_rate,
    rate_of,
    resample,
    resampled_length,
)


def at_rate(count: int, rate: Fraction | float) -> list[Fraction]:
    return [number / Fraction(rate) for number in range(count)]


def in_milliseconds(times: list[Fraction]) -> list[Fraction]:
    """As Matroska, WebM, FLV and ASF keep them."""
    return [Fraction(round(1000 * time), 1000) for time in times]


def taken(times: list[Fraction], fps: float) -> list[int]:
    """The numbers of the frames of the result."""
    pairs = list(resample(zip(times, range(len(times)), strict=True), fps))
    assert [number for number, _ in pairs] == sorted({number for number, _ in pairs}), "each once"
    return [number for number, count in pairs for _ in range(count)]


NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("times", "fps", "expected"),
    [
        (at_rate(8, 50), 25, [0, 2, 4, 6]),
        (at_rate(7, 50), 25, [0, 2, 4, 6]),
        (at_rate(6, 25), 25, [0, 1, 2, 3, 4, 5]),
        (at_rate(3, Fraction("12.5")), 25, [0, 0, 1, 1, 2, 2]),
        # Frame n is shown from n * 1001 / 30000 s on: frame 6 from 0.2002 s, so not at 0.2 s.
        (at_rate(12, NTSC), 25, [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]),
        (at_rate(5, 25), 30, [0, 0, 1, 2, 3, 4]),
        (at_rate(4, 24), 25, [0, 0, 1, 2, 3]),
        # 10 a second, then a still picture, then 20 a second.
        (
            [Fraction(n, 20) for n in (0, 2, 4, 12, 13, 14)],
            10,
            [0, 1, 2, 2, 2, 2, 3, 5, 5],
        ),
        ([Fraction(0)], 25, [0]),
        ([], 25, []),
    ],
)  # fmt: skip
def test_the_frame_that_is_shown_at_each_time_is_taken(times, fps, expected):
    assert taken(times, fps) == expected


def test_times_count_from_the_first_frame():
    times = at_rate(8, 50)
    assert taken([time + Fraction("12.34") for time in times], 25) == taken(times, 25)


@pytest.mark.parametrize(
    ("rate", "fps", "step"),
    [(30, 30, 1), (60, 30, 2), (24, 24, 1), (120, 30, 4), (NTSC, 29.97, 1), (15, 15, 1)],
)
def test_times_that_a_container_rounds_change_nothing(rate, fps, step):
    """Rounded up, a frame's time is up to half a millisecond late."""
    times = in_milliseconds(at_rate(600, rate))
    assert taken(times, fps) == list(range(0, 600, step))
    # Of a part, the first frame's time is rounded too.
    assert taken(times[101:401], fps) == list(range(0, 300, step))


def test_a_time_twice_hides_the_first_frame_and_one_that_goes_back_adds_none():
    times = [Fraction(0), Fraction(1, 10), Fraction(1, 10), Fraction(2, 10), Fraction(1, 10)]
    assert taken(times, 10)[:2] == [0, 2]
    assert len(taken(times, 10)) <= 4


@pytest.mark.parametrize("fps", [8, 12.5, 24, 25, 29.97, 30, 50, 60])
@pytest.mark.parametrize("rate", [8.0, 12.5, 24.0, 25.0, 50.0, 59.94])
@pytest.mark.parametrize("frames", [1, 2, 7, 100])
def test_the_length_is_known_beforehand(frames, rate, fps):
    times = at_rate(frames, Fraction(str(rate)))
    if frames > 1 and not is_same_rate(rate, fps):
        assert resampled_length(frames, rate, fps) == len(taken(times, fps))
    if is_same_rate(rate, fps):
        assert resampled_length(frames, rate, fps) == frames


def test_the_length_of_known_clips():
    assert resampled_length(100, 50.0, 25) == 50
    assert resampled_length(101, 50.0, 25) == 51
    assert resampled_length(100, 12.5, 25) == 200
    assert resampled_length(300, float(NTSC), 25) == 251  # 10.01 s
    assert resampled_length(1, 50.0, 25) == 1


@pytest.mark.parametrize(
    ("times", "mean", "even"),
    [
        (at_rate(50, 25), 25.0, True),
        (in_milliseconds(at_rate(50, 30)), 30.0, True),
        (in_milliseconds(at_rate(50, 120)), 120.0, True),
        # A camera's jitter of a tenth of an interval.
        ([Fraction(40 * n + (4 if n % 3 else 0), 1000) for n in range(50)], 25.0, True),
        # One frame was dropped: early, in the middle, late.
        *(([time for n, time in enumerate(at_rate(50, 25)) if n != at], 24.5, False)
          for at in (1, 25, 48)),
        # 10 a second, then 30.
        (at_rate(10, 10) + [1 + time for time in at_rate(30, 30)], 20.0, False),
    ],
)  # fmt: skip
def test_the_rate_of_a_clip(times, mean, even):
    found = rate_of(times)
    assert found.mean == pytest.approx(mean, rel=0.02)
    assert found.even is even


def test_a_clip_without_two_times_has_no_rate():
    assert rate_of([]) is None
    assert rate_of([Fraction(3)]) is None
    assert rate_of([Fraction(3), Fraction(3)]) is None


def test_rates_that_differ_by_half_a_percent_are_the_same():
    assert is_same_rate(29.97, 30) and is_same_rate(30, float(NTSC)) and is_same_rate(23.976, 24)
    assert not is_same_rate(24, 25) and not is_same_rate(25, 50) and not is_same_rate(30, 30.3)
    assert ClipRate(29.97).fits(30) and not ClipRate(29.97, even=False).fits(30)
    assert common_rate([25.0, 25.0, 25.1]) == 25.0
    assert common_rate([25.0, 12.5, 50.0]) is None
    assert common_rate([]) is None


def test_a_rate_is_said_in_words():
    assert str(ClipRate(float(NTSC))) == "29.97 frames a second"
    assert str(ClipRate(24.5, even=False)) == "24.5 frames a second, at uneven times"
