"""Clips with fewer steps than CTC needs for their glosses are named before a training."""

import pytest

from sign2text.ground.errors import InputError
from sign2text.text.short_clips import clips_to_align

IDS = ["long", "twice", "short", "none"]
CLASSES = [[1, 2], [1, 1], [1, 2, 3], []]


def test_enough_steps_keep_all():
    assert clips_to_align(IDS, [2, 3, 3, 0], CLASSES) == [0, 1, 2, 3]


def test_the_first_is_named_with_its_steps_and_what_to_do():
    with pytest.raises(InputError) as refused:
        clips_to_align(IDS, [9, 2, 2, 0], CLASSES)
    assert str(refused.value) == (
        "clip 'twice': 2 steps found, at least 3 expected for its 2 glosses (equal neighbours need "
        "a step between them), and 1 further clips. CTC can learn nothing of such a clip: set "
        "on_short_clip: skip to leave it out, or leave it out of the manifest."
    )


def test_with_skip_each_is_left_out_by_name(caplog):
    assert clips_to_align(IDS, [9, 2, 2, 0], CLASSES, "skip") == [0, 3]
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "clip 'twice'",
        "clip 'short'",
    ]
    assert all(message.endswith("; left out") for message in caplog.messages)


def test_a_training_without_any_clip_is_refused():
    with pytest.raises(InputError, match=r"2 clips found and all of them left out.*clip 'short'"):
        clips_to_align(["short", "shorter"], [2, 0], [[1, 2, 3], [1]], "skip")
    with pytest.raises(InputError, match=r"0 clips found .* The split is empty"):
        clips_to_align([], [], [])
