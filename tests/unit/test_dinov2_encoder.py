"""The frame encoder with DINOv2's architecture: published, pretrained here, saved and loaded."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_sign2gpt import SIDE, random_frames, vision
from transformers import Dinov2ForImageClassification, Dinov2Model, set_seed

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.losses.coordinate_distance import CoordinateDistance
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.models.frame_encoder_sources import published_encoder, small_encoder
from sign2text.models.landmark_regressor import LandmarkRegressor
from sign2text.planning.published_sizes import frame_encoder_config
from sign2text.stages import fetch_model
from sign2text.stages import pretrain_frame_encoder as stage

SMALL = {"patch": 14, "width": 8, "layers": 2, "heads": 2}


def run_stage(tmp_path, manifest=None, **settings):
    here = dict.fromkeys(("train_frames", "dev_frames", "train_manifest", "dev_manifest"), tmp_path)
    config = read_settings(stage.Config, {"architecture": "dinov2"} | settings)
    stage.run(**here, output=tmp_path / "out", config=config, published=manifest)
    return load_frame_encoder(tmp_path / "out").eval()


@pytest.mark.parametrize("kind", [Dinov2Model, Dinov2ForImageClassification])
def test_published_weights_are_taken_as_they_are(tmp_path, kind):
    set_seed(3)
    published = kind(vision())
    published.save_pretrained(tmp_path / "dinov2")
    manifest = tmp_path / "fetched" / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(tmp_path / "dinov2")))
    encoder = run_stage(tmp_path, manifest, published=str(tmp_path / "dinov2"))
    expected = getattr(published, "dinov2", published).state_dict()
    found = encoder.dinov2.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    frames = random_frames(3)
    pixels = frames.permute(0, 3, 1, 2) / 255
    mean, std = ((torch.tensor(each).view(3, 1, 1)) for each in
                 ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))  # fmt: skip
    model = getattr(published, "dinov2", published).eval()
    model.embeddings.interpolate_pos_encoding = encoder.dinov2.embeddings.interpolate_pos_encoding
    with torch.no_grad():
        expected = model((pixels - mean) / std).pooler_output
        assert torch.allclose(encoder(frames), expected, atol=1e-5)
    assert encoder.config.width == 8


def test_a_small_one_is_made_from_its_settings(tmp_path):
    sizes = {"transformer": SMALL, "start": "random", "crop_height": SIDE, "crop_width": SIDE}
    encoder = run_stage(tmp_path, **sizes)
    assert encoder.config.resnet is None
    assert len(encoder.dinov2.blocks) == 2
    assert encoder.dinov2.embeddings.position_embeddings.shape == (1, 1 + 2 * 2, 8)
    with torch.no_grad():
        assert encoder(random_frames(2)).shape == (2, 8)


def test_it_learns_landmarks_with_and_without_checkpointing():
    frames, gradients = random_frames(4), []
    config = read_settings(
        stage.Config,
        {"architecture": "dinov2", "transformer": SMALL, "start": "random", "crop_height": SIDE,
         "crop_width": SIDE},
    )  # fmt: skip
    for checkpointing in (False, True):
        set_seed(0)
        model = LandmarkRegressor(small_encoder(config)).train()
        model.frames.checkpointing = checkpointing
        outputs = model(frames)
        batch = {"labels": torch.ones_like(outputs.logits)}
        CoordinateDistance().sum(outputs, batch).backward()
        gradients.append(model.frames.dinov2.embeddings.cls_token.grad)
    assert gradients[0].abs().max() > 0
    assert torch.allclose(*gradients, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda weights: weights.pop("layernorm.bias"), "missing keys: ['layernorm.bias']"),
        (
            lambda weights: weights.update({"embeddings.register_tokens": torch.ones(1, 4, 8)}),
            "unexpected keys: ['embeddings.register_tokens']",
        ),
    ],
)
def test_other_weights_are_refused(tmp_path, change, told):
    """For example, weights of DINOv2 with registers."""
    Dinov2Model(vision()).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    change(weights)
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError) as caught:
        published_encoder(tmp_path, "dinov2")
    assert told in str(caught.value)
    assert "Expected a DINOv2 without registers of transformers" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"transformer": {"patch": 28}, "crop_height": 27}, "in which no patch has room"),
        ({"transformer": {"heads": 3}}, "width is 64 and heads 3; heads must divide width"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, told):
    with pytest.raises(InputError, match=told):
        read_settings(stage.Config, {"architecture": "dinov2", "start": "random"} | changes)


def test_a_configuration_of_both_architectures_is_refused():
    with pytest.raises(ValueError, match="expected one of both architectures"):
        FrameEncoderConfig(dinov2=vision(), grid=2)


def test_a_plan_knows_the_sizes(tmp_path):
    published = {"architecture": "dinov2", "published": "facebook/dinov2-small"}
    config = frame_encoder_config(read_settings(stage.Config, published))
    with torch.device("meta"):
        assert FrameEncoder(config).num_parameters() == 22_056_576
    Dinov2Model(vision()).save_pretrained(tmp_path)
    folder = {"architecture": "dinov2", "published": str(tmp_path)}
    assert frame_encoder_config(read_settings(stage.Config, folder)).width == 8
