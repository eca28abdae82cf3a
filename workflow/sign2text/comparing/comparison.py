"""A comparison of experiments as JSON values: the contents of compare.json (docs/compare.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sign2text.comparing.compared import Compared, check_score
from sign2text.comparing.comparison_tables import shown_p, signed
from sign2text.comparing.members import Members, seed_notes
from sign2text.comparing.over_seeds import over_seeds
from sign2text.scoring.bleu import Statistics, with_intervals
from sign2text.scoring.by_group import find_groups
from sign2text.scoring.conventions import CONVENTIONS, Convention
from sign2text.scoring.metrics import LEVEL, SENTENCE_METRICS
from sign2text.scoring.sentence_table import COUNTS
from sign2text.scoring.significance import TESTS, differences, paired_test, wins

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_TRACED = (
    "method", "seed", "settings", "settings_without_seed", "code", "time", "control", "runs",
)  # fmt: skip


def make_comparison(
    name: str, members: Members, convention: Convention, config: Any
) -> dict[str, Any]:
    """Compute all results of a comparison; the first experiment is the baseline.

    Args:
        name: name of the comparison.
        members: the runs of each experiment, from `into_members`. The first run represents the
            experiment; if it has several, they are also compared over seeds.
        convention: the convention of the score files.
        config: the `Config` of the stage compare.

    Raises:
        InputError: a score file and its sentences are from different runs.
    """
    compared = [runs[0] for runs in members]
    base, *others = compared
    statistics = {
        each.name: Statistics(each.hypotheses, each.references, convention) for each in compared
    }
    whole = _scored(statistics, base.name, config)
    for each in compared:
        check_score(each, whole["scores"][each.name]["bleu4"])
    result = {
        "comparison": name,
        "data_set": base.result["data_set"],
        "split": base.result["split"],
        "clips": len(base.sentences),
        "left_out": base.result["left_out"].get(base.result["split"], 0),
        "convention": convention.name,
        "convention_description": convention.description,
        "signature": statistics[base.name].signature,
        "resampling": {"resamples": config.resamples, "seed": config.seed, "level": LEVEL},
        "settings": asdict(config),
        "baseline": base.name,
        "experiments": {
            each.name: {
                "score_file": each.path.as_posix(),
                **{key: each.result[key] for key in _TRACED},
                "scores": whole["scores"][each.name],
            }
            for each in compared
        },
        "differences": whole["differences"],
        "tests": {each.name: _tests(base, each, convention, config) for each in others},
        "sentences": {
            each.name: {
                metric: wins(base.sentences[metric].to_numpy(), each.sentences[metric].to_numpy())
                for metric in SENTENCE_METRICS
            }
            for each in others
        },
        "groups": _groups(base, statistics, config),
    }
    several = any(len(runs) > 1 for runs in members)
    seeds = over_seeds(result, members, statistics, convention, config) if several else None
    return {
        "statements": {each.name: statement(result, each.name) for each in others},
        "notes": [*seed_notes(members), *notes(compared)],
        **({"over_seeds": seeds} if several else {}),
        **result,
    }


def convention_of(compared: Sequence[Compared]) -> Convention:
    """Return the convention of the score files; raise InputError if it is unknown."""
    from sign2text.ground.errors import InputError

    base = compared[0]
    name = base.result["convention"]
    if name not in CONVENTIONS:
        raise InputError(
            f"{base.path}: convention is {name!r}, expected one of {', '.join(CONVENTIONS)}; "
            "score again with one of these"
        )
    return CONVENTIONS[name]


def _tests(
    base: Compared, other: Compared, convention: Convention, config: Any
) -> dict[str, dict[str, Any]]:
    """Run each kind of paired test of `other` against the baseline, over all clips."""
    repeats = {"randomisation": config.trials, "bootstrap": config.resamples}
    return {
        kind: paired_test(
            kind,
            base.hypotheses,
            other.hypotheses,
            base.references,
            convention,
            repeats=repeats[kind],
            seed=config.seed,
        )
        for kind in TESTS
    }


def _groups(base: Compared, statistics: dict[str, Statistics], config: Any) -> list[dict[str, Any]]:
    """Score each group of clips; the baseline's sentences define the groups."""
    return [
        {
            "by": group.by,
            "group": group.name,
            "clips": len(group.members),
            "small": len(group.members) < config.small_group,
            **_scored(
                {name: each.of(group.members) for name, each in statistics.items()},
                base.name,
                config,
            ),
        }
        for group in find_groups(base.sentences, config.length_bins)
    ]


def _scored(statistics: dict[str, Statistics], baseline: str, config: Any) -> dict[str, Any]:
    """Score each system and its difference from the baseline, over the same resampled sets."""
    from sign2text.scoring.bootstrap import draws

    clips = len(statistics[baseline].rouge_l)
    counts = draws(clips, config.resamples, config.seed)
    values = {name: each.scores() for name, each in statistics.items()}
    resampled: dict[str, dict[str, np.ndarray]] = {
        name: each.resampled(counts) for name, each in statistics.items()
    }
    return {
        "scores": {name: with_intervals(values[name], resampled[name]) for name in statistics},
        "differences": {
            name: differences(values[baseline], values[name], resampled[baseline], resampled[name])
            for name in statistics
            if name != baseline
        },
    }


def statement(result: dict[str, Any], name: str) -> str:
    """Write a sentence for a paper: the difference in BLEU-4, its interval and its p-value."""
    base, settings = result["baseline"], result["settings"]
    found = result["differences"][name]["bleu4"]
    low, high = found["interval"]
    scores = {each: result["experiments"][each]["scores"]["bleu4"] for each in (base, name)}
    p = result["tests"][name]["randomisation"]["bleu4"]["p"]
    return (
        f"{name} against {base} on {result['data_set']}, {result['split']} split, "
        f"{result['clips']} clips ({result['left_out']} left out): BLEU-4 {scores[name]:.2f} "
        f"against {scores[base]:.2f}, difference {signed(found['difference'])} "
        f"[{signed(low)}, {signed(high)}] (95 % paired bootstrap interval over clips, "
        f"{settings['resamples']} resamples), p = {shown_p(p)} (two-sided paired approximate "
        f"randomisation, {settings['trials']} trials; seed {settings['seed']}). "
        f"Convention: {result['convention_description']}; sacrebleu {result['signature']['bleu']}."
    )


def notes(compared: Sequence[Compared]) -> list[str]:
    """Write the notes that a reader needs to interpret the comparison, one sentence each."""
    base, *others = compared
    found = [
        f"{each.name} is a control ({each.result['control']}) and takes part with the first of its "
        f"{each.result['runs']} runs; the score file {each.path.name} has means over all runs."
        for each in compared
        if each.result["control"] is not None
    ]
    for each in others:
        if each.result["settings"] == base.result["settings"]:
            found.append(f"{each.name} has the same settings and seed as {base.name}.")
        elif each.result["settings_without_seed"] == base.result["settings_without_seed"]:
            found.append(
                f"{each.name} and {base.name} differ in nothing but the seed of training: a "
                "difference between them is what chance does."
            )
        if any(
            (each.sentences[column] != base.sentences[column]).any()
            for column in ("unseen_words", "in_train")
        ):
            found.append(
                f"{each.name} was trained on other text than {base.name}: what training saw is "
                "counted by the baseline's."
            )
    return found


def wide_table(compared: Sequence[Compared]) -> pd.DataFrame:
    """Make a table with a row per clip: its facts, and each experiment's hypothesis and scores.

    Columns: id, signer, reference, words, unseen_words, in_train; then for each experiment
    `<experiment>:hypothesis`, `:bleu`, `:chrf` and `:rouge_l`.
    """
    import pandas as pd

    base = compared[0].sentences
    columns = {name: base[name] for name in ("signer", "reference", *COUNTS)}
    for each in compared:
        columns[f"{each.name}:hypothesis"] = each.sentences["hypothesis"]
        for metric in ("bleu", "chrf", "rouge_l"):
            columns[f"{each.name}:{metric}"] = each.sentences[metric].map("{:.4f}".format)
    return pd.DataFrame(columns).reset_index(names="id")
