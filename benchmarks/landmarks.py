"""MediaPipe's landmarks beside others: the avatar's truth, or a .pose file of the same video.

    python benchmarks/landmarks.py
    python benchmarks/landmarks.py --video CLIP.mp4 --pose CLIP.pose

The first command renders clips of each signer of the avatar, extracts their landmarks with one
worker, and prints how often each part is found and how far it is from where it was drawn. Hips are
outside the avatar's picture. The second compares the frames in which both have a part. Needs
`make landmarks`; docs/landmarks.md has the figures of one run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from claims import claim

from sign2text.avatar.corpus import plan_corpus
from sign2text.avatar.recording import Job, record
from sign2text.avatar.signing import FPS, SIGNERS, UNSEEN_SIGNER
from sign2text.ground.errors import InputError
from sign2text.landmarks.mediapipe_frames import Clip, Extracted, MediaPipe, extract_clips
from sign2text.landmarks.points import FACE, LEFT_HAND, POSE, RIGHT_HAND
from sign2text.landmarks.quality import shoulder_width

MEASURED = {
    "face": FACE,
    "left hand": LEFT_HAND,
    "right hand": RIGHT_HAND,
    "shoulders, elbows": slice(POSE.start, POSE.start + 4),
    "hips": slice(POSE.start + 4, POSE.stop),
}
LEAST = {"face": 99, "left hand": 75, "right hand": 75, "shoulders, elbows": 99}  # %
MOST = {"face": 0.02, "left hand": 0.06, "right hand": 0.06, "shoulders, elbows": 0.08}
LEAST_SPEED = 15  # frames per second of CPU time


def rendered(folder: Path, count: int, seed: int) -> Iterator[tuple[Clip, str, np.ndarray]]:
    """Render the first `count` clips of each signer; yield clip, signer and true landmarks."""
    corpus = plan_corpus(
        {"train": 40 * count, "dev": 1, "test": 5 * count},
        seed=seed,
        monolingual=0,
        unseen_share=1.0,
        seen_signers=[name for name in SIGNERS if name != UNSEEN_SIGNER],
        unseen_signer=UNSEEN_SIGNER,
    )
    left = dict.fromkeys(SIGNERS, count)
    for clip in corpus:
        if left[clip.signer]:
            left[clip.signer] -= 1
            video = folder / f"{clip.id}.mp4"
            # As synthesize_avatar encodes them.
            job = Job(clip.tokens, clip.signer, clip.seed, video, 26, "superfast", 12)
            yield Clip(clip.id, str(video), float(FPS)), clip.signer, record(job).landmarks


def compare(
    found: np.ndarray, other: np.ndarray, width: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return by part bool [T], the frames with it, and the distances [N] in shoulder widths."""
    compared = {}
    for name, part in MEASURED.items():
        distance = np.linalg.norm((found - other)[:, part, :2], axis=-1) / width
        seen = np.isfinite(found[:, part]).any((1, 2))
        compared[name] = seen, distance[np.isfinite(distance)]
    return compared


def cpu_seconds() -> float:
    """Return the CPU time of the workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def on_the_avatar(count: int, seed: int) -> bool:
    """Print the comparison with the avatar's truth; return whether all targets are met."""
    compared = []
    with tempfile.TemporaryDirectory() as folder:
        clips = list(rendered(Path(folder), count, seed))
        before = cpu_seconds()
        found = list(extract_clips([clip for clip, *_ in clips], settings=MediaPipe()))
        seconds = cpu_seconds() - before
    print("clip         signer    frames  " + "".join(f"{name:>20}" for name in MEASURED))
    for (clip, signer, true), each in zip(clips, found, strict=True):
        if not isinstance(each, Extracted):
            raise InputError(each.reason)
        compared.append(compare(each.points, true, shoulder_width(true)))
        cells = [f"{100 * s.mean():10.0f} % {np.median(d):7.3f}" for s, d in compared[-1].values()]
        print(f"{clip.id:12} {signer:9} {len(true):6}  " + "".join(cells))
    frames = sum(len(true) for *_, true in clips)
    met = [claim("MediaPipe on the avatar, per core", frames / seconds, "x", at_least=LEAST_SPEED)]
    print(f"{frames} frames, {frames / seconds:.1f} a second of CPU time, start included")
    for name in MEASURED:
        share = 100 * np.concatenate([each[name][0] for each in compared]).mean()
        error = np.median(np.concatenate([each[name][1] for each in compared]))
        print(f"{name:18} {share:6.1f} %  {error:.3f} shoulder widths")
        if name in LEAST:
            met.append(claim(f"{name} found", share, "%", at_least=LEAST[name]))
            met.append(claim(f"{name}: error", error, "", at_most=MOST[name]))
    return all(met)


def beside(video: Path, pose: Path) -> None:
    """Print the distance of a video's landmarks to those of a .pose file."""
    from sign2text.landmarks.pose_reader import read_pose

    published = read_pose(pose)
    (found,) = extract_clips([Clip(video.stem, str(video))], settings=MediaPipe())
    if not isinstance(found, Extracted):
        raise InputError(found.reason)
    if len(found.points) != len(published.points):
        raise InputError(
            f"{pose}: {len(published.points)} frames found, {len(found.points)} expected as in "
            f"{video}. Name the .pose file of this video."
        )
    scale = [*np.divide(found.size, published.size), 1]
    compared = compare(found.points, published.points * scale, shoulder_width(found.points))
    for name, (seen, distance) in compared.items():
        print(f"{name:18} {100 * seen.mean():6.1f} %  {np.median(distance):.3f} shoulder widths")


def main() -> int:
    """Compare as the command line asks; return 1 if a target is missed or MediaPipe is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=3, help="of each signer (default 3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--pose", type=Path, help="published landmarks of --video")
    options = parser.parse_args()
    try:
        if options.video and options.pose:
            beside(options.video, options.pose)
            return 0
        return 0 if on_the_avatar(options.clips, options.seed) else 1
    except InputError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
