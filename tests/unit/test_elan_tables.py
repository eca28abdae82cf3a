"""ELAN's tab-delimited export in the forms of its dialogue."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sign2text.data.imported_annotations.choose_tiers import choose_parts
from sign2text.data.imported_annotations.elan_table import read_elan_table
from sign2text.data.imported_annotations.import_files import Request, import_files
from sign2text.ground.errors import InputError

ROWS = [
    ("Text", "Anna", 780, 1340, 'so you" go'),
    ("Text", "Anna", 62_000, 3_605_250, "and, then"),
    ("Gloss", "Anna", 800, 900, "GO"),
]
FOUND = {
    "Text": [(780, 1340, 'so you" go'), (62_000, 3_605_250, "and, then")],
    "Gloss": [(800, 900, "GO")],
}


def clock(time: int) -> str:
    seconds, fraction = divmod(time, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:03d}"


FORMS = {
    "hh:mm:ss.ms": clock,
    "ss.msec": lambda time: str(time / 1000),
    "msec": str,
    "hh:mm:ss:ff": lambda time: f"{clock(time)[:8]}:{time % 1000 // 40:02d}",
}


def times(begin: int, end: int, forms: tuple[str, ...], *, duration: bool = True) -> list[str]:
    spans = [begin, end, *([end - begin] if duration else [])]
    return [FORMS[form](time) for time in spans for form in forms]


def by_row(forms: tuple[str, ...], *, tier=True, participant=True, duration=True) -> list[list]:
    return [
        [*([name] if tier else []), *([who] if participant else []),
         *times(begin, end, forms, duration=duration), value]
        for name, who, begin, end, value in ROWS
    ]  # fmt: skip


def write(path: Path, rows: list[list[str]], separator: str = "\t") -> Path:
    path.write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def tiers(path: Path) -> dict[str, list[tuple]]:
    return {
        tier.name: [(each.start, each.end, each.value) for each in tier.annotations]
        for tier in read_elan_table(path).tiers
    }


@pytest.mark.parametrize("duration", [True, False])
@pytest.mark.parametrize(
    "forms",
    [
        ("hh:mm:ss.ms",),
        ("ss.msec",),
        ("msec",),
        ("hh:mm:ss.ms", "ss.msec"),
        ("hh:mm:ss.ms", "ss.msec", "msec", "hh:mm:ss:ff"),
    ],
    ids=",".join,
)
def test_a_row_an_annotation_in_every_format_of_times(tmp_path, forms, duration):
    rows = by_row(forms, duration=duration)
    assert tiers(write(tmp_path / "a.txt", rows)) == FOUND
    header = ["Tier", "Participant"]
    header += [
        f"{name} - {form}"
        for name in ("Begin Time", "End Time", "Duration")[: 3 if duration else 2]
        for form in forms
    ]
    header.append("Annotation")
    assert tiers(write(tmp_path / "b.txt", [header, *rows])) == FOUND
    (text, gloss) = read_elan_table(tmp_path / "b.txt").tiers
    assert (text.participant, gloss.participant) == ("Anna", "Anna")


def test_the_participant_may_be_empty_or_left_out(tmp_path):
    rows = [[name, "", *rest] for name, _, *rest in by_row(("hh:mm:ss.ms",))]
    assert tiers(write(tmp_path / "a.txt", rows)) == FOUND
    rows = by_row(("hh:mm:ss.ms",), participant=False)
    assert tiers(write(tmp_path / "b.txt", rows)) == FOUND


def test_without_names_of_tiers_there_is_one(tmp_path):
    path = write(tmp_path / "a.txt", by_row(("msec",), tier=False, participant=False)[:2])
    parts, _ = choose_parts(read_elan_table(path), [], [])
    assert [(part.start, part.end, part.text) for part in parts] == FOUND["Text"]


HEADERS = {
    "English": ("Begin Time", "End Time", "Duration"),
    "French": ("Temps de départ", "Temps de fin", "Durée"),
    "Spanish": ("Tiempo inicial", "Tiempo final", "Duración"),
}


def test_frames_are_left_out_beside_other_formats(tmp_path):
    """A tier may have a number as its name."""
    forms = ("hh:mm:ss.ms", "hh:mm:ss:ff")
    names = ("hh:mm:ss.ms", "hh:mm:ss:ff (PAL)")
    header = [f"{name} - {form}" for name in HEADERS["English"] for form in names]
    rows = [[*header, "1", "2"], [*times(780, 1340, forms), "one", "two"]]
    assert tiers(write(tmp_path / "a.txt", rows)) == {
        "1": [(780, 1340, "one")],
        "2": [(780, 1340, "two")],
    }


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("forms", [("hh:mm:ss.ms",), ("hh:mm:ss.ms", "ss.msec")], ids=",".join)
def test_a_column_a_tier(tmp_path, language, forms):
    """A tier of numbers is not a time, and a tier called Speaker or End is not ELAN's column."""
    header = [f"{name} - {form}" for name in HEADERS[language] for form in forms]
    rows = [
        [*header, "Text", "Speaker", "Rating", "End marker"],
        [*times(780, 1340, forms), "one", "", "5", "x"],
        [*times(800, 900, forms), "", "GO", "7", ""],
    ]
    assert tiers(write(tmp_path / "a.txt", rows)) == {
        "Text": [(780, 1340, "one")],
        "Speaker": [(800, 900, "GO")],
        "Rating": [(780, 1340, "5"), (800, 900, "7")],
        "End marker": [(780, 1340, "x")],
    }


def test_with_commas_and_quotes_as_its_csv_has_them(tmp_path):
    quoted = '"Text","Anna",00:00:00.780,00:00:01.340,"so; ""you"";; go; on"\n'
    (tmp_path / "a.csv").write_text(quoted)
    assert tiers(tmp_path / "a.csv") == {"Text": [(780, 1340, 'so; "you";; go; on')]}
    (tmp_path / "a.csv").write_text(quoted.replace(",", ";").replace("so;", "so,"))
    assert tiers(tmp_path / "a.csv") == {"Text": [(780, 1340, 'so, "you";; go; on')]}


def test_descriptions_and_cut_tabs(tmp_path):
    """Only some rows have a controlled vocabulary's description."""
    rows = by_row(("msec",))
    rows[2].append("to go somewhere")
    assert tiers(write(tmp_path / "a.txt", rows)) == FOUND
    rows[0] = rows[0][:-1]  # an empty value without its tab, which an editor removed
    assert tiers(write(tmp_path / "b.txt", rows))["Text"][0] == (780, 1340, "")


def test_values_that_are_numbers(tmp_path):
    rows = [[*row[:-1], str(number)] for number, row in enumerate(by_row(("msec",)))]
    assert tiers(write(tmp_path / "a.txt", rows))["Text"] == [
        (780, 1340, "0"),
        (62_000, 3_605_250, "1"),
    ]


def test_the_smallest_number_of_seconds_is_written_with_an_exponent(tmp_path):
    write(tmp_path / "a.txt", [["Text", "", "1.0E-3", "0.5", "0.499", "x"]])
    assert tiers(tmp_path / "a.txt") == {"Text": [(1, 500, "x")]}


def test_lines_about_media_and_the_document(tmp_path):
    path = write(tmp_path / "a.txt", by_row(("msec",)))
    table = path.read_text()
    path.write_text('"#file:///C:/films/talk.mp4 -- offset: 0"\n\n' + table)
    (tmp_path / "talk.mp4").touch()
    request = Request("train", tiers=["Text"], gloss_tiers=["Gloss"])
    (imported,) = import_files([path], tmp_path, request)
    assert [(clip.path, clip.gloss, clip.signer) for clip in imported.clips] == [
        ("talk.mp4#t=0.78,1.34", "GO", "Anna"),
        ("talk.mp4#t=62,3605.25", "", "Anna"),
    ]
    path.write_text('"#file:///C:/films/talk.mp4 -- offset: 1500"\n\n' + table)
    with pytest.raises(InputError, match=r"states an offset of 1500 ms for talk\.mp4, and not"):
        import_files([path], tmp_path, request)
    (imported,) = import_files([path], tmp_path, Request("train", tiers=["Text"], offset=1500))
    assert imported.clips[0].path == "talk.mp4#t=2.28,2.84"


def test_an_export_of_several_documents(tmp_path):
    rows = [[*row, f"{name}.eaf"] for row, name in zip(by_row(("msec",)), "aab", strict=True)]
    with pytest.raises(InputError, match=r"of several documents \(a\.eaf, b\.eaf\), expected one"):
        read_elan_table(write(tmp_path / "all.txt", rows))
    path = write(tmp_path / "all.txt", rows[:2])
    assert tiers(path) == {"Text": FOUND["Text"]}
    assert [media.name for media in read_elan_table(path).media] == ["a"]
    path.write_text('"#a.eaf"\n' + path.read_text() + '"#b.eaf"\n' + path.read_text())
    with pytest.raises(InputError, match="of several documents"):
        read_elan_table(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Text\tAnna\t00:00:01:05\t00:00:02:05\tx\n", "Frames .hh:mm:ss:ff. are not read"),
        ("Text\tAnna\tx\n", "line 1: found .*, a line without times, and no annotation after it"),
        ("Text\t5000\tx\n", "expected columns of begin and end times"),
        ("Text\t5000\t300\tx\nText\t6000\t200\ty\n", "expected columns of begin and end times"),
        ("Begin Time - msec\tEnd Time - msec\tText\n", "no annotation after it"),
        ("only words here\n", "line 1: found 'only words here', expected fields separated by tabs"),
        ("Text\t1\t2\tx\nText\t1\t2\ta\tb\tc\td\nText\t1\n", "line 3: 2 fields found, expected"),
        ('"#file:///a.mp4 -- offset: 0"\n', "holds no annotation"),
        ('"Text",1,2,"x\n', "line 1: unexpected end of data"),
    ],
)
def test_tables_of_another_form_are_refused(tmp_path, content, message):
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        read_elan_table(path)
    assert str(error.value).startswith(str(path))


def test_a_row_whose_time_is_none_is_named(tmp_path):
    """With a header the columns are known, so one bad time is one bad line."""
    rows = [["Begin Time - msec", "End Time - msec", "Text"], ["1", "2", "x"], ["3", "soon", "y"]]
    with pytest.raises(
        InputError, match="line 3: found 'soon' in field 2, expected a time as msec"
    ):
        read_elan_table(write(tmp_path / "a.txt", rows))


def test_minutes_beyond_59_are_named_with_their_line(tmp_path):
    rows = [
        ["Text", "00:00:01.000", "00:00:02.000", "x"],
        ["Text", "00:99:01.0", "00:99:02.0", "y"],
    ]
    with pytest.raises(
        InputError, match=r"line 2: found '00:99:01\.0' in field 2, expected a time"
    ):
        read_elan_table(write(tmp_path / "a.txt", rows))
