"""Losses against values worked out by hand: sums, divisors, padding."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional

from sign2text.losses.ctc import CTC
from sign2text.losses.token_cross_entropy import TokenCrossEntropy, token_loss
from sign2text.training.task_losses import TaskLosses


def test_token_loss_smooths_over_the_vocabulary_and_passes_over_padding():
    logits = torch.tensor([[[2.0, 0.0, 0.0], [9.0, 9.0, 9.0]]])
    labels = torch.tensor([[0, -100]])
    log_probabilities = torch.log_softmax(logits[0, 0], 0)
    expected = -(0.8 * log_probabilities[0] + 0.2 * log_probabilities.mean())
    assert token_loss(logits, labels, 0.2).item() == pytest.approx(expected.item(), abs=1e-6)


def test_cross_entropy_is_a_mean_over_tokens_or_over_sentences():
    batch = {"labels": torch.tensor([[0, 2, -100], [1, -100, -100], [-100, -100, -100]])}
    outputs = SimpleNamespace(logits=torch.zeros(3, 3, 4))
    for per, divisor in (("token", 3), ("sentence", 2)):
        loss = TokenCrossEntropy(0.3, per=per)
        assert loss.sum(outputs, batch).item() == pytest.approx(3 * math.log(4))
        assert loss.count(batch) == divisor
        assert (loss.on_dev().smoothing, loss.on_dev().per) == (0.0, per)


def ctc_of(probabilities, glosses, lengths):
    """Return sum and divisor of CTC, from probabilities [B, N, V]."""
    outputs = SimpleNamespace(
        gloss_logits=torch.tensor(probabilities).log().requires_grad_(),
        gloss_lengths=torch.tensor(lengths),
    )
    batch = {"gloss_labels": torch.tensor(glosses)}
    total = CTC().sum(outputs, batch)
    total.backward()
    return total.item(), CTC().count(batch), outputs.gloss_logits.grad


def test_ctc_sums_over_all_alignments():
    """Two steps and one gloss: gloss-gloss, gloss-blank, blank-gloss. One step has one."""
    rows = [[[0.3, 0.7], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]]
    total, clips, gradient = ctc_of(rows, [[1], [1]], [2, 1])
    first = 0.7 * 0.6 + 0.7 * 0.4 + 0.3 * 0.6
    assert total == pytest.approx(-math.log(first) - math.log(0.8), abs=1e-6)
    assert clips == 2
    assert gradient[1, 1].abs().sum() == 0, "a step behind the clip's end"


def test_clips_without_glosses_and_without_an_alignment_count_as_said():
    rows = [[[0.3, 0.7], [0.4, 0.6]]] * 3
    # The second has no gloss; the third has two equal ones, which need three steps.
    total, clips, gradient = ctc_of(rows, [[1, -100], [-100, -100], [1, 1]], [2, 2, 2])
    assert total == pytest.approx(-math.log(0.88), abs=1e-6)
    assert clips == 2
    assert gradient[1:].abs().sum() == 0
    total, clips, gradient = ctc_of(rows, [[-100]] * 3, [2, 2, 2])
    assert (total, clips, gradient.abs().sum()) == (0, 0, 0)


def test_clips_without_an_alignment_are_counted_and_said(caplog):
    """2 steps are too few for 3 glosses (first clip) and for 2 equal ones (third clip)."""
    loss, logits = CTC(), torch.zeros(3, 2, 4)
    outputs = SimpleNamespace(gloss_logits=logits, gloss_lengths=torch.tensor([2, 2, 2]))
    labels = torch.tensor([[1, 2, 3], [1, 2, -100], [2, 2, -100]])
    for rows, hidden, warnings in (([1], 0, 0), ([0, 1], 1, 1), ([2], 2, 2), ([0], 3, 2)):
        part = SimpleNamespace(gloss_logits=logits[rows], gloss_lengths=outputs.gloss_lengths[rows])
        value = loss.sum(part, {"gloss_labels": labels[rows]})
        assert value.item() == pytest.approx(2 * math.log(4) if 1 in rows else 0)
        assert (loss.hidden, len(caplog.records)) == (hidden, warnings)
    assert "CTC: 2 times a clip had fewer steps than its glosses need" in caplog.messages[-1]
    loss.sum(SimpleNamespace(gloss_logits=logits, gloss_lengths=torch.tensor([1, 2, 2])),
             {"gloss_labels": torch.full((3, 1), -100)})  # fmt: skip
    assert loss.hidden == 3


def test_losses_add_up_over_parts_with_their_own_divisors():
    """A weighted sum of a mean over tokens and a mean over clips, for a batch in two parts."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 2, 4, generator=generator)
    labels = torch.tensor([[1, 2], [3, -100], [0, -100]])
    losses = TaskLosses(
        {"text": TokenCrossEntropy(), "sentence": TokenCrossEntropy(per="sentence")},
        {"sentence": 0.5},
    )
    parts = [
        (SimpleNamespace(logits=logits[rows]), {"labels": labels[rows]})
        for rows in (slice(0, 1), slice(1, 3))
    ]
    counts = losses.counts([batch for _, batch in parts])
    assert counts.tolist() == [4, 3]
    found = [losses.values(outputs, batch, counts) for outputs, batch in parts]
    token = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    assert sum(total for total, _ in found).item() == pytest.approx(
        (token.sum() / 4 + 0.5 * token.sum() / 3).item(), abs=1e-6
    )
    each = sum(shares for _, shares in found)
    assert each.tolist() == pytest.approx([token.sum().item() / 4, token.sum().item() / 3])
    assert losses.named == ("text", "sentence")


def test_a_batch_without_a_target_is_passed_over_and_one_without_any_is_refused():
    losses = TaskLosses({"text": TokenCrossEntropy(), "ctc": CTC()}, {})
    batch = {"labels": torch.tensor([[1]])}
    counts = losses.counts([batch])
    assert counts.tolist() == [1, 0]
    total, shares = losses.values(SimpleNamespace(logits=torch.zeros(1, 1, 2)), batch, counts)
    assert shares.tolist() == [pytest.approx(math.log(2)), 0.0] and total == shares[0]
    with pytest.raises(ValueError, match="a batch has frames, expected a target: labels, gloss"):
        losses.values(SimpleNamespace(), {"frames": torch.zeros(1)}, counts)
    with pytest.raises(ValueError, match="weights of wer found, expected some of the losses text"):
        TaskLosses({"text": TokenCrossEntropy()}, {"wer": 1.0})
