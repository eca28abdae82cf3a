"""Scores and translations as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

GROUPS = {
    "all": "all test clips",
    "seen_signers": "signers seen in training",
    "unseen_signers": "unseen signers",
}


def format_scores(results: Sequence[tuple[Path, dict[str, Any]]]) -> str:
    """A table with a line for each score file and group of clips, then the first's examples."""
    head = (
        f"{'target':<40} {'clips':<26} {'n':>4} {'BLEU-1':>7} {'BLEU-4':>7} {'95 % interval':>15}"
    )
    lines = [f"{head} {'cap':>6} {'of cap':>7}"]
    for path, result in results:
        for group, scores in result["scores"].items():
            lines.append(_format_line(path, GROUPS.get(group, group), scores))
    notes = []
    if any(scores.get("cap_bleu4") for _, r in results for scores in r["scores"].values()):
        notes.append(
            "cap: BLEU-4 of a second true sentence for the same meaning against the first."
        )
    for path, result in results:
        if result.get("control"):
            notes.append(f"{path.name}: control, {result['control']}; mean, and range of the runs.")
        if any(result.get("left_out", {}).values()):
            missing = ", ".join(f"{n:,} of {split}" for split, n in result["left_out"].items())
            notes.append(f"{path.name}: clips left out as unusable: {missing}.")
    if notes:
        lines += ["", *notes]
    path, first = results[0]
    if first["examples"]:
        lines += ["", f"Some translations of {path}:"]
        for example in first["examples"]:
            lines += [
                f"  {example['id']} ({example['signer']})",
                f"    reference   {example['reference']}",
                f"    hypothesis  {example['hypothesis']}",
            ]
    return "\n".join(lines)


def _format_line(path: Path, group: str, scores: dict[str, Any]) -> str:
    low, high = scores.get("bleu4_interval") or scores.get("bleu4_range") or (None, None)
    between = "" if low is None else f"{low:.2f} - {high:.2f}"
    cap, share = scores.get("cap_bleu4"), scores.get("share_of_cap")
    line = (
        f"{path!s:<40} {group:<26} {scores['clips']:>4} {scores['bleu1']:>7.2f} "
        f"{scores['bleu4']:>7.2f} {between:>15}"
    )
    if cap is not None:
        line += f" {cap:>6.2f} {'' if share is None else format(share, '.0%'):>7}"
    return line
