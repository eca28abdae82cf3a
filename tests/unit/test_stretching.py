"""Training clips stretched in time: frames, lengths, and one crop for all of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sign2text.data.augmentation import Augmentation
from sign2text.data.clips import Collator, FrameClips, check_lengths
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.data.sampling import clip_rng
from sign2text.data.stretched_clips import StretchedClips
from sign2text.data.stretching import Stretching, stretched_indices
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings

FRAMES = {"a": 9, "b": 21, "c": 2}
PUBLISHED = Augmentation(
    scale=[0.7, 1.0], ratio=[0.75, 1.33], brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1
)


def draw(frames: int, number: int = 300, **settings) -> list[np.ndarray]:
    least = settings.pop("least", 1)
    of = Stretching(**settings)
    return [stretched_indices(frames, of, clip_rng(1, n, "x"), least) for n in range(number)]


def test_lengths_are_drawn_evenly_and_rounded_up_to_a_multiple_of_four() -> None:
    counts = [len(each) for each in draw(40, 4000)]
    found, times = np.unique(counts, return_counts=True)
    assert found.tolist() == [20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]
    # 20 has one length, the others have four lengths each, of 41 in all.
    expected = np.array([1, *[4] * 10]) / 41
    assert np.allclose(times / 4000, expected, atol=0.02)


def test_a_shorter_clip_has_frames_once_and_a_longer_one_all_of_them() -> None:
    for indices in draw(40):
        assert (np.diff(indices) >= 0).all()
        if len(indices) <= 40:
            assert len(set(indices.tolist())) == len(indices)
        else:
            assert set(indices.tolist()) == set(range(40))
    seen = np.unique(np.concatenate([each for each in draw(40) if len(each) == 20]))
    assert seen.tolist() == list(range(40)), "any of them"


@pytest.mark.parametrize(
    ("frames", "settings", "shortest", "longest"),
    [
        (300, {}, 152, 400),  # 150 rounded up; no more than 400
        (900, {}, 400, 400),
        (1, {}, 4, 4),
        (9, {"least": 9}, 12, 16),
        (40, {"least": 38}, 40, 60),
        (40, {"most": 24}, 20, 24),
        # The glosses' needs take precedence over the limit.
        (40, {"most": 24, "least": 30}, 32, 32),
    ],
)
def test_bounds(frames, settings, shortest, longest) -> None:
    counts = {len(each) for each in draw(frames, 600, **settings)}
    assert (min(counts), max(counts)) == (shortest, longest)
    assert all(count % 4 == 0 for count in counts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"most": 401}, "most: found 401"),
        ({"shortest": 1.2}, "shortest: found 1.2"),
        ({"shortest": 0.0}, "shortest: found 0.0"),
        ({"longest": 0.9}, "longest: found 0.9"),
    ],
)
def test_impossible_settings_are_refused(settings, message) -> None:
    with pytest.raises(InputError, match=message):
        read_settings(Stretching, settings)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FrameStore:
    """Frame n of a clip is the clip's image, darker by n of 255."""
    path: Path = tmp_path_factory.mktemp("frames") / "train.tar"
    writer = FrameStoreWriter(path, FrameFormat((40, 36), 95, "png"), list(FRAMES))
    for number, (clip, count) in enumerate(FRAMES.items()):
        picture = np.random.default_rng(number).integers(60, 255, (40, 36, 3), dtype=np.uint8)
        writer.add(clip, [writer.format.encode(picture - frame) for frame in range(count)])
    writer.finish()
    return FrameStore(path)


def clips_of(store: FrameStore, seed: int | None, **settings) -> StretchedClips:
    targets = [[5, 2], [6, 7, 2], [8, 2]]
    given = {"crop": (32, 28), "stretching": Stretching(), **settings}
    return StretchedClips(store, list(FRAMES), targets, seed=seed, **given)


def test_evaluation_takes_all_frames_as_they_are(store) -> None:
    clips = clips_of(store, None, augmentation=PUBLISHED)
    assert clips.lengths == clips.longest == [9, 21, 2]
    for clip, count in enumerate(FRAMES.values()):
        expected = torch.from_numpy(store.read(clip, range(count))[:, 4:36, 4:32])
        assert torch.equal(clips[clip, 7]["steps"], expected)


def test_training_depends_on_seed_epoch_and_clip_alone(store) -> None:
    first, again, other = clips_of(store, 1), clips_of(store, 1), clips_of(store, 2)
    steps = [first[1, epoch]["steps"] for epoch in range(6)]
    assert all(torch.equal(each, again[1, epoch]["steps"]) for epoch, each in enumerate(steps))
    assert len({len(each) for each in steps}) > 2
    assert any(len(other[1, epoch]["steps"]) != len(each) for epoch, each in enumerate(steps))
    assert first.longest == [16, 32, 4] and first.lengths == [9, 21, 2]
    for clip, most in enumerate(first.longest):
        counts = [len(first[clip, epoch]["steps"]) for epoch in range(40)]
        assert max(counts) <= most and all(count % 4 == 0 for count in counts)


def test_a_clip_is_not_shortened_below_what_its_glosses_need(store) -> None:
    clips = clips_of(store, 1, least=[9, 1, 1])
    assert min(len(clips[0, epoch]["steps"]) for epoch in range(60)) == 12
    assert min(len(clips_of(store, 1)[0, epoch]["steps"]) for epoch in range(60)) == 4


def test_all_frames_of_a_clip_are_cut_and_coloured_alike(store) -> None:
    """They differ as much as in the store: n of 255, scaled by the clip's contrast."""
    clips, seen = clips_of(store, 1, augmentation=PUBLISHED), set()
    for epoch in range(20):
        indices = clips.sample(1, clips.random((1, epoch)))
        frames = clips[1, epoch]["steps"].float().mean((1, 2, 3)).numpy()
        assert frames.shape == indices.shape
        slope, offset = np.polyfit(indices, frames, 1)
        assert np.abs(np.polyval([slope, offset], indices) - frames).max() < 3
        seen.add(round(float(offset)))
    assert len(seen) > 5, "each epoch otherwise"


def test_stretching_by_one_is_none(store) -> None:
    clips = clips_of(store, 1, stretching=Stretching(shortest=1.0, longest=1.0))
    plain = FrameClips(store, list(FRAMES), None, rate=1.0, crop=(32, 28), seed=1)
    assert clips.longest == [9, 21, 2]
    assert len(clips[1, 3]["steps"]) == 21
    assert clips.sample(1, clips.random((1, 3))).tolist() == list(range(21))
    assert plain.lengths == clips.lengths


def test_positions_are_compared_with_the_steps_that_a_model_makes_of_stretched_clips(store) -> None:
    clips = clips_of(store, 1)
    clips.steps_of = lambda frames: -(-frames // 4)
    check_lengths(clips, 8)
    with pytest.raises(InputError, match="clip 'b': 8 steps of 32 frames found, at most 7"):
        check_lengths(clips, 7)


GLOSSES = [[3, 3, 1], [], [2]]


def test_one_collator_serves_sentences_glosses_and_both(store) -> None:
    def batch(targets, glosses, collate):
        clips = StretchedClips(
            store, list(FRAMES), targets, crop=(32, 28), seed=None, stretching=Stretching()
        )
        return collate([clips.with_glosses(glosses)[clip, 0] for clip in range(3)])

    targets = [[5, 2], [6, 7, 2], [8, 2]]
    labels = [[3, 3, 1], [-100, -100, -100], [2, -100, -100]]
    both = batch(targets, GLOSSES, Collator("frames", 1, 0))
    assert both.keys() == {"frames", "lengths", "labels", "decoder_input_ids", "gloss_labels"}
    assert both["gloss_labels"].tolist() == labels
    assert both["labels"].tolist() == [[5, 2, -100], [6, 7, 2], [8, 2, -100]]
    glosses = batch(None, GLOSSES, Collator("frames"))
    assert glosses.keys() == {"frames", "lengths", "gloss_labels"}
    assert glosses["gloss_labels"].tolist() == labels
    sentences = batch(targets, None, Collator("frames", 1, 0))
    assert sentences.keys() == {"frames", "lengths", "labels", "decoder_input_ids"}
    empty = batch(None, [[], [], []], Collator("frames"))
    assert empty["gloss_labels"].tolist() == [[-100]] * 3, "a shape that the loss can read"
    with pytest.raises(ValueError, match="glosses of 2 clips found, 3 expected"):
        clips_of(store, 1).with_glosses(GLOSSES[:2])
