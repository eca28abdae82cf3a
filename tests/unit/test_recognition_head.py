import pytest
import torch
from torch import nn
from torch.nn import functional

from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.recognition_head import RecognitionHead
from sign2text.models.sinusoids import sinusoids


def head(**settings) -> RecognitionHead:
    torch.manual_seed(0)
    found = RecognitionHead(6, 5, width=8, **settings)
    nn.init.normal_(found.normalization.running_mean)
    return found.eval()


def given(*steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    features = torch.randn(sum(steps), 6, generator=torch.Generator().manual_seed(1))
    return features, torch.tensor(steps)


@pytest.mark.parametrize(
    ("classes", "expected"), [(1094, 7_284_806), (2004, 7_751_636), (1086, 7_280_702)]
)
def test_parameters_are_as_many_as_published(classes, expected):
    found = RecognitionHead(832, classes)
    assert sum(p.numel() for p in found.parameters()) == expected


def test_positions_are_sines_and_cosines():
    found = sinusoids(torch.tensor([0, 3]), 4)
    expected = torch.tensor([[0, 1, 0, 1], [3, 3, 0.03, 0.03]])
    expected[1] = torch.stack([expected[1, 0::2].sin(), expected[1, 1::2].cos()], 1).flatten()
    assert torch.allclose(found, expected, atol=1e-7)


def test_a_clip_is_what_its_layers_make_of_it():
    net = head()
    features, steps = given(7)
    with torch.no_grad():
        found = net(features, steps)
        x = torch.relu(net.normalization(net.projection(features)))
        x = x + sinusoids(torch.arange(7), 8)
        y = torch.relu(net.widening(net.before(x).T[None]))
        x = net.after(x + net.narrowing(y)[0].T)
        logits = functional.linear(x, net.classifier.weight, net.classifier.bias)
    assert torch.allclose(found.representations, x, atol=1e-6)
    assert torch.allclose(found.logits, logits, atol=1e-6)


def test_clips_do_not_leak_into_each_other():
    net = head()
    features, steps = given(7, 1, 4)
    together = net(features, steps)
    alone = [net(each, torch.tensor([len(each)])) for each in features.split([7, 1, 4])]
    for place in (0, 1):
        expected = torch.cat([each[place] for each in alone])
        assert torch.allclose(together[place], expected, atol=1e-6)
    features.requires_grad_()
    net(features, steps).logits[7].sum().backward()
    assert features.grad.abs().sum(1).nonzero().flatten().tolist() == [7]


def test_training_normalises_over_real_steps_only():
    net = head(dropout=0.0).train()
    features, steps = given(5, 2)
    before = net.normalization.running_mean.clone()
    net(features, steps)
    expected = before.lerp(net.projection(features).mean(0), 0.1)
    assert torch.allclose(net.normalization.running_mean, expected, atol=1e-6)


def test_dropout_is_applied_in_training_alone():
    net = head(dropout=0.5)
    features, steps = given(5, 2)
    assert torch.equal(net(features, steps).logits, net(features, steps).logits)
    net.train()
    assert not torch.equal(net(features, steps).logits, net(features, steps).logits)


def test_a_single_step_is_refused_in_training():
    with pytest.raises(InputError, match="a single step"):
        head().train()(*given(1))


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="an even number"):
        RecognitionHead(6, 5, width=7)
