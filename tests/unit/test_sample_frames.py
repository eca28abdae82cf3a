"""A split's clips into the frame store, also when one of them is bad."""

import json
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from sign2text.data.frame_store import FrameStore
from sign2text.errors import InputError
from sign2text.settings import read_settings
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


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "0002.png").unlink(), "has 7 frames, the manifest says 8"),
        (lambda folder: (folder / "0002.png").write_bytes(b""), "not a readable image"),
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
