"""Configurations of small mBARTs, mT5s and GPT-2s, whose sizes are settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import GPT2Config, MBartConfig, MT5Config

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def mbart_config(
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    heads: int,
    width: int,
    feed_forward: int,
    positions: int,
    dropout: float,
    attention_dropout: float,
) -> MBartConfig:
    """Configuration for `tokenizer`'s vocabulary; decoding starts from its start token.

    `layers` counts for the encoder and for the decoder. Weights start with a spread of
    1 / sqrt(width) (ours): mBART's 0.02 is made for a width of 1024.
    """
    return MBartConfig(
        vocab_size=len(tokenizer),
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=feed_forward,
        decoder_ffn_dim=feed_forward,
        max_position_embeddings=positions,
        dropout=dropout,
        attention_dropout=attention_dropout,
        scale_embedding=True,
        init_std=width**-0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.start_token_id,
    )


def mt5_config(
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    heads: int,
    width: int,
    feed_forward: int,
    dropout: float,
) -> MT5Config:
    """Configuration of an mT5 for `tokenizer`; relative positions never run out."""
    return MT5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=width // heads,
        d_ff=feed_forward,
        num_layers=layers,
        num_heads=heads,
        dropout_rate=dropout,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.start_token_id,
    )


def gpt2_config(
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    heads: int,
    width: int,
    feed_forward: int,
    positions: int,
    dropout: float,
) -> GPT2Config:
    """Configuration of a GPT-2 for `tokenizer`; sentences follow its start token.

    Weights start with a spread of 1 / sqrt(width), as `mbart_config` has it.
    """
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=width,
        n_layer=layers,
        n_head=heads,
        n_inner=feed_forward,
        n_positions=positions,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=0.0,
        initializer_range=width**-0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    # GPT-2 has no such token: as other configurations have it.
    config.decoder_start_token_id = tokenizer.start_token_id
    return config
