"""Word error rates of glosses, as a score file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sign2text.scoring.wer import error_rates, wer, wer_statistics

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.scoring.gloss_cleaning import GlossRules

WithInterval = Callable[..., dict[str, Any]]
"""Given a score's name, the clips' statistics and the score of their sums: score and interval."""


def gloss_scores(
    written: pd.Series | None,
    recognised: pd.Series | None,
    references: pd.Series,
    rules: GlossRules,
    with_interval: WithInterval,
) -> dict[str, Any]:
    """Word error rates of some clips, by their keys in a score file; empty where there are none.

    Clips whose glosses nobody wrote down can be neither right nor wrong, and are left out.

    Args:
        written: glosses that came with the translations, by clip.
        recognised: those of the recogniser after its own training, before it learned to translate.
        references: the true glosses, as written.
        rules: of the corpus, for all rates but `wer_not_cleaned`.
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
    """Glosses of a split that no recogniser of the training split can find.

    Returns:
        `types`, how many different ones, and `occurrences`, how often they occur together.
    """
    known = {gloss for line in train for gloss in line.split()}
    counts = Counter(gloss for line in lines for gloss in line.split() if gloss not in known)
    return {"types": len(counts), "occurrences": counts.total()}
