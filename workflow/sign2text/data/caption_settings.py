"""Settings of make_manifest for captioned videos: YouTube's corpora and FLEURS-ASL."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sign2text.ground.settings import stage_config

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


@stage_config
class YouTube:
    """Which videos and captions of YouTube-ASL and YouTube-SL-25 are clips."""

    longest_text: Annotated[
        int, Field(ge=1, description="characters; longer captions are left out (section 3)")
    ] = 300
    shortest: Annotated[
        float, Field(ge=0, description="seconds; shorter captions are left out (section 3)")
    ] = 0.2
    longest: Annotated[
        float, Field(gt=0, description="seconds; longer captions are left out (section 3)")
    ] = 60.0
    held_out: Annotated[
        float,
        Field(
            gt=0,
            lt=0.5,
            description="share of the videos in dev, and the same in test, by a hash of the "
            "video's id; ours, as neither corpus has splits",
        ),
    ] = 0.01
    sign_languages: Annotated[
        tuple[LanguageCode, ...],
        Field(
            description="of YouTube-SL-25: only videos in these sign languages (ISO 639-3); "
            "empty: all"
        ),
    ] = ()
    further_languages: Annotated[
        tuple[LanguageCode, ...],
        Field(
            description="languages of captions for a video without any in the data set's own "
            "language; the first that it has is taken"
        ),
    ] = ()


@stage_config
class FleursAsl:
    """Columns and clips of FLEURS-ASL; `table` names the file and its other columns."""

    level: Annotated[
        Literal["sentence", "document"],
        Field(description="a clip is a sentence, or all sentences of a document in one video"),
    ] = "sentence"
    start: Annotated[
        str, Field(description="column of the start in the video in seconds; name ours")
    ] = "start"
    end: Annotated[str, Field(description="column of the end in seconds; name ours")] = "end"
    sentence: Annotated[
        str, Field(description="column of FLEURS's number of the sentence; name ours")
    ] = "fleurs_id"
    document: Annotated[str, Field(description="column of the document; name ours")] = "document"
    texts: Annotated[
        str,
        Field(
            min_length=1,
            description="folder beside the table with FLEURS's transcripts, <config>.tsv or "
            "<config>/<split>.tsv",
        ),
    ] = "texts"
