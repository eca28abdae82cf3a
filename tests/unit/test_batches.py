"""Batches: what is in them, how much padding they hold, and that workers change nothing."""

import os
import signal

import numpy as np
import pytest
import torch
from accelerate import PartialState
from accelerate.data_loader import skip_first_batches
from tiny_training import tiny_task
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, set_seed
from transformers.configuration_utils import PreTrainedConfig
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.augmentation import Augmentation
from sign2text.data.batches import (
    BalancedBatchSampler,
    EpochDataLoader,
    batches_by_length,
    pad_flat,
    reading_by,
)
from sign2text.data.clips import Collator, FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.data.sampling import sampled_length
from sign2text.training.trainer import train


@pytest.fixture
def lengths():
    return np.random.default_rng(0).gamma(4, 7, 700).astype(int) + 2


def test_every_clip_comes_once_an_epoch_in_a_fixed_number_of_batches(lengths):
    sampler = BalancedBatchSampler(lengths, 8, seed=1)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert len(batches) == len(sampler) == 88
        assert sorted(clip for batch in batches for clip, _ in batch) == list(range(700))
        assert {each for batch in batches for _, each in batch} == {epoch}


def test_batches_hold_little_padding_and_like_numbers_of_steps(lengths):
    batches = [[clip for clip, _ in batch] for batch in BalancedBatchSampler(lengths, 8, seed=1)]
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded / lengths.sum() < 1.05
    sums = np.array([lengths[batch].sum() for batch in batches])
    assert sums.max() < 1.3 * sums.mean()


def test_batches_differ_from_epoch_to_epoch_and_are_the_same_for_the_same_seed(lengths):
    def epoch(seed, number):
        sampler = BalancedBatchSampler(lengths, 8, seed)
        sampler.set_epoch(number)
        return [tuple(sorted(clip for clip, _ in batch)) for batch in sampler]

    assert epoch(1, 0) == epoch(1, 0)
    assert len(set(epoch(1, 0)) & set(epoch(1, 1))) < 10
    assert set(epoch(1, 0)) != set(epoch(2, 0))


@pytest.mark.parametrize("batch_size", [8, 16])
def test_a_corpus_of_the_shape_of_phoenix_is_padded_by_at_most_3_per_cent(batch_size):
    """As many clips, with the mean and spread of their frames; every 4th frame is taken."""
    frames = np.random.default_rng(0).gamma(5.46, 21.36, 7096).astype(int).clip(16, 475)
    lengths = np.array([sampled_length(int(each), 0.25) for each in frames])
    sampler, seen = BalancedBatchSampler(lengths, batch_size, seed=1), set()
    for epoch in range(3):
        sampler.set_epoch(epoch)
        batches = [[clip for clip, _ in batch] for batch in sampler]
        assert len(batches) == len(sampler) == -(-7096 // batch_size)
        padded = sum(len(batch) * lengths[batch].max() for batch in batches)
        assert padded / lengths.sum() <= 1.03
        made = {tuple(sorted(batch)) for batch in batches}
        assert len(made & seen) < 0.01 * len(made)
        seen |= made


@pytest.mark.parametrize("lengths", [[1, 1, 1, 1000], [1000, 1, 1, 1, 1, 1], [5], [3, 3, 3]])
def test_no_batch_is_empty_even_beside_a_clip_as_long_as_all_others(lengths):
    for size in (1, 2, 3):
        batches = list(BalancedBatchSampler(lengths, size, seed=0))
        assert all(batches)
        assert sorted(clip for batch in batches for clip, _ in batch) == list(range(len(lengths)))


def test_evaluation_batches_stay_within_the_budget():
    batches = batches_by_length([3, 90, 10, 10, 10, 10, 4], budget=40)
    assert [batch.tolist() for batch in batches] == [[1], [2, 3, 4, 5], [6, 0]]


def test_pad_flat_lays_each_clip_out_in_its_row():
    padded, mask = pad_flat(torch.arange(1.0, 6)[:, None], torch.tensor([2, 3]))
    assert padded[..., 0].tolist() == [[1, 2, 0], [3, 4, 5]]
    assert mask.tolist() == [[True, True, False], [True, True, True]]


@pytest.fixture
def store(tmp_path):
    rng, lengths = np.random.default_rng(0), [3 + n % 7 for n in range(17)]
    frame_format = FrameFormat((24, 28), 95)
    writer = FrameStoreWriter(tmp_path / "train.tar", frame_format, [f"c{n}" for n in range(17)])
    for clip, length in zip(writer.ids, lengths, strict=True):
        pictures = rng.integers(0, 256, (length, 24, 28, 3), dtype=np.uint8)
        writer.add(clip, [frame_format.encode(picture) for picture in pictures])
    writer.finish()
    return FrameStore(tmp_path / "train.tar")


class StoppingClips(FrameClips):
    """Ask for the training's end, as a cluster does, when a certain item is read."""

    stop_at, main = None, os.getpid()

    def __getitem__(self, item):
        if item == self.stop_at:
            os.kill(self.main, signal.SIGTERM)
        return super().__getitem__(item)


def clips_of(store, kind=FrameClips):
    changes = Augmentation(rotation=20.0, flip=0.5, brightness=0.3, colour_probability=1.0)
    targets = [[3 + n % 2, 5, 2] for n in range(len(store))]
    return kind(store, store.ids, targets, rate=0.5, crop=(20, 20), seed=4, augmentation=changes)


def test_batches_are_the_same_whatever_the_number_of_workers(store):
    def epochs(workers):
        clips = clips_of(store)
        loader = EpochDataLoader(
            clips,
            batch_sampler=BalancedBatchSampler(clips.lengths, 4, seed=1),
            collate_fn=Collator("frames", 1, 0),
            **reading_by(workers),
        )
        batches = []
        for epoch in range(2):
            loader.set_epoch(epoch)
            batches.append(list(loader))
        return batches

    expected = epochs(0)
    first, second = (batches[0]["frames"] for batches in expected)
    assert first.shape != second.shape or not torch.equal(first, second), "the epoch reaches them"
    for workers in (1, 2):
        for batches, wanted in zip(epochs(workers), expected, strict=True):
            for batch, other in zip(batches, wanted, strict=True):
                assert batch.keys() == other.keys()
                assert all(torch.equal(batch[key], other[key]) for key in batch)


def test_workers_read_on_where_opencv_has_threads_of_its_own_in_the_main_process(store):
    import cv2

    cv2.setNumThreads(2)
    picture = np.zeros((2000, 2000, 3), np.uint8)
    cv2.warpAffine(picture, np.eye(2, 3), (2000, 2000))  # large enough for its threads to start
    clips = clips_of(store)
    sampler = BalancedBatchSampler(clips.lengths, 4, seed=1)
    loader = EpochDataLoader(
        clips,
        batch_sampler=sampler,
        collate_fn=Collator("frames", 1, 0),
        **reading_by(2),
        timeout=30,
    )
    assert len(list(loader)) == len(sampler)


@pytest.mark.parametrize("kind", ["of an epoch", "within an epoch", "of dev"])
def test_workers_outlive_the_signal_that_ends_the_training(store, kind):
    """SIGTERM goes to all processes of a job; the training needs its batches to stop in order."""
    import psutil

    clips = clips_of(store)
    sampler = BalancedBatchSampler(clips.lengths, 2, seed=1)
    arguments = {"collate_fn": Collator("frames", 1, 0), **reading_by(2)}
    if kind == "of dev":
        loader = DataLoader(clips, batch_sampler=list(sampler), **arguments)
    else:
        loader = EpochDataLoader(clips, batch_sampler=sampler, **arguments)
    if kind == "within an epoch":
        PartialState(cpu=True)
        loader = skip_first_batches(loader, 1)
    others = set(psutil.Process().children())
    batches = iter(loader)
    workers = set(psutil.Process().children()) - others
    assert len(workers) == 2

    def strike() -> None:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.send_signal(signal.SIGINT)

    strike()  # while they begin
    next(batches)
    strike()
    assert len(list(batches)) == len(loader) - 1


class TinyConfig(PreTrainedConfig):
    model_type = "tiny_frames"


class Tiny(PreTrainedModel):
    """Mean colour of a clip and the token before, with dropout, to the next token."""

    config_class = TinyConfig

    def __init__(self):
        super().__init__(TinyConfig())
        self.colour, self.words = torch.nn.Linear(3, 8), torch.nn.Embedding(6, 8)
        self.dropout, self.head = torch.nn.Dropout(0.3), torch.nn.Linear(8, 6)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, frames, lengths, decoder_input_ids):
        colours = frames.float().mean((1, 2)) / 255
        means = torch.stack([part.mean(0) for part in colours.split(lengths.tolist())])
        hidden = self.colour(means)[:, None] + self.words(decoder_input_ids)
        return Seq2SeqLMOutput(logits=self.head(self.dropout(hidden)))


def fit(store, state, workers, stop_at=None):
    set_seed(1)
    model, data = Tiny(), clips_of(store, StoppingClips)
    data.stop_at = stop_at
    changes = {"dev": clips_of(store), "collate": Collator("frames", 1, 0), "workers": workers}
    train(tiny_task(model, data, batch_size=3, **changes), state)
    return model.state_dict()


def test_a_training_with_workers_learns_the_same_and_goes_on_exactly(store, tmp_path):
    whole = fit(store, tmp_path / "whole", workers=0)
    beside = fit(store, tmp_path / "beside", workers=2)
    assert all(torch.equal(whole[name], beside[name]) for name in whole)
    state = tmp_path / "stopped"
    with pytest.raises(SystemExit) as stopped:
        fit(store, state, workers=2, stop_at=(5, 1))
    assert stopped.value.code == 128 + signal.SIGTERM
    (saved,) = state.glob("checkpoint-*")
    assert 0 < int(saved.name.rsplit("-", 1)[1]) < 18
    # Another number of workers may go on with it.
    resumed = fit(store, state, workers=1)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
