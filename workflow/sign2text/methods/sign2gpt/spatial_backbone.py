"""The spatial backbone: a frozen frame encoder with low-rank increments (Sign2GPT, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import FRAMES_AT_ONCE, FrameEncoder
from sign2text.models.vision_transformer import BlockAdapter


class SpatialBackbone(nn.Module):
    """Frames, one by one, to features: encoder, linear layer, BatchNorm over the unpadded frames.

    The increments are separate modules, so the encoder's weights keep their names.
    """

    def __init__(
        self,
        frame_encoder: FrameEncoder,
        *,
        width: int = 512,
        lora_blocks: Sequence[int] = (9, 10, 11),
        rank: int = 4,
        alpha: float = 4,
        dropout: float = 0.1,
        trained: bool = False,
    ) -> None:
        """Freeze the frame encoder, unless it is `trained` as a whole.

        Args:
            width: values in the feature of a frame.
            lora_blocks: blocks of the vision transformer with increments, counted from 0.
            rank, alpha, dropout: of the increments (`models.lora.Lora`).

        Raises:
            InputError: the frame encoder lacks some of these blocks.
        """
        super().__init__()
        check_blocks(frame_encoder, lora_blocks)
        self.trained = trained
        self.frame_encoder = frame_encoder.requires_grad_(trained)
        self.adapters = nn.ModuleDict()
        for number in sorted(lora_blocks):
            block = frame_encoder.dinov2.blocks[number]
            adapter = BlockAdapter(block, rank=rank, alpha=alpha, dropout=dropout)
            self.adapters[str(number)] = adapter
        self.projection = nn.Linear(frame_encoder.config.width, width)
        self.normalization = nn.BatchNorm1d(width)

    def train(self, mode: bool = True) -> SpatialBackbone:
        """Set the mode; a frozen encoder stays in evaluation mode."""
        super().train(mode)
        self.frame_encoder.train(mode and self.trained)
        return self

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Compute features [sum(T), width] of frames uint8 [sum(T), h, w, 3] RGB."""
        return self.project(self.encode(frames))

    def encode(self, frames: torch.Tensor) -> torch.Tensor:
        """Encode frames with the frame encoder and its increments, [sum(T), C]."""
        if self.trained and not self.adapters:
            return self.frame_encoder(frames)
        if not self.adapters:
            with torch.no_grad():
                return self.frame_encoder(frames)
        if torch.is_grad_enabled():
            return self._adapted(frames)
        return torch.cat([self._adapted(part) for part in frames.split(FRAMES_AT_ONCE)])

    def project(self, features: torch.Tensor) -> torch.Tensor:
        """Map outputs of `encode`, just computed or stored, to features [sum(T), width].

        Raises:
            InputError: in training, the batch has a single frame.
        """
        if len(features) == 1 and self.training and type(self.normalization) is nn.BatchNorm1d:
            raise InputError(
                "a batch, or a part of one, has a single sampled frame; at least two are expected "
                "where the spatial backbone is trained, since its BatchNorm learns from how they "
                "differ. Raise batch_size, lower accumulation, or leave out the shortest clips."
            )
        return self.normalization(self.projection(features))

    def _adapted(self, frames: torch.Tensor) -> torch.Tensor:
        """Compute class tokens [M, C] of frames in blocks with and without increments."""
        encoder, vision = self.frame_encoder, self.frame_encoder.dinov2
        adapters = {int(number): adapter for number, adapter in self.adapters.items()}
        first, count = min(adapters), len(vision.blocks)
        again = encoder.checkpointing and self.training
        if self.trained:
            tokens = vision.embed(encoder.images(frames))
            tokens = vision.transform(tokens, range(first), checkpointing=again)
        else:
            with torch.no_grad():  # nothing before the first increment is trained
                parts = frames.split(FRAMES_AT_ONCE)
                images = (encoder.images(part) for part in parts)
                tokens = torch.cat(
                    [vision.transform(vision.embed(part), range(first)) for part in images]
                )
        tokens = vision.transform(tokens, range(first, count), adapters, checkpointing=again)
        return vision.class_tokens(tokens)


def last_blocks(frame_encoder: FrameEncoder) -> list[int]:
    """Return the last three blocks of a vision transformer, as in the public code; else none."""
    blocks = frame_encoder.config.dinov2.num_hidden_layers if frame_encoder.config.dinov2 else 0
    return list(range(blocks))[-3:]


def check_blocks(frame_encoder: FrameEncoder, lora_blocks: Sequence[int]) -> None:
    """Raise InputError if the frame encoder lacks some of the blocks, counted from 0."""
    blocks = frame_encoder.config.dinov2.num_hidden_layers if frame_encoder.config.dinov2 else 0
    if missing := sorted(set(lora_blocks) - set(range(blocks))):
        has = f"blocks 0 to {blocks - 1}" if blocks else "no such blocks: it is a ResNet"
        raise InputError(
            f"lora_blocks: found {', '.join(map(str, missing))}, but the frame encoder has {has}. "
            "Set lora_blocks to some of its blocks, or to [] for none, or choose another "
            "pretrain_frame_encoder.architecture."
        )
