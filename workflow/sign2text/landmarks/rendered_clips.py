"""The true landmarks of clips that the avatar signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading
from sign2text.ground.store_index import check_tensor
from sign2text.landmarks.extracted import Clip, Extracted
from sign2text.landmarks.points import AXES, COUNT

SIZE = (210, 260)
"""Width and height of the avatar's picture in pixels, as avatar/body.py has them."""
MAKER = "synthesize_avatar"


def rendered_clips(clips: Sequence[Clip], path: Path) -> Iterator[Extracted]:
    """Yield the landmarks of each clip, in order.

    Args:
        path: the split's landmarks, a tensor float32 [T, 85, 3] a clip.

    Raises:
        InputError: the file is missing or damaged, lacks a clip, or has another number of frames.
    """
    from safetensors import safe_open

    if not path.is_file():
        raise InputError(f"{path}: missing; run the rule {MAKER} again.")
    with reading(path, MAKER), safe_open(str(path), framework="numpy") as file:
        names = set(file.keys())
        for clip in clips:
            if clip.id not in names:
                raise InputError(
                    f"{path}: has no clip '{clip.id}' ({len(names)} clips found). The landmarks "
                    f"belong to another manifest; run {MAKER} and make_manifest again."
                )
            check_tensor(file, clip.id, ("F32",), (clip.frames, COUNT, AXES), path)
            yield Extracted(clip.id, file.get_tensor(clip.id), clip.fps, SIZE)
