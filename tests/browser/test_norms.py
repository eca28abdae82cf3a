"""The page of norms in a real browser: what is to be seen at which width, without colours too."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sign2text.stages import report_norms
from sign2text.training.history import history_rows, write_history

PARTS = ("visual", "language", "adapter")
LONG = "fla_llm_with_a_long_name-seed2"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("norms")
    trainings = {"fla_llm": ["visual_init", "finetune_llm"], LONG: ["finetune_llm"]}
    for owner, stages in trainings.items():
        for stage in stages:
            frozen = ("visual",) if (owner, stage) == ("fla_llm", "finetune_llm") else ()
            rows = [
                {"loss": 3.0, "epoch": number / 4, "step": number}
                | {f"grad_norm_{part}": 1 / number for part in PARTS if part not in frozen}
                | {f"norm_{part}": 100 + number for part in PARTS if part not in frozen}
                for number in range(1, 41)
            ]
            place = folder / owner / stage
            place.mkdir(parents=True)
            write_history(place / "history.tsv", history_rows(rows, chosen=40))
    said = {
        "data_set": "avatar",
        "method": "fla_llm",
        "seed": 1,
        "settings": "0123456789ab",
        "code": "ba9876543210",
    }
    listed = {
        owner: {**said, "trainings": {f"{owner}/{stage}": {"epochs": 10} for stage in stages}}
        for owner, stages in trainings.items()
    }
    output = folder / "norms.html"
    report_norms.run(
        name="dominance",
        results=folder,
        experiments=json.dumps(listed),
        output=output,
        config=report_norms.Config(),
    )
    return output


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_sticks_out_and_legends_can_be_read(
    page_file: Path, open_page: Any, width: int, scheme: str
) -> None:
    page = open_page(page_file, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    figures = page.locator("figure")
    assert figures.count() == 12
    for number in range(12):
        figure = figures.nth(number)
        unit = figure.locator("svg > text", has_text="epoch").bounding_box()
        assert unit["height"] >= 9
        names = [mark.bounding_box() for mark in figure.locator("text.mark").all()]
        for before, after in pairwise(sorted(names, key=lambda box: box["x"])):
            assert before["x"] + before["width"] < after["x"]
        axis = figure.locator("svg > text[x='2']").bounding_box()
        assert axis["x"] + axis["width"] < min(box["x"] for box in names)


def test_parts_are_told_apart_without_colours(page_file: Path, open_page: Any) -> None:
    page = open_page(page_file)
    lines = page.locator("figure").first.locator("polyline").all()
    dashes = [line.evaluate("e => getComputedStyle(e).strokeDasharray") for line in lines]
    assert len(set(dashes)) == 3
