"""Language models of either architecture: cut down, loaded, their dropout and their head."""

import json
import shutil

import pytest
import torch
from language_models import SIZES, TEXTS, TYPES
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, MT5ForConditionalGeneration, set_seed

from sign2text.ground.errors import InputError
from sign2text.models.language_model import (
    give_own_head,
    has_own_head,
    load_language_model,
    make_language_model,
    set_dropout,
)
from sign2text.models.small_language_models import mbart_config, mt5_config
from sign2text.models.trim import trim_model
from sign2text.stages import pretrain_language_model
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import encode_targets, trim_tokenizer


@pytest.fixture(params=TYPES)
def folder(request, published_folders):
    return published_folders[request.param]


def padded(rows, pad):
    return torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=pad
    )


def logits(model, words, sources, targets):
    """Logits of `targets`, their tokens given, in the rows of `words`."""
    inputs = padded(words(sources)["input_ids"], words.pad_token_id)
    ids = [[words.start_token_id, *row[:-1]] for row in encode_targets(words, targets)]
    with torch.no_grad():
        return model(
            input_ids=inputs,
            attention_mask=inputs.ne(words.pad_token_id).long(),
            decoder_input_ids=padded(ids, words.pad_token_id),
        ).logits


def test_a_trimmed_model_gives_kept_tokens_the_logits_they_had(folder):
    published = load_published(folder, "de")
    trimmed = trim_tokenizer(published, TEXTS)
    model = load_language_model(folder).eval()
    wanted = logits(model, published, TEXTS, TEXTS[::-1])
    trim_model(model, published, trimmed)
    found = logits(model, trimmed, TEXTS, TEXTS[::-1])
    tokens = trimmed.convert_ids_to_tokens(range(len(trimmed)))
    kept = torch.tensor(published.convert_tokens_to_ids(tokens))
    assert found.shape[-1] == len(trimmed) == model.config.vocab_size < len(published) / 2
    assert (found - wanted[..., kept]).abs().max() < 1e-6
    assert wanted.std() > 0.1, "nothing would be compared"


def test_what_is_tied_stays_tied_and_what_is_not_stays_apart(folder, tmp_path):
    published = load_published(folder, "de")
    model = load_language_model(folder)
    own = folder.name == "mt5"
    assert has_own_head(model) == own
    trim_model(model, published, trim_tokenizer(published, TEXTS))
    assert has_own_head(model) == own
    model.save_pretrained(tmp_path)
    again = load_language_model(tmp_path)
    assert has_own_head(again) == own
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_decoding_knows_the_trimmed_tokens_and_nothing_else_of_what_was_published(folder):
    published = load_published(folder, "de")
    words = trim_tokenizer(published, TEXTS)
    model = load_language_model(folder)
    trim_model(model, published, words)
    settings = model.generation_config
    assert settings.decoder_start_token_id == words.start_token_id
    assert settings.eos_token_id == words.eos_token_id
    assert settings.pad_token_id == words.pad_token_id
    assert settings.forced_eos_token_id == (words.eos_token_id if folder.name == "mbart" else None)
    for name in ("min_length", "num_beams", "forced_bos_token_id"):
        assert getattr(settings, name, None) in (None, 0, 1)


def test_a_tokenizer_of_another_model_is_refused(published_folders):
    words = load_published(published_folders["mbart"], "de")
    model = load_language_model(published_folders["mt5"])
    with pytest.raises(InputError, match=r"the published tokenizer lacks .* such as"):
        trim_model(model, load_published(published_folders["mt5"]), words)


def test_weights_that_do_not_fit_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "cut")
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in weights if "layer" in name and name.endswith("weight"))
    del weights[gone]
    save_file(weights, tmp_path / "cut" / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="missing keys"):
        load_language_model(tmp_path / "cut")


def test_what_is_no_encoder_decoder_is_refused(tmp_path):
    config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9)
    BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="Expected an encoder-decoder that writes text"):
        load_language_model(tmp_path)
    with pytest.raises(InputError, match="found model_type 'bert', expected an encoder-decoder"):
        make_language_model(config, own_head=False)


def test_a_model_that_asks_for_code_of_its_own_is_refused_and_not_run(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    about = json.loads((copy / "config.json").read_text())
    about["auto_map"] = {"AutoModelForSeq2SeqLM": "own.Own", "AutoConfig": "own.Config"}
    (copy / "config.json").write_text(json.dumps(about))
    (copy / "own.py").write_text("raise SystemExit('this was run')")
    with pytest.raises(InputError, match=r"config\.json asks for code of its own .*Nothing of it"):
        load_language_model(copy)


def test_dropout_is_set_by_the_name_that_the_model_has_for_it(tiny_tokenizer):
    mbart = mbart_config(tiny_tokenizer, **SIZES, positions=32, attention_dropout=0.0)
    mt5 = mt5_config(tiny_tokenizer, **SIZES)
    for config in (mbart, mt5):
        set_dropout(config, 0.3, 0.1)
    assert (mbart.dropout, mbart.attention_dropout) == (0.3, 0.1)
    assert mt5.dropout_rate == 0.3
    set_dropout(mt5, None, None)
    assert mt5.dropout_rate == 0.3


def test_the_rate_is_that_of_every_layer_of_a_loaded_model(published_folders):
    model = load_language_model(published_folders["mt5"], 0.25, 0.1)
    rates = {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)}
    assert rates == {0.25}


@pytest.mark.parametrize("architecture", TYPES)
def test_a_small_model_starts_with_even_odds(tiny_tokenizer, architecture):
    config = pretrain_language_model.Config(
        published=None, architecture=architecture, layers=1, heads=2, width=64, feed_forward=64
    )
    set_seed(1)
    model = pretrain_language_model.small_model(tiny_tokenizer, config).eval()
    found = logits(model, tiny_tokenizer, TEXTS, TEXTS)
    assert 0.2 < found.std() < 2
    assert has_own_head(model) == (architecture == "mt5")


def test_a_head_of_its_own_is_a_copy_that_goes_its_own_way(tiny_tokenizer):
    model = MT5ForConditionalGeneration(mt5_config(tiny_tokenizer, **SIZES))
    before = model.lm_head.weight.detach().clone()
    assert not has_own_head(model)
    give_own_head(model)
    assert has_own_head(model)
    assert torch.equal(model.lm_head.weight, before)
    model.tie_weights()
    assert has_own_head(model)
