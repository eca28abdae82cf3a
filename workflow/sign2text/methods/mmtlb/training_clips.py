"""How training clips are changed, in the pretraining of S3D and in Sign2Gloss."""

from __future__ import annotations

from sign2text.data.augmentation import Augmentation


def crops_and_colours() -> Augmentation:
    """Return the crops at random size and the changes of colour of the public code."""
    colours = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
    return Augmentation(scale=[0.7, 1.0], ratio=[0.75, 1.33], colour_probability=0.3, **colours)
