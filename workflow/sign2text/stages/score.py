"""Score the hypotheses of the test split: BLEU with its interval, the cap, the blind control.

The result is JSON that a person can read. On the avatar, whose grammar knows other true sentences
of each meaning, the cap says how much of BLEU the grammar's own ambiguity allows.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from sign2text.command_line import command_line
from sign2text.settings import stage_config

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("fla_llm",)
UPSTREAM = ("decode", "make_manifest")

log = logging.getLogger(__name__)


@stage_config
class Config:
    resamples: Annotated[
        int,
        Field(ge=0, description="resampled test sets behind the 95 % interval; 0: none; ours"),
    ] = 1000
    examples: Annotated[int, Field(ge=0, description="translations kept in the result; ours")] = 8
    seed: Annotated[int, Field(ge=0, description="of the bootstrap resampling")] = 1

    @model_validator(mode="after")
    def _check_resamples(self) -> Config:
        if self.resamples == 1:
            raise ValueError("resamples is 1; an interval needs at least 2, and 0 leaves it out")
        return self


def run(
    *,
    hypotheses: Path,
    manifest: Path,
    train_manifest: Path,
    left_out: Path,
    output: Path,
    config: Config,
) -> None:
    """Write the scores of all test clips, of seen and of unseen signers.

    Raises:
        InputError: `hypotheses` has a clip too few, too many or twice, or `left_out` is not whole.
    """
    import json

    from sign2text.data.hypotheses import read_hypotheses
    from sign2text.data.left_out import count_left_out
    from sign2text.data.manifest import read_manifest
    from sign2text.files import replacing

    rows = read_manifest(manifest).set_index("id")
    runs = read_hypotheses(hypotheses, rows.index.tolist())
    seen = rows["signer"].isin(set(read_manifest(train_manifest)["signer"]))
    groups = {
        "all": rows.index,
        "seen_signers": rows.index[seen],
        "unseen_signers": rows.index[~seen],
    }
    groups = {name: ids for name, ids in groups.items() if len(ids)}
    blind = any((part.index != part["video"]).any() for part in runs)
    result: dict[str, Any] = {
        "target": str(output),
        "split": manifest.stem,
        "control": "videos permuted among the clips" if blind else None,
        "left_out": count_left_out(left_out),
        "scores": {
            name: score_group([part["hypothesis"].loc[ids] for part in runs], rows.loc[ids], config)
            for name, ids in groups.items()
        },
        "hypotheses": str(hypotheses),
        "seed": config.seed,
        "examples": examples(runs[0], rows, config.examples),
    }
    with replacing(output) as temporary:
        temporary.write_text(
            json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    for name, scores in result["scores"].items():
        log.info("%s: BLEU-4 %.2f on %d clips", name, scores["bleu4"], scores["clips"])


def score_group(runs: list[pd.Series], rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    """Scores of some clips; with several runs (the blind control) their mean and range."""
    import statistics

    from sign2text.scoring.bleu import bleu_scores

    language = rows["language"].iloc[0]
    references = [[text] for text in rows["text"]]
    each = [
        bleu_scores(run.tolist(), references, language, config.seed, config.resamples)
        for run in runs
    ]
    if len(each) == 1:
        return each[0] | against_phrasings(runs[0].tolist(), rows, each[0]["bleu4"], config)
    values = [scores["bleu4"] for scores in each]
    mean = {
        key: round(statistics.fmean(scores[key] for scores in each), 4)
        for key in ("bleu1", "bleu2", "bleu3", "bleu4", "chrf")
    }
    return mean | {
        "bleu4_range": [min(values), max(values)],
        "runs": len(each),
        "clips": each[0]["clips"],
        "signature": each[0]["signature"],
    }


def against_phrasings(
    hypotheses: list[str], rows: pd.DataFrame, bleu4: float, config: Config
) -> dict[str, Any]:
    """The cap and the score against all true phrasings, where the corpus knows them."""
    from sign2text.scoring.bleu import bleu_scores

    if not all(rows["phrasings"]):
        return {}
    language = rows["language"].iloc[0]
    second = [others[0] for others in rows["phrasings"]]
    cap = bleu_scores(second, [[t] for t in rows["text"]], language, config.seed, config.resamples)
    every = [[text, *others] for text, others in zip(rows["text"], rows["phrasings"], strict=True)]
    return {
        "cap_bleu4": cap["bleu4"],
        "cap_bleu4_interval": cap.get("bleu4_interval"),
        "share_of_cap": round(bleu4 / cap["bleu4"], 4) if cap["bleu4"] else None,
        "bleu4_all_phrasings_as_references": bleu_scores(hypotheses, every, language, 0, 0)[
            "bleu4"
        ],
    }


def examples(run: pd.DataFrame, rows: pd.DataFrame, count: int) -> list[dict[str, str]]:
    """Translations evenly spread over the split, beside their references."""
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


if __name__ == "__main__":
    command_line(run)
