"""Collect captions in all written languages, join clips, and gather parallel text."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.config.corpora import (
    CHECKSUMS,
    RENDERED_LANGUAGES,
    RENDERINGS,
    SIGN_LANGUAGES,
    UNNAMED,
    WITH_LANDMARKS,
    is_rendered,
    published_list,
    rendered_by,
)
from sign2text.config.keys import SIGN_LANGUAGE
from sign2text.config.reads import Read, ReadPlace
from sign2text.data.caption_settings import FleursAsl, YouTube
from sign2text.data.text_settings import Joined, Parallel
from sign2text.ground.settings import AdapterName, Language, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.stages.make_manifest import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from sign2text.config.reads import Settings

SCOPE = "common"
READS = (
    Read("train", "make_manifest", "train.tsv"),
    Read("dev", "make_manifest", "dev.tsv"),
    Read("test", "make_manifest", "test.tsv"),
    Read("corpus", tuple(RENDERINGS.values()), CHECKSUMS, when=is_rendered, chosen=rendered_by),
    ReadPlace("corpus", published_list),
    ReadPlace("captions_file", lambda settings: settings("make_captions").captions_file),
    ReadPlace("parallel_train", lambda settings: settings("make_captions").parallel.train_file),
    ReadPlace("parallel_dev", lambda settings: settings("make_captions").parallel.dev_file),
)
OF_MANIFEST = ("table", "youtube", "fleurs_asl", "mend_mojibake")
FOLLOWS = dict.fromkeys(OF_MANIFEST, "make_manifest")

log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        AdapterName, Field(description="which corpus; the data set's key `adapter`")
    ] = "avatar"
    language: Annotated[
        Language, Field(description="language of the manifest's text; the data set's key")
    ] = "de"
    sign_language: Annotated[
        str | None,
        Field(
            pattern=SIGN_LANGUAGE,
            description="sign language of the clips, of ISO 639-3; the data set's key; null: the "
            "corpus's, or sgn where it has none or several",
        ),
    ] = None
    sentences_of: Annotated[
        str | None,
        Field(description="data set whose clips the avatar signs; the data set's key `sentences`"),
    ] = None
    text_alone: Annotated[
        bool, Field(description="the videos are not looked at; the data set's key")
    ] = False
    further_languages: Annotated[
        tuple[str, ...],
        Field(
            description="written languages beside the data set's own that captions or parallel "
            "text have; of the avatar's own sentences all three without being named; ours"
        ),
    ] = ()
    captions_file: Annotated[
        str | None,
        Field(description="table of further captions of the clips (docs/captions.md); ours"),
    ] = None
    joined: Annotated[Joined, Field(description="long clips")] = Field(default_factory=Joined)
    parallel: Annotated[Parallel, Field(description="parallel text")] = Field(
        default_factory=Parallel
    )
    drawing_seed: Annotated[
        int, Field(ge=0, description="seed of joined clips and the avatar's parallel text; ours")
    ] = 0
    table: Annotated[Table, Field(description="as make_manifest's")] = Field(default_factory=Table)
    youtube: Annotated[YouTube, Field(description="as make_manifest's")] = Field(
        default_factory=YouTube
    )
    fleurs_asl: Annotated[FleursAsl, Field(description="as make_manifest's")] = Field(
        default_factory=FleursAsl
    )
    mend_mojibake: Annotated[bool, Field(description="as make_manifest's")] = False

    @property
    def has_all_languages(self) -> bool:
        """True if the avatar signs its own sentences, which it writes in three languages."""
        return self.adapter in WITH_LANDMARKS and self.sentences_of is None

    @property
    def languages(self) -> tuple[str, ...]:
        """All written languages, the data set's own first."""
        written = RENDERED_LANGUAGES if self.has_all_languages else ()
        return tuple(dict.fromkeys((self.language, *written, *self.further_languages)))

    @property
    def signed_in(self) -> str:
        """Code of the sign language."""
        chosen = self.youtube.sign_languages
        if self.adapter == "youtube_sl25" and self.sign_language is None and len(chosen) == 1:
            return chosen[0]
        return self.sign_language or SIGN_LANGUAGES.get(self.adapter, UNNAMED)


def check_settings(settings: Settings) -> Iterator[str]:
    """Report limits of joined clips that exclude each other, and parallel text from two sources."""
    config = settings("make_captions")
    if config.joined.most < config.joined.fewest:
        yield (
            f"joined.most: found {config.joined.most}, expected at least joined.fewest, "
            f"{config.joined.fewest}; change one of them"
        )
    written = config.has_all_languages and (config.parallel.train or config.parallel.dev)
    if written and (config.parallel.train_file or config.parallel.dev_file):
        yield "parallel: sizes and files found, expected one of both; take one out"


def run(
    *,
    train: Path,
    dev: Path,
    test: Path,
    corpus: Path,
    output: Path,
    config: Config,
    captions_file: Path | None = None,
    parallel_train: Path | None = None,
    parallel_dev: Path | None = None,
) -> None:
    """Write captions, joined clips, parallel text and languages.json into the folder `output`.

    Raises InputError for captions that overlap, run backwards, end after their clip, are empty,
    have characters that cannot be written, are of an unknown clip, or in a language that
    `further_languages` lacks.
    """
    import pandas as pd

    from sign2text.data.caption_checks import check_captions, check_languages
    from sign2text.data.captions import (
        Languages,
        read_captions,
        write_captions,
        write_joined,
        write_languages,
        write_parallel,
    )
    from sign2text.data.joined_clips import Lengths, captions_of_joined, join_clips
    from sign2text.data.manifest import read_manifest

    manifests = {
        split: read_manifest(path)
        for split, path in (("train", train), ("dev", dev), ("test", test))
    }
    seconds = {
        clip: frames / fps
        for table in manifests.values()
        for clip, frames, fps in zip(table["id"], table["frames"], table["fps"], strict=True)
    }
    further = None
    if captions_file is not None:
        further = read_captions(captions_file)
        check_captions(further, captions_file, seconds)
        check_languages(captions_file, further["language"].unique(), config.languages)
    limits = config.joined
    lengths = Lengths(limits.fewest, limits.most, limits.seconds)
    for split, manifest in manifests.items():
        captions = pd.concat(
            [table for table in captions_of(corpus, split, manifest, further, config) if len(table)]
        )
        path = output / f"{split}.tsv"
        joined = join_clips(manifest, split, getattr(limits, split), lengths, config.drawing_seed)
        if len(set(joined["joined"])) < getattr(limits, split):
            log.warning(
                "%s: %d long clips wanted, %d made: no others fit joined's limits",
                split,
                getattr(limits, split),
                len(set(joined["joined"])),
            )
        write_joined(joined, output / f"joined.{split}.tsv")
        if len(joined):
            signed = signed_times(corpus, split, config)
            captions = pd.concat([captions, captions_of_joined(joined, captions, signed)])
        ends = dict(zip(joined["joined"], joined["end"], strict=True))
        captions = captions.reset_index(drop=True)
        check_captions(captions, path, seconds | ends)
        write_captions(captions, path)
        log.info("%s: %d captions of %d clips", split, len(captions), captions["clip"].nunique())
    for split, table in parallel_of(corpus, parallel_train, parallel_dev, config).items():
        write_parallel(table, output / f"parallel.{split}.tsv")
    write_languages(
        output / "languages.json",
        Languages(config.signed_in, config.language, [*config.languages]),
    )


def captions_of(
    corpus: Path, split: str, manifest: pd.DataFrame, further: pd.DataFrame | None, config: Config
) -> Iterator[pd.DataFrame]:
    """Yield the captions of a split's clips: the manifest's text, the corpus's, and a table's."""
    import pandas as pd

    from sign2text.avatar import captions as rendered
    from sign2text.data.caption_texts import HUMAN
    from sign2text.data.class_adapters import find_adapter

    yield pd.DataFrame(
        {
            "clip": manifest["id"],
            "language": config.language,
            "text": manifest["text"],
            "start": float("nan"),
            "end": float("nan"),
            "origin": HUMAN,
        }
    )
    others = [each for each in config.languages if each != config.language]
    tables = [] if further is None else [further]
    if config.has_all_languages:
        tables.append(rendered.read_captions(corpus, split, RENDERED_LANGUAGES))
    elif read := getattr(find_adapter(config.adapter), "read_captions", None):
        found = read(corpus, split, config)
        tables.append(found.assign(**{name: found[name].replace("", "nan").astype(float)
                                      for name in ("start", "end")}))  # fmt: skip
    for table in tables:
        own = table[table["clip"].isin(set(manifest["id"]))]
        chosen = own["language"].isin(others)
        if table is further:
            chosen |= own["origin"] != HUMAN
        if left := sorted(set(own["language"]) - {*others, config.language}):
            log.info(
                "%s: captions in %s are left out: further_languages lacks them",
                split,
                ", ".join(left),
            )
        yield own[chosen]


def signed_times(corpus: Path, split: str, config: Config) -> dict[str, tuple[float, float]]:
    """Return the seconds of each clip between which somebody signs, where the corpus tells."""
    from sign2text.avatar.captions import read_signed_times

    return read_signed_times(corpus, split) if config.adapter in WITH_LANDMARKS else {}


def parallel_of(
    corpus: Path, train: Path | None, dev: Path | None, config: Config
) -> dict[str, pd.DataFrame]:
    """Return the parallel text of train and dev, empty tables where there is none."""
    import pandas as pd

    from sign2text.avatar.parallel_text import parallel_text, read_signed
    from sign2text.data.caption_checks import check_languages, check_parallel
    from sign2text.data.captions import read_parallel

    sizes = {"train": config.parallel.train, "dev": config.parallel.dev}
    if config.has_all_languages and any(sizes.values()):
        return parallel_text(sizes, read_signed([corpus]), config.drawing_seed)
    found = {}
    for split, path in (("train", train), ("dev", dev)):
        found[split] = pd.DataFrame(columns=[*config.languages], dtype=str)
        if path is not None:
            found[split] = read_parallel(path)
            check_languages(path, found[split].columns, config.languages)
            check_parallel(path, found[split])
    return found


if __name__ == "__main__":
    command_line(run)
