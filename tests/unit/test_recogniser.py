"""The recogniser and the classifier that its S3D is pretrained with."""

import json
from types import SimpleNamespace

import pytest
import torch
from pretended_device import pretending
from tiny_classes import write_classes
from torch import nn

from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_format import FrameFormat
from sign2text.data.stretching import Stretching
from sign2text.ground.errors import InputError
from sign2text.losses.ctc import CTC
from sign2text.methods.mmtlb.action_classifier import (
    ActionClassifier,
    ActionClassifierConfig,
    load_classifier,
    load_pretrained_s3d,
)
from sign2text.methods.mmtlb.recogniser import Recogniser, RecogniserConfig, build_recogniser
from sign2text.methods.mmtlb.s3d import S3D
from sign2text.text.gloss_vocabulary import GlossVocabulary
from sign2text.training.settings import Training

WIDTH = 1 / 16
LENGTHS = torch.tensor([9, 4])
FRAMES = torch.randint(0, 256, (13, 32, 32, 3), dtype=torch.uint8)


def settings(**changes):
    values = {
        "blocks": 4, "width": WIDTH, "norm_momentum": 0.01, "head_width": 8, "dropout": 0.1,
        "freeze_block1": True,
        "crop_height": 28, "crop_width": 24, "augmentation": Augmentation(hue=0.1),
        "stretching": Stretching(), "training": Training(), "seed": 1,
    }  # fmt: skip
    return SimpleNamespace(**(values | changes))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("classes"), {"train": 1})


@pytest.fixture
def classifier(tmp_path):
    """A classifier's folder, as pretrain_s3d writes it."""
    torch.manual_seed(3)
    model = ActionClassifier(ActionClassifierConfig(width=WIDTH, classes=["up", "down"]))
    model.train()(FRAMES, LENGTHS)
    model.save_pretrained(tmp_path / "classifier")
    return tmp_path / "classifier"


def test_logits_are_those_of_s3d_and_head():
    model = Recogniser(RecogniserConfig(width=WIDTH, head_width=8, glosses=["A", "B"])).eval()
    found = model(FRAMES, LENGTHS)
    assert found.gloss_lengths.tolist() == model.steps(LENGTHS).tolist() == [3, 1]
    assert found.gloss_logits.shape == (2, 3, 3)
    features, steps = model.s3d(FRAMES, LENGTHS)
    expected = model.head(features, steps)
    assert torch.equal(model.extract("s3d", LENGTHS, FRAMES), features)
    assert torch.equal(found.representations, expected.representations)
    assert torch.equal(found.gloss_logits[0], expected.logits[:3])
    assert torch.equal(found.gloss_logits[1], torch.cat([expected.logits[3:], torch.zeros(2, 3)]))


def test_a_recogniser_is_built_for_the_stored_frames(corpus, classifier):
    glosses = GlossVocabulary(["A", "B"])
    model = build_recogniser(classifier, corpus / "train.tar", glosses, settings())
    pretrained = load_classifier(classifier).s3d
    for (name, found), expected in zip(
        model.s3d.state_dict().items(), pretrained.state_dict().values(), strict=True
    ):
        assert torch.equal(found, expected), name
    assert not any(p.requires_grad for p in model.s3d.base[0].parameters())
    config = model.config
    assert (config.glosses, config.crop_size) == (["A", "B"], [28, 24])
    assert config.frame_format == FrameFormat((32, 32), 95)
    assert config.augmentation["hue"] == 0.1
    assert {each.momentum for each in model.modules() if isinstance(each, nn.BatchNorm2d)} == {0.01}
    assert sorted(model.parts()) == ["head", "visual"]


def test_weights_are_drawn_by_the_seed(corpus):
    glosses = GlossVocabulary(["A"])
    one, same, other = (
        build_recogniser(None, corpus / "train.tar", glosses, settings(seed=seed))
        for seed in (1, 1, 2)
    )
    for (name, first), second, third in zip(
        one.named_parameters(), same.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(first, second), name
        assert first.dim() < 2 or not torch.equal(first, third), name


def test_training_reaches_every_weight_but_those_of_block_1(corpus):
    model = build_recogniser(None, corpus / "train.tar", GlossVocabulary(["A", "B"]), settings())
    labels = {"gloss_labels": torch.tensor([[2, 1], [1, -100]])}
    CTC().sum(model.train()(FRAMES, LENGTHS), labels).backward()
    without = {name for name, each in model.named_parameters() if each.grad is None}
    assert without == {f"s3d.base.0.{name}" for name, _ in model.s3d.base[0].named_parameters()}


@pytest.mark.parametrize(("blocks", "width"), [(5, WIDTH), (4, 1 / 8)])
def test_an_s3d_of_another_form_is_refused(classifier, blocks, width):
    with pytest.raises(InputError, match=r"4 blocks and width 0\.0625 found, expected"):
        load_pretrained_s3d(classifier, S3D(blocks=blocks, width=width), width)


def test_weights_that_do_not_fit_are_refused(classifier):
    config = json.loads((classifier / "config.json").read_text())
    (classifier / "config.json").write_text(json.dumps(config | {"classes": ["a", "b", "c"]}))
    with pytest.raises(InputError, match=r"do not fit config\.json; run pretrain_s3d again"):
        load_classifier(classifier)
    (classifier / "model.safetensors").unlink()
    with pytest.raises(InputError, match="Run the rule pretrain_s3d"):
        load_classifier(classifier)


def test_the_classifier_names_a_clip_by_the_mean_of_its_steps():
    config = ActionClassifierConfig(width=WIDTH, classes=["up", "down"])
    model = ActionClassifier(config).eval()
    features, _ = model.s3d(FRAMES, LENGTHS)
    expected = model.classifier(torch.stack([features[:3].mean(0), features[3]]))
    assert torch.allclose(model(FRAMES, LENGTHS).logits, expected, atol=1e-6)


@pytest.mark.parametrize("values", [{"blocks": 3}, {"width": 0}, {"classes": ["a", "a"]}])
def test_a_configuration_that_describes_no_model_is_refused(values):
    with pytest.raises(ValueError, match=r"expected|twice"):
        ActionClassifierConfig(**values)


def test_both_models_train_on_one_device():
    recogniser = Recogniser(RecogniserConfig(width=WIDTH, head_width=8, glosses=["A"]))
    classifier = ActionClassifier(ActionClassifierConfig(width=WIDTH, classes=["up", "down"]))
    for model, value in (
        (recogniser.train(), lambda outputs: outputs.gloss_logits),
        (classifier.train(), lambda outputs: outputs.logits),
    ):
        with pretending(model, FRAMES, LENGTHS):
            value(model(FRAMES, LENGTHS)).square().sum().backward()
            model.eval()(FRAMES, LENGTHS)
