"""The page of words found in clips, from numbers made by hand."""

import re
from dataclasses import replace
from html import unescape

import pytest
from page_tags import Tags

from sign2text.pages.heat_map import PLOT, Clip, Picture, Row, Span, found, lanes
from sign2text.pages.localisation_page import Shown, make_page

IDENTITY = {
    "data_set": "tiny", "experiment": "one", "method": "m", "seed": 1, "settings": "0123456789ab",
    "code": "ba9876543210",
}  # fmt: skip
PLACE = {
    "cases": 1234, "hits": 77.54, "interval": [75.1, 79.9], "chance": 21.2,
    "intersection_over_union": 0.4321,
}  # fmt: skip
RAIN, NORTH = Span("REGEN", 0.5, 1.0), Span("NORD", 1.0, 1.5)
CLIP = Clip(
    *("dev-7", "anna", "de", "im norden regen", 2.0),
    edges=[0.0, 0.5, 1.0, 1.5, 2.0],
    rows=[
        Row("nord", [0.0, 0.1, 0.2, 0.05], 0.35, sign="NORD", signed=[NORTH], hit=True),
        Row("regen", [0.3, 0.25, 0.0, 0.4], 0.95, sign="REGEN", signed=[RAIN], hit=False),
        Row("fern", [0.0] * 4, 0.0, known=False),
    ],
    signs=[RAIN, NORTH],
    pictures=[Picture(0.5, b"first"), Picture(1.5, b"second")],
    unknown=["hagel"],
)
UNTIMED = replace(
    CLIP, signs=None, rows=[replace(row, signed=(), hit=None, sign=None) for row in CLIP.rows]
)


def scores(thresholds=(0.5,), **places):
    rows = [
        {"threshold": each, "precision": 100 * each, "recall": 80.0, "f1": 61.5 - n, "macro_f1": 44}
        for n, each in enumerate(thresholds)
    ]
    places = {"dev": PLACE, "test": None} | places
    return {split: {"quality": rows, "localisation": place} for split, place in places.items()}


def made(*clips, threshold=0.2, of=None):
    shown = Shown(clips or [CLIP], "dev", 519, threshold, 96)
    page = make_page(IDENTITY, of or scores(), shown)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return page


def boxes(page, kind):
    """(left, width) of the plot's rectangles of a kind, in shares of the clip."""
    found = re.findall(rf'<rect class="{kind}" x="([\d.]+)" y="\d+" width="([\d.]+)"', page)
    return [(float(left) / PLOT, float(width) / PLOT) for left, width in found]


def rows_of(page, table):
    """Cells of the rows of a table, counted from the page's first, heads left out."""
    body = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[table]
    return [
        [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", body)
    ]


def test_brightness_and_numbers_of_each_step_are_its_evidence():
    page = made()
    opacities = [float(each) for each in re.findall(r'fill-opacity="([\d.]+)"', page)]
    evidence = [value for row in CLIP.rows for value in row.evidence]
    assert opacities == pytest.approx([value / 0.4 for value in evidence], abs=5e-4)
    hints = re.findall(r"<title>(\w+), ([\d.]+) s to ([\d.]+) s: E ([\d.]+)</title>", page)
    expected = [
        (row.word, f"{step / 2:.2f}", f"{step / 2 + 0.5:.2f}", f"{value:.3f}")
        for row in CLIP.rows
        for step, value in enumerate(row.evidence)
    ]
    assert hints == expected
    assert rows_of(page, 3)[2] == ["1.00 to 1.50", "0.200", "0.000", "0.000"]
    quarters = [(0, 0.25), (0.25, 0.25), (0.5, 0.25), (0.75, 0.25)]
    assert boxes(page, "cell")[1:] == 3 * quarters  # the first is the scale of brightness


def test_signs_are_drawn_at_their_times_in_a_line_and_in_their_rows():
    page = made()
    assert boxes(page, "sign") == boxes(page, "true")[::-1] == [(0.25, 0.25), (0.5, 0.25)]
    # Each frame lies over the cells of its own row: after the last of them, before the next row's.
    order = re.findall(r"<title>(nord|regen|NORD|REGEN)(?=, [\d.]+ s to)", page)
    assert order == [
        "REGEN",
        "NORD",
        *4 * ["nord"],
        "NORD",
        *4 * ["regen"],
        "REGEN",
        "regen",
        "regen",
    ]
    assert rows_of(page, 2) == [
        ["nord", "0.350", "0.200", "1.00 to 1.50", "NORD", "1.00 to 1.50", "yes"],
        ["regen", "0.950", "0.400", "1.50 to 2.00", "REGEN", "0.50 to 1.00", "no"],
        ["fern", "no vector", "–", "–", "unknown", "–", "–"],
    ]


def test_without_times_no_sign_is_drawn_and_the_page_says_so():
    page = made(UNTIMED, of=scores(dev=None))
    assert boxes(page, "sign") == boxes(page, "true") == []
    assert "The corpus does not say when its glosses are signed" in page
    assert "true signs" not in page and "by chance" not in page
    assert rows_of(page, 1)[1] == ["regen", "0.950", "0.400", "1.50 to 2.00"]


def test_words_are_named_where_their_evidence_is_above_the_threshold():
    assert found(CLIP, 0.2) == [Span("regen", 0.0, 1.0), Span("regen", 1.5, 2.0)]
    assert found(CLIP, 0.19)[1] == Span("nord", 1.0, 1.5)
    said = re.findall(r'<g class="said"><title>(.*?)</title>', made(threshold=0.3))
    assert said == ["regen, 1.50 s to 2.00 s"]
    page = made(threshold=0.5)
    assert "E above 0.5" in page and ">none</text>" in page and 'class="said"' not in page


def test_names_that_would_cover_each_other_get_lanes():
    assert lanes([(0, 40), (30, 60), (40, 50), (45, 70)]) == [0, 1, 0, 2]
    long = Span("a-very-long-name-of-a-sign", 0.9, 1.0)
    page = made(replace(CLIP, signs=[RAIN, NORTH, long]))
    tops = re.findall(r'<rect class="sign" x="[\d.]+" y="(\d+)"', page)
    assert tops == ["1", "21", "1"]


def test_numbers_of_the_split_are_in_the_tables():
    found = scores([round(0.05 * n, 2) for n in range(1, 20)])
    page = made(of=found)
    table = rows_of(page, 0)
    assert [row[0] for row in table] == [f"{n / 10:g}" for n in range(1, 10)]
    assert table[1] == ["0.2", "20.0", "80.0", "58.5", "44.0", "20.0", "80.0", "58.5", "44.0"]
    # Another threshold would be better on test, which chooses nothing.
    found["test"]["quality"] = [
        each | {"f1": 10.0 + n} for n, each in enumerate(found["test"]["quality"])
    ]
    chosen = "F1 at 0.05, the threshold with the highest F1 on dev: 61.5 on dev, 10.0 on test."
    assert chosen in made(of=found)
    dev, test = rows_of(page, 1)
    assert dev == ["dev", "1,234", "77.5 (75.1 to 79.9)", "21.2", "0.432"]
    assert test == ["test", "no pseudo-gloss with a sign in its clip"]
    assert "1 of 519 clips" in page and "settings 0123456789ab" in page


def test_texts_are_escaped_and_nothing_is_fetched():
    evil = "</title></svg><script>alert(1)</script>\"'&<img src=x>"
    row = replace(CLIP.rows[1], word=evil, sign=evil, signed=[Span(evil, 0.5, 1.0)])
    clip = Clip(
        *(evil, evil, evil, evil, 2.0), CLIP.edges, [row], [Span(evil, 0.5, 1.0)], CLIP.pictures,
        [evil],
    )  # fmt: skip
    page = make_page(IDENTITY | {"experiment": evil}, scores(), Shown([clip], "dev", 1, 0.2, 96))
    assert "alert(1)" in page
    assert not re.search(r"<script|<img|<link|@import|https?:|src=\"", page)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert set(re.findall(r'href="([^,"]*)|url\(([^)]*)\)', page)) == {
        ("data:image/jpeg;base64", ""),
        ("", "#brightness"),
    }


@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_complaint(browser, tmp_path, width):
    path = tmp_path / "page.html"
    path.write_text(made(), encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme="dark")
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(path.as_uri())
    assert said == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    panel, cell = (tab.locator(f".map .{kind}").first.bounding_box() for kind in ("panel", "cell"))
    assert panel["width"] == pytest.approx(PLOT) and cell["width"] == pytest.approx(PLOT / 4)
    name = tab.locator(".names text", has_text="nord").first.bounding_box()
    assert panel["y"] <= name["y"] + name["height"] / 2 <= panel["y"] + panel["height"]
    tab.close()
