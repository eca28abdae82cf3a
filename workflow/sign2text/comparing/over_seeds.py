"""A comparison over training seeds: means, deviations, and intervals over clips and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sign2text.comparing.compared import Compared, check_score
from sign2text.comparing.comparison_tables import signed
from sign2text.comparing.members import Members
from sign2text.comparing.score_runs import measure
from sign2text.comparing.seed_interval import OVER_CLIPS, interval_of_difference, over
from sign2text.scoring.bleu import Statistics
from sign2text.scoring.metrics import METRICS

if TYPE_CHECKING:
    import numpy as np

    from sign2text.scoring.conventions import Convention

_TRACED = ("method", "seed", "settings", "settings_without_seed", "code", "time")


@dataclass(frozen=True, eq=False)
class ScoredMember:
    """A member with the scores of its runs, by metric."""

    runs: Sequence[Compared]
    whole: Mapping[str, np.ndarray]
    """Scores on all clips, [runs]."""
    sets: Mapping[str, np.ndarray]
    """Scores on the resampled test sets, [runs, sets]."""

    @property
    def name(self) -> str:
        return self.runs[0].name


def over_seeds(
    result: Mapping[str, Any],
    members: Members,
    statistics: Mapping[str, Statistics],
    convention: Convention,
    config: Any,
) -> dict[str, Any]:
    """Make the entry `over_seeds` of compare.json (docs/compare.md).

    Args:
        result: the comparison of the members' first runs, source of the facts in all statements.
        members: the members from `into_members`, the baseline first.
        statistics: statistics of the first runs, by name.
        config: the `Config` of the stage compare; the resampled test sets are the same as in the
            comparison of the first runs.

    Raises:
        InputError: a score file and its sentences are from different runs.
    """
    from sign2text.scoring.bootstrap import draws

    counts = draws(len(members[0][0].sentences), config.resamples, config.seed)
    scored = [_scored(runs, statistics, convention, counts) for runs in members]
    base, *others = scored
    found = {member.name: _member(member) for member in scored}
    differences = {member.name: _differences(member, base, config.seed) for member in others}
    return {
        "statements": {
            name: _statement(result, found, metrics["bleu4"], name)
            for name, metrics in differences.items()
            if metrics["bleu4"]["over"] != OVER_CLIPS
        },
        "members": found,
        "differences": differences,
    }


def _scored(
    runs: Sequence[Compared],
    statistics: Mapping[str, Statistics],
    convention: Convention,
    counts: np.ndarray,
) -> ScoredMember:
    """Score each run on all clips and on each resampled test set."""
    import numpy as np

    whole, sets = [], []
    for run in runs:
        counted = statistics.get(run.name) or Statistics(run.hypotheses, run.references, convention)
        whole.append(counted.scores())
        check_score(run, whole[-1]["bleu4"])
        sets.append(counted.resampled(counts))
    by_metric = (
        {metric: np.array([scores[metric] for scores in each]) for metric in METRICS}
        for each in (whole, sets)
    )
    return ScoredMember(runs, *by_metric)


def _member(member: ScoredMember) -> dict[str, Any]:
    """Make a member's entry in compare.json: the scores of each run, means and deviations."""
    measured = {metric: measure(scores.tolist()) for metric, scores in member.whole.items()}
    runs = {
        run.name: {
            "score_file": run.path.as_posix(),
            **{key: run.result[key] for key in _TRACED},
            "scores": {
                metric: round(float(scores[place]), 4) for metric, scores in member.whole.items()
            },
        }
        for place, run in enumerate(member.runs)
    }
    deviations = {metric: each.deviation for metric, each in measured.items()}
    return {
        "runs": runs,
        "mean": {metric: round(each.mean, 4) for metric, each in measured.items()},
        "deviation": {metric: round(each, 4) for metric, each in deviations.items()}
        if len(runs) > 1
        else None,
    }


def _differences(member: ScoredMember, base: ScoredMember, seed: int) -> dict[str, Any]:
    """Compute the difference of means from the baseline and its interval, by metric."""
    found = {}
    for metric in METRICS:
        ours, theirs = member.whole[metric], base.whole[metric]
        low, high = interval_of_difference(
            ours, theirs, member.sets[metric], base.sets[metric], seed=seed
        )
        found[metric] = {
            "difference": round(float(ours.mean() - theirs.mean()), 4),
            "interval": [round(low, 4), round(high, 4)],
            "over": over(len(ours), len(theirs)),
        }
    return found


def _statement(
    result: Mapping[str, Any],
    members: Mapping[str, Any],
    found: Mapping[str, Any],
    name: str,
) -> str:
    """Write a sentence for a paper: means over seeds, and their difference.

    `found` is the BLEU-4 entry of `_differences`.
    """
    base, settings = result["baseline"], result["settings"]
    counts = {each: len(members[each]["runs"]) for each in (name, base)}
    low, high = found["interval"]
    if counts[name] == counts[base]:
        trained = f"{counts[name]} seeds each"
    else:
        trained = " and ".join(
            f"{count} seed{'s' * (count != 1)} of {each}" for each, count in counts.items()
        )
    freedom = sum(counts.values()) - 2
    return (
        f"Over {trained}, {name} against {base} on {result['data_set']}, {result['split']} split, "
        f"{result['clips']} clips ({result['left_out']} left out): BLEU-4 "
        f"{mean_text(members[name], 'bleu4')} against {mean_text(members[base], 'bleu4')} (mean ± "
        f"standard deviation over seeds), difference of means {signed(found['difference'])} "
        f"[{signed(low)}, {signed(high)}] (95 % interval over {found['over']}: paired bootstrap "
        f"over clips, {settings['resamples']} resamples, seed {settings['seed']}, with Student's t "
        f"over seeds, {freedom} degree{'s' * (freedom != 1)} of freedom). "
        f"Convention: {result['convention_description']}; sacrebleu {result['signature']['bleu']}."
    )


def mean_text(member: Mapping[str, Any], metric: str) -> str:
    """Format the mean and deviation of a member's runs, or the score of a single run.

    >>> mean_text({"mean": {"bleu4": 38.5}, "deviation": {"bleu4": 0.25}}, "bleu4")
    '38.50 ± 0.25'
    >>> mean_text({"mean": {"bleu4": 38.5}, "deviation": None}, "bleu4")
    '38.50'
    """
    spread = "" if member["deviation"] is None else f" ± {member['deviation'][metric]:.2f}"
    return f"{member['mean'][metric]:.2f}{spread}"
