"""How2Sign's adapter, on small folders in the publisher's layout."""

import math
from pathlib import Path

import pandas as pd
import pytest

from sign2text.data.adapters import how2sign
from sign2text.data.corpus_findings import Row
from sign2text.data.corpus_report import compare
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config

REALIGNED = Config(adapter="how2sign", language="en")
PUBLISHED = Config(adapter="how2sign", language="en", how2sign_cut="published")
NAMES = ["VIDEO_ID", "VIDEO_NAME", "SENTENCE_ID", "SENTENCE_NAME"]
ROW = ["-abc", "-abc-5-rgb_front", "-abc_10", "-abc_10-5-rgb_front", "12.30", "15.61",
       "And I call them \"odd\"."]  # fmt: skip


def write(path: Path, times: tuple[str, str], rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [[*NAMES, *times, "SENTENCE"], *rows]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def annotate(root: Path, *, older: bool = False, rows: list[list[str]] | None = None) -> Path:
    """Write the annotation files below `root`, and return the path of checksums.tsv."""
    for split in ("train", "val", "test"):
        given = rows or [[f"{split}{field}" if n < 4 else field for n, field in enumerate(ROW)]]
        path = root / f"how2sign_realigned_{split}.csv"
        write(path, ("START_REALIGNED", "END_REALIGNED"), given)
        if older:
            given = [[*row[:4], "1.5", "2.5", f"older {row[6]}"] for row in given]
            write(root / f"how2sign_{split}.csv", ("START", "END"), given)
    return root / "checksums.tsv"


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/how2sign")


def test_realigned_clips_are_parts_of_the_full_videos(raw):
    table = how2sign.read_split(annotate(raw, rows=[ROW]), "train", REALIGNED)
    (row,) = table.to_dict("records")
    assert math.isnan(row.pop("fps"))  # the container has it
    assert row == {
        "id": "-abc_10-5-rgb_front",
        "video": "resources/how2sign/train_raw_videos/-abc-5-rgb_front.mp4#t=12.3,15.61",
        "signer": "signer05",
        "text": 'And I call them "odd".',
        "gloss": "",
        "language": "en",
        "phrasings": [],
    }


def test_dev_is_what_they_call_val(raw):
    corpus = annotate(raw)
    found = {split: how2sign.read_split(corpus, split, REALIGNED) for split in how2sign.SPLITS}
    assert [table["id"][0][:5] for table in found.values()] == ["train", "val-a", "test-"]
    assert "/val_raw_videos/" in found["dev"]["video"][0]


def test_ready_cuts_are_files_of_their_own(raw):
    video = "resources/how2sign/val_rgb_front_clips/raw_videos/val-abc_10-5-rgb_front.mp4"
    corpus = annotate(raw)
    table = how2sign.read_split(corpus, "dev", PUBLISHED)
    assert (table["video"][0], table["text"][0]) == (video, ROW[6])
    annotate(raw, older=True)
    table = how2sign.read_split(corpus, "dev", PUBLISHED)
    assert (table["video"][0], table["text"][0]) == (video, f"older {ROW[6]}")
    assert how2sign.read_split(corpus, "dev", REALIGNED)["text"][0] == ROW[6]


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        (REALIGNED, "test_raw_videos"),
        (REALIGNED, "test_raw_videos/raw_videos"),
        (PUBLISHED, "test_rgb_front_clips"),
        (PUBLISHED, "test_rgb_front_clips/raw_videos"),
    ],
)
def test_videos_are_found_as_they_were_unpacked(raw, settings, folder):
    corpus = annotate(raw)
    (raw / folder).mkdir(parents=True)
    video = Path(how2sign.read_split(corpus, "test", settings)["video"][0])
    assert video.parent == raw / folder


@pytest.mark.parametrize(
    ("video", "signer"),
    [("--7E-10-rgb_front", "signer10"), ("x_y-2-rgb_front", "signer02"), ("abc", "unknown")],
)
def test_the_signer_is_in_the_videos_name(raw, video, signer):
    corpus = annotate(raw, rows=[[ROW[0], video, *ROW[2:]]])
    assert how2sign.read_split(corpus, "train", REALIGNED)["signer"].tolist() == [signer]


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ('"Okay" she said.', '"Okay" she said.'),
        ('"Okay."', '"Okay."'),
        ('"He said ""yes""."', 'He said "yes".'),  # as spreadsheets write it
        ('"Never closed', '"Never closed'),
        ('"', '"'),
    ],
)
def test_quotes_are_the_sentences_own_unless_they_are_doubled(raw, sentence, text):
    corpus = annotate(raw, rows=[[*ROW[:6], sentence]])
    assert how2sign.read_split(corpus, "train", REALIGNED)["text"].tolist() == [text]


def test_times_have_no_digits_of_computation(raw):
    corpus = annotate(raw, rows=[[*ROW[:4], "7", "100.30000000000001", "Hi."]])
    video = how2sign.read_split(corpus, "train", REALIGNED)["video"][0]
    assert video.endswith("#t=7,100.3")


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [("2", "2.0", "2,2"), ("-1", "2", "-1,2"), ("", "2", "?,2"), ("a", "inf", "a,inf"),
     ("-0.0", "nan", "0,nan")],
)  # fmt: skip
def test_times_that_make_no_clip_are_left_to_the_clip_check(raw, start, end, times):
    corpus = annotate(raw, rows=[[*ROW[:4], start, end, "Hi."], [*ROW[:3], "b", *ROW[4:]]])
    videos = how2sign.read_split(corpus, "train", REALIGNED)["video"]
    assert [video.partition("#t=")[2] for video in videos] == [times, "12.3,15.61"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROW, ROW], "id '-abc_10-5-rgb_front' stands in line 2 and in line 3"),
        ([ROW[:6]], "line 2: 6 fields found, expected 7 as in the header, separated by a tab"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(raw, rows, message):
    with pytest.raises(InputError, match=r"how2sign_realigned_train\.csv.*" + message):
        how2sign.read_split(annotate(raw, rows=rows), "train", REALIGNED)


def test_the_older_file_alone_does_not_do_for_realigned_clips(raw):
    corpus = annotate(raw, older=True)
    for path in raw.glob("how2sign_realigned_*"):
        path.unlink()
    assert how2sign.find_root(raw, REALIGNED) == raw
    assert len(how2sign.read_split(corpus, "train", PUBLISHED)) == 1
    with pytest.raises(InputError, match=r"how2sign_realigned_train\.csv: no such annotation"):
        how2sign.read_split(corpus, "train", REALIGNED)


def test_a_comma_separated_file_is_refused(raw):
    corpus = annotate(raw)
    path = raw / "how2sign_realigned_train.csv"
    path.write_text(path.read_text().replace("\t", ","))
    with pytest.raises(InputError, match=r"line 1: found 'VIDEO_ID,.*separated by a tab"):
        how2sign.read_split(corpus, "train", REALIGNED)


def manifests(train: int, dev: int, test: int, times: str) -> dict[str, pd.DataFrame]:
    """Make tables of so many clips, with parts of videos or whole videos."""
    return {
        split: pd.DataFrame({"id": [f"{split}{n}" for n in range(count)]}).assign(
            video=[f"{split}/{n}.mp4{times}" for n in range(count)],
            text=[f"{split} {n}" for n in range(count)],
            frames=40, fps=25.0, signer="s", gloss="", language="en",
            phrasings=[[] for _ in range(count)],
        )
        for split, count in (("train", train), ("dev", dev), ("test", test))
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "times", "verdicts"),
    [
        ((31165, 1741, 2357), "#t=1,2", ("ok", "ok", "ok")),
        # Other papers leave one row out; nobody here has counted the rows of train.
        ((31164, 1740, 2356), "#t=1,2", ("note", "differs", "differs")),
        ((31128, 1741, 2322), "#t=1,2", ("note", "ok", "differs")),
        ((31128, 1741, 2322), "", ("ok", "ok", "ok")),
        ((31165, 1741, 2357), "", ("ok", "ok", "ok")),
        ((31000, 1700, 2300), "", ("note", "note", "note")),
    ],
)
def test_counts_are_compared_by_the_file_that_was_read(counts, times, verdicts):
    clips = manifests(*counts, times)
    rows = [Row("clips", split, len(table)) for split, table in clips.items()]
    found = compare(rows, how2sign.published_counts(clips), dict.fromkeys(clips, 0))
    assert tuple(row.verdict for row in found) == verdicts
    if not times:
        assert str(found[0].expected) == "31128 or 31165, presumed"
    if verdicts[0] == "note":
        assert "Nobody here has counted" in found[0].advice


def test_clips_that_were_left_out_explain_a_presumed_count_too():
    row = Row("clips", "train", 31160)
    (found,) = compare([row], how2sign.PUBLISHED, {"train": 5})
    assert (found.verdict, found.advice[:24]) == ("note", "5 clips were left out; t")


def test_broken_characters_are_mended_where_the_setting_asks_for_it(raw):
    corpus = annotate(raw, rows=[[*ROW[:6], "If youâ\x80\x99re camping, cafÃ©."]])
    read = how2sign.read_split(corpus, "test", REALIGNED)
    assert read["text"].tolist() == ["If youâ\x80\x99re camping, cafÃ©."]
    mending = Config(adapter="how2sign", language="en", mend_mojibake=True)
    read = how2sign.read_split(corpus, "test", mending)
    assert read["text"].tolist() == ["If you’re camping, café."]
    assert how2sign.read_monolingual(corpus, mending) == ["If you’re camping, café."]
