import errno
import json
import pickle
import tarfile

import cv2
import numpy as np
import pytest

from sign2text.data import frame_store_writer
from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path

FORMAT = FrameFormat((24, 32), 95)


def clip_frames(number, count):
    """Make frames with a grey level that identifies clip and frame."""
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


def test_the_journal_of_a_killed_writer_is_continued_not_rewritten(tmp_path):
    write(tmp_path / "x.tar", CLIPS, stop_before="c")
    journal = tmp_path / "x.tar.journal"
    before, node = journal.read_bytes(), journal.stat().st_ino
    writer = FrameStoreWriter(tmp_path / "x.tar", FORMAT, list(CLIPS))
    assert (journal.read_bytes(), journal.stat().st_ino) == (before, node)
    writer.add("c", [FORMAT.encode(np.zeros((24, 32, 3), np.uint8))])
    assert journal.read_bytes().startswith(before)
    assert len(journal.read_bytes().splitlines()) == 4


def test_a_journal_that_says_more_than_the_tar_holds_is_believed_only_so_far(tmp_path):
    write(tmp_path / "x.tar", CLIPS, stop_before="c")
    part = tmp_path / "x.tar.part"
    part.write_bytes(part.read_bytes()[:-600])  # the last clip, b, was not completely written
    assert FrameStoreWriter(tmp_path / "x.tar", FORMAT, list(CLIPS)).done == ["a"]
    assert len((tmp_path / "x.tar.journal").read_bytes().splitlines()) == 2


@pytest.mark.parametrize(("clip", "kept"), [("a", []), ("b", ["a"]), ("c", ["a", "b"])])
@pytest.mark.parametrize("spoil", [lambda old: bytes(len(old)), lambda old: old[::-1]])
def test_a_clip_that_never_reached_the_disk_is_made_again(tmp_path, clip, kept, spoil):
    """After a power failure the journal may name a clip in whose place are zeros or old bytes."""
    whole, broken = tmp_path / "whole.tar", tmp_path / "broken.tar"
    clips = CLIPS | {"d": 2}
    write(whole, clips)
    write(broken, clips, stop_before="d")
    part = tmp_path / "broken.tar.part"
    data = bytearray(part.read_bytes())
    start = data.index(f"{clip}/000000.jpg".encode()) + tarfile.BLOCKSIZE
    data[start : start + 300] = spoil(data[start : start + 300])
    part.write_bytes(data)
    writer = FrameStoreWriter(broken, FORMAT, list(clips))
    writer.close()
    assert writer.done == kept
    assert part.stat().st_size == writer.end, "later bytes are cut off"
    write(broken, clips)
    assert broken.read_bytes() == whole.read_bytes()
    assert index_path(broken).read_bytes() == index_path(whole).read_bytes()


def test_a_journal_of_other_code_is_begun_anew(tmp_path, monkeypatch):
    """Its lines may have another format; older journals had no checksums."""
    with monkeypatch.context() as patched:
        patched.setattr(frame_store_writer, "code_hash", lambda stage: "0" * 16)
        write(tmp_path / "x.tar", CLIPS, stop_before="c")
    journal = tmp_path / "x.tar.journal"
    header, *lines = map(json.loads, journal.read_text().splitlines())
    for line in lines:
        del line["crc32"]
    journal.write_text("".join(json.dumps(each) + "\n" for each in (header, *lines)))
    assert FrameStoreWriter(tmp_path / "x.tar", FORMAT, list(CLIPS)).done == []
    assert (tmp_path / "x.tar.part").stat().st_size == 0


@pytest.mark.parametrize(
    ("frame_format", "clips"),
    [
        (FrameFormat((24, 32), 90), ["a", "b", "c"]),
        (FrameFormat((24, 32), 95, "png"), ["a", "b", "c"]),
        (FORMAT, ["b", "a", "c"]),
    ],
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


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_read_the_same_bytes_as_the_main_process(tmp_path, start):
    """Forked workers share the open file and its position; spawned ones open it again."""
    from torch.utils.data import DataLoader

    rng = np.random.default_rng(0)
    writer = FrameStoreWriter(tmp_path / "train.tar", FORMAT, [f"c{n}" for n in range(12)])
    for clip in writer.ids:
        frames = rng.integers(0, 256, (9, 24, 32, 3), dtype=np.uint8)
        writer.add(clip, [FORMAT.encode(frame) for frame in frames])
    writer.finish()
    store = FrameStore(tmp_path / "train.tar")
    clips = FrameClips(store, store.ids, None, rate=0.5, crop=(20, 20), seed=3)
    items = [(clip, epoch) for epoch in range(2) for clip in range(12)]
    expected = [clips[item]["steps"].numpy() for item in items]
    loader = DataLoader(
        clips, batch_size=None, sampler=items, num_workers=2, multiprocessing_context=start
    )
    for count, item in enumerate(loader):
        assert np.array_equal(item["steps"], expected[count])
        store.read(count % 12, [0, 8])  # the main process continues to read
    assert count == 23


def test_a_store_that_was_pickled_reads_on(tmp_path):
    write(tmp_path / "train.tar", CLIPS)
    store = FrameStore(tmp_path / "train.tar")
    copy = pickle.loads(pickle.dumps(store))
    del store
    assert abs(copy.read(1, [2]).mean() - 30) < 1.5


def test_png_keeps_every_pixel_and_any_tool_can_open_it(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (3, 24, 32, 3), dtype=np.uint8)
    lossless = FrameFormat((24, 32), 90, "png")
    writer = FrameStoreWriter(tmp_path / "train.tar", lossless, ["a"])
    writer.add("a", [lossless.encode(frame) for frame in frames])
    writer.finish()
    store = FrameStore(tmp_path / "train.tar")
    assert store.format == lossless
    assert np.array_equal(store.read(0, [2, 0]), frames[[2, 0]])
    with tarfile.open(tmp_path / "train.tar") as tar:
        assert tar.getnames() == ["a/000000.png", "a/000001.png", "a/000002.png"]
        data = tar.extractfile("a/000001.png").read()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(image[..., ::-1], frames[1])


def test_a_store_says_the_rate_of_its_clips(tmp_path):
    timed = FrameFormat((24, 32), 95, fps=12.5)
    writer = FrameStoreWriter(tmp_path / "train.tar", timed, ["a"])
    writer.add("a", [timed.encode(frame) for frame in clip_frames(0, 2)])
    writer.finish()
    assert FrameStore(tmp_path / "train.tar").format == timed


def test_a_store_whose_index_names_no_codec_and_rate_holds_jpeg_at_an_unknown_one(tmp_path):
    from safetensors import safe_open
    from safetensors.numpy import save_file

    write(tmp_path / "train.tar", CLIPS)
    index = index_path(tmp_path / "train.tar")
    with safe_open(str(index), framework="numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        about = json.loads(file.metadata()["about"])
    assert about.pop("codec") == "jpeg" and about.pop("fps") is None
    save_file(tensors, index, {"about": json.dumps(about)})
    assert FrameStore(tmp_path / "train.tar").format == FORMAT
    save_file(tensors, index, {"about": json.dumps(about | {"codec": "avif"})})
    with pytest.raises(InputError, match="codec: 'avif' found, jpeg or png expected"):
        FrameStore(tmp_path / "train.tar")


def test_a_frame_that_was_overwritten_is_named(tmp_path):
    store = tmp_path / "train.tar"
    write(store, CLIPS)
    data = bytearray(store.read_bytes())
    start = data.index(b"b/000003.jpg") + tarfile.BLOCKSIZE
    data[start : start + 300] = bytes(300)
    store.write_bytes(data)
    with pytest.raises(InputError, match=r"train\.tar, clip 'b', frame 3: cannot be decoded"):
        FrameStore(store).read(1, [0, 3])
    assert len(FrameStore(store).read(1, [0, 4])) == 2


def full_disk(monkeypatch, room, error=errno.ENOSPC):
    """Let the writer put `room` more bytes on the disk; cut the first write beyond that."""
    whole, left = frame_store_writer._write, [room]

    def write_some(descriptor, data):
        whole(descriptor, data[: left[0]])
        if len(data) > left[0]:
            raise OSError(error, "No space left on device")
        left[0] -= len(data)

    monkeypatch.setattr(frame_store_writer, "_write", write_some)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_whole_clips_are_kept_and_half_ones_are_not(tmp_path, monkeypatch, error):
    whole, full = tmp_path / "whole.tar", tmp_path / "full.tar"
    write(whole, CLIPS)
    kept_until_now, tries = [], 0
    for room in range(1, 20_000, 700):  # fill the disk at many places: frames, journal, trailer
        with monkeypatch.context() as patched:
            full_disk(patched, room, error)
            try:
                write(full, CLIPS)
            except InputError as told:
                tries += 1
                said = str(told)
            else:
                break
        assert "full.tar.part: the disk took no more (No space left on device) after" in said
        assert not full.exists() and not index_path(full).exists()
        writer = FrameStoreWriter(full, FORMAT, list(CLIPS))
        writer.close()
        assert f"after {len(writer)} of 3 clips" in said
        assert writer.done[: len(kept_until_now)] == kept_until_now
        kept_until_now = writer.done
        assert (tmp_path / "full.tar.part").stat().st_size == writer.end
    assert tries > 3 and kept_until_now
    assert full.read_bytes() == whole.read_bytes()
    assert index_path(full).read_bytes() == index_path(whole).read_bytes()


def test_a_disk_that_is_full_when_the_index_is_written_keeps_the_clips(tmp_path, monkeypatch):
    from pathlib import Path

    store, opened = tmp_path / "x.tar", Path.open

    def open_path(path, mode="r", *rest, **more):
        if "index" in path.name and "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_path)
        with pytest.raises(InputError, match=r"index.safetensors: could not be written"):
            write(store, CLIPS)
    assert not store.exists() and not index_path(store).exists()
    writer = FrameStoreWriter(store, FORMAT, list(CLIPS))
    assert writer.done == list(CLIPS)
    writer.finish()
    assert FrameStore(store).lengths.tolist() == list(CLIPS.values())


def test_an_error_that_is_no_full_disk_is_not_called_one(tmp_path, monkeypatch):
    full_disk(monkeypatch, 2000, errno.EIO)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "x.tar", CLIPS)


def test_the_index_is_a_regular_file_that_holds_the_hash_of_the_store(tmp_path):
    import hashlib

    from safetensors import safe_open

    write(tmp_path / "train.tar", CLIPS)
    with safe_open(str(index_path(tmp_path / "train.tar")), framework="numpy") as index:
        about = json.loads(index.metadata()["about"])
    digest = hashlib.sha256((tmp_path / "train.tar").read_bytes()).hexdigest()
    assert about["sha256"] == digest
    assert about["ids"] == list(CLIPS)
