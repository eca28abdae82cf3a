"""The sign encoder: local attention over the frames of a clip (Sign2GPT, section 4.2).

Clips are concatenated and padded for attention and pooling only, so the result for a clip does not
depend on the other clips of its batch.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from sign2text.data.batches import pad_flat
from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig
from sign2text.models.sinusoids import sinusoids

POSITION_STD = 0.02
"""Standard deviation of randomly initialised learned positions; our choice."""
ROTARY_BASE = 10_000.0


class SignEncoder(nn.Module):
    """Post-norm Transformer layers in stages; time is halved between stages.

    The public code returns floor(T / 2) + 1 steps for T frames, since it pads all clips to 512
    steps before pooling: for even T the last step is mixed with padding. Here it is ceil(T / 2).
    """

    def __init__(self, config: SignEncoderConfig) -> None:
        super().__init__()
        self.config = config
        layers = sum(config.stages)
        drops = [config.drop_path * n / max(1, layers - 1) for n in range(layers)]
        made = iter([_Layer(config, drop) for drop in drops])
        self.stages = nn.ModuleList(
            nn.ModuleList([next(made) for _ in range(count)]) for count in config.stages
        )
        self.dropout = nn.Dropout(config.dropout)
        if self.stages and config.positions.startswith("learnable"):
            self.positions = nn.Parameter(torch.zeros(config.most_steps, config.width))
            if config.positions == "learnable_random":
                nn.init.normal_(self.positions, std=POSITION_STD)

    def steps_of(self, frames: int) -> int:
        """Return the steps N of a clip of `frames` sampled frames."""
        for _ in range(self.config.halvings):
            frames = -(-frames // 2)
        return frames

    def forward(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode concatenated clips.

        Args:
            features: [sum(T), width], one for each sampled frame.
            lengths: int64 [B], sampled frames T of each clip.

        Returns:
            sign features Z [sum(N), width], and the steps N of each clip, int64 [B].

        Raises:
            InputError: a clip has more frames than there are learned positions.
        """
        if not self.stages:
            return features, lengths
        x = self.dropout(self._with_positions(features, lengths))
        for number, stage in enumerate(self.stages):
            if number and self.config.downsample:
                x, lengths = halved(x, lengths)
            places = _Places(lengths, self.config.window)
            for layer in stage:
                x = layer(x, places)
        return x, lengths

    def _with_positions(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        kind = self.config.positions
        if kind == "none":
            return features
        within = _within(lengths)
        if kind == "sinusoidal":
            return features + sinusoids(within, features.shape[1]).to(features.dtype)
        if (longest := int(lengths.max())) > len(self.positions):
            raise InputError(
                f"a clip of {longest} sampled frames found, at most {len(self.positions)} "
                "expected, the sign encoder's learned positions. Raise sign_encoder.most_steps, or "
                "lower most_frames."
            )
        return features + self.positions[within]


class _Places:
    """Positions of a batch's steps: within their clips and within the padded batch."""

    def __init__(self, lengths: torch.Tensor, window: int | None) -> None:
        self.lengths, self.within = lengths, _within(lengths)
        steps = torch.arange(int(lengths.max()), device=lengths.device)
        self.real = steps[None] < lengths[:, None]  # [B, N]
        distance = (steps[:, None] - steps[None]).abs()
        near = distance <= (window // 2 if window else len(steps))
        # A padding step attends to itself, so that no row of the softmax is empty.
        self.seen = (near & self.real[:, None] | (distance == 0))[:, None]  # [B, 1, N, N]
        self.clips = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)


class _Layer(nn.Module):
    """LN(x + s * attention(x)), then LN(x + s * feed-forward(x)); s is one factor per channel."""

    def __init__(self, config: SignEncoderConfig, drop_path: float) -> None:
        super().__init__()
        width = config.width
        self.heads, self.rotary, self.drop_path = config.heads, config.rotary, drop_path
        self.queries, self.keys = nn.Linear(width, width), nn.Linear(width, width)
        self.values, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.widening = nn.Linear(width, config.feed_forward)
        self.narrowing = nn.Linear(config.feed_forward, width)
        for linear in (each for each in self.children() if isinstance(each, nn.Linear)):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)
        self.attention_scale = nn.Parameter(torch.full((width,), config.layer_scale))
        self.feed_scale = nn.Parameter(torch.full((width,), config.layer_scale))
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor, places: _Places) -> torch.Tensor:
        """Map x [sum(N), C]."""
        mixed = self.dropout(self._attend(x, places))
        x = self.attention_norm(x + self._dropped(self.attention_scale * mixed, places))
        wide = self.dropout(functional.gelu(self.widening(x)))
        fed = self.dropout(self.narrowing(wide))
        return self.feed_norm(x + self._dropped(self.feed_scale * fed, places))

    def _attend(self, x: torch.Tensor, places: _Places) -> torch.Tensor:
        q, k, v = (
            part(x).unflatten(1, (self.heads, -1))
            for part in (self.queries, self.keys, self.values)
        )  # [sum(N), heads, d]
        if self.rotary:
            q, k = turned(q, places.within), turned(k, places.within)
        q, k, v = (
            pad_flat(part.flatten(1), places.lengths)[0]
            .unflatten(2, (self.heads, -1))
            .transpose(1, 2)
            for part in (q, k, v)
        )  # [B, heads, N, d]
        scores = (q @ k.transpose(2, 3)) * q.shape[-1] ** -0.5
        weights = scores.masked_fill(~places.seen, -torch.inf).softmax(-1)
        mixed = self.dropout(weights) @ v
        return self.output(mixed.transpose(1, 2).flatten(2)[places.real])

    def _dropped(self, x: torch.Tensor, places: _Places) -> torch.Tensor:
        """Apply stochastic depth to x [sum(N), C]: drop it for some clips and scale the others."""
        if not (self.training and self.drop_path):
            return x
        kept = torch.rand(len(places.lengths), device=x.device) >= self.drop_path
        return x * (kept.to(x.dtype) / (1 - self.drop_path))[places.clips][:, None]


def halved(x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Average over windows of three steps at stride two, [sum(T), C]; zeros beyond a clip's ends.

    Returns:
        [sum(ceil(T / 2)), C], and the steps of each clip, int64 [B].
    """
    padded, _ = pad_flat(x, lengths)
    pooled = functional.avg_pool1d(padded.transpose(1, 2), 3, stride=2, padding=1).transpose(1, 2)
    steps = (lengths + 1) // 2
    real = torch.arange(pooled.shape[1], device=steps.device)[None] < steps[:, None]
    return pooled[real], steps


def turned(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Apply rotary positions: rotate pairs of values of x [M, heads, d] by the position.

    Su et al. 2021, section 3.2.2; a pair has one value from the first half and one from the second.
    """
    half = x.shape[-1] // 2
    rates = ROTARY_BASE ** (-torch.arange(half, device=x.device) / half)
    angles = positions[:, None].float() * rates  # [M, d / 2]
    cos, sin = angles.cos()[:, None].to(x.dtype), angles.sin()[:, None].to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def _within(lengths: torch.Tensor) -> torch.Tensor:
    """Return the position of each step within its clip, [sum(N)]."""
    starts = (lengths.cumsum(0) - lengths).repeat_interleave(lengths)
    return torch.arange(len(starts), device=lengths.device) - starts
