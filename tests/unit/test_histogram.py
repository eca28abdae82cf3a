"""The histogram of the corpus page: bars, bins and ticks."""

import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from sign2text.pages.histogram import bin_width, histogram, ticks


def test_a_histogram_holds_each_clip_once():
    values = {"train": pd.Series([0, 1, 19, 20, 475]), "dev": pd.Series([475]), "test": pd.Series()}
    figure = ET.fromstring(histogram("Frames", "frames", values))
    hints = [each.text for each in figure.iter("title")]
    assert hints == [
        "train, 0 to 19 frames: 3 clips, 60.0%",
        "train, 20 to 39 frames: 1 clips, 20.0%",
        "train, 460 to 479 frames: 1 clips, 20.0%",
        "dev, 460 to 479 frames: 1 clips, 100.0%",
    ]
    heights = [float(each.get("height")) for each in figure.iter("rect")]
    assert heights[0] == pytest.approx(0.6 * heights[3], abs=0.1)
    right = max(float(r.get("x")) + float(r.get("width")) for r in figure.iter("rect"))
    assert right <= 352


def test_a_single_long_clip_does_not_squeeze_the_histogram():
    values = {"train": pd.Series([100] * 300 + [120] * 300 + [9000])}
    figure = ET.fromstring(histogram("Frames", "frames", values))
    hints = [each.text for each in figure.iter("title")]
    assert hints[0] == "train, 100 to 109 frames: 300 clips, 49.9%"
    assert hints[-1] == "train, 240 or more frames: 1 clips, 0.2%"
    assert "frames (last bar: 240 or more)" in [each.text for each in figure.iter("text")]


@pytest.mark.parametrize("largest", [1, 7, 31, 32, 475, 1999, 12345])
def test_bins_and_ticks_stay_few(largest):
    assert largest // bin_width(largest) < 32
    assert 2 <= len(ticks(largest)) <= 7
