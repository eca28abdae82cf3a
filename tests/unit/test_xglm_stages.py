"""XGLM in the stages: published with its tokenizer and torch's weights, or pretrained here."""

import pytest
import torch
from gloss_corpus import PAIRS, write_corpus, write_pairs
from model_folders import xglm_folder
from test_gpt2_stages import SMALL, make_model, make_tokenizer
from transformers import XGLMForCausalLM

from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.models.language_model import has_own_head, load_language_model
from sign2text.models.translator import sentences
from sign2text.planning.published_sizes import untrained_model
from sign2text.stages import fetch_model, pretrain_language_model
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.history import read_history

TEXTS = [text for _, text in PAIRS]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus"))
    write_pairs(folder / "test.tsv", [("NORD", "im norden schneit es")])
    (folder / "monolingual.txt").write_text("\n".join(TEXTS * 4) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    # These have words outside the corpus, which trimming removes.
    texts = [*TEXTS, "zwanzig quallen jagen xaver", "vom gipfel weht pulver"]
    return xglm_folder(tmp_path_factory.mktemp("published") / "xglm", texts)


@pytest.fixture(scope="module")
def fetched(published, tmp_path_factory):
    manifest = tmp_path_factory.mktemp("fetched") / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(published)))
    return {"published": str(published), "manifest": manifest, "architecture": "xglm"}


def expected_logits(published, ids):
    """Compute the logits of the library's model with the published weights."""
    model = XGLMForCausalLM.from_pretrained(published).eval()
    assert model.model.embed_positions.weights.max() <= 1
    return model(ids).logits


@pytest.mark.parametrize("trim", [False, True])
def test_a_published_one_keeps_its_logits_whole_or_trimmed(
    corpus, published, fetched, tmp_path, trim
):
    words = load_tokenizer(make_tokenizer(corpus, tmp_path / "words", trim=trim, **fetched))
    path = make_model(corpus, tmp_path / "words" / "tokenizer.json", tmp_path / "llm", **fetched)
    model = load_language_model(path.parent, decoders=True).eval()
    assert not has_own_head(model)
    assert words.start_token == words.eos_token == "</s>"
    assert (model.config.decoder_start_token_id, model.config.pad_token_id) == (2, 1)
    whole = load_published(published)
    assert (len(words) < len(whole)) is trim
    assert len(model.get_input_embeddings().weight) == len(words)
    tokens, rows = words.tokenize(TEXTS[0]), whole.get_vocab()
    kept = [rows[token] for token in words.convert_ids_to_tokens(range(len(words)))]
    found = model(torch.tensor([words.convert_tokens_to_ids(tokens)])).logits
    ids = torch.tensor([whole.convert_tokens_to_ids(tokens)])
    assert torch.allclose(found, expected_logits(published, ids)[..., kept], atol=1e-6)
    ids = words(TEXTS[1], add_special_tokens=False)["input_ids"]
    assert sentences(words, torch.tensor([[2, *ids, 2, 1]])) == [TEXTS[1]]


def test_one_that_is_pretrained_here_learns_to_write(corpus, tmp_path):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", published=None, pieces=80)
    model = make_model(
        corpus, tokenizer, tmp_path / "llm", **SMALL | {"architecture": "xglm"}, epochs=4,
        learning_rate=0.01, batch_size=8,
    )  # fmt: skip
    losses = read_history(model.parent / "history.tsv")["dev_loss"].dropna()
    assert losses.iloc[-1] < 0.6 * losses.iloc[0]
    written = load_language_model(model.parent, decoders=True).config
    words = load_tokenizer(tokenizer)
    assert (written.model_type, written.vocab_size) == ("xglm", len(words))
    assert written.decoder_start_token_id == words.start_token_id


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("facebook/xglm-1.7B", 1_732_907_008), ("facebook/xglm-564M", 564_463_616)],
)
def test_published_sizes(corpus, name, parameters):
    words = load_tokenizer(corpus / "tokenizer")
    config = pretrain_language_model.Config(published=name, architecture="xglm")
    with torch.device("meta"):
        model = untrained_model("pretrain_language_model", config, words)
    rows = (256_008 - len(words)) * model.config.d_model
    assert sum(each.numel() for each in model.parameters()) == parameters - rows


def test_features_are_not_read_by_a_decoder(corpus, fetched, tmp_path):
    make_tokenizer(corpus, tmp_path / "words", **fetched)
    model = make_model(corpus, tmp_path / "words" / "tokenizer.json", tmp_path / "llm", **fetched)
    with pytest.raises(InputError, match=r"llm/config.json: .* found model_type 'xglm', expected"):
        load_language_model(model.parent)
    stages = {
        "train_tokenizer": {"published": None},
        "pretrain_language_model": {"published": None, "architecture": "xglm"},
    }
    entry = {"adapter": "avatar", "language": "de", "stages": stages}
    with pytest.raises(InputError) as refused:
        Project({"datasets": {"small": entry}, "experiments": {"one": {"method": "fla_llm"}}})
    assert "architecture xglm, expected mbart or mt5" in str(refused.value)
