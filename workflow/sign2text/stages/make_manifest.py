"""Turn a corpus as published into one manifest a split, and its monolingual sentences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.command_line import command_line
from sign2text.settings import stage_config

METHODS = ("common",)
UPSTREAM = ("synthesize_avatar",)

log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        Literal["avatar"], Field(description="which corpus; the data set's key `adapter`")
    ] = "avatar"
    language: Annotated[
        Literal["de", "en", "zh"], Field(description="language of the text; the data set's key")
    ] = "de"


def run(*, corpus: Path, output: Path, config: Config) -> None:
    """Write train.tsv, dev.tsv, test.tsv and monolingual.txt into the folder `output`.

    Raises InputError when a file of the corpus is missing or was cut.
    """
    from sign2text.data.adapters import avatar
    from sign2text.data.manifest import check_videos, write_manifest
    from sign2text.files import replacing

    adapter = {"avatar": avatar}[config.adapter]
    for split in adapter.SPLITS:
        table = adapter.read_split(corpus, split, config.language)
        check_videos(output / f"{split}.tsv", table)
        write_manifest(table, output / f"{split}.tsv")
        log.info("%s: %d clips", split, len(table))
    with replacing(output / "monolingual.txt") as temporary:
        sentences = adapter.read_monolingual(corpus, config.language)
        temporary.write_text("".join(f"{text}\n" for text in sentences), encoding="utf-8")


if __name__ == "__main__":
    command_line(run)
