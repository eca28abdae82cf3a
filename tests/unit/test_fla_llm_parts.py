"""Parts of FLa-LLM's model and training, compared with the paper."""

import math
import sys
from pathlib import Path

import pytest
import torch
from transformers import ResNetConfig, set_seed

from sign2text.data.clips import FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameFormat
from sign2text.methods.fla_llm import light_translator, llm_translator
from sign2text.methods.fla_llm.stages import finetune_llm, visual_init
from sign2text.models.adapter import Adapter
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.frame_encoder_sources import small_encoder
from sign2text.models.temporal import TemporalModule
from sign2text.stages import pretrain_frame_encoder
from sign2text.training.trainer import TaskTrainer, train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Tiny, tiny_task


def test_a_resnet18_gives_512_values_a_frame():
    """The stage's sizes are a ResNet18's; the published weights have the same configuration."""
    config = small_encoder(pretrain_frame_encoder.Config())
    with torch.device("meta"):
        encoder = FrameEncoder(config).eval()
        features = encoder(torch.zeros(5, 224, 224, 3, dtype=torch.uint8))
    assert features.shape == (5, 512)
    # ImageNet's ResNet18 has 11,689,512 parameters, of which 513,000 are in the class layer.
    assert sum(each.numel() for each in encoder.parameters()) == 11_689_512 - 513_000


def test_a_picture_is_normalised_as_imagenets_are(tiny_translator):
    encoder, seen = tiny_translator().encoder.frames.eval(), []
    encoder.resnet.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    frame = torch.tensor([255, 0, 51], dtype=torch.uint8).expand(1, 32, 32, 3)
    with torch.no_grad():
        encoder(frame)
    (images,) = seen
    assert images.shape == (1, 3, 32, 32)
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]
    for channel, value in zip(images[0], expected, strict=True):
        assert torch.allclose(channel, torch.tensor(value), atol=1e-5)


def test_the_temporal_module_is_one_convolution_a_batch_norm_and_a_relu():
    """Five steps give five steps, each computed from three."""
    set_seed(0)
    module, steps = TemporalModule(4).eval(), torch.randn(5, 4)
    scale, shift, mean, variance = torch.rand(4, 4) + 0.5
    with torch.no_grad():
        module.normalization.weight.copy_(scale)
        module.normalization.bias.copy_(shift - 1)
    module.normalization.running_mean.copy_(mean)
    module.normalization.running_var.copy_(variance)
    weights = dict(module.named_parameters())
    assert weights["convolution.weight"].shape == (4, 4, 3)
    assert sum(weight.numel() for weight in weights.values()) == 4 * 4 * 3 + 4 + 2 * 4
    padded = torch.cat([torch.zeros(1, 4), steps, torch.zeros(1, 4)])
    mixed = sum(padded[k : k + 5] @ weights["convolution.weight"][..., k].T for k in range(3))
    mixed = mixed + weights["convolution.bias"]
    expected = ((mixed - mean) / (variance + 1e-5).sqrt() * scale + shift - 1).clamp(min=0)
    assert torch.allclose(module(steps, torch.tensor([5])), expected, atol=1e-5)
    assert expected.eq(0).any() and expected.gt(0).any()


def test_adapters_have_one_hidden_layer():
    set_seed(0)
    adapter, features = Adapter(5, 7), torch.randn(3, 5)
    names = {name: tuple(value.shape) for name, value in adapter.named_parameters()}
    assert names == {
        "hidden.weight": (7, 5),
        "hidden.bias": (7,),
        "output.weight": (7, 7),
        "output.bias": (7,),
    }
    hidden = (features @ adapter.hidden.weight.T + adapter.hidden.bias).clamp(min=0)
    expected = hidden @ adapter.output.weight.T + adapter.output.bias
    assert torch.allclose(adapter(features), expected, atol=1e-6)


def test_the_temporal_module_and_adapters_start_as_torch_draws_them(tiny_tokenizer):
    resnet = ResNetConfig(embedding_size=8, hidden_sizes=[64], depths=[1], layer_type="basic")
    light_t = visual_init.LightT(layers=1, heads=4, width=48, feed_forward=96, positions=32)
    set_seed(1)
    model = light_translator.make_translator(
        visual_init.Config(light_t=light_t),
        FrameEncoder(FrameEncoderConfig(resnet=resnet)),
        tiny_tokenizer,
        FrameFormat((256, 256), 90),
    )
    for layer, inputs in (
        (model.encoder.temporal.convolution, 3 * 64),
        (model.adapter.hidden, 64),
        (model.adapter.output, 48),
    ):
        # torch draws uniformly between the two bounds, for linear layers and convolutions.
        bound = inputs**-0.5
        assert 0.95 * bound < layer.weight.abs().max().item() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)


def test_light_t_starts_as_the_settings_say(tiny_translator, tiny_tokenizer):
    light_t = visual_init.LightT(layers=2, heads=4, width=64, feed_forward=96, positions=32)
    frames = tiny_translator().encoder.frames
    set_seed(1)
    model = light_translator.make_translator(
        visual_init.Config(light_t=light_t), frames, tiny_tokenizer, FrameFormat((256, 256), 90)
    ).language_model
    for name, value in model.named_parameters():
        if value.dim() == 2:
            assert value.std().item() == pytest.approx(64**-0.5, rel=0.1), name
    embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    assert embedding.shape == head.shape == (len(tiny_tokenizer), 64)
    assert not torch.equal(embedding, head)
    for layers in (model.model.encoder.layers, model.model.decoder.layers):
        assert [(each.dropout, each.self_attn.dropout) for each in layers] == [(0.1, 0.1)] * 2


def test_features_take_the_place_of_word_embeddings(tiny_translator):
    """The encoder gives the same output for embedded words as for the words: nothing is scaled."""
    model = tiny_translator(seed=1, light=False).eval()
    words = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 1]])
    language_model = model.language_model
    embedded = language_model.get_input_embeddings()(words)
    assert language_model.config.scale_embedding, "embeddings come multiplied by sqrt(width)"
    model.adapter = torch.nn.Identity()
    with torch.no_grad():
        expected = language_model.get_encoder()(
            input_ids=words, attention_mask=words.ne(1).long()
        ).last_hidden_state
        features = torch.cat([embedded[0], embedded[1, :3]])
        found, mask = model.encode(features, torch.tensor([4, 3]))
    assert mask.tolist() == words.ne(1).tolist()
    assert torch.allclose(found.last_hidden_state[mask], expected[mask], atol=1e-5)


def test_fine_tuning_starts_with_the_encoder_the_language_model_and_a_fresh_adapter(
    tiny_translator,
):
    visual = tiny_translator(seed=3)  # not fine-tuning's seed, which would draw the same again
    llm = tiny_translator(seed=2, light=False).language_model
    model = llm_translator.make_translator(finetune_llm.Config(), visual, llm, "sign_wise")
    for ours, theirs in ((model.encoder, visual.encoder), (model.language_model, llm)):
        found, expected = ours.state_dict(), theirs.state_dict()
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], value) for name, value in expected.items())
    light_t = dict(visual.language_model.named_parameters())
    for name, value in model.language_model.named_parameters():
        assert value.dim() < 2 or not torch.equal(value, light_t[name]), name
    assert not torch.equal(model.adapter.hidden.weight, visual.adapter.hidden.weight)
    assert model.adapter.output.out_features == llm.config.d_model
    again = llm_translator.make_translator(finetune_llm.Config(), visual, llm, "sign_wise")
    other = llm_translator.make_translator(finetune_llm.Config(seed=2), visual, llm, "sign_wise")
    weight = model.adapter.hidden.weight
    assert torch.equal(again.adapter.hidden.weight, weight)
    assert not torch.equal(other.adapter.hidden.weight, weight)


def test_each_epoch_reads_another_of_the_stored_views(tmp_path):
    lengths = {"a": 2, "b": 3, "c": 1, "d": 2, "e": 4, "f": 1}
    views = [torch.full((sum(lengths.values()), 2), float(view)) for view in range(3)]
    path = tmp_path / "train.safetensors"
    write_features(path, list(lengths), list(lengths.values()), views, feature="sign_wise")
    store = FeatureStore(path)

    def read(seed, clip, epoch):
        clips = FeatureClips(store, list(lengths), None, seed=seed)
        (value,) = clips[clip, epoch]["steps"].unique().tolist()
        return value

    starts = set()
    for clip in range(len(lengths)):
        seen = [read(1, clip, epoch) for epoch in range(6)]
        assert sorted(seen[:3]) == [0, 1, 2], "each view once before one comes again"
        assert seen[3:] == seen[:3]
        starts.add(seen[0])
        assert [read(None, clip, epoch) for epoch in range(3)] == [0, 0, 0]
    assert len(starts) > 1, "not all clips start with the same view"


def trainer_of(state, optimizer):
    model = Tiny()
    groups = [
        {"params": list(model.steps.parameters()), "lr": 0.3},
        {"params": list(model.head.parameters()), "lr": 0.2},
    ]
    return TaskTrainer(tiny_task(model, groups=groups, optimizer=optimizer, warmup=0.0), state)


def test_optimisers_are_those_of_the_paper(tmp_path):
    """SGD with momentum 0.9; Adam, step by step, without weight decay."""
    sgd = trainer_of(tmp_path, "sgd").create_optimizer()
    assert type(sgd) is torch.optim.SGD
    for group in sgd.param_groups:
        assert (group["momentum"], group["weight_decay"], group["nesterov"]) == (0.9, 0, False)
    trainer = trainer_of(tmp_path, "adamw")
    ours = trainer.create_optimizer()
    assert [group["lr"] for group in ours.param_groups] == [0.3, 0.2]
    model = trainer.model
    weights = [model.steps.weight, model.head.weight]
    copies = [weight.detach().clone().requires_grad_() for weight in weights]
    adam = torch.optim.Adam([{"params": copies[:1], "lr": 0.3}, {"params": copies[1:], "lr": 0.2}])
    for step in range(3):
        for weight, copy in zip(weights, copies, strict=True):
            weight.grad = (weight.detach() - step).sin()
            copy.grad = weight.grad.clone()
        ours.step()
        adam.step()
    for weight, copy in zip(weights, copies, strict=True):
        assert torch.allclose(weight, copy, atol=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_the_rate_follows_a_cosine_down_to_zero(tmp_path, optimizer):
    set_seed(1)
    task = tiny_task(Tiny(), optimizer=optimizer, warmup=0.0, max_grad_norm=0.0)
    rows = train(task, tmp_path)
    # 23 clips in batches of 4 on average, three epochs.
    steps = 6 * 3
    rates = {row["step"]: row["learning_rate"] for row in rows if "learning_rate" in row}
    assert set(rates) == set(range(1, steps + 1))
    for step, rate in rates.items():
        expected = 0.005 * (1 + math.cos(math.pi * (step - 1) / steps))
        assert rate == pytest.approx(expected, abs=1e-7), step
