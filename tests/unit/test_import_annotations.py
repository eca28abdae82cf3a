"""`sign2text import-annotations`: from made-up annotation files to the frames of their clips."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from annotation_files import aligned, media, number_of, tier, write_eaf, write_numbered

from sign2text.commands import main as cli
from sign2text.data.manifest import read_manifest
from sign2text.data.video import read_frames
from sign2text.stages import make_manifest

TABLE = Path("resources/mine/clips.csv")
SLOTS = {"ts1": 1000, "ts2": 2000, "ts3": 2000, "ts4": 3200, "ts5": 1100, "ts6": 1500, "ts7": 1900}
TEXTS = tier(
    "Translation",
    aligned("a1", "ts1", "ts2", "Morgen, sagt sie, &quot;regnet es&quot;."),
    aligned("a2", "ts3", "ts4", "Und\n  dann?"),
    PARTICIPANT="Anna",
)
GLOSSES = tier("Gloss", aligned("a3", "ts5", "ts6", "MORGEN"), aligned("a4", "ts6", "ts7", "REGEN"))


@pytest.fixture
def corpus(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    TABLE.parent.mkdir(parents=True)
    return TABLE.parent


def run(*arguments: object, output: Path = TABLE, split: str = "train") -> None:
    options = ["--output", output, "--split", split]
    cli.main(["import-annotations", *map(str, [*arguments, *options])])


def refused(capsys, *arguments: object, **options) -> str:
    """Return the command's stderr, after checking that it ends with code 2."""
    with pytest.raises(SystemExit) as ended:
        run(*arguments, **options)
    assert ended.value.code == 2
    return capsys.readouterr().err


def rows(path: Path = TABLE) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_a_document_of_elan_to_the_right_frames(corpus, capsys):
    for split in ("train", "dev", "test"):
        write_numbered(corpus / f"films/{split}.mp4", 100)
        video = media(f"{split}.mp4", TIME_ORIGIN=200)
        document = write_eaf(Path(f"elan/{split}.eaf"), SLOTS, [TEXTS, GLOSSES], [video])
        options = ["--tier", "Translation", "--gloss-tier", "Gloss", "--append"]
        run(document, *options, split=split)
    assert "elan/test.eaf: 2 clips" in capsys.readouterr().out
    assert rows()[:2] == [
        {
            "path": "films/train.mp4#t=1.2,2.2",
            "text": 'Morgen, sagt sie, "regnet es".',
            "split": "train",
            "gloss": "MORGEN REGEN",
            "signer": "Anna",
            "id": "films/train_1.2-2.2",
        },
        {
            "path": "films/train.mp4#t=2.2,3.4",
            "text": "Und dann?",
            "split": "train",
            "gloss": "",
            "signer": "Anna",
            "id": "films/train_2.2-3.4",
        },
    ]
    assert [row["split"] for row in rows()] == ["train"] * 2 + ["dev"] * 2 + ["test"] * 2
    make_manifest.run(
        corpus=corpus / "checksums.tsv",
        output=Path("made"),
        config=make_manifest.Config(adapter="table", language="de"),
    )
    manifest = read_manifest(Path("made/dev.tsv"))
    assert manifest["id"].tolist() == ["films/dev_1.2-2.2", "films/dev_2.2-3.4"]
    assert manifest["signer"].tolist() == ["Anna", "Anna"]
    assert manifest["gloss"].tolist() == ["MORGEN REGEN", ""]
    for video, first, last in zip(manifest["video"], (30, 55), (54, 84), strict=True):
        assert [number_of(frame) for frame in read_frames(video)] == [*range(first, last + 1)]


def test_subtitles_become_clips_of_the_video_of_their_name(corpus):
    write_numbered(corpus / "talk.mp4", 100)
    (corpus / "talk.srt").write_text(
        "1\n00:00:00,480 --> 00:00:01,000\nHello.\n\n2\n00:00:01,000 --> 00:00:02,040\nBye.\n"
    )
    run(corpus / "talk.srt", "--signer", "Ben", "--offset", "1")
    assert [(row["path"], row["text"], row["signer"]) for row in rows()] == [
        ("talk.mp4#t=1.48,2", "Hello.", "Ben"),
        ("talk.mp4#t=2,3.04", "Bye.", "Ben"),
    ]
    frames = read_frames(corpus / rows()[0]["path"])
    assert [number_of(frame) for frame in frames] == [*range(37, 50)]


def test_a_table_that_is_there_is_kept_or_added_to(corpus, capsys):
    (corpus / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nÄh, so\n")
    (corpus / "a.mp4").touch()
    run(corpus / "a.srt")
    before = TABLE.read_bytes()
    message = refused(capsys, corpus / "a.srt")
    assert "clips.csv: is there already. Add to it with --append" in message
    message = refused(capsys, corpus / "a.srt", "--append")
    assert "line 2: has the clip 'a_1-2' already" in message
    assert TABLE.read_bytes() == before
    assert "a.srt: given 2 times, expected once" in refused(
        capsys, corpus / "a.srt", corpus / "a.srt", "--append"
    )
    (corpus / "b.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nNo.\n")
    (corpus / "b.mp4").touch()
    run(corpus / "b.srt", "--append", split="val")
    assert TABLE.read_bytes() == before + b'"b.mp4#t=1,2",No.,val,,,b_1-2\n'


def test_two_people_in_two_calls(corpus):
    """At the same time in the same video, with other texts: each clip has a different id."""
    (corpus / "talk.mp4").touch()
    for name in "AB":
        path = write_eaf(
            Path(f"{name}.eaf"),
            SLOTS,
            [tier("Text", aligned("a1", "ts1", "ts2", name), PARTICIPANT=name)],
            [media("talk.mp4")],
        )
        run(path, "--tier", "Text", "--append")
    assert [(row["id"], row["signer"]) for row in rows()] == [
        ("talk_1-2", "A"),
        ("talk_1-2_2", "B"),
    ]


def test_a_table_of_ones_own_keeps_its_form(corpus, capsys):
    TABLE.write_bytes(b"id;split;path;text;note\r\nx;dev;x.mp4;Hm;mine")
    (corpus / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nA; b\n")
    (corpus / "a.mp4").touch()
    assert "missing column signer, which the new rows need; found id, split, path" in refused(
        capsys, corpus / "a.srt", "--append", "--signer", "Ben"
    )
    run(corpus / "a.srt", "--append")
    assert TABLE.read_bytes() == (
        b'id;split;path;text;note\r\nx;dev;x.mp4;Hm;mine\r\na_1-2;train;a.mp4#t=1,2;"A; b";\r\n'
    )


def test_splits_by_a_table(corpus, capsys):
    for name in "ab":
        (corpus / f"{name}.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHi\n")
        (corpus / f"{name}.mp4").touch()
    splits = Path("splits.csv")
    splits.write_text("name,split\na,train\n")
    files = [corpus / "a.srt", corpus / "b.srt"]
    assert "has no line for resources/mine/b.srt" in refused(capsys, *files, split="splits.csv")
    assert not TABLE.exists()
    splits.write_text("name,split\na,train\nb.srt,Val\n")
    run(*files, split="splits.csv")
    assert [row["split"] for row in rows()] == ["train", "val"]
    assert "--split: 'trian' found, expected one of train, dev" in refused(
        capsys, *files, split="trian"
    )


def test_nothing_is_written_where_one_file_fails(corpus, capsys):
    (corpus / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHi\n")
    (corpus / "a.mp4").touch()
    (corpus / "b.srt").write_text("1\n00:00:01,000 --> soon\nHi\n")
    message = refused(capsys, corpus / "a.srt", corpus / "b.srt")
    assert "b.srt, line 2: found '00:00:01,000 --> soon', expected two times" in message
    assert not TABLE.exists()


def test_of_a_file_without_any_text_no_table_is_made(corpus, capsys):
    (corpus / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\n\n")
    (corpus / "a.mp4").touch()
    assert "not written, since the files hold no clip" in refused(capsys, corpus / "a.srt")
    assert not TABLE.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.ass", "its name ends in '.ass', expected one of .eaf, .srt, .vtt"),
        ("none.eaf", "none.eaf: no such file"),
        ("folder.srt", "folder.srt: is a folder"),
        ("empty.vtt", "empty.vtt: the file is empty"),
    ],
)
def test_files_that_are_none(corpus, capsys, name, message):
    Path("folder.srt").mkdir()
    Path("empty.vtt").write_text("\n \n")
    Path("a.ass").touch()
    assert message in refused(capsys, name)


@pytest.mark.parametrize("offset", ["soon", "nan", "inf", "1e9"])
def test_offsets_that_are_none(corpus, capsys, offset):
    assert "a number of seconds expected" in refused(capsys, "a.srt", "--offset", offset)


def test_encodings_that_are_none(corpus, capsys):
    for name in ("utf-88", "base64", "rot13"):
        assert "an encoding such as utf-8" in refused(capsys, "a.srt", "--encoding", name)
