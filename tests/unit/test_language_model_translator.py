"""A translator around a language model of either architecture."""

import pytest
import torch
from language_models import SIZES, TYPES
from transformers import BartConfig, PegasusConfig, T5Config, set_seed

from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.translator import (
    LLMTranslator,
    SignTranslatorConfig,
)
from sign2text.models.language_model import has_own_head, load_language_model, make_language_model
from sign2text.models.small_language_models import mbart_config, mt5_config
from sign2text.models.translator import load_translator


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
    return LLMTranslator(SignTranslatorConfig(**values)).eval()


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
    translator = LLMTranslator(SignTranslatorConfig(**values))
    translator.language_model.load_state_dict(loaded.state_dict())
    translator.save_pretrained(tmp_path / "translator")
    again = load_translator(tmp_path / "translator")
    assert torch.equal(say(again.language_model), expected)
    assert has_own_head(again.language_model) == own_head
    sequences, _ = again.generate(
        torch.randn(9, 12), torch.tensor([4, 5]), num_beams=2, max_new_tokens=5
    )
    assert sequences.shape[0] == 2
