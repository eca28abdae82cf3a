"""No token that a model writes depends on later ones, which training gives it too."""

from pathlib import Path
from typing import Any

import pytest
import torch
from translator_cases import translator_cases

from sign2text.models.trained_model import load_trained
from sign2text.models.translator import Translator

TOKENS = "decoder_input_ids"


def check_causality(model: Any, batch: dict[str, torch.Tensor]) -> None:
    """Change the last token of `batch`: the logits before it do not change."""
    changed = batch | {TOKENS: batch[TOKENS].clone()}
    changed[TOKENS][:, -1] = 4
    assert not torch.equal(batch[TOKENS], changed[TOKENS])
    with torch.no_grad():
        before, after = (model(**each).logits for each in (batch, changed))
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.equal(before[:, -1], after[:, -1])


@pytest.mark.parametrize("name", sorted(translator_cases()))
def test_a_translator_sees_no_later_token(name: str, tiny_tokenizer: Any, tmp_path: Path) -> None:
    case = translator_cases()[name](tiny_tokenizer)
    if TOKENS not in case.targets:
        pytest.skip("it writes no tokens")
    batch = case.inputs | {TOKENS: case.targets[TOKENS]}
    check_causality(case.model.eval(), batch)
    tiny_tokenizer.save_pretrained(tmp_path)
    case.model.save_pretrained(tmp_path)
    check_causality(load_trained(tmp_path, Translator), batch)
