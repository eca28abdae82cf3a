"""From an annotated corpus with its videos to manifests; unusable clips are reported or listed."""

import errno
import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from numbered_videos import write_numbered

from sign2text.data.manifest import read_manifest, read_table
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.stages import make_manifest
from sign2text.stages.make_manifest import Config

FRAMES = Path("features/fullFrame-210x260px")
CLIPS = {"train": {"a": 3, "b": 12}, "dev": {"c": 2}, "test": {"d": 1}}


def write_frames(folder: Path, count: int, name: str = "images{:04d}.png", first: int = 1) -> None:
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        cv2.imwrite(str(folder / name.format(number)), np.zeros((26, 21, 3), np.uint8))


@pytest.fixture
def phoenix(tmp_path, monkeypatch) -> Path:
    """Make a small PHOENIX-2014T for tests to damage, and return the path of its checksums.tsv."""
    monkeypatch.chdir(tmp_path)
    root = Path("resources/phoenix")
    (root / "annotations/manual").mkdir(parents=True)
    for split, clips in CLIPS.items():
        lines = ["name|video|start|end|speaker|orth|translation"]
        for clip, count in clips.items():
            lines.append(f"{clip}|{clip}/1/*.png|-1|-1|Signer01|REGEN|es regnet in {clip}")
            write_frames(root / FRAMES / split / clip, count)
        path = root / f"annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"
        path.write_text("\n".join(lines) + "\n")
    return root / "checksums.tsv"


def run(corpus: Path, **settings) -> Path:
    output = Path("out")
    config = Config(**{"adapter": "phoenix"} | settings)
    make_manifest.run(corpus=corpus, output=output, config=config)
    return output


def test_manifests_with_counted_frames(phoenix):
    output = run(phoenix)
    for split, clips in CLIPS.items():
        table = read_manifest(output / f"{split}.tsv")
        assert dict(zip(table["id"], table["frames"], strict=True)) == clips
        assert set(table["fps"]) == {25.0}
        assert all(Path(video).is_dir() for video in table["video"])
    text = (output / "monolingual.txt").read_text(encoding="utf-8")
    assert text == "es regnet in a\nes regnet in b\n"
    assert (output / "left_out.tsv").read_text() == "split\tid\tvideo\treason\n"
    assert (output / "variable_rate.tsv").read_text() == "split\tid\tvideo\n"


def spoil(root: Path, harm: str) -> None:
    """Damage clip b of the training split."""
    clip = root / FRAMES / "train" / "b"
    if harm == "gap":
        (clip / "images0007.png").unlink()
    elif harm == "cut":
        path = clip / "images0007.png"
        path.write_bytes(path.read_bytes()[:-20])
    elif harm == "zero":
        (clip / "images0007.png").write_bytes(b"")
    else:
        for path in clip.iterdir():
            path.unlink()
        if harm == "missing":
            clip.rmdir()


HARM = {
    "missing": "no such video file or folder of frames",
    "empty": "the folder holds no frame",
    "gap": "frame 7 is missing, images0008.png found",
    "zero": "images0007.png: the image has no bytes",
    "cut": "images0007.png: the image was cut",
}


@pytest.mark.parametrize("harm", HARM)
def test_a_bad_clip_ends_the_run(phoenix, harm):
    spoil(phoenix.parent, harm)
    with pytest.raises(InputError) as error:
        run(phoenix)
    message = str(error.value)
    assert message.startswith("1 of 4 clips cannot be used:")
    assert "PHOENIX-2014-T.train.corpus.csv, clip 'b': " in message
    assert HARM[harm] in message
    assert "on_bad_clip: skip" in message
    assert not Path("out").exists()


@pytest.mark.parametrize("harm", HARM)
def test_a_bad_clip_is_left_out_and_listed(phoenix, harm):
    spoil(phoenix.parent, harm)
    output = run(phoenix, on_bad_clip="skip")
    assert read_manifest(output / "train.tsv")["id"].tolist() == ["a"]
    assert read_manifest(output / "dev.tsv")["id"].tolist() == ["c"]
    (row,) = read_table(output / "left_out.tsv").to_dict("records")
    assert (row["split"], row["id"]) == ("train", "b")
    assert row["video"] == f"resources/phoenix/{FRAMES}/train/b"
    assert HARM[harm] in row["reason"]


def test_an_error_names_the_first_bad_clips_and_how_many(phoenix):
    path = phoenix.parent / "annotations/manual/PHOENIX-2014-T.test.corpus.csv"
    more = "".join(f"x{n}|x/1/*.png|-1|-1|Signer01|REGEN|es regnet\n" for n in range(20))
    path.write_text(path.read_text() + more)
    with pytest.raises(InputError) as error:
        run(phoenix)
    message = str(error.value)
    assert message.startswith("20 of 24 clips cannot be used:")
    assert [f"'x{n}'" in message for n in (0, 4, 5)] == [True, True, False]
    assert "and 15 more" in message


def test_a_split_of_which_nothing_is_left_is_refused(phoenix):
    (phoenix.parent / FRAMES / "dev/c/images0001.png").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"dev\.corpus\.csv, clip 'c'(.|\n)*Nothing is left of dev.*docs/corpora"
    ):
        run(phoenix, on_bad_clip="skip")
    assert not Path("out").exists()


def test_a_clip_that_cannot_be_opened_is_a_bad_clip(phoenix, monkeypatch):
    listed = os.scandir

    def refusing(folder="."):
        if Path(folder).name == "b":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(InputError, match=r"clip 'b': \S+/train/b: cannot be read \(Permission den"):
        run(phoenix)
    assert read_manifest(run(phoenix, on_bad_clip="skip") / "train.tsv")["id"].tolist() == ["a"]


def test_an_empty_text_is_a_bad_clip(phoenix):
    path = phoenix.parent / "annotations/manual/PHOENIX-2014-T.train.corpus.csv"
    path.write_text(path.read_text().replace("es regnet in b", " "))
    with pytest.raises(InputError, match="clip 'b': its text is empty"):
        run(phoenix)
    assert read_manifest(run(phoenix, on_bad_clip="skip") / "train.tsv")["id"].tolist() == ["a"]


def test_a_clip_in_two_splits_is_refused_whatever_happens_to_bad_clips(phoenix):
    path = phoenix.parent / "annotations/manual/PHOENIX-2014-T.test.corpus.csv"
    path.write_text(path.read_text().replace("d|", "a|"))
    for on_bad_clip in ("fail", "skip"):
        with pytest.raises(InputError, match=r"test\.corpus\.csv: clip 'a' of test is in train to"):
            run(phoenix, on_bad_clip=on_bad_clip)


def write_video(path: Path, count: int, rate: int) -> None:
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(count):
            frame = np.full((48, 64, 3), level, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode(None))


TIMES = [(0, 0.5), (0.5, 1.25), (9, 10), (1, 1), (1, 0.5), (-1, 0.5), ("", 1), (0, "nan")]
NONE = {
    2: "no frame lies from 9 s to 10 s; the video has 40 frames",
    3: "no frame lies from 1 s to 1 s",
    4: "no frame lies from 1 s to 0.5 s",
    5: "found '#t=-1,0.5', expected start and end in seconds",
    6: "found '#t=?,1', expected start and end in seconds",
    7: "found '#t=0,nan', expected start and end in seconds",
}
"""Invalid clips of `TIMES`, with the messages about them."""


def test_how2sign_by_realigned_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("resources/how2sign")
    names = "VIDEO_ID VIDEO_NAME SENTENCE_ID SENTENCE_NAME START_REALIGNED END_REALIGNED SENTENCE"
    for split in ("train", "val", "test"):
        rows = [f"v v-5-rgb_front s {split}-{n} {start} {end} Hello_{n}."
                for n, (start, end) in enumerate(TIMES)]  # fmt: skip
        text = "\n".join([names, *rows]).replace(" ", "\t")
        root.mkdir(parents=True, exist_ok=True)
        (root / f"how2sign_realigned_{split}.csv").write_text(text + "\n")
        write_video(root / f"{split}_raw_videos/v-5-rgb_front.mp4", count=40, rate=24)
    settings = {"adapter": "how2sign", "language": "en"}
    with pytest.raises(InputError, match="no frame lies from 9 s to 10 s; the video has 40 fram"):
        run(root / "checksums.tsv", **settings)
    output = run(root / "checksums.tsv", **settings, on_bad_clip="skip")
    table = read_manifest(output / "dev.tsv")
    assert table["frames"].tolist() == [12, 18]
    assert table["fps"].tolist() == [24.0, 24.0]
    assert table["video"][1].endswith("val_raw_videos/v-5-rgb_front.mp4#t=0.5,1.25")
    left_out = read_table(output / "left_out.tsv")
    assert left_out["id"].tolist() == [f"{s}-{n}" for s in ("train", "val", "test") for n in NONE]
    for number, said in NONE.items():
        assert said in left_out["reason"][list(NONE).index(number)]


def test_annotations_that_were_edited_after_they_were_listed_are_not_read(phoenix):
    annotations = sorted(phoenix.parent.glob("annotations/manual/*.csv"))
    rows = [
        f"{p.relative_to(phoenix.parent)}\t{p.stat().st_size}\t{sha256_of(p)}" for p in annotations
    ]
    phoenix.write_text("\n".join(["path\tbytes\tsha256", *rows, ""]))
    run(phoenix)
    text = annotations[0].read_text()
    annotations[0].write_text(text.replace("regnet", "schneit"))
    with pytest.raises(InputError, match=r"dev\.corpus\.csv: is not the file .* --forcerun acq"):
        run(phoenix)


def test_csl_daily(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("resources/csl_daily")
    (root / "sentence_label").mkdir(parents=True)
    info = []
    for name in ("t", "d", "e"):
        info.append({"name": name, "signer": 1, "label_gloss": ["你"], "label_char": ["你", "好"]})
        write_frames(root / "sentence/frames_512x512" / name, 4, "{:06d}.jpg", first=0)
    (root / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps({"info": info}))
    (root / "sentence_label/split_1.txt").write_text("name|split\nt|train\nd|dev\ne|test\n")
    output = run(root / "checksums.tsv", adapter="csl_daily", language="zh")
    table = read_manifest(output / "dev.tsv")
    assert table[["id", "frames", "text"]].to_numpy().tolist() == [["d", 4, "你好"]]
    # The last frame of a clip is missing: numbers have no gap, only the annotations show it.
    info = [each | {"length": 4} for each in info] + [info[0] | {"name": "u", "length": 5}]
    write_frames(root / "sentence/frames_512x512/u", 4, "{:06d}.jpg", first=0)
    (root / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps({"info": info}))
    (root / "sentence_label/split_1.txt").write_text(
        "name|split\nt|train\nd|dev\ne|test\nu|train\n"
    )
    with pytest.raises(InputError, match=r"clip 'u': .*/u: 4 frames found, expected 5 as the ann"):
        run(root / "checksums.tsv", adapter="csl_daily", language="zh")
    output = run(root / "checksums.tsv", adapter="csl_daily", language="zh", on_bad_clip="skip")
    assert read_manifest(output / "train.tsv")["id"].tolist() == ["t"]
    assert "expected_frames" not in (output / "train.tsv").read_text()


def test_clips_of_variable_rate_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("resources/own")
    root.mkdir(parents=True)
    write_numbered(root / "even.mp4", 30, rate=30)
    stamps = [40 * n for n in range(15)] + [600 + 100 * n for n in range(15)]
    write_numbered(root / "phone.mp4", 30, stamps=stamps)
    write_frames(root / "frames", 5)
    (root / "clips.csv").write_text(
        "path,text,split,id,fps\neven.mp4,Hi.,train,a,\nphone.mp4,Hi.,train,b,\n"
        "frames,Hi.,dev,c,10\nphone.mp4,Hi.,test,d,\n"
    )
    output = run(root / "checksums.tsv", adapter="table", language="en")
    assert (output / "variable_rate.tsv").read_text() == (
        "split\tid\tvideo\ntrain\tb\tresources/own/phone.mp4\ntest\td\tresources/own/phone.mp4\n"
    )
    assert read_manifest(output / "train.tsv")["frames"].tolist() == [30, 30]


def test_a_table_whose_containers_say_their_rate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("resources/own")
    write_video(root / "v.mp4", count=50, rate=30)
    write_frames(root / "frames", 5)
    lines = ["path,text,split,id,fps", 'v.mp4,"Hi, you.",train,a,', "frames,Hi.,dev,b,10",
             '"v.mp4#t=1,1.5",Hi.,test,c,']  # fmt: skip
    (root / "clips.csv").write_text("\n".join(lines) + "\n")
    output = run(root / "checksums.tsv", adapter="table", language="en")
    found = [read_manifest(output / f"{split}.tsv").iloc[0] for split in ("train", "dev", "test")]
    assert [(row["frames"], row["fps"]) for row in found] == [(50, 30.0), (5, 10.0), (15, 30.0)]
    (root / "clips.csv").write_text("\n".join(lines).replace(",10", ",") + "\n")
    with pytest.raises(InputError, match=r"clip 'b': .*does not say its frame rate"):
        run(root / "checksums.tsv", adapter="table", language="en")
