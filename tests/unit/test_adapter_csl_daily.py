"""CSL-Daily's adapter, on small folders in the publisher's layout."""

import logging
import os
import pickle
from pathlib import Path

import pytest

from sign2text.data.adapters import csl_daily
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config

SETTINGS = Config(adapter="csl_daily", language="zh")


def entry(name: str, text: str = "今天天气", **changes) -> dict:
    return {
        "name": name,
        "length": 3,
        "label_gloss": ["今天", "天气"],
        "label_char": list(text),
        "label_word": ["今天", "天气"],
        "label_postag": ["t", "n"],
        "signer": 3,
        "time": 1,
    } | changes


INFO = [
    entry("S000000_P0000_T00"),
    entry("S000007_P0003_T00", "你好 。"),
    entry("S000001_P0000_T00", signer=0),
    entry("S000002_P0000_T00"),
    entry("S009999_P0000_T00"),  # in no split
]
SPLITS = """name|split
S000000_P0000_T00|train
S000005_P0004_T00|train
S000001_P0000_T00|dev
S000002_P0000_T00|test
"""


def annotate(root: Path, info: object = INFO, splits: str = SPLITS) -> Path:
    """Write the annotation files below `root`, and return the path of checksums.tsv."""
    folder = root / "sentence_label"
    folder.mkdir(parents=True)
    content = {"info": info, "gloss_map": {"今天": 0}, "char_map": {"今": 0}}
    (folder / "csl2020ct_v2.pkl").write_bytes(pickle.dumps(content))
    (folder / "split_1.txt").write_text(splits, encoding="utf-8")
    return root / "checksums.tsv"


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/csl_daily")


def test_the_columns_of_a_manifest(raw):
    table = csl_daily.read_split(annotate(raw), "dev", SETTINGS)
    assert table.to_dict("records") == [
        {
            "id": "S000001_P0000_T00",
            "video": "resources/csl_daily/sentence/frames_512x512/S000001_P0000_T00",
            "fps": 30.0,
            "signer": "signer00",
            "text": "今天天气",
            "gloss": "今天 天气",
            "language": "zh",
            "phrasings": [],
            "expected_frames": 3,
        }
    ]


def test_the_name_that_differs_between_the_files_is_mapped_and_said(raw, caplog):
    with caplog.at_level(logging.WARNING):
        table = csl_daily.read_split(annotate(raw), "train", SETTINGS)
    assert table["id"].tolist() == ["S000000_P0000_T00", "S000007_P0003_T00"]
    assert table["text"].tolist() == ["今天天气", "你好。"]
    assert table["video"][1].endswith("/S000007_P0003_T00")
    assert "S000005_P0004_T00 is taken for S000007_P0003_T00" in caplog.text
    assert csl_daily.read_monolingual(raw / "checksums.tsv", SETTINGS) == ["今天天气", "你好。"]


@pytest.mark.parametrize(
    "frames",
    [
        "sentence/frames_512x512",
        "sentence_frames-512x512/frames_512x512",
        "sentence_frames-512x512",
    ],
)
def test_frames_are_found_as_the_archive_was_unpacked(raw, frames):
    corpus = annotate(raw)
    (raw / frames).mkdir(parents=True)
    video = csl_daily.read_split(corpus, "test", SETTINGS)["video"][0]
    assert video == (raw / frames / "S000002_P0000_T00").as_posix()


def test_a_name_without_an_annotation_is_refused(raw):
    corpus = annotate(raw, splits=SPLITS + "S000003_P0000_T00|train\n")
    with pytest.raises(InputError, match=r"split_1\.txt: clip 'S000003_P0000_T00' has no annot"):
        csl_daily.read_split(corpus, "train", SETTINGS)


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (SPLITS.replace("|", ","), "line 1: found 'name,split', expected the columns name, split"),
        (SPLITS.replace("|dev", "|val"), r"line 4: split is 'val', expected one of train, dev"),
        (SPLITS + "S000000_P0000_T00|dev\n", "id 'S000000_P0000_T00' stands in line 2 and in "),
    ],
)
def test_a_damaged_split_file_is_named_with_its_line(raw, splits, message):
    with pytest.raises(InputError, match=r"split_1\.txt.*" + message):
        csl_daily.read_split(annotate(raw, splits=splits), "train", SETTINGS)


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("text", "a dict with the keys info, gloss_map, char_map, expected a dict with a list"),
        ([*INFO, "x"], r"info\[5\]: found str, expected a dict"),
        ([entry("S1", signer="3")], r"info\[0\]: signer is '3', expected int"),
        ([entry("S1", signer=True)], r"info\[0\]: signer is True, expected int"),
        ([entry("S1", label_char="天气")], r"info\[0\]: label_char is '天气', expected a list of"),
        ([entry("S1", label_gloss=[1])], r"info\[0\]: label_gloss is \[1\], expected a list of"),
        ([entry("S1", length="3")], r"info\[0\]: length is '3', expected int"),
        ([{"signer": 1}], r"info\[0\]: name is None, expected str"),
        ([*INFO, INFO[0]], r"info\[5\]: name 'S000000_P0000_T00' stands twice"),
    ],
)
def test_annotations_of_another_form_are_refused(raw, info, message):
    with pytest.raises(InputError, match=r"csl2020ct_v2\.pkl.*" + message):
        csl_daily.read_split(annotate(raw, info), "train", SETTINGS)


def test_a_pickle_that_calls_something_is_refused_before_it_does(raw):
    class Calls:
        def __reduce__(self):
            return os.mkdir, ("made",)

    with pytest.raises(InputError, match=r"csl2020ct_v2\.pkl: the pickle asks for \w+\.mkdir"):
        csl_daily.read_split(annotate(raw, [Calls()]), "train", SETTINGS)
    assert not Path("made").exists()


def test_a_corpus_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match=r"corpus is not there.*csl2020ct_v2\.pkl.*csl_daily\.md"):
        csl_daily.read_split(tmp_path / "checksums.tsv", "train", SETTINGS)
