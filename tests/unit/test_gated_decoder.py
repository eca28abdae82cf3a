"""The gated decoder: size, gates, gradients, and decoding with and without a cache."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, XGLMConfig, XGLMForCausalLM, set_seed

from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.gated_attention import Clamped
from sign2text.methods.sign2gpt.gated_decoder import GatedXGLM
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.models.generation import search_sequences
from sign2text.models.language_model import decoding_tokens
from sign2text.planning.published_sizes import LANGUAGE_MODELS

SIGNS = 12


def base_model(**sizes):
    set_seed(3)
    config = XGLMConfig(
        **{
            "vocab_size": 40, "d_model": 16, "num_layers": 3, "attention_heads": 4,
            "ffn_dim": 32, "max_position_embeddings": 64, "init_std": 0.25,
        }
        | sizes
    )  # fmt: skip
    model = XGLMForCausalLM(config).eval()
    model.generation_config = decoding_tokens(config)
    return model


def gated(gates=None, **settings):
    """Return a gated decoder and the model that it was made from."""
    model, base = base_model(), base_model()
    model = GatedXGLM.from_base(model, GatedDecoderConfig(**settings), SIGNS).eval()
    if gates is not None:
        for layer in model.model.layers:
            torch.nn.init.constant_(layer.self_attn.gate, gates)
    return model, base


def clips(*lengths):
    """Return sign features [B, N, C] and their mask."""
    generator = torch.Generator().manual_seed(5)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    return torch.randn(*mask.shape, SIGNS, generator=generator) * 4, mask


WORDS = torch.tensor([[2, 7, 9, 4, 30], [2, 11, 8, 39, 5]])


@pytest.mark.parametrize(
    ("name", "trained", "parameters"),
    [
        ("facebook/xglm-1.7B", 3_803_520, 1_736_710_528),
        ("facebook/xglm-564M", 1_901_952, 566_365_568),
    ],
)
def test_published_counts(name, trained, parameters):
    sizes = LANGUAGE_MODELS[name]
    config = XGLMConfig(
        vocab_size=256_008, d_model=sizes["width"], num_layers=sizes["layers"],
        attention_heads=sizes["heads"], ffn_dim=sizes["feed_forward"],
    )  # fmt: skip
    with torch.device("meta"):
        model = GatedXGLM(config, GatedDecoderConfig(), 512)
    assert sum(each.numel() for each in model.parameters()) == parameters
    assert sum(each.numel() for each in model.parameters() if each.requires_grad) == trained


def test_with_gates_at_zero_logits_are_the_librarys_to_the_bit():
    model, base = gated()
    expected = base(WORDS).logits
    for features in (clips(6, 3)[0], torch.full((2, 6, SIGNS), 1e4)):
        found = model(WORDS, sign_features=features, sign_mask=clips(6, 3)[1]).logits
        assert torch.equal(found, expected)
    assert torch.equal(model(WORDS).logits, expected)
    opened, _ = gated(gates=0.5)
    features, mask = clips(6, 3)
    assert not torch.allclose(
        opened(WORDS, sign_features=features, sign_mask=mask).logits, expected
    )


def test_the_sign_path_is_attention_by_hand():
    """Check one layer and one word: gate x softmax(q k) v is added before the output projection."""
    model, _ = gated(gates=0.3, positions="none")
    attention = model.model.layers[0].self_attn
    for lora in (attention.sign_query, attention.sign_key, attention.sign_value):
        torch.nn.init.normal_(lora.b.weight)
    features, mask = clips(4)
    signs = model.read_signs(features, mask)
    words = torch.randn(1, 1, 16)
    found = attention(words, signs=signs)[0] - attention(words)[0]
    seen = model.model.layers[0].self_attn_layer_norm(model.sign_projection.linear(features))
    queries, keys, values = (
        (frozen.frozen(x) + lora.b(lora.a(x))).view(-1, 4, 4)
        for frozen, lora, x in (
            (attention.q_proj, attention.sign_query, words),
            (attention.k_proj, attention.sign_key, seen),
            (attention.v_proj, attention.sign_value, seen),
        )
    )
    heads = []
    for head in range(4):
        weights = (queries[:, head] @ keys[:, head].T / 4**0.5).softmax(-1)
        heads.append(0.3 * weights @ values[:, head])
    expected = torch.cat(heads, 1) @ attention.out_proj.weight.T
    assert torch.allclose(found[0], expected, atol=1e-5)


def test_in_the_first_step_only_gates_and_words_have_a_gradient():
    model, _ = gated()
    model.train()
    features, mask = clips(6, 3)
    features.requires_grad_()
    model(WORDS, sign_features=features, sign_mask=mask).logits.pow(2).mean().backward()
    assert torch.count_nonzero(features.grad) == 0
    for name, weight in model.named_parameters():
        if name.startswith("sign_projection") or ".sign_" in name:
            assert torch.count_nonzero(weight.grad) == 0, name
        elif name.endswith("gate"):
            assert torch.count_nonzero(weight.grad) == len(weight), name
        elif not name.endswith((".lora.a.weight", ".lora.b.weight")):
            assert weight.grad is None, name
    opened, _ = gated(gates=0.1)
    opened(WORDS, sign_features=features, sign_mask=mask).logits.pow(2).mean().backward()
    assert torch.count_nonzero(features.grad[0]) and torch.count_nonzero(features.grad[1, :3])
    assert torch.count_nonzero(features.grad[1, 3:]) == 0


def test_a_gate_out_of_bounds_is_clamped_and_keeps_its_gradient():
    gate = torch.tensor([-0.5, 0.25, 1.5], requires_grad=True)
    clamped = Clamped.apply(gate)
    assert clamped.tolist() == [0.0, 0.25, 1.0]
    (clamped * torch.tensor([2.0, 3.0, 4.0])).sum().backward()
    assert gate.grad.tolist() == [2.0, 3.0, 4.0]
    features, mask = clips(5, 5)
    for value, same in ((-0.5, 0.0), (1.7, 1.0)):
        model, other = gated(value)[0], gated(same)[0]
        found = model(WORDS, sign_features=features, sign_mask=mask).logits
        assert torch.equal(found, other(WORDS, sign_features=features, sign_mask=mask).logits)
        found.pow(2).mean().backward()
        assert all(torch.count_nonzero(each.self_attn.gate.grad) for each in model.model.layers)
        assert model.gates().unique().tolist() == [same]


def search(model, features, mask, **settings):
    start = torch.full((len(features), 1), 2)
    return search_sequences(
        model, input_ids=start, attention_mask=torch.ones_like(start), sign_features=features,
        sign_mask=mask, num_beams=4, length_penalty=1.0, max_new_tokens=12, **settings,
    )  # fmt: skip


def test_beam_search_is_the_same_without_a_cache_alone_and_in_a_batch(monkeypatch):
    model, _ = gated(gates=0.8)
    features, mask = clips(7, 3, 5)
    tokens, scores = search(model, features, mask)
    assert len({tuple(row) for row in tokens.tolist()}) == 3
    calls = []
    attend = type(model).read_signs
    monkeypatch.setattr(type(model), "read_signs", lambda *given: calls.append(1) or attend(*given))
    for clip, steps in enumerate((7, 3, 5)):
        alone, score = search(model, features[clip, None, :steps], mask[clip, None, :steps])
        length = alone.shape[1]
        assert torch.equal(alone[0], tokens[clip, :length]) and (tokens[clip, length:] == 1).all()
        assert torch.allclose(score[0], scores[clip], atol=1e-5)
    assert len(calls) == 3  # once per clip, for any number of steps and beams
    generate = XGLMForCausalLM.generate
    monkeypatch.setattr(
        XGLMForCausalLM,
        "generate",
        lambda self, *given, use_cache, **more: generate(self, *given, use_cache=False, **more),
    )
    whole, again = search(model, features, mask)
    assert torch.equal(whole, tokens) and torch.allclose(again, scores, atol=1e-5)


def test_positions_of_sign_features():
    features, mask = torch.ones(1, 3, SIGNS), torch.ones(1, 3, dtype=torch.bool)
    for kind, differ in (("none", False), ("learnable_zero", False), ("learnable_random", True),
                         ("sinusoidal", True)):  # fmt: skip
        mapped = gated(positions=kind, most_steps=3)[0].sign_projection(features)[0]
        assert torch.equal(mapped[0], mapped[2]) is not differ, kind
    model, _ = gated(positions="learnable_zero", most_steps=2)
    with pytest.raises(InputError, match=r"a clip of 3 steps found, at most 2 expected"):
        model(WORDS[:1], sign_features=features, sign_mask=mask)
    model, _ = gated()
    plain = model.sign_projection.linear(torch.zeros(SIGNS))
    first = model.sign_projection(torch.zeros(1, 1, SIGNS))[0, 0] - plain
    cosines = torch.tensor([0.0, 1.0] * (SIGNS // 2)) @ model.sign_projection.linear.weight.T
    assert torch.allclose(first, cosines, atol=1e-6)


def test_another_decoder_is_refused():
    other = GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1, vocab_size=9))
    with pytest.raises(
        InputError, match=r"^llm: language model: found model_type 'gpt2', expected"
    ):
        GatedXGLM.from_base(other, GatedDecoderConfig(), SIGNS, "llm: ")


def test_layers_that_are_computed_twice_give_the_same_gradients():
    features, mask = clips(6, 3)
    found = []
    for again in (False, True):
        model, _ = gated(gates=0.5)
        if again:
            model.activation_checkpointing_enable()
        set_seed(1)
        given = {"sign_features": features, "sign_mask": mask, "use_cache": False}
        model.train()(WORDS, **given).logits.pow(2).mean().backward()
        found.append({n: w.grad for n, w in model.named_parameters() if w.grad is not None})
    assert found[0].keys() == found[1].keys() and len(found[0]) == 3 * 15 + 2
    assert all(torch.allclose(found[0][name], found[1][name], atol=1e-7) for name in found[0])
