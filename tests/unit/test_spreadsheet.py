"""Tables as spreadsheets write them are read where they are unambiguous, else refused in words."""

import io
import zipfile
from itertools import permutations
from pathlib import Path

import pytest

from sign2text.data.spreadsheet import read_header, read_spreadsheet
from sign2text.ground.errors import InputError

COLUMNS = ("path", "text", "split")
ROWS = [["a.mp4", "Hello.", "train"], ["b.mp4", "Süß.", "dev"]]
KNOWN = {"split": {"train", "dev", "test"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clips.csv"


def read(path: Path, content: str | bytes, further=()) -> list[list[str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_spreadsheet(path, COLUMNS, further, KNOWN).to_numpy().tolist()


PLAIN = "path,text,split\na.mp4,Hello.,train\nb.mp4,Süß.,dev\n"
READ = {
    "as it should be": PLAIN,
    "no final line end": PLAIN.rstrip("\n"),
    "CR LF": PLAIN.replace("\n", "\r\n"),
    "CR alone": PLAIN.replace("\n", "\r"),
    "byte-order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "two byte-order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16, as Excel's Unicode text": b"\xff\xfe" + PLAIN.replace(",", "\t").encode("utf-16-le"),
    "UTF-16, big-endian": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-32": PLAIN.encode("utf-32"),
    "trailing empty columns": "path,text,split,,\na.mp4,Hello.,train,,\nb.mp4,Süß.,dev,,\n",
    "trailing empty columns of the header": PLAIN.replace("split\n", "split,,\n"),
    "trailing empty columns of lines": PLAIN.replace("dev\n", "dev,,,\n"),
    "one trailing separator": PLAIN.replace("\n", ",\n"),
    "trailing lines of separators": PLAIN + ",,\n,,,,\n , ,\n",
    "lines of empty quoted cells": PLAIN + '"","",""\n',
    "lines of separators before and between": ",,\n\n" + PLAIN.replace("b.mp4", ",,\nb.mp4"),
    "sep=": "sep=,\n" + PLAIN,
    "Sep= with CR LF": "Sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n"),
    "sep= in quotes": '"sep=,"\n' + PLAIN,
    "sep= that was saved again": "sep=,,\n" + PLAIN,
    "sep= of a character that the header has less often": (
        "sep=;\npath;text;a|b|c|d;split\na.mp4;Hello.;;train\nb.mp4;Süß.;;dev\n"
    ),
    "header in other case": PLAIN.replace("path,text,split", "Path,TEXT,Split"),
    "header with blanks": PLAIN.replace("path,text,split", " path , text\u00a0,split "),
    "quoted header": PLAIN.replace("path,text,split", '"path","Text","split"'),
    "all cells quoted": '"path";"text";"split"\n"a.mp4";"Hello.";"train"\n"b.mp4";"Süß.";"dev"\n',
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "a column without a name, such as pandas' index": (
        ",path,text,split\n0,a.mp4,Hello.,train\n1,b.mp4,Süß.,dev\n"
    ),
    "columns in another order": "split,path,text\ntrain,a.mp4,Hello.\ndev,b.mp4,Süß.\n",
}  # fmt: skip


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_what_is_unambiguous_is_read(path, content):
    assert read(path, content) == ROWS


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ('"Hello,\nyou."', "Hello, you."),
        ('"Hello,\r\nyou."', "Hello, you."),
        ('"Hello, \n\n  you.\n"', "Hello, you."),
        ('"one\ntwo, three,\nfour, five, six"', "one two, three, four, five, six"),
        ('"ja, ""so""\n""nein"""', 'ja, "so" "nein"'),
        ('"a, b"', "a, b"),
        ('er sagt "ja"', 'er sagt "ja"'),
        ('5" wide', '5" wide'),
        ('"by bike,\nby bus, train"', "by bike, by bus, train"),
        ("”so”", "”so”"),  # of one field alone it may be meant
    ],
)
def test_quoted_fields(path, field, text):
    content = f"path,text,split\na.mp4,{field},train\nb.mp4,Süß.,dev\n"
    assert read(path, content) == [["a.mp4", text, "train"], ROWS[1]]


@pytest.mark.parametrize("text", ["by bike,\nby bus, train", "one,\ntwo, three", "train, dev\nso"])
def test_a_line_break_in_a_text_wherever_its_column_is(path, text):
    for order in permutations(("path", "text", "split")):
        cells = {"path": "a.mp4", "text": f'"{text}"', "split": "train"}
        row = ",".join(cells[name] for name in order)
        content = f"{','.join(order)}\n{row}\n"
        assert read(path, content) == [["a.mp4", text.replace("\n", " "), "train"]]


def test_line_breaks_inside_cells_of_an_old_mac(path):
    content = 'path,text,split\ra.mp4,"Hello,\nyou.",train\rb.mp4,"so\rso",dev\r'
    assert read(path, content) == [["a.mp4", "Hello, you.", "train"], ["b.mp4", "so so", "dev"]]


def test_a_cr_inside_a_line_of_a_file_with_other_line_ends_is_a_blank(path):
    content = "path,text,split\na.mp4,es\rregnet,train\r\n"
    assert read(path, content) == [["a.mp4", "es regnet", "train"]]


def test_the_index_is_the_line_in_the_file(path):
    path.write_text('sep=,\npath,text,split\na,"b\nc",train\n,,\n\nd,e,dev\n')
    assert read_spreadsheet(path, COLUMNS, (), KNOWN).index.tolist() == [3, 7]


def test_further_columns_are_found_in_other_case_and_may_be_missing(path):
    path.write_text("Path,Text,Split,Signer\na.mp4,Hello.,train,anna\n")
    found = read_spreadsheet(path, COLUMNS, ("signer", "gloss"), KNOWN)
    assert found.to_dict("records") == [
        {"path": "a.mp4", "text": "Hello.", "split": "train", "signer": "anna"}
    ]


def test_the_header_as_it_is_written(path):
    path.write_text('sep=;\n"Path";Text;;"my; note"\na;b;;c\n')
    assert read_header(path) == (["Path", "Text", "", "my; note"], ";")


def test_of_two_columns_that_differ_in_case_the_exact_one_is_read(path):
    content = "path,Text,text,split\na.mp4,wrong,Hello.,train\n"
    assert read(path, content) == [ROWS[0]]
    with pytest.raises(InputError, match="column text stands twice, in columns 2, 3"):
        read(path, content.replace("Text,text", "Text,TEXT"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,text,text,split\na,b,c,train\n", "line 1: column text stands twice, in columns 2"),
        ("path,sentence,split\na,b,train\n", "missing column text; found path, sentence, split"),
        ("path:text:split\na:b:train\n", "line 1: found 'path:text:split', expected the names"),
        (PLAIN + "c.mp4,Hi, you.,test\n", "line 4: 4 fields found, expected 3 .* double quotes"),
        (PLAIN + "c.mp4,Hi.\n", "line 4: 2 fields found, expected 3"),
        (PLAIN.replace("split\n", "split,\n") + "c,Hi,dev,x\n", "line 4: column 4 has no name"),
        (
            "path,split,text,\na.mp4,train,Hello, you.\n",
            "line 2: column 4 has no name and holds 'you.'.*double quotes",
        ),
        ("path,text,split\n", "a header and no line"),
        ("path,text,split\n,,\n", "a header and no line"),
        ("", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (PLAIN.encode("cp1252"), r"line 3: byte 0xfc .* 'ü'.*CSV UTF-8.*iconv -f cp1252"),
        (PLAIN.replace("\n", "\r").encode("cp1252"), r"line 3: byte 0xfc"),
        (PLAIN.encode("utf-16-le"), "a byte that is 0.*UTF-16 without"),
        (b"\xff\xfe" + PLAIN.encode("utf-16-le")[:-1], "begins as UTF-16 .* cut"),
        (PLAIN + 'c,"Hi,dev\nd,Hi,dev\n', "line 4: a quote does not close"),
        (PLAIN + 'c,"Hi,dev\nd,"Hi",dev\n', "line 4: a quote does not close"),
        (PLAIN + 'c,"it" rains,dev\n', "line 4: ',' expected after '\"'"),
        # It closes, but a row of its own would be swallowed.
        (PLAIN + 'c,"Hi,train\nd,so 5",train\n', "line 4: a quote does not close, and line 4"),
        (PLAIN + 'c,"Hello\nd,Hi,dev\ne,5",train\n', "line 4: a quote .* line 5 is a row"),
        (PLAIN + 'c,"Hello\n"d","Hi","dev"\n', "line 4: a quote does not close"),
        (
            'split,path,text\ntrain,c,"Hello\ndev,d,it is 5"\n',
            "line 2: a quote does not close, and line 3 is a row",
        ),
        ("path,text,split,note,note\na,b,train,,\n", "line 1: column note stands twice"),
        ("“path”,“text”,“split”\n“a”,“b”,“train”\n", "missing column path.*typographic quotes"),
        (PLAIN + "c,“Hello, you”,dev\n", "line 4: 4 fields found.*typographic quotes"),
    ],
)  # fmt: skip
def test_what_is_ambiguous_is_refused(path, content, message):
    with pytest.raises(InputError, match=r"(?s)clips\.csv.*" + message):
        read(path, content)


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
NO_TEXT = {
    "a spreadsheet of Excel (.xlsx)": zipped(**{"[Content_Types].xml": "", "xl__book.xml": ""}),
    "a spreadsheet of LibreOffice or OpenOffice (.ods)": zipped(mimetype=OPEN_DOCUMENT),
    "a spreadsheet of Numbers (.numbers)": zipped(Index__Document="x"),
    "a spreadsheet of Excel (.xls)": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a zip archive": zipped(a="b"),
    "a web page (HTML)": b"\xef\xbb\xbf\r\n<HTML><table><tr><td>path</td></tr></table>",
    "an XML file": b'<?xml version="1.0"?><Workbook/>',
    "a PDF": b"%PDF-1.7",
    "a gzip archive": b"\x1f\x8b\x08\0",
    "a document of a word processor (RTF)": b"{\\rtf1 path,text,split}",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "content"), NO_TEXT.items(), ids=NO_TEXT)
def test_what_is_no_text_is_named_with_what_to_do(path, kind, content):
    with pytest.raises(InputError) as error:
        read(path, content)
    assert f"clips.csv: is {kind}" in str(error.value)
    assert 'save or export it as "CSV UTF-8"' in str(error.value)


def test_many_lines_with_line_breaks_are_read_without_looking_back(path):
    line = '"videos/{n}.mp4","Hello, {n}\nyou.",train\n'
    content = "path,text,split\n" + "".join(line.format(n=n) for n in range(20_000))
    assert len(read(path, content)) == 20_000
