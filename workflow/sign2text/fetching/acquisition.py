"""The pieces and sources of each corpus, and instructions for a missing one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2text.fetching import places
from sign2text.fetching.pieces import ANY_ARCHIVE, Piece, Source
from sign2text.fetching.web_sources import FLEURS_ASL, POSES, VSL_GH, YOUTUBE_ASL, YOUTUBE_SL25
from sign2text.ground.errors import InputError

PHOENIX = Source(
    name="RWTH-PHOENIX-Weather 2014 T",
    conditions="It is free for research, from RWTH Aachen, in one archive of about 39 GB.",
    address=(
        "https://www-i6.informatik.rwth-aachen.de/ftp/pub/rwth-phoenix/2016/"
        "phoenix-2014-T.v3.tar.gz"
    ),
    pieces=(
        Piece(
            what="phoenix-2014-T.v3.tar.gz",
            archives=("phoenix-2014-T*.tar*", "phoenix-2014-T*.tgz*"),
            unpacked=("features/fullFrame-210x260px",),
            is_checked=True,
        ),
    ),
    media=("features/fullFrame-210x260px/*",),
    other_media=(
        *((f"{place}/*",) for place in places.PHOENIX[1:]),
        ("train", "dev", "val", "test"),
    ),
)
CSL_DAILY = Source(
    name="CSL-Daily",
    conditions=(
        "There is no plain download. It is given for research to those who send the publisher, "
        "USTC, the signed form from the corpus's page; the answer says where the files are."
    ),
    pieces=(
        Piece(
            what="the frames: csl-daily-frames-512x512.tar.gz_00 to _09, as they are, not joined",
            archives=("csl-daily-frames-512x512.tar.gz*", "csl-daily-frames-512x512.tar"),
            unpacked=("frames_512x512", "sentence_frames-512x512"),
            parts=10,
            is_checked=True,
        ),
        Piece(
            what=(
                "the annotations: the folder sentence_label with csl2020ct_v2.pkl and split_1.txt, "
                "or its archive"
            ),
            archives=tuple(f"*sentence_label*{end}" for end in (".tar", ".tar.*", ".tgz", ".zip")),
            unpacked=("sentence_label/csl2020ct_v2.pkl", "sentence_label/split_1.txt"),
            needs_all=True,
        ),
    ),
    media=("sentence/frames_512x512", "sentence_frames-512x512", "frames_512x512"),
)
HOW2SIGN = Source(
    name="How2Sign",
    conditions=(
        "It lies on a drive that wants a browser (or gdown): follow the links on "
        "https://how2sign.github.io. Its licence is CC BY-NC 4.0, so no commercial use."
    ),
    pieces=(
        Piece(
            what=(
                "the re-aligned translations: how2sign_realigned_train.csv, "
                "how2sign_realigned_val.csv and how2sign_realigned_test.csv"
            ),
            unpacked=tuple(f"how2sign_*{split}.csv" for split in ("train", "val", "test")),
            needs_all=True,
        ),
        *(
            Piece(
                what=f"{name}.zip, {kind} (one of the two kinds is enough, full videos are better)",
                archives=(f"{name}.zip*", f"{name}.tar*", f"{name}.tgz*"),
                unpacked=(name,),
                own_folder=True,
            )
            for ending, kind in (
                ("raw_videos", "the full videos"),
                ("rgb_front_clips", "the ready-cut clips"),
            )
            for name in (f"{split}_{ending}" for split in ("train", "val", "test"))
        ),
    ),
    media=("*_raw_videos", "*_rgb_front_clips"),
)
TABLE = Source(
    name="a corpus described by a table",
    conditions=(
        "It is yours: nobody else offers it, unless you give an address in the settings "
        "(datasets.<name>.stages.acquire_corpus.address)."
    ),
    pieces=(
        Piece(
            what=(
                "a CSV or TSV with a row a clip, its header naming at least the columns path and "
                "text, and beside it the videos that its column path names; or one archive of both"
            ),
            archives=ANY_ARCHIVE,
            is_checked=True,
        ),
    ),
    media=("*",),
)
WLASL = Source(
    name="WLASL",
    conditions=(
        "Its publisher gives the list of its videos and a script that fetches them from the sites "
        "of others (https://github.com/dxli94/WLASL), for academic use; many are gone."
    ),
    pieces=(
        Piece(what="the list: WLASL_v0.3.json", unpacked=("WLASL_v0.3.json",)),
        Piece(
            what="the videos, <video_id>.mp4, in a folder videos",
            archives=("videos.zip", "videos.tar*", "WLASL*.zip", "WLASL*.tar*"),
            unpacked=("videos", "raw_videos_mp4", "raw_videos"),
        ),
    ),
    media=("videos", "raw_videos_mp4", "raw_videos"),
    other_media=(("*.mp4",),),
)
KINETICS = Source(
    name="Kinetics-400",
    conditions=(
        "Its publisher gives lists of parts of videos on YouTube; the clips circulate in copies "
        "(https://github.com/cvdfoundation/kinetics-dataset), and many are gone."
    ),
    pieces=(
        Piece(
            what="the lists: train.csv and validate.csv (or val.csv), and test.csv with labels",
            unpacked=("train.csv", "val*.csv"),
            needs_all=True,
        ),
        Piece(
            what="the clips, <label>/<youtube_id>_<start>_<end>.mp4, in the folders train and val",
            unpacked=("train", "videos_train", "train_256", "videos", "clips", "compress"),
        ),
    ),
    media=("train", "val", "validate", "test"),
    other_media=(
        ("videos_train", "videos_val", "videos_test"),
        ("train_256", "val_256", "test_256"),
        ("videos", "clips", "compress"),
    ),
)
SOURCES = {
    "phoenix": PHOENIX,
    "csl_daily": CSL_DAILY,
    "how2sign": HOW2SIGN,
    "table": TABLE,
    "wlasl": WLASL,
    "kinetics": KINETICS,
    "youtube_asl": YOUTUBE_ASL,
    "youtube_sl25": YOUTUBE_SL25,
    "fleurs_asl": FLEURS_ASL,
    "poses": POSES,
    "vsl_gh": VSL_GH,
}


def instructions(
    source: Source, folder: Path, required: Sequence[str], hints: Sequence[str] = ()
) -> InputError:
    """Return the error about a corpus missing in `folder`: what to fetch, and where to put it.

    `required` are the annotation files that identify the corpus; `hints` are further lines about
    the files that were found.
    """
    there = sorted(path.name for path in folder.glob("[!.]*"))[:8] if folder.is_dir() else []
    lines = [
        f"{folder}: {source.name} is not there: expected {' and '.join(required)} in this folder "
        f"or up to two levels down, found {', '.join(there) or 'nothing'}.",
        source.conditions,
        f"Put into {folder}/:",
    ]
    for piece in source.pieces:
        mark = "there already" if piece.is_there(folder) else "missing"
        lines.append(f"  - {piece.what}: {mark}")
    lines.extend(hints)
    lines.append(
        "Archives are checked and unpacked there. A corpus that is unpacked elsewhere may stay "
        f"where it is: put a link to its folder into {folder}/. Then start the same command again."
    )
    return InputError("\n".join(lines))


def refusal(source: Source, folder: Path, found: Sequence[str], missing: str) -> InputError:
    """Return the error about a partial corpus in `folder`, which is then not fetched.

    Args:
        found: names of the pieces that are there.
        missing: description of the missing ones.
    """
    return InputError(
        f"{folder}: {source.name} is there in part: found {', '.join(found)}; missing: {missing}. "
        f"Nothing was fetched. {source.conditions} Add the missing pieces, or "
        "move the existing ones elsewhere to have the whole archive fetched. Then start the same "
        "command again."
    )
