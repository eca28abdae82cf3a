"""YouTube-ASL and YouTube-SL-25 on small folders in their layouts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from captioned_videos import ASL, DEV, HELD_OUT, SL25, TEST, TRAIN, put, vtt, write_videos

from sign2text.data.caption_adapters import youtube_asl, youtube_sl25
from sign2text.data.caption_settings import YouTube
from sign2text.data.groups import GROUP
from sign2text.data.manifest import read_manifest, read_table
from sign2text.data.video_captions import split_of
from sign2text.ground.errors import InputError
from sign2text.stages import acquire_corpus, make_manifest
from sign2text.stages.make_manifest import Config


def settings(adapter: str = "youtube_asl", language: str = "en", **youtube) -> Config:
    values = YouTube(**({"held_out": HELD_OUT} | youtube))
    return Config(adapter=adapter, language=language, on_bad_clip="skip", youtube=values)


@pytest.fixture
def raw(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/videos")


def reasons(table) -> dict[str, str]:
    return {row.id: row.unusable for row in table.itertuples() if row.unusable}


def test_a_clip_is_a_part_of_a_video_and_its_caption(raw):
    put(raw / ASL, f"{TRAIN}\n{DEV}\n{TEST}\n")
    write_videos(raw, TRAIN, DEV, TEST)
    tables = {
        split: youtube_asl.read_split(raw / "checksums.tsv", split, settings())
        for split in youtube_asl.SPLITS
    }
    assert {split: list(table["id"]) for split, table in tables.items()} == {
        "train": [f"{TRAIN}_0001"], "dev": [f"{DEV}_0001"], "test": [f"{TEST}_0001"],
    }  # fmt: skip
    row = tables["train"].iloc[0]
    assert row["video"] == f"resources/videos/videos/{TRAIN}.mp4#t=0.2,0.8"
    assert (row["text"], row["language"], row["signer"]) == ("Hello there.", "en", "unknown")
    assert not any(reasons(table) for table in tables.values())


def test_manifests_of_the_stage_have_the_frames_of_the_parts(raw):
    put(raw / f"youtube-asl_{ASL}", f"{TRAIN}\r\n{DEV}\r\n\r\n{TEST}\r\nAAAAAAAAAA0\r\n")
    write_videos(raw, TRAIN, DEV, TEST)
    put(
        raw / f"captions/{TRAIN}.en.vtt",
        vtt(
            ("00:00.000", "00:00.400", "One &amp; two"),
            ("00:00.400", "00:00.590", "short"),
            ("00:00.000", "01:00.100", "long"),
            ("00:00.000", "00:01.000", "x" * 301),
            ("00:00.800", "00:00.800", "no time"),
            ("00:00.400", "00:01.200", "y" * 300),
            ("00:01.000", "00:03.000", "beyond the end"),
            ("00:05.000", "00:06.000", "after the end"),
        ),
    )
    acquire = acquire_corpus.Config(adapter="youtube_asl")
    acquire_corpus.run(output=raw / "checksums.tsv", config=acquire)
    make_manifest.run(corpus=raw / "checksums.tsv", output=Path("out"), config=settings())
    train = read_manifest(Path("out/train.tsv"))
    assert train["id"].tolist() == [f"{TRAIN}_{n:04d}" for n in (1, 6, 7)]
    assert train["frames"].tolist() == [10, 20, 5] and set(train["fps"]) == {25.0}
    left_out = read_table(Path("out/left_out.tsv")).set_index("id")["reason"]
    assert "no frame" in left_out.pop(f"{TRAIN}_0008")
    assert left_out.to_dict() == {
        f"{TRAIN}_0002": "the caption lasts 0.19 s, less than 0.2 s.",
        f"{TRAIN}_0003": "the caption lasts 60.1 s, more than 60 s.",
        f"{TRAIN}_0004": "the caption has 301 characters, more than 300.",
        f"{TRAIN}_0005": "the caption ends at 0.8 s, not after its start at 0.8 s.",
        "AAAAAAAAAA0": "resources/videos/videos/AAAAAAAAAA0.mp4: the video is missing; it may be "
        "gone from its site.",
    }
    assert Path("out/monolingual.txt").read_text() == (
        f"One & two\n{'y' * 300}\nbeyond the end\nafter the end\n"
    )
    assert list(read_table(raw / "checksums.tsv")["path"]) == [
        "captions", "videos", f"youtube-asl_{ASL}",
    ]  # fmt: skip


def test_limits_are_settings(raw):
    put(raw / ASL, f"{TRAIN}\n")
    write_videos(raw, TRAIN)
    limits = settings(shortest=0.7)
    table = youtube_asl.read_split(raw / "checksums.tsv", "train", limits)
    assert reasons(table) == {f"{TRAIN}_0001": "the caption lasts 0.6 s, less than 0.7 s."}


def test_captions_that_are_missing_or_damaged_are_a_reason_each(raw):
    put(raw / ASL, f"{TRAIN}\nAAAAAAAAAA0\nBdj5MUf_3Hc\n")
    write_videos(raw, TRAIN, "AAAAAAAAAA0", "Bdj5MUf_3Hc", "zzzzzzzzzz9")  # one is not listed
    (raw / "captions/AAAAAAAAAA0.en.vtt").rename(raw / "captions/AAAAAAAAAA0.es-MX.vtt")
    put(raw / "captions/Bdj5MUf_3Hc.en.vtt", "WEBVTT\n\n00:01.000 -> 00:02.000\nx\n")
    table = youtube_asl.read_split(raw / "checksums.tsv", "train", settings())
    found = reasons(table)
    assert set(found) == {"AAAAAAAAAA0", "Bdj5MUf_3Hc"}
    assert found["AAAAAAAAAA0"] == (
        "no captions in en for the video: found es-MX. Put captions/AAAAAAAAAA0.en.vtt beside the "
        "list."
    )
    assert "captions/Bdj5MUf_3Hc.en.vtt: no line with times found" in found["Bdj5MUf_3Hc"]
    assert list(table["id"]) == [f"{TRAIN}_0001", "AAAAAAAAAA0", "Bdj5MUf_3Hc"]


def test_videos_and_captions_in_one_folder(raw):
    put(raw / ASL, f"{TRAIN}\n")
    write_videos(raw, TRAIN)
    (raw / f"captions/{TRAIN}.en.vtt").rename(raw / f"videos/{TRAIN}.en.vtt")
    (raw / f"videos/{TRAIN}.mp4").rename(raw / f"videos/{TRAIN}.webm")
    table = youtube_asl.read_split(raw / "checksums.tsv", "train", settings())
    assert table["video"][0] == f"resources/videos/videos/{TRAIN}.webm#t=0.2,0.8"
    assert not reasons(table)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (f"{TRAIN}\nhttps://youtu.be/x\n", r"line 2: found 'https://youtu\.be/x', expected the id"),
        ("../../etc/pw\n", r"line 1: found '\.\./\.\./etc/pw'"),
        ("", r"ids\.txt: the file is empty"),
        (f"{DEV}\n", r"of 1 videos none is of the split train with held_out 0\.3"),
    ],
)
def test_a_wrong_list_is_refused(raw, lines, message):
    put(raw / ASL, lines)
    with pytest.raises(InputError, match=message):
        youtube_asl.read_split(raw / "checksums.tsv", "train", settings())


def test_an_id_that_is_listed_twice_counts_once(raw, caplog):
    put(raw / ASL, f"{TRAIN}\nAAAAAAAAAA0\n{TRAIN}\n")
    write_videos(raw, TRAIN)
    table = youtube_asl.read_split(raw / "checksums.tsv", "train", settings())
    assert list(table["id"]) == [f"{TRAIN}_0001", "AAAAAAAAAA0"]
    assert "1 lines repeat the id of a line above, first line 3" in caplog.text


def test_splits_hang_on_the_id_alone():
    splits = [split_of(f"{number:011d}", 0.01) for number in range(20000)]
    assert (splits.count("dev"), splits.count("test")) == (203, 219)
    assert [split_of(each, HELD_OUT) for each in (TRAIN, DEV, TEST)] == ["train", "dev", "test"]


LIST = f"{TRAIN},ase\nBdj5MUf_3Hc,icl\nAAAAAAAAAA0,gsg\nAAAAAAAAAA2,gsg\nBdj5MUf_3Hc,gsg\n"


def many(raw: Path) -> Path:
    put(raw / SL25, LIST)
    write_videos(raw, TRAIN, "Bdj5MUf_3Hc", "AAAAAAAAAA0", "AAAAAAAAAA2")
    german = vtt(("00:00.250", "00:00.850", "Hallo."), ("00:00.900", "00:01.100", "Mehr."))
    put(raw / "captions/AAAAAAAAAA0.de.vtt", german)
    return raw / "checksums.tsv"


def test_sign_languages_are_groups_and_the_first_line_of_an_id_counts(raw):
    table = youtube_sl25.read_split(many(raw), "train", settings("youtube_sl25"))
    assert dict(zip(table["id"], table[GROUP], strict=True)) == {
        f"{TRAIN}_0001": "ase", "Bdj5MUf_3Hc_0001": "icl", "AAAAAAAAAA0_0001": "gsg",
        "AAAAAAAAAA2_0001": "gsg",
    }  # fmt: skip


def test_one_sign_language_and_captions_by_preference(raw):
    chosen = settings("youtube_sl25", "de", sign_languages=("gsg",), further_languages=("en",))
    corpus = many(raw)
    table = youtube_sl25.read_split(corpus, "train", chosen)
    assert table[["id", "language", "text"]].to_numpy().tolist() == [
        ["AAAAAAAAAA0_0001", "de", "Hallo."],
        ["AAAAAAAAAA0_0002", "de", "Mehr."],
        ["AAAAAAAAAA2_0001", "en", "Hello there."],
    ]
    assert youtube_sl25.read_monolingual(corpus, chosen) == ["Hallo.", "Mehr."]
    # The English caption has the German one's times, but for 50 ms.
    captions = youtube_sl25.read_captions(corpus, "train", chosen)
    assert captions.to_numpy().tolist() == [
        ["AAAAAAAAAA0_0001", "en", "Hello there.", "", "", "human"]
    ]


def test_a_header_is_accepted_and_other_lines_are_refused(raw):
    put(raw / SL25, f"video_id,language\n{TRAIN},ase\n")
    write_videos(raw, TRAIN)
    corpus = raw / "checksums.tsv"
    assert len(youtube_sl25.read_split(corpus, "train", settings("youtube_sl25"))) == 1
    for wrong in (TRAIN, f"{TRAIN},", f"{TRAIN},ase,x"):
        put(raw / SL25, f"{TRAIN},ase\n{wrong}\n")
        with pytest.raises(InputError, match=r"line 2: found .*, expected the id of a video and"):
            youtube_sl25.read_split(corpus, "train", settings("youtube_sl25"))


def test_an_unknown_sign_language_is_refused(raw):
    with pytest.raises(
        InputError, match=r"no video is in the sign language 'dgs' .*; found gsg, ase, icl"
    ):
        youtube_sl25.read_split(
            many(raw), "train", settings("youtube_sl25", sign_languages=("gsg", "dgs"))
        )


def test_text_alone_needs_no_videos(raw):
    put(raw / ASL, f"{TRAIN}\n{DEV}\n{TEST}\n")
    for each in (TRAIN, DEV, TEST):
        put(raw / f"captions/{each}.en.vtt", vtt(("00:00.000", "00:01.000", f"text {each}")))
    acquire = acquire_corpus.Config(adapter="youtube_asl", text_alone=True)
    acquire_corpus.run(output=raw / "checksums.tsv", config=acquire)
    config = Config(adapter="youtube_asl", language="en", text_alone=True,
                    youtube=YouTube(held_out=HELD_OUT))  # fmt: skip
    make_manifest.run(corpus=raw / "checksums.tsv", output=Path("out"), config=config)
    assert read_manifest(Path("out/test.tsv"))["text"].tolist() == [f"text {TEST}"]


def test_a_missing_list_says_what_to_fetch(raw):
    raw.mkdir(parents=True)
    for adapter, name in (("youtube_asl", ASL), ("youtube_sl25", SL25)):
        with pytest.raises(InputError, match=rf"(?s)is not there: .*the list: {name}: missing"):
            acquire_corpus.run(
                output=raw / "checksums.tsv", config=acquire_corpus.Config(adapter=adapter)
            )
