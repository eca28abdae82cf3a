import pytest
import torch
from transformers import MBartForConditionalGeneration, set_seed

from sign2text.errors import InputError
from sign2text.models.light_t import mbart_config
from sign2text.models.trim import trim_model
from sign2text.text.tokenizer import (
    encode_targets,
    load_tokenizer,
    train_unigram,
    trim_tokenizer,
)

TEXT = [
    "am montag regnet es im norden",
    "in bayern scheint die sonne bei zwanzig grad",
    "heute nacht schneit es an der küste",
] * 20


@pytest.fixture(scope="module")
def words():
    return train_unigram(TEXT, 80, "de")


def test_text_comes_back_as_it_was(words):
    for sentence in {*TEXT, "an der küste regnet es nicht"}:
        ids = words(sentence)["input_ids"]
        assert words.decode(ids, skip_special_tokens=True) == sentence


def test_a_sentence_ends_with_the_end_and_the_language(words):
    ids = words(TEXT[0])["input_ids"]
    assert words.convert_ids_to_tokens(ids[-2:]) == ["</s>", "de_DE"]
    assert encode_targets(words, TEXT[:1]) == [ids[:-1]]


def test_saved_and_loaded_it_is_the_same(words, tmp_path):
    words.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert loaded.get_vocab() == words.get_vocab()
    assert loaded(TEXT)["input_ids"] == words(TEXT)["input_ids"]
    assert loaded.tgt_lang == "de_DE"


def test_training_twice_gives_the_same(words):
    assert train_unigram(TEXT, 80, "de").get_vocab() == words.get_vocab()


def test_trimming_keeps_the_segmentation_and_can_spell_unseen_words(words):
    trimmed = trim_tokenizer(words, TEXT[:1], "de")
    assert len(trimmed) < len(words)
    assert trimmed.tokenize(TEXT[0]) == words.tokenize(TEXT[0])
    assert words.unk_token not in trimmed.tokenize("morgen")


def test_a_trimmed_model_gives_kept_tokens_the_logits_they_had(words, tmp_path):
    set_seed(0)
    config = mbart_config(
        words,
        layers=1,
        heads=2,
        width=16,
        feed_forward=32,
        positions=64,
        dropout=0.0,
        attention_dropout=0.0,
    )
    model = MBartForConditionalGeneration(config).eval()
    model.save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    trimmed = trim_tokenizer(words, TEXT[:1], "de")
    small = trim_model(tmp_path, trimmed).eval()
    tokens = trimmed.convert_ids_to_tokens(range(len(trimmed)))
    before = torch.tensor([words(TEXT[0])["input_ids"]])
    after = torch.tensor([trimmed(TEXT[0])["input_ids"]])
    with torch.no_grad():
        wanted = model(input_ids=before, decoder_input_ids=before).logits
        found = small(input_ids=after, decoder_input_ids=after).logits
    kept = torch.tensor(words.convert_tokens_to_ids(tokens))
    assert found.shape[-1] == len(trimmed)
    assert torch.allclose(found, wanted[..., kept], atol=1e-6)
    assert small.config.decoder_start_token_id == trimmed.convert_tokens_to_ids("de_DE")
    assert small.lm_head.weight.data_ptr() == small.get_input_embeddings().weight.data_ptr()


def test_a_model_that_lacks_tokens_is_refused(words, tmp_path):
    trim_tokenizer(words, TEXT[:1], "de").save_pretrained(tmp_path)
    with pytest.raises(InputError, match="its tokenizer lacks"):
        trim_model(tmp_path, words)


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match="language 'xx' found, expected one of de, en, zh"):
        train_unigram(TEXT, 80, "xx")
