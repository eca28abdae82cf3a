"""Folders of small models with random weights, in the form of published ones."""

import json
from pathlib import Path

import sentencepiece
import torch
from safetensors.torch import save_file
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    XGLMConfig,
    XGLMForCausalLM,
    XGLMTokenizer,
    set_seed,
)


def train_sentencepiece(path: Path, sentences: list[str], pieces: int, **options: object) -> None:
    """Train a unigram model like the published ones, which normalise text and split digits."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(path.with_suffix("")),
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
        **options,
    )
    path.with_suffix(".vocab").unlink()


def mbart_folder(folder: Path, sentences: list[str], pieces: int = 400) -> Path:
    """Write a model like facebook/mbart-large-cc25: tied head, bias on logits, language codes."""
    folder.mkdir(parents=True)
    train_sentencepiece(folder / "sentencepiece.bpe.model", sentences, pieces)
    (folder / "config.json").write_text(json.dumps({"model_type": "mbart"}))
    words = AutoTokenizer.from_pretrained(folder)
    set_seed(1)
    config = MBartConfig(
        vocab_size=len(words),
        d_model=16,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        scale_embedding=True,
        init_std=0.2,
    )
    model = MBartForConditionalGeneration(config)
    model.final_logits_bias.normal_()
    # Published models have such settings; they must have no effect here.
    model.generation_config.update(min_length=20, num_beams=5, forced_bos_token_id=0)
    model.save_pretrained(folder)
    return folder


def mt5_folder(folder: Path, sentences: list[str], pieces: int = 700) -> Path:
    """Write a model like google/mt5-base: bytes and sentinels among the pieces, and an untied head.

    It has more rows than pieces. Its configuration states the untied head, which the library
    overlooks.
    """
    folder.mkdir(parents=True)
    sentinels = [f"▁<extra_id_{number}>" for number in range(99, -1, -1)]
    special = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    path = folder / "spiece.model"
    train_sentencepiece(
        path, sentences, pieces, byte_fallback=True, user_defined_symbols=sentinels, **special
    )
    names = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    own = names | {"extra_ids": 0, "additional_special_tokens": None, "sp_model_kwargs": {}}
    (folder / "tokenizer_config.json").write_text(json.dumps(own))
    (folder / "special_tokens_map.json").write_text(json.dumps(names))
    rows = sentencepiece.SentencePieceProcessor(model_file=str(path)).get_piece_size() + 12
    set_seed(2)
    config = MT5Config(vocab_size=rows, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    model = MT5ForConditionalGeneration(config)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    # The published file has both tensors, and the tied names as well.
    weights["lm_head.weight"] = torch.randn(rows, 16)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    about = config.to_dict() | {"tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(about, default=str))
    return folder


def gpt2_folder(folder: Path, sentences: list[str], pieces: int = 300) -> Path:
    """Write a model like dbmdz/german-gpt2: byte pieces, one special token, surplus rows."""
    folder.mkdir(parents=True)
    words = ByteLevelBPETokenizer()
    words.train_from_iterator(sentences, pieces, special_tokens=["<|endoftext|>"])
    words.save_model(str(folder))
    end = words.token_to_id("<|endoftext|>")
    set_seed(3)
    config = GPT2Config(
        vocab_size=words.get_vocab_size() + 8, n_embd=16, n_layer=2, n_head=2, n_positions=64,
        bos_token_id=end, eos_token_id=end, initializer_range=0.2,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)
    # Published models have such settings; they must have no effect here.
    model.generation_config.update(max_length=50, do_sample=True)
    model.save_pretrained(folder)
    return folder


def xglm_folder(folder: Path, sentences: list[str], pieces: int = 300) -> Path:
    """Write a model like facebook/xglm-1.7B: made-up words after the pieces, and torch's weights.

    The weights include the tied head and the table of positions.
    """
    folder.mkdir(parents=True)
    path = folder / "sentencepiece.bpe.model"
    train_sentencepiece(path, sentences, pieces)
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    first = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    numbers = range(3, model.get_piece_size())
    vocabulary = first + [(model.id_to_piece(n), model.get_score(n)) for n in numbers]
    words = XGLMTokenizer(vocab=vocabulary)
    words.save_pretrained(folder)
    set_seed(4)
    config = XGLMConfig(
        vocab_size=len(words), d_model=16, num_layers=2, attention_heads=2, ffn_dim=32,
        max_position_embeddings=64, init_std=0.2,
    )  # fmt: skip
    network = XGLMForCausalLM(config)
    weights = network.state_dict()
    weights["model.embed_positions.weights"] = torch.full((66, 16), 3.0)  # must never be read
    torch.save(weights, folder / "pytorch_model.bin")
    config.save_pretrained(folder)
    return folder
