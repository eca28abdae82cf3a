"""T5 and ByT5: tokenizers, hidden spans, heads of published models, small ones made here."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_training import configure
from transformers import ByT5Tokenizer, T5ForConditionalGeneration, set_seed

from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.models.language_model import (
    has_own_head,
    load_language_model,
    make_language_model,
    publishes_own_head,
)
from sign2text.models.new_tokens import add_rows
from sign2text.models.small_language_models import mbart_config, t5_config
from sign2text.stages import fetch_model, pretrain_language_model, train_tokenizer
from sign2text.text.byte_tokenizer import byte_tokenizer
from sign2text.text.published_tokenizer import load_published
from sign2text.text.span_corruption import CorruptedSentences, hidden_spans
from sign2text.text.t5_tokenizer import sentinel_tokens, train_t5_unigram
from sign2text.text.text_to_learn import read_text_to_learn
from sign2text.text.tokenizer import add_tokens, encode_targets, load_tokenizer
from sign2text.training.history import read_history
from sign2text.training.settings import Training

TEXTS = [
    "am montag regnet es im norden .",
    "in bayern scheint die sonne",
    "今天天气很好",
    "ein ½ é",
]
SIZES = {"layers": 2, "heads": 2, "width": 16, "feed_forward": 32, "dropout": 0.0}


@pytest.fixture(scope="module")
def words():
    return train_t5_unigram(TEXTS * 10, 60)


@pytest.mark.parametrize(
    "text", [*TEXTS, "", "a\tb", "<extra_id_3> x", "\u200b", "🙂 ok", "Ω " * 300]
)
def test_bytes_have_the_librarys_ids(text):
    ours, theirs = byte_tokenizer(), ByT5Tokenizer()
    ids = theirs(text)["input_ids"]
    assert ours(text)["input_ids"] == ids
    assert encode_targets(ours, [text]) == [ids]
    assert ours.decode(ids, skip_special_tokens=True) == theirs.decode(
        ids, skip_special_tokens=True
    )


def test_the_byte_tokenizer_is_one_file_with_byt5s_vocabulary(tmp_path):
    ours, theirs = byte_tokenizer(), ByT5Tokenizer()
    ours.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert len(loaded) == len(theirs) == 384
    assert loaded.convert_tokens_to_ids(sentinel_tokens(125)) == [*range(259, 384)]
    assert (loaded.pad_token_id, loaded.eos_token_id, loaded.unk_token_id) == (0, 1, 2)
    assert loaded.start_token_id == 0
    add_tokens(loaded, ["<t0>", "<t1>"])
    ids = loaded("<t1>é <t0>")["input_ids"]
    assert ids == [385, 198, 172, 35, 384, 1]
    assert loaded.decode(ids, skip_special_tokens=True) == "<t1>é <t0>"


@pytest.mark.parametrize("file", ["tokenizer_config.json", "config.json"])
def test_a_published_byt5_has_the_byte_tokenizer(tmp_path, file):
    (tmp_path / file).write_text('{"tokenizer_class": "ByT5Tokenizer"}')
    found = load_published(tmp_path, "de")
    assert found.get_vocab() == byte_tokenizer().get_vocab()


def test_t5s_tokens_are_in_its_order(words):
    assert words.convert_ids_to_tokens([0, 1, 2]) == ["<pad>", "</s>", "<unk>"]
    assert words.convert_tokens_to_ids(sentinel_tokens(100)) == [
        *range(len(words) - 100, len(words))
    ]
    assert words.start_token == "<pad>"
    ids = words(TEXTS[0])["input_ids"]
    assert ids[-1] == 1 and words.decode(ids, skip_special_tokens=True) == TEXTS[0]


@pytest.mark.parametrize("length", [1, 2, 3, 20, 200])
@pytest.mark.parametrize("share", [0.15, 0.5, 1.0])
def test_spans_hide_the_share_and_do_not_touch(length, share):
    begins = set()
    for seed in range(40):
        spans = hidden_spans(length, share, 3.0, 99, np.random.default_rng(seed))
        hidden = max(1, round(share * length))
        assert sum(end - first for first, end in spans) == hidden
        assert len(spans) == min(max(1, round(hidden / 3)), hidden, length - hidden + 1)
        assert all(end < first for (_, end), (first, _) in itertools.pairwise(spans))
        assert spans[0][0] >= 0 and spans[-1][1] <= length
        begins.add(spans[0][0] == 0)
    assert begins == {True} if share == 1 or length == 1 else begins == {True, False}


def test_a_target_has_each_sentinel_with_its_span(words):
    data = CorruptedSentences(words, TEXTS, share=0.5, mean=2.0, seed=1)
    first = words.convert_tokens_to_ids("<extra_id_0>")
    for row, text in enumerate(TEXTS):
        item = data[row, 3]
        assert item == data[row, 3]
        spans, key = {}, None
        for token in item["target"][:-1]:
            if token >= first:
                spans[key := token] = []
            else:
                spans[key].append(token)
        assert spans[key] == [] and item["target"][-1] == item["source"][-1] == 1
        assert [*spans] == [*range(first, first + len(spans))]
        whole = [each for token in item["source"][:-1] for each in (spans.get(token, [token]))]
        assert whole == words(text, add_special_tokens=False)["input_ids"]
    assert len({tuple(data[0, epoch]["source"]) for epoch in range(5)}) > 1
    batch = data.collate([data[0, 0], data[1, 0]])
    assert batch["decoder_input_ids"][:, 0].tolist() == [0, 0]


def test_a_tokenizer_without_sentinels_is_refused(tiny_tokenizer):
    with pytest.raises(InputError, match="has 0 sentinels such as <extra_id_0>, expected T5's"):
        CorruptedSentences(tiny_tokenizer, TEXTS, share=0.15, mean=3.0, seed=1)


@pytest.fixture
def published(tmp_path, words):
    """A T5 v1.1 as published: config.json says that the head is its own, and it is stored."""
    folder = tmp_path / "t5"
    set_seed(2)
    T5ForConditionalGeneration(t5_config(words, **SIZES)).save_pretrained(folder)
    about = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(about | {"tie_word_embeddings": False}))
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = torch.randn(len(words), 16)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_published_head_stays_its_own_even_where_its_values_are_the_embeddings(published):
    assert has_own_head(load_language_model(published))
    weights = load_file(published / "model.safetensors")
    weights["lm_head.weight"] = weights["shared.weight"].clone()
    save_file(weights, published / "model.safetensors", {"format": "pt"})
    model = load_language_model(published)
    assert has_own_head(model)
    assert torch.equal(model.lm_head.weight, model.shared.weight)


def test_a_head_that_is_missing_and_would_be_tied_is_refused(published):
    weights = load_file(published / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, published / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="tie_word_embeddings false, but the weights lack lm_head"):
        load_language_model(published)


def test_a_head_that_the_library_tied_is_refused(published, words):
    tied = T5ForConditionalGeneration(t5_config(words, **SIZES))
    assert not has_own_head(tied)
    with pytest.raises(
        InputError, match=r"lm_head\.weight differs from the word embeddings, but the"
    ):
        publishes_own_head(tied, published)


@pytest.mark.parametrize("own", [True, False])
def test_new_tokens_leave_all_other_rows_as_they_are(words, own, tmp_path):
    words.save_pretrained(tmp_path)
    more = load_tokenizer(tmp_path)
    set_seed(1)
    model = make_language_model(t5_config(words, **SIZES), own)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    add_tokens(more, ["<t0>", "<t1>"])
    add_rows(model, more)
    assert has_own_head(model) == own
    count = len(words)
    for name, value in model.state_dict().items():
        if name in ("shared.weight", "lm_head.weight") or name.endswith("embed_tokens.weight"):
            assert value.shape == (count + 2, 16) and torch.equal(value[:count], before[name])
            assert value[count:].std() > 0.1 * before[name].std()
        else:
            assert torch.equal(value, before[name])
    assert model.config.vocab_size == count + 2
    with pytest.raises(InputError, match=f"rows for {count + 2} tokens, its tokenizer {count}"):
        add_rows(model, words)


def test_mbarts_bias_of_logits_grows_too(tiny_tokenizer, tmp_path):
    tiny_tokenizer.save_pretrained(tmp_path)
    more = load_tokenizer(tmp_path)
    config = mbart_config(tiny_tokenizer, **SIZES, positions=16, attention_dropout=0.0)
    model = make_language_model(config, False)
    model.final_logits_bias.normal_()
    before = model.final_logits_bias.clone()
    add_tokens(more, ["<t0>"])
    add_rows(model, more)
    assert torch.equal(model.final_logits_bias, torch.cat([before, torch.zeros(1, 1)], 1))


@pytest.fixture
def corpus(tmp_path):
    rows = {
        "video": "v.mp4", "frames": 20, "fps": 25.0, "signer": "s", "gloss": "", "language": "de",
    }  # fmt: skip
    for split in ("train", "dev", "test"):
        table = pd.DataFrame({"id": ["a", "b"], "text": TEXTS[:2], **rows})
        table["phrasings"] = [[], []]
        write_manifest(table, tmp_path / f"{split}.tsv")
    (tmp_path / "monolingual.txt").write_text("\n".join(TEXTS * 8) + "\n", encoding="utf-8")
    return tmp_path


def make_tokenizer(corpus, output, manifest=None, **settings):
    train_tokenizer.run(
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev", "test")},
        monolingual=corpus / "monolingual.txt",
        output=output,
        config=train_tokenizer.Config(**settings),
        published=manifest,
    )
    return output / "tokenizer.json"


def test_a_published_byt5_goes_through_the_stages_with_its_own_head(corpus, tmp_path):
    """From torch's weights, as the hub has them."""
    folder, words = tmp_path / "byt5", byte_tokenizer()
    model = make_language_model(t5_config(words, **SIZES), True)
    about = model.config.to_dict()
    about |= {"tie_word_embeddings": False, "tokenizer_class": "ByT5Tokenizer"}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(about, default=str))
    (folder / "tokenizer_config.json").write_text('{"extra_ids": 125}')
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    manifest = tmp_path / "fetched" / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(folder)))
    given = {"published": str(folder), "architecture": "byt5"}
    tokenizer = make_tokenizer(corpus, tmp_path / "words", manifest, **given)
    assert len(load_tokenizer(tokenizer)) == 384
    pretrain_language_model.run(
        monolingual=corpus / "monolingual.txt",
        tokenizer=tokenizer,
        output=tmp_path / "lm",
        config=pretrain_language_model.Config(**given),
        published=manifest,
    )
    found = load_language_model(tmp_path / "lm")
    assert has_own_head(found)
    for name, value in model.state_dict().items():
        assert torch.equal(found.state_dict()[name], value), name


@pytest.mark.parametrize("architecture", ["t5", "byt5"])
def test_a_small_one_is_pretrained_by_hidden_spans(corpus, architecture, tmp_path):
    tokenizer = make_tokenizer(
        corpus, tmp_path / "words", published=None, architecture=architecture, pieces=60
    )
    config = configure(
        pretrain_language_model,
        published=None,
        architecture=architecture,
        **(SIZES | {"decoder_layers": 1}),
        epochs=4,
        batch_size=4,
    )
    pretrain_language_model.run(
        monolingual=corpus / "monolingual.txt",
        tokenizer=tokenizer,
        output=tmp_path / "lm",
        config=config,
    )
    model = load_language_model(tmp_path / "lm")
    assert has_own_head(model) and model.config.model_type == "t5"
    assert not model.config.scale_decoder_outputs
    assert (len(model.encoder.block), len(model.decoder.block)) == (2, 1)
    words = load_tokenizer(tmp_path / "words")
    assert model.config.vocab_size == len(words)
    assert (len(words) == 384) == (architecture == "byt5")
    losses = read_history(tmp_path / "lm" / "history.tsv")["dev_loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0]


@pytest.mark.parametrize("stage", [train_tokenizer, pretrain_language_model])
def test_text_in_all_languages_takes_the_place_of_the_monolingual_text(stage):
    texts = {"monolingual", "captions", "parallel"}
    for multilingual, expected in ((False, {"monolingual"}), (True, {"captions", "parallel"})):
        config = stage.Config(published=None, multilingual=multilingual)
        reads = (each for each in stage.READS if each.is_read(lambda _, config=config: config))
        assert {each.option for each in reads} & texts == expected


def test_a_tokenizer_and_a_model_learn_all_languages_and_can_spell_prompts(corpus, tmp_path):
    pytest.importorskip("sign2text.data.captions", reason="the table of captions is not there")
    captions = {"clip": ["a", "b"], "language": "de", "text": TEXTS[:2], "start": "", "end": ""}
    pd.DataFrame({**captions, "origin": "human"}).to_csv(corpus / "c.tsv", sep="\t", index=False)
    both = {"de": [f"tag {n}" for n in range(9)], "zh": [f"{TEXTS[2]}{n}" for n in range(9)]}
    pd.DataFrame(both).to_csv(corpus / "p.tsv", sep="\t", index=False)
    given = {"captions": corpus / "c.tsv", "parallel": corpus / "p.tsv"}
    found = read_text_to_learn(None, **given)
    assert sorted(found) == sorted([*TEXTS[:2], *both["de"], *both["zh"]])
    assert found == read_text_to_learn(None, **given)
    assert {text in both["zh"] for text in found[:6]} == {True, False}, "languages are mixed"
    train_tokenizer.run(
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev", "test")},
        **given,
        output=tmp_path / "words",
        config=train_tokenizer.Config(
            published=None, architecture="t5", multilingual=True, pieces=200
        ),
    )
    words = load_tokenizer(tmp_path / "words")
    for text in ("今天", "align avs zh-CN: x | y", "translate gsg de"):
        assert words.unk_token_id not in words(text)["input_ids"]
    with pytest.raises(InputError, match="--monolingual: missing; expected the monolingual"):
        read_text_to_learn(None, None, None)


def test_a_small_t5_shares_no_tokenizer_with_an_mbart_and_byt5_is_never_cut():
    kinds = {
        kind: train_tokenizer.Config(published=None, architecture=kind)
        for kind in ("mbart", "mt5", "t5", "byt5")
    }
    assert kinds["mbart"] == kinds["mt5"]
    assert len({each.architecture for each in kinds.values()}) == 3
    whole = train_tokenizer.Config(architecture="byt5", revision="main")
    assert not whole.trim
    small = pretrain_language_model.Config(published=None, architecture="t5")
    of = {"pretrain_language_model": small, "train_tokenizer": kinds["mbart"]}
    (problem,) = pretrain_language_model.check_settings(of.__getitem__)
    assert problem.startswith("architecture: found t5, but train_tokenizer has mbart")
    assert not [
        *pretrain_language_model.check_settings((of | {"train_tokenizer": kinds["t5"]}).get)
    ]


def test_byt5s_commit_must_be_given():
    with pytest.raises(
        InputError, match="the workflow knows no commit of google/byt5-base; give a"
    ):
        read_settings(train_tokenizer.Config, {"architecture": "byt5"})
    assert train_tokenizer.Config(architecture="t5").published == "paper"


@pytest.mark.parametrize("name", ["float16", "fp16"])
def test_float16_is_refused_with_the_reason(name):
    with pytest.raises(InputError, match=f'precision: found "{name}", .* overflow in float16'):
        read_settings(Training, {"precision": name})
