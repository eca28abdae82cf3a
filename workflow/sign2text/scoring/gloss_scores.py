"""Word error rates of glosses, as in a score file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sign2text.scoring.wer import error_rates, wer, wer_statistics

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.scoring.gloss_cleaning import GlossRules

WithInterval = Callable[..., dict[str, Any]]
"""Function of a score's name, the clips' statistics and the score of their sums.

It returns the entries of the score and its interval.
"""


def gloss_scores(
    written: pd.Series | None,
    recognised: pd.Series | None,
    references: pd.Series,
    rules: GlossRules,
    with_interval: WithInterval,
) -> dict[str, Any]:
    """Compute the clips' word error rates, by key of the score file; empty if there are none.

    Clips without reference glosses can be neither right nor wrong, and are omitted.

    Args:
        written: glosses written with the translations, by clip.
        recognised: glosses of the recogniser after its training, before it learned to translate.
        references: the reference glosses, as written.
        rules: the corpus's cleaning rules, used for all rates but `wer_not_cleaned`.
    """
    true = references.map(rules.clean)
    known = true != ""
    if not known.any() or (written is None and recognised is None):
        return {}
    true, found = true[known], {"wer_clips": int(known.sum())}
    if written is not None:
        said, cleaned = written[known], written[known].map(rules.clean)
        counts = wer_statistics(cleaned, true)
        found |= with_interval("wer", counts, wer)
        found |= {f"wer_{name}": round(rate, 4) for name, rate in error_rates(counts).items()}
        not_cleaned = wer_statistics(said, references[known])
        found["wer_not_cleaned"] = round(wer(not_cleaned), 4)
        found["wer_4_3_3"] = round(wer(wer_statistics(cleaned, true, "4/3/3")), 4)
    if recognised is not None:
        counts = wer_statistics(recognised[known].map(rules.clean), true)
        found |= with_interval("wer_recogniser", counts, wer)
    return found


def unknown_glosses(lines: Iterable[str], train: Iterable[str]) -> dict[str, int]:
    """Count a split's glosses that are missing from the training split.

    No recogniser trained on that split can find them.

    Returns:
        `types`, the number of different ones, and `occurrences`, their total number.
    """
    known = {gloss for line in train for gloss in line.split()}
    counts = Counter(gloss for line in lines for gloss in line.split() if gloss not in known)
    return {"types": len(counts), "occurrences": counts.total()}
