"""A comparison over training seeds: means, deviations, intervals over clips and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sign2text.comparing.compared import Compared, check_score
from sign2text.comparing.comparison_tables import signed
from sign2text.comparing.score_runs import ScoreRun, check_seeds, measure
from sign2text.comparing.seed_interval import OVER_CLIPS, interval_of_difference, over
from sign2text.scoring.bleu import Statistics
from sign2text.scoring.metrics import METRICS

if TYPE_CHECKING:
    import numpy as np

    from sign2text.scoring.conventions import Convention

Members = Sequence[Sequence[Compared]]
_TRACED = ("method", "seed", "settings", "settings_without_seed", "code", "time")


def into_members(compared: Sequence[Compared], runs: Sequence[int], where: str) -> Members:
    """The runs of each member, the one that stands for it first.

    Args:
        compared: all runs, those of one member behind each other.
        runs: how many each member has; none: each run is a member of its own.
        where: the comparison's key in config.yaml, for messages.

    Raises:
        InputError: the counts do not add up, or the runs of one member are not seeds of one
            experiment.
    """
    from sign2text.ground.errors import InputError

    if not runs:
        return [[each] for each in compared]
    if len(runs) < 2 or min(runs) < 1 or sum(runs) != len(compared):
        raise InputError(
            f"--runs: found {' '.join(map(str, runs))}, expected for each of two or more members "
            f"how many runs it has, {len(compared)} together, as --scores names files"
        )
    waiting = iter(compared)
    members = [[next(waiting) for _ in range(count)] for count in runs]
    for member in members:
        check_seeds([ScoreRun(each.path.as_posix(), each.result) for each in member], where)
    return members


def over_seeds(
    result: Mapping[str, Any],
    members: Members,
    statistics: Mapping[str, Statistics],
    convention: Convention,
    config: Any,
) -> dict[str, Any]:
    """What compare.json has under `over_seeds` (docs/compare.md).

    Args:
        result: the comparison of the members' first runs, for what all statements say.
        members: as `into_members` gives them, the baseline first.
        statistics: of the first runs, by name.
        config: the `Config` of the stage compare; the resampled test sets are those of the
            comparison of the first runs.

    Raises:
        InputError: a score file does not belong to the sentences beside it.
    """
    import numpy as np

    from sign2text.scoring.bootstrap import draws

    counts = draws(len(members[0][0].sentences), config.resamples, config.seed)
    found, whole, sets = {}, {}, {}
    for member in members:
        name = member[0].name
        scored = [_scored(each, statistics, convention, counts) for each in member]
        whole[name] = {
            metric: np.array([scores[metric] for scores, _ in scored]) for metric in METRICS
        }
        sets[name] = {
            metric: np.array([resampled[metric] for _, resampled in scored]) for metric in METRICS
        }
        found[name] = _member(member, [scores for scores, _ in scored])
    base, *others = found
    differences = {
        name: {
            metric: _difference(
                *(whole[name][metric], whole[base][metric]),
                *(sets[name][metric], sets[base][metric]),
                seed=config.seed,
            )
            for metric in METRICS
        }
        for name in others
    }
    return {
        "statements": {
            name: _statement(result, found, differences, name)
            for name in others
            if differences[name]["bleu4"]["over"] != OVER_CLIPS
        },
        "members": found,
        "differences": differences,
    }


def _member(runs: Sequence[Compared], scores: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """What is said of a member: each run with its scores, their means and deviations."""
    measured = {metric: measure([each[metric] for each in scores]) for metric in METRICS}
    return {
        "runs": {
            run.name: {
                "score_file": run.path.as_posix(),
                **{key: run.result[key] for key in _TRACED},
                "scores": {metric: round(each[metric], 4) for metric in METRICS},
            }
            for run, each in zip(runs, scores, strict=True)
        },
        "mean": {metric: round(each.mean, 4) for metric, each in measured.items()},
        "deviation": {metric: round(each.deviation, 4) for metric, each in measured.items()}
        if len(runs) > 1
        else None,
    }


def _scored(
    run: Compared,
    statistics: Mapping[str, Statistics],
    convention: Convention,
    counts: np.ndarray,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """A run's scores of all clips, and those of the resampled test sets."""
    counted = statistics.get(run.name) or Statistics(run.hypotheses, run.references, convention)
    scores = counted.scores()
    check_score(run, scores["bleu4"])
    return scores, counted.resampled(counts)


def _difference(
    ours: np.ndarray,
    base: np.ndarray,
    resampled: np.ndarray,
    resampled_base: np.ndarray,
    *,
    seed: int,
) -> dict[str, Any]:
    low, high = interval_of_difference(ours, base, resampled, resampled_base, seed=seed)
    return {
        "difference": round(float(ours.mean() - base.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
        "over": over(len(ours), len(base)),
    }


def _statement(
    result: Mapping[str, Any],
    members: Mapping[str, Any],
    differences: Mapping[str, Any],
    name: str,
) -> str:
    """A sentence that can be pasted into a paper: means over seeds, and their difference."""
    base, settings = result["baseline"], result["settings"]
    counts = {each: len(members[each]["runs"]) for each in (name, base)}
    found = differences[name]["bleu4"]
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
    """Mean and deviation of a member's runs, or the score of a single one.

    >>> mean_text({"mean": {"bleu4": 38.5}, "deviation": {"bleu4": 0.25}}, "bleu4")
    '38.50 ± 0.25'
    >>> mean_text({"mean": {"bleu4": 38.5}, "deviation": None}, "bleu4")
    '38.50'
    """
    spread = "" if member["deviation"] is None else f" ± {member['deviation'][metric]:.2f}"
    return f"{member['mean'][metric]:.2f}{spread}"


def seed_notes(members: Members) -> list[str]:
    """What is of the first run of a member alone, a sentence for each member of several runs."""
    from sign2text.scoring.statement import shown_seed

    return [
        f"{first.name} has {1 + len(further)} runs. Tests, groups of clips, sentences and "
        f"translations are of the first one alone, seed {shown_seed(first.result['seed'])}; all of "
        "them are in the comparison over seeds."
        for first, *further in members
        if further
    ]
