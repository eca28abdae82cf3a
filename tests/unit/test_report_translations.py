import base64
import json
import re

import pytest

from sign2text.data.manifest import read_table, write_table
from sign2text.ground.code_hash import modules_of
from sign2text.ground.errors import InputError
from sign2text.stages.report_translations import Config, run, spread

REFERENCES = ["am tag regnet es", "im süden scheint die sonne", "es bleibt trocken"]
HYPOTHESES = {"first": ["am tag schneit es", "im süden", "es bleibt trocken"], "second": REFERENCES}


@pytest.fixture
def given(tmp_path, write_comparison):
    return write_comparison(tmp_path, REFERENCES, HYPOTHESES, frames=10)


def make(given, **settings):
    output = given["manifest"].parent / "out/translations.html"
    run(**given, output=output, config=Config(**settings))
    return output.read_text(encoding="utf-8")


def test_a_page_needs_nothing_else_and_says_what_it_shows(given):
    page = make(given)
    assert not re.search(r"https?:|<link|<img|@import|url\(", page)
    assert "Translations: controls, tiny" in page
    assert "3 clips of the test split of data set tiny, 3 of them with video" in page
    assert "convention words (words as written" in page
    assert "<code>0123456789ab</code>" in page and "<td>1</td>" in page
    assert str(given["manifest"].parent) not in page
    assert page.count('src="data:video/mp4;base64,') == 3


def test_sentence_scores_stand_at_their_clips(given):
    page = make(given)
    first = read_table(given["sentences"][0])
    for number, column in enumerate(("bleu", "chrf", "rouge_l")):
        name = column.replace("_", "-")
        values = re.findall(rf'data-{name}="([^"]+)"', page)
        assert values == [f"{float(score):.2f} 100.00" for score in first[column]], number


def test_the_settings_decide_which_clips_have_video_and_how_large_it_is(given):
    page = make(given, clips=1, height=48)
    assert page.count("<video ") == 1 and page.count("listed without its video") == 2
    assert 'width="64" height="48"' in page
    assert page.index("clip-000") < page.index("<video ") < page.index("<h3>clip-001")
    assert make(given, clips=0).count("<video ") == 0
    large, small = (
        len(base64.b64decode(re.search(r"video/mp4;base64,([^\"]+)", make(given, quality=q))[1]))
        for q in (10, 45)
    )
    assert large > small


@pytest.mark.parametrize(
    ("count", "wanted", "expected"),
    [(10, 4, [0, 2, 5, 7]), (3, 100, [0, 1, 2]), (5, 0, []), (5, 5, [0, 1, 2, 3, 4])],
)
def test_clips_with_video_are_spread_over_the_split(count, wanted, expected):
    assert spread(count, wanted) == expected


def test_a_missing_video_is_no_error_but_is_said(given, caplog):
    (given["manifest"].parent / "video.mp4").unlink()
    with caplog.at_level("INFO"):
        page = make(given, clips=2)
    assert page.count("The video cannot be shown:") == 2 and page.count("<video ") == 0
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "clip 'clip-000': the page has no video of it" in warned[0]
    assert "2 videos are missing or damaged" in warned[-1]
    assert re.search(r"3 clips, 0 with video, 2 experiments: 0\.\d MB", caplog.text)


def test_a_damaged_video_is_no_error_but_is_said(given):
    video = given["manifest"].parent / "video.mp4"
    video.write_bytes(video.read_bytes()[:300])
    assert make(given).count("The video cannot be shown:") == 3


def test_texts_are_escaped(tmp_path, write_comparison):
    text = "<script>alert(1)</script> \"'&"
    said = {"<i>": ["</dd><b>", text], "two": ["a", "b"]}
    given = write_comparison(tmp_path, [text, "a"], said)
    page = make(given, clips=0)
    assert "alert(1)" in page
    assert "<script>alert" not in page and "</dd><b>" not in page and "<i>" not in page
    assert page.count("<script>") == 1


def test_chinese_is_compared_by_characters(tmp_path, write_comparison):
    references = ["我明天去学校。", "他很好。"]
    given = write_comparison(
        tmp_path,
        references,
        {"one": ["我今天去学校。", "他很好。"], "two": references},
        language="zh",
        convention="zh",
    )
    page = make(given, clips=0)
    assert "我<del>明</del><ins>今</ins>天去学校。" in page
    assert "Chinese characters" in page and 'lang="zh"' in page


def write_glosses(given, number, true, said, **of_scores):
    """Add lines of glosses to what `score` wrote of one experiment."""
    path = given["sentences"][number]
    write_table(read_table(path).assign(gloss=true, gloss_hypothesis=said), path)
    scores = json.loads(given["scores"][number].read_text("utf-8")) | of_scores
    given["scores"][number].write_text(json.dumps(scores), "utf-8")


def test_gloss_lines_are_shown_with_what_differs(given):
    true = ["REGEN REGEN NORD", "SONNE <b>", ""]
    said = ["REGEN WIND NORD", "", "SCHNEE"]
    write_glosses(given, 1, true, said, gloss_cleaning="none")
    page = make(given, clips=0)
    lines = re.findall(r'<div class="row glosses"><dt>glosses</dt><dd lang="de">(.*)</dd>', page)
    assert lines == [
        "REGEN REGEN NORD",
        "REGEN <del>REGEN</del> <ins>WIND</ins> NORD",
        "SONNE &lt;b&gt;",
        '<span class="soft">(nothing)</span> <del>SONNE &lt;b&gt;</del>',
        "SCHNEE",
    ]
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert [each.count("row glosses") for each in articles] == [2, 2, 1]
    # Below the reference, and below the experiment that wrote them.
    names = re.findall(r"<dt>(\w+)</dt>", articles[0])
    assert names == ["reference", "glosses", "first", "second", "glosses"]
    assert 'data-words="clip-002 signer02 es bleibt trocken' in page and 'SCHNEE" ' in page


def test_glosses_are_shown_as_they_are_scored(given):
    write_glosses(given, 0, "loc-NORD NORD", "NORD", gloss_cleaning="phoenix")
    page = make(given, clips=0)
    assert page.count('<dd lang="de">NORD</dd>') == 6
    assert "Glosses are as they are scored" in page


def test_a_page_without_glosses_says_nothing_of_them(given):
    page = make(given, clips=0)
    assert "gloss" not in page.lower()


def test_a_control_says_what_it_is(tmp_path, write_comparison):
    given = write_comparison(
        tmp_path, REFERENCES, HYPOTHESES, control="videos permuted", seed={"decode": 1, "x": 2}
    )
    page = make(given, clips=0)
    assert "control: videos permuted" in page and "decode 1, x 2" in page


def test_of_several_seeds_the_first_is_shown_and_said_to_be(given):
    page = make(given | {"runs": (1, 3)}, clips=0)
    assert re.findall(r"the first of \d runs", page) == ["the first of 3 runs"]
    assert "the first of" not in make(given, clips=0)
    with pytest.raises(InputError, match="--runs: found 3 numbers, expected 2"):
        make(given | {"runs": (1, 3, 1)})


def test_experiments_on_other_clips_are_refused(given):
    path = given["sentences"][1]
    table = read_table(path)
    write_table(table.iloc[:2], path)
    with pytest.raises(InputError, match=r"second\.tsv: holds 2 clips, expected .* 3; .*clip-002"):
        make(given)
    write_table(table.iloc[::-1], path)
    with pytest.raises(InputError, match=r"second\.tsv: holds 3 clips, .* in their order alone"):
        make(given)
    write_table(table.drop(columns="chrf"), path)
    with pytest.raises(InputError, match=r"second\.tsv, line 1: missing column chrf"):
        make(given)


def test_scores_of_several_conventions_are_refused(given):
    path = given["scores"][1]
    path.write_text(path.read_text("utf-8").replace('"words"', '"13a"'), "utf-8")
    with pytest.raises(InputError, match=r"first\.bleu: words, .*second\.bleu: 13a"):
        make(given)


def test_a_score_file_of_before_is_refused_with_advice(given):
    path = given["scores"][0]
    path.write_text(json.dumps({"scores": {}}), "utf-8")
    with pytest.raises(InputError, match=r"first\.bleu: has no data_set, .* of an older form"):
        make(given)
    path.write_text("{", "utf-8")
    with pytest.raises(InputError, match=r"first\.bleu: not a score file"):
        make(given)


def test_what_the_page_says_counts_as_code_of_the_stage_its_colours_do_not():
    modules = modules_of("report_translations")
    assert "sign2text.data.small_video" in modules and "sign2text.scoring.alignment" in modules
    assert "sign2text.pages.translations_page" in modules
    assert "sign2text.pages.page" not in modules
