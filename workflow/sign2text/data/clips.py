"""Clips with their sentences and glosses as training items, and their batches.

An item's index is a pair (clip, epoch). Its random choices (frames, crop, stored view) depend on
the seed, the epoch and the clip's id, not on the order of reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from sign2text.data.augmentation import Augmentation, augment
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameStore
from sign2text.data.sampling import clip_rng, crop_offset, sample_indices, sampled_length
from sign2text.ground.errors import InputError

IGNORED = -100  # label of a padded token, as in torch's cross-entropy


Targets = Sequence[Sequence[int]] | None
"""Tokens of each clip's sentence, or classes of its glosses; None if unknown."""


class Clips(Dataset):
    """Clips of a split, each with its input, and with its sentence and glosses if known.

    An item has `steps` [N, ...], `target` and, if the clips have them, `glosses`. Clips with
    several inputs override `inputs`.
    """

    key: str
    """Name of the model's input that holds the steps."""
    unit: str = "sampled frames"
    """Name of the steps, for messages."""
    shorter: str = "Lower sampling_rate, raise positions"
    """Advice about a clip with too many steps, for messages."""
    ids: list[str]
    targets: Targets
    glosses: Targets = None
    lengths: Sequence[int]
    """Number of steps N of each clip in evaluation, by which clips are put into batches."""
    steps_of: Callable[[int], int] | None = None
    """Function from a clip's steps to the number that the language model reads; None if equal."""

    @property
    def longest(self) -> Sequence[int]:
        """Maximum number of steps of each clip in any epoch."""
        return self.lengths

    def with_glosses(self, glosses: Targets) -> Clips:
        """Set the classes of each clip's glosses, a recogniser's target."""
        if glosses is not None and len(glosses) != len(self.ids):
            raise ValueError(f"glosses of {len(glosses)} clips found, {len(self.ids)} expected")
        self.glosses = glosses
        return self

    def item(self, clip: int, steps: torch.Tensor) -> dict[str, Any]:
        """Combine the steps of a clip with its targets."""
        item = {"steps": steps, "target": None if self.targets is None else self.targets[clip]}
        return item if self.glosses is None else item | {"glosses": self.glosses[clip]}

    def inputs(self, clips: Iterable[int], epoch: int = 0) -> dict[str, torch.Tensor]:
        """Return the inputs of some clips in the form that models take, without targets.

        Returns:
            `key`: [sum(N), ...], one clip after the other; `lengths`: int64 [B].
        """
        return join_steps(self.key, [self[int(clip), epoch]["steps"] for clip in clips])


class FrameClips(Clips):
    """Sampled, cropped frames of each clip, uint8 [N, h, w, 3]."""

    key = "frames"

    def __init__(
        self,
        store: FrameStore,
        ids: Sequence[str],
        targets: Targets,
        *,
        rate: float,
        crop: tuple[int, int],
        seed: int | None,
        augmentation: Augmentation | None = None,
    ) -> None:
        """Take the frames and crop of evaluation, without augmentation, if `seed` is None.

        Raises:
            InputError: the crop is larger than the stored frames.
        """
        store.format.check_crop(crop)
        self.store, self.ids, self.targets = store, list(ids), targets
        self.rate, self.crop, self.seed = rate, crop, seed
        self.augmentation = augmentation or Augmentation()
        self.positions = [store.position(clip) for clip in self.ids]
        self.lengths = [sampled_length(int(store.lengths[p]), rate) for p in self.positions]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        clip, rng = item[0], self.random(item)
        frames = self.store.read(self.positions[clip], self.sample(clip, rng))
        if rng is None:
            height, width = self.crop
            top, left = crop_offset(frames.shape[1:3], self.crop)
            frames = frames[:, top : top + height, left : left + width]
        else:
            frames = augment(frames, self.crop, self.augmentation, rng)
        return self.item(clip, torch.from_numpy(frames))

    def sample(self, clip: int, rng: np.random.Generator | None) -> np.ndarray:
        """Return the indices of a clip's sampled frames, int64 [N]; `rng` is None in evaluation."""
        return sample_indices(int(self.store.lengths[self.positions[clip]]), self.rate, rng)

    def random(self, item: tuple[int, int]) -> np.random.Generator | None:
        """Return the random generator of an item, None in evaluation."""
        clip, epoch = item
        return None if self.seed is None else clip_rng(self.seed, epoch, self.ids[clip])


class EncodedClips(Clips):
    """Features of each clip's sampled frames, float32 [N, C], from stored ones of every frame."""

    key = "frame_features"

    def __init__(self, clips: FrameClips, features: FeatureStore) -> None:
        """Sample frames as `clips` does, and take their features from the store of encode_frames.

        Raises:
            InputError: the features were made with another crop, or are of other clips.
        """
        self.clips, self.features, self.lengths = clips, features, clips.lengths
        self.ids, self.targets = clips.ids, clips.targets
        if features.about["feature"] != "every_frame" or features.about["crop"] != [*clips.crop]:
            raise InputError(
                f"{features.path}: holds features '{features.about['feature']}' of a crop of "
                f"{features.about.get('crop')} (height, width), expected those of every frame with "
                f"the crop {[*clips.crop]}. Give encode_frames the crop_height and crop_width of "
                "this training."
            )
        self.positions = [features.position(clip) for clip in clips.ids]
        frames = clips.store.lengths[clips.positions].tolist()
        stored = features.lengths[self.positions].tolist()
        for clip, found, expected in zip(clips.ids, stored, frames, strict=True):
            if found != expected:
                raise InputError(
                    f"{features.path}: holds features of {found} frames of clip '{clip}', expected "
                    f"{expected}, as in {clips.store.path}. Run encode_frames again."
                )

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        features = self.features.read(self.positions[item[0]])
        indices = self.clips.sample(item[0], self.clips.random(item))
        return self.item(item[0], features[torch.from_numpy(indices)])


class FeatureClips(Clips):
    """Stored features of each clip, float32 [N, C]; training takes one of several views an epoch.

    `key` is "features" if they go directly to the adapter, and "frame_features" if they are
    frame-wise and pass through the rest of the visual encoder first.
    """

    key = "features"

    def __init__(
        self,
        store: FeatureStore,
        ids: Sequence[str],
        targets: Targets,
        *,
        seed: int | None,
        key: str = "features",
    ) -> None:
        """Take view 0, the view of evaluation, if `seed` is None."""
        self.key = key
        self.store, self.ids, self.targets, self.seed = store, list(ids), targets, seed
        self.positions = [store.position(clip) for clip in self.ids]
        self.lengths = store.lengths[self.positions].tolist()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, item: tuple[int, int]) -> dict[str, Any]:
        clip, epoch = item
        view = 0
        if self.seed is not None:
            # Each clip cycles through its views from a random start.
            start = int(clip_rng(self.seed, 0, self.ids[clip]).integers(len(self.store.views)))
            view = (start + epoch) % len(self.store.views)
        return self.item(clip, self.store.read(self.positions[clip], view))

    @property
    def longest(self) -> Sequence[int]:
        if self.seed is None:
            return self.lengths
        return self.store.longest[self.positions].tolist()


def check_lengths(clips: Clips, positions: int | None) -> None:
    """Raise InputError if a clip or its sentence has more steps than `positions`, if not None.

    A clip counts with the most steps that the language model reads of it in any epoch.
    """
    if positions is None:
        return
    for clip, given in zip(clips.ids, clips.longest, strict=True):
        steps = given if clips.steps_of is None else clips.steps_of(given)
        if steps > positions:
            raise InputError(
                f"clip '{clip}': {_counted(clips.unit, given, steps)} found, at most {positions} "
                f"expected, the positions of the language model. {clips.shorter}, or leave the "
                "clip out of the manifest."
            )
    for clip, target in zip(clips.ids, clips.targets or [], strict=False):
        if len(target) > positions:
            raise InputError(
                f"clip '{clip}': its sentence has {len(target)} tokens, at most {positions} "
                "expected, the positions of the language model. Raise positions, or leave the clip "
                "out of the manifest."
            )


def _counted(unit: str, given: int, steps: int) -> str:
    return f"{steps} {unit}" if steps == given else f"{steps} steps of {given} frames"


class Collator:
    """Combine items into a batch: concatenate steps, pad sentences and glosses.

    A target is the sentence's tokens followed by `</s>`. The decoder's input is the start token
    (mBART's language code) followed by the target without its last token. Items have a target,
    glosses, or both.
    """

    def __init__(self, key: str, pad: int | None = None, start: int | None = None) -> None:
        """Set the sentences' tokens `pad` and `start`; items without sentences need neither."""
        self.key, self.pad, self.start = key, pad, start

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = join_steps(self.key, [item["steps"] for item in items])
        if items[0]["target"] is not None:
            batch |= pad_targets([item["target"] for item in items], self.pad, self.start)
        if "glosses" in items[0]:
            batch["gloss_labels"] = pad_glosses([item["glosses"] for item in items])
        return batch


def join_steps(key: str, steps: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Concatenate the steps [N, ...] of B clips, and add `lengths`, int64 [B]."""
    return {key: torch.cat([*steps]), "lengths": torch.tensor([*map(len, steps)])}


def pad_targets(targets: Sequence[Sequence[int]], pad: int, start: int) -> dict[str, torch.Tensor]:
    """Pad labels [B, L] with -100, and the decoder's inputs [B, L], which are one token later."""
    longest = max(len(target) for target in targets)
    labels = torch.full((len(targets), longest), IGNORED)
    inputs = torch.full((len(targets), longest), pad)
    for row, target in enumerate(targets):
        labels[row, : len(target)] = torch.tensor(target)
        inputs[row, : len(target)] = torch.tensor([start, *target[:-1]])
    return {"labels": labels, "decoder_input_ids": inputs}


def pad_glosses(glosses: Sequence[Sequence[int]]) -> torch.Tensor:
    """Pad the gloss classes of each clip with -100 to int64 [B, L], with L at least 1."""
    labels = torch.full((len(glosses), max(1, *map(len, glosses))), IGNORED)
    for row, classes in enumerate(glosses):
        labels[row, : len(classes)] = torch.tensor([*classes], dtype=torch.int64)
    return labels
