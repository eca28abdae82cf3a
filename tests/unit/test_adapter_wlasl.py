"""WLASL's adapter, on small copies of the publisher's file."""

import copy
import json
import math
from pathlib import Path

import pytest
from attacks import refusal
from numbered_videos import numbers, write_numbered

from sign2text.data.class_adapters import find_adapter, wlasl
from sign2text.data.manifest import read_manifest, read_table
from sign2text.data.video import count_frames, read_frames
from sign2text.ground.errors import InputError
from sign2text.stages import make_manifest
from sign2text.stages.make_manifest import Config

SETTINGS = Config(adapter="wlasl", language="en")


def instance(video: str, split: str = "train", **changes) -> dict:
    return {
        "bbox": [16, 8, 48, 40], "fps": 25, "frame_end": -1, "frame_start": 1, "instance_id": 0,
        "signer_id": 118, "source": "aslbrick", "split": split, "url": "http://x.example/a.mp4",
        "variation_id": 0, "video_id": video,
    } | changes  # fmt: skip


ENTRIES = [
    {"gloss": "book", "instances": [
        instance("69241"), instance("65225", signer_id=90), instance("68011", "val"),
        instance("68208", "test"),
    ]},
    {"gloss": "good  morning", "instances": [
        instance("17709"), instance("17710"), instance("17711", "val"),
    ]},
    {"gloss": "who", "instances": [instance("63229"), instance("63230")]},
]  # fmt: skip


@pytest.fixture
def corpus(tmp_path, monkeypatch) -> Path:
    """The list of a corpus's files; the corpus is in `start_kit`, as the repository has it."""
    monkeypatch.chdir(tmp_path)
    root = Path("resources/wlasl/start_kit")
    root.mkdir(parents=True)
    return write(root, ENTRIES).parents[1] / "checksums.tsv"


def write(root: Path, entries) -> Path:
    path = root / "WLASL_v0.3.json"
    path.write_text(json.dumps(entries))
    return path


def film(corpus: Path, *names: str, frames: int = 30) -> None:
    folder = corpus.parent / "start_kit/videos"
    folder.mkdir(exist_ok=True)
    for name in names:
        write_numbered(folder / f"{name}.mp4", frames, g="1")


def test_a_clip_has_its_gloss_as_class_and_its_box(corpus):
    table = wlasl.read_split(corpus, "train", SETTINGS)
    assert table["text"].tolist() == ["book", "book", "good_morning", "good_morning", "who", "who"]
    row = table.iloc[1].to_dict()
    assert math.isnan(row.pop("fps"))  # the container says it
    assert row == {
        "id": "65225",
        "video": "resources/wlasl/start_kit/videos/train/65225.mp4#xywh=16,8,32,32",
        "signer": "signer90",
        "text": "book",
        "gloss": "",
        "language": "en",
        "phrasings": [],
    }
    assert wlasl.read_split(corpus, "dev", SETTINGS)["id"].tolist() == ["68011", "17711"]
    assert wlasl.read_monolingual(corpus, SETTINGS) == []
    assert find_adapter("wlasl") is wlasl and find_adapter("phoenix").__name__.endswith("phoenix")


def test_the_first_classes_are_those_of_a_published_subset(corpus):
    table = wlasl.read_split(corpus, "train", Config(adapter="wlasl", wlasl_classes=2))
    assert table["id"].tolist() == ["69241", "65225", "17709", "17710"]
    with pytest.raises(InputError, match=r"v0.3.json: 3 classes found, expected wlasl_classes \(9"):
        wlasl.read_split(corpus, "train", Config(adapter="wlasl", wlasl_classes=9))


@pytest.mark.parametrize(
    ("start", "end", "frames", "found"),
    [
        (1, -1, 30, range(30)),
        (4, 9, 30, range(3, 9)),  # frames are numbered from 1, and the last one is in it
        (21, -1, 30, range(20, 30)),
        (1, 12, 12, range(12)),
        (1, 12, 13, range(12)),
        (101, 130, 30, range(30)),  # cut by the publisher's script
        (101, -1, 30, range(30)),
    ],
)
def test_frame_ranges(corpus, start, end, frames, found):
    changed = copy.deepcopy(ENTRIES)
    changed[0]["instances"][0] |= {"frame_start": start, "frame_end": end, "bbox": [0, 0, 64, 64]}
    write(corpus.parent / "start_kit", changed)
    film(corpus, "69241", frames=frames)
    video = wlasl.read_split(corpus, "train", SETTINGS)["video"][0]
    assert numbers(read_frames(video)) == list(found)
    assert count_frames(video) == len(found)


def test_missing_videos_are_left_out_and_so_are_classes_of_one_clip(corpus):
    film(corpus, "69241", "65225", "68011", "68208", "17709", "17711", "63229", "63230")
    config = Config(adapter="wlasl", language="en", on_bad_clip="skip")
    make_manifest.run(corpus=corpus, output=Path("out"), config=config)
    assert read_manifest(Path("out/train.tsv"))["id"].tolist() == [
        "69241", "65225", "63229", "63230",
    ]  # fmt: skip
    assert read_manifest(Path("out/dev.tsv"))["id"].tolist() == ["68011"]
    left = read_table(Path("out/left_out.tsv")).set_index("id")["reason"]
    assert "17710.mp4: no such video file" in left["17710"]
    assert left["17709"] == "class 'good_morning': 1 training clip, expected 2 or more"
    assert left["17711"] == left["17709"]
    with pytest.raises(InputError, match="1 of 9 clips cannot be used"):
        make_manifest.run(corpus=corpus, output=Path("out"), config=SETTINGS)


WRONG = {
    "video_id": ("../x", r"id '../x' cannot be used: it has the part"),
    "split": ("dev", 'split is "dev", expected train, val or test'),
    "fps": (0, "fps is 0, expected frames a second"),
    "signer_id": ("../1", 'signer_id is "../1", expected a number'),
    "frame_start": (0, "frame_start is 0, expected the number of a frame, 1 or more"),
    "frame_end": (0, "frame_end is 0, expected the number of a frame, from frame_start on, or -1"),
    "bbox": ([5, 5, 5, 9], r"bbox is \[5, 5, 5, 9\], expected left, top, right and bottom"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_value_is_named(corpus, key):
    value, message = WRONG[key]
    changed = copy.deepcopy(ENTRIES)
    changed[1]["instances"][2][key] = value
    write(corpus.parent / "start_kit", changed)
    with pytest.raises(InputError, match=rf"entry 1 \('good_morning'\), instance 2: {message}"):
        wlasl.read_split(corpus, "train", SETTINGS)
    del changed[1]["instances"][2][key]
    write(corpus.parent / "start_kit", changed)
    with pytest.raises(InputError, match=f"instance 2: {key} is null, expected"):
        wlasl.read_split(corpus, "train", SETTINGS)


def test_a_video_that_stands_twice(corpus):
    changed = copy.deepcopy(ENTRIES)
    changed[2]["instances"][1]["video_id"] = "69241"
    write(corpus.parent / "start_kit", changed)
    with pytest.raises(InputError, match=r"\('who'\), instance 1: video_id '69241' is that of .*0"):
        wlasl.read_split(corpus, "train", SETTINGS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 200_000, "is not the publisher's JSON"),
        ('[{"gloss": "a", "instances": [' + "1," * 2_000_000 + "1]}]", "more than 2000000 values"),
        ("9" * 5000, "is not the publisher's JSON"),
        ('{"gloss": 1}', "found dict, expected a list of entries"),
        ("[]", "found list, expected a list of entries"),
        ('[{"gloss": " \u200b", "instances": []}]', "entry 0: gloss is"),
        ('[{"gloss": "a", "instances": []}]', "entry 0: instances is \\[\\], expected a list"),
        ("[3]", "entry 0: gloss is null, expected a gloss"),
    ],
)
def test_hostile_files_are_refused_in_bounds(corpus, content, message):
    import re

    (corpus.parent / "start_kit/WLASL_v0.3.json").write_text(content)
    said = refusal(lambda: wlasl.read_split(corpus, "train", SETTINGS))
    assert re.search(message, said) and "WLASL_v0.3.json" in said


def test_a_file_that_is_too_large(corpus, monkeypatch):
    monkeypatch.setattr(wlasl, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="bytes, more than 100"):
        wlasl.read_split(corpus, "train", SETTINGS)


def test_published_counts_are_of_all_classes(corpus):
    clips = {"train": wlasl.read_split(corpus, "train", SETTINGS)}
    assert wlasl.published_counts(clips) == {}
    many = clips["train"].loc[[0] * 1500].assign(text=[f"c{n}" for n in range(1500)])
    assert wlasl.published_counts({"train": many})["train"] == {"clips": (14289,)}
