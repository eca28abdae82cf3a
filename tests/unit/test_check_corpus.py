import re
import time

import numpy as np
import pandas as pd
import pytest

from sign2text.data.adapters import find_adapter
from sign2text.data.corpus_overlap import without_final_point
from sign2text.data.corpus_report import PUBLISHED_KEYS, compare, make_report
from sign2text.data.left_out import count_left_out
from sign2text.data.manifest import read_table, write_manifest, write_table
from sign2text.ground.code_hash import modules_of
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.stages import check_corpus

# id, text, gloss, frames, signer
TRAIN = [
    ("a1", "regen im norden", "REGEN NORD", 40, "s1"),
    ("a2", "sonne im süden .", "SONNE SUED", 60, "s1"),
    ("a3", "regen und regen", "REGEN REGEN", 100, "s2"),
]
DEV = [
    ("b1", "regen im norden", "REGEN NORD", 50, "s1"),
    ("b2", "hagel hagel im westen", "HAGEL", 8, "s2"),
]
TEST = [
    ("c1", "sonne im süden", "SONNE SUED", 30, "s3"),
    ("c2", "wind", "", 4, "s1"),
    ("c3", "wind im norden", "WIND", 30, "s3"),
]
NOTHING = "split\tid\tvideo\treason\n"


def manifest(rows, language="de", videos=None):
    table = pd.DataFrame(rows, columns=["id", "text", "gloss", "frames", "signer"])
    return table.assign(
        video=videos or [f"videos/{clip}" for clip in table["id"]],
        fps=25.0,
        language=language,
        phrasings=[[] for _ in rows],
    )


@pytest.fixture
def check(tmp_path):
    """Run the stage on tables, and return the report as a function from (check, split) to a row."""

    def check(train=TRAIN, dev=DEV, test=TEST, left_out=NOTHING, uneven=None, **settings):
        paths = {}
        for split, rows in (("train", train), ("dev", dev), ("test", test)):
            table = rows if isinstance(rows, pd.DataFrame) else manifest(rows)
            paths[split] = tmp_path / f"{split}.tsv"
            # Do not use write_manifest, which refuses the errors to be found here.
            write_table(table.assign(phrasings="[]"), paths[split])
        (tmp_path / "left_out.tsv").write_text(left_out, encoding="utf-8")
        if uneven is not None:
            paths["variable_rate"] = tmp_path / "variable_rate.tsv"
            paths["variable_rate"].write_text("split\tid\tvideo\n" + uneven)
        check_corpus.run(
            **paths,
            left_out=tmp_path / "left_out.tsv",
            output=tmp_path / "out",
            output_if_bad=tmp_path / "bad",
            config=read_settings(check_corpus.Config, settings),
        )
        return rows_of(tmp_path / "out/report.csv")

    return check


def rows_of(path):
    report = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(report.columns) == ["check", "split", "found", "expected", "verdict", "advice"]
    return lambda name, split: next(
        row for row in report.itertuples() if (row.check, row.split) == (name, split)
    )


def found(report, name):
    return [int(report(name, split).found) for split in ("train", "dev", "test")]


def test_clips_and_frames_are_counted(check):
    report = check()
    assert found(report, "clips") == [3, 2, 3]
    assert found(report, "frames") == [200, 58, 64]
    assert found(report, "shortest clip, frames") == [40, 8, 4]
    assert found(report, "longest clip, frames") == [100, 50, 30]
    assert report("median clip, frames", "train").found == "60"


def test_words_and_glosses_are_counted_as_written(check):
    report = check()
    # regen im norden sonne süden . und | regen im norden hagel westen | sonne im süden wind norden
    assert found(report, "word types") == [7, 5, 5]
    assert found(report, "words") == [10, 7, 7]
    # Once in train: norden, sonne, süden, the full stop, und.
    assert report("word types seen once", "train").found == "5"
    assert [report("words not in train", split).found for split in ("dev", "test")] == ["3", "2"]
    assert [report("word types not in train", s).found for s in ("dev", "test")] == ["2", "1"]
    assert found(report, "gloss types") == [4, 3, 3]
    assert report("gloss types not in train", "test").found == "1"
    assert report("clips without glosses", "test")[1:6] == (
        "clips without glosses", "test", "1", "", "note",
    )  # fmt: skip


def test_chinese_is_counted_by_characters(check):
    train, dev, test = (
        manifest([(clip, text, "", 40, "s1")], "zh")
        for clip, text in (("a", "今天 有雨有雨"), ("b", "明天有雨"), ("c", "今天晴"))
    )
    report = check(train, dev, test, language="zh")
    assert found(report, "characters") == [6, 4, 3]
    assert found(report, "character types") == [4, 4, 3]
    assert report("characters not in train", "dev").found == "1"
    assert report("glosses", "").verdict == "note"
    with pytest.raises(StopIteration):
        report("word types", "train")


def test_a_sentence_of_train_is_found_with_and_without_its_final_point(check):
    dev = [*DEV, ("b3", "regen im norden", "", 50, "s1")]
    report = check(dev=dev)
    both = ("sentences also in train", "clips whose sentence is in train")
    assert [report(name, "dev").found for name in both] == ["1", "2"]
    assert [report(name, "test").found for name in both] == ["0", "0"]
    assert [report(f"{name}, final point aside", "test").found for name in both] == ["1", "1"]
    assert report("clips whose sentence is in train", "dev").verdict == "note"
    assert report("clips whose sentence is in train", "test").verdict == "ok"


@pytest.mark.parametrize(
    ("text", "without"),
    [("a b .", "a b"), ("a b.", "a b"), ("a b . ", "a b"), ("下雨。", "下雨"), ("a . b", "a . b")],
)
def test_only_a_final_point_is_taken_off(text, without):
    assert without_final_point(pd.Series([text])).tolist() == [without]


def test_signers_that_only_test_has_are_named(check):
    report = check()
    assert report("signers not in train", "test")[3] == "1"
    assert report("signers not in train", "test").advice.endswith("s3")
    assert report("clips of signers not in train", "test").found == "2"
    assert report("signers not in train", "dev").verdict == "ok"


def test_clips_too_short_and_too_long_depend_on_the_sampling(check, tmp_path):
    report = check(most_steps=25)
    # 4 frames are one sampled frame, 8 are two, 100 are 25.
    assert [report("clips too short", s).found for s in ("train", "dev", "test")] == ["0", "0", "1"]
    assert report("clips too short", "test").advice.endswith("c2")
    assert report("clips too long", "train").verdict == "ok"
    assert check(sampling_rate=0.5)("clips too short", "test").found == "0"
    with pytest.raises(InputError, match=r"train: clips too long: found 1, expected 24 .* a3"):
        check(most_steps=24)


def test_an_id_in_two_splits_ends_the_stage_and_the_report_stays(check, tmp_path):
    check()
    test = [*TEST, ("a2", "nebel", "", 40, "s1"), ("b1", "nebel", "", 40, "s1")]
    table = manifest(test, videos=[f"other/{n}" for n in range(5)])
    with pytest.raises(InputError) as error:
        check(test=table)
    assert "test: ids also in train: found 1" in str(error.value)
    assert "allow_overlap: true" in str(error.value)
    assert re.search("test: ids also in dev: .* b1$", str(error.value), re.MULTILINE)
    assert str(tmp_path / "bad/report.html") in str(error.value)
    # An earlier good report would be mistaken for this corpus's.
    assert not list((tmp_path / "out").glob("report.*"))
    report = rows_of(tmp_path / "bad/report.csv")
    assert report("ids also in train", "test").verdict == "bad"
    assert report("ids also in train", "test").advice.endswith("a2")
    assert "must be mended" in (tmp_path / "bad/report.html").read_text(encoding="utf-8")
    # With the setting it is a note, and the report on the bad corpus is removed.
    assert check(test=table, allow_overlap=True)("ids also in train", "test").verdict == "note"
    assert not list((tmp_path / "bad").glob("report.*"))


def test_an_id_twice_in_a_split_is_never_allowed(check):
    dev = manifest([DEV[0], DEV[0], DEV[1]], videos=["x", "y", "z"])
    with pytest.raises(InputError, match=r"dev: ids twice: found 1, expected 0\. .* b1"):
        check(dev=dev, allow_overlap=True)


def test_a_video_in_two_splits_is_found_under_any_id(check):
    test = manifest(TEST, videos=["videos/a1", "videos/c2", "videos/c3"])
    with pytest.raises(InputError, match=r"test: videos also in train: found 1.* c1"):
        check(test=test)


@pytest.mark.parametrize(
    ("times", "same"),
    [
        ("10.0,20.0", True),
        ("12.0,40.0", True),  # most of the shorter one
        ("19.5,30.0", False),  # margins of neighbours touch
        ("20.0,30.0", False),
    ],
)
def test_parts_of_a_video_are_one_clip_when_they_share_most_of_their_time(check, times, same):
    train = manifest(TRAIN, videos=["full.mp4#t=10.0,20.0", "videos/a2", "videos/a3"])
    test = manifest(TEST, videos=[f"full.mp4#t={times}", "videos/c2", "videos/c3"])
    report = check(train=train, test=test, allow_overlap=True)
    assert report("videos also in train", "test").found == str(int(same))
    assert report("other parts of videos in train", "test").found == str(int(not same))


def test_a_whole_video_holds_its_parts(check):
    train = manifest(TRAIN, videos=["full.mp4", "videos/a2", "videos/a3"])
    test = manifest(TEST, videos=["full.mp4#t=3.0,4.0", "videos/c2", "videos/c3"])
    with pytest.raises(InputError, match=r"test: videos also in train: found 1"):
        check(train=train, test=test)


def test_left_out_clips_are_counted_by_reason(check):
    rows = [
        ("train", "x1", "v/x1", "v/x1: image 17 is missing"),
        ("train", "x2", "v/x2", "v/x2: image 4 is missing"),
        ("test", "x3", "v/x3", "v/x3: no such folder"),
    ]
    report = check(left_out=NOTHING + "".join("\t".join(row) + "\n" for row in rows))
    assert found(report, "clips left out") == [2, 0, 1]
    reason = report("left out, by reason", "train")
    assert (reason.found, reason.verdict) == ("2", "note")
    assert reason.advice == "…: image # is missing (x1, x2)"
    assert report("left out, by reason", "test").advice == "…: no such folder (x3)"


def test_clips_of_variable_rate_are_read_from_make_manifests_list(check):
    with pytest.raises(StopIteration):
        check()("clips with frames at uneven times", "dev")
    report = check(uneven="dev\tb1\tvideos/b1\n")
    assert found(report, "clips with frames at uneven times") == [0, 1, 0]
    assert report("clips with frames at uneven times", "dev").verdict == "note"
    assert report("frames a second", "dev").found == "25"
    assert report("clips too short", "test").found == "1"
    assert check(fps=50)("clips too short", "test").found == "0", "4 frames are 8 at 50 a second"


@pytest.mark.parametrize(
    ("count", "gone", "verdict"),
    [(3, 0, "ok"), (4, 0, "differs"), (4, 1, "note"), (5, 1, "differs")],
)
def test_published_counts_are_compared_and_left_out_clips_allowed_for(count, gone, verdict):
    clips = {"train": manifest(TRAIN), "dev": manifest(DEV), "test": manifest(TEST)}
    left_out = pd.DataFrame(
        [("train", "x", "v/x", "gone")] * gone, columns=["split", "id", "video", "reason"]
    )
    published = {"train": {"clips": count, "frames": 199}, "dev": {"frames": 59}}
    # Missing clips cannot explain more frames than published.
    report = make_report(clips, left_out, published, read_settings(check_corpus.Config, {}))
    verdicts = {(row.check, row.split): (row.verdict, row.expected) for row in report.itertuples()}
    assert verdicts["clips", "train"] == (verdict, str(count))
    assert verdicts["frames", "train"] == ("differs", "199")
    assert verdicts["frames", "dev"] == ("differs", "59")
    assert verdicts["clips", "test"] == ("ok", "")
    assert not (report["check"] == "published counts").any()


def test_a_corpus_of_which_nothing_is_published_says_so(check):
    assert check()("published counts", "").verdict == "note"
    assert compare([], {}, {}) == []


@pytest.mark.parametrize("name", ["avatar", "phoenix", "csl_daily", "how2sign", "table"])
def test_each_published_count_has_a_check(name):
    read_settings(check_corpus.Config, {"adapter": name})
    for counts in find_adapter(name).PUBLISHED.values():
        assert counts.keys() <= PUBLISHED_KEYS.keys()


def test_each_key_of_published_counts_is_used():
    used = {
        key
        for name in ("phoenix", "csl_daily", "how2sign")
        for counts in find_adapter(name).PUBLISHED.values()
        for key in counts
    }
    assert used == PUBLISHED_KEYS.keys()


def test_published_types_are_compared():
    clips = {"train": manifest(TRAIN), "dev": manifest(DEV), "test": manifest(TEST)}
    published = {"train": {"longest": 100, "word_types": 7, "gloss_types": 5}}
    left_out = pd.DataFrame(columns=["split", "id", "video", "reason"])
    report = make_report(clips, left_out, published, read_settings(check_corpus.Config, {}))
    rows = {(row.check, row.split): row for row in report.itertuples()}
    assert rows["longest clip, frames", "train"][4:6] == ("100", "ok")
    assert rows["word types", "train"][4:6] == ("7", "ok")
    assert rows["gloss types", "train"][3:6] == ("4", "5", "differs")


def test_the_page_is_whole_escaped_and_asks_for_nothing_else(check, tmp_path):
    train = [("<a1>", "regen & wind  im norden", "REGEN", 40, "s1"), *TRAIN]
    check(train=train)
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "&lt;a1&gt;" in page and "<a1>" not in page
    assert not re.search(r"<script|<link|<img|@import|url\(|https?:", page)
    assert page.count("<svg ") == 3
    assert "prefers-color-scheme: dark" in page and "width=device-width" in page


def test_the_time_grows_with_the_clips_and_not_with_their_square(tmp_path):
    rng = np.random.default_rng(1)
    words = np.array([f"wort{n}" for n in range(5000)])

    def seconds(train: int) -> float:
        """Return the stage's processor time, which other work on the machine hardly changes."""
        folder = tmp_path / str(train)
        folder.mkdir()
        for split, count in (("train", train), ("dev", train // 20), ("test", train // 20)):
            lines = [" ".join(line) for line in rng.choice(words, (count, 14))]
            frames = rng.integers(20, 400, count).tolist()
            rows = [(f"{split}{n}", line, "A B C", frames[n], "s") for n, line in enumerate(lines)]
            write_manifest(manifest(rows), folder / f"{split}.tsv")
        (folder / "left_out.tsv").write_text(NOTHING)
        start = time.process_time()
        check_corpus.run(
            **{split: folder / f"{split}.tsv" for split in ("train", "dev", "test")},
            left_out=folder / "left_out.tsv",
            output=folder / "out",
            config=check_corpus.Config(),
        )
        return time.process_time() - start

    seconds(20)  # imports
    # Ten times the clips may not take 100 times the time (quadratic).
    assert seconds(28000) < 25 * seconds(2800)


def test_a_changed_page_makes_no_stage_run_again():
    modules = modules_of("check_corpus", adapters=("phoenix",))
    assert "sign2text.data.corpus_overlap" in modules
    assert "sign2text.data.adapters.phoenix" in modules
    assert not [name for name in modules if ".pages" in name]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("split\tid\nx\ty\n", r"line 1: missing column video, reason"),
        (NOTHING + "val\tx\tv\tr\n", r"line 2: split is 'val', expected one of train, dev, test"),
        ("", r"is not a tab-separated UTF-8 table"),
    ],
)
def test_a_damaged_list_of_left_out_clips_is_an_error(tmp_path, content, message):
    path = tmp_path / "left_out.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        count_left_out(path)


def test_a_manifest_that_is_damaged_otherwise_is_still_refused(check):
    with pytest.raises(InputError, match=r"dev.tsv, line 2, clip 'b1': frames is 'x'"):
        check(dev=manifest([("b1", "a", "", "x", "s"), ("b2", "a", "", 4, "s")]).astype(str))
    with pytest.raises(InputError, match=r"dev.tsv: id 'b1' stands in line 2 and in line 3"):
        check(dev=manifest([("b1", "a", "", "x", "s"), ("b1", "a", "", 4, "s")]).astype(str))


def test_tables_are_read_as_they_were_written(tmp_path):
    (tmp_path / "left_out.tsv").write_text(NOTHING + "dev\tNA\tv/NA\t'' \"quoted\"\n")
    assert read_table(tmp_path / "left_out.tsv")["id"].tolist() == ["NA"]
    assert count_left_out(tmp_path / "left_out.tsv") == {"train": 0, "dev": 1, "test": 0}
