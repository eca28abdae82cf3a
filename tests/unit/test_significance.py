import os
import random
import re
import subprocess
import sys

import numpy as np
import pytest

from sign2text.scoring.bleu import Statistics, corpus_scores, with_intervals
from sign2text.scoring.bootstrap import draws
from sign2text.scoring.conventions import CONVENTIONS
from sign2text.scoring.metrics import METRICS
from sign2text.scoring.significance import differences, paired_test, wins

WORDS = CONVENTIONS["words"]
VOCABULARY = [f"w{number}" for number in range(60)]


def corpus(clips, *shares, seed=1):
    """References, and hypotheses of systems with that share of words exchanged."""
    of = random.Random(seed)
    references = [" ".join(of.choices(VOCABULARY, k=of.randint(4, 16))) for _ in range(clips)]
    systems = [
        [
            " ".join(w if of.random() > share else of.choice(VOCABULARY) for w in text.split())
            for text in references
        ]
        for share in shares
    ]
    return references, *systems


def difference(base, system, references, resamples=200, seed=1):
    statistics = [Statistics(texts, references, WORDS) for texts in (base, system)]
    counts = draws(len(references), resamples, seed)
    return differences(
        *(each.scores() for each in statistics), *(each.resampled(counts) for each in statistics)
    )


def both_tests(base, system, references, repeats=500, seed=1):
    return {
        kind: paired_test(kind, base, system, references, WORDS, repeats=repeats, seed=seed)
        for kind in ("randomisation", "bootstrap")
    }


def test_equal_systems_do_not_differ():
    references, base = corpus(40, 0.4)
    for found in difference(base, list(base), references).values():
        assert found == {"difference": 0.0, "interval": [0.0, 0.0]}
    for found in both_tests(base, list(base), references).values():
        for metric in ("bleu4", "chrf"):
            assert found[metric]["p"] == 1.0
            # What sacrebleu says of them, and why p counts equal differences too.
            assert found[metric]["p_sacrebleu"] == round(1 / 501, 6)


def test_one_clip_alone_shows_nothing():
    # Every trial gives this clip to the one or to the other: the difference is always the same.
    references, base = corpus(40, 0.4)
    system = [references[0], *base[1:]]
    assert system[0] != base[0]
    found = both_tests(base, system, references)["randomisation"]["bleu4"]
    assert (found["p"], found["p_sacrebleu"]) == (1.0, round(1 / 501, 6))


def test_two_clips_are_exchanged_together_every_second_time():
    # Four equal outcomes, two of which have both clips on one side: about half of all trials.
    references, base = corpus(40, 0.4)
    system = [*references[:2], *base[2:]]
    found = both_tests(base, system, references, repeats=2000)["randomisation"]["bleu4"]
    assert found["p"] == pytest.approx(0.5, abs=0.04)


def test_a_clearly_better_system_is_found():
    references, base, system = corpus(60, 0.6, 0.2)
    found = difference(base, system, references)
    assert list(found) == list(METRICS)
    for each in found.values():
        low, high = each["interval"]
        assert 0 < low < each["difference"] < high
    for test in both_tests(base, system, references).values():
        assert all(test[metric]["p"] < 0.05 for metric in ("bleu4", "chrf"))


def test_differences_change_sign_with_the_order():
    references, base, system = corpus(30, 0.5, 0.4)
    there, back = (difference(*pair, references) for pair in ((base, system), (system, base)))
    for metric in METRICS:
        low, high = there[metric]["interval"]
        assert back[metric]["difference"] == -there[metric]["difference"]
        assert back[metric]["interval"] == pytest.approx([-high, -low], abs=1e-3)


@pytest.mark.parametrize(("kind", "option"), [("randomisation", "ar"), ("bootstrap", "bs")])
def test_p_is_that_of_the_command_of_sacrebleu(tmp_path, kind, option):
    references, base, system = corpus(50, 0.45, 0.35)
    for name, texts in (("references", references), ("base", base), ("system", system)):
        (tmp_path / name).write_text("\n".join(texts) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", "references", "-i", "base", "system"]
    command += ["-m", "bleu", "chrf", "-tok", "none", "-f", "text", f"--paired-{option}"]
    done = subprocess.run(
        [*command, f"--paired-{option}-n", "300"],
        cwd=tmp_path,
        env={**os.environ, "SACREBLEU_SEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [float(number) for number in re.findall(r"\(p = ([0-9.]+)\)", done.stdout)]
    ours = paired_test(kind, base, system, references, WORDS, repeats=300, seed=7)
    for metric, p in zip(("bleu4", "chrf"), printed, strict=True):
        assert ours[metric]["p_sacrebleu"] == pytest.approx(p, abs=5e-5)
        # No trial came out equal here, so both ways of counting are one.
        assert ours[metric]["p"] == ours[metric]["p_sacrebleu"]
        assert f"{option}:300|seed:7" in ours[metric]["signature"]


def test_the_seed_of_the_environment_is_put_back(monkeypatch):
    references, base, system = corpus(10, 0.5, 0.4)
    monkeypatch.setenv("SACREBLEU_SEED", "5")
    first = both_tests(base, system, references, repeats=50)
    assert os.environ["SACREBLEU_SEED"] == "5"
    monkeypatch.delenv("SACREBLEU_SEED")
    assert both_tests(base, system, references, repeats=50) == first
    assert "SACREBLEU_SEED" not in os.environ
    assert both_tests(base, system, references, repeats=50, seed=2) != first


def test_scores_and_intervals_are_those_of_a_score_file():
    references, base = corpus(30, 0.4)
    statistics = Statistics(base, references, WORDS)
    found = with_intervals(statistics.scores(), statistics.resampled(draws(30, 100, 3)))
    expected = corpus_scores(base, [[text] for text in references], WORDS, resamples=100, seed=3)
    assert {key: expected[key] for key in found} == found
    part = statistics.of(np.array([2, 5, 11]))
    of_part = corpus_scores(
        [base[n] for n in (2, 5, 11)], [[references[n]] for n in (2, 5, 11)], WORDS
    )
    assert part.scores() == pytest.approx({key: of_part[key] for key in METRICS}, abs=1e-4)
    assert statistics.signature == expected["signature"]


def test_conventions_change_what_is_tested():
    references = ["am Abend regnet es .", "im Norden schneit es .", "die Sonne scheint ."] * 4
    without = [text.removesuffix(" .") for text in references]
    as_written, no_point = (
        paired_test("bootstrap", without, references, references, way, repeats=50, seed=1)
        for way in (WORDS, CONVENTIONS["words_no_point"])
    )
    assert as_written["bleu4"]["p"] < 0.05
    assert no_point["bleu4"]["p"] == 1.0
    assert "final_point:no" in no_point["bleu4"]["signature"]
    assert "final_point" not in as_written["bleu4"]["signature"]


def test_empty_hypotheses_score_nothing():
    references, base = corpus(12, 0.4)
    found = difference(base, [""] * 12, references)
    assert found["bleu4"]["difference"] == pytest.approx(
        -Statistics(base, references, WORDS).scores()["bleu4"], abs=1e-4
    )
    assert found["chrf"]["difference"] < 0


def test_wins_losses_and_ties_are_of_the_system():
    base, system = np.array([1.0, 2.0, 3.0, 3.0]), np.array([2.0, 1.0, 3.0, 4.0])
    assert wins(base, system) == {"wins": 2, "losses": 1, "ties": 1}
