"""Every model and its training keep to one device: no tensor is made on the CPU beside a GPU."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, set_seed

from sign2text.data.clips import Collator, FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.ground.processes import processes
from sign2text.losses.coordinate_distance import CoordinateDistance
from sign2text.losses.loss import Loss
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.models.beam_search import beam_search
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.landmark_regressor import LandmarkRegressor
from sign2text.models.language_model import make_language_model
from sign2text.models.translator import Translator
from sign2text.text.denoising import NoisySentences
from sign2text.training.dev_loss import DevLoss
from sign2text.training.settings import Training
from sign2text.training.stopping import StopOnSignal
from sign2text.training.task import Task

sys.path.insert(0, str(Path(__file__).parent))
import tiny_fla_llm
from pretended_device import MixedDevicesError, pretending
from translator_cases import translator_cases, translator_classes

CASES = translator_cases()


TRANSLATION = TokenCrossEntropy(0.1)


def backward(model: PreTrainedModel, batch: dict[str, torch.Tensor], loss: Loss) -> None:
    """A step as the training takes it, and that every trained weight has got a gradient."""
    inputs = {key: value for key, value in batch.items() if key != loss.target}
    loss.sum(model(**inputs), batch).backward()
    assert gets_gradients(model)


def gets_gradients(model: torch.nn.Module) -> bool:
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_every_translator_of_every_method_has_a_case(tiny_tokenizer: Any) -> None:
    made = {type(factory(tiny_tokenizer).model) for factory in CASES.values()}
    assert translator_classes() <= made


@pytest.mark.parametrize("name", CASES)
def test_a_translator_trains_and_writes_on_one_device(tiny_tokenizer: Any, name: str) -> None:
    case = CASES[name](tiny_tokenizer)
    model, batch = case.model, case.inputs | case.targets
    with pretending(model, *batch.values()):
        case.loss(model, batch).backward()
        assert gets_gradients(model)
        model.eval()
        with torch.no_grad():
            for beams in (1, 3) if isinstance(model, Translator) else ():
                found = model.hypotheses(tiny_tokenizer, case.inputs, beams=beams, max_new_tokens=4)
                assert [len(each) for each in found] == [1] * len(case.inputs["lengths"])
            for feature in case.features:
                rows = model.extract(feature, **case.inputs)
                assert len(rows) == model.steps(case.inputs["lengths"]).sum()


def test_decoding_and_the_dev_loss_bring_their_batches_there(
    tiny_tokenizer: Any, tmp_path: Path
) -> None:
    """Stored features are read on the CPU."""
    model = tiny_fla_llm.make("mBART", tiny_tokenizer).eval()
    views = [tiny_fla_llm.INPUTS["features"]()]
    write_features(
        tmp_path / "dev.safetensors", ["a", "b"], tiny_fla_llm.LENGTHS, views, feature="sign_wise"
    )
    store = FeatureStore(tmp_path / "dev.safetensors")
    clips = FeatureClips(store, ["a", "b"], [[5, 6, 2], [7, 2]], seed=None)
    collate = Collator(clips.key, tiny_tokenizer.pad_token_id, model.start_token)
    losses = {"translation": TRANSLATION}
    task = Task(model, losses, [], clips, clips, collate, Training(), seed=1)
    with pretending(model):
        texts, scores = beam_search(model, tiny_tokenizer, clips, beams=2, max_new_tokens=4)
        loss = DevLoss(task)(model, StopOnSignal(processes()))
    assert len(texts) == len(scores) == 2 and loss["loss"] > 0


@pytest.mark.parametrize("config", [tiny_fla_llm.mbart, tiny_fla_llm.mt5])
def test_the_language_model_is_pretrained_on_one_device(
    tiny_tokenizer: Any, config: Callable[[Any], Any]
) -> None:
    set_seed(0)
    model = make_language_model(config(tiny_tokenizer), own_head=config is tiny_fla_llm.mt5).train()
    model.set_attn_implementation("eager")
    sentences = ["am montag regnet es", "im norden scheint"]
    noisy = NoisySentences(tiny_tokenizer, sentences, share=0.3, mean=2, seed=1)
    batch = noisy.collate([noisy[0, 0], noisy[1, 0]])
    with pretending(model, *batch.values()):
        backward(model, batch, TRANSLATION)


def test_the_frame_encoder_learns_landmarks_on_one_device() -> None:
    set_seed(0)
    model = LandmarkRegressor(FrameEncoderConfig(resnet=tiny_fla_llm.ENCODER)).train()
    batch = {"frames": tiny_fla_llm.INPUTS["frames"]()}
    with torch.no_grad():
        batch["labels"] = torch.zeros_like(model(**batch).logits)
    with pretending(model, *batch.values()):
        backward(model, batch, CoordinateDistance())


@pytest.mark.parametrize("fault", ["an input that was left behind", "made without a device"])
def test_a_fault_is_found(tiny_tokenizer: Any, fault: str) -> None:
    case = CASES["fla_llm: mBART on features"](tiny_tokenizer)
    model, batch = case.model, case.inputs | case.targets
    there = list(batch.values())
    if fault == "made without a device":
        adapter = model.adapter.forward
        model.adapter.forward = lambda features: (
            adapter(features) + torch.arange(len(features))[:, None] * 0.0
        )
    else:
        del there[0]
    with pretending(model, *there), pytest.raises(MixedDevicesError, match="are on the CPU"):
        case.loss(model, batch).backward()
