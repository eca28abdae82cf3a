"""Sign2GPT's spatial backbone and the vision transformer in it."""

import copy

import numpy as np
import pytest
import torch
from tiny_sign2gpt import SIDE, random_frames, vision
from transformers import Dinov2Config, Dinov2Model, ResNetConfig, set_seed

from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt import spatial_backbone
from sign2text.methods.sign2gpt.spatial_backbone import SpatialBackbone, last_blocks
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.vision_transformer import VisionTransformer
from sign2text.planning.published_sizes import frame_encoder_config
from sign2text.stages import pretrain_frame_encoder

RESNET = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")


def encoder() -> FrameEncoder:
    set_seed(0)
    return FrameEncoder(FrameEncoderConfig(dinov2=vision())).eval()


def backbone(**changes) -> SpatialBackbone:
    set_seed(1)
    return SpatialBackbone(encoder(), **({"width": 16, "lora_blocks": [1]} | changes)).eval()


def test_the_published_size_has_the_papers_parameters():
    settings = pretrain_frame_encoder.Config(
        architecture="dinov2", published="facebook/dinov2-small"
    )
    with torch.device("meta"):
        model = SpatialBackbone(FrameEncoder(frame_encoder_config(settings)))
    trained = [each.numel() for each in model.parameters() if each.requires_grad]
    assert sum(trained) == 271_872
    assert sum(each.numel() for each in model.parameters()) == 22_328_448
    block = sum(each.numel() for each in model.adapters["9"].parameters())
    assert (block, sorted(model.adapters)) == (24_576, ["10", "11", "9"])
    assert sum(each.numel() for each in model.adapters["9"].qkv.parameters()) == 6_144


def test_without_interpolation_it_is_the_librarys_model():
    set_seed(0)
    config = Dinov2Config(**(vision().to_dict() | {"image_size": SIDE}))
    published = Dinov2Model(config).eval()
    ours = VisionTransformer(config).eval()
    ours.load_state_dict(published.state_dict())
    images = torch.randn(3, 3, SIDE, SIDE)
    with torch.no_grad():
        found = ours.class_tokens(ours.transform(ours.embed(images), range(2)))
        assert torch.allclose(found, published(images).pooler_output, atol=1e-6)


def cubic(distance: np.ndarray) -> np.ndarray:
    """Compute Keys' cubic kernel with a = -0.75."""
    d, a = np.abs(distance), -0.75
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def resampling(places: int, factor: float, count: int) -> np.ndarray:
    """Return the matrix [count, places] that reads `places` values at (n + 0.5) / factor - 0.5."""
    matrix = np.zeros((count, places))
    for row in range(count):
        at = (row + 0.5) / factor - 0.5
        for place in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
            matrix[row, min(max(place, 0), places - 1)] += cubic(np.array(at - place))
    return matrix


def test_positions_are_interpolated_by_a_factor_with_an_offset():
    config = Dinov2Config(
        image_size=518, patch_size=14, hidden_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    set_seed(0)
    embeddings = VisionTransformer(config).embeddings
    with torch.no_grad():
        embeddings.position_embeddings.normal_()
        found = embeddings.interpolate_pos_encoding(torch.zeros(1, 257, 8), 224, 224)
    matrix = resampling(37, 16.1 / 37, 16)
    given = embeddings.position_embeddings.detach().double().numpy()[0]
    grid = np.einsum("ai,bj,ijc->abc", matrix, matrix, given[1:].reshape(37, 37, 8))
    assert found.shape == (1, 257, 8)
    assert np.allclose(found[0, 1:].numpy(), grid.reshape(256, 8), atol=1e-5)
    assert np.array_equal(found[0, 0].numpy(), given[0].astype(np.float32))
    by_size = resampling(37, 16 / 37, 16)
    assert np.abs(np.einsum("ai,bj,ijc->abc", by_size, by_size, given[1:].reshape(37, 37, 8)) - grid
                  ).max() > 0.05  # fmt: skip


def test_increments_start_at_zero_and_then_change_what_comes_out():
    frames, model = random_frames(3), backbone()
    with torch.no_grad():
        before = model.encode(frames)
        assert torch.allclose(before, model.frame_encoder(frames), atol=1e-6)
        for part in ("qkv", "projection", "fc1", "fc2"):
            changed = copy.deepcopy(model)
            changed.adapters["1"].get_submodule(part).b.weight.normal_()
            assert (changed.encode(frames) - before).abs().max() > 1e-3, part


def test_an_increment_is_the_same_as_other_weights():
    """Queries, keys and values have weights W + alpha / rank * B A, with one A."""
    frames, model = random_frames(3), backbone(alpha=8.0)
    adapter, factor = model.adapters["1"], 8.0 / 4
    with torch.no_grad():
        for lora in adapter.children():
            lora.b.weight.normal_(std=0.3)
        found = model.encode(frames)
        changed = copy.deepcopy(model.frame_encoder)
        attention = changed.dinov2.blocks[1].attention
        rows = (adapter.qkv.b.weight @ adapter.qkv.a.weight).chunk(3)
        for number, name in enumerate(("q_proj", "k_proj", "v_proj")):
            attention.get_submodule(name).weight += factor * rows[number]
        attention.o_proj.weight += (
            factor * adapter.projection.b.weight @ adapter.projection.a.weight
        )
        for name in ("fc1", "fc2"):
            lora = adapter.get_submodule(name)
            linear = changed.dinov2.blocks[1].mlp.get_submodule(name)
            linear.weight += factor * lora.b.weight @ lora.a.weight
        assert torch.allclose(found, changed(frames), atol=1e-5)


def test_only_increments_and_what_follows_are_trained():
    model = backbone().train()
    assert not model.frame_encoder.training and model.normalization.training
    frames = random_frames(4)
    model(frames).square().sum().backward()
    got = {name.split(".")[0] for name, each in model.named_parameters() if each.grad is not None}
    assert got == {"adapters", "projection", "normalization"}
    whole = backbone(trained=True).train()
    whole(frames).square().sum().backward()
    first = whole.frame_encoder.dinov2.embeddings.patch_embeddings.projection.weight
    assert whole.frame_encoder.training and first.grad.abs().sum() > 0


@pytest.mark.parametrize("trained", [False, True])
def test_checkpointing_changes_no_gradient(trained):
    frames, found = random_frames(4), []
    for checkpointing in (False, True):
        model = backbone(trained=trained, dropout=0.0).train()
        model.frame_encoder.checkpointing = checkpointing
        model.adapters["1"].fc1.b.weight.data.fill_(0.1)
        model(frames).pow(3).sum().backward()
        found.append([each.grad for each in model.parameters() if each.grad is not None])
    for plain, again in zip(*found, strict=True):
        assert torch.allclose(plain, again, atol=1e-6)


def test_many_frames_are_computed_in_parts(monkeypatch):
    frames, model = random_frames(5), backbone()
    with torch.no_grad():
        whole = model(frames)
        monkeypatch.setattr(spatial_backbone, "FRAMES_AT_ONCE", 2)
        assert torch.allclose(model(frames), whole, atol=1e-6)


def test_a_resnet_serves_without_increments():
    set_seed(0)
    resnet = FrameEncoder(FrameEncoderConfig(resnet=RESNET))
    model = SpatialBackbone(resnet, width=16, lora_blocks=[]).train()
    model(random_frames(4)).square().sum().backward()
    assert resnet.resnet.embedder.embedder.convolution.weight.grad is None
    assert not resnet.training and model.projection.weight.grad.abs().sum() > 0
    with pytest.raises(InputError, match=r"found 9, 10, 11, but .* no such blocks: it is a ResNet"):
        SpatialBackbone(resnet)


def test_blocks_that_the_encoder_lacks_are_refused():
    with pytest.raises(InputError, match=r"lora_blocks: found 2, 7, but .* has blocks 0 to 1\."):
        SpatialBackbone(encoder(), lora_blocks=[1, 2, 7])


def test_a_batch_of_one_frame_is_refused():
    with pytest.raises(InputError, match="has a single sampled frame; at least two"):
        backbone().train()(random_frames(1))


def test_edges_that_fill_no_patch_are_cut_off():
    model, frames = backbone(), torch.randint(0, 256, (2, 32, 31, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(model(frames), model(frames[:, 2:30, 1:29]))


def test_the_last_three_blocks_have_increments():
    assert last_blocks(FrameEncoder(FrameEncoderConfig(resnet=RESNET))) == []
    assert last_blocks(encoder()) == [0, 1]
    published = Dinov2Config(hidden_size=8, num_hidden_layers=12, num_attention_heads=1)
    with torch.device("meta"):
        assert last_blocks(FrameEncoder(FrameEncoderConfig(dinov2=published))) == [9, 10, 11]
