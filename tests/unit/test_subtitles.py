"""Subtitles as programs and people write them: WebVTT and SubRip."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from attacks import refusal

from sign2text.data.imported_annotations.choose_tiers import choose_parts
from sign2text.data.imported_annotations.subtitles import read_subtitles
from sign2text.ground.errors import InputError

SRT = "1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n00:01:02,003 --> 01:00:04,000\nTwo\nlines\n"
CUES = [(1000, 2500, "One"), (62_003, 3_604_000, "Two lines")]


def cues(path: Path, content: str | bytes, encoding: str = "utf-8") -> list[tuple]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tier,) = read_subtitles(path, encoding).tiers
    return [(each.start, each.end, each.value) for each in tier.annotations]


@pytest.mark.parametrize(
    "content",
    [
        SRT,
        SRT.rstrip("\n"),
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        "\n\n" + SRT,
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.encode("utf-32"),
        SRT.replace(",", "."),
        SRT.replace("00:00:01,000", "00:01,000").replace("00:00:02,500", "0:0:2,5"),
        SRT.replace("01,000", "01").replace("04,000", "04"),
        SRT.replace("1\n00", "00").replace("2\n00", "00"),  # cues without numbers
        SRT.replace("1\n00", "7\n00").replace("2\n00", "7\n00"),
        SRT.replace("2\n00", "2\n\n00"),  # a blank line between number and times
        SRT.replace("\n\n2", "\n2"),  # none between cues
        SRT.replace("\n\n", "\n \n"),
        SRT.replace("One", "<i>One</i>").replace("Two", '<font color="#ff0000">Two</font>'),
        SRT.replace("One", "{\\an8}One").replace("Two\n", "<b>Two<br>"),
        SRT.replace("lines", "\n\nlines"),  # a blank line within a caption
        SRT.replace(" --> ", "-->").replace("2,500", "2,500  X1:100 X2:200 Y1:10 Y2:20"),
        "WEBVTT\n\n" + SRT.replace(",", "."),
    ],
)
def test_forms_of_subrip(tmp_path, content):
    assert cues(tmp_path / "a.srt", content) == CUES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("I <3 you", "I <3 you"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("-  Yes.\n-\tNo.", "- Yes. - No."),
        ("1999", "1999"),
        ("In\n1999", "In 1999"),
        ("{smiles} so", "{smiles} so"),
        ("a\x00b".replace("\x00", "\x07"), "a b"),
    ],
)
def test_what_is_no_tag_is_text(tmp_path, text, expected):
    content = f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n\n2\n00:00:03,000 --> 00:00:04,000\nx\n"
    assert [cue[2] for cue in cues(tmp_path / "a.srt", content)] == [expected, "x"]


VTT = """WEBVTT - a title

NOTE made
by hand

STYLE
::cue { color: lime }

REGION
id:fred width:40%

intro
00:01.000 --> 00:02.500 line:0 align:start position:10%,line-left
<v.loud Anna Berg>Hello &lt;all&gt;, <c.blue>you</c> <b>two</b>.</v>

01:00:03.000 --> 01:00:04.000
- <00:00:03.500><i>Good&nbsp;bye</i>

00:05.000 --> 00:06.000
<v Ben>Yes.
<v Anna Berg>No.
"""


def test_webvtt_with_settings_tags_voices_and_entities(tmp_path):
    path = tmp_path / "a.vtt"
    path.write_text(VTT, encoding="utf-8")
    file = read_subtitles(path)
    parts, notes = choose_parts(file, [], [])
    assert [(part.start, part.end, part.text, part.signer) for part in parts] == [
        (1000, 2500, "Hello <all>, you two.", "Anna Berg"),
        (5000, 6000, "Yes. No.", "Ben"),
        (3_603_000, 3_604_000, "- Good bye", ""),
    ]
    assert notes == ["1 cues have several voices; the first is taken for the signer"]
    with pytest.raises(InputError, match="has no names of tiers, found Text as --tier"):
        choose_parts(file, ["Text"], [])


def test_cues_without_text_are_counted(tmp_path):
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:02.000 --> 00:03.000\n<i> </i>\n\n"
                    "00:03.000 --> 00:04.000\nx\n")  # fmt: skip
    parts, notes = choose_parts(read_subtitles(path), [], [])
    assert [part.text for part in parts] == ["x"]
    assert notes == ["2 empty annotations passed over"]


def test_rolling_captions_are_noted(tmp_path):
    lines = [f"00:0{n}.000 --> 00:0{n + 1}.000\nline {n}\nline {n + 1}\n" for n in range(6)]
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n" + "\n".join(lines))
    _, notes = choose_parts(read_subtitles(path), [], [])
    assert notes[0].startswith("5 of 6 cues begin with the line that the cue before them ends")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.srt", SRT.replace("2,500", "2:500"), "line 2: found '00:00:01,000 --> 00:00:02:500'"),
        ("a.srt", SRT.replace("01:02,003", "61:02,003"), "line 6: found '00:61:02,003 --> 01:"),
        ("a.srt", SRT.replace(" --> 00:00:02,500", " --> "), "line 2: found .* expected two times"),
        ("a.srt", SRT.replace("One", "A --> B"), "line 3: found 'A --> B', expected two times"),
        ("a.srt", "just words\nand more\n", "no line with times found"),
        ("a.vtt", SRT, "line 1: found '1', expected WEBVTT. If it is a SubRip file, name it .srt"),
        ("a.vtt", VTT.replace("01.000 -", "01.0.0 -"), "line 13: found '00:01.0.0 --> 00:02.500"),
        ("a.srt", SRT.replace("One", "Ähre").encode("cp1252"), "line 3: byte 0xc4 is not utf-8"),
        ("a.srt", SRT.replace("One", "“so”").encode("cp1252"), "byte 0x93 .*--encoding cp1252"),
        ("a.srt", SRT.encode("utf-16-le"), "holds NUL characters.*--encoding utf-16-le"),
    ],
)
def test_files_of_another_form_are_named_with_the_line(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as error:
        cues(tmp_path / name, content)
    assert str(error.value).startswith(str(tmp_path / name))


def test_another_encoding_is_read_where_it_is_named(tmp_path):
    content = SRT.replace("One", "“Ähre” œ").encode("cp1252")
    assert cues(tmp_path / "a.srt", content, "cp1252")[0][2] == "“Ähre” œ"


@pytest.mark.parametrize(
    "content",
    ["-->" * 3_000_000, "1\n00:00:01,000 --> " + " " * 9_000_000 + "\n", "\n" * 9_000_000 + "a"],
    ids=["arrows", "blanks", "lines"],
)
def test_hostile_subtitles_are_refused_in_bounds(tmp_path, content):
    path = tmp_path / "a.srt"
    path.write_text(content)
    assert "expected" in refusal(lambda: read_subtitles(path))
