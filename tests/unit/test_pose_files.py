"""Landmarks from .pose files: versions, layouts, and files that are cut or foreign."""

from pathlib import Path

import numpy as np
import pytest
from made_landmarks import holistic, pose_bytes, some_points

from sign2text.ground.errors import InputError
from sign2text.landmarks.mediapipe_frames import Clip, Extracted, Missed
from sign2text.landmarks.points import FACE, FACE_INDICES, LEFT_HAND, POSE, RIGHT_HAND
from sign2text.landmarks.pose_clips import pose_clips
from sign2text.landmarks.pose_reader import read_pose
from sign2text.landmarks.pose_writer import HAND_POINTS, write_pose


def whole(frames: int, faces: int, *, world: bool = False, people: int = 1, axes: int = 3):
    """Values [T, people, points, axes] that tell where they are: 1000 frame + place + axis / 10."""
    count = sum(len(points) for _, points in holistic(faces, world=world))
    values = (
        1000 * np.arange(frames)[:, None, None, None]
        + np.arange(count)[None, None, :, None]
        + np.arange(axes) / 10
    )
    return np.repeat(values, people, axis=1), np.ones((frames, people, count))


def write(path: Path, *arguments: object, **settings: object) -> Path:
    path.write_bytes(pose_bytes(*arguments, **settings))
    return path


@pytest.mark.parametrize("version", [0, 0.1, 0.2])
@pytest.mark.parametrize(("faces", "world"), [(468, False), (478, True)])
def test_the_85_points_are_found_by_their_names(
    tmp_path: Path, version: float, faces: int, world: bool
) -> None:
    values, confidence = whole(3, faces, world=world)
    confidence[1, 0, 33 + faces : 33 + faces + 21] = 0  # the left hand in frame 1
    path = write(
        tmp_path / "a.pose", holistic(faces, world=world), values, confidence, version=version
    )
    found = read_pose(path)
    assert (found.fps, found.size, found.version) == (25, (210, 260), version)
    assert found.points.shape == (3, 85, 3)
    assert found.points.dtype == np.float32
    hand = 33 + faces
    assert found.points[2, LEFT_HAND, 0].tolist() == [2000.0 + hand + n for n in range(21)]
    assert found.points[0, RIGHT_HAND, 0].tolist() == [hand + 21.0 + n for n in range(21)]
    assert found.points[0, POSE, 0].tolist() == [11, 12, 13, 14, 23, 24]
    np.testing.assert_allclose(found.points[0, POSE.start], [11, 11.1, 11.2], rtol=1e-6)
    inside = [index for index in FACE_INDICES if index < faces]
    assert found.points[0, FACE][: len(inside), 0].tolist() == [33.0 + n for n in inside]
    missing = np.isnan(found.points).all(-1)
    expected = np.zeros((3, 85), bool)
    expected[1, LEFT_HAND] = True
    if faces == 468:  # the irises are points of the refined model alone
        expected[:, -2:] = True
        assert found.lacking == ("FACE_LANDMARKS 468", "FACE_LANDMARKS 473")
    else:
        assert found.lacking == ()
    np.testing.assert_array_equal(missing, expected)


def test_the_reduced_layout_lacks_some_points(tmp_path: Path) -> None:
    """8 points of the pose and 128 of the face, as some corpora are published."""
    pose = tuple(
        f"{side}_{joint}"
        for joint in ("SHOULDER", "ELBOW", "WRIST", "HIP")
        for side in ("LEFT", "RIGHT")
    )
    face = tuple(str(n) for n in FACE_INDICES if n not in (4, 64, 151, 294, 468, 473))
    components = [
        ("POSE_LANDMARKS", pose),
        ("FACE_LANDMARKS", face + tuple(f"{n}" for n in range(600, 697))),
        ("LEFT_HAND_LANDMARKS", HAND_POINTS),
        ("RIGHT_HAND_LANDMARKS", HAND_POINTS),
    ]
    values = np.arange(2 * 178 * 3).reshape(2, 1, 178, 3)
    found = read_pose(write(tmp_path / "a.pose", components, values, np.ones((2, 1, 178))))
    assert found.lacking == tuple(f"FACE_LANDMARKS {n}" for n in (4, 64, 151, 294, 468, 473))
    assert np.isnan(found.points).all(-1).sum() == 2 * 6
    # Hips are the last two of the eight.
    assert found.points[0, POSE, 0].tolist() == [3.0 * n for n in (0, 1, 2, 3, 6, 7)]


def test_flat_points_and_further_axes(tmp_path: Path) -> None:
    values, confidence = whole(1, 478, axes=2)
    found = read_pose(write(tmp_path / "a.pose", holistic(478), values, confidence, form="XYC"))
    assert found.points[0, POSE.start].tolist() == pytest.approx([11, 11.1, 0])
    values, confidence = whole(1, 478, axes=4)
    found = read_pose(write(tmp_path / "a.pose", holistic(478), values, confidence, form="XYZKC"))
    assert found.points[0, POSE.start].tolist() == pytest.approx([11, 11.1, 11.2])


def test_a_long_clip_of_version_0_1_has_more_frames_than_it_can_say(tmp_path: Path) -> None:
    components = [
        ("POSE_LANDMARKS", ("LEFT_SHOULDER", "RIGHT_SHOULDER")),
        ("FACE_LANDMARKS", ("0",)),
        ("LEFT_HAND_LANDMARKS", HAND_POINTS),
        ("RIGHT_HAND_LANDMARKS", HAND_POINTS),
    ]
    frames = 2**16 + 3
    path = write(
        tmp_path / "a.pose",
        components,
        np.zeros((frames, 1, 45, 2)),
        np.ones((frames, 1, 45)),
        version=0.1,
        form="XYC",
        said=3,
    )
    assert len(read_pose(path).points) == frames


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    points = some_points(4)
    points[1, RIGHT_HAND] = np.nan
    points[:, POSE.start] = np.nan
    points[0, POSE.start] = 7
    write_pose(tmp_path / "a.pose", points, 29.97, (210, 260))
    found = read_pose(tmp_path / "a.pose")
    np.testing.assert_array_equal(found.points, points)
    assert found.fps == pytest.approx(29.97)
    assert (found.size, found.version, found.lacking) == ((210, 260), 0.2, ())


def test_the_library_reads_what_is_written_and_back(tmp_path: Path) -> None:
    library = pytest.importorskip("pose_format", reason="the library pose-format is not installed")
    points = some_points(4)
    points[1, RIGHT_HAND] = np.nan
    write_pose(tmp_path / "a.pose", points, 25, (210, 260))
    found = library.Pose.read((tmp_path / "a.pose").read_bytes())
    assert found.body.fps == 25
    assert found.body.data.shape == (4, 1, 85, 3)
    assert (found.body.confidence == 0).sum() == 21
    left = [each.name for each in found.header.components].index("LEFT_HAND_LANDMARKS")
    start = sum(len(each.points) for each in found.header.components[:left])
    read = found.body.data.filled(np.nan)[:, 0, start : start + 21]
    np.testing.assert_array_equal(read, points[:, LEFT_HAND])
    with (tmp_path / "b.pose").open("wb") as file:
        found.write(file)
    np.testing.assert_array_equal(read_pose(tmp_path / "b.pose").points, points)


class TestBadFiles:
    """Each error names the file, what was found, and what was expected."""

    @pytest.mark.parametrize("version", [0, 0.1, 0.2])
    def test_cut_anywhere(self, tmp_path: Path, version: float) -> None:
        content = pose_bytes(holistic(478), *whole(2, 478), version=version)
        path = tmp_path / "a.pose"
        for length in (1, 5, 20, 300, len(content) // 2, len(content) - 4, len(content) - 1):
            path.write_bytes(content[:length])
            with pytest.raises(InputError, match=r"a\.pose.* The file was\s+cut"):
                read_pose(path)
        path.write_bytes(content + b"more")
        with pytest.raises(InputError, match=r"a\.pose: \d+ bytes found after"):
            read_pose(path)

    def test_empty_or_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pose"
        with pytest.raises(InputError, match=r"no such file; expected a \.pose file"):
            read_pose(path)
        path.touch()
        with pytest.raises(InputError, match="an empty file found"):
            read_pose(path)

    @pytest.mark.parametrize("version", [0.3, 1.0, float("nan"), -0.1])
    def test_another_version(self, tmp_path: Path, version: float) -> None:
        path = write(tmp_path / "a.pose", holistic(), *whole(1, 468), version=version)
        with pytest.raises(InputError, match=r"version \S+ found, 0, 0\.1 or 0\.2 expected"):
            read_pose(path)

    @pytest.mark.parametrize("version", [0, 0.1, 0.2])
    def test_no_frame_and_no_person(self, tmp_path: Path, version: float) -> None:
        none = np.zeros((0, 1, 543, 3)), np.zeros((0, 1, 543))
        path = write(tmp_path / "a.pose", holistic(), *none, version=version)
        with pytest.raises(InputError, match=r"a\.pose: no frame found"):
            read_pose(path)
        if version:
            none = np.zeros((2, 0, 543, 3)), np.zeros((2, 0, 543))
            path = write(tmp_path / "a.pose", holistic(), *none, version=version)
            with pytest.raises(InputError, match=r"a\.pose: no person found in its 2 frames"):
                read_pose(path)

    @pytest.mark.parametrize("version", [0, 0.1, 0.2])
    def test_two_people(self, tmp_path: Path, version: float) -> None:
        path = write(tmp_path / "a.pose", holistic(), *whole(2, 468, people=2), version=version)
        with pytest.raises(InputError, match=r"a\.pose: 2 people found, one expected"):
            read_pose(path)

    def test_a_second_person_without_points_is_none(self, tmp_path: Path) -> None:
        values, confidence = whole(2, 468, people=2)
        values[:, 1] += 100
        confidence[:, 0] = 0
        found = read_pose(write(tmp_path / "a.pose", holistic(), values, confidence))
        assert found.points[0, POSE.start, 0] == 111

    def test_another_layout(self, tmp_path: Path) -> None:
        components = [("pose_keypoints_2d", ("Nose", "Neck")), ("face_keypoints_2d", ("FB_0",))]
        path = write(tmp_path / "a.pose", components, np.zeros((1, 1, 3, 3)), np.ones((1, 1, 3)))
        with pytest.raises(InputError, match=r"components pose_keypoints_2d \(2\), face_key"):
            read_pose(path)
        path = write(
            tmp_path / "a.pose",
            holistic()[:3],
            np.zeros((1, 1, 522, 3)),
            np.ones((1, 1, 522)),
        )
        with pytest.raises(InputError, match="the points of MediaPipe Holistic"):
            read_pose(path)
        path = write(tmp_path / "a.pose", holistic(), *whole(1, 468, axes=2), form="YXC")
        with pytest.raises(InputError, match="points of the format 'YXC' found"):
            read_pose(path)

    def test_counts_that_no_file_can_hold(self, tmp_path: Path) -> None:
        """A file of some bytes that promises 4 billion frames is refused, not read."""
        for version, said in ((0, 65_535), (0.1, 65_535), (0.2, 2**32 - 1)):
            path = write(
                tmp_path / "a.pose", holistic(), *whole(1, 468), version=version, said=said
            )
            with pytest.raises(InputError, match=r"a\.pose.*cut"):
                read_pose(path)

    @pytest.mark.parametrize("fps", [0, float("inf"), float("nan"), -25])
    def test_impossible_rates(self, tmp_path: Path, fps: float) -> None:
        path = write(tmp_path / "a.pose", holistic(), *whole(1, 468), fps=fps)
        with pytest.raises(InputError, match="frames a second found"):
            read_pose(path)


class TestClips:
    """Clips of a manifest find their files, if these fit."""

    def read(self, folder: Path, **changed: object) -> Extracted | Missed:
        clip = Clip("a", "videos/v.mp4", 25.0, 4)._replace(**changed)
        (found,) = pose_clips([clip], folder)
        return found

    def write(self, path: Path, frames: int = 4, fps: float = 25) -> np.ndarray:
        points = some_points(frames)
        write_pose(path, points, fps, (210, 260))
        return points

    def test_a_file_for_each_clip(self, tmp_path: Path) -> None:
        points = self.write(tmp_path / "a.pose")
        found = self.read(tmp_path)
        assert (found.id, found.fps, found.size) == ("a", 25.0, (210, 260))
        np.testing.assert_array_equal(found.points, points)
        assert self.read(tmp_path, frames=5).points.shape[0] == 4  # a decoder's last frame

    def test_a_file_for_a_video_that_is_divided_by_times(self, tmp_path: Path) -> None:
        points = self.write(tmp_path / "v.pose", 100)
        found = self.read(tmp_path, video="videos/v.mp4#t=1,2.4", frames=35)
        np.testing.assert_array_equal(found.points, points[25:60])
        found = self.read(tmp_path, video="videos/v.mp4#t=3,", frames=25)
        np.testing.assert_array_equal(found.points, points[75:])

    def test_a_pose_file_in_place_of_a_video(self, tmp_path: Path) -> None:
        points = self.write(tmp_path / "x.pose")
        found = self.read(tmp_path / "none", video=str(tmp_path / "x.pose"))
        np.testing.assert_array_equal(found.points, points)

    @pytest.mark.parametrize(
        ("frames", "fps", "changed", "reason"),
        [
            (4, 25, {"frames": 9}, "4 frames found, 9 expected, .* another clip or manifest"),
            (4, 30, {}, "30 frames a second found, 25 expected, as in the manifest"),
            (4, 25, {"id": "b"}, r"b\.pose: no such file"),
        ],
    )
    def test_files_of_another_manifest_or_rate(
        self, tmp_path: Path, frames: int, fps: float, changed: dict[str, object], reason: str
    ) -> None:
        self.write(tmp_path / "a.pose", frames, fps)
        found = self.read(tmp_path, **changed)
        assert isinstance(found, Missed)
        assert "\n" not in found.reason
        with pytest.raises(InputError, match=reason):
            raise InputError(found.reason)

    def test_a_rate_that_version_0_1_rounds(self, tmp_path: Path) -> None:
        write(tmp_path / "a.pose", holistic(), *whole(4, 468), version=0.1, fps=29)
        assert self.read(tmp_path, fps=29.97).fps == 29.97
        assert isinstance(self.read(tmp_path, fps=25.0), Missed)

    def test_nobody(self, tmp_path: Path) -> None:
        write_pose(tmp_path / "a.pose", np.full((4, 85, 3), np.nan, np.float32), 25, (210, 260))
        assert "no person found in any of 4 frames" in self.read(tmp_path).reason
