"""Contents of a score file: scores by group and by convention, and their origin."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sign2text.data.hypotheses import GLOSS
from sign2text.ground.files import sha256_of
from sign2text.scoring.gloss_cleaning import rules_of
from sign2text.scoring.gloss_scores import gloss_scores, unknown_glosses
from sign2text.scoring.metrics import LEVEL
from sign2text.scoring.statement import statement

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from sign2text.scoring.conventions import Convention
    from sign2text.scoring.written_language import WrittenLanguage

CONTROL = "videos permuted among the clips"
_TEXT = ("signature", "description")


class Scorer:
    """Scores of groups of a split's clips, of one run or the mean over several (a control).

    Args:
        rows: the split's manifest, by id.
        runs: its hypotheses, one table per run, in the same order.
        convention: the convention of the headline scores.
        config: the `Config` of the stage score.
        weights: model.safetensors of a BLEURT checkpoint; None: no BLEURT.
        recognised: gloss lines of the recogniser after its training, by clip.
        written: language that the hypotheses should have, if the model writes several.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        runs: list[pd.DataFrame],
        convention: Convention,
        config: Any,
        weights: Path | None = None,
        recognised: pd.Series | None = None,
        written: WrittenLanguage | None = None,
    ) -> None:
        self.rows, self.runs, self.convention, self.config = rows, runs, convention, config
        self.weights, self.recognised = weights, recognised
        self.gloss_rules = rules_of(config.adapter)
        self.bleurt = self._score_bleurt(weights.parent) if weights else None
        self.written = written
        self.shares = [self._score_language(run) for run in runs] if written else None

    @property
    def language(self) -> str:
        """Language of the references."""
        return self.written.language if self.written else self.config.language

    def group(self, ids: pd.Index) -> dict[str, Any]:
        """Compute all scores of the clips `ids` under the headline convention."""
        from sign2text.scoring.bleu import corpus_scores

        rows, config = self.rows.loc[ids], self.config
        references = [[text] for text in rows["text"]]
        each = [
            corpus_scores(
                run["hypothesis"].loc[ids].tolist(),
                references,
                self.convention,
                resamples=config.resamples,
                seed=config.resampling_seed,
            )
            | self._further(number, ids)
            for number, run in enumerate(self.runs)
        ]
        if len(each) > 1:
            return mean_of_runs(each)
        return each[0] | self._against_phrasings(ids, each[0]["bleu4"])

    def variants(self) -> dict[str, Any]:
        """Score all clips under each convention of the language."""
        from sign2text.scoring.bleu import variants

        references = [[text] for text in self.rows["text"]]
        each = [
            variants(run["hypothesis"].tolist(), references, self.language) for run in self.runs
        ]
        return {name: mean_of_runs([found[name] for found in each]) for name in each[0]}

    def _further(self, number: int, ids: pd.Index) -> dict[str, Any]:
        """Compute what only some methods have: WER, BLEURT, scores of the language."""
        run = self.runs[number].loc[ids]
        found = gloss_scores(
            run.get(GLOSS),
            # Glosses of the translated videos, which a control permutes among the clips.
            None if self.recognised is None else self.recognised[run["video"]].set_axis(ids),
            self.rows["gloss"].loc[ids],
            self.gloss_rules,
            self._with_interval,
        )
        if self.bleurt is not None:
            found |= self._mean("bleurt", self.bleurt[number].loc[ids].to_numpy())
        for name, shares in self.shares[number].items() if self.shares else ():
            found |= self._mean(name, shares.loc[ids].to_numpy())
        return found

    def _mean(self, name: str, values: np.ndarray) -> dict[str, Any]:
        return self._with_interval(name, values, lambda total: total / len(values))

    def _with_interval(
        self, name: str, rows: np.ndarray, score: Callable[[Any], float]
    ) -> dict[str, Any]:
        """Score the sum of `rows` over the clips, with its interval."""
        from sign2text.scoring.bleu import with_intervals
        from sign2text.scoring.bootstrap import draws, resampled_sums

        sets = {}
        if self.config.resamples:
            counts = draws(len(rows), self.config.resamples, self.config.resampling_seed)
            sets[name] = [float(score(sums)) for sums in resampled_sums(counts, rows)]
        return with_intervals({name: float(score(rows.sum(axis=0)))}, sets)

    def _score_language(self, run: pd.DataFrame) -> dict[str, pd.Series]:
        import pandas as pd

        found = self.written.rows(run["hypothesis"].tolist())
        return {name: pd.Series(values, run.index) for name, values in found.items()}

    def _score_bleurt(self, folder: Path) -> list[pd.Series]:
        import pandas as pd

        from sign2text.scoring.bleurt import bleurt_scores

        references = self.rows["text"].tolist()
        return [
            # Times 100, as in papers.
            100
            * pd.Series(bleurt_scores(folder, run["hypothesis"].tolist(), references), run.index)
            for run in self.runs
        ]

    def _against_phrasings(self, ids: pd.Index, bleu4: float) -> dict[str, Any]:
        """Compute the cap and the score against all phrasings, if the corpus has them."""
        from sign2text.scoring.bleu import corpus_scores

        rows = self.rows.loc[ids]
        if not all(rows["phrasings"]):
            return {}
        second = [others[0] for others in rows["phrasings"]]
        cap = corpus_scores(
            second,
            [[text] for text in rows["text"]],
            self.convention,
            resamples=self.config.resamples,
            seed=self.config.resampling_seed,
        )
        every = [
            [text, *others] for text, others in zip(rows["text"], rows["phrasings"], strict=True)
        ]
        hypotheses = self.runs[0]["hypothesis"].loc[ids].tolist()
        return {
            "cap_bleu4": cap["bleu4"],
            "cap_bleu4_interval": cap.get("bleu4_interval"),
            "share_of_cap": round(bleu4 / cap["bleu4"], 4) if cap["bleu4"] else None,
            "bleu4_all_phrasings_as_references": corpus_scores(hypotheses, every, self.convention)[
                "bleu4"
            ],
        }


def mean_of_runs(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average over runs; the range of BLEU-4 replaces the intervals."""
    if len(each) == 1:
        return dict(each[0])
    first, found = each[0], {}
    for key, value in first.items():
        if key in _TEXT or key in ("clips", "wer_clips"):
            found[key] = value
        elif not key.endswith("_interval"):
            found[key] = round(statistics.fmean(scores[key] for scores in each), 4)
    values = [scores["bleu4"] for scores in each]
    return found | {"bleu4_range": [min(values), max(values)], "runs": len(each)}


def make_result(
    scorer: Scorer,
    train: pd.DataFrame,
    *,
    identity: Mapping[str, Any],
    split: str,
    left_out: Mapping[str, int],
    checkpoint: Mapping[str, float] | None,
    texts: str,
    dev: pd.DataFrame | None = None,
    language: str | None = None,
) -> dict[str, Any]:
    """Make the whole score file, as JSON values; docs/scores.md explains the keys.

    Args:
        dev: the dev split's manifest; its unknown glosses are counted too.
        language: the target's language; None: the data set's own.
    """
    from datetime import UTC, datetime
    from importlib.metadata import version

    from sign2text.scoring.sentence_table import in_train

    rows, config = scorer.rows, scorer.config
    leaked = in_train(rows["text"], train["text"])
    blind = any((run.index != run["video"]).any() for run in scorer.runs)
    result = {
        **{key: identity.get(key) for key in _IDENTITY},
        **({"language": language} if language else {}),
        "split": split,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in _LIBRARIES},
        "control": CONTROL if blind else None,
        "runs": len(scorer.runs),
        "clips": len(rows),
        "left_out": dict(left_out),
        "in_train": {
            "clips": int(leaked.sum()),
            "sentences": int(rows["text"][leaked].nunique()),
        },
        **({"cautions": identity["cautions"]} if identity.get("cautions") else {}),
        "checkpoint": checkpoint,
        **_about_glosses(scorer, {"dev": dev, split: rows}, train),
        "convention": scorer.convention.name,
        "resampling": {
            "resamples": config.resamples,
            "seed": config.resampling_seed,
            "level": LEVEL,
        },
        "scores": {
            name: scorer.group(ids) for name, ids in groups(rows, train, leaked).items() if len(ids)
        },
        "conventions": scorer.variants(),
        **({"bleurt_sha256": sha256_of(scorer.weights)} if scorer.weights else {}),
        "texts": texts,
        "stages": identity.get("stages"),
        "examples": examples(scorer.runs[0], rows, config.examples),
    }
    return {"statement": statement(result, scorer.convention.description), **result}


def _about_glosses(
    scorer: Scorer, splits: Mapping[str, pd.DataFrame | None], train: pd.DataFrame
) -> dict[str, Any]:
    """Say how glosses were scored, if there are any, and count those missing from training."""
    if scorer.recognised is None and not any(GLOSS in run for run in scorer.runs):
        return {}
    given = {name: rows for name, rows in splits.items() if rows is not None}
    unknown = {name: unknown_glosses(r["gloss"], train["gloss"]) for name, r in given.items()}
    return {"gloss_cleaning": scorer.gloss_rules.name, "unknown_glosses": unknown}


_LIBRARIES = ("sacrebleu", "rapidfuzz", "numpy", "torch", "transformers")
_IDENTITY = (
    "data_set", "experiment", "method", "seed", "settings", "settings_without_seed", "code",
)  # fmt: skip


def groups(rows: pd.DataFrame, train: pd.DataFrame, leaked: pd.Series) -> dict[str, pd.Index]:
    """Group clips by what training saw of them; without leaked sentences if there are any."""
    seen = rows["signer"].isin(set(train["signer"]))
    found = {
        "all": rows.index,
        "seen_signers": rows.index[seen],
        "unseen_signers": rows.index[~seen],
    }
    if leaked.any():
        found["not_in_train"] = rows.index[~leaked]
    return found


def examples(run: pd.DataFrame, rows: pd.DataFrame, count: int) -> list[dict[str, str]]:
    """Choose translations evenly spread over the split, with their references."""
    step = max(1, len(rows) // count) if count else 1
    return [
        {
            "id": clip,
            "video": run.at[clip, "video"],
            "signer": rows.at[clip, "signer"],
            "reference": rows.at[clip, "text"],
            "hypothesis": run.at[clip, "hypothesis"],
        }
        for clip in rows.index[::step][:count]
    ]
