"""The command `sign2text landmarks`."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.jobs.number_options import whole_number

if TYPE_CHECKING:
    from sign2text.landmarks.mediapipe_frames import Extracted, MediaPipe

log = logging.getLogger(__name__)

_COLUMNS, _ROWS = 3, 2  # frames of a picture
_MOST_EVERY = 100
UNKNOWN_FPS = 25.0
"""Frames a second in a .pose file of a folder of frames without --fps."""


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser of `sign2text`."""
    parser = commands.add_parser(
        "landmarks",
        help="extract the landmarks of a clip with MediaPipe, draw them, write a .pose file",
        description="Extract the 85 landmarks of a clip, as the stage extract_landmarks does, and "
        "print how often each part is found (docs/landmarks.md). Needs `make landmarks` once.",
    )
    parser.add_argument("clip", type=Path, metavar="CLIP", help="a video or a folder of frames")
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="PNG",
        help=f"draw {_COLUMNS * _ROWS} frames of the clip with their landmarks",
    )
    parser.add_argument(
        "--pose", type=Path, metavar="POSE", help="write the landmarks as a .pose file"
    )
    parser.add_argument(
        "--every",
        type=whole_number(1, _MOST_EVERY),
        default=1,
        help="2: of every second frame (default 1)",
    )
    parser.add_argument(
        "--display-ratio",
        type=float,
        metavar="RATIO",
        help="width / height at which the frames are meant to be shown, where pixels are not "
        "square (PHOENIX-2014T: 1.154)",
    )
    parser.add_argument(
        "--fps",
        type=float,
        help=f"frames a second of a folder of frames, for --pose (default {UNKNOWN_FPS:g})",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    """Extract and print, then write the requested files."""
    from sign2text.data.resampling import MOST_FPS
    from sign2text.data.stored_paths import stored_videos
    from sign2text.ground.settings import read_settings
    from sign2text.landmarks.mediapipe_frames import (
        Clip,
        MediaPipe,
        about,
        extract_one,
    )
    from sign2text.landmarks.points import PARTS
    from sign2text.landmarks.pose_writer import write_pose
    from sign2text.landmarks.quality import detected

    for option, path, suffix in (
        ("--picture", options.picture, ".png"),
        ("--pose", options.pose, ".pose"),
    ):
        if path is not None and path.suffix.lower() != suffix:
            raise InputError(f"{option}: {path} found, expected a name that ends in {suffix}")
    if options.fps is not None and not 0 < options.fps <= MOST_FPS:
        raise InputError(
            f"--fps: {options.fps:g} found, expected frames a second up to {MOST_FPS}, such as 25"
        )
    given = {"every": options.every, "display_ratio": options.display_ratio}
    settings = read_settings(MediaPipe, given, "options")
    (video,) = stored_videos([str(options.clip)])
    begun = time.monotonic()
    found = extract_one(Clip(str(options.clip), video, options.fps), settings)
    seconds = time.monotonic() - begun
    frames = len(found.points)
    rate = f"{found.fps:.5g} a second, " if found.fps else ""
    described = about(settings)
    print(
        f"{options.clip}: {frames} frames, {rate}{found.size[0]} x {found.size[1]} pixels, "
        f"{described['extractor']} {described['version']}"
    )
    counts = dict(zip(PARTS, detected(found.points).sum(axis=0).tolist(), strict=True))
    for name, seen in counts.items():
        print(f"{name:10} {100 * seen / frames:5.1f} %  {seen} of {frames}")
    print(f"{frames / seconds:.1f} frames a second, the start of MediaPipe included")
    for name in (name for name, seen in counts.items() if not seen):
        log.warning(
            "%s: its %s is never found in %d frames, expected in some unless it does not sign. "
            "Look at the frames: --picture out.png",
            *(options.clip, name, frames),
        )
    if options.picture is not None:
        write_picture(options.picture, video, found, settings)
    if options.pose is not None:
        write_pose(options.pose, found.points, found.fps or UNKNOWN_FPS / options.every, found.size)


def write_picture(path: Path, video: str, found: Extracted, settings: MediaPipe) -> None:
    """Draw frames of a clip, evenly spread, with their landmarks, in rows on one picture."""
    from itertools import islice

    import cv2
    import numpy as np

    from sign2text.data.video import read_frames
    from sign2text.ground.files import replacing
    from sign2text.landmarks.drawing import draw_landmarks

    count = _COLUMNS * _ROWS
    chosen = np.linspace(0, len(found.points) - 1, count).round().astype(int).tolist()
    drawn = {}
    for number, frame in enumerate(islice(read_frames(video), 0, None, settings.every)):
        if number in chosen:
            drawn[number] = draw_landmarks(frame, found.points[number])
    rows = [
        np.concatenate([drawn[number] for number in chosen[first : first + _COLUMNS]], axis=1)
        for first in range(0, count, _COLUMNS)
    ]
    with replacing(path) as temporary:
        cv2.imwrite(str(temporary), np.concatenate(rows)[..., ::-1])
