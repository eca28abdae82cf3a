"""A score in a sentence, and the format of seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sign2text.scoring.metrics import FURTHER_METRICS, METRICS


def statement(result: Mapping[str, Any], convention: str) -> str:
    """Write a sentence for a paper: the scores, their intervals and how they were computed."""
    scores = result["scores"]["all"]
    parts = [
        f"{name} {scores[key]:.2f}{_between(scores.get(f'{key}_interval'))}"
        for key, name in (METRICS | FURTHER_METRICS).items()
        if key in scores
    ]
    if "bleu4_range" in scores:
        low, high = scores["bleu4_range"]
        parts.append(f"BLEU-4 of the {scores['runs']} runs {low:.2f} to {high:.2f}")
    name = f"{score_name(result) or 'hypotheses'} on {result['data_set'] or 'a data set'}"
    control = f" (control: {result['control']})" if result["control"] else ""
    resampling = result["resampling"]
    how = (
        f"; 95 % bootstrap intervals over clips, {resampling['resamples']} resamples, seed "
        f"{resampling['seed']}"
        if resampling["resamples"] and not result["control"]
        else ""
    )
    leaked = result["in_train"]["clips"]
    return (
        f"{name}{control}, {result['split']} split, {result['clips']} clips "
        f"({result['left_out'].get(result['split'], 0)} left out, {leaked} with a sentence that is "
        f"in train): {', '.join(parts)}. {convention}; "
        f"sacrebleu {scores['signature']['bleu']}{how}; training seed {shown_seed(result['seed'])}."
        f"{_glosses(result, scores)}{''.join(f' {each}' for each in result.get('cautions', ()))}"
    )


def score_name(result: Mapping[str, Any]) -> str | None:
    """Return the name of a score as comparisons list it; None for hypotheses of no experiment.

    >>> score_name({"experiment": "scaling_slt", "language": "en"})
    'scaling_slt/en'
    """
    name, language = result["experiment"], result.get("language")
    return f"{name}/{language}" if name and language else name


def shown_seed(seed: int | Mapping[str, int] | None) -> str:
    """Format a seed, or the stages' seeds if they differ.

    >>> shown_seed(1), shown_seed({"visual_init": 1, "finetune_llm": 2}), shown_seed({})
    ('1', 'finetune_llm 2, visual_init 1', 'none')
    """
    if isinstance(seed, Mapping):
        return ", ".join(f"{stage} {each}" for stage, each in sorted(seed.items())) or "none"
    return str(seed)


def _glosses(result: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Describe the components and cleaning rules of the glosses' word error rate."""
    if "wer" not in scores:
        return ""
    kinds = ("substitutions", "deletions", "insertions")
    parts = ", ".join(f"{kind} {scores[f'wer_{kind}']:.2f}" for kind in kinds)
    return (
        f" Gloss WER in percent of {scores['wer_clips']} clips: {parts}, each counted once; "
        f"cleaning rules: {result['gloss_cleaning']}."
    )


def _between(interval: Sequence[float] | None) -> str:
    return f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else ""
