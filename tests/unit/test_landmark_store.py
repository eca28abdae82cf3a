"""The landmark store: what is written comes back, in shards, and after a kill."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from made_landmarks import ABOUT, some_points, write_store
from safetensors.numpy import load_file

from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.ground.store_index import index_path
from sign2text.landmarks.index import join_indices, read_index
from sign2text.landmarks.points import FACE, LEFT_HAND, POSE
from sign2text.landmarks.store import LandmarkStore
from sign2text.landmarks.store_writer import LandmarkStoreWriter, pack


def test_points_come_back_exactly_and_missing_ones_as_nan(tmp_path: Path) -> None:
    first, second = some_points(5), some_points(3, seed=1)
    first[2, LEFT_HAND] = np.nan
    second[:, POSE.start, 1] = np.nan  # one coordinate is enough
    store = write_store(tmp_path / "dev.safetensors", {"a": first, "b": second}, fps=12.5)
    assert store.ids == ["a", "b"]
    assert store.lengths.tolist() == [5, 3]
    assert store.fps.tolist() == [12.5, 12.5]
    assert store.sizes.tolist() == [[210, 260], [210, 260]]
    assert store.about == ABOUT
    found = store.read(store.position("a"))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, first)
    expected = second.copy()
    expected[:, POSE.start] = np.nan
    np.testing.assert_array_equal(store.read(1), expected)
    np.testing.assert_array_equal(store.read(0, 1, 4), first[1:4])
    # Left hand, right hand, pose, face, both shoulders.
    assert store.seen.tolist() == [[4, 5, 5, 5, 5], [3, 3, 3, 3, 0]]


def test_a_shard_is_a_plain_safetensors_file(tmp_path: Path) -> None:
    points = np.full((1, 85, 3), 1.5, np.float32)
    points[0, FACE] = np.nan
    write_store(tmp_path / "dev.safetensors", {"a": points})
    stored = load_file(tmp_path / "dev.safetensors")["points"]
    assert stored.dtype == np.int16
    assert set(stored[0, FACE].ravel().tolist()) == {-(2**15)}
    assert len(set(stored[0, :48].ravel().tolist())) == 1
    about = read_index(tmp_path / "dev.index.safetensors")
    assert about.files == [
        {"file": "dev.safetensors", "sha256": sha256_of(tmp_path / "dev.safetensors")}
    ]


@pytest.mark.parametrize(
    ("largest", "unit"), [(511.0, 1 / 64), (4000.0, 1 / 8), (32767.0, 1.0), (0.7, 2**-15)]
)
def test_the_error_is_half_a_step_at_most(largest: float, unit: float) -> None:
    points = np.random.default_rng(2).uniform(-largest, largest, (40, 85, 3))
    points[0, 0] = largest
    stored, units = pack(points, "a")
    assert units == [unit] * 3
    assert np.abs(stored * np.array(units) - points).max() <= unit / 2
    if largest == 4000:
        half = np.abs(points.astype(np.float16).astype(np.float64) - points).max()
        assert half > 10 * np.abs(stored * np.array(units) - points).max()


def test_impossible_coordinates_and_rates_are_refused(tmp_path: Path) -> None:
    writer = LandmarkStoreWriter(tmp_path / "a.safetensors", ["a"], about=ABOUT)
    points = some_points(2)
    points[0, 0, 0] = 40_000
    with pytest.raises(InputError, match=r"clip 'a': a coordinate of 40000 pixels found, at most"):
        writer.add("a", points, 25.0, (210, 260))
    points[0, 0, 0] = np.inf
    with pytest.raises(InputError, match="a coordinate of inf pixels"):
        writer.add("a", points, 25.0, (210, 260))
    with pytest.raises(InputError, match="clip 'a': 0 frames a second found"):
        writer.add("a", some_points(2), 0, (210, 260))
    writer.close()


def test_shards_are_joined_and_each_clip_is_found_in_its_own(tmp_path: Path) -> None:
    clips = {
        name: some_points(length, length) for name, length in zip("abcd", (3, 1, 4, 2), strict=True)
    }
    parts = []
    for number, own in enumerate(("ab", "", "cd")):
        shard = tmp_path / "extract_landmark_shards" / f"train.{number:03d}.safetensors"
        write_store(shard, {clip: clips[clip] for clip in own})
        parts.append(index_path(shard))
    index = tmp_path / "extract_landmarks" / "train.index.safetensors"
    join_indices(parts, index)
    store = LandmarkStore(index)
    assert store.ids == list("abcd")
    for clip, points in clips.items():
        np.testing.assert_array_equal(store.read(store.position(clip)), points)
    # A clip is read although other shards are gone.
    (tmp_path / "extract_landmark_shards" / "train.000.safetensors").unlink()
    np.testing.assert_array_equal(LandmarkStore(index).read(3, 1), clips["d"][1:])
    with pytest.raises(InputError, match=r"train\.000\.safetensors: missing, .*extract it again"):
        LandmarkStore(index).read(0)
    copy = pickle.loads(pickle.dumps(store))
    np.testing.assert_array_equal(copy.read(2), clips["c"])


def test_shards_of_two_extractors_or_with_one_clip_twice_are_refused(tmp_path: Path) -> None:
    one, other, same = (tmp_path / f"{name}.safetensors" for name in ("one", "other", "same"))
    write_store(one, {"a": some_points(1)})
    write_store(other, {"b": some_points(1)}, settings={"every": 2})
    write_store(same, {"a": some_points(1)})
    with pytest.raises(InputError, match=r"other\.index\.safetensors: its landmarks come from"):
        join_indices([index_path(one), index_path(other)], tmp_path / "x.index.safetensors")
    with pytest.raises(InputError, match="clip 'a' is in two shards, once expected"):
        join_indices([index_path(one), index_path(same)], tmp_path / "x.index.safetensors")


def test_a_clip_of_another_manifest_is_named(tmp_path: Path) -> None:
    store = write_store(tmp_path / "dev.safetensors", {"a": some_points(2)})
    with pytest.raises(
        InputError, match=r"holds no clip 'b' \(1 clips found\)\. .* another manife"
    ):
        store.position("b")
    with pytest.raises(
        InputError, match="clip 'a': frames 1 to 3 asked for, expected some of its 2"
    ):
        store.read(0, 1, 3)


@pytest.mark.parametrize("place", ["/etc/x.safetensors", "../../../x.safetensors", "x.json"])
def test_an_index_names_no_files_elsewhere(tmp_path: Path, place: str) -> None:
    write_store(tmp_path / "dev.safetensors", {"a": some_points(2)})
    index = tmp_path / "dev.index.safetensors"
    content = index.read_bytes()
    old, new = b'\\"dev.safetensors\\"', json.dumps(json.dumps(place))[1:-1].encode()
    length = int.from_bytes(content[:8], "little")
    head = content[8 : 8 + length].replace(old, new)
    head += b" " * (-len(head) % 8)
    index.write_bytes(len(head).to_bytes(8, "little") + head + content[8 + length :])
    with pytest.raises(InputError, match=r"expected a \.safetensors file in a folder of the same"):
        LandmarkStore(index)


def test_a_cut_shard_and_a_cut_index_are_refused(tmp_path: Path) -> None:
    store = write_store(tmp_path / "dev.safetensors", {"a": some_points(20)})
    os.truncate(tmp_path / "dev.safetensors", 6000)
    with pytest.raises(InputError, match=r"dev\.safetensors: cannot be read .* It was cut"):
        store.read(0)
    os.truncate(tmp_path / "dev.index.safetensors", 300)
    with pytest.raises(InputError, match=r"dev\.index\.safetensors: cannot be read"):
        LandmarkStore(tmp_path / "dev.index.safetensors")


class TestResuming:
    """A killed writer goes on after its last complete clip."""

    IDS = ("a", "b", "c")

    def open(self, folder: Path, **settings: object) -> LandmarkStoreWriter:
        settings = {"about": ABOUT, "sources": ["1", "2", "3"], "skips": True, **settings}
        return LandmarkStoreWriter(folder / "dev.safetensors", self.IDS, **settings)

    def killed(self, folder: Path) -> None:
        writer = self.open(folder)
        writer.add("a", some_points(4), 25.0, (210, 260))
        writer.leave_out("b", "no\nperson")
        writer.close()
        with (folder / "dev.safetensors.part").open("ab") as file:
            file.write(b"half a clip")
        with (folder / "dev.safetensors.journal").open("ab") as file:
            file.write(b'{"id": "c", "frames"')

    def finish(self, folder: Path, writer: LandmarkStoreWriter) -> bytes:
        for clip, seed in zip(self.IDS[writer.tried :], (0, 1, 2)[writer.tried :], strict=True):
            if clip == "b":
                writer.leave_out("b", "no person")
            else:
                writer.add(clip, some_points(4, seed), 25.0, (210, 260))
        writer.finish()
        assert sorted(path.name for path in folder.iterdir()) == [
            "dev.index.safetensors",
            "dev.safetensors",
        ]
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))

    def test_the_same_bytes_come_out(self, tmp_path: Path) -> None:
        whole, part = tmp_path / "whole", tmp_path / "part"
        expected = self.finish(whole, self.open(whole))
        self.killed(part)
        writer = self.open(part)
        assert (len(writer), writer.tried, writer.left_out) == (1, 2, {"b": "no person"})
        assert self.finish(part, writer) == expected
        store = LandmarkStore(part / "dev.index.safetensors")
        assert store.left_out == {"b": "no person"}
        with pytest.raises(InputError, match="It was left out: no person"):
            store.position("b")

    @pytest.mark.parametrize(
        ("changed", "kept"),
        [
            ({"sources": ["0", "2", "3"]}, 0),
            ({"sources": ["1", "0", "3"]}, 1),
            ({"about": ABOUT | {"version": "2"}}, 0),
            ({"code": "other"}, 0),
            ({"skips": False}, 1),  # left-out clips are due again
        ],
    )
    def test_what_has_changed_is_due_again(
        self, tmp_path: Path, changed: dict[str, object], kept: int
    ) -> None:
        self.killed(tmp_path)
        writer = self.open(tmp_path, **changed)
        assert writer.tried == kept
        writer.close()

    def test_lost_bytes_are_noticed(self, tmp_path: Path) -> None:
        self.killed(tmp_path)
        with (tmp_path / "dev.safetensors.part").open("r+b") as file:
            file.seek(5000)
            file.write(bytes(100))
        writer = self.open(tmp_path)
        assert writer.tried == 0
        writer.close()
