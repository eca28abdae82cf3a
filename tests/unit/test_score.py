import hashlib
import json
import subprocess
import sys

import pandas as pd
import pytest
from sacrebleu.metrics import BLEU

from sign2text.data.manifest import read_table
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.scoring.sentence_table import COLUMNS
from sign2text.scoring.show import format_scores
from sign2text.stages import score
from sign2text.training.history import history_rows, write_history

TEXT = {
    "t1": ("am montag regnet es im norden", "signer01"),
    "t2": ("in bayern scheint die sonne lange", "signer01"),
    "t3": ("heute nacht schneit es an der küste", "signer09"),
}
GLOSSES = dict.fromkeys(TEXT, "NULL")
NEW = {"new": ("der wind weht", "signer01")}
OTHERS = {clip: [f"{text} wieder", f"dann {text}"] for clip, (text, _) in (TEXT | NEW).items()}


def write_manifest(path, clips):
    rows = [
        {
            "id": clip,
            "video": f"{clip}.mp4",
            "frames": 50,
            "fps": 25.0,
            "signer": (TEXT | NEW)[clip][1],
            "text": (TEXT | NEW)[clip][0],
            "gloss": GLOSSES.get(clip, "NULL"),
            "language": "de",
            "phrasings": json.dumps(OTHERS[clip], ensure_ascii=False),
        }
        for clip in clips
    ]
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False, quoting=3)


@pytest.fixture
def run(tmp_path):
    def run(runs, resamples=20, left_out=(), train=("t1",), glosses=None, **options):
        write_manifest(tmp_path / "test.tsv", TEXT)
        write_manifest(tmp_path / "train.tsv", train)
        table = pd.DataFrame(
            [
                {"run": n, "id": clip, "video": video, "score": "-1", "hypothesis": text}
                for n, rows in enumerate(runs)
                for clip, video, text in rows
            ]
        )
        if glosses:
            table["gloss"] = [glosses[clip] for clip in table["id"]]
        table.to_csv(tmp_path / "hypotheses.tsv", sep="\t", index=False, quoting=3)
        rows = ["split\tid\tvideo\treason", *(f"{split}\tx\tv/x\tempty" for split in left_out)]
        (tmp_path / "left_out.tsv").write_text("\n".join(rows) + "\n")
        score.run(
            hypotheses=tmp_path / "hypotheses.tsv",
            manifest=tmp_path / "test.tsv",
            train_manifest=tmp_path / "train.tsv",
            left_out=tmp_path / "left_out.tsv",
            output=tmp_path / "x.bleu",
            texts=tmp_path / "score",
            config=read_settings(score.Config, {"resamples": resamples}),
            **options,
        )
        return json.loads((tmp_path / "x.bleu").read_text(encoding="utf-8"))

    return run


def own(clip, text=None):
    return clip, clip, TEXT[clip][0] if text is None else text


def test_seen_and_unseen_signers_are_scored_apart(run):
    found = run([[own("t3", "regen"), own("t1"), own("t2")]])["scores"]
    del found["not_in_train"]
    assert {name: scores["clips"] for name, scores in found.items()} == {
        "all": 3,
        "seen_signers": 2,
        "unseen_signers": 1,
    }
    assert found["seen_signers"]["bleu4"] == pytest.approx(100)
    assert found["unseen_signers"]["bleu4"] < 1
    assert found["seen_signers"]["bleu4"] > found["all"]["bleu4"] > 0


def test_the_cap_is_the_second_phrasing_against_the_first(run):
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


def test_cautions_of_the_method_stand_wherever_the_score_is_read(run, tmp_path):
    rows = [[own(clip) for clip in TEXT]]
    assert "cautions" not in run(rows)
    caution = "Words of dev and test leak."
    found = run(rows, identity=json.dumps({"cautions": [caution]}))
    assert found["cautions"] == [caution]
    assert found["statement"].endswith(f" {caution}")
    assert f"x.bleu: {caution}" in format_scores([(tmp_path / "x.bleu", found)])


def test_clips_that_decoding_found_to_be_bad_are_counted_with_those_before(run, tmp_path):
    more = {}
    for split, count in (("train", 3), ("dev", 0), ("test", 1)):
        more[f"{split}_left_out"] = path = tmp_path / f"{split}.left_out.tsv"
        lines = ["split\tid\tvideo\treason", *count * [f"{split}\ty\tv/y\tcannot be decoded"]]
        path.write_text("\n".join(lines) + "\n")
    result = run([[own(clip) for clip in TEXT]], left_out=["train", "test"], **more)
    assert result["left_out"] == {"train": 4, "dev": 0, "test": 2}
    assert "2 left out" in result["statement"]


def test_a_score_file_of_before_is_still_shown(run, tmp_path):
    result = run([[own(clip) for clip in TEXT]])
    del result["left_out"]
    assert "100.00" in format_scores([(tmp_path / "x.bleu", result)])


def test_sacrebleu_by_itself_gets_the_same_from_the_texts(run, tmp_path):
    found = run([[own("t1", "am montag regnet es oft"), own("t2"), own("t3", "")]])
    folder = tmp_path / "score"
    assert (folder / "references.txt").read_text().splitlines() == [t for t, _ in TEXT.values()]
    command = [sys.executable, "-m", "sacrebleu", "references.txt", "-i", "hypotheses.txt"]
    for metric, key in (("bleu", "bleu4"), ("chrf", "chrf")):
        options = ["-m", metric, "-b", "-w", "4", *(["--tokenize", "none"] * (metric == "bleu"))]
        printed = subprocess.run(
            [*command, *options], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
        assert float(printed) == found["scores"]["all"][key]


def test_sentences_say_what_training_has_seen_of_them(run, tmp_path):
    run([[own("t1"), own("t2", "in bayern"), own("t3", "")]], train=["t1", "t2"])
    table = read_table(tmp_path / "score" / "sentences.tsv").set_index("id")
    assert list(table.columns) == list(COLUMNS[1:])
    assert table["in_train"].tolist() == ["1", "1", "0"]
    assert table["words"].tolist() == ["6", "6", "7"]
    # In "heute nacht schneit es an der küste", only "es" is in the two training sentences.
    assert table["unseen_words"].tolist() == ["0", "0", "6"]
    assert table.loc["t1", "chrf"] == table.loc["t1", "rouge_l"] == "100.0000"
    assert table.loc["t3", "bleu"] == "0.0000"
    # Two of six words: P = 1, R = 1/3, beta 1.2: 2.44 / 3 / (1 / 3 + 1.44).
    expected = 100 * 2.44 / 3 / (1 / 3 + 1.44)
    assert float(table.loc["t2", "rouge_l"]) == pytest.approx(expected, abs=1e-3)


def test_labels_of_the_clips_stand_beside_their_sentences(run, tmp_path):
    groups = tmp_path / "groups.tsv"
    groups.write_text("id\tgroup\nt9\train\nt2\twind\n", encoding="utf-8")
    run([[own("t1"), own("t2"), own("t3")]], groups=groups)
    table = read_table(tmp_path / "score" / "sentences.tsv")
    assert table["group"].tolist() == ["", "wind", ""]
    groups.write_text("id\tgroup\nt9\train\n", encoding="utf-8")
    run([[own("t1"), own("t2"), own("t3")]], groups=groups)
    assert "group" not in read_table(tmp_path / "score" / "sentences.tsv")
    groups.write_text("id\tgroup\nt2\train\nt2\twind\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"groups\.tsv: id 't2' stands in line 2 and in line 3"):
        run([[own("t1"), own("t2"), own("t3")]], groups=groups)


def test_leaked_sentences_are_counted_and_the_score_without_them_stands_beside(run):
    found = run([[own("t1"), own("t2", "regen"), own("t3", "schnee")]], train=["t1"])
    assert found["in_train"] == {"clips": 1, "sentences": 1}
    assert found["scores"]["not_in_train"]["clips"] == 2
    assert found["scores"]["not_in_train"]["bleu1"] < 1 < found["scores"]["all"]["bleu1"]


def test_nothing_leaked_no_second_score(run):
    found = run([[own(clip) for clip in TEXT]], train=["new"])
    assert found["in_train"] == {"clips": 0, "sentences": 0}
    assert "not_in_train" not in found["scores"]


def test_every_convention_of_the_language_is_stored(run):
    found = run([[own("t1", "Am Montag regnet es im Norden ."), own("t2"), own("t3")]])
    assert found["convention"] == "words"
    each = {name: scores["bleu1"] for name, scores in found["conventions"].items()}
    assert set(each) >= {"words", "words_no_point", "words_lowercase", "13a"}
    assert each["words"] == found["scores"]["all"]["bleu1"]
    # 20 of 20 words except three capitalised ones and a full stop; without it, 20 of 20 but three.
    assert each["words_lowercase"] > each["words_no_point"] > each["words"]
    assert all("rouge_l_beta_pr" in scores for scores in found["conventions"].values())


def test_glosses_have_a_word_error_rate(run):
    rows = [[own(clip) for clip in TEXT]]
    assert "wer" not in run(rows)["scores"]["all"]
    found = run(rows, glosses={"t1": "NULL", "t2": "", "t3": "NULL NULL"})["scores"]["all"]
    assert found["wer"] == pytest.approx(100 * 2 / 3, abs=1e-3)  # one deleted, one inserted, of 3
    low, high = found["wer_interval"]
    assert low < found["wer"] < high


def test_clips_without_glosses_are_neither_right_nor_wrong(run, monkeypatch):
    rows = [[own(clip) for clip in TEXT]]
    monkeypatch.setitem(GLOSSES, "t1", "")
    monkeypatch.setitem(GLOSSES, "t2", "")
    found = run(rows, glosses={"t1": "REGEN", "t2": "", "t3": "NULL NULL"}, resamples=50)
    assert (found["scores"]["all"]["wer"], found["scores"]["all"]["wer_clips"]) == (100.0, 1)
    assert "wer" not in found["scores"]["seen_signers"]


def test_bleurt_is_there_with_a_checkpoint_and_times_100(run, monkeypatch, tmp_path):
    weights = tmp_path / "bleurt" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    asked = []

    def scores(folder, hypotheses, references):
        asked.append((folder, list(hypotheses), list(references)))
        return [0.25, 0.5, 0.75]

    monkeypatch.setattr("sign2text.scoring.bleurt.bleurt_scores", scores)
    rows = [[own(clip) for clip in TEXT]]
    found = run(rows, bleurt=weights)
    texts = [text for text, _ in TEXT.values()]
    assert asked == [(weights.parent, texts, texts)]
    assert found["scores"]["all"]["bleurt"] == 50.0
    low, high = found["scores"]["all"]["bleurt_interval"]
    assert 25 <= low < 50 < high <= 75
    assert found["scores"]["unseen_signers"]["bleurt"] == 75.0
    assert found["bleurt_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert "BLEURT 50.00 [" in found["statement"]
    without = run(rows)
    assert "bleurt" not in without["scores"]["all"] and "bleurt_sha256" not in without


@pytest.mark.parametrize("folder", ["/models/bleurt", "~/bleurt"])
def test_a_folder_of_one_machine_is_refused(folder):
    with pytest.raises(InputError, match="bleurt: found"):
        read_settings(score.Config, {"bleurt": folder})


def test_the_file_says_what_made_it(run):
    identity = {
        "data_set": "avatar",
        "experiment": "fla_llm-seed2",
        "method": "fla_llm",
        "seed": 2,
        "settings": "aaa",
        "settings_without_seed": "bbb",
        "code": "ccc",
    }
    found = run([[own(clip) for clip in TEXT]], identity=json.dumps(identity))
    assert {key: found[key] for key in identity} == identity
    for wrong in ("{", "[]"):
        with pytest.raises(InputError, match=r"--identity: .*, expected a JSON object"):
            run([[own(clip) for clip in TEXT]], identity=wrong)
    said = found["statement"]
    for part in ("fla_llm-seed2 on avatar", "test split, 3 clips (0 left out", "BLEU-4 100.00 [",
                 "tok:none", "20 resamples, seed 1", "training seed 2"):  # fmt: skip
        assert part in said
    assert found["split"] == "test" and found["time"].endswith("+00:00")


def test_the_chosen_checkpoint_stands_in_the_file(run, tmp_path):
    history = tmp_path / "history.tsv"
    epochs = [{"loss": 3.0, "eval_loss": 2.5, "eval_bleu4": 7.25, "epoch": 1.0, "step": 10}]
    epochs += [{"loss": 2.0, "eval_loss": 2.6, "eval_bleu4": 6.5, "epoch": 2.0, "step": 20}]
    write_history(history, history_rows(epochs, chosen=10))
    found = run([[own(clip) for clip in TEXT]], history=history)
    assert found["checkpoint"] == {"epoch": 1.0, "step": 10, "dev_bleu4": 7.25}
    assert run([[own(clip) for clip in TEXT]])["checkpoint"] is None


def test_a_convention_of_another_language_is_refused():
    with pytest.raises(InputError, match='convention is "zh"; for language de one of words'):
        read_settings(score.Config, {"convention": "zh"})


def test_seeds_of_one_experiment_have_mean_and_deviation(run, tmp_path):
    results = []
    for seed, bleu4 in ((1, 20.0), (2, 23.0), (3, 26.0)):
        identity = {"data_set": "avatar", "seed": seed, "settings_without_seed": "bbb"}
        identity["code"] = "ccc"
        result = run([[own(clip) for clip in TEXT]], identity=json.dumps(identity))
        result["scores"]["all"]["bleu4"] = bleu4
        results.append((tmp_path / f"{seed}.bleu", result))
    assert "seeds 1, 2, 3 of one experiment on avatar" in format_scores(results)
    assert "23.00 ± 3.00" in format_scores(results)
    results[1][1]["settings_without_seed"] = "other"
    assert "seeds 1, 3" in format_scores(results)
    assert "of one experiment" not in format_scores(results[:2])
    results[2][1]["code"] = "other"
    assert "of one experiment" not in format_scores(results)


def test_main_scores_are_flat_numbers_for_dvc(run, tmp_path):
    found = run([[own(clip) for clip in TEXT]], output_metrics=tmp_path / "metrics" / "x.json")
    written = json.loads((tmp_path / "metrics" / "x.json").read_text())
    scores = found["scores"]
    assert all(isinstance(value, int | float) for value in written.values())
    assert written["bleu4"] == scores["all"]["bleu4"] and written["clips"] == 3
    assert [written["bleu4_low"], written["bleu4_high"]] == scores["all"]["bleu4_interval"]
    assert written["bleu4_seen_signers"] == scores["seen_signers"]["bleu4"]
