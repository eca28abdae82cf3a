"""Clips of a landmark store: measured, ranked and drawn over their videos."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numbered_videos import number_of, write_numbered
from safetensors.numpy import save_file

from sign2text.ground.errors import InputError
from sign2text.landmarks.drawn_clips import BLANK, draw_clip, video_frames
from sign2text.landmarks.measured_clips import (
    MeasuredClip,
    choose,
    clip_table,
    measure,
    ranked,
    summaries,
    summary_table,
)
from sign2text.landmarks.points import COUNT, LEFT_HAND, POSE
from sign2text.landmarks.quality import clip_quality

INDEX = Path("landmarks/dev.index.safetensors")
NOTHING = np.full((12, COUNT, 3), np.nan, np.float32)


def person(frames: int, lost: int = 0) -> np.ndarray:
    """Somebody who moves down evenly, shoulders 20 pixels apart, without the left hand at first."""
    points = np.full((frames, COUNT, 3), 30, np.float32)
    points[:, POSE.start, 0] = 50
    points[:, :, 1] += np.arange(frames)[:, None]
    points[:lost, LEFT_HAND] = np.nan
    return points


def store_of(clips: dict[str, np.ndarray], fps: float = 25.0) -> SimpleNamespace:
    ids = list(clips)
    return SimpleNamespace(
        ids=ids, fps=np.full(len(ids), fps), position=ids.index, read=lambda n: clips[ids[n]]
    )


def rows_of(*ids: str) -> pd.DataFrame:
    signers = [f"signer{number % 2}" for number in range(len(ids))]
    return pd.DataFrame({"id": ids, "signer": signers, "fps": 25.0})


def test_clips_without_landmarks_are_counted_and_the_rest_spread_evenly() -> None:
    store = store_of({name: person(4) for name in "abcdef"})
    chosen = choose("dev", store, rows_of(*"abcdefgh"), 3, INDEX)
    assert (chosen.clips, chosen.without) == (6, 2)
    assert chosen.rows["id"].tolist() == ["b", "d", "f"]
    assert choose("dev", store, rows_of(*"abcdefgh"), 9, INDEX).rows["id"].tolist() == [*"abcdef"]


def test_landmarks_of_another_manifest_are_refused() -> None:
    store = store_of({"a": person(4), "old-2": person(4), "old-1": person(4)})
    expected = r"dev.index.*holds 2 clips that the manifest of dev lacks, first 'old-1'"
    with pytest.raises(InputError, match=expected):
        choose("dev", store, rows_of("a", "b"), 9, INDEX)


@pytest.mark.parametrize(("fps", "every"), [(25.0, 1), (12.5, 2)])
def test_the_truth_is_that_of_the_same_times(tmp_path: Path, fps: float, every: int) -> None:
    true = person(12)
    found = true[::every].copy()
    found[..., 0] += 2  # a tenth of the shoulders' width
    truth = tmp_path / "dev.safetensors"
    save_file({"a": true}, truth)
    chosen = choose("dev", store_of({"a": found}, fps), rows_of("a"), 9, INDEX)
    (clip,) = measure(chosen, truth)
    assert (clip.split, clip.id, clip.signer) == ("dev", "a", "signer0")
    assert [part.error for part in clip.quality.parts.values()] == pytest.approx([0.1] * 4)
    (clip,) = measure(chosen, None)
    assert np.isnan(clip.quality.parts["face"].error)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [({"b": person(12)}, "has no clip 'a'"), ({"a": person(9)}, r"clip 'a': found \[9, 85, 3\]"),
     ({"a": person(12)[:, :84]}, r"found \[12, 84, 3\]"), (None, "missing; run the rule")],
)  # fmt: skip
def test_a_truth_of_other_clips_is_refused(tmp_path: Path, kept, expected: str) -> None:
    truth = tmp_path / "dev.safetensors"
    if kept is not None:
        save_file({name: np.ascontiguousarray(points) for name, points in kept.items()}, truth)
    chosen = choose("dev", store_of({"a": person(12)}), rows_of("a"), 9, INDEX)
    with pytest.raises(InputError, match=expected) as caught:
        list(measure(chosen, truth))
    assert str(truth) in str(caught.value)


def measured(*lost: int) -> list[MeasuredClip]:
    return [
        MeasuredClip("dev", f"clip{n}", f"signer{n % 2}", clip_quality(person(10, each)))
        for n, each in enumerate(lost)
    ]


def test_best_median_and_worst_share_no_clip() -> None:
    clips = measured(3, 0, 9, 1, 6, 2, 8, 4, 5, 7)

    def names(count: int) -> dict[str, list[int]]:
        found = ranked(clips, count)
        return {rank: [10 - each.quality.parts["left hand"].detected for each in own]
                for rank, own in found.items()}  # fmt: skip

    assert names(2) == {"best": [0, 1], "median": [4, 5], "worst": [8, 9]}
    assert names(1) == {"best": [0], "median": [4], "worst": [9]}
    clips = measured(1, 0)
    assert names(2) == {"best": [0], "median": [], "worst": [1]}
    assert names(0) == {"best": [], "median": [], "worst": []}


def test_tables_have_a_row_a_clip_and_a_row_a_part_of_each_group() -> None:
    clips = measured(4, 0, 10)
    table = clip_table(clips).set_index("id")
    assert table.loc["clip0", ["frames", "shoulder_width", "share"]].tolist() == [10, 20, 0.9]
    assert table["left_hand_detected"].tolist() == [6, 10, 0]
    assert table["left_hand_ends"].tolist() == [4, 0, 10]
    found = summary_table(summaries(clips)).set_index(["split", "signer", "part"])
    assert len(found) == (1 + 1 + 2) * 4
    left = found.xs("left hand", level="part")
    assert left["detected"].to_dict() == {
        ("", ""): 16 / 30, ("dev", ""): 16 / 30, ("", "signer0"): 6 / 20, ("", "signer1"): 1
    }  # fmt: skip
    assert left["never"].to_dict()["", "signer0"] == 1


def test_landmarks_of_another_rate_lie_on_frames_of_their_times() -> None:
    assert video_frames(5, 25, 25).tolist() == [0, 1, 2, 3, 4]
    assert video_frames(5, 15, 29.97).tolist() == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(("rate", "frames"), [(25.0, [2, 6, 10]), (12.5, [4, 12, 20])])
def test_frames_behind_landmarks_are_those_of_their_times(tmp_path, rate, frames) -> None:
    video = write_numbered(tmp_path / "clip.mp4", 24)
    settings = {"of_video": 25.0, "size": (64, 64), "pictures": 3}
    drawn = draw_clip(video, NOTHING, rate=rate, **settings)
    assert drawn.reason == ""
    assert [number_of(each.picture) for each in drawn.frames] == frames
    assert [each.seconds for each in drawn.frames] == pytest.approx([f / 25 for f in frames])
    assert drawn.frames[0].picture.shape == (512, 512, 3)


@pytest.mark.parametrize(
    ("name", "size", "frames", "reason"),
    [("none.mp4", (64, 64), 12, "none.mp4"), ("clip.mp4", (64, 80), 12, "64 x 64, expected"),
     ("clip.mp4", (64, 64), 40, "found 24 frames, expected more than 33")],
)  # fmt: skip
def test_without_its_video_a_clip_is_drawn_on_grey(tmp_path, name, size, frames, reason) -> None:
    write_numbered(tmp_path / "clip.mp4", 24)
    drawn = draw_clip(tmp_path / name, person(frames), rate=25, of_video=25, size=size, pictures=3)
    assert reason in drawn.reason
    assert len(drawn.frames) == 3
    for each in drawn.frames:
        height, width = each.picture.shape[:2]
        assert (width / height) == pytest.approx(size[0] / size[1], abs=0.01)
        assert 0 < (each.picture != BLANK).any(axis=2).mean() < 0.2
