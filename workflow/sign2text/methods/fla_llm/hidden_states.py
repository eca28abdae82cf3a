"""Hidden states: what Light-T's encoder makes of sign-wise features (FLa-LLM, table 8)."""

from __future__ import annotations

import torch
from torch import nn
from transformers import MBartConfig
from transformers.models.mbart.modeling_mbart import MBartEncoder

from sign2text.data.batches import pad_flat
from sign2text.ground.errors import InputError
from sign2text.models.adapter import Adapter


class HiddenStates(nn.Module):
    """VL-Adapter and Light-T's encoder, which visual initialising has trained."""

    def __init__(self, adapter: Adapter, encoder: MBartEncoder) -> None:
        super().__init__()
        self.adapter, self.encoder = adapter, encoder

    @classmethod
    def untrained(cls, width: int, light_t: MBartConfig) -> HiddenStates:
        """Parts for features of `width` values and the Light-T of that configuration.

        They have no word embedding: features take its place.
        """
        encoder = MBartEncoder(light_t)
        encoder.embed_tokens = None
        return cls(Adapter(width, light_t.d_model), encoder)

    def weights(self) -> dict[str, torch.Tensor]:
        """What such parts have as weights, whether they have a word embedding or not."""
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
