import pytest
import torch
from transformers import MBartForConditionalGeneration, ResNetConfig, set_seed

from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.translator import LightT, LightTranslator, SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.small_language_models import mbart_config
from sign2text.models.temporal import TemporalModule
from sign2text.models.translator import load_translator


class Words:
    """The part of a tokenizer that a model needs."""

    pad_token_id, bos_token_id, eos_token_id = 1, 0, 2

    def __init__(self, size=40):
        self.size = size

    def __len__(self):
        return self.size

    @property
    def start_token_id(self):
        return self.size - 2


def light_t(tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=32):
    return mbart_config(
        tokenizer,
        layers=layers,
        heads=heads,
        width=width,
        feed_forward=feed_forward,
        positions=positions,
        dropout=0.1,
        attention_dropout=0.1,
    )


@pytest.fixture
def translator():
    set_seed(0)
    config = SignTranslatorConfig(
        frames=FrameEncoderConfig(
            resnet=ResNetConfig(
                embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic"
            )
        ),
        language_model=light_t(Words()),
        frame_size=[36, 36],
        crop_size=[32, 32],
    )
    model = LightTranslator(config)
    # Use running statistics as after some training, so that they matter.
    model.train()
    model.encode_frames(
        torch.randint(0, 255, (12, 32, 32, 3), dtype=torch.uint8), torch.tensor([12])
    )
    return model.eval()


def clips(*lengths):
    generator = torch.Generator().manual_seed(3)
    return [
        torch.randint(0, 255, (n, 32, 32, 3), dtype=torch.uint8, generator=generator)
        for n in lengths
    ]


def test_a_clip_gives_the_same_alone_and_beside_longer_ones(translator):
    short, long, other = clips(3, 9, 6)
    decoder = torch.tensor([[38, 5, 6, 7]])
    with torch.no_grad():
        lengths = torch.tensor([9, 3, 6])
        together = translator.encode_frames(torch.cat([long, short, other]), lengths)
        alone = translator.encode_frames(short, torch.tensor([3]))
        for name in ("frame_wise", "sign_wise"):
            difference = getattr(together, name)[9:12] - getattr(alone, name)
            assert difference.abs().max() < 1e-5
        encoded, mask = translator.encode(together.sign_wise, lengths)
        encoded_alone, _ = translator.encode(alone.sign_wise, torch.tensor([3]))
        assert mask.sum(1).tolist() == [9, 3, 6]
        states = encoded.last_hidden_state[1, :3] - encoded_alone.last_hidden_state[0]
        assert states.abs().max() < 1e-5
        logits = translator(lengths, decoder.expand(3, -1), features=together.sign_wise).logits[1]
        logits_alone = translator(torch.tensor([3]), decoder, frames=short).logits[0]
        assert (logits - logits_alone).abs().max() < 1e-5


def test_from_the_frame_encoders_features_it_is_the_same_as_from_frames(translator):
    (frames,), lengths, decoder = clips(7), torch.tensor([3, 4]), torch.tensor([[38, 5], [38, 6]])
    with torch.no_grad():
        features = translator.encoder.frames(frames)
        made = translator(lengths, decoder, frame_features=features).logits
        expected = translator(lengths, decoder, frames=frames).logits
    assert torch.equal(made, expected)
    with pytest.raises(ValueError, match="give one of"):
        translator(lengths, decoder, frames=frames, frame_features=features)


def test_hidden_states_are_what_light_ts_encoder_gives_its_decoder(translator):
    (frames,), lengths = clips(8), torch.tensor([3, 5])
    assert translator.encode_frames(frames, lengths).hidden_states is None
    translator.add_hidden_states()
    with torch.no_grad():
        found = translator.encode_frames(frames, lengths)
        encoded, mask = translator.encode(found.sign_wise, lengths)
    assert torch.equal(found.hidden_states, encoded.last_hidden_state[mask])
    with pytest.raises(InputError, match="33 sampled frames, Light-T takes 32"):
        translator.encoder.from_frame_wise(torch.zeros(33, 12), torch.tensor([33]))


def test_the_temporal_module_mixes_neighbours_within_a_clip_only():
    set_seed(0)
    module = TemporalModule(4).eval()
    flat = torch.randn(7, 4)
    changed = flat.clone()
    changed[3] += 1  # the first step of the second clip
    lengths = torch.tensor([3, 4])
    moved = (module(changed, lengths) - module(flat, lengths)).abs().amax(1) > 0
    assert moved.tolist()[:3] == [False, False, False]
    assert moved.tolist()[5:] == [False, False]
    assert moved[3] or moved[4]


def test_batch_statistics_see_real_steps_only():
    module = TemporalModule(4).train()
    flat = torch.randn(8, 4)
    module(flat, torch.tensor([1, 7]))
    ragged = module.normalization.running_mean.clone()
    with torch.no_grad():
        first = module.convolution(flat[:1].T[None])[0].T
        rest = module.convolution(flat[1:].T[None])[0].T
    assert torch.allclose(ragged, 0.1 * torch.cat([first, rest]).mean(0), atol=1e-6)


def test_of_a_single_step_there_are_no_batch_statistics():
    module = TemporalModule(4).train()
    with pytest.raises(InputError, match="single sampled frame; at least two"):
        module(torch.randn(1, 4), torch.tensor([1]))
    module.eval()
    assert module(torch.randn(1, 4), torch.tensor([1])).shape == (1, 4)


def test_a_training_step_changes_only_what_is_not_frozen(translator):
    translator.freeze_encoder()
    translator.train()
    before = {name: value.clone() for name, value in translator.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in translator.parameters() if p.requires_grad], lr=0.1)
    (frames,) = clips(6)
    decoder = torch.tensor([[38, 5, 6, 7]])
    translator(torch.tensor([6]), decoder, frames=frames).logits[..., :9].sum().backward()
    optimizer.step()
    moved = {
        name
        for name, value in translator.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert moved
    assert not {name for name in moved if name.startswith("encoder.")}
    assert any(name.startswith("adapter.") for name in moved)
    assert any(name.startswith("language_model.model.encoder.layers.0") for name in moved)


def test_with_the_frame_encoder_frozen_the_temporal_module_learns(translator):
    translator.freeze_frame_encoder()
    translator.train()
    before = {name: value.clone() for name, value in translator.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in translator.parameters() if p.requires_grad], lr=0.1)
    (frames,) = clips(6)
    decoder = torch.tensor([[38, 5, 6, 7]])
    translator(torch.tensor([6]), decoder, frames=frames).logits[..., :9].square().sum().backward()
    optimizer.step()
    moved = [n for n, value in translator.state_dict().items() if not torch.equal(value, before[n])]
    assert not [name for name in moved if name.startswith("encoder.frames.")]
    assert "encoder.temporal.convolution.weight" in moved


def test_unfrozen_the_encoder_learns_too(translator):
    translator.train()
    (frames,) = clips(6)
    decoder = torch.tensor([[38, 5, 6, 7]])
    translator(torch.tensor([6]), decoder, frames=frames).logits[..., :9].square().sum().backward()
    first = translator.encoder.frames.resnet.embedder.embedder.convolution.weight
    assert first.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("sizes", "millions"),
    [
        ((1, 4, 256, 1024), 3.61),
        ((2, 4, 512, 2048), 18.25),
        ((3, 8, 512, 2048), 25.61),
        ((4, 8, 1024, 4096), 124.66),
    ],
)
def test_light_t_has_the_published_number_of_parameters(sizes, millions):
    """Table 7, to the printed digits; the paper's counts have a vocabulary of 2429."""
    layers, heads, width, feed_forward = sizes
    with torch.device("meta"):
        model = LightT(light_t(Words(2429), layers, heads, width, feed_forward, positions=1024))
    assert round(model.num_parameters() / 1e6, 2) == millions


def test_a_saved_model_is_the_same_when_loaded(translator, tmp_path):
    translator.save_pretrained(tmp_path)
    loaded = load_translator(tmp_path)
    saved = translator.state_dict()
    assert saved.keys() == loaded.state_dict().keys()
    assert all(torch.equal(value, saved[name]) for name, value in loaded.state_dict().items())
    assert loaded.config.crop_size == [32, 32]
    (frames,) = clips(5)
    features = translator.encode_frames(frames, torch.tensor([5])).sign_wise
    assert torch.equal(loaded.encode_frames(frames, torch.tensor([5])).sign_wise, features)
    ours = translator.generate(features, torch.tensor([5]), num_beams=3, max_new_tokens=6)
    theirs = loaded.generate(features, torch.tensor([5]), num_beams=3, max_new_tokens=6)
    assert torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])


@pytest.mark.parametrize("wrong", ["missing", "unexpected"])
def test_a_missing_or_left_over_weight_is_an_error(translator, tmp_path, wrong):
    from safetensors.torch import load_file, save_file

    translator.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    if wrong == "missing":
        del weights["adapter.output.weight"]
    else:
        weights["adapter.output.gain"] = torch.ones(1)
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=rf"{wrong} keys.*adapter\.output\.(weight|gain)"):
        load_translator(tmp_path)


def test_a_model_of_another_method_is_refused(tmp_path):
    MBartForConditionalGeneration(light_t(Words())).save_pretrained(tmp_path)
    expected = r"model_type is 'mbart', expected one of .*'sign_translator'"
    with pytest.raises(InputError, match=expected):
        load_translator(tmp_path)


def test_a_clip_longer_than_the_positions_is_refused(translator):
    with pytest.raises(InputError, match="33 sampled frames, the language model takes 32"):
        translator.encode(torch.zeros(33, 12), torch.tensor([33]))


@pytest.mark.parametrize("beams", [1, 2])
def test_a_score_is_the_mean_log_probability_of_the_written_tokens(translator, beams):
    lengths = torch.tensor([5, 3])
    features = translator.encode_frames(torch.cat(clips(5, 3)), lengths).sign_wise
    features[:5] *= 20  # so that the two sentences differ
    # Sentences end at every length.
    translator.language_model.final_logits_bias[0, 2] += 0.8
    sequences, scores = translator.generate(features, lengths, num_beams=beams, max_new_tokens=9)
    with torch.no_grad():
        logits = translator(lengths, sequences[:, :-1], features=features).logits
    tokens = sequences[:, 1:]
    each = logits.log_softmax(-1).gather(2, tokens[..., None])[..., 0]
    each[:, 8:] = 0  # the ending is forced there
    written = tokens.ne(1)
    assert torch.allclose(scores, (each * written).sum(1) / written.sum(1), atol=1e-5)
