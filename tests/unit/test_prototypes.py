"""Prototypes of pseudo-glosses: evidence, scores, loss and quality."""

import math
from types import SimpleNamespace

import pytest
import torch
from transformers import set_seed

from sign2text.losses.binary_cross_entropy import BinaryCrossEntropy
from sign2text.methods.sign2gpt.prototypes import PrototypeHead, bounded
from sign2text.methods.sign2gpt.pseudo_gloss_f1 import quality
from sign2text.methods.sign2gpt.pseudo_gloss_targets import LABELS, MultiHot

VECTORS = torch.tensor([[2.0, 0.0], [3.0, 4.0]])
STEPS = torch.tensor([[1.0, 0.0], [0.0, 5.0], [-2.0, 0.0]])
COSINES = [[1.0, 0.6], [0.0, 0.8], [-1.0, -0.6]]
TAU = 0.5


def plain_head(vectors=VECTORS, known=None, **changes) -> PrototypeHead:
    """Make a head whose linear layer is the identity."""
    known = torch.ones(len(vectors), dtype=torch.bool) if known is None else known
    settings = {"width": 2, "temperature": TAU} | changes
    head = PrototypeHead(vectors, known, **settings).eval()
    with torch.no_grad():
        head.projection.weight.copy_(torch.eye(2))
        head.projection.bias.zero_()
    return head


def by_hand() -> list[list[float]]:
    """Compute E of the three steps and two pseudo-glosses."""
    found = []
    for row in COSINES:
        glosses = [math.exp(each / TAU) for each in row]
        found.append([each / (sum(glosses) + 1.0) for each in glosses])  # exp(0): zero prototype
    for gloss in range(2):
        times = [math.exp(row[gloss] / TAU) for row in COSINES]
        for step in range(3):
            found[step][gloss] *= times[step] / sum(times)
    return found


def test_evidence_and_loss_of_a_case_by_hand():
    head = plain_head()
    with torch.no_grad():
        found = head(STEPS, torch.tensor([3]))
    expected = by_hand()
    assert torch.allclose(found.evidence[0], torch.tensor(expected), atol=1e-6)
    scores = [sum(row[gloss] for row in expected) for gloss in range(2)]
    assert found.scores[0].tolist() == pytest.approx(scores, abs=1e-6)
    batch = {"class_labels": torch.tensor([[1.0, 0.0]])}
    loss, outputs = BinaryCrossEntropy(), SimpleNamespace(scores=found.scores)
    mean = loss.sum(outputs, batch) / loss.count(batch)
    by_hand_loss = -(math.log(scores[0]) + math.log(1 - scores[1])) / 2
    assert 10 * mean.item() == pytest.approx(10 * by_hand_loss, abs=1e-6)


def test_shares_of_a_step_sum_to_1_and_no_score_is_above():
    set_seed(0)
    head = PrototypeHead(torch.randn(40, 300), torch.ones(40, dtype=torch.bool), temperature=0.01)
    features, steps = 30 * torch.randn(50, 512), torch.tensor([1, 30, 19])
    with torch.no_grad():
        shares = head.gloss_shares(head.cosines(features))
        found = head.eval()(features, steps)
        # All steps equal the prototype, so its score is the highest possible.
        same = plain_head(temperature=0.01)(VECTORS[1].expand(7, 2), torch.tensor([7]))
    assert shares.shape == (50, 41)
    assert torch.allclose(shares.sum(1), torch.ones(50), atol=1e-6)
    for scores in (found.scores, same.scores):
        assert scores.min() >= 0 and scores.max() <= 1
    assert same.scores[0, 1] > 0.9999
    assert [each.shape for each in found.evidence] == [(1, 40), (30, 40), (19, 40)]


def test_a_clip_scores_the_same_alone_and_in_a_batch():
    set_seed(0)
    head = PrototypeHead(torch.randn(6, 5), torch.ones(6, dtype=torch.bool), width=8).eval()
    features, steps = torch.randn(9, 8), [2, 6, 1]
    with torch.no_grad():
        together = head(features, torch.tensor(steps))
        for clip, part in enumerate(features.split(steps)):
            alone = head(part, torch.tensor([len(part)]))
            assert torch.allclose(alone.evidence[0], together.evidence[clip], atol=1e-5)
            assert torch.allclose(alone.scores[0], together.scores[clip], atol=1e-5)


def test_the_published_head_has_its_parameters():
    head = PrototypeHead(torch.zeros(9, 300), torch.ones(9, dtype=torch.bool))
    assert sum(each.numel() for each in head.parameters()) == 153_900
    assert not head.vectors.requires_grad
    learned = PrototypeHead(torch.zeros(9, 300), head.known, learn_temperatures=True)
    assert sum(each.numel() for each in learned.parameters()) == 153_902


def test_temperatures_are_learned_within_their_bounds():
    head = plain_head(learn_temperatures=True)
    head(STEPS, torch.tensor([3])).scores[0, 0].backward()
    assert head.gloss_temperature.grad != 0 and head.time_temperature.grad != 0
    for value, kept in ((0.001, 0.01), (7.0, 1.0), (0.3, 0.3)):
        temperature = torch.tensor(value, requires_grad=True)
        found = bounded(temperature)
        found.backward()
        assert found.item() == pytest.approx(kept) and temperature.grad == 1


def test_a_pseudo_gloss_without_a_vector_has_no_evidence_and_no_loss():
    vectors = torch.cat([VECTORS, torch.zeros(1, 2)])
    head = plain_head(vectors, torch.tensor([True, True, False]))
    found = head(STEPS.requires_grad_(), torch.tensor([3]))
    assert found.evidence[0][:, 2].abs().max() == 0
    assert torch.allclose(found.evidence[0][:, :2], torch.tensor(by_hand()), atol=1e-6)
    items = [{"steps": torch.zeros(3, 2), "target": [0, 2]}, {"steps": STEPS, "target": []}]
    batch = MultiHot("frame_features", head.known)(items)
    assert batch[LABELS].tolist() == [[1, 0, -100], [0, 0, -100]]
    assert batch["lengths"].tolist() == [3, 3] and batch["frame_features"].shape == (6, 2)
    loss = BinaryCrossEntropy(target=LABELS)
    batch = {LABELS: batch[LABELS][:1]}
    assert loss.count(batch) == 2
    value = loss.sum(found, batch)
    score = found.scores[0].tolist()
    assert value.item() == pytest.approx(-math.log(score[0]) - math.log(1 - score[1]), abs=1e-6)
    value.backward()
    assert torch.isfinite(head.projection.weight.grad).all()


def test_scores_at_the_ends_have_a_finite_loss():
    scores = torch.tensor([[0.0, 1.0]], requires_grad=True)
    batch = {"class_labels": torch.tensor([[1.0, 0.0]])}
    value = BinaryCrossEntropy().sum(SimpleNamespace(scores=scores), batch)
    assert value.item() == pytest.approx(-2 * math.log(1e-8), rel=1e-6)
    value.backward()
    assert torch.isfinite(scores.grad).all()


def test_quality_of_nothing_found_is_zero():
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    true = torch.tensor([[True, False, False], [True, True, False]])
    assert quality(nothing, true) == (0, 0, 0, 0)
    assert quality(true, true) == (100, 100, 100, 100)
