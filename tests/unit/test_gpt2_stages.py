"""GPT-2 through the stages: published with its byte-level tokenizer, pretrained here, or random."""

import pytest
import torch
from gloss_corpus import PAIRS, write_corpus, write_pairs
from model_folders import gpt2_folder
from safetensors.torch import load_file
from tiny_training import configure
from transformers import GPT2LMHeadModel

from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.models.language_model import load_language_model
from sign2text.models.translator import sentences
from sign2text.stages import fetch_model, pretrain_language_model, train_tokenizer
from sign2text.text.plain_sentences import PlainSentences
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.history import read_history

TEXTS = [text for _, text in PAIRS]
SMALL = {
    "published": None, "architecture": "gpt2", "layers": 1, "heads": 2, "width": 32,
    "feed_forward": 64, "positions": 64,
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus"))
    write_pairs(folder / "test.tsv", [("NORD", "im norden Ω schneit es")])
    (folder / "monolingual.txt").write_text("\n".join(TEXTS * 4) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return gpt2_folder(tmp_path_factory.mktemp("published") / "gpt2", TEXTS)


@pytest.fixture
def fetched(published, tmp_path):
    manifest = tmp_path / "fetched" / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(published)))
    return {"published": str(published), "manifest": manifest, "architecture": "gpt2"}


def make_tokenizer(corpus, output, manifest=None, **settings):
    train_tokenizer.run(
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev", "test")},
        monolingual=corpus / "monolingual.txt",
        output=output,
        config=train_tokenizer.Config(**settings),
        published=manifest,
    )
    return output / "tokenizer.json"


def make_model(corpus, tokenizer, output, manifest=None, **settings):
    pretrain_language_model.run(
        monolingual=corpus / "monolingual.txt",
        tokenizer=tokenizer,
        output=output,
        config=configure(pretrain_language_model, **settings),
        published=manifest,
    )
    return output / "model.safetensors"


def test_a_published_one_keeps_its_bytes_and_its_logits(corpus, published, fetched, tmp_path):
    words = load_tokenizer(make_tokenizer(corpus, tmp_path / "words", trim=False, **fetched))
    assert words("im süden Ω", add_special_tokens=False)["input_ids"]
    for text in ("im süden Ω ½", *TEXTS):  # bytes write all that there is
        ids = words(text, add_special_tokens=False)["input_ids"]
        assert sentences(words, torch.tensor([[*ids, words.eos_token_id]])) == [text]
    assert words.pad_token_id == words.eos_token_id == words.start_token_id
    path = make_model(corpus, tmp_path / "words" / "tokenizer.json", tmp_path / "llm", **fetched)
    model = load_language_model(path.parent, decoders=True).eval()
    assert len(model.get_input_embeddings().weight) == len(words)
    ids = torch.tensor([words(TEXTS[0], add_special_tokens=False)["input_ids"]])
    whole = GPT2LMHeadModel.from_pretrained(published).eval()(ids).logits
    assert torch.allclose(model(ids).logits, whole[..., : len(words)], atol=1e-6)
    assert model.config.decoder_start_token_id == words.eos_token_id
    # By the seed, in the same shapes.
    random = make_model(
        corpus, tmp_path / "words" / "tokenizer.json", tmp_path / "r", pretrained=False, **fetched
    )
    drawn, kept = load_file(random), load_file(path)
    assert {n: v.shape for n, v in drawn.items()} == {n: v.shape for n, v in kept.items()}
    assert not torch.equal(drawn["transformer.wte.weight"], kept["transformer.wte.weight"])


def test_a_byte_level_tokenizer_cannot_be_cut(corpus, fetched, tmp_path):
    with pytest.raises(InputError, match=r"is a BPE model; .* Set train_tokenizer.trim to false"):
        make_tokenizer(corpus, tmp_path / "words", **fetched)


def test_one_that_is_pretrained_here_learns_to_write(corpus, tmp_path):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", published=None, pieces=80)
    model = make_model(
        corpus, tokenizer, tmp_path / "llm", **SMALL, epochs=4, learning_rate=0.01, batch_size=8
    )
    losses = read_history(model.parent / "history.tsv")["dev_loss"].dropna()
    assert losses.iloc[-1] < 0.6 * losses.iloc[0]


def test_a_decoder_reads_the_words_before_each_that_it_writes(corpus):
    words = load_tokenizer(corpus / "tokenizer")
    data = PlainSentences(words, ["am berg regnet es", "am berg"])
    batch = data.collate([data[0, 0], data[1, 3]])
    ids = words("am berg", add_special_tokens=False)["input_ids"]
    length = len(ids)
    assert batch["labels"][1, : length + 2].tolist() == [*ids, words.eos_token_id, -100]
    assert batch["input_ids"][1, : length + 1].tolist() == [words.start_token_id, *ids]
    assert data.lengths[1] == length + 1


def test_features_are_not_read_by_a_decoder(corpus, tmp_path):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", published=None, pieces=80)
    model = make_model(corpus, tokenizer, tmp_path / "llm", **SMALL, pretrained=False)
    with pytest.raises(InputError, match=r"llm/config.json: .* found model_type 'gpt2', expected"):
        load_language_model(model.parent)
    entry = {
        "adapter": "avatar",
        "language": "de",
        "stages": {
            "train_tokenizer": {"published": None},
            "pretrain_language_model": {"published": None, "architecture": "gpt2"},
        },
    }
    glosses = {"decode": {"model": "train_gloss2text"}}
    experiments = {"one": {"method": "fla_llm"}, "two": {"method": "mmtlb", "stages": glosses}}
    with pytest.raises(InputError) as refused:
        Project({"datasets": {"small": entry}, "experiments": experiments})
    assert "finetune_llm of one on small: found pretrain_language_mod" in str(refused.value)
    del experiments["one"]
    Project({"datasets": {"small": entry}, "experiments": experiments})
