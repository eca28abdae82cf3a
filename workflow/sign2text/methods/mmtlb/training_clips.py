"""Augmentation of training clips in the pretraining of S3D and in Sign2Gloss."""

from __future__ import annotations

from sign2text.data.augmentation import Augmentation


def crops_and_colours() -> Augmentation:
    """Return the public code's crops of random size and changes of colour."""
    colours = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
    return Augmentation(scale=[0.7, 1.0], ratio=[0.75, 1.33], colour_probability=0.3, **colours)
