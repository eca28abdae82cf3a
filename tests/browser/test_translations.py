"""The page of translations in a real browser: what it shows, sorts, filters and plays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sign2text.stages import report_translations

REFERENCES = [
    "am montag regnet es im norden",
    "im süden scheint die sonne",
    "morgen wird es kühl",
    "<script>alert(1)</script> \"><img src=x onerror=alert(2)> & 'so'",
    "es bleibt trocken",
    "in der nacht sinken die temperaturen auf zwei grad",
]
FIRST = [
    "am montag schneit es im norden",
    "im süden scheint die sonne",
    "",
    "<b>fett</b> & 'so'",
    "es bleibt nicht trocken",
    "am tag steigen die temperaturen auf zehn grad",
]
SECOND = [REFERENCES[0], "regen", REFERENCES[2], "</article><h1>x</h1>", "es", REFERENCES[5]]


@pytest.fixture(scope="module")
def page_file(
    tmp_path_factory: pytest.TempPathFactory, write_comparison: Callable[..., dict[str, Any]]
) -> Path:
    """A page of six clips, four of them with video."""
    folder = tmp_path_factory.mktemp("translations")
    given = write_comparison(folder, REFERENCES, {"fla_llm": FIRST, "fla_llm_blind": SECOND})
    output = folder / "translations.html"
    report_translations.run(
        **given, output=output, config=report_translations.Config(clips=4), threads=2
    )
    return output


def shown(page: Any) -> list[str]:
    """The ids of the clips that are to be seen, in their order."""
    headings = page.locator(".clip:not([hidden]) h3").evaluate_all(
        "all => all.map(each => each.firstChild.textContent)"
    )
    assert page.locator(".clip:visible").count() == len(headings)
    return headings


def scores(page: Any, row: int, metric: int) -> list[float]:
    """A score of every clip in the order of the page, as it is written there."""
    return [
        float(clip.locator(".scores").nth(row).locator("b").nth(metric).text_content())
        for clip in page.locator(".clip").all()
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_sticks_out_and_nothing_goes_wrong(page_file, open_page, width, scheme):
    page = open_page(page_file, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Nor is anything cut off, as the longest scores would be.
    cut = page.locator("main *").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length"
    )
    assert cut == 0
    assert len(shown(page)) == 6
    assert page.locator("output").inner_text() == "6 of 6 clips"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(252, 252, 251)") == (scheme == "light")


def test_texts_are_shown_as_written(page_file, open_page):
    page = open_page(page_file)
    clip = page.locator(".clip").nth(3)
    assert clip.locator("dd").first.inner_text() == REFERENCES[3]
    page.locator("[name=marks]").uncheck()
    assert clip.locator("dd:not(.scores)").nth(1).inner_text() == FIRST[3]
    assert clip.locator("dd:not(.scores)").nth(2).inner_text() == SECOND[3]
    assert page.locator("h1").count() == 1 and page.locator("main img").count() == 0


def test_words_that_differ_are_marked(page_file, open_page):
    page = open_page(page_file)

    def marked(clip: int, experiment: int) -> tuple[list[str], list[str]]:
        text = page.locator(".clip").nth(clip).locator("dd:not(.scores)").nth(experiment + 1)
        return text.locator("ins").all_inner_texts(), text.locator("del").all_inner_texts()

    assert marked(0, 0) == (["schneit"], ["regnet"])
    assert marked(1, 0) == ([], [])
    assert marked(1, 1) == (["regen"], [REFERENCES[1]])
    assert marked(2, 0) == ([], [REFERENCES[2]])
    assert marked(4, 0) == (["nicht"], [])
    assert marked(4, 1) == ([], ["bleibt trocken"])
    assert marked(5, 0)[0] == ["am tag steigen", "zehn"]
    lines = "all => all.map(each => getComputedStyle(each).textDecorationLine)"
    assert set(page.locator("main ins").evaluate_all(lines)) == {"underline"}
    assert set(page.locator("main del").evaluate_all(lines)) == {"line-through"}


@pytest.mark.parametrize(("metric", "column"), [("chrf", 0), ("bleu", 1), ("rouge_l", 2)])
def test_clips_are_sorted_by_the_score_that_is_asked_for(page_file, open_page, metric, column):
    page = open_page(page_file)
    page.locator("[name=metric]").select_option(metric)
    for row in (0, 1):
        page.locator("[name=order]").select_option(f"best {row}")
        found = scores(page, row, column)
        assert found == sorted(found, reverse=True) and found[0] > found[-1]
        page.locator("[name=order]").select_option(f"worst {row}")
        assert scores(page, row, column) == sorted(found)
    page.locator("[name=order]").select_option("corpus")
    assert shown(page) == [f"clip-{number:03}" for number in range(6)]


def test_clips_are_sorted_by_the_difference_of_the_first_two(page_file, open_page):
    page = open_page(page_file)
    page.locator("[name=order]").select_option("gain")
    gains = [b - a for a, b in zip(scores(page, 0, 0), scores(page, 1, 0), strict=True)]
    assert gains == sorted(gains, reverse=True) and gains[0] > 0 > gains[-1]
    said = page.locator(".gain").first.inner_text()
    assert said == f"chrF +{gains[0]:.1f}"
    page.locator("[name=order]").select_option("loss")
    assert shown(page)[0] == "clip-001"
    assert page.locator(".gain").first.inner_text().startswith("chrF −")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("CLIP-002", ["clip-002"]),
        ("signer01", ["clip-001", "clip-004"]),
        ("SÜDEN", ["clip-001"]),
        ("su\u0308den  sonne", ["clip-001"]),  # decomposed, as some systems type it
        ("schneit", ["clip-000"]),  # said by an experiment
        ("es trocken", ["clip-004"]),
        ("nirgends", []),
        ("<b>", ["clip-003"]),
    ],
)
def test_the_filter_leaves_clips_with_all_its_words(page_file, open_page, words, found):
    page = open_page(page_file)
    page.locator("[name=filter]").fill(words)
    assert shown(page) == found
    assert page.locator("output").inner_text() == f"{len(found)} of 6 clips"
    page.locator("[name=filter]").press("Enter")  # must not load the page again
    assert shown(page) == found
    page.locator("[name=filter]").fill("")
    assert len(shown(page)) == 6


def test_clips_without_video_say_so_and_can_be_hidden(page_file, open_page):
    page = open_page(page_file)
    assert page.locator(".none").all_inner_texts() == ["listed without its video"] * 2
    page.locator("[name=video]").check()
    assert len(shown(page)) == page.locator("video").count() == 4


def card(page: Any, number: int) -> Any:
    return page.locator(".clip", has=page.locator("video")).nth(number)


def wait_until_it_plays(page: Any, number: int) -> None:
    page.wait_for_function(
        "number => document.querySelectorAll('video')[number].currentTime > 0.2", arg=number
    )


def test_a_video_plays_while_the_pointer_is_on_its_clip(page_file, open_page):
    page = open_page(page_file)
    video = page.locator("video").first
    # Nothing is decoded before somebody looks.
    assert page.locator("video").evaluate_all("all => all.map(v => v.readyState)") == [0] * 4
    card(page, 0).locator("h3").hover()
    wait_until_it_plays(page, 0)
    assert video.evaluate("v => [v.videoWidth, v.videoHeight]") == [128, 96]
    assert abs(video.evaluate("v => v.duration") - 2) < 0.05  # 50 frames, 25 a second
    card(page, 1).locator("h3").hover()
    wait_until_it_plays(page, 1)
    assert video.evaluate("v => v.paused")


def test_on_a_touch_screen_the_clip_in_the_middle_plays(page_file, open_page):
    page = open_page(page_file, 400, has_touch=True, is_mobile=True)
    card(page, 2).locator("video").evaluate("v => v.scrollIntoView({block: 'center'})")
    wait_until_it_plays(page, 2)
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_who_asked_for_less_motion_starts_a_video_by_hand(page_file, open_page):
    page = open_page(page_file, reduced_motion="reduce")
    card(page, 0).locator("h3").hover()
    page.wait_for_timeout(300)
    assert page.locator("video").first.evaluate("v => v.paused")
    page.locator("video").first.focus()
    page.keyboard.press("Space")
    wait_until_it_plays(page, 0)
    card(page, 1).locator("h3").hover()
    assert not page.locator("video").first.evaluate("v => v.paused")


@pytest.mark.long
def test_hundreds_of_clips_do_not_use_up_the_browsers_decoders(
    tmp_path, write_comparison, open_page
):
    count = 160
    given = write_comparison(tmp_path, ["a b"] * count, {"one": ["a b"] * count}, frames=25)
    output = tmp_path / "translations.html"
    config = report_translations.Config(clips=count)
    report_translations.run(**given, output=output, config=config, threads=2)
    page = open_page(output)
    for number in range(count):
        page.locator("video").nth(number).evaluate(
            "async v => { v.scrollIntoView({block: 'center'}); await v.play(); }"
        )
    page.wait_for_timeout(200)
    loaded = page.locator("video").evaluate_all("all => all.filter(v => v.readyState > 0).length")
    assert 0 < loaded < 10
    # Those that were played play again.
    page.locator("video").first.evaluate("v => v.scrollIntoView({block: 'center'})")
    card(page, 0).locator("h3").hover()
    wait_until_it_plays(page, 0)
    page.locator("[name=order]").select_option("worst 0")
    page.locator("[name=filter]").fill("clip-15")
    assert len(shown(page)) == 10


def test_a_video_that_is_gone_is_named_at_its_clip(tmp_path, write_comparison, open_page):
    given = write_comparison(tmp_path, ["a", "b"], {"one": ["a", "b"], "two": ["b", "b"]})
    (tmp_path / "video.mp4").unlink()
    output = tmp_path / "translations.html"
    report_translations.run(**given, output=output, config=report_translations.Config())
    page = open_page(output, 400)
    said = page.locator(".none.lost").all_inner_texts()
    assert len(said) == 2 and all("video.mp4: no such video file" in each for each in said)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert shown(page) == ["clip-000", "clip-001"]
