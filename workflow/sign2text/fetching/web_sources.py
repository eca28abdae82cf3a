"""Sources of corpora of captioned videos, and of corpora of landmarks."""

from __future__ import annotations

from sign2text.fetching.pieces import ANY_ARCHIVE, Piece, Source

YOUTUBE_FILES = Piece(
    what=(
        "the videos, videos/<id>.mp4, and their captions, captions/<id>.<language>.vtt (both may "
        "be in one folder, as yt-dlp writes them)"
    ),
    unpacked=("videos", "captions", "subtitles"),
)
YOUTUBE_MEDIA = ("captions", "subtitles", "videos")
YOUTUBE_ASL = Source(
    name="YouTube-ASL",
    conditions=(
        "Its publisher gives the list of its videos "
        "(https://storage.googleapis.com/gresearch/youtube-asl/youtube_asl_video_ids.txt); videos "
        "and captions are on YouTube, under its terms, and many are gone."
    ),
    pieces=(
        Piece(
            what="the list: youtube_asl_video_ids.txt",
            unpacked=("*youtube_asl_video_ids.txt",),
        ),
        YOUTUBE_FILES,
    ),
    media=YOUTUBE_MEDIA,
)
YOUTUBE_SL25 = Source(
    name="YouTube-SL-25",
    conditions=(
        "Its publisher gives the list of its videos "
        "(https://storage.googleapis.com/gresearch/youtube-sl-25/youtube-sl-25-metadata.csv); "
        "videos and captions are on YouTube, under its terms, and many are gone."
    ),
    pieces=(
        Piece(
            what="the list: youtube-sl-25-metadata.csv",
            unpacked=("*youtube-sl-25-metadata.csv",),
        ),
        YOUTUBE_FILES,
    ),
    media=YOUTUBE_MEDIA,
)
FLEURS_ASL = Source(
    name="FLEURS-ASL",
    conditions=(
        "It is on Kaggle, behind a login: https://www.kaggle.com/datasets/googleai/fleurs-asl. Its "
        "licence is CC BY-SA 4.0."
    ),
    pieces=(
        Piece(
            what=(
                "its table and, beside it, the videos that the table names, or the archive of "
                "both; for other languages, FLEURS's tables in a folder texts"
            ),
            archives=ANY_ARCHIVE,
            is_checked=True,
        ),
    ),
    media=("*",),
)
POSES = Source(
    name="a corpus of landmarks described by a table",
    conditions=(
        "It is yours: nobody else offers it, unless you give an address in the settings "
        "(datasets.<name>.stages.acquire_corpus.address)."
    ),
    pieces=(
        Piece(
            what=(
                "a CSV or TSV with a row a clip, its header naming at least the columns path and "
                "text, and beside it folders with the .pose files that its column path names; or "
                "one archive of both"
            ),
            archives=ANY_ARCHIVE,
            is_checked=True,
        ),
    ),
    media=("*",),
)
VSL_GH = Source(
    name="VSL-GH",
    conditions=(
        "It is on GitHub, https://github.com/nguyentheanh822/Vietnamese-Sign-Language-Translation: "
        "clone it there, about 1 GB. Its licence is CC BY 4.0; its videos are not published."
    ),
    pieces=(
        Piece(
            what="the lists of clips, data/splits/train.txt, val.txt and test.txt",
            unpacked=("data/splits/train.txt", "data/splits/val.txt", "data/splits/test.txt"),
            needs_all=True,
        ),
        Piece(
            what="annotations and landmarks, data/annotations/*.txt and data/keypoints/*.npy",
            unpacked=("data/annotations", "data/keypoints"),
            needs_all=True,
        ),
    ),
    media=("data/annotations", "data/keypoints"),
)
