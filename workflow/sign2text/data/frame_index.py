"""The index of a frame store: the position of each frame's bytes, and the frame format.

`<split>.index.safetensors` holds

- `offsets` int64 [F] and `sizes` int32 [F]: position and number of each frame's bytes in the tar
- `starts` int64 [clips + 1]: clip c has the frames starts[c] ... starts[c + 1] - 1
- metadata `about`, JSON: `ids` of the clips, `height`, `width`, `codec`, `quality`, `fps` (null
  if clips differ in it), `sha256` of the tar
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.frame_format import FrameFormat
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import read_field

if TYPE_CHECKING:
    import numpy as np


def index_content(
    ids: Sequence[str],
    frame_format: FrameFormat,
    offsets: np.ndarray,
    sizes: np.ndarray,
    starts: np.ndarray,
    sha256: str,
) -> bytes:
    """Build the content of a store's index, as described in the module's docstring.

    Args:
        offsets, sizes, starts: int64 [F], int32 [F] and int64 [clips + 1].
        sha256: hash of the tar.
    """
    from safetensors.numpy import save

    about = {
        "ids": list(ids),
        "height": frame_format.size[0],
        "width": frame_format.size[1],
        "codec": frame_format.codec,
        "quality": frame_format.quality,
        "fps": frame_format.fps,
        "sha256": sha256,
    }
    # One metadata key only: safetensors writes several in an order that changes between runs.
    tensors = {"offsets": offsets, "sizes": sizes, "starts": starts}
    return save(tensors, {"about": json.dumps(about)})


def format_of(about: Mapping[str, Any], index: Path) -> FrameFormat:
    """Read the frame format of a store from `about` of its index.

    Raises InputError if a field is missing, of another type or out of bounds.
    """
    height, width, quality = (
        read_field(about, key, int, index) for key in ("height", "width", "quality")
    )
    # Stores older than this choice have no codec field.
    codec = read_field({"codec": "jpeg", **about}, "codec", str, index)
    try:
        return FrameFormat((height, width), quality, codec, about.get("fps"))
    except InputError as error:
        raise InputError(f"{index}, {error}") from error
