"""Turn a corpus as published into one manifest a split, and its monolingual sentences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.config.corpora import (
    CHECKSUMS,
    CLASS_ADAPTERS,
    RENDERINGS,
    WITHOUT_VIDEOS,
    is_rendered,
    published_list,
    rendered_by,
)
from sign2text.config.reads import Read, ReadPlace
from sign2text.data.caption_settings import FleursAsl, YouTube
from sign2text.ground.errors import InputError
from sign2text.ground.settings import AdapterName, Language, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    import pandas as pd

SCOPE = "common"
CORPUS = (
    Read("corpus", tuple(RENDERINGS.values()), CHECKSUMS, when=is_rendered, chosen=rendered_by),
    ReadPlace("corpus", published_list),
)
READS = CORPUS
SHOWN = 5  # bad clips that an error names

log = logging.getLogger(__name__)


@stage_config
class Table:
    """The file of the adapter `table`, and its columns."""

    file: Annotated[str, Field(min_length=1, description="the CSV or TSV, a row a clip")] = (
        "clips.csv"
    )
    path: Annotated[
        str, Field(description="column of the video, or folder of frames, beside the file")
    ] = "path"
    text: Annotated[str, Field(description="column of the sentence")] = "text"
    split: Annotated[str, Field(description="column of the split: train, dev or test")] = "split"
    gloss: Annotated[str, Field(description="column of the glosses, need not be there")] = "gloss"
    signer: Annotated[str, Field(description="column of the signer, need not be there")] = "signer"
    id: Annotated[
        str, Field(description="column of the clip's name, else the path without its ending")
    ] = "id"
    fps: Annotated[
        str, Field(description="column of frames a second, else what the video's container says")
    ] = "fps"
    group: Annotated[
        str,
        Field(description="column of a label by which scores are set apart, need not be there"),
    ] = "group"


@stage_config
class Config:
    adapter: Annotated[
        AdapterName, Field(description="which corpus; the data set's key `adapter`")
    ] = "avatar"
    language: Annotated[Language, Field(description="language of the text; the data set's key")] = (
        "de"
    )
    text_alone: Annotated[
        bool,
        Field(
            description="the annotations are read and the videos are not looked at; the data set's "
            "key"
        ),
    ] = False
    on_bad_clip: Annotated[
        Literal["fail", "skip"],
        Field(description="a clip that is missing, empty or damaged ends the run, or is left out"),
    ] = "fail"
    how2sign_cut: Annotated[
        Literal["realigned", "published"],
        Field(description="parts of the full videos by the re-aligned times, or the ready cuts"),
    ] = "realigned"
    wlasl_classes: Annotated[
        int | None,
        Field(
            ge=2,
            description="of the adapter `wlasl`: only the first classes of its file, 100, 300 or "
            "1000 for the published subsets; null: all 2,000",
        ),
    ] = None
    mend_mojibake: Annotated[
        bool,
        Field(
            description="undo UTF-8 that was read as Latin-1 or Windows-1252 in texts and glosses; "
            "false keeps them as published"
        ),
    ] = False
    table: Annotated[
        Table,
        Field(description="the file of the adapters `table`, `poses` and `fleurs_asl`"),
    ] = Field(default_factory=Table)
    youtube: Annotated[
        YouTube, Field(description="videos and captions of `youtube_asl` and `youtube_sl25`")
    ] = Field(default_factory=YouTube)
    fleurs_asl: Annotated[
        FleursAsl, Field(description="further columns of the adapter `fleurs_asl`")
    ] = Field(default_factory=FleursAsl)


def run(*, corpus: Path, output: Path, config: Config) -> None:
    """Write a manifest for each split, monolingual.txt, and tables of clips for later stages.

    All files go into the folder `output`. Paths are written as stored on disk, which may use
    another Unicode form than the annotations. With `text_alone`, videos are not looked for, and the
    manifests name none (`data.text_alone`).

    Raises InputError if an annotation file is missing, damaged or in another format, if a clip is
    in two splits, if annotations were edited after `corpus` listed them, or, unless `on_bad_clip`
    is skip, if a clip cannot be used.
    """
    from sign2text.data.class_adapters import find_adapter
    from sign2text.data.copies import find_copies, write_copies
    from sign2text.data.corpus_state import edited_annotations
    from sign2text.data.fragments import split_fragment
    from sign2text.data.groups import write_groups
    from sign2text.data.left_out import write_left_out
    from sign2text.data.manifest import write_manifest
    from sign2text.data.stored_paths import stored_videos
    from sign2text.data.text_alone import without_videos
    from sign2text.data.variable_rate import write_variable_rate
    from sign2text.ground.files import replacing

    adapter = find_adapter(config.adapter)
    tables = {split: adapter.read_split(corpus, split, config) for split in adapter.SPLITS}
    if config.adapter not in RENDERINGS:  # a rendered corpus is rendered again
        for path in edited_annotations(corpus):
            raise InputError(
                f"{path}: is not the file that {corpus} lists: it was edited or removed since. Add "
                "--forcerun acquire_corpus to the command, once, and the change is read."
            )
    sources = {split: adapter.annotations_of(corpus, split, config) for split in tables}
    check_splits(tables, sources)
    if config.text_alone:
        tables = {split: without_videos(table) for split, table in tables.items()}
    else:
        tables = {
            split: table.assign(video=stored_videos(table["video"]))
            for split, table in tables.items()
        }
    if config.adapter in WITHOUT_VIDEOS and not config.text_alone:
        from sign2text.landmarks.lengths import with_lengths

        tables = {split: with_lengths(table, corpus.parent) for split, table in tables.items()}
    tables, left_out, uneven = leave_out(tables, corpus.parent)
    if config.adapter in CLASS_ADAPTERS:
        tables, left_out = usable_classes(tables, left_out, sources, config.on_bad_clip)
    check_left_out(tables, left_out, sources, config.on_bad_clip)
    for split, table in tables.items():
        write_manifest(table, output / f"{split}.tsv")
        frames = "no videos" if config.text_alone else f"{table['frames'].sum()} frames"
        log.info("%s: %d clips, %s", split, len(table), frames)
    with replacing(output / "monolingual.txt") as temporary:
        sentences = adapter.read_monolingual(corpus, config)
        temporary.write_text("".join(f"{text}\n" for text in sentences), encoding="utf-8")
    write_left_out(left_out, output / "left_out.tsv")
    read = () if config.text_alone else tables.values()
    copies = find_copies(str(split_fragment(each)[0]) for table in read for each in table["video"])
    write_copies(output / "copies.tsv", copies)
    write_variable_rate(uneven, output / "variable_rate.tsv")
    write_groups(tables.values(), output / "groups.tsv")


def check_splits(tables: dict[str, pd.DataFrame], sources: dict[str, Path]) -> None:
    """Raise InputError if an id is in two splits."""
    seen: dict[str, str] = {}
    for split, table in tables.items():
        shared = [clip for clip in table["id"] if clip in seen]
        if shared:
            first = seen[shared[0]]
            raise InputError(
                f"{sources[split]}: clip '{shared[0]}' of {split} is in {first} too "
                f"({sources[first]}), as are {len(shared) - 1} more; expected splits that share no "
                "clip. Take it out of one of them."
            )
        seen |= dict.fromkeys(table["id"], split)


def leave_out(
    tables: dict[str, pd.DataFrame], corpus: Path
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    """Separate usable clips, with `frames` and `fps` filled in, from the others, with reasons.

    `corpus` is the corpus's folder. The second table lists the other clips: split, id, video,
    reason. The third lists split, id and video of the clips with uneven frame times.
    """
    import pandas as pd

    from sign2text.data.clip_check import measure

    kept, bad, uneven = {}, [], []
    for split, table in tables.items():
        measured = measure(table, corpus)
        good = [not each.reason for each in measured]
        table = table.assign(
            frames=[each.frames for each in measured], fps=[each.fps for each in measured]
        )
        kept[split] = table[good].reset_index(drop=True)
        bad += [
            (split, row.id, row.video, each.reason)
            for row, each in zip(table.itertuples(), measured, strict=True)
            if each.reason
        ]
        uneven += [
            (split, row.id, row.video)
            for row, each in zip(table.itertuples(), measured, strict=True)
            if not each.even
        ]
    return (
        kept,
        pd.DataFrame(bad, columns=["split", "id", "video", "reason"], dtype=str),
        pd.DataFrame(uneven, columns=["split", "id", "video"], dtype=str),
    )


def usable_classes(
    tables: dict[str, pd.DataFrame],
    left_out: pd.DataFrame,
    sources: dict[str, Path],
    on_bad_clip: str,
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Leave out the clips of classes that cannot be learned, in addition to `left_out`.

    Raises InputError for such a class if clips may not be left out. If some clips are bad already,
    `check_left_out` reports those alone: classes cannot be judged without them.
    """
    import pandas as pd

    from sign2text.data.class_corpus import check_classes, without_poor_classes

    if on_bad_clip == "skip":
        tables, poor = without_poor_classes(tables)
        return tables, pd.concat([left_out, poor], ignore_index=True)
    if left_out.empty:
        check_classes(tables, str(sources["train"]))
    return tables, left_out


def check_left_out(
    tables: dict[str, pd.DataFrame],
    left_out: pd.DataFrame,
    sources: dict[str, Path],
    on_bad_clip: str,
) -> None:
    """Raise InputError if bad clips may not be left out, or if nothing remains of a split.

    The message gives the number of bad clips, and the file and reason of the first `SHOWN`.
    """
    lines = [
        f"{sources[row.split]}, clip '{row.id}': {row.reason}"
        for row in left_out.head(SHOWN).itertuples()
    ]
    if len(left_out) > SHOWN:
        lines.append(f"... and {len(left_out) - SHOWN} more")
    clips = len(left_out) + sum(map(len, tables.values()))
    lines.insert(0, f"{len(left_out)} of {clips} clips cannot be used:")
    if empty := [split for split, table in tables.items() if table.empty]:
        lines.append(
            f"Nothing is left of {', '.join(empty)}. Put the clips where docs/corpora.md says."
        )
    elif len(left_out) and on_bad_clip == "fail":
        lines.append(
            "Mend them, or set on_bad_clip: skip under this data set's stages.make_manifest: they "
            "are then left out, and left_out.tsv lists them."
        )
    else:
        return
    raise InputError("\n".join(lines))


if __name__ == "__main__":
    command_line(run)
