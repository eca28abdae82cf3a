"""A real clip of PHOENIX-2014T as `sign2text translate` reads it. Needs SIGN2TEXT_PHOENIX."""

import math
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from torch.nn import functional

from sign2text.commands.translate import ClipTranslator
from sign2text.data.adapters import phoenix

pytestmark = pytest.mark.real

CLIP, FRAMES = "09April_2010_Friday_tagesschau-7631", 132


@pytest.fixture
def translator(tmp_path, tiny_translator, tiny_tokenizer) -> ClipTranslator:
    """An untrained, tiny model that takes frames as FLa-LLM's does."""
    model = tiny_translator(
        light=False,
        sampling_rate=0.25,
        frame_size=[256, 256],
        frame_quality=90,
        crop_size=[224, 224],
    )
    folder = tmp_path / "fla_llm" / "finetune_llm"
    model.save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return ClipTranslator(tmp_path / "fla_llm")


def read_picture(path: Path) -> torch.Tensor:
    """A PNG, [H, W, 3] RGB, by another reader than the project's."""
    with av.open(str(path)) as container:
        return torch.from_numpy(next(container.decode(video=0)).to_ndarray(format="rgb24"))


def prepare(picture: torch.Tensor) -> np.ndarray:
    """[260, 210, 3] -> [224, 224, 3]: the middle of the picture stretched to 256 x 256."""
    channels = picture.permute(2, 0, 1)[None].double()
    stretched = functional.interpolate(channels, (256, 256), mode="bilinear", align_corners=False)
    return stretched[0].permute(1, 2, 0)[16:240, 16:240].numpy()


def difference(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found.astype(np.float64) - wanted).mean())


def test_every_fourth_frame_is_read_resized_and_cut_in_the_middle(translator, phoenix_folder):
    clip = phoenix_folder / phoenix.FRAMES / "train" / CLIP
    pictures = [prepare(read_picture(path)) for path in sorted(clip.glob("*.png"))]
    assert len(pictures) == FRAMES
    found = translator.model.read_video(clip)["frames"]
    assert found.shape == (math.ceil(FRAMES / 4), 224, 224, 3)
    assert found.dtype == torch.uint8
    for number, frame in enumerate(found.numpy()):
        wanted = 4 * number
        error = difference(frame, pictures[wanted])
        # JPEG's loss alone; the frames before and behind and another place are further off.
        assert error < 2
        others = [n for n in (wanted - 1, wanted + 1) if 0 <= n < FRAMES]
        assert error < min(difference(frame, pictures[other]) for other in others)
        for axis in (0, 1):
            assert error < difference(frame, np.roll(pictures[wanted], 1, axis))
        assert error < difference(frame[..., ::-1], pictures[wanted]) / 4, "red and blue swapped"
