"""Prompts, outputs and shares of the tasks of Scaling SLT."""

import math

import pandas as pd
import pytest

from sign2text.ground.errors import InputError
from sign2text.methods.scaling_slt.examples import (
    Times,
    signed_examples,
    text_examples,
    text_pairs,
)
from sign2text.methods.scaling_slt.prompts import (
    TASKS,
    prompt,
    time_token,
    time_tokens,
    timed,
    times_in,
)
from sign2text.methods.scaling_slt.task_shares import item_shares, nested_clips, whole_joined

NAN = math.nan
TIMES = Times(0.5, 20, {"long": 6.0})
CAPTIONS = pd.DataFrame(
    [
        ("one", "de", "guten tag", NAN, NAN, "human"),
        ("one", "en", "good day", NAN, NAN, "human"),
        ("long", "de", "es regnet", 2.0, 4.5, "human"),
        ("long", "de", "guten tag", 0.0, 2.0, "human"),
        ("long", "de", "auch morgen", 4.5, 7.0, "human"),
    ],
    columns=["clip", "language", "text", "start", "end", "origin"],
)


def made(task: str, language: str = "de", times: Times = TIMES) -> dict[str, tuple[str, str]]:
    """Return prompt and output of each clip."""
    found = signed_examples(task, CAPTIONS, sign_language="gsg", language=language, times=times)
    return {each.clip: (each.prompt, each.output) for each in found}


def test_each_task_makes_its_prompt_and_output() -> None:
    assert made("slt") == {
        "one": ("translate gsg de", "guten tag"),
        "long": ("translate gsg de", "guten tag es regnet"),
    }
    assert made("slt", "en") == {"one": ("translate gsg en", "good day")}
    assert made("slt_timed") == {
        "long": ("translate timed gsg de", "<t0> guten tag <t4> <t4> es regnet <t9>")
    }
    assert made("alignment") == {
        "long": ("align gsg de guten tag | es regnet", "<t0> <t4> <t4> <t9>")
    }
    assert made("augmented") == made("slt"), "the same prompt"


def test_captions_after_the_part_that_is_read_are_left_out(caplog) -> None:
    whole = made("slt", times=Times(0.5, 20, {}))["long"][1]
    assert whole == "guten tag es regnet auch morgen"
    assert made("slt")["long"][1] == "guten tag es regnet"
    assert "1 of 4 captions end after the part of the clip that is read" in caplog.text


def test_a_caption_after_the_last_time_token_is_refused() -> None:
    with pytest.raises(InputError, match=r"clip 'long': a caption ends at 7.00 s.*at most 4.50 s"):
        made("alignment", times=Times(0.5, 10, {}))
    assert "long" in made("slt", times=Times(0.5, 10, {})), "no time is named"


def test_times_are_written_and_read_back() -> None:
    written = timed([("a", 0.0, 1.26), ("b", 1.3, 2.0)], 0.25)
    assert written == "<t0> a <t5> <t5> b <t8>"
    assert times_in(written, 0.25) == [0.0, 1.25, 1.25, 2.0]
    assert time_token(1.26, 0.25) in time_tokens(6) and len(time_tokens(6)) == 6


@pytest.mark.parametrize(
    ("task", "given", "told"),
    [
        ("slt", {"source": "de", "target": "de"}, "expected two different languages"),
        ("slt", {"source": "", "target": "de"}, r"pair \(none\) -> de .* no prompt can name ''"),
        ("mt", {"source": "de", "target": "EN us", "text": "x"}, "no prompt can name 'EN us'"),
        ("mt", {"source": "de", "target": "en"}, "found no text"),
        ("slt", {"source": "gsg", "target": "de", "text": "x"}, "found a text"),
        ("alignment", {"source": "gsg", "target": "de"}, "0 captions"),
        ("align", {"source": "gsg", "target": "de"}, f"expected one of {', '.join(TASKS)}"),
    ],
)
def test_pairs_that_no_prompt_can_name_are_refused(task: str, given: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        prompt(task, **given)


def test_parallel_text_gives_pairs_in_the_directions_asked_for() -> None:
    table = pd.DataFrame({"de": ["ja", "nein"], "en": ["yes", ""], "zh": ["是", "不"]})
    assert [*text_pairs(table, "de", "none")] == []
    assert [*text_pairs(table, "de", "to_own")] == [("en", "de"), ("zh", "de")]
    assert {*text_pairs(table, "de", "both")} == {
        ("en", "de"), ("de", "en"), ("zh", "de"), ("de", "zh"),
    }  # fmt: skip
    assert [*text_pairs(table, "fr", "both")] == [], "without a column of the own language"
    (only,) = text_examples(table, "de", "en")
    assert (only.prompt, only.output, only.clip) == ("translate de en ja", "yes", "2")


def test_shares_follow_p_mt_the_tasks_and_the_temperature() -> None:
    counts = {
        ("slt", "gsg-de"): 900,
        ("slt", "gsg-en"): 100,
        ("alignment", "gsg-de"): 7,
        ("mt", "de-en"): 5000,
        ("mt", "en-de"): 5000,
    }
    shares = item_shares(counts, {"slt": 3.0, "alignment": 1.0}, 0.2, 1.0)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["mt", "de-en"] == pytest.approx(0.1)
    assert shares["alignment", "gsg-de"] == pytest.approx(0.8 / 4)
    assert shares["slt", "gsg-de"] == pytest.approx(0.8 * 3 / 4 * 0.9)
    flat = item_shares(counts, {"slt": 3.0, "alignment": 1.0}, 0.2, 2.0)
    assert flat["slt", "gsg-de"] == pytest.approx(0.6 * 30 / 40), "by square roots"
    del counts["mt", "de-en"], counts["mt", "en-de"]
    without = item_shares(counts, {"slt": 3.0, "alignment": 1.0}, 0.2, 1.0)
    assert sum(without.values()) == pytest.approx(1), "clips have the whole batch"


def test_smaller_shares_of_the_clips_are_nested_and_keep_joined_clips_together() -> None:
    clips = [f"c{number}" for number in range(40)]
    joined = {f"j{number}": clips[4 * number : 4 * number + 4] for number in range(5)}
    quarter, half, whole = (nested_clips(clips, joined, share, 1) for share in (0.25, 0.5, 1))
    assert quarter < half < whole == set(clips)
    assert 10 <= len(quarter) <= 13 and 20 <= len(half) <= 23
    for members in joined.values():
        assert len(half.intersection(members)) in (0, 4)
    assert whole_joined(joined, half) == {n for n, m in joined.items() if set(m) <= half}
    assert nested_clips(clips, joined, 0.5, 2) != half, "another seed, other clips"
