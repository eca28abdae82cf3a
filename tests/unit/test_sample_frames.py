"""A split's clips into the frame store, also when one of them is bad."""

import json
import os
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from sign2text.data.frame_store import FrameStore
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.stages import sample_frames

CLIPS = {f"c{number}": 3 + number for number in range(6)}


@pytest.fixture
def corpus(tmp_path):
    rows = []
    for clip, frames in CLIPS.items():
        folder = tmp_path / "videos" / clip
        folder.mkdir(parents=True)
        for number in range(frames):
            image = np.full((32, 32, 3), 20 * number, np.uint8)
            cv2.imwrite(str(folder / f"{number:04d}.png"), image)
        rows.append(
            {
                "id": clip,
                "video": str(folder),
                "frames": frames,
                "fps": 25.0,
                "signer": "s",
                "text": "es regnet",
                "gloss": "REGEN",
                "language": "de",
                "phrasings": json.dumps([]),
            }
        )
    pd.DataFrame(rows).to_csv(tmp_path / "train.tsv", sep="\t", index=False, quoting=3)
    return tmp_path


def run(corpus, threads=2, **settings):
    config = read_settings(sample_frames.Config, {"height": 16, "width": 16} | settings)
    output = corpus / "train.tar"
    sample_frames.run(manifest=corpus / "train.tsv", output=output, config=config, threads=threads)
    return FrameStore(output)


def test_every_frame_of_every_clip_is_stored_in_the_manifests_order(corpus):
    store = run(corpus)
    assert store.ids == list(CLIPS)
    assert store.lengths.tolist() == list(CLIPS.values())
    assert abs(store.read(5, [7]).mean() - 140) < 2


def test_a_lossless_store_keeps_the_pixels(corpus):
    store = run(corpus, height=32, width=32, codec="png")
    assert store.format.codec == "png"
    assert (store.read(5, [3]) == 60).all() and (store.read(0, [2]) == 40).all()


def test_no_more_clips_are_in_work_than_the_writer_can_take(monkeypatch):
    """However many clips there are: those begun and not yet written stay few."""
    import concurrent.futures

    begun = written = 0
    ahead = []

    class Pool:
        """Runs a job at once, where it is given."""

        def __init__(self, processes, mp_context):
            pass

        def submit(self, function, job):
            nonlocal begun
            begun += 1
            ahead.append(begun - written)
            future = concurrent.futures.Future()
            future.set_result([b"%d" % job])
            return future

        def shutdown(self, cancel_futures):
            pass

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", Pool)
    for number, images in enumerate(sample_frames.encode_all(iter(range(500)), 3)):
        assert images == [b"%d" % number]
        written += 1
    assert written == begun == 500
    assert max(ahead) == 3 * sample_frames.CLIPS_AHEAD


def cut(folder):
    (folder / "0002.png").write_bytes((folder / "0002.png").read_bytes()[:-9])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "0007.png").unlink(), "has 7 frames, the manifest says 8"),
        (lambda folder: (folder / "0002.png").unlink(), "frame 2 is missing, 0003.png found"),
        (lambda folder: (folder / "0002.png").write_bytes(b""), "the image has no bytes"),
        (cut, "0002.png: the image was cut"),
        (lambda folder: [p.unlink() for p in folder.iterdir()], "holds no frame"),
    ],
)
def test_a_bad_clip_is_named_and_what_others_gave_is_kept(corpus, spoil, said):
    folder = corpus / "videos" / "c5"
    spoil(folder)
    with pytest.raises(InputError, match=rf"train\.tsv, line 7, clip 'c5': .*{said}"):
        run(corpus)
    assert not (corpus / "train.tar").exists()
    journal = (corpus / "train.tar.journal").read_text().splitlines()
    kept = [json.loads(line)["id"] for line in journal[1:]]
    assert kept == list(CLIPS)[:5]
    # What was stored is not read again: its videos may even be gone.
    shutil.rmtree(corpus / "videos" / "c0")
    for number in range(8):
        cv2.imwrite(str(folder / f"{number:04d}.png"), np.full((32, 32, 3), 9, np.uint8))
    store = run(corpus)
    assert store.lengths.tolist() == list(CLIPS.values())


def test_of_another_corpus_with_the_same_ids_nothing_is_kept(corpus):
    (corpus / "videos" / "c5" / "0002.png").unlink()
    with pytest.raises(InputError, match="c5"):
        run(corpus)
    # Rendered again: other pictures under the same names, in as many frames.
    for clip, frames in CLIPS.items():
        folder = corpus / "videos" / clip
        for path in folder.iterdir():
            path.unlink()
        for number in range(frames):
            cv2.imwrite(str(folder / f"{number:04d}.png"), np.full((32, 32, 3), 222, np.uint8))
    store = run(corpus)
    assert [round(float(store.read(clip, [0]).mean())) for clip in range(6)] == 6 * [222]


def test_an_image_replaced_in_place_changes_a_clips_source(corpus):
    folder = corpus / "videos" / "c5"
    os.utime(folder, ns=(5, 5))
    for number, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, ns=(number, number))
    image, size = folder / "0002.png", sum(path.stat().st_size for path in folder.iterdir())
    before = sample_frames.source_of(str(folder), 8)
    assert before == f"8 frames, {size} bytes, 7"
    data = image.read_bytes()
    image.write_bytes(data)  # as many bytes, at another time
    assert sample_frames.source_of(str(folder), 8) != before
    os.utime(image, ns=(2, 2))
    assert sample_frames.source_of(str(folder), 8) == before
    image.write_bytes(data + b"\0")  # other bytes, at an old time
    os.utime(image, ns=(2, 2))
    assert sample_frames.source_of(str(folder), 8) == f"8 frames, {size + 1} bytes, 7"
    assert folder.stat().st_mtime_ns == 5
    # The folder's own time: two images that change names have the same bytes and times.
    os.utime(folder, ns=(9, 9))
    assert sample_frames.source_of(str(folder), 8) == f"8 frames, {size + 1} bytes, 9"
    shutil.rmtree(folder)
    assert sample_frames.source_of(str(folder), 8) is None


def test_a_stored_clip_whose_image_was_replaced_is_made_again(corpus):
    (corpus / "videos" / "c5" / "0002.png").unlink()
    with pytest.raises(InputError, match="c5"):
        run(corpus)
    image = np.full((32, 32, 3), 222, np.uint8)
    cv2.imwrite(str(corpus / "videos" / "c1" / "0000.png"), image)
    cv2.imwrite(str(corpus / "videos" / "c5" / "0002.png"), image)
    assert round(float(run(corpus).read(1, [0]).mean())) == 222


def test_a_job_that_was_left_behind_keeps_all_clips_for_the_next_run(corpus, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sign2text.ground.runner.has_gone", lambda: True)
        with pytest.raises(InputError, match=r"train\.tar: not finished, .*All 6 clips are kept"):
            run(corpus)
    assert not (corpus / "train.tar").exists()
    shutil.rmtree(corpus / "videos" / "c3")  # so it is not read again

    def known(video, frames):
        return None if video.endswith("c3") else source_of(video, frames)

    source_of = sample_frames.source_of
    monkeypatch.setattr(sample_frames, "source_of", known)
    assert run(corpus).lengths.tolist() == list(CLIPS.values())
