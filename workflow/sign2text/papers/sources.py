"""The papers with numbers in published.csv, and the scoring convention of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BETA = 1.2
"""ROUGE-L's beta, the weight of recall, in most papers."""


@dataclass(frozen=True)
class Scoring:
    """How a paper scored a data set, as far as that is known."""

    convention: str
    """Scoring convention (docs/scores.md) under which our numbers are shown."""
    rouge_beta: float | Literal["p/r"]
    """`p/r`: precision over recall of each sentence."""
    known_from: str
    """Source of this knowledge, or a note that it is assumed."""

    @property
    def beta(self) -> str:
        """ROUGE-L's beta in words."""
        return "precision / recall" if self.rouge_beta == "p/r" else f"{self.rouge_beta:g}"


@dataclass(frozen=True)
class Paper:
    """A paper, and how it scored each data set."""

    method: str
    title: str
    authors: str
    source: str
    scoring: dict[str, Scoring]


_NOT_STATED = "the paper does not state it; assumed: what most of the field does"
_SILENT = {
    "phoenix": Scoring("words", BETA, _NOT_STATED),
    "csl_daily": Scoring("zh", BETA, _NOT_STATED),
    "how2sign": Scoring("13a", BETA, _NOT_STATED),
}
_CODE = "known from the paper's public code"
_POINT = "its texts end with a full stop, which the published corpus lacks"
_SACREBLEU = "the paper scores with sacrebleu; assumed: in its default tokenisation"

PAPERS = {
    "fla_llm": Paper(
        "FLa-LLM",
        "Factorized Learning Assisted with Large Language Model for Gloss-free Sign Language "
        "Translation",
        "Chen et al., LREC-COLING 2024",
        "arXiv 2403.12556",
        _SILENT,
    ),
    "sign2gpt": Paper(
        "Sign2GPT",
        "Sign2GPT: Leveraging Large Language Models for Gloss-Free Sign Language Translation",
        "Wong et al., ICLR 2024",
        "arXiv 2405.04164",
        {
            "phoenix": Scoring("words", BETA, _CODE),
            "csl_daily": Scoring("characters", BETA, _CODE),
        },
    ),
    "mmtlb": Paper(
        "MMTLB",
        "A Simple Multi-Modality Transfer Learning Baseline for Sign Language Translation",
        "Chen et al., CVPR 2022",
        "arXiv 2203.04287",
        {
            "phoenix": Scoring("words_point", "p/r", f"{_CODE}; {_POINT}"),
            "csl_daily": Scoring("characters", "p/r", _CODE),
        },
    ),
    "scaling_slt": Paper(
        "Scaling SLT",
        "Scaling Sign Language Translation",
        "Zhang et al., NeurIPS 2024",
        "arXiv 2407.11855",
        {"how2sign": Scoring("13a", BETA, _SACREBLEU)},
    ),
}
"""Papers by the name of their method, as in published.csv."""
