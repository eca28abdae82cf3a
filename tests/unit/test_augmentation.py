"""Augmentation of frames: geometry by hand-made pictures, colours by computed values."""

import colorsys

import numpy as np
import pytest

from sign2text.data.augmentation import Augmentation, augment
from sign2text.data.sampling import clip_rng
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.fla_llm.stages import visual_init

SIZE, CROP = (40, 48), (32, 36)


def settings(**given):
    return read_settings(Augmentation, given)


def blob(row, column, frames=3, size=SIZE):
    """A white square of 5 x 5 pixels about (row, column) on black."""
    picture = np.zeros((frames, *size, 3), np.uint8)
    picture[:, row - 2 : row + 3, column - 2 : column + 3] = 255
    return picture


def middle(picture):
    """(row, column) of the mean of the light, of one frame."""
    light = picture.astype(float).sum(-1)
    rows, columns = np.indices(light.shape)
    return (rows * light).sum() / light.sum(), (columns * light).sum() / light.sum()


def rng(clip="a", epoch=0):
    return clip_rng(1, epoch, clip)


EVERYTHING = settings(
    rotation=20.0,
    rotation_probability=1.0,
    translation=0.1,
    translation_probability=1.0,
    scale=[0.7, 1.0],
    ratio=[0.75, 1.33],
    flip=0.5,
    brightness=0.4,
    contrast=0.4,
    saturation=0.4,
    hue=0.1,
    colour_probability=1.0,
    grey=0.2,
)


def test_by_default_a_clip_is_only_cropped_as_fla_llm_does():
    frames = np.random.default_rng(0).integers(0, 256, (4, *SIZE, 3), dtype=np.uint8)
    places = set()
    for epoch in range(30):
        found = augment(frames, CROP, Augmentation(), rng(epoch=epoch))
        (place,) = [
            (top, left)
            for top in range(9)
            for left in range(13)
            if np.array_equal(found, frames[:, top : top + 32, left : left + 36])
        ]
        places.add(place)
    assert len(places) > 15, "another place each epoch"


@pytest.mark.parametrize("chosen", [EVERYTHING, settings(rotation=30.0), settings(flip=0.5)])
def test_all_frames_of_a_clip_are_changed_alike(chosen):
    one = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    for epoch in range(8):
        found = augment(np.repeat(one, 5, axis=0), CROP, chosen, rng(epoch=epoch))
        assert found.shape == (5, *CROP, 3) and found.dtype == np.uint8
        assert (found == found[:1]).all()


def test_what_is_random_depends_on_seed_epoch_and_clip_only():
    frames = blob(20, 20)

    def made(clip, epoch):
        return augment(frames, CROP, EVERYTHING, rng(clip, epoch)).tobytes()

    assert made("a", 0) == made("a", 0)
    assert len({made(clip, epoch) for clip in "abc" for epoch in range(4)}) == 12


def test_a_rotation_turns_about_the_middle_of_the_frame():
    chosen = settings(rotation=30.0, rotation_probability=1.0)
    # The whole frame is taken, so that nothing but the turn moves the square.
    angles = []
    for epoch in range(20):
        found = augment(blob(20, 38), SIZE, chosen, rng(epoch=epoch))
        row, column = middle(found[0])
        row, column = row - 19.5, column - 23.5
        assert np.hypot(row, column) == pytest.approx(np.hypot(0.5, 14.5), abs=0.1)
        angles.append(np.degrees(np.arctan2(row, column)))
    assert min(angles) > -29 and max(angles) < 33 and max(angles) - min(angles) > 30


def test_a_translation_shifts_by_up_to_its_share_of_width_and_height():
    chosen = settings(translation=0.1, translation_probability=1.0)
    shifts = []
    for epoch in range(40):
        row, column = middle(augment(blob(20, 24), SIZE, chosen, rng(epoch=epoch))[0])
        shifts.append((row - 20, column - 24))
    most = np.abs(shifts).max(0)
    assert most.tolist() == [4, 4], "whole pixels, of 4 and 4.8"


def test_a_shift_brings_black_in_at_the_edge_and_is_resampled_nowhere():
    chosen = settings(translation=0.3, translation_probability=1.0)
    frames = np.random.default_rng(0).integers(1, 256, (2, *SIZE, 3), dtype=np.uint8)
    padded = np.pad(frames, ((0, 0), SIZE[:1] * 2, SIZE[1:] * 2, (0, 0)))
    for epoch in range(8):
        found = augment(frames, SIZE, chosen, rng(epoch=epoch))
        rows, columns = (np.flatnonzero(found[0].any((1 - axis, 2)))[[0, -1]] for axis in (0, 1))
        down, right = rows[0] - (SIZE[0] - 1 - rows[1]), columns[0] - (SIZE[1] - 1 - columns[1])
        top, left = SIZE[0] - down, SIZE[1] - right
        assert (found == padded[:, top : top + SIZE[0], left : left + SIZE[1]]).all()


def test_a_shift_is_the_same_with_and_without_next_to_no_turn():
    frames = np.random.default_rng(0).integers(0, 256, (2, *SIZE, 3), dtype=np.uint8)
    given = {"translation": 0.3, "translation_probability": 1.0, "rotation_probability": 1.0}
    for epoch in range(8):
        plain, turned = (
            augment(frames, CROP, settings(rotation=turn, **given), rng(epoch=epoch))
            for turn in (0.0, 1e-4)
        )
        assert np.abs(plain.astype(int) - turned).max() <= 1


def test_probabilities_are_shares_of_clips():
    chosen = settings(rotation=10.0, rotation_probability=0.3, flip=0.5)
    frames = blob(20, 38)
    turned = mirrored = 0
    for epoch in range(300):
        row, column = middle(augment(frames, SIZE, chosen, rng(epoch=epoch))[0])
        turned += abs(row - 20) > 1e-6
        mirrored += column < 24
    assert 60 < turned < 120 and 120 < mirrored < 180


@pytest.mark.parametrize(
    "given",
    [
        {"scale": [0.7, 1.0], "ratio": [0.8, 1.25]},
        {"rotation": 20.0, "translation": 0.1},
        {"brightness": 0.4, "hue": 0.1, "grey": 0.5},
    ],
)
def test_one_setting_does_not_change_what_is_drawn_for_the_others(given):
    frames = blob(20, 38)
    plain, more = settings(flip=0.5), settings(flip=0.5, **given)
    mirrored = set()
    for epoch in range(30):
        one, other = rng(epoch=epoch), rng(epoch=epoch)
        found = [augment(frames, SIZE, *each) for each in ((plain, one), (more, other))]
        assert one.random() == other.random(), "as many numbers were drawn"
        sides = {middle(each[0])[1] < 24 for each in found if each.any()}
        assert len(sides) == 1, "mirrored alike"
        mirrored |= sides
    assert mirrored == {True, False}


@pytest.mark.parametrize("turn", [0.0, 1e-4])
def test_a_mirrored_clip_is_the_exact_mirror(turn):
    """With (next to) no rotation both ways of moving a frame give the same picture."""
    chosen = settings(flip=1.0, rotation=turn, rotation_probability=1.0)
    frames = np.random.default_rng(0).integers(0, 256, (2, *SIZE, 3), dtype=np.uint8)
    found = augment(frames, SIZE, chosen, rng())
    assert np.abs(found.astype(int) - frames[:, :, ::-1]).max() <= 1


@pytest.mark.parametrize("turn", [0.0, 1e-4])
def test_a_crop_of_random_size_is_resized_and_keeps_its_place(turn):
    chosen = settings(scale=[0.7, 0.9], ratio=[0.8, 1.25], rotation=turn, rotation_probability=1.0)
    # Red rises with the column and green with the row: a pixel says where it comes from.
    rows, columns = np.indices(SIZE)
    ramp = np.stack([5 * columns, 5 * rows, 0 * rows], -1).astype(np.uint8)[None]
    areas = []
    for epoch in range(20):
        (found,) = augment(ramp, CROP, chosen, rng(epoch=epoch)).astype(float) / 5
        width = (found[:, -2, 0] - found[:, 1, 0]).mean() / (CROP[1] - 3) * CROP[1]
        height = (found[-2, :, 1] - found[1, :, 1]).mean() / (CROP[0] - 3) * CROP[0]
        assert height < 40.6 and width < 48.6
        areas.append(width * height / (SIZE[0] * SIZE[1]))
    assert 0.66 < min(areas) < 0.78 and 0.8 < max(areas) < 0.93


def test_colours_are_changed_as_the_settings_say():
    colour = np.array([120, 80, 40], np.uint8)
    frames = np.broadcast_to(colour, (2, *SIZE, 3)).copy()
    luma = colour @ [0.299, 0.587, 0.114]

    def seen(**given):
        chosen = settings(colour_probability=1.0, **given)
        return np.array(
            [augment(frames, CROP, chosen, rng(epoch=n))[0, 0, 0] for n in range(40)], float
        )

    bright = seen(brightness=0.4)[:, 0] / 120
    assert 0.59 < bright.min() < 0.7 and 1.3 < bright.max() < 1.41
    # A plain clip is its own mean: contrast moves its colour away from or towards that grey.
    contrast = seen(contrast=0.4)
    assert np.abs(contrast @ [0.299, 0.587, 0.114] - luma).max() < 1
    assert np.ptp(contrast[:, 0] - contrast[:, 2]) > 40
    vivid = seen(saturation=0.4)
    assert np.abs(vivid @ [0.299, 0.587, 0.114] - luma).max() < 1
    turned = seen(hue=0.1)
    assert np.abs(turned @ [0.299, 0.587, 0.114] - luma).max() < 1
    hues = np.array([colorsys.rgb_to_hsv(*each / 255)[0] for each in turned])
    hues = (hues - colorsys.rgb_to_hsv(*colour / 255)[0] + 0.5) % 1 - 0.5
    assert hues.min() < -0.05 and hues.max() > 0.05 and np.abs(hues).max() < 0.15


def test_grey_clips_have_no_colour_and_their_share_is_as_said():
    frames = np.random.default_rng(0).integers(0, 256, (2, *SIZE, 3), dtype=np.uint8)
    made = [augment(frames, CROP, settings(grey=0.2), rng(epoch=n)) for n in range(200)]
    grey = [np.ptp(each.astype(int), axis=-1).max() <= 1 for each in made]
    assert 22 < sum(grey) < 60


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scale": [1.0, 0.7]}, r"scale is \[1.0, 0.7\]; the lower value is expected first"),
        ({"scale": [0.5, 1.5]}, r"scale goes up to 1.5; a crop's area is at most 1"),
        ({"ratio": [0.5]}, r"augmentation.ratio: found \[0.5\]"),
        ({"flip": 2}, r"augmentation.flip: found 2"),
        ({"mirror": 1}, r"augmentation.mirror: unknown key"),
    ],
)
def test_impossible_values_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        read_settings(visual_init.Config, {"augmentation": given})


@pytest.mark.parametrize("trained", [True, False])
def test_changes_that_stored_features_cannot_have_are_refused(trained):
    from sign2text.stages import check_corpus, encode_frames, pretrain_frame_encoder, sample_frames

    given = {"train_frame_encoder": trained, "augmentation": {"flip": 0.5}}
    configs = {
        "visual_init": read_settings(visual_init.Config, given),
        "sample_frames": sample_frames.Config(),
        "encode_frames": encode_frames.Config(),
        "check_corpus": check_corpus.Config(),
        "pretrain_frame_encoder": pretrain_frame_encoder.Config(),
    }
    said = list(visual_init.check_settings(configs.__getitem__))
    assert len(said) == (0 if trained else 1)
    assert trained or said[0].startswith("augmentation: found changes of the frames")
