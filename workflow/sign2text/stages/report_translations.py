"""Write a page of translations that a person can read: each clip's video, reference and outputs.

The videos are shrunk and embedded, so that the page is self-contained.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sign2text.config.reads import Listed
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.data.small_video import SmallVideo
    from sign2text.scoring.alignment import Part
    from sign2text.scoring.conventions import Convention
    from sign2text.scoring.gloss_cleaning import GlossRules

SCOPE = "common"
READS = (
    Listed("scores"),
    Listed("sentences"),
    Listed("manifest"),
)
PICTURES = ("*.html",)

log = logging.getLogger(__name__)

KEYS = (
    "data_set", "experiment", "method", "split", "seed", "settings", "convention", "control",
    "scores",
)  # fmt: skip
"""Keys of a score file that the page shows."""


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

    A video that is missing or damaged by now is not an error: the page and the log report it.

    Args:
        name: the comparison's name in config.yaml.
        scores: the experiments' score files, the baseline's first.
        sentences: the experiments' sentences.tsv, in the same order.
        manifest: the manifest of the scored split.
        runs: number of runs of each experiment in the comparison; the page shows the first.

    Raises:
        InputError: the experiments were scored on clips other than the manifest's, or under
            different conventions, or an input is incomplete.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.data.text_alone import has_pictures
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import replacing
    from sign2text.pages.translations_page import make_page
    from sign2text.scoring.conventions import CONVENTIONS
    from sign2text.scoring.score_reader import read_score_file, read_sentences

    if runs and len(runs) != len(scores):
        raise InputError(
            f"--runs: found {len(runs)} numbers, expected {len(scores)}, one for each of --scores"
        )
    rows = read_manifest(manifest)
    experiments = [read_score_file(path, KEYS) for path in scores]
    convention = CONVENTIONS[one_convention(scores, experiments)]
    tables = [read_sentences(*each) for each in zip(sentences, scores, strict=True)]
    for path, table in zip(sentences, tables, strict=True):
        check_clips(path, table, rows["id"])
    wanted = config.clips if has_pictures(rows) else 0
    videos = encode_all(rows.iloc[spread(len(rows), wanted)], config, max(1, threads))
    clips = make_clips(rows, tables, videos, convention, gloss_rules(experiments))
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
    """Return `wanted` numbers below `count`, evenly spread; all of them if there are fewer.

    >>> spread(10, 4)
    [0, 2, 5, 7]
    """
    wanted = min(count, wanted)
    return [number * count // wanted for number in range(wanted)]


def one_convention(paths: Sequence[Path], experiments: Sequence[Mapping[str, Any]]) -> str:
    """Return the convention of all score files; raise InputError if they differ."""
    from sign2text.ground.errors import InputError

    found = {path: each["convention"] for path, each in zip(paths, experiments, strict=True)}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{path}: {convention}" for path, convention in found.items())
        raise InputError(
            f"the experiments were scored by conventions that differ ({listed}), so their scores "
            "say nothing about each other. Set one `convention` of the stage score for all."
        )
    return experiments[0]["convention"]


def check_clips(path: Path, table: pd.DataFrame, ids: pd.Series) -> None:
    """Raise InputError unless `path` has the sentences of exactly the clips `ids`, in order."""
    from sign2text.ground.errors import InputError

    if table.index.tolist() != ids.tolist():
        other = sorted(set(table.index) ^ set(ids))
        named = f", first {other[0]}" if other else " in their order alone"
        raise InputError(
            f"{path}: holds {len(table)} clips, expected the manifest's {len(ids)}; they differ in "
            f"{len(other)}{named}. Compare experiments on the same test clips."
        )


def encode_all(rows: pd.DataFrame, config: Config, processes: int) -> dict[str, SmallVideo | str]:
    """Encode each clip's small video; return videos, or reasons why there is none, by id."""
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
        # After an error or a signal, finish the clips in work and drop the waiting ones.
        pool.shutdown(cancel_futures=True)
    videos = dict(zip(rows["id"], made, strict=True))
    for clip, video in videos.items():
        if isinstance(video, str):
            log.warning("clip '%s': the page has no video of it. %s", clip, video)
    return videos


def _encode_clip(job: tuple[str, int, float, int, int]) -> SmallVideo | str:
    from sign2text.data.small_video import encode_small
    from sign2text.ground.errors import InputError

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
    rules: GlossRules,
) -> list[Any]:
    """Make the page's clips (`pages.translations_page.Clip`), with glosses cleaned by `rules`."""
    from sign2text.pages.translations_page import Clip, Translation
    from sign2text.scoring.alignment import align
    from sign2text.scoring.metrics import SENTENCE_METRICS

    tables = list(tables)
    lines = [gloss_lines(table, rules) for table in tables]
    clips = []
    for row in rows.itertuples():
        said = [table.loc[row.id] for table in tables]
        translations = [
            Translation(
                align(each["hypothesis"], row.text, convention),
                tuple(float(each[metric]) for metric in SENTENCE_METRICS),
                found[row.id][1] if found else None,
            )
            for each, found in zip(said, lines, strict=True)
        ]
        true = [found[row.id][0] for found in lines if found]
        clips.append(
            Clip(
                *(row.id, row.signer, row.language, row.text),
                in_train=bool(said[0]["in_train"]),
                unseen_words=int(said[0]["unseen_words"]),
                translations=translations,
                video=videos.get(row.id),
                glosses=true[0] or None if true else None,
            )
        )
    return clips


def gloss_rules(experiments: Iterable[Mapping[str, Any]]) -> GlossRules:
    """Return the cleaning rules of the scored glosses; without glosses, `NONE`."""
    from sign2text.scoring.gloss_cleaning import NONE, rules_of

    return rules_of(
        next((e["gloss_cleaning"] for e in experiments if "gloss_cleaning" in e), NONE.name)
    )


def gloss_lines(table: pd.DataFrame, rules: GlossRules) -> dict[str, tuple[str, list[Part]]]:
    """Return each clip's true line of glosses and its marked recognised one; empty if unwritten."""
    from sign2text.scoring.alignment import Part, align
    from sign2text.scoring.conventions import CONVENTIONS
    from sign2text.scoring.sentence_table import GLOSSES

    if not {*GLOSSES} <= {*table}:
        return {}
    found = {}
    for clip, *lines in table[list(GLOSSES)].itertuples():
        true, said = map(rules.clean, lines)
        # Without true glosses there is nothing to compare with.
        parts = align(said, true, CONVENTIONS["words"]) if true else [Part("same", said)]
        found[clip] = true, [part for part in parts if part.text]
    return found


if __name__ == "__main__":
    command_line(run)
