"""Frame rates in check_corpus's report: by split, mixed, uneven, and after resampling."""

import pandas as pd
import pytest

from sign2text.data.corpus_rates import check_rates, describe, frames_at
from sign2text.data.corpus_report import make_report
from sign2text.ground.settings import read_settings
from sign2text.stages import check_corpus

NONE = pd.DataFrame(columns=["split", "id", "video"], dtype=str)


def clips(**rates):
    """Tables of splits with a clip of 100 frames for each rate."""
    return {
        split: pd.DataFrame(
            {"id": [f"{split}{n}" for n in range(len(fps))], "frames": 100, "fps": fps}
        )
        for split, fps in rates.items()
    }


def rows(tables, uneven=NONE, fps=None):
    return {(row.check, row.split): row for row in check_rates(tables, uneven, fps)}


MIXED = {"train": [25.0, 25.0, 50.0], "dev": [12.5], "test": [25.0, 30000 / 1001]}


def test_the_rates_of_each_split_are_listed():
    found = rows(clips(**MIXED))
    shown = {split: found["frames a second", split].found for split in MIXED}
    assert shown == {"train": "25, 50", "dev": "12.5", "test": "25, 29.97"}


def test_of_many_rates_the_lowest_the_median_and_the_highest_are_said():
    assert describe(pd.Series([10.0, 12, 15, 20, 25, 30])) == "10 to 30, median 17.5"
    assert describe(pd.Series([10.0, 12, 15, 20, 25])) == "10, 12, 15, 20, 25"
    assert describe(pd.Series([25.0, 25.001, 24.999])) == "25"


def test_mixed_rates_are_noted_with_the_clips_and_what_to_set():
    found = rows(clips(**MIXED))
    train, dev = (found["clips of another frame rate", each] for each in ("train", "dev"))
    assert (train.found, train.verdict, train.expected) == (1, "note", "25 a second")
    assert "sample_frames.fps" in train.advice and train.advice.endswith("train2")
    assert (dev.found, dev.verdict) == (1, "note")


def test_29_97_and_30_are_one_rate():
    found = rows(clips(train=[30.0, 30000 / 1001], dev=[29.97], test=[30.0]))
    kinds = [found["clips of another frame rate", each] for each in ("train", "dev", "test")]
    assert [(each.found, each.verdict) for each in kinds] == 3 * [(0, "ok")]


def test_uneven_clips_are_counted_by_split():
    uneven = pd.DataFrame([("dev", "dev0", "v"), ("test", "test1", "v")], columns=list(NONE))
    found = rows(clips(**MIXED), uneven)
    counts = [found["clips with frames at uneven times", each].found for each in MIXED]
    assert counts == [0, 1, 1]
    row = found["clips with frames at uneven times", "test"]
    assert row.verdict == "note" and row.advice.endswith("test1")
    assert ("clips with frames at uneven times", "test") not in rows(clips(**MIXED), None)


def test_with_one_rate_for_all_nothing_is_left_to_note():
    uneven = pd.DataFrame([("dev", "dev0", "v")], columns=list(NONE))
    found = rows(clips(**MIXED), uneven, fps=25)
    assert {row.verdict for row in found.values()} == {"ok"}
    other = found["clips of another frame rate", "train"]
    assert (other.found, other.advice) == (1, "Resampled to 25 a second: train2")
    # 100 + 100 + 50 frames; 8 s at 25 a second; 100 + 3.34 s.
    stored = [found["frames, resampled to 25 a second", each].found for each in MIXED]
    assert stored == [250, 200, 184]


def test_clips_too_long_and_too_short_are_measured_as_they_are_stored():
    tables = {
        split: table.assign(video=split, signer="s", text="a b", gloss="", language="de")
        for split, table in clips(train=[25.0, 50.0], dev=[12.5], test=[100.0]).items()
    }
    left_out = pd.DataFrame(columns=["split", "id", "video", "reason"])

    def counts(**settings):
        config = read_settings(check_corpus.Config, {"sampling_rate": 1.0} | settings)
        report = make_report(tables, left_out, {}, config, {}, NONE)
        return {
            kind: report[report["check"] == f"clips too {kind}"]["found"].tolist()
            for kind in ("short", "long")
        }

    assert counts(most_steps=99) == {"short": ["0", "0", "0"], "long": ["2", "1", "1"]}
    assert counts(most_steps=99, fps=25) == {"short": ["0", "0", "0"], "long": ["1", "1", "0"]}
    assert counts(least_steps=26, fps=25) == {"short": ["0", "0", "1"], "long": ["0", "0", "0"]}


@pytest.mark.parametrize(("fps", "expected"), [(None, [100, 100]), (25, [50, 200])])
def test_frames_of_clips_as_they_are_stored(fps, expected):
    table = clips(train=[50.0, 12.5])["train"].set_axis([7, 3])
    found = frames_at(table, fps)
    assert found.tolist() == expected and found.index.tolist() == [7, 3]
