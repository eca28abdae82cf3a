"""The page of landmarks in a real browser: what is to be seen at which width."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from landmark_report import report, write_corpus


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landmarks")
    write_corpus(folder, ("signer01", "a-signer-with-a-very-long-name-from-a-channel"))
    report(folder, folder / "report", clips=1)
    return folder / "report" / "landmarks.html"


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_tables_and_pictures_fit(page_file: Path, open_page: Any, width: int, scheme: str) -> None:
    page = open_page(page_file, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("left hand", "signer01", "test"):
        head = page.locator("th[scope=row]", has_text=name).first.bounding_box()
        assert head["height"] < 3.5 * 16 and head["width"] > 60, "no letter has a line of its own"
    pictures = page.locator(".strip img")
    assert pictures.count() == 18
    first = pictures.first
    assert first.evaluate("e => e.complete && e.naturalHeight") == 480
    assert first.bounding_box()["height"] == 260
    # Wider strips are scrolled, not squeezed.
    strip = page.locator(".strip").first
    assert strip.evaluate("e => e.scrollWidth") > 6 * 260
    texts, back = ("rgb(236, 236, 234)", "rgb(26, 26, 25)") if scheme == "dark" else (
        "rgb(31, 31, 30)", "rgb(252, 252, 251)"
    )  # fmt: skip
    body = page.locator("body")
    assert body.evaluate("e => getComputedStyle(e).color") == texts
    assert body.evaluate("e => getComputedStyle(e).backgroundColor") == back
