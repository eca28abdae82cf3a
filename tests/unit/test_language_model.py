"""Language models of either architecture: cut down, trained, decoded, saved and loaded."""

import json
import shutil

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_training import configure
from transformers import (
    BartConfig,
    BertConfig,
    BertModel,
    MT5ForConditionalGeneration,
    PegasusConfig,
    T5Config,
    set_seed,
)

from sign2text.data.clips import FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.manifest import read_table, write_manifest
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.light_t import mbart_config, mt5_config
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.methods.fla_llm.translator import (
    SignTranslator,
    SignTranslatorConfig,
    load_translator,
)
from sign2text.models.beam_search import beam_search
from sign2text.models.language_model import (
    give_own_head,
    has_own_head,
    load_language_model,
    make_language_model,
    set_dropout,
)
from sign2text.models.trim import trim_model
from sign2text.stages import (
    fetch_model,
    pretrain_language_model,
    train_tokenizer,
)
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import encode_targets, load_tokenizer, trim_tokenizer
from sign2text.training.history import read_history

TYPES = ("mbart", "mt5")
TEXTS = ["am montag regnet es .", "im norden scheint die sonne", "heute nacht schneit es"]
SIZES = {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32, "dropout": 0.0}


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


# The whole way, through the stages.


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


@pytest.mark.parametrize("architecture", TYPES)
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


# The translator around it.


@pytest.fixture(params=TYPES)
def translator(request, tiny_translator, tiny_tokenizer):
    sizes = SIZES | {"dropout": 0.1}
    if request.param == "mt5":
        config, own_head = mt5_config(tiny_tokenizer, **sizes), True
    else:
        config = mbart_config(tiny_tokenizer, **sizes, positions=32, attention_dropout=0.1)
        own_head = False
    values = tiny_translator().config.to_dict()
    values |= {"language_model": config, "light": False, "own_head": own_head}
    set_seed(4)
    return SignTranslator(SignTranslatorConfig(**values)).eval()


def test_saved_and_loaded_it_writes_the_same(translator, tmp_path):
    features, lengths = torch.randn(12, 12), torch.tensor([5, 7])
    translator.save_pretrained(tmp_path)
    loaded = load_translator(tmp_path)
    saved = translator.state_dict()
    assert saved.keys() == loaded.state_dict().keys()
    assert all(torch.equal(value, saved[name]) for name, value in loaded.state_dict().items())
    assert type(loaded.config.language_model) is type(translator.config.language_model)
    assert has_own_head(loaded.language_model) == has_own_head(translator.language_model)
    for beams in (1, 3):
        ours = translator.generate(features, lengths, num_beams=beams, max_new_tokens=9)
        theirs = loaded.generate(features, lengths, num_beams=beams, max_new_tokens=9)
        assert torch.equal(ours[0], theirs[0])
        assert torch.equal(ours[1], theirs[1])
    decoder = torch.full((2, 4), translator.start_token)
    with torch.no_grad():
        ours, theirs = (m(lengths, decoder, features=features).logits for m in (translator, loaded))
    assert torch.equal(ours, theirs)


def test_a_clip_gives_the_same_alone_and_beside_longer_ones(translator):
    set_seed(5)
    short, long = torch.randn(3, 12), torch.randn(30, 12)
    decoder = torch.tensor([[translator.start_token, 5, 6, 7]])
    together = torch.tensor([30, 3])
    with torch.no_grad():
        beside = translator(together, decoder.expand(2, -1), features=torch.cat([long, short]))
        alone = translator(torch.tensor([3]), decoder, features=short)
    assert (beside.logits[1] - alone.logits[0]).abs().max() < 1e-5
    beside = translator.generate(torch.cat([long, short]), together, num_beams=3, max_new_tokens=8)
    alone = translator.generate(short, torch.tensor([3]), num_beams=3, max_new_tokens=8)
    length = alone[0].shape[1]
    assert torch.equal(beside[0][1][:length], alone[0][0])
    assert (beside[1][1] - alone[1][0]).abs() < 1e-5


def test_a_score_is_the_mean_log_probability_of_the_written_tokens(translator, tiny_tokenizer):
    set_seed(6)
    features, lengths = 5 * torch.randn(12, 12), torch.tensor([5, 7])
    forced = translator.language_model.generation_config.forced_eos_token_id
    for beams in (1, 3):
        tokens, scores = translator.generate(features, lengths, num_beams=beams, max_new_tokens=9)
        assert tokens[:, 0].tolist() == [translator.start_token] * 2
        with torch.no_grad():
            found = translator(lengths, tokens[:, :-1], features=features).logits
        each = found.log_softmax(-1).gather(2, tokens[:, 1:, None])[..., 0]
        if forced is not None:
            each[:, 8:] = 0
        written = tokens[:, 1:].ne(tiny_tokenizer.pad_token_id)
        assert torch.allclose(scores, (each * written).sum(1) / written.sum(1), atol=1e-5)


def test_positions_end_where_the_model_has_some(translator):
    features, lengths = torch.zeros(33, 12), torch.tensor([33])
    if translator.positions is None:
        assert translator.encode(features, lengths)[0].last_hidden_state.shape == (1, 33, 16)
    else:
        with pytest.raises(InputError, match="33 sampled frames, the language model takes 32"):
            translator.encode(features, lengths)


def test_a_training_step_moves_all_of_the_language_model(translator):
    translator.freeze_encoder()
    translator.train()
    before = {name: value.clone() for name, value in translator.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in translator.parameters() if p.requires_grad], lr=0.1)
    decoder = torch.tensor([[translator.start_token, 5, 6, 7]])
    output = translator(torch.tensor([6]), decoder, features=torch.randn(6, 12))
    output.logits.square().sum().backward()
    optimizer.step()
    moved = {n for n, v in translator.state_dict().items() if not torch.equal(v, before[n])}
    assert not {name for name in moved if name.startswith("encoder.")}
    own = [n for n, p in translator.named_parameters() if p.requires_grad and p.dim() == 2]
    assert not {n for n in own if n not in moved and "relative_attention" not in n}


BART = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 32,
    "decoder_start_token_id": 2,
}
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}


@pytest.mark.parametrize("own_head", [False, True])
@pytest.mark.parametrize(
    "config",
    [
        BartConfig(vocab_size=50, **BART),
        PegasusConfig(vocab_size=50, **BART),
        T5Config(vocab_size=50, **T5, decoder_start_token_id=0),
        # Version 1.1, which does not scale what goes into its head.
        T5Config(vocab_size=50, **T5, decoder_start_token_id=0, tie_word_embeddings=False),
    ],
    ids=["bart", "pegasus", "t5", "t5 v1.1"],
)
def test_any_encoder_decoder_that_takes_embeddings_serves(
    config, own_head, tiny_translator, tmp_path
):
    tokens, before = torch.randint(3, 50, (2, 6)), torch.randint(3, 50, (2, 4))

    def say(model):
        with torch.no_grad():
            return model.eval()(input_ids=tokens, decoder_input_ids=before).logits

    set_seed(1)
    model = make_language_model(config, own_head)
    expected = say(model)
    model.save_pretrained(tmp_path / "llm")
    loaded = load_language_model(tmp_path / "llm")
    assert torch.equal(say(loaded), expected)
    values = tiny_translator().config.to_dict()
    values |= {"language_model": loaded.config, "light": False, "own_head": has_own_head(loaded)}
    translator = SignTranslator(SignTranslatorConfig(**values))
    translator.language_model.load_state_dict(loaded.state_dict())
    translator.save_pretrained(tmp_path / "translator")
    again = load_translator(tmp_path / "translator")
    assert torch.equal(say(again.language_model), expected)
    assert has_own_head(again.language_model) == own_head
    sequences, _ = again.generate(
        torch.randn(9, 12), torch.tensor([4, 5]), num_beams=2, max_new_tokens=5
    )
    assert sequences.shape[0] == 2
