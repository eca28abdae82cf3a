"""Language models through the stages: published or pretrained here, fine-tuned, decoded."""

import pandas as pd
import pytest
import torch
from language_models import TEXTS
from safetensors.torch import load_file
from tiny_training import configure

from sign2text.data.clips import FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.manifest import read_table, write_manifest
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.models.beam_search import beam_search
from sign2text.models.language_model import has_own_head, load_language_model
from sign2text.models.translator import load_translator
from sign2text.stages import fetch_model, pretrain_language_model, train_tokenizer
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import load_tokenizer, trim_tokenizer
from sign2text.training.history import read_history

EACH = [pytest.param("mbart", marks=pytest.mark.long), "mt5"]


@pytest.fixture(params=EACH)
def folder(request, published_folders):
    return published_folders[request.param]


def write_split(path, split, texts):
    rows = {
        "id": [f"{split}-{n}" for n in range(len(texts))],
        "video": "v.mp4",
        "frames": 20,
        "fps": 25.0,
        "signer": "signer01",
        "text": texts,
        "gloss": "",
        "language": "de",
        "phrasings": [[] for _ in texts],
    }
    write_manifest(pd.DataFrame(rows), path / f"{split}.tsv")
    return rows["id"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Manifests, and stored features of a few clips of several lengths."""
    folder, generator = tmp_path_factory.mktemp("corpus"), torch.Generator().manual_seed(3)
    signs = [torch.randn(4 + 2 * n, 12, generator=generator) for n in range(len(TEXTS))]
    for split, copies in (("train", 3), ("dev", 1), ("test", 1)):
        texts = TEXTS * copies if split != "test" else ["gestern Ω regnet es", "im süden", "es"]
        ids = write_split(folder, split, texts)
        features = [
            sign + 0.2 * torch.randn(sign.shape, generator=generator) for sign in signs * copies
        ]
        write_features(
            folder / f"{split}.safetensors",
            ids,
            [len(each) for each in features],
            [torch.cat(features)],
            feature="sign_wise",
        )
    (folder / "monolingual.txt").write_text("\n".join(TEXTS * 8) + "\n", encoding="utf-8")
    return folder


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


@pytest.fixture
def fetched(folder, tmp_path):
    """The settings and the manifest of the small published model."""
    manifest = tmp_path / "fetched" / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(folder)))
    return {"published": str(folder), "manifest": manifest}


@pytest.fixture
def finetune(corpus, tmp_path, tiny_translator):
    visual = tiny_translator(seed=1, light=True)
    visual.save_pretrained(tmp_path / "visual_init")

    def run(tokenizer, language_model, **settings):
        steps = {"epochs": 60, "batch_size": 3, "dev_beams": 2, "dev_max_new_tokens": 40}
        rates = {"learning_rate": 0.01, "adapter_learning_rate": 0.01, "dropout": 0.0}
        finetune_llm.run(
            train_features=corpus / "train.safetensors",
            dev_features=corpus / "dev.safetensors",
            train_manifest=corpus / "train.tsv",
            dev_manifest=corpus / "dev.tsv",
            tokenizer=tokenizer,
            language_model=language_model,
            visual_init=tmp_path / "visual_init" / "model.safetensors",
            output=tmp_path / "finetune_llm",
            config=configure(finetune_llm, **(steps | rates | {"dev_bleu_every": 60} | settings)),
        )
        return tmp_path / "finetune_llm"

    return run


def dev_clips(corpus):
    """The stored features of dev."""
    store = FeatureStore(corpus / "dev.safetensors")
    return FeatureClips(store, ["dev-0", "dev-1", "dev-2"], None, seed=None)


def test_a_published_model_goes_the_whole_way(corpus, fetched, finetune, folder, tmp_path):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", **fetched)
    coverage = read_table(tmp_path / "words" / "coverage.tsv").set_index("split")
    assert coverage["unknown"]["train"] == coverage["pieces_cut"]["dev"] == "0"
    assert int(coverage["unknown"]["test"]) >= 1
    assert int(coverage["pieces_cut"]["test"]) >= 1
    language_model = make_model(corpus, tokenizer, tmp_path / "llm", **fetched)
    assert read_history(language_model.parent / "history.tsv").empty
    translator = finetune(tokenizer, language_model)
    losses = read_history(translator / "history.tsv")["dev_loss"].dropna()
    assert losses.iloc[-1] < 0.7 * losses.iloc[0]
    model, words = load_translator(translator), load_tokenizer(translator)
    assert model.config.language_model.model_type == folder.name
    assert model.config.own_head == has_own_head(model.language_model) == (folder.name == "mt5")
    found, scores = beam_search(model, words, dev_clips(corpus), beams=3, max_new_tokens=40)
    assert found == TEXTS, "the tiny corpus was to be learned"
    assert all(score < 0 for score in scores)


@pytest.mark.parametrize("architecture", EACH)
def test_a_model_that_was_pretrained_here_goes_the_whole_way(
    corpus, finetune, tmp_path, architecture
):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", published=None, pieces=60)
    sizes = {"layers": 1, "heads": 2, "width": 32, "feed_forward": 64, "epochs": 8}
    settings = {"published": None, "architecture": architecture, **sizes}
    language_model = make_model(corpus, tokenizer, tmp_path / "llm", **settings)
    losses = read_history(language_model.parent / "history.tsv")["dev_loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0]
    translator = finetune(tokenizer, language_model)
    model = load_translator(translator)
    assert model.config.language_model.model_type == architecture
    words = load_tokenizer(translator)
    found, _ = beam_search(model, words, dev_clips(corpus), beams=2, max_new_tokens=30)
    assert found == TEXTS


def test_without_pretraining_the_weights_are_random(corpus, fetched, folder, tmp_path):
    tokenizer = make_tokenizer(corpus, tmp_path / "words", **fetched)
    folders = {
        pretrained: make_model(
            corpus, tokenizer, tmp_path / str(pretrained), **fetched, pretrained=pretrained
        )
        for pretrained in (True, False)
    }
    trained, random = (load_file(path) for path in folders.values())
    assert {n: v.shape for n, v in trained.items()} == {n: v.shape for n, v in random.items()}
    drawn = [name for name, value in trained.items() if value.dim() == 2]
    assert not any(torch.equal(trained[name], random[name]) for name in drawn)
    # By the seed, and without looking at the monolingual text.
    again = make_model(corpus, tokenizer, tmp_path / "again", **fetched, pretrained=False)
    assert again.read_bytes() == folders[False].read_bytes()
    own = make_tokenizer(corpus, tmp_path / "own", published=None, pieces=60)
    sizes = {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32}
    settings = {"published": None, "pretrained": False, **sizes}
    path = make_model(corpus, own, tmp_path / "small", **settings)
    assert read_history(path.parent / "history.tsv").empty
    load_language_model(path.parent)


def test_a_tokenizer_without_a_mask_cannot_be_pretrained_with(corpus, published_folders, tmp_path):
    words = trim_tokenizer(load_published(published_folders["mt5"], "de"), TEXTS)
    words.save_pretrained(tmp_path / "words")
    with pytest.raises(InputError, match="has no mask token"):
        make_model(corpus, tmp_path / "words" / "tokenizer.json", tmp_path / "llm", published=None)
