"""FLa-LLM's visual encoder: ResNet frame by frame, local temporal module, hidden states (table 8).

The paper uses the sign-wise features. Its ablation compares them with the frame-wise features
before the temporal module and with the hidden states of Light-T's encoder.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from transformers import MBartConfig
from transformers.models.mbart.modeling_mbart import MBartEncoder

from sign2text.data.batches import pad_flat
from sign2text.ground.errors import InputError
from sign2text.models.adapter import Adapter
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.temporal import TemporalModule


class SignFeatures(NamedTuple):
    """Features of the sampled frames of several clips, one clip after the other."""

    frame_wise: torch.Tensor
    """[sum(N), C], after the ResNet."""
    sign_wise: torch.Tensor
    """[sum(N), C], after the temporal module."""
    hidden_states: torch.Tensor | None
    """[sum(N), Light-T's width], after Light-T's encoder; None without it."""


class SignEncoder(nn.Module):
    """Sampled frames to features (FLa-LLM, section 3.2): ResNet18, Conv1d, BatchNorm, ReLU."""

    def __init__(
        self, frames: FrameEncoderConfig, kernel: int = 3, light_t: MBartConfig | None = None
    ) -> None:
        """Compute hidden states too if `light_t`, a Light-T's configuration, is given."""
        super().__init__()
        self.frames = FrameEncoder(frames)
        self.temporal = TemporalModule(frames.width, kernel)
        self.hidden = None if light_t is None else HiddenStates.untrained(frames.width, light_t)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> SignFeatures:
        """Encode concatenated clips, so that no padding is computed.

        Args:
            frames: uint8 [sum(N), H, W, 3] RGB.
            lengths: int64 [B], sampled frames of each clip; they sum to the first axis of `frames`.
        """
        return self.from_frame_wise(self.frames(frames), lengths)

    def from_frame_wise(self, frame_wise: torch.Tensor, lengths: torch.Tensor) -> SignFeatures:
        """Encode clips from their frame-wise features [sum(N), C]."""
        sign_wise = self.temporal(frame_wise, lengths)
        hidden_states = None if self.hidden is None else self.hidden(sign_wise, lengths)
        return SignFeatures(frame_wise, sign_wise, hidden_states)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return all weights and buffers by name, without Light-T's word embedding."""
        found = self.state_dict()
        if self.hidden is not None:
            found = {name: v for name, v in found.items() if not name.startswith("hidden.")}
            found |= {f"hidden.{name}": v for name, v in self.hidden.weights().items()}
        return found


class HiddenStates(nn.Module):
    """VL-Adapter and Light-T's encoder from visual initialising: features to hidden states."""

    def __init__(self, adapter: Adapter, encoder: MBartEncoder) -> None:
        super().__init__()
        self.adapter, self.encoder = adapter, encoder

    @classmethod
    def untrained(cls, width: int, light_t: MBartConfig) -> HiddenStates:
        """Make the parts for features of `width` values and a Light-T of that configuration.

        They have no word embedding, because features replace it.
        """
        encoder = MBartEncoder(light_t)
        encoder.embed_tokens = None
        return cls(Adapter(width, light_t.d_model), encoder)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return all weights by name, without the word embedding that there may be."""
        words = "encoder.embed_tokens."
        return {name: v for name, v in self.state_dict().items() if not name.startswith(words)}

    def forward(self, sign_wise: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Map features [sum(N), C] of clips of `lengths` [B] steps to [sum(N), Light-T's width].

        Raises:
            InputError: a clip has more steps than Light-T has positions.
        """
        longest, positions = int(lengths.max()), self.encoder.config.max_position_embeddings
        if longest > positions:
            raise InputError(
                f"a clip has {longest} sampled frames, Light-T takes {positions}. Cut the clip, or "
                "train with a lower sampling_rate or more light_t.positions."
            )
        padded, mask = pad_flat(self.adapter(sign_wise), lengths)  # [B, N, width], [B, N]
        encoded = self.encoder(inputs_embeds=padded, attention_mask=mask.long())
        return encoded.last_hidden_state[mask]
