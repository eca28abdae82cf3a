"""Captions against their clips, and the joining of clips."""

import math
from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.caption_checks import check_captions, check_languages, check_parallel
from sign2text.data.captions import COLUMNS
from sign2text.data.joined_clips import Lengths, captions_of_joined, join_clips
from sign2text.ground.errors import InputError

NONE = math.nan
PATH = Path("t.tsv")


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*COLUMNS])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "de", "ja", 0.0, 2.2, "human")], "line 2, clip 'a': the caption ends at 2.2 s"),
        (
            [("a", "de", "ja", 1.0, 2.0, "human"), ("a", "de", "ja", 0.0, 1.5, "human")],
            r"line 2, clip 'a': the caption \(1 to 2 s\) overlaps that of line 3 \(0 to 1.5 s\)",
        ),
        (
            [("a", "de", "ja", NONE, NONE, "human"), ("a", "de", "ja", 0.5, 1.5, "human")],
            "line 3, clip 'a': the caption .* overlaps that of line 2",
        ),
        ([("b", "de", "ja", NONE, NONE, "human")], "line 2, clip 'b': no such clip"),
        (
            [("a", "de", "j\x07a", NONE, NONE, "human")],
            r"clip 'a': the text has U\+0007, a control",
        ),
        ([("a", "de", "j\ud800a", NONE, NONE, "human")], r"U\+D800, half of a surrogate pair"),
        ([("a", "de", "j\ue000a", NONE, NONE, "human")], r"U\+E000, a character of private use"),
        ([("a", "de", "j\U0001fffea", NONE, NONE, "human")], "an unassigned code point"),
        ([("a", "de", "j\ufffda", NONE, NONE, "human")], r"U\+FFFD, the sign for bytes"),
    ],
)
def test_bad_captions_are_refused_by_line_and_clip(rows: list[tuple], told: str) -> None:
    with pytest.raises(InputError, match=told):
        check_captions(table(*rows), PATH, {"a": 2.0})


def test_captions_may_touch_and_differ_in_language_or_origin() -> None:
    rows = [
        ("a", "de", "ja", 1.0, 2.04, "human"),
        ("a", "de", "nein 天 ü", 0.0, 1.0, "human"),
        ("a", "en", "yes", 0.0, 2.0, "human"),
        ("a", "de", "ja", NONE, NONE, "machine:x"),
    ]
    check_captions(table(*rows), PATH, {"a": 2.0})


def test_parallel_text_is_checked() -> None:
    with pytest.raises(InputError, match=r"t\.tsv, line 3: text in fewer than two languages"):
        check_parallel(PATH, pd.DataFrame({"de": ["ja", "ja"], "en": ["yes", ""]}))
    with pytest.raises(InputError, match=r"t\.tsv, line 2, en: the text has U\+0000"):
        check_parallel(PATH, pd.DataFrame({"de": ["ja"], "en": ["y\0es"]}))
    with pytest.raises(InputError, match=r"text in fr found, expected de, en\. Add the language"):
        check_languages(PATH, ["fr", "de"], ("de", "en"))


def manifest(count: int = 30) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"c{number}" for number in range(count)],
            "frames": [25 + 5 * (number % 4) for number in range(count)],
            "fps": 25.0,
            "signer": [f"s{number % 3}" for number in range(count)],
        }
    )


def test_long_clips_join_clips_of_one_signer() -> None:
    clips = manifest()
    joined = join_clips(clips, "train", 12, Lengths(3, 5, 5.0), seed=1)
    seconds = dict(zip(clips["id"], clips["frames"] / 25.0, strict=True))
    signers = dict(zip(clips["id"], clips["signer"], strict=True))
    assert joined["joined"].nunique() == 12
    assert joined.groupby("joined")["clip"].apply(tuple).is_unique
    for _, rows in joined.groupby("joined"):
        assert len({signers[clip] for clip in rows["clip"]}) == 1
        assert 3 <= len(rows) <= 5 and rows["clip"].is_unique
        assert rows["number"].tolist() == [*range(len(rows))]
        assert rows["end"].iloc[-1] == pytest.approx(sum(seconds[c] for c in rows["clip"]))
        assert rows["end"].iloc[-1] <= 5.0
        assert rows["start"].tolist() == [0.0, *rows["end"].iloc[:-1]]
    again = join_clips(clips, "train", 12, Lengths(3, 5, 5.0), seed=1)
    pd.testing.assert_frame_equal(joined, again)
    assert not joined.equals(join_clips(clips, "train", 12, Lengths(3, 5, 5.0), seed=2))


def test_too_few_clips_make_fewer_long_ones() -> None:
    assert join_clips(manifest(6), "dev", 4, Lengths(3, 5, 9.0), seed=1).empty
    assert join_clips(manifest(), "dev", 0, Lengths(3, 5, 9.0), seed=1).empty
    assert join_clips(manifest(), "dev", 3, Lengths(3, 5, 2.0), seed=1).empty, "all are too long"


def test_captions_of_long_clips_have_their_times() -> None:
    joined = pd.DataFrame(
        [("j", 0, "a", 0.0, 2.0), ("j", 1, "b", 2.0, 3.0)],
        columns=["joined", "number", "clip", "start", "end"],
    )
    captions = table(
        ("a", "de", "ja", NONE, NONE, "human"),
        ("a", "en", "yes", 0.5, 1.0, "human"),
        ("b", "de", "nein", NONE, NONE, "human"),
    )
    found = captions_of_joined(joined, captions, {"a": (0.25, 1.75)})
    assert found.to_numpy().tolist() == [
        ["j", "de", "ja", 0.25, 1.75, "human"],
        ["j", "en", "yes", 0.5, 1.0, "human"],
        ["j", "de", "nein", 2.0, 3.0, "human"],
    ]
