"""Bad clips that only decoding detects: they end sample_frames, or are left out and listed."""

import logging
import os

import numpy as np
import pandas as pd
import pytest
from numbered_images import write_images
from numbered_videos import number_of

from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameStore
from sign2text.data.left_out import count_left_out, read_left_out
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.stages import sample_frames

CLIPS = {f"c{number}": 2 + number for number in range(5)}


@pytest.fixture
def corpus(tmp_path):
    """Make a manifest, in a separate folder, of clips that are folders of images."""
    rows = {
        "id": list(CLIPS),
        "video": [str(tmp_path / "videos" / clip) for clip in CLIPS],
        "frames": list(CLIPS.values()),
        "fps": 25.0,
        "signer": "s",
        "text": "es regnet",
        "gloss": "",
        "language": "de",
        "phrasings": [[] for _ in CLIPS],
    }
    for clip, frames in CLIPS.items():
        write_images(tmp_path / "videos" / clip, frames)
    (tmp_path / "manifests").mkdir()
    write_manifest(pd.DataFrame(rows), tmp_path / "manifests/train.tsv")
    return tmp_path


def damage(corpus, *clips):
    """Damage an image in the middle of its bytes; its time stays that of the other images."""
    for clip in clips:
        path = corpus / "videos" / clip / "0001.png"
        time, data = path.stat().st_mtime_ns, path.read_bytes()
        middle = len(data) // 2
        path.write_bytes(data[: middle - 12] + bytes(24) + data[middle + 12 :])
        os.utime(path, ns=(time, time))


def run(corpus, on_bad_clip="skip", name="out", **settings):
    """Run the stage, and return its output folder."""
    settings |= {"height": 32, "width": 32, "on_bad_clip": on_bad_clip}
    folder = corpus / name
    sample_frames.run(
        manifest=corpus / "manifests/train.tsv",
        output=folder / "train.tar",
        output_manifest=folder / "train.tsv",
        output_left_out=folder / "train.left_out.tsv",
        config=read_settings(sample_frames.Config, settings),
        threads=1,
    )
    return folder


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_what_cannot_be_decoded_is_left_out_listed_and_logged(corpus, caplog):
    damage(corpus, "c0", "c3")
    with caplog.at_level(logging.INFO):
        folder = run(corpus)
    store = FrameStore(folder / "train.tar")
    assert store.ids == ["c1", "c2", "c4"] and store.lengths.tolist() == [3, 4, 6]
    assert [number_of(picture) for picture in store.read(2, [0, 5])] == [0, 5]
    table = read_left_out(folder / "train.left_out.tsv")
    assert table[["split", "id"]].values.tolist() == [["train", "c0"], ["train", "c3"]]
    assert table["video"][1] == f"{corpus}/videos/c3"
    assert table["reason"].str.contains(r"0001\.png").all()
    whole = read_manifest(corpus / "manifests/train.tsv")
    kept = read_manifest(folder / "train.tsv")
    assert kept.equals(whole[whole["id"].isin(store.ids)].reset_index(drop=True))
    assert count_left_out(folder / "train.left_out.tsv") == {"train": 2, "dev": 0, "test": 0}
    assert "clip 'c3' is left out: " in caplog.text and "left out: {'train': 2}" in caplog.text


def test_with_nothing_to_leave_out_the_manifest_is_the_same_and_the_list_empty(corpus):
    for on_bad_clip in ("fail", "skip"):
        folder = run(corpus, on_bad_clip, on_bad_clip)
        manifest = (corpus / "manifests/train.tsv").read_bytes()
        assert (folder / "train.tsv").read_bytes() == manifest
        assert (folder / "train.left_out.tsv").read_text() == "split\tid\tvideo\treason\n"
    assert bytes_of(corpus / "fail") == bytes_of(corpus / "skip")


def test_by_default_it_ends_the_run_with_the_clip_and_how_to_leave_it_out(corpus):
    damage(corpus, "c3")
    assert sample_frames.Config().on_bad_clip == "fail"
    with pytest.raises(InputError) as error:
        run(corpus, "fail")
    said = str(error.value)
    assert "train.tsv, line 5, clip 'c3': " in said and "0001.png" in said
    assert "on_bad_clip: skip under this data set's stages.make_manifest" in said
    assert sorted(each.name for each in (corpus / "out").iterdir()) == [
        "train.tar.journal",
        "train.tar.part",
    ]


def test_a_count_that_is_not_the_manifests_is_left_out_too(corpus):
    (corpus / "videos/c2/0003.png").unlink()
    table = read_left_out(run(corpus) / "train.left_out.tsv")
    assert table["id"].tolist() == ["c2"]
    assert "has 3 frames, the manifest says 4" in table["reason"][0]


@pytest.fixture
def killed(corpus, monkeypatch):
    """End the run after so many clips, like a kill: nothing is finished."""

    def killed(tried, *arguments, **settings):
        encode_all = sample_frames.encode_all

        def some(clips, processes):
            for number, each in enumerate(encode_all(clips, processes)):
                if number == tried:
                    raise KeyboardInterrupt
                yield each

        with monkeypatch.context() as patched:
            patched.setattr(sample_frames, "encode_all", some)
            with pytest.raises(KeyboardInterrupt):
                run(corpus, *arguments, **settings)

    return killed


def clips_tried(monkeypatch):
    """Return a list that fills with the ids of the clips that are decoded from now on."""
    tried, encode_all = [], sample_frames.encode_all

    def noting(clips, processes):
        clips = list(clips)
        tried.extend(clip.where.rpartition("'")[0].rpartition("'")[2] for clip in clips)
        return encode_all(clips, processes)

    monkeypatch.setattr(sample_frames, "encode_all", noting)
    return tried


@pytest.mark.parametrize("tried", [0, 1, 2, 4])
def test_killed_and_resumed_it_gives_the_same_store_and_lists(corpus, killed, monkeypatch, tried):
    damage(corpus, "c0", "c3")
    whole = bytes_of(run(corpus, name="whole"))
    killed(tried)
    assert not (corpus / "out/train.tar").exists()
    again = clips_tried(monkeypatch)
    assert bytes_of(run(corpus)) == whole
    assert again == list(CLIPS)[tried:], "a clip that was left out is not tried again"


def test_a_clip_that_was_mended_meanwhile_is_tried_again(corpus, killed, monkeypatch):
    damage(corpus, "c1", "c4")
    killed(3)
    image = corpus / "videos/c1/0001.png"
    image.write_bytes((corpus / "videos/c0/0001.png").read_bytes())
    again = clips_tried(monkeypatch)
    folder = run(corpus)
    assert FrameStore(folder / "train.tar").ids == ["c0", "c1", "c2", "c3"]
    assert again == ["c1", "c2", "c3", "c4"]


def test_a_run_that_failed_goes_on_where_clips_may_be_left_out(corpus, monkeypatch):
    damage(corpus, "c3")
    with pytest.raises(InputError, match="clip 'c3'"):
        run(corpus, "fail")
    again = clips_tried(monkeypatch)
    assert FrameStore(run(corpus) / "train.tar").ids == ["c0", "c1", "c2", "c4"]
    assert again == ["c3", "c4"]


def test_a_clip_that_was_left_out_ends_a_run_that_may_leave_out_none(corpus, killed):
    damage(corpus, "c1")
    killed(4)
    with pytest.raises(InputError, match="clip 'c1'"):
        run(corpus, "fail")


def test_a_split_of_which_nothing_is_left_is_refused(corpus):
    damage(corpus, *CLIPS)
    with pytest.raises(InputError) as error:
        run(corpus)
    lines = str(error.value).splitlines()
    assert lines[0].endswith("train.tsv: nothing is left, all 5 clips cannot be decoded:")
    assert lines[1].startswith("clip 'c0': ") and "0001.png" in lines[1]
    assert not (corpus / "out/train.tar").exists() and not (corpus / "out/train.tsv").exists()


def test_a_video_that_is_gone_ends_the_run_for_its_disk_may_be(corpus):
    (corpus / "videos").rename(corpus / "elsewhere")
    with pytest.raises(InputError, match=r"line 2, clip 'c0': .*no such video file or folder"):
        run(corpus)


def test_where_nobody_asks_for_the_list_nothing_can_be_left_out(corpus):
    with pytest.raises(InputError, match="--output-left-out: missing; with on_bad_clip: skip"):
        sample_frames.run(
            manifest=corpus / "manifests/train.tsv",
            output=corpus / "train.tar",
            config=sample_frames.Config(on_bad_clip="skip"),
        )


def test_stages_read_the_clips_that_are_left_and_no_others(corpus):
    """A clip that is neither listed nor in the store stays an error."""
    damage(corpus, "c2")
    folder = run(corpus)
    store = FrameStore(folder / "train.tar")
    kept = read_manifest(folder / "train.tsv")["id"].tolist()
    clips = FrameClips(store, kept, None, rate=1.0, crop=(32, 32), seed=None)
    assert [len(each["steps"]) for each in (clips[n, 0] for n in range(4))] == [2, 3, 5, 6]
    every = read_manifest(corpus / "manifests/train.tsv")["id"].tolist()
    with pytest.raises(InputError, match=r"holds no clip 'c2'.*read the manifest that it wrote"):
        FrameClips(store, every, None, rate=1.0, crop=(32, 32), seed=None)


def set_rates(corpus, rates):
    path = corpus / "manifests/train.tsv"
    write_manifest(read_manifest(path).assign(fps=rates), path)


def frames_of(folder):
    """Return the numbers of the frames of each clip of the store."""
    store = FrameStore(folder / "train.tar")
    return [
        [number_of(picture) for picture in store.read(clip, np.arange(length))]
        for clip, length in enumerate(store.lengths)
    ]


def test_clips_of_all_rates_are_stored_at_one(corpus):
    set_rates(corpus, [25.0, 50.0, 12.5, 25.0, 50.0])
    folder = run(corpus, fps=25)
    assert frames_of(folder) == [
        [0, 1],
        [0, 2],
        [0, 0, 1, 1, 2, 2, 3, 3],
        [0, 1, 2, 3, 4],
        [0, 2, 4],
    ]
    assert FrameStore(folder / "train.tar").format.fps == 25
    # The manifest describes the videos, as before.
    assert read_manifest(folder / "train.tsv")["fps"].tolist() == [25.0, 50.0, 12.5, 25.0, 50.0]
    assert frames_of(run(corpus, name="own")) == [[*range(n)] for n in CLIPS.values()]


@pytest.mark.parametrize(
    ("rates", "uneven", "expected"),
    [
        ([25.0, 25.0, 25.0, 25.0, 25.1], (), 25.0),
        ([25.0, 25.0, 25.0, 25.0, 50.0], (), None),
        (29.97, ("dev",), 29.97),
        (29.97, ("dev", "train"), None),
    ],
)
def test_a_store_that_keeps_all_frames_has_the_rate_of_its_clips(corpus, rates, uneven, expected):
    set_rates(corpus, rates)
    lines = ["split\tid\tvideo", *(f"{split}\tc0\tv" for split in uneven)]
    (corpus / "variable_rate.tsv").write_text("\n".join(lines) + "\n")
    sample_frames.run(
        manifest=corpus / "manifests/train.tsv",
        variable_rate=corpus / "variable_rate.tsv",
        output=corpus / "out/train.tar",
        config=sample_frames.Config(height=32, width=32),
    )
    assert FrameStore(corpus / "out/train.tar").format.fps == expected


def test_a_store_at_another_rate_is_not_continued(corpus, killed, monkeypatch):
    killed(3, fps=12.5)
    again = clips_tried(monkeypatch)
    run(corpus, fps=25)
    assert again == list(CLIPS)


def test_a_corrected_rate_makes_a_resampled_clip_again(corpus, killed, monkeypatch):
    killed(4, fps=12.5)
    set_rates(corpus, [25.0, 25.0, 50.0, 25.0, 25.0])
    again = clips_tried(monkeypatch)
    run(corpus, fps=12.5)
    assert again == ["c2", "c3", "c4"]
