"""Corpora whose clips are landmarks: VSL-GH's arrays, and .pose files with a table."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from captioned_videos import put

from sign2text.data.landmark_adapters import poses, vsl_gh
from sign2text.data.manifest import read_manifest, read_table
from sign2text.data.text_alone import has_pictures, has_videos
from sign2text.ground.errors import InputError
from sign2text.landmarks.holistic_arrays import WIDTH
from sign2text.landmarks.points import COUNT
from sign2text.landmarks.pose_writer import write_pose
from sign2text.stages import acquire_corpus, check_corpus, make_manifest
from sign2text.stages.make_manifest import Config

ANNOTATION = (
    "Gloss\t\t00:00:00.000\t00:00:01.240\tTÔI\n"
    "Gloss\t\t00:00:01.240\t00:00:02.180\tĐĂNG-KÝ\n"
    "Translation\t\t00:00:00.000\t00:00:02.380\tTôi đăng ký.\n"
)
NAMES = {"train": ["SENT001_S01_R01_F", "SENT001_S02_R01_F"], "val": ["SENT001_S05_R01_F"],
         "test": ["SENT001_S06_R01_F"]}  # fmt: skip
VSL_GH = Config(adapter="vsl_gh", language="vi", on_bad_clip="skip")


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/mine")


def write_vsl_gh(raw: Path) -> Path:
    """Write a small corpus below a clone's folder, and return data/."""
    data = raw / "clone/data"
    for split, names in NAMES.items():
        put(data / f"splits/{split}.txt", "\n".join(names))
        for number, name in enumerate(names):
            put(data / f"annotations/{name}.txt", ANNOTATION)
            (data / "keypoints").mkdir(exist_ok=True)
            array = np.full((72, WIDTH), 0.1 * number + len(split), np.float32)
            np.save(data / f"keypoints/{name}.npy", array)
    return data


def test_the_clips_of_vsl_gh(raw):
    write_vsl_gh(raw)
    table = vsl_gh.read_split(raw / "checksums.tsv", "train", VSL_GH)
    row = table.drop(columns="phrasings").iloc[1].to_dict()
    assert row == {
        "id": "SENT001_S02_R01_F", "fps": 30.0, "signer": "S02", "text": "Tôi đăng ký.",
        "video": "resources/mine/clone/data/keypoints/SENT001_S02_R01_F.npy",
        "gloss": "TÔI ĐĂNG-KÝ", "language": "vi", "unusable": "",
    }  # fmt: skip
    captions = vsl_gh.read_captions(raw / "checksums.tsv", "test", VSL_GH)
    assert captions.to_numpy().tolist() == [
        ["SENT001_S06_R01_F", "vi", "Tôi đăng ký.", "0", "2.38", "human"]
    ]


def test_manifests_and_the_check_of_vsl_gh(raw):
    data = write_vsl_gh(raw)
    (data / "annotations/SENT001_S02_R01_F.txt").unlink()
    acquire_corpus.run(output=raw / "checksums.tsv", config=acquire_corpus.Config(adapter="vsl_gh"))
    listed = read_table(raw / "checksums.tsv")["path"].tolist()
    assert listed == [f"clone/data/{name}" for name in
                      ("annotations", "keypoints", "splits/test.txt", "splits/train.txt",
                       "splits/val.txt")]  # fmt: skip
    out = Path("out")
    make_manifest.run(corpus=raw / "checksums.tsv", output=out, config=VSL_GH)
    train = read_manifest(out / "train.tsv")
    assert train["frames"].tolist() == [72] and train["fps"].tolist() == [30.0]
    assert has_videos(train) and not has_pictures(train)
    (left_out,) = read_table(out / "left_out.tsv").to_dict("records")
    assert left_out["id"] == "SENT001_S02_R01_F"
    assert "annotations/SENT001_S02_R01_F.txt: no such annotation file" in left_out["reason"]
    check_corpus.run(
        **{split: out / f"{split}.tsv" for split in ("train", "dev", "test")},
        **{name: out / f"{name}.tsv" for name in ("left_out", "copies", "variable_rate")},
        output=Path("report"),
        config=check_corpus.Config(adapter="vsl_gh", language="vi"),
    )
    assert '"longest clip, frames",train,72' in Path("report/report.csv").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("01.240\tTÔI", "1.24\tTÔI"), r"line 1: found the time '00:00:1\.24', expected HH:MM"),
        (("00:00:02.180", "00:00:01.000"), r"line 2: ends at 00:00:01\.000, before its start at"),
        (("Gloss\t\t00:00:01", "Sign\t\t00:00:01"), r"line 2: found 'Sign.* expected Gloss or Tr"),
        (("\tTÔI", "\t"), r"line 1: found .*, expected Gloss or Translation, start and end"),
        (("Translation", "Gloss"), r"0 lines of Translation found, expected one"),
        (("Gloss\t\t00:00:00", "Translation\t\t00:00:00"), r"2 lines of Translation found"),
    ],
)
def test_a_damaged_annotation_is_the_reason_of_its_clip(raw, change, message):
    data = write_vsl_gh(raw)
    put(data / "annotations/SENT001_S01_R01_F.txt", ANNOTATION.replace(*change, 1))
    table = vsl_gh.read_split(raw / "checksums.tsv", "train", VSL_GH)
    assert re.search(message, table["unusable"][0]) and table["unusable"][1] == ""


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("SENT001_S01_R01_F\n../x\n", r"train\.txt, line 2: found '\.\./x', expected a clip's"),
        ("SENT001_S01_R01_F\n" * 2, r"id 'SENT001_S01_R01_F' stands in line 1 and in line 2"),
        ("", r"the file is empty"),
    ],
)
def test_a_wrong_list_of_vsl_gh_is_refused(raw, names, message):
    put(write_vsl_gh(raw) / "splits/train.txt", names)
    with pytest.raises(InputError, match=message):
        vsl_gh.read_split(raw / "checksums.tsv", "train", VSL_GH)


TABLE = (
    "path,text,split,fps\na/one.pose,Eins.,train,\na/two.pose,Zwei.,dev,25\nb/3.pose,Drei.,test,\n"
)
POSES = Config(adapter="poses", language="de", on_bad_clip="skip")


def write_poses(raw: Path) -> None:
    put(raw / "clips.csv", TABLE)
    points = np.arange(12 * COUNT * 3, dtype=np.float32).reshape(12, COUNT, 3)
    for name in ("a/one", "a/two", "b/3"):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        write_pose(raw / f"{name}.pose", points, 25.0, (300, 260))


def run_poses(raw: Path) -> Path:
    config = acquire_corpus.Config(adapter="poses")
    acquire_corpus.run(output=raw / "checksums.tsv", config=config, table="clips.csv")
    make_manifest.run(corpus=raw / "checksums.tsv", output=Path("out"), config=POSES)
    return Path("out")


def test_pose_files_have_their_own_length_and_rate(raw):
    write_poses(raw)
    train = read_manifest(run_poses(raw) / "train.tsv")
    assert train[["id", "video", "frames", "fps"]].to_numpy().tolist() == [
        ["a/one", "resources/mine/a/one.pose", 12, 25.0]
    ]
    assert [*read_table(raw / "checksums.tsv")["path"]] == ["a", "b", "clips.csv"]


def test_another_rate_than_the_table_s_and_damage_are_reasons(raw):
    write_poses(raw)
    further = "a/4.pose,Vier.,test,30\na/cut.pose,Acht.,test,\na/none.pose,Neun.,test,\n"
    put(raw / "clips.csv", TABLE + further)
    whole = (raw / "a/one.pose").read_bytes()
    (raw / "a/4.pose").write_bytes(whole)
    (raw / "a/cut.pose").write_bytes(whole[:-100])
    out = run_poses(raw)
    left_out = read_table(out / "left_out.tsv").set_index("id")["reason"]
    assert left_out["a/4"] == (
        "resources/mine/a/4.pose: 25 frames a second found, expected 30 as the table says. Correct "
        "the table, or leave its field empty."
    )
    assert "a/cut.pose" in left_out["a/cut"] and "The file was cut" in left_out["a/cut"]
    assert "a/none.pose" in left_out["a/none"]
    assert set(left_out.index) == {"a/4", "a/cut", "a/none"}
    assert read_manifest(out / "test.tsv")["id"].tolist() == ["b/3"]


@pytest.mark.parametrize("path", ["a/one.mp4", "a/one.pose#t=1,2", "a/one"])
def test_what_is_no_whole_pose_file_is_refused(raw, path):
    put(raw / "clips.csv", TABLE.replace("a/one.pose", f'"{path}"'))
    with pytest.raises(InputError, match=r"clip '.*': path is '.*', expected a whole file"):
        poses.read_split(raw / "checksums.tsv", "train", POSES)


def test_the_table_of_poses_must_be_named(raw):
    with pytest.raises(InputError, match="--table: found nothing, expected the name"):
        acquire_corpus.run(
            output=raw / "checksums.tsv", config=acquire_corpus.Config(adapter="poses")
        )
