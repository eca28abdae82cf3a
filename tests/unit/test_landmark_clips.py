"""Landmarks as training items: single clips, joined clips, and random augmentation."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_landmarks import some_points, write_store

from sign2text.data.clips import check_lengths
from sign2text.data.sampling import clip_rng
from sign2text.ground.errors import InputError
from sign2text.landmarks.augmentation import (
    LandmarkAugmentation,
    augment,
    choose_frames,
    most_steps,
)
from sign2text.landmarks.clips import JoinedClips, LandmarkClips, join_points
from sign2text.landmarks.normalising import Landmarks, normalised
from sign2text.landmarks.points import LEFT_HAND, POSE, RIGHT_HAND
from sign2text.landmarks.store import LandmarkStore

CLIPS = {"a": some_points(7, 1), "b": some_points(4, 2), "c": some_points(30, 3)}
ALL_ON = LandmarkAugmentation(
    start=True, stretch=0.3, rotation=10, scale=0.2, noise=0.01, drop_hand=0.5
)


@pytest.fixture
def store(tmp_path: Path) -> LandmarkStore:
    return write_store(tmp_path / "train.safetensors", CLIPS)


def test_an_item_is_the_normalised_clip(store: LandmarkStore) -> None:
    settings = Landmarks(longest=10)
    clips = LandmarkClips(store, ["c", "a"], [[5], [6, 7]], settings=settings, seed=None)
    assert (len(clips), clips.lengths, clips.longest) == (2, [10, 4], [10, 4])
    item = clips[1, 3]
    assert item["target"] == [6, 7]
    assert item["steps"].dtype == torch.float32
    np.testing.assert_array_equal(item["steps"], normalised(CLIPS["a"], settings))
    batch = clips.inputs([0, 1])
    assert batch["landmarks"].shape == (14, 255)
    assert batch["lengths"].tolist() == [10, 4]
    with pytest.raises(InputError, match="clip 'c': 10 landmark steps found, at most 8 expected"):
        check_lengths(clips, 8)


def test_without_augmentation_training_reads_as_evaluation(store: LandmarkStore) -> None:
    one, other = (
        LandmarkClips(store, list(CLIPS), None, settings=Landmarks(), seed=seed)
        for seed in (None, 5)
    )
    for clip in range(3):
        torch.testing.assert_close(one[clip, 0]["steps"], other[clip, 9]["steps"], rtol=0, atol=0)


def test_what_is_cut_off_is_said(store: LandmarkStore, caplog: pytest.LogCaptureFixture) -> None:
    LandmarkClips(store, list(CLIPS), None, settings=Landmarks(longest=3), seed=None)
    (record,) = caplog.records
    assert "2 of 3 clips are longer than 3 steps; 13 of 21 steps are cut off" in record.message


def test_joined_clips_are_one_clip(store: LandmarkStore) -> None:
    settings = Landmarks(every=1)
    members = [["b", "a", "b"]]
    clips = JoinedClips(store, ["long"], members, [[1]], settings=settings, seed=None)
    assert clips.lengths == [15]
    joined = join_points([CLIPS["b"], CLIPS["a"], CLIPS["b"]])
    assert joined.shape == (15, 85, 3)
    np.testing.assert_array_equal(clips[0, 0]["steps"], normalised(joined, settings))
    # Every second frame of the whole, not of each clip.
    clips = JoinedClips(store, ["long"], [["a", "a"]], None, settings=Landmarks(), seed=None)
    assert clips.lengths == [7]


def test_clips_of_two_rates_are_not_joined(tmp_path: Path) -> None:
    from sign2text.landmarks.index import join_indices

    parts = []
    for clip, fps in (("a", 25.0), ("b", 50.0)):
        write_store(tmp_path / f"{clip}.safetensors", {clip: CLIPS[clip]}, fps=fps)
        parts.append(tmp_path / f"{clip}.index.safetensors")
    join_indices(parts, tmp_path / "x.index.safetensors")
    store = LandmarkStore(tmp_path / "x.index.safetensors")
    with pytest.raises(InputError, match=r"joined clip 'long': its clips have 25 a second, .*; 50"):
        JoinedClips(store, ["long"], [["a", "b"]], None, settings=Landmarks(), seed=None)


def test_other_manifests_and_shoulders_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    points = some_points(4)
    points[:, POSE.start + 1] = np.nan
    store = write_store(tmp_path / "train.safetensors", {"a": some_points(2), "b": points})
    (tmp_path / "train.safetensors").unlink()
    with pytest.raises(InputError, match="holds no clip 'z'"):
        LandmarkClips(store, ["a", "z"], None, settings=Landmarks(), seed=None)
    settings = Landmarks(box="shoulders")
    with pytest.raises(InputError, match=r"1 clips never show both shoulders, .*: b\. Set landm"):
        LandmarkClips(store, ["a", "b"], None, settings=settings, seed=None)
    LandmarkClips(store, ["a", "b"], None, settings=Landmarks(), seed=None)


def test_frames_that_the_store_does_not_have_are_not_left_out_again(tmp_path: Path) -> None:
    points = some_points(6)
    store = write_store(tmp_path / "train.safetensors", {"a": points}, settings={"every": 2})
    clips = LandmarkClips(store, ["a"], None, settings=Landmarks(every=2), seed=None)
    assert clips.lengths == [6]
    with pytest.raises(InputError, match="holds every 2th frame"):
        LandmarkClips(store, ["a"], None, settings=Landmarks(every=1), seed=None)


class TestAugmentation:
    def test_it_hangs_on_seed_epoch_and_clip_alone(self, store: LandmarkStore) -> None:
        def item(ids: list[str], seed: int, number: int, epoch: int) -> torch.Tensor:
            clips = LandmarkClips(
                store, ids, None, settings=Landmarks(), seed=seed, augmentation=ALL_ON
            )
            return clips[number, epoch]["steps"]

        first = item(["a", "c"], 1, 1, 4)
        assert torch.equal(first, item(["c"], 1, 0, 4))
        assert not torch.equal(first, item(["c"], 2, 0, 4))
        assert not torch.equal(first, item(["c"], 1, 0, 5))

    def test_no_epoch_has_more_steps_than_said(self, store: LandmarkStore) -> None:
        for longest in (256, 12):
            clips = LandmarkClips(
                store,
                list(CLIPS),
                None,
                settings=Landmarks(longest=longest),
                seed=1,
                augmentation=ALL_ON,
            )
            for clip, most in enumerate(clips.longest):
                found = [len(clips[clip, epoch]["steps"]) for epoch in range(40)]
                assert 1 <= min(found) <= max(found) <= most
            assert clips.longest[2] == min(longest, 20)  # 30 frames, a step of 2 / 1.3

    def test_frames_start_later_and_run_faster(self) -> None:
        rng = clip_rng(1, 1, "a")
        plain = choose_frames(9, Landmarks(), LandmarkAugmentation(), rng)
        assert plain.tolist() == [0, 2, 4, 6, 8]
        start = LandmarkAugmentation(start=True)
        found = {
            tuple(choose_frames(9, Landmarks(), start, clip_rng(1, n, "a"))) for n in range(20)
        }
        assert found == {(0, 2, 4, 6, 8), (1, 3, 5, 7)}
        faster = LandmarkAugmentation(stretch=0.5)
        lengths = [
            len(choose_frames(90, Landmarks(), faster, clip_rng(1, n, "a"))) for n in range(200)
        ]
        assert (min(lengths), max(lengths)) == (31, 68)
        assert most_steps(90, Landmarks(), faster) == 68

    def test_turning_keeps_distances_and_scaling_multiplies_them(self) -> None:
        points = some_points(3) / 200
        points[1, LEFT_HAND] = np.nan
        turned = augment(points, LandmarkAugmentation(rotation=30), clip_rng(1, 1, "a"))
        before, after = (
            np.linalg.norm(np.diff(p[0, :, :2], axis=0), axis=1) for p in (points, turned)
        )
        np.testing.assert_allclose(after, before, rtol=1e-5)
        np.testing.assert_allclose(turned[..., 2], points[..., 2], rtol=1e-5)
        assert np.abs(turned[0] - points[0]).max() > 0.01
        assert np.isnan(turned[1, LEFT_HAND]).all()
        scaled = augment(points, LandmarkAugmentation(scale=0.5), clip_rng(1, 1, "a"))
        before, after = (np.linalg.norm(np.diff(p[0], axis=0), axis=1) for p in (points, scaled))
        ratio = after / before
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
        assert 1 / 1.5 <= ratio[0] <= 1.5
        assert abs(ratio[0] - 1) > 0.01

    def test_noise_has_its_strength(self) -> None:
        points = some_points(40)
        noise = augment(points, LandmarkAugmentation(noise=0.5), clip_rng(1, 1, "a")) - points
        assert noise.std() == pytest.approx(0.5, rel=0.03)
        assert noise.mean() == pytest.approx(0, abs=0.02)

    def test_hands_are_dropped_for_a_while(self) -> None:
        points = some_points(40)
        runs = []
        for epoch in range(100):
            settings = LandmarkAugmentation(drop_hand=0.5, drop_share=0.25)
            found = np.isnan(augment(points, settings, clip_rng(1, epoch, "a"))).all(-1)
            assert not found[:, POSE.start :].any()
            for hand in (LEFT_HAND, RIGHT_HAND):
                gone = found[:, hand].all(1)
                assert (gone == found[:, hand].any(1)).all()
                assert np.abs(np.diff(gone.astype(int), prepend=0, append=0)).sum() in (0, 2)
                runs.append(int(gone.sum()))
        assert max(runs) == 10
        assert 0.4 < np.mean(np.array(runs) > 0) < 0.6

    def test_one_setting_does_not_change_what_another_draws(self) -> None:
        points = some_points(40)
        drops = LandmarkAugmentation(drop_hand=0.5)
        both = LandmarkAugmentation(drop_hand=0.5, rotation=5, noise=0.1)
        for epoch in range(5):
            one, other = (augment(points, s, clip_rng(1, epoch, "a")) for s in (drops, both))
            np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
