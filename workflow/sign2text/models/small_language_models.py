"""Configurations of small mBARTs, mT5s, T5s, GPT-2s and XGLMs; their sizes are settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import GPT2Config, MBartConfig, MT5Config, T5Config, XGLMConfig

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
    """Return an mBART's configuration for `tokenizer`; decoding starts from its start token.

    The encoder and the decoder have `layers` layers each. The initial weights have a standard
    deviation of 1 / sqrt(width) (our choice): mBART's 0.02 is meant for a width of 1024.
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
    """Return an mT5's configuration for `tokenizer`; relative positions have no limit."""
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


def t5_config(
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    heads: int,
    width: int,
    feed_forward: int,
    dropout: float,
    decoder_layers: int | None = None,
    head_width: int | None = None,
) -> T5Config:
    """Return a T5's configuration for `tokenizer`, in its version 1.1: gated, with its own head.

    ByT5 is such a T5 with fewer layers in the decoder. Relative positions have no limit.

    Args:
        layers: of the encoder, and of the decoder without `decoder_layers`.
        head_width: width of an attention head; None: `width` divided by `heads`.
    """
    return T5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=head_width or width // heads,
        d_ff=feed_forward,
        num_layers=layers,
        num_decoder_layers=decoder_layers or layers,
        num_heads=heads,
        dropout_rate=dropout,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,  # read as: outputs are not scaled before the head
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
    """Return a GPT-2's configuration for `tokenizer`; sentences follow its start token.

    The initial weights have a standard deviation of 1 / sqrt(width), see `mbart_config`.
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
    # GPT-2's configuration lacks this token; the other architectures have it.
    config.decoder_start_token_id = tokenizer.start_token_id
    return config


def xglm_config(
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    heads: int,
    width: int,
    feed_forward: int,
    positions: int,
    dropout: float,
    attention_dropout: float,
) -> XGLMConfig:
    """Return an XGLM's configuration for `tokenizer`; sentences follow its start token.

    The initial weights have a standard deviation of 1 / sqrt(width), see `mbart_config`.
    """
    return XGLMConfig(
        vocab_size=len(tokenizer),
        d_model=width,
        num_layers=layers,
        attention_heads=heads,
        ffn_dim=feed_forward,
        max_position_embeddings=positions,
        dropout=dropout,
        attention_dropout=attention_dropout,
        init_std=width**-0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.start_token_id,
    )
