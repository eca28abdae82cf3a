"""Scores and translations as text for a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.scoring.metrics import FURTHER_METRICS
from sign2text.scoring.score_reader import make_again
from sign2text.scoring.statement import shown_seed
from sign2text.scoring.written_language import ACCURACY, EMPTY

GROUPS = {
    "all": "all test clips",
    "seen_signers": "signers seen in training",
    "unseen_signers": "unseen signers",
    "not_in_train": "sentence not in train",
}
SHOWN = ("clips", "bleu1", "bleu4")
"""Keys that each line needs from a group."""
# Keys that are equal for two seeds of one experiment.
_SAME = (
    "data_set", "settings_without_seed", "convention", "code", "control", "left_out", "language",
)  # fmt: skip
Results = Sequence[tuple[Path, dict[str, Any]]]


def format_scores(results: Results) -> str:
    """Make a table with a line per score file and group of clips, then the first file's examples.

    Raises InputError if a group of clips has no scores to show.
    """
    lines = [
        f"{'target':<40} {'clips':<26} {'n':>4} {'BLEU-1':>7} {'BLEU-4':>7} {'95 % interval':>15} "
        f"{'ROUGE-L':>7} {'cap':>6} {'of cap':>7}"
    ]
    for path, result in results:
        for group, scores in result["scores"].items():
            lines.append(_format_line(path, GROUPS.get(group, group), scores))
    if notes := [*_notes(results), *_seeds(results)]:
        lines += ["", *notes]
    path, first = results[0]
    if first.get("examples"):
        lines += ["", f"Some translations of {path}:"]
        for example in first["examples"]:
            lines += [
                f"  {example['id']} ({example['signer']})",
                f"    reference   {example['reference']}",
                f"    hypothesis  {example['hypothesis']}",
            ]
    return "\n".join(lines)


def _notes(results: Results) -> Iterator[str]:
    if any(scores.get("cap_bleu4") for _, r in results for scores in r["scores"].values()):
        yield "cap: BLEU-4 of a second true sentence for the same meaning against the first."
    for path, result in results:
        name = f"{path.parent.name}/{path.name}" if "language" in result else path.name
        if "convention" in result:
            yield (
                f"{name}: {result.get('split')} split, convention {result['convention']}, "
                f"seed {shown_seed(result.get('seed'))}, settings {result.get('settings')}."
            )
        if result.get("control"):
            yield f"{name}: control, {result['control']}; mean, and range of the runs."
        if "all" in result["scores"] and (errors := _errors(result["scores"]["all"])):
            yield f"{name}: {errors}."
        if "all" in result["scores"] and (written := _written(result)):
            yield f"{name}: {written}."
        if any(result.get("left_out", {}).values()):
            missing = ", ".join(f"{n:,} of {split}" for split, n in result["left_out"].items())
            yield f"{name}: clips left out as unusable: {missing}."
        for caution in result.get("cautions", ()):
            yield f"{name}: {caution}"
        if leaked := result.get("in_train", {}).get("clips"):
            yield f"{name}: {leaked:,} of the clips have a sentence that is also in train."


def _errors(scores: dict[str, Any]) -> str:
    """Format the word error rates of glosses; empty if there are none."""
    found = []
    for key in ("wer", "wer_recogniser"):
        if key in scores:
            low_high = scores.get(f"{key}_interval")
            between = f" ({low_high[0]:.2f} - {low_high[1]:.2f})" if low_high else ""
            found.append(f"{FURTHER_METRICS[key]} {scores[key]:.2f}{between}")
    kinds = ("substitutions", "deletions", "insertions")
    parts = [f"{kind} {scores[f'wer_{kind}']:.2f}" for kind in kinds if f"wer_{kind}" in scores]
    return ", ".join(found + parts)


def _written(result: dict[str, Any]) -> str:
    """Format the scores of the hypotheses' language; empty if there are none."""
    scores = result["scores"]["all"]
    found = [
        f"{FURTHER_METRICS[key]} {scores[key]:.1f} %" for key in (ACCURACY, EMPTY) if key in scores
    ]
    language = f"language {result['language']}, " if "language" in result else ""
    return f"{language}{', '.join(found)}" if found else ""


def _seeds(results: Results) -> Iterator[str]:
    """Report mean and standard deviation of experiments that differ only in the seed."""
    same: dict[tuple, dict[str, float]] = {}
    for _, result in results:
        if result.get("settings_without_seed") and "all" in result["scores"]:
            key = tuple(str(result.get(name)) for name in _SAME)
            seed = shown_seed(result.get("seed"))
            same.setdefault(key, {})[seed] = result["scores"]["all"]["bleu4"]
    for (dataset, settings, *_), scores in same.items():
        if len(scores) > 1:
            values = list(scores.values())
            yield (
                f"seeds {', '.join(scores)} of one experiment on {dataset} (settings but for the "
                f"seed {settings}): BLEU-4 of all test clips {statistics.fmean(values):.2f} ± "
                f"{statistics.stdev(values):.2f}, mean and standard deviation."
            )


def _format_line(path: Path, group: str, scores: dict[str, Any]) -> str:
    if missing := [key for key in SHOWN if key not in scores]:
        raise InputError(
            f"{path}: the scores of {group} have no {', '.join(missing)}. {make_again(path)}"
        )
    low, high = scores.get("bleu4_interval") or scores.get("bleu4_range") or (None, None)
    between = "" if low is None else f"{low:.2f} - {high:.2f}"
    rouge = f"{scores['rouge_l']:.2f}" if "rouge_l" in scores else ""
    cap, share = scores.get("cap_bleu4"), scores.get("share_of_cap")
    line = (
        f"{path!s:<40} {group:<26} {scores['clips']:>4} {scores['bleu1']:>7.2f} "
        f"{scores['bleu4']:>7.2f} {between:>15} {rouge:>7}"
    )
    if cap is not None:
        line += f" {cap:>6.2f} {'' if share is None else format(share, '.0%'):>7}"
    return line.rstrip()
