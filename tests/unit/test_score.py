import json

import pandas as pd
import pytest

from sign2text.errors import InputError
from sign2text.scoring.show import format_scores
from sign2text.settings import read_settings
from sign2text.stages import score

TEXT = {
    "t1": ("am montag regnet es im norden", "signer01"),
    "t2": ("in bayern scheint die sonne lange", "signer01"),
    "t3": ("heute nacht schneit es an der küste", "signer09"),
}
OTHERS = {clip: [f"{text} wieder", f"dann {text}"] for clip, (text, _) in TEXT.items()}


def write_manifest(path, clips):
    rows = [
        {
            "id": clip,
            "video": f"{clip}.mp4",
            "frames": 50,
            "fps": 25.0,
            "signer": TEXT[clip][1],
            "text": TEXT[clip][0],
            "gloss": "NULL",
            "language": "de",
            "phrasings": json.dumps(OTHERS[clip], ensure_ascii=False),
        }
        for clip in clips
    ]
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False, quoting=3)


@pytest.fixture
def run(tmp_path):
    def run(runs, resamples=20, left_out=()):
        write_manifest(tmp_path / "test.tsv", TEXT)
        write_manifest(tmp_path / "train.tsv", ["t1"])
        table = pd.DataFrame(
            [
                {"run": n, "id": clip, "video": video, "score": "-1", "hypothesis": text}
                for n, rows in enumerate(runs)
                for clip, video, text in rows
            ]
        )
        table.to_csv(tmp_path / "hypotheses.tsv", sep="\t", index=False, quoting=3)
        rows = ["split\tid\tvideo\treason", *(f"{split}\tx\tv/x\tempty" for split in left_out)]
        (tmp_path / "left_out.tsv").write_text("\n".join(rows) + "\n")
        score.run(
            hypotheses=tmp_path / "hypotheses.tsv",
            manifest=tmp_path / "test.tsv",
            train_manifest=tmp_path / "train.tsv",
            left_out=tmp_path / "left_out.tsv",
            output=tmp_path / "x.bleu",
            config=read_settings(score.Config, {"resamples": resamples}),
        )
        return json.loads((tmp_path / "x.bleu").read_text(encoding="utf-8"))

    return run


def own(clip, text=None):
    return clip, clip, TEXT[clip][0] if text is None else text


def test_seen_and_unseen_signers_are_scored_apart(run):
    found = run([[own("t3", "regen"), own("t1"), own("t2")]])["scores"]
    assert {name: scores["clips"] for name, scores in found.items()} == {
        "all": 3,
        "seen_signers": 2,
        "unseen_signers": 1,
    }
    assert found["seen_signers"]["bleu4"] == pytest.approx(100)
    assert found["unseen_signers"]["bleu4"] < 1
    assert found["seen_signers"]["bleu4"] > found["all"]["bleu4"] > 0


def test_the_cap_is_the_second_phrasing_against_the_first(run):
    from sacrebleu.metrics import BLEU

    found = run([[own(clip) for clip in TEXT]])["scores"]["all"]
    second = [OTHERS[clip][0] for clip in TEXT]
    first = [[text for text, _ in TEXT.values()]]
    expected = BLEU(tokenize="none").corpus_score(second, first).score
    assert found["cap_bleu4"] == pytest.approx(expected, abs=1e-3)
    assert found["share_of_cap"] == pytest.approx(100 / expected, abs=1e-3)


def test_any_true_phrasing_counts_with_all_as_references(run):
    found = run([[own(clip, OTHERS[clip][1]) for clip in TEXT]])["scores"]["all"]
    assert found["bleu4"] < 100
    assert found["bleu4_all_phrasings_as_references"] == pytest.approx(100)


def test_the_blind_control_has_a_mean_and_a_range(run):
    shifted = [
        ("t1", "t2", TEXT["t2"][0]),
        ("t2", "t3", TEXT["t3"][0]),
        ("t3", "t1", TEXT["t1"][0]),
    ]
    right = [("t1", "t2", TEXT["t1"][0]), ("t2", "t3", TEXT["t2"][0]), ("t3", "t1", TEXT["t3"][0])]
    found = run([shifted, right])
    assert found["control"] == "videos permuted among the clips"
    scores = found["scores"]["all"]
    low, high = scores["bleu4_range"]
    assert low < 5 and high == pytest.approx(100)
    assert scores["bleu4"] == pytest.approx((low + high) / 2, abs=1e-3)
    assert scores["runs"] == 2 and "cap_bleu4" not in scores


@pytest.mark.parametrize("clips", [["t1", "t2"], ["t1", "t2", "t2"], ["t1", "t2", "t3", "t3"]])
def test_a_hypothesis_too_few_or_too_many_is_an_error_not_another_score(run, clips):
    with pytest.raises(InputError, match=rf"{len(clips)} hypotheses found for 3 clips"):
        run([[own(clip) for clip in clips]])


def test_an_empty_hypothesis_is_scored_and_not_dropped(run):
    found = run([[own("t1", ""), own("t2"), own("t3")]])["scores"]["all"]
    assert found["clips"] == 3
    assert found["bleu4"] < 100


def test_the_table_shows_what_the_file_says(run, tmp_path):
    result = run([[own(clip) for clip in TEXT]])
    shown = format_scores([(tmp_path / "x.bleu", result)])
    assert "signers seen in training" in shown and "100.00" in shown
    assert "am montag regnet es im norden" in shown
    assert f"{result['scores']['all']['cap_bleu4']:.2f}" in shown


def test_clips_left_out_stand_in_the_file_and_under_the_table(run, tmp_path):
    rows = [[own(clip) for clip in TEXT]]
    whole = run(rows)
    assert whole["left_out"] == {"train": 0, "dev": 0, "test": 0}
    assert "left out" not in format_scores([(tmp_path / "x.bleu", whole)])
    part = run(rows, left_out=["train", "test", "train"])
    assert part["left_out"] == {"train": 2, "dev": 0, "test": 1}
    assert part["scores"] == whole["scores"]
    shown = format_scores([(tmp_path / "x.bleu", part)])
    assert "x.bleu: clips left out as unusable: 2 of train, 0 of dev, 1 of test." in shown


def test_a_score_file_of_before_is_still_shown(run, tmp_path):
    result = run([[own(clip) for clip in TEXT]])
    del result["left_out"]
    assert "100.00" in format_scores([(tmp_path / "x.bleu", result)])
