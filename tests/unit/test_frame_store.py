import json
import tarfile

import cv2
import numpy as np
import pytest

from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter, index_path
from sign2text.errors import InputError

FORMAT = FrameFormat((24, 32), 95)


def clip_frames(number, count):
    """Frames whose grey level tells clip and frame."""
    return [np.full((48, 64, 3), 20 * number + 5 * n, np.uint8) for n in range(count)]


def write(path, clips, stop_before=None):
    writer = FrameStoreWriter(path, FORMAT, list(clips))
    for number, (clip, count) in enumerate(clips.items()):
        if clip == stop_before:
            writer.close()
            return writer
        if clip not in writer.done:
            writer.add(clip, [FORMAT.encode(frame) for frame in clip_frames(number, count)])
    writer.finish()
    return writer


CLIPS = {"a": 3, "b": 5, "c": 1}


def test_reads_the_frames_asked_for_and_no_others(tmp_path):
    write(tmp_path / "train.tar", CLIPS)
    store = FrameStore(tmp_path / "train.tar")
    assert store.ids == ["a", "b", "c"]
    assert store.lengths.tolist() == [3, 5, 1]
    frames = store.read(store.position("b"), [0, 2, 4])
    assert frames.shape == (3, 24, 32, 3)
    assert np.abs(frames.mean((1, 2, 3)) - [20, 30, 40]).max() < 1.5


def test_colours_are_not_swapped_and_the_picture_is_not_turned(tmp_path):
    frame = np.zeros((24, 32, 3), np.uint8)
    frame[:12, :16] = (250, 10, 20)
    writer = FrameStoreWriter(tmp_path / "train.tar", FORMAT, ["a"])
    writer.add("a", [FORMAT.encode(frame)])
    writer.finish()
    (found,) = FrameStore(tmp_path / "train.tar").read(0, [0])
    assert np.abs(found[4, 4].astype(int) - (250, 10, 20)).max() < 12
    assert found[20, 28].max() < 12


def test_any_tool_can_open_the_tar(tmp_path):
    write(tmp_path / "train.tar", CLIPS)
    with tarfile.open(tmp_path / "train.tar") as tar:
        assert tar.getnames()[:4] == [
            "a/000000.jpg",
            "a/000001.jpg",
            "a/000002.jpg",
            "b/000000.jpg",
        ]
        data = tar.extractfile("b/000002.jpg").read()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert abs(image.mean() - 30) < 1.5


def test_a_killed_writer_goes_on_behind_the_last_whole_clip(tmp_path):
    whole, broken = tmp_path / "whole.tar", tmp_path / "broken.tar"
    write(whole, CLIPS)
    write(broken, CLIPS, stop_before="c")
    assert not broken.exists() and not index_path(broken).exists()
    with (tmp_path / "broken.tar.part").open("ab") as part:
        part.write(b"half of a clip")
    with (tmp_path / "broken.tar.journal").open("a") as journal:
        journal.write('{"id": "c", "offs')
    assert FrameStoreWriter(broken, FORMAT, list(CLIPS)).done == ["a", "b"]
    write(broken, CLIPS)
    assert broken.read_bytes() == whole.read_bytes()
    assert index_path(broken).read_bytes() == index_path(whole).read_bytes()
    assert not list(tmp_path.glob("broken.tar.*"))


@pytest.mark.parametrize(
    ("frame_format", "clips"),
    [(FrameFormat((24, 32), 90), ["a", "b", "c"]), (FORMAT, ["b", "a", "c"])],
)
def test_what_was_made_otherwise_is_not_continued(tmp_path, frame_format, clips):
    write(tmp_path / "x.tar", CLIPS, stop_before="c")
    assert FrameStoreWriter(tmp_path / "x.tar", frame_format, clips).done == []


def test_a_cut_store_is_refused(tmp_path):
    store = tmp_path / "train.tar"
    write(store, CLIPS)
    store.write_bytes(store.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"train\.tar: 3000 bytes found.*was cut"):
        FrameStore(store)


def test_a_clip_that_is_not_there_is_named(tmp_path):
    write(tmp_path / "train.tar", CLIPS)
    with pytest.raises(InputError, match="holds no clip 'z'"):
        FrameStore(tmp_path / "train.tar").position("z")


def test_reading_is_safe_after_a_fork(tmp_path):
    from torch.utils.data import DataLoader

    write(tmp_path / "train.tar", {str(n): 4 for n in range(12)})
    store = FrameStore(tmp_path / "train.tar")

    class Clips:
        def __len__(self):
            return 12

        def __getitem__(self, number):
            return float(store.read(number, [3]).mean())

    loader = DataLoader(Clips(), batch_size=None, num_workers=2)
    expected = [min(255, 20 * n + 15) for n in range(12)]
    assert np.abs(np.array(list(loader)) - expected).max() < 1.5


def test_the_index_is_a_regular_file_that_holds_the_hash_of_the_store(tmp_path):
    import hashlib

    from safetensors import safe_open

    write(tmp_path / "train.tar", CLIPS)
    with safe_open(str(index_path(tmp_path / "train.tar")), framework="numpy") as index:
        about = json.loads(index.metadata()["about"])
    digest = hashlib.sha256((tmp_path / "train.tar").read_bytes()).hexdigest()
    assert about["sha256"] == digest
    assert about["ids"] == list(CLIPS)
