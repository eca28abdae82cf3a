"""The tables of a comparison as text, shared by compare.md and compare.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sign2text.scoring.by_group import LENGTH, NAMED, SENTENCE, SIGNER, WORDS
from sign2text.scoring.metrics import METRICS, SENTENCE_METRICS
from sign2text.scoring.statement import shown_seed

TESTED = ("bleu4", "chrf")
"""Metrics of the paired tests."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and a smaller text next to it."""

    text: str
    beside: str = ""


@dataclass(frozen=True)
class Table:
    """A table under a title; the first cell of a row names the row."""

    title: str
    head: list[str]
    rows: list[list[Cell]]


def score_table(result: Mapping[str, Any]) -> Table:
    """Make the table of corpus scores on all clips: a row per metric, a column per experiment."""
    experiments = result["experiments"]
    return Table(
        "Corpus scores, all clips",
        ["metric", *experiments],
        [
            [Cell(name), *(scored(each["scores"], metric) for each in experiments.values())]
            for metric, name in METRICS.items()
        ],
    )


def difference_tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """Make a table of differences and p-values for each experiment other than the baseline."""
    for name, found in result["differences"].items():
        tests = result["tests"][name]
        rows = [
            [
                Cell(title),
                differing(found[metric]),
                *(p_value(tests[kind][metric]) if metric in TESTED else Cell("") for kind in tests),
            ]
            for metric, title in METRICS.items()
        ]
        yield Table(
            f"{name} minus {result['baseline']}",
            ["metric", "difference", *(f"p, {kind}" for kind in tests)],
            rows,
        )


def sentence_table(result: Mapping[str, Any]) -> Table:
    """Count the clips on which each experiment wins, loses or ties against the baseline."""
    return Table(
        f"Sentence by sentence, against {result['baseline']}",
        ["experiment, metric", "wins", "losses", "ties"],
        [
            [
                Cell(f"{name}, {SENTENCE_METRICS[metric]}"),
                *(share(counts[key], result["clips"]) for key in ("wins", "losses", "ties")),
            ]
            for name, metrics in result["sentences"].items()
            for metric, counts in metrics.items()
        ],
    )


def group_tables(result: Mapping[str, Any], metric: str) -> Iterator[Table]:
    """Make a table of scores and differences from the baseline for each kind of group."""
    others = list(result["differences"])
    single = len(others) == 1
    for by, groups in groups_by_kind(result).items():
        yield Table(
            f"{METRICS[metric]} by {KINDS[by]}",
            [
                "group",
                "clips",
                *result["experiments"],
                *("difference" if single else f"difference of {name}" for name in others),
            ],
            [
                [
                    Cell(each["group"]),
                    Cell(f"{each['clips']:,}", "few" if each["small"] else ""),
                    *(scored(each["scores"][name], metric) for name in result["experiments"]),
                    *(differing(each["differences"][name][metric]) for name in others),
                ]
                for each in groups
            ],
        )


KINDS = {
    LENGTH: "tokens of the reference",
    SIGNER: "signer",
    NAMED: "group of the corpus",
    WORDS: "whether training saw all words of the sentence",
    SENTENCE: "whether the sentence is in the training text",
}
"""Kinds of groups by their keys, in words."""


def groups_by_kind(result: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Collect the groups of each kind, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for group in result["groups"]:
        found.setdefault(group["by"], []).append(group)
    return found


def source_table(result: Mapping[str, Any], further: Mapping[str, Mapping[str, Any]]) -> Table:
    """Make the table of provenance of all experiments and of the `further` seeds."""
    return Table(
        "The experiments",
        [
            "experiment",
            "method",
            "seed",
            "settings",
            "settings without seed",
            "code",
            "scored",
            "score file",
        ],
        [
            [
                Cell(name, "baseline" if name == result["baseline"] else ""),
                *(
                    Cell(shown_seed(each[key]) if key == "seed" else str(each[key]))
                    for key in _SOURCES
                ),
            ]
            for name, each in [*result["experiments"].items(), *further.items()]
        ],
    )


_SOURCES = (
    "method", "seed", "settings", "settings_without_seed", "code", "time", "score_file",
)  # fmt: skip


def facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the facts that all numbers depend on, apart from the experiments."""
    settings = result["settings"]
    return [
        ("Data set", f"{result['data_set']}, {result['split']} split"),
        ("Clips", f"{result['clips']:,}, {result['left_out']} left out as unusable"),
        ("Convention", f"{result['convention']}: {result['convention_description']}"),
        ("sacrebleu, BLEU", result["signature"]["bleu"]),
        ("sacrebleu, chrF", result["signature"]["chrf"]),
        (
            "Intervals",
            f"95 %, percentiles of {settings['resamples']} resampled test sets, the same for all "
            f"experiments, seed {settings['seed']}",
        ),
        (
            "p, randomisation",
            "two-sided paired approximate randomisation by sacrebleu, "
            f"{settings['trials']} trials, seed {settings['seed']}",
        ),
        (
            "p, bootstrap",
            f"paired bootstrap by sacrebleu, {settings['resamples']} resamples, seed "
            f"{settings['seed']}; nearly a one-sided test, about half of the other p",
        ),
        ("Few", f"a group of fewer than {settings['small_group']} clips"),
    ]


def scored(scores: Mapping[str, Any], metric: str) -> Cell:
    """Format a score and its interval."""
    low, high = scores[f"{metric}_interval"]
    return Cell(f"{scores[metric]:.2f}", f"[{low:.2f}, {high:.2f}]")


def differing(found: Mapping[str, Any]) -> Cell:
    """Format a difference and its interval, with signs."""
    low, high = found["interval"]
    return Cell(signed(found["difference"]), f"[{signed(low)}, {signed(high)}]")


def p_value(found: Mapping[str, Any]) -> Cell:
    """Format a p-value, and the p-value that sacrebleu prints if it looks different."""
    shown, printed = shown_p(found["p"]), shown_p(found["p_sacrebleu"])
    return Cell(shown, "" if shown == printed else f"(sacrebleu prints {printed})")


def share(count: int, clips: int) -> Cell:
    """Format a count of clips and its share of all clips."""
    return Cell(f"{count:,}", f"({count / clips:.0%})")


def signed(value: float) -> str:
    """Format with two decimals and a sign; a value that rounds to zero has no sign.

    >>> signed(1.5), signed(-0.254), signed(-0.001)
    ('+1.50', '-0.25', '0.00')
    """
    return f"{value:+.2f}" if abs(value) >= 0.005 else "0.00"


def shown_p(p: float) -> str:
    """Format a p-value with as many digits as are meaningful.

    >>> shown_p(0.0001), shown_p(0.03219), shown_p(0.5), shown_p(1.0)
    ('0.0001', '0.032', '0.50', '1.00')
    >>> shown_p(0.00001)
    '< 0.0001'
    """
    if p < 0.00005:
        return "< 0.0001"
    return f"{p:.4f}" if p < 0.01 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
