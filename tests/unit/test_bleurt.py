"""BLEURT scores, with a tiny random BERT in place of a trained one."""

import json
from pathlib import Path

import pytest
import torch

from sign2text.ground.errors import InputError
from sign2text.scoring.bleurt import bleurt_scores

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "am", "montag", "regnet", "es", "oft", "im", "norden"]
HYPOTHESES = ["am montag", "es regnet oft im norden am montag", "", "oft", "es regnet"]
REFERENCES = ["am montag regnet es", "es regnet", "im norden", "am am am am am", "es regnet"]
WANTED = "Expected a sequence classifier of transformers with one label: config.json, model.safe"


@pytest.fixture
def folder(tmp_path):
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import BertProcessing
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
        set_seed,
    )

    rules = Tokenizer(WordPiece({w: n for n, w in enumerate(WORDS)}, unk_token="[UNK]"))
    rules.pre_tokenizer = Whitespace()
    rules.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    PreTrainedTokenizerFast(
        tokenizer_object=rules,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **{f"{name}_token": token for name, token in names.items()},
    ).save_pretrained(tmp_path)
    set_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertForSequenceClassification(
        BertConfig(
            vocab_size=len(WORDS),
            intermediate_size=32,
            max_position_embeddings=24,
            num_labels=1,
            initializer_range=0.5,  # scores that lie apart
            **sizes,
        )
    ).save_pretrained(tmp_path)
    return tmp_path


def edit(path: Path, **settings: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_a_pair_has_the_same_score_alone_and_in_a_batch(folder):
    pairs = zip(HYPOTHESES, REFERENCES, strict=True)
    alone = [bleurt_scores(folder, [made], [true], 1)[0] for made, true in pairs]
    assert min(abs(a - b) for n, a in enumerate(alone) for b in alone[:n]) > 1e-3
    for batch_size in (1, 2, 5, 64):
        scores = bleurt_scores(folder, HYPOTHESES, REFERENCES, batch_size)
        assert scores == pytest.approx(alone, abs=1e-5)


def test_the_score_is_the_models_for_reference_and_hypothesis_in_this_order(folder):
    from transformers import BertForSequenceClassification

    model = BertForSequenceClassification.from_pretrained(folder).eval()
    # [CLS] am montag regnet es [SEP] am montag [SEP]: 2, 5 ..., and which of the two it is.
    ids = torch.tensor([[2, 5, 6, 7, 8, 3, 5, 6, 3]])
    sides = torch.tensor([[0, 0, 0, 0, 0, 0, 1, 1, 1]])
    with torch.no_grad():
        expected = model(input_ids=ids, token_type_ids=sides).logits.item()
    found = bleurt_scores(folder, HYPOTHESES[:1], REFERENCES[:1], 1)
    assert found == [pytest.approx(expected, abs=1e-5)]
    assert bleurt_scores(folder, REFERENCES[:1], HYPOTHESES[:1], 1) != pytest.approx(found)


def test_too_long_a_pair_is_cut(folder):
    # 24 positions, 3 of them for [CLS] and [SEP] twice: 19 words stay beside the other side's 2.
    long = bleurt_scores(folder, ["am " * 200], ["es regnet"], 1)
    assert long == pytest.approx(bleurt_scores(folder, ["am " * 19], ["es regnet"], 1))


@pytest.mark.parametrize(("hypotheses", "references"), [(["a"], ["a", "b"]), ([], [])])
def test_numbers_that_differ_and_nothing_to_score_are_errors(folder, hypotheses, references):
    with pytest.raises(ValueError, match=f"{len(hypotheses)} hypotheses for {len(references)} ref"):
        bleurt_scores(folder, hypotheses, references, 8)


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as error:
        bleurt_scores(folder, ["es regnet"], ["es regnet"], 1)
    message = str(error.value)
    assert WANTED in message
    assert str(folder) in message
    return message


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    assert name in refused(folder)


def test_weights_that_torch_saved_are_refused(folder):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    assert "no model.safetensors, found config.json, pytorch_model.bin," in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_model_with_code_of_its_own_is_refused_and_not_run(folder, name):
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    edit(folder / name, auto_map={"AutoConfig": "own.Config", "AutoTokenizer": ["own.T", None]})
    message = refused(folder)
    assert f"{folder / name}: 'auto_map' found" in message
    assert not (folder / "ran").exists()


def test_a_model_with_two_labels_is_refused(folder):
    edit(folder / "config.json", id2label={"0": "bad", "1": "good"}, label2id={"bad": 0, "good": 1})
    assert "2 labels found, expected 1" in refused(folder)


def test_an_architecture_that_transformers_does_not_have_is_refused(folder):
    edit(folder / "config.json", model_type="bleurt")
    assert "bleurt" in refused(folder)


def test_weights_that_are_not_all_there_are_refused(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "missing weights: ['classifier.weight']" in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_was_cut_is_refused(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    refused(folder)


def test_a_model_of_single_sentences_is_refused(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    name = "bert.embeddings.token_type_embeddings.weight"
    weights[name] = weights[name][:1].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    edit(folder / "config.json", type_vocab_size=1)
    assert "token_type_ids up to 1, but type_vocab_size of its config.json is 1" in refused(folder)
