"""Compare experiments of one data set: differences with intervals, paired tests, groups of clips.

The first experiment is the baseline. Each other experiment is compared with it, also across
training seeds if there are several. docs/compare.md explains each file.
"""

from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from sign2text.config.reads import Listed
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
READS = (
    Listed("scores"),
    Listed("sentences"),
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    resamples: Annotated[
        int,
        Field(ge=2, description="resampled test sets of intervals and paired bootstrap; ours"),
    ] = 1000
    trials: Annotated[
        int, Field(ge=1, description="trials of the paired approximate randomisation; ours")
    ] = 10000
    seed: Annotated[
        int, Field(ge=1, description="of resamples and trials; sacrebleu takes 0 for no seed; ours")
    ] = 1
    length_bins: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(description="most tokens of a reference in each group of lengths but the last; ours"),
    ] = (5, 10, 15, 20)
    small_group: Annotated[
        int, Field(ge=0, description="groups of fewer clips than this are marked as small; ours")
    ] = 10

    @model_validator(mode="after")
    def _check_bins(self) -> Config:
        bins = self.length_bins
        if not bins or any(low >= high for low, high in pairwise(bins)):
            raise ValueError(f"length_bins is {list(bins)}; one or more rising numbers are needed")
        return self


def run(
    *,
    scores: list[Path],
    sentences: list[Path],
    output: Path,
    config: Config,
    runs: tuple[int, ...] = (),
) -> None:
    """Write compare.json, compare.md, compare.html and sentences.tsv into the folder `output`.

    Args:
        scores: the experiments' score files, the baseline's first; further seeds of an experiment
            follow its first file.
        sentences: sentences.tsv of each score file, in the same order.
        output: a folder with the comparison's name.
        runs: number of score files of each experiment, further seeds included; one each if empty.

    Raises:
        InputError: the experiments cannot be compared, a file is incomplete, or a file given as a
            further seed is not one.
    """
    import json

    from sign2text.comparing.compared import read_compared
    from sign2text.comparing.comparison import convention_of, make_comparison, wide_table
    from sign2text.comparing.comparison_text import make_text
    from sign2text.comparing.members import into_members
    from sign2text.comparing.seed_tables import leading
    from sign2text.data.manifest import write_table
    from sign2text.ground.files import replacing
    from sign2text.pages.comparison_page import make_page

    compared = read_compared(scores, sentences)
    members = into_members(compared, runs, f"comparisons.{output.name}")
    result = make_comparison(output.name, members, convention_of(compared), config)
    with replacing(output / "sentences.tsv") as temporary:
        write_table(wide_table([first for first, *_ in members]), temporary)
    for name, text in (
        ("compare.json", json.dumps(result, indent=2, ensure_ascii=False) + "\n"),
        ("compare.md", make_text(result)),
        ("compare.html", make_page(result)),
    ):
        with replacing(output / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for each in [*leading(result), *result["notes"]]:
        log.info("%s", each)


if __name__ == "__main__":
    command_line(run)
