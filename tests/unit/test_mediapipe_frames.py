import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import stand_in_worker as stand_in

from sign2text.ground.errors import InputError
from sign2text.landmarks import mediapipe_worker
from sign2text.landmarks.environment import VARIABLE, find_python
from sign2text.landmarks.mediapipe_frames import (
    Clip,
    Extracted,
    MediaPipe,
    Missed,
    extract_clips,
)
from sign2text.landmarks.points import FACE, LEFT_HAND, POSE, RIGHT_HAND

POINTS = mediapipe_worker.POINTS


@pytest.fixture
def make_clip(tmp_path):
    """Write a folder of frames, one for each red value, and return it as a clip."""

    def make(name, reds, size=(20, 10), fps=25.0, frames=None):
        (tmp_path / name).mkdir()
        for number, red in enumerate(reds):
            picture = np.zeros((size[1], size[0], 3), np.uint8)
            picture[..., 2] = red  # in OpenCV's order
            cv2.imwrite(str(tmp_path / name / f"{number:04d}.png"), picture)
        return Clip(name, str(tmp_path / name), fps, frames)

    return make


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    """An environment whose Python runs the stand-in."""
    monkeypatch.setenv(VARIABLE, str(stand_in.write_python(tmp_path)))


def extract(clips, *, settings=None, workers=1, python=None):
    settings = settings or MediaPipe()
    return list(extract_clips(clips, settings=settings, workers=workers, python=python))


def test_points_are_in_pixels_of_the_source_and_in_the_order_of_the_85(make_clip):
    (found,) = extract([make_clip("a", [51, 102, 204])])
    assert (found.id, found.fps, found.size) == ("a", 25.0, (20, 10))
    assert found.points.shape == (3, 85, 3)
    assert found.points.dtype == np.float32
    # The stand-in's x is a point's number among all 553: 21 + 21 + 33 + 478.
    numbers = found.points[0, :, 0] / 20 * POINTS
    assert np.allclose(numbers[LEFT_HAND], np.arange(21), atol=1e-3)
    assert np.allclose(numbers[RIGHT_HAND], np.arange(21, 42), atol=1e-3)
    assert np.allclose(numbers[POSE], 42 + np.array([11, 12, 13, 14, 23, 24]), atol=1e-3)
    assert np.allclose(numbers[FACE][[0, 1, -1]], 75 + np.array([0, 4, 473]), atol=1e-3)
    assert np.allclose(found.points[:, 0, 1], [2, 4, 8])  # y: shares of the height, 10 pixels
    assert np.allclose(found.points[:, 0, 2], np.array([0.02, 1.02, 2.02]) * 20)


def test_clips_come_in_order_and_each_begins_anew_with_any_number_of_workers(make_clip):
    clips = [make_clip(f"clip{n}", [100 + n] * (1 + n % 3)) for n in range(7)]
    one, three = extract(clips), extract(clips, workers=3)
    assert [each.id for each in three] == [f"clip{n}" for n in range(7)]
    assert [len(each.points) for each in three] == [1, 2, 3, 1, 2, 3, 1]
    assert all(each.points[0, 0, 2] == np.float32(0.02) * 20 for each in three)
    assert [hashlib.sha256(each.points).digest() for each in one] == [
        hashlib.sha256(each.points).digest() for each in three
    ]


def test_every_second_frame_halves_the_rate(make_clip):
    (found,) = extract([make_clip("a", [51, 1, 102, 1, 204])], settings=MediaPipe(every=2))
    assert np.allclose(found.points[:, 0, 1], [2, 4, 8])
    assert found.fps == 12.5


def test_squeezed_pixels_are_unsqueezed_for_the_detector_and_mapped_back(make_clip):
    clip = make_clip("a", [51])
    (plain,) = extract([clip])
    (found,) = extract([clip], settings=MediaPipe(display_ratio=3.0))
    assert found.size == plain.size == (20, 10)
    # The stand-in says the width that it saw: 30 for 10 rows, in place of 20.
    assert np.allclose(found.points[..., 2], 0.030 * 20)
    assert np.array_equal(found.points[..., :2], plain.points[..., :2])


def test_a_ratio_below_the_picture_s_stretches_its_height(make_clip):
    (found,) = extract([make_clip("a", [51])], settings=MediaPipe(display_ratio=1.0))
    assert np.allclose(found.points[..., 2], 0.020 * 20)


@pytest.mark.parametrize(
    "red, reason",
    [
        (stand_in.DIES, "exit code 3; F0000 out of luck"),
        (stand_in.KILLED, "ended by SIGKILL"),
        (stand_in.FAILS, "MediaPipe failed at frame 2: CalculatorGraph::Run() failed"),
    ],
)
def test_a_clip_at_which_the_extractor_dies_is_named_and_the_others_are_kept(
    make_clip, red, reason
):
    clips = [
        make_clip("a", [50, 60]),
        make_clip("b", [50, 50, red, 50]),
        make_clip("c", [70, 80, 90]),
        make_clip("d", [40]),
    ]
    first, second, third, last = extract(clips)
    assert isinstance(second, Missed)
    assert second.id == "b"
    assert reason in second.reason
    assert np.allclose(first.points[:, 0, 1] * 25.5, [50, 60])
    assert np.allclose(third.points[:, 0, 1] * 25.5, [70, 80, 90])
    assert third.points[0, 0, 2] == np.float32(0.02) * 20
    assert isinstance(last, Extracted)


def test_a_clip_that_breaks_off_leaves_no_answer_for_the_next(make_clip):
    broken, whole = make_clip("a", [50, 60, 70]), make_clip("b", [80, 90])
    (Path(broken.video) / "0002.png").write_bytes(b"no picture")
    missed, found = extract([broken, whole])
    assert "0002.png: not a readable image" in missed.reason
    assert np.allclose(found.points[:, 0, 1] * 25.5, [80, 90])


def test_no_worker_outlives_an_extraction_that_is_given_up(make_clip):
    before = {child.pid for child in psutil.Process().children()}
    found = extract_clips(
        [make_clip(f"clip{n}", [9] * 3) for n in range(9)], settings=MediaPipe(), workers=2
    )
    assert next(found).id == "clip0"
    assert len({child.pid for child in psutil.Process().children()} - before) == 2
    found.close()
    assert {child.pid for child in psutil.Process().children()} <= before


def test_a_video_without_a_person_is_missed_with_its_frames(make_clip):
    missed, found = extract([make_clip("a", [stand_in.BLACK] * 2), make_clip("b", [9])])
    assert "MediaPipe finds no person in any of its 2 frames, a signer expected" in missed.reason
    assert found.id == "b"


def test_frames_without_a_person_are_missing_not_numbers(make_clip):
    (found,) = extract([make_clip("a", [9, stand_in.BLACK, 9])])
    assert np.isnan(found.points[1]).all()
    assert np.isfinite(found.points[[0, 2]]).all()


def test_a_hand_never_seen_is_missing_and_the_rest_is_kept(make_clip):
    (found,) = extract([make_clip("a", [stand_in.ONE_HANDED] * 2)])
    assert np.isnan(found.points[:, RIGHT_HAND]).all()
    assert np.isfinite(np.delete(found.points, np.arange(21, 42), axis=1)).all()


def test_a_clip_with_more_frames_than_its_manifest_says_is_missed(make_clip):
    (missed,) = extract([make_clip("a", [9, 9, 9], frames=2)])
    assert "has 3 frames, the manifest says 2" in missed.reason


def test_a_clip_that_is_gone_ends_the_run(make_clip, tmp_path):
    clips = [make_clip("a", [9]), Clip("b", str(tmp_path / "gone"), 25.0)]
    with pytest.raises(InputError, match=r"clip 'b': .*gone: no such video"):
        extract(clips)


def test_an_environment_without_mediapipe_is_refused(make_clip):
    with pytest.raises(InputError, match=r"no mediapipe found, mediapipe 0\.10\.21 expected"):
        extract([make_clip("a", [9])], python=Path(sys.executable))


def test_an_environment_with_another_version_is_refused(make_clip, tmp_path):
    program = tmp_path / "other.py"
    program.write_text(
        "import struct, sys\nsys.stdout.buffer.write(struct.pack('<cI', b'R', 7) + b'0.10.30')\n"
    )
    with pytest.raises(InputError, match=r"mediapipe 0\.10\.30 found, mediapipe 0\.10\.21 expec"):
        extract([make_clip("a", [9])], python=stand_in.write_python(tmp_path, program))


def test_a_python_that_does_not_run_the_program_is_refused(make_clip, tmp_path):
    program = tmp_path / "other.py"
    program.write_text("import no_such_module\n")
    with pytest.raises(InputError, match=r"does not run .*\(exit code 1; .*no_such_mod"):
        extract([make_clip("a", [9])], python=stand_in.write_python(tmp_path, program))


def test_a_missing_environment_is_refused_with_the_command_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none/python"))
    with pytest.raises(InputError, match=r"no Python found.*mediapipe 0\.10\.21.*make landmarks"):
        find_python()


def test_the_environment_s_python_is_found_in_the_workflow_s_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    python = tmp_path / ".venv-landmarks/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert find_python() == python


def test_the_pinned_version_is_the_expected_one():
    pins = Path(__file__).parents[2] / "envs/landmarks-requirements.txt"
    assert f"mediapipe=={mediapipe_worker.VERSION}" in pins.read_text().splitlines()
