"""Write a page of translations that a person can read: each clip's video, reference and outputs.

The videos are made small and stand in the page itself, so that it can be read anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sign2text.command_line import command_line
from sign2text.settings import stage_config

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.data.small_video import SmallVideo
    from sign2text.scoring.conventions import Convention

METHODS = ("common",)
UPSTREAM = ()
PICTURES = ("*.html",)

log = logging.getLogger(__name__)

COLUMNS = ("id", "signer", "reference", "hypothesis", "unseen_words", "in_train")


@stage_config
class Config:
    clips: Annotated[
        int,
        Field(
            ge=0,
            description="clips that are shown with their video, evenly spread over the split; the "
            "others are listed without; ours",
        ),
    ] = 100
    height: Annotated[
        int, Field(ge=16, description="height of these videos in pixels, at most; ours")
    ] = 240
    quality: Annotated[
        int,
        Field(ge=0, le=51, description="x264's constant rate factor: smaller is better; ours"),
    ] = 30


def run(
    *,
    name: str,
    scores: list[Path],
    sentences: list[Path],
    manifest: Path,
    output: Path,
    config: Config,
    threads: int = 1,
    runs: tuple[int, ...] = (),
) -> None:
    """Write the page of the comparison `name`.

    A video that is missing or damaged by now is no error: the page and the log say so.

    Args:
        name: the comparison's, in config.yaml.
        scores: what `score` wrote of each experiment, the baseline first.
        sentences: its sentences.tsv of each, in the same order.
        manifest: of the split that was scored.
        runs: how many runs each experiment has in the comparison; the page shows the first.

    Raises:
        InputError: the experiments were scored on other clips than those of the manifest, or by
            conventions that differ, or an input is not whole.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.errors import InputError
    from sign2text.files import replacing
    from sign2text.pages.translations_page import make_page
    from sign2text.scoring.conventions import CONVENTIONS

    if runs and len(runs) != len(scores):
        raise InputError(
            f"--runs: found {len(runs)} numbers, expected {len(scores)}, one for each of --scores"
        )
    rows = read_manifest(manifest)
    experiments = [read_scores(path) for path in scores]
    convention = CONVENTIONS[one_convention(scores, experiments)]
    tables = [read_sentences(path, rows["id"]) for path in sentences]
    videos = encode_all(rows.iloc[spread(len(rows), config.clips)], config, max(1, threads))
    clips = make_clips(rows, tables, videos, convention)
    page = make_page(name, experiments, convention.description, clips, runs)
    with replacing(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    bad = sum(isinstance(video, str) for video in videos.values())
    log.info(
        "%d clips, %d with video, %d experiments: %.1f MB in %s",
        *(len(clips), len(videos) - bad, len(experiments), output.stat().st_size / 1e6, output),
    )
    if bad:
        log.warning("%d videos are missing or damaged; the page says so at their clips", bad)


def spread(count: int, wanted: int) -> list[int]:
    """`wanted` of the numbers below `count`, evenly spread; all of them where there are fewer.

    >>> spread(10, 4)
    [0, 2, 5, 7]
    """
    wanted = min(count, wanted)
    return [number * count // wanted for number in range(wanted)]


def read_scores(path: Path) -> dict[str, Any]:
    """A score file. Raises InputError when it was cut or made before it said what is shown here."""
    import json

    from sign2text.errors import InputError
    from sign2text.files import reading

    with reading(path):
        result = json.loads(path.read_text(encoding="utf-8"))
        expected = ("data_set", "experiment", "method", "split", "seed", "settings", "convention")
        missing = [key for key in (*expected, "control", "scores") if key not in result]
    if missing:
        raise InputError(
            f"{path}: has no {', '.join(missing)}; it was made by an earlier version. Make it "
            f"again: snakemake --cores all --forcerun score -- {path}"
        )
    return result


def one_convention(paths: Sequence[Path], experiments: Sequence[Mapping[str, Any]]) -> str:
    """The convention of all score files. Raises InputError where they differ."""
    from sign2text.errors import InputError

    found = {path: each["convention"] for path, each in zip(paths, experiments, strict=True)}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{path}: {convention}" for path, convention in found.items())
        raise InputError(
            f"the experiments were scored by conventions that differ ({listed}), so their scores "
            "say nothing about each other. Set one `convention` of the stage score for all."
        )
    return experiments[0]["convention"]


def read_sentences(path: Path, ids: pd.Series) -> pd.DataFrame:
    """Sentences and scores by id, of the clips `ids` and of no others; else InputError."""
    from sign2text.data.manifest import read_table
    from sign2text.errors import InputError
    from sign2text.scoring.metrics import SENTENCE_METRICS

    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(f"{path}: is not a table ({error}). Have score make it again.") from error
    missing = [column for column in (*COLUMNS, *SENTENCE_METRICS) if column not in table]
    if missing:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found {', '.join(table)}. "
            "Have score make it again."
        )
    if table["id"].tolist() != ids.tolist():
        other = sorted(set(table["id"]) ^ set(ids))
        named = f", first {other[0]}" if other else " in their order alone"
        raise InputError(
            f"{path}: holds {len(table)} clips, expected the manifest's {len(ids)}; they differ in "
            f"{len(other)}{named}. Compare experiments on the same test clips."
        )
    return table.set_index("id")


def encode_all(rows: pd.DataFrame, config: Config, processes: int) -> dict[str, SmallVideo | str]:
    """The small video of each clip, or why there is none, by id."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm import tqdm

    if rows.empty:
        return {}
    jobs = [(r.video, r.frames, r.fps, config.height, config.quality) for r in rows.itertuples()]
    pool = ProcessPoolExecutor(processes, mp_context=get_context("forkserver"))
    try:
        made = list(tqdm(pool.map(_encode_clip, jobs), total=len(jobs), unit="clip"))
    finally:
        # After an error or a signal the clips that wait are dropped; those in work are finished.
        pool.shutdown(cancel_futures=True)
    videos = dict(zip(rows["id"], made, strict=True))
    for clip, video in videos.items():
        if isinstance(video, str):
            log.warning("clip '%s': the page has no video of it. %s", clip, video)
    return videos


def _encode_clip(job: tuple[str, int, float, int, int]) -> SmallVideo | str:
    from sign2text.data.small_video import encode_small
    from sign2text.errors import InputError

    video, frames, rate, height, quality = job
    try:
        return encode_small(video, frames, rate, highest=height, quality=quality)
    except InputError as error:
        return str(error)


def make_clips(
    rows: pd.DataFrame,
    tables: Iterable[pd.DataFrame],
    videos: Mapping[str, SmallVideo | str],
    convention: Convention,
) -> list[Any]:
    """What the page says of each clip (`pages.translations_page.Clip`)."""
    from sign2text.pages.translations_page import Clip, Translation
    from sign2text.scoring.alignment import align
    from sign2text.scoring.metrics import SENTENCE_METRICS

    tables = list(tables)
    clips = []
    for row in rows.itertuples():
        said = [table.loc[row.id] for table in tables]
        translations = [
            Translation(
                align(each["hypothesis"], row.text, convention),
                tuple(float(each[metric]) for metric in SENTENCE_METRICS),
            )
            for each in said
        ]
        clips.append(
            Clip(
                *(row.id, row.signer, row.language, row.text),
                in_train=said[0]["in_train"] == "1",
                unseen_words=int(said[0]["unseen_words"]),
                translations=translations,
                video=videos.get(row.id),
            )
        )
    return clips


if __name__ == "__main__":
    command_line(run)
