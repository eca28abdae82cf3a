"""Check a corpus by its manifests before anything expensive is started, and write a report.

The report is a table (report.csv) and a page with plots (report.html). A bad check, such as
overlapping splits, fails the stage; the report is then in `output_if_bad`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.config.corpora import CLASS_ADAPTERS
from sign2text.config.reads import Read, Settings
from sign2text.data.resampling import MOST_FPS
from sign2text.ground.settings import AdapterName, Language, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    import pandas as pd

SCOPE = "common"
READS = (
    Read("train", "make_manifest", "train.tsv"),
    Read("dev", "make_manifest", "dev.tsv"),
    Read("test", "make_manifest", "test.tsv"),
    Read("left_out", "make_manifest", "left_out.tsv"),
    Read("copies", "make_manifest", "copies.tsv"),
    Read("variable_rate", "make_manifest", "variable_rate.tsv"),
)
FOLLOWS = {"fps": "sample_frames"}

log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        AdapterName,
        Field(description="whose published counts are compared; the data set's key `adapter`"),
    ] = "avatar"
    language: Annotated[Language, Field(description="language of the text; the data set's key")] = (
        "de"
    )
    sampling_rate: Annotated[
        float,
        Field(gt=0, le=1, description="share of the frames that training takes, its sampling_rate"),
    ] = 0.25
    least_steps: Annotated[
        int, Field(ge=1, description="sampled frames under which a clip is called too short; ours")
    ] = 2
    most_steps: Annotated[
        int,
        Field(ge=1, description="sampled frames that models have positions for; as Light-T's 1024"),
    ] = 1024
    fps: Annotated[
        float | None,
        Field(
            gt=0,
            le=MOST_FPS,
            description="frames a second that sample_frames resamples each clip to; filled in from "
            "there",
        ),
    ] = None
    allow_overlap: Annotated[
        bool, Field(description="accept splits that share clips, with a note; ours")
    ] = False


def check_settings(settings: Settings) -> Iterator[str]:
    """Report a frame rate that differs from the frame store's."""
    own, stored = settings("check_corpus").fps, settings("sample_frames").fps
    if own != stored:
        yield (
            f"fps: found {own}, expected that of sample_frames, {stored}; take it out here: it is "
            "filled in"
        )


def run(
    *,
    train: Path,
    dev: Path,
    test: Path,
    left_out: Path,
    output: Path,
    config: Config,
    copies: Path | None = None,
    variable_rate: Path | None = None,
    output_if_bad: Path | None = None,
) -> None:
    """Write report.csv and report.html into the folder `output`.

    Args:
        copies: make_manifest's list of identical files; without it, two names of one video count as
            two videos.
        variable_rate: make_manifest's list of clips with uneven frame times.

    Raises:
        InputError: a check is bad; the message has a line for each. The report is in
            `output_if_bad` if given, because Snakemake removes the outputs of a failed job.
    """
    from sign2text.data.class_adapters import find_adapter
    from sign2text.data.copies import read_copies
    from sign2text.data.corpus_report import make_report, read_clips
    from sign2text.data.left_out import read_left_out
    from sign2text.data.variable_rate import read_variable_rate
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import replacing
    from sign2text.pages.corpus_page import make_page

    clips = {"train": read_clips(train), "dev": read_clips(dev), "test": read_clips(test)}
    adapter = find_adapter(config.adapter)
    # If a publisher has several files, the clips show which one was read.
    chosen = getattr(adapter, "published_counts", None)
    published = chosen(clips) if chosen else adapter.PUBLISHED
    same = read_copies(copies) if copies is not None else {}
    uneven = None if variable_rate is None else read_variable_rate(variable_rate)
    of_classes = config.adapter in CLASS_ADAPTERS
    report = make_report(
        clips, read_left_out(left_out), published, config, same, uneven, of_classes=of_classes
    )
    title = f"Corpus check: {config.adapter}, {config.language}"
    page = make_page(title, train.parent.as_posix(), report, clips, config.language)
    bad = report[report["verdict"] == "bad"]
    # An earlier report would describe another corpus.
    for folder in (output, output_if_bad):
        for name in ("report.csv", "report.html") if folder is not None else ():
            (folder / name).unlink(missing_ok=True)
    folder = output if bad.empty else output_if_bad
    if folder is not None:
        with replacing(folder / "report.csv") as temporary:
            report.to_csv(temporary, index=False, lineterminator="\n")
        with replacing(folder / "report.html") as temporary:
            temporary.write_text(page, encoding="utf-8")
        log.info("report: %s", folder / "report.html")
    log_doubts(report)
    if len(bad):
        raise InputError("\n".join(bad_lines(bad, train.parent, output_if_bad)))


def log_doubts(report: pd.DataFrame) -> None:
    """Log the counts of clips and frames, and every check that is not ok."""
    for row in report.itertuples():
        if row.verdict != "ok" or row.check in ("clips", "frames"):
            log.info(
                "%s: %s, %s: %s %s",
                row.verdict,
                row.check,
                row.split or "all splits",
                row.found,
                f"(expected {row.expected})" if row.expected else "",
            )


def bad_lines(bad: pd.DataFrame, manifests: Path, report: Path | None) -> list[str]:
    """Return the error's lines: one for each bad check, the report's path and the next step."""
    lines = [f"{manifests}: the corpus cannot be used as it is, {len(bad)} checks are bad."]
    for row in bad.itertuples():
        expected = row.expected or "0"
        lines.append(
            f"{row.split}: {row.check}: found {row.found}, expected {expected}. {row.advice}"
        )
    if report is not None:
        lines.append(f"The whole report is in {report / 'report.html'}.")
    lines.append("When you have mended the corpus, give --forcerun acquire_corpus to have it read.")
    return lines


if __name__ == "__main__":
    command_line(run)
