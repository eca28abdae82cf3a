"""The visual encoder: ResNet frame by frame, then the local temporal module."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from transformers import MBartConfig

from sign2text.methods.fla_llm.hidden_states import HiddenStates
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.temporal import TemporalModule


class SignFeatures(NamedTuple):
    """What the encoder makes of the sampled frames of several clips, one behind the other."""

    frame_wise: torch.Tensor
    """[sum(N), C], after the ResNet."""
    sign_wise: torch.Tensor
    """[sum(N), C], after the temporal module."""
    hidden_states: torch.Tensor | None
    """[sum(N), Light-T's width], after Light-T's encoder, where the encoder has it."""


class SignEncoder(nn.Module):
    """Sampled frames to features (FLa-LLM, section 3.2): ResNet18, Conv1d, BatchNorm, ReLU."""

    def __init__(
        self, frames: FrameEncoderConfig, kernel: int = 3, light_t: MBartConfig | None = None
    ) -> None:
        """With `light_t`, a Light-T's configuration, it goes on to that one's hidden states."""
        super().__init__()
        self.frames = FrameEncoder(frames)
        self.temporal = TemporalModule(frames.width, kernel)
        self.hidden = None if light_t is None else HiddenStates.untrained(frames.width, light_t)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> SignFeatures:
        """Encode clips that lie one behind the other, so that no padding is computed.

        Args:
            frames: uint8 [sum(N), H, W, 3] RGB.
            lengths: int64 [B], sampled frames of each clip; they sum to the first axis of `frames`.
        """
        return self.from_frame_wise(self.frames(frames), lengths)

    def from_frame_wise(self, frame_wise: torch.Tensor, lengths: torch.Tensor) -> SignFeatures:
        """The same from what the frame encoder made of the frames, [sum(N), C]."""
        sign_wise = self.temporal(frame_wise, lengths)
        hidden_states = None if self.hidden is None else self.hidden(sign_wise, lengths)
        return SignFeatures(frame_wise, sign_wise, hidden_states)

    def weights(self) -> dict[str, torch.Tensor]:
        """All weights and buffers by name, but no word embedding of Light-T."""
        found = self.state_dict()
        if self.hidden is not None:
            found = {name: v for name, v in found.items() if not name.startswith("hidden.")}
            found |= {f"hidden.{name}": v for name, v in self.hidden.weights().items()}
        return found
