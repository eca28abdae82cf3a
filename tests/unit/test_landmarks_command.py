"""`sign2text landmarks`: what it prints, draws and writes."""

import struct

import cv2
import numpy as np
import pytest
import stand_in_worker as stand_in

from sign2text.commands import main as cli
from sign2text.landmarks.environment import VARIABLE


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(stand_in.write_python(tmp_path)))


@pytest.fixture
def write_frames(tmp_path):
    def write(reds, size=(40, 30)):
        folder = tmp_path / "clip"
        folder.mkdir()
        for number, red in enumerate(reds):
            picture = np.zeros((size[1], size[0], 3), np.uint8)
            picture[..., 2] = red  # in OpenCV's order
            cv2.imwrite(str(folder / f"{number:04d}.png"), picture)
        return folder

    return write


def run(*options):
    cli.main(["landmarks", *map(str, options)])


def test_it_prints_how_often_each_part_is_found_and_draws(write_frames, tmp_path, capsys):
    clip = write_frames([9, 9, stand_in.ONE_HANDED, stand_in.BLACK])
    run(clip, "--picture", tmp_path / "out.png")
    printed, warned = capsys.readouterr()
    first, *parts, last = printed.splitlines()
    assert first.endswith("clip: 4 frames, 40 x 30 pixels, mediapipe 0.10.21")
    assert parts == [
        "left hand   75.0 %  3 of 4",
        "right hand  50.0 %  2 of 4",
        "pose        75.0 %  3 of 4",
        "face        75.0 %  3 of 4",
    ]
    assert float(last.split()[0]) > 0
    assert last.endswith("frames a second, the start of MediaPipe included")
    assert warned == ""
    picture = cv2.imread(str(tmp_path / "out.png"))
    # Two rows of three frames of 4:3, enlarged alike; points only where a person was found.
    assert picture.shape[1] / picture.shape[0] == pytest.approx(4 / 3 * 3 / 2)
    height, width = picture.shape[0] // 2, picture.shape[1] // 3
    drawn = [
        (picture[h : h + height, w : w + width].max(axis=2) > 60).any()
        for h in (0, height)
        for w in (0, width, 2 * width)
    ]
    assert drawn == [True, True, True, True, True, False]


def test_it_writes_a_pose_file_of_the_same_points(write_frames, tmp_path):
    run(write_frames([51, stand_in.ONE_HANDED]), "--pose", tmp_path / "out.pose", "--every", 1)
    written = (tmp_path / "out.pose").read_bytes()
    version, *size, components = struct.unpack_from("<f4H", written)
    assert (round(version, 3), size, components) == (0.2, [40, 30, 40], 4)
    assert written[12:30] == struct.pack("<H", 14) + b"POSE_LANDMARKS" + struct.pack("<H", 4)
    confidence = np.frombuffer(written[-2 * 85 * 4 :], "<f4").reshape(2, 85)
    values = np.frombuffer(written[-2 * 85 * 16 : -2 * 85 * 4], "<f4").reshape(2, 85, 3)
    about_body = written[-2 * 85 * 16 - 10 : -2 * 85 * 16]
    assert struct.unpack("<fIH", about_body) == (25.0, 2, 1)
    # Pose, face, left hand, right hand.
    assert confidence[0].tolist() == [1] * 85
    assert confidence[1].tolist() == [1] * 64 + [0] * 21
    assert np.allclose(values[0, :, 1], 51 / 255 * 30)
    assert np.allclose(values[0, 0, 0] / 40 * 553, 42 + 11)  # the stand-in's left shoulder
    assert np.allclose(values[0, 43, 0], 0)  # its left wrist
    assert not values[1, 64:].any()


def test_a_hand_never_seen_is_said(write_frames, capsys):
    run(write_frames([stand_in.ONE_HANDED] * 3))
    assert "its right hand is never found in 3 frames" in capsys.readouterr().err


@pytest.mark.parametrize(
    "reds, said",
    [
        ([stand_in.BLACK] * 2, "finds no person in any of its 2 frames"),
        ([9, stand_in.DIES], "the extractor ended at about frame"),
    ],
)
def test_a_clip_without_landmarks_is_an_error(write_frames, capsys, reds, said):
    with pytest.raises(SystemExit) as ended:
        run(write_frames(reds))
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, said",
    [
        (["--picture", "a.jpg"], "--picture: a.jpg found, expected a name that ends in .png"),
        (["--pose", "a.png"], "--pose: a.png found, expected a name that ends in .pose"),
        (["--display-ratio", "0"], "display_ratio"),
        (["--fps", "nan"], "--fps: nan found"),
    ],
)
def test_options_are_checked_before_anything_starts(
    write_frames, capsys, monkeypatch, options, said
):
    monkeypatch.setenv(VARIABLE, "/nowhere/python")
    with pytest.raises(SystemExit):
        run(write_frames([9]), *options)
    assert said in capsys.readouterr().err
