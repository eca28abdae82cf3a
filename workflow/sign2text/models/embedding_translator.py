"""Translators with a language model that reads a clip's embeddings instead of word embeddings.

The encoder of an encoder-decoder (mBART, mT5) reads the clip. A decoder (GPT-2) reads the clip as
the prompt that the sentence follows.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from sign2text.data.batches import pad_flat
from sign2text.models.generation import search_sequences
from sign2text.models.language_model import positions_of, without_cache
from sign2text.models.translator import Translator


class EmbeddingTranslator(Translator):
    """Base of translators with a `language_model`; `embed` computes its input from a clip."""

    language_model: PreTrainedModel

    @property
    def writes_after_prompt(self) -> bool:
        """True if the language model has no encoder and reads clips as prompts."""
        return not self.language_model.config.is_encoder_decoder

    @property
    def start_token(self) -> int:
        """Token that decoding starts from: mBART's code of the language, T5's padding."""
        return self.language_model.config.decoder_start_token_id

    @property
    def positions(self) -> int | None:
        """Positions of the language model; with prompts, a half for prompt and sentence each."""
        positions = positions_of(self.language_model.config)
        return positions // 2 if positions and self.writes_after_prompt else positions

    @abstractmethod
    def embed(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Embed features [sum(N), C] of clips of `lengths` [B], for the language model.

        Returns:
            embeddings [sum(M), width] of concatenated clips, and their lengths M, int64 [B].
        """

    def encode(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[BaseModelOutput, torch.Tensor]:
        """Run the language model's encoder on embedded clips.

        Args:
            features: [sum(N), C] of concatenated clips.
            lengths: int64 [B].

        Returns:
            the encoder's output, [B, M, width], and its mask, bool [B, M].
        """
        inputs, mask = pad_flat(*self.embed(features, lengths))
        encoder = self.language_model.get_encoder()
        settings = without_cache(encoder)
        return encoder(inputs_embeds=inputs, attention_mask=mask.long(), **settings), mask

    def prompt(
        self, features: torch.Tensor, lengths: torch.Tensor, tokens: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put embedded clips before the embeddings of `tokens` [B, L], for a decoder-only model.

        Returns:
            embeddings [B, M + L, width], padded on the left, and their mask, int64 [B, M + L].
        """
        flat, lengths = self.embed(features, lengths)
        # Pad the clips on the right, then roll each until it ends at the right edge.
        padded, mask = pad_flat(flat, lengths)
        longest = mask.shape[1]
        steps = torch.arange(longest, device=flat.device)
        order = (steps[None, :] + lengths.to(flat.device)[:, None]) % longest
        padded = padded.gather(1, order[:, :, None].expand_as(padded))
        words = self.language_model.get_input_embeddings()(tokens)
        mask = torch.cat([mask.gather(1, order), mask.new_ones(tokens.shape)], 1)
        return torch.cat([padded, words.to(padded.dtype)], 1), mask.long()

    def write(
        self, features: torch.Tensor, lengths: torch.Tensor, decoder_input_ids: torch.Tensor
    ) -> Seq2SeqLMOutput:
        """Compute logits [B, L, V] of the tokens after `decoder_input_ids` [B, L]."""
        if self.writes_after_prompt:
            inputs, mask = self.prompt(features, lengths, decoder_input_ids)
            found = self.language_model(
                inputs_embeds=inputs,
                attention_mask=mask,
                position_ids=(mask.cumsum(1) - 1).clamp(min=0),
                use_cache=False,
            )
            return Seq2SeqLMOutput(logits=found.logits[:, -decoder_input_ids.shape[1] :])
        encoded, mask = self.encode(features, lengths)
        return self.language_model(
            encoder_outputs=encoded,
            attention_mask=mask.long(),
            decoder_input_ids=decoder_input_ids,
            use_cache=False,
        )

    @torch.no_grad()
    def generate(
        self,
        features: torch.Tensor,
        lengths: torch.Tensor,
        *,
        max_new_tokens: int,
        num_beams: int,
        length_penalty: float = 1.0,
        **settings: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Run beam search, or greedy search with one beam.

        Further `settings` go to transformers' `generate`. Sentences end at the language model's
        last position if that comes before `max_new_tokens`.
        """
        if self.writes_after_prompt:
            start = torch.full((len(lengths), 1), self.start_token, device=features.device)
            inputs, mask = self.prompt(features, lengths, start)
            given = {"inputs_embeds": inputs, "attention_mask": mask}
        else:
            encoded, mask = self.encode(features, lengths)
            given = {
                "encoder_outputs": encoded,
                "attention_mask": mask.long(),
                "decoder_start_token_id": self.start_token,
            }
        if self.positions is not None:  # the start token takes a position too
            max_new_tokens = min(max_new_tokens, self.positions - 1)
        return search_sequences(
            self.language_model,
            **given,
            max_new_tokens=max_new_tokens,
            num_beams=num_beams,
            length_penalty=length_penalty,
            **settings,
        )
