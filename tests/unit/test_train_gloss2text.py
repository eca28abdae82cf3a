"""The stage train_gloss2text on a corpus of twenty pairs, and what it refuses."""

import json
import shutil

import pytest
import torch
from gloss_corpus import PAIRS, write_corpus, write_pairs
from safetensors.torch import load_file
from tiny_training import configure
from transformers import BertConfig, BertLMHeadModel, set_seed

from sign2text.data.hypotheses import read_hypotheses
from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.stages import train_gloss2text
from sign2text.models.language_model import make_language_model
from sign2text.models.small_language_models import gpt2_config, mbart_config
from sign2text.models.translator import load_translator
from sign2text.stages import decode
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.history import chosen_checkpoint, read_history

SIZES = {"layers": 1, "heads": 2, "width": 32, "feed_forward": 64, "positions": 64, "dropout": 0.0}
CONFIGS = {
    "mbart": lambda words: mbart_config(words, **SIZES, attention_dropout=0.0),
    "gpt2": lambda words: gpt2_config(words, **SIZES),
}
SETTINGS = {
    "epochs": 24,
    "batch_size": 4,
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "label_smoothing": 0.0,
    "pretrained": False,
    "dev_bleu_every": 12,
    "dev_beams": 2,
    "dev_max_new_tokens": 30,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus"))
    words = load_tokenizer(folder / "tokenizer")
    for name, config in CONFIGS.items():
        set_seed(5)
        model = make_language_model(config(words), own_head=False, decoders=True)
        model.save_pretrained(folder / name)
    return folder


def train(corpus, output, name="mbart", manifests=None, **settings):
    train_gloss2text.run(
        **{
            f"{split}_manifest": (manifests or corpus) / f"{split}.tsv"
            for split in ("train", "dev")
        },
        tokenizer=corpus / "tokenizer" / "tokenizer.json",
        language_model=corpus / name / "model.safetensors",
        output=output,
        config=configure(train_gloss2text, **(SETTINGS | settings)),
    )
    return output


@pytest.mark.parametrize("name", CONFIGS)
def test_twenty_pairs_are_learned_and_decoded(corpus, tmp_path, name):
    folder = train(corpus, tmp_path / "train_gloss2text", name)
    history = read_history(folder / "history.tsv")
    assert history["dev_bleu4"].dropna().iloc[-1] == pytest.approx(100)
    assert chosen_checkpoint(folder / "history.tsv")["epoch"] in (12, 24)
    decode.run(
        manifest=corpus / "train.tsv",
        text=corpus / "train.tsv",
        model=folder / "model.safetensors",
        output=tmp_path / "train.tsv",
        config=decode.Config(beams=2, max_new_tokens=30),
    )
    ids = [f"train-{number}" for number in range(len(PAIRS))]
    found = read_hypotheses(tmp_path / "train.tsv", ids)[0]["hypothesis"]
    assert found.tolist() == [text for _, text in PAIRS]


def test_embeddings_of_words_and_glosses_are_trained_where_they_were_random(corpus, tmp_path):
    words = load_file(corpus / "mbart" / "model.safetensors")["model.shared.weight"]
    short = {"epochs": 1, "dev_bleu_every": 0}
    for pretrained in (True, False):
        output = train(corpus, tmp_path / str(pretrained), **short, pretrained=pretrained)
        found = load_file(output / "model.safetensors")
        assert torch.equal(found["language_model.model.shared.weight"], words) is pretrained
        table = found["gloss_table.weight"]
        ending = words[load_tokenizer(corpus / "tokenizer")("")["input_ids"]]
        assert torch.equal(table[:2], ending) is pretrained
        assert len(table) == 2 + 9
    for said in (True, False):
        config = train_gloss2text.Config(pretrained=said, train_embeddings=not said)
        assert config.trains_embeddings is not said


def test_a_gloss_of_dev_that_training_lacks_is_named(corpus, tmp_path, caplog):
    shutil.copy(corpus / "train.tsv", tmp_path)
    write_pairs(tmp_path / "dev.tsv", [("NORD HAGEL", "im norden hagelt es")])
    with caplog.at_level("WARNING"):
        folder = train(corpus, tmp_path / "out", manifests=tmp_path, epochs=1, dev_bleu_every=0)
    assert "dev.tsv: 1 of 2 glosses (1 types) are not in training" in caplog.text
    assert "HAGEL" in caplog.text
    assert "HAGEL" not in load_translator(folder).config.glosses


@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_corpus_without_glosses_is_refused(corpus, tmp_path, monkeypatch, split):
    """Before the language model is loaded, where it is the training split that lacks them."""
    for each in ("train", "dev"):
        shutil.copy(corpus / f"{each}.tsv", tmp_path)
    write_pairs(tmp_path / f"{split}.tsv", [("", "am berg regnet es"), ("BERG", "am berg")])
    with pytest.raises(InputError, match=rf"{split}\.tsv: column gloss is empty in 1 of 2 clips"):
        train(corpus, tmp_path / "out", manifests=tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_sentence_longer_than_the_positions_is_refused(corpus, tmp_path):
    shutil.copy(corpus / "train.tsv", tmp_path)
    write_pairs(tmp_path / "dev.tsv", [("BERG " * 63, "am berg")])
    message = "clip 'dev-0': 63 glosses found, at most 62 expected.*Raise positions, or leave"
    with pytest.raises(InputError, match=message):
        train(corpus, tmp_path / "out", manifests=tmp_path)


def test_a_language_model_that_cannot_translate_glosses_is_refused(corpus, tmp_path):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertLMHeadModel(
        BertConfig(vocab_size=40, intermediate_size=16, is_decoder=True, **sizes)
    )
    model.save_pretrained(corpus / "bert")
    with pytest.raises(InputError, match=r"bert.*found model_type 'bert', expected an encoder-dec"):
        train(corpus, tmp_path / "out", "bert")
    # And of a model that is known, another tokenizer's.
    broken = corpus / "broken"
    shutil.copytree(corpus / "mbart", broken, dirs_exist_ok=True)
    values = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(values | {"vocab_size": 7}))
    with pytest.raises(InputError, match="broken"):
        train(corpus, tmp_path / "out", "broken")
